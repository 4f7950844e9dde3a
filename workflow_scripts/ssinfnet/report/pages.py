"""Pages of results: what they say of phantoms, and figures within a budget of bytes."""

import bisect
import functools
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from ssinfnet.errors import InputError
from ssinfnet.files import html
from ssinfnet.report.phantom import SOURCES, from_phantom

# Snakemake's report shows a page as a data: URL in a frame, a third larger in base64, and Chromium leaves a frame
# empty whose URL is longer than 2 MiB.
LARGEST_IN_REPORT = 1_500_000  # bytes
# The largest width (pixels) and the WebP quality of figures, best first.
STEPS = ((1600, 90), (1600, 75), (1300, 70), (1100, 60), (900, 50), (700, 40))


def phantom_notice(config: Mapping[str, Any]) -> str:
    """What to say of a run whose `config` sections labelled and patients take data from the phantom; else nothing."""
    made = [SOURCES[name] for name in from_phantom(config)]
    if not made:
        return ""
    return (
        f"In this run {' and '.join(made)} come from the embedded phantom: computer-generated pictures. Their numbers "
        "show that the workflow works; they say nothing about patients."
    )


def render(template: str, **values: Any) -> str:
    """A page from `templates/<template>`; values are escaped."""
    return html.render(Path(__file__).parent / "templates", template, **values)


def figures(paths: Sequence[Path], budget: int) -> list[str]:
    """PNG files as data: URIs, of the best of `STEPS` at which all of them together have at most `budget` characters.

    Raises `InputError` for what is no PNG; says on standard error when not even the last step is small enough.
    """
    images = [_read(path) for path in paths]

    @functools.cache
    def encoded(step: int) -> list[str]:
        return [html.picture(image, *STEPS[step]) for image in images]

    def size(step: int) -> int:
        return sum(map(len, encoded(step)))

    # Each step is smaller than the one before; to encode takes seconds, so not all are tried.
    best = bisect.bisect_left(range(len(STEPS)), True, key=lambda step: size(step) <= budget)
    if best == len(STEPS):
        best -= 1
        print(
            f"the figures have {size(best):,} characters, more than {budget:,}: "
            "Chromium may not show the page in a report",
            file=sys.stderr,
        )
    return encoded(best)


def _read(path: Path) -> Image.Image:
    remedy = "run the stage that draws it again"
    try:
        with Image.open(path, formats=["PNG"]) as image:
            return image.convert("RGB")
    except UnidentifiedImageError:
        raise InputError(f"{path}: is not a PNG; {remedy}") from None
    except (OSError, SyntaxError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read ({reason}); {remedy}") from None
