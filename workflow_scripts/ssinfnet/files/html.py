"""HTML pages that open without a network: their templates, and pictures inside them."""

import base64
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2
from PIL import Image


def render(
    templates: Path, template: str, *, filters: Mapping[str, Callable[[Any], Any]] | None = None, **values: Any
) -> str:
    """A page from a template in the folder `templates`; values are escaped, and a missing one is an error.

    `filters` are functions that the template may call.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters or {})
    return environment.get_template(template).render(**values)


def picture(image: Image.Image, width: int, quality: int) -> str:
    """The picture as a data: URI of WebP, at most `width` pixels wide."""
    small = image.copy()
    small.thumbnail((width, image.height))
    stream = io.BytesIO()
    small.save(stream, format="WEBP", quality=quality, method=4)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
