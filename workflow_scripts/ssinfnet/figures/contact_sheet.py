"""Many slices with the outline of their lungs on one picture, for a person to look over."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ssinfnet.files.atomic import atomic_path

COLUMNS, MOST = 12, 120
EDGE, GAP, CAPTION, TITLE = 160, 6, 32, 34
OUTLINE = (230, 159, 0)

Thumbnail = tuple[np.ndarray, np.ndarray, Sequence[str]]


def title(name: str, shown: int, total: int) -> str:
    """What the sheet is of: all of so many slices, or how many of them."""
    if not total:
        return f"{name}: no slices"
    return f"{name}: all of {total:,}" if shown == total else f"{name}: {shown} of {total:,}"


def save(path: Path, heading: str, thumbnails: Iterable[Thumbnail]) -> None:
    """Write the sheet as PNG: each thumbnail is a slice uint8 (H, W), its lungs uint8 0/1 (H, W) and lines of text.

    Without thumbnails the picture has the heading only.
    """
    tiles = [_tile(*thumbnail) for thumbnail in thumbnails]
    columns = min(COLUMNS, len(tiles)) or 1
    rows = -(-len(tiles) // COLUMNS)
    width = max(columns * (EDGE + GAP) + GAP, 420)
    sheet = Image.new("RGB", (width, TITLE + rows * (EDGE + CAPTION + GAP) + GAP), "white")
    ImageDraw.Draw(sheet).text((GAP, GAP), heading, fill="black", font=_font(18))
    for number, tile in enumerate(tiles):
        row, column = divmod(number, COLUMNS)
        sheet.paste(tile, (GAP + column * (EDGE + GAP), TITLE + row * (EDGE + CAPTION + GAP)))
    with atomic_path(path) as temporary:
        sheet.save(temporary, format="PNG")


def _tile(image: np.ndarray, lungs: np.ndarray, lines: Sequence[str]) -> Image.Image:
    scale = EDGE / max(image.shape)
    size = [max(1, round(edge * scale)) for edge in image.shape[::-1]]
    grey = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
    picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
    mask = cv2.resize(lungs, size, interpolation=cv2.INTER_NEAREST)
    outlines = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]
    cv2.drawContours(picture, outlines, -1, OUTLINE, 1)
    tile = Image.new("RGB", (EDGE, EDGE + CAPTION), "white")
    tile.paste(Image.fromarray(picture), ((EDGE - size[0]) // 2, (EDGE - size[1]) // 2))
    draw, font = ImageDraw.Draw(tile), _font(11)
    for number, line in enumerate(lines[:2]):
        while font.getlength(line) > EDGE:
            line = line.rstrip(".")[:-1] + "..."
        draw.text((0, EDGE + 1 + 14 * number), line, fill="black", font=font)
    return tile


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
