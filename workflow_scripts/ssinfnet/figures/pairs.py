"""Pairs of slices side by side, for a person to say whether they are of one patient."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ssinfnet.files.atomic import atomic_path

COLUMNS, MOST = 3, 90
_EDGE, _GAP, _CAPTION, _TITLE = 210, 8, 20, 34
_MARKED, _PLAIN = (0, 114, 178), (190, 190, 190)

SideBySide = tuple[np.ndarray, np.ndarray, str, bool]


def save(path: Path, heading: str, pairs: Iterable[SideBySide]) -> None:
    """Write the picture as PNG: of each pair both slices, uint8 (H, W), a line of text, and whether its frame is blue.

    Without pairs the picture has the heading only.
    """
    tiles = [_tile(*pair) for pair in pairs]
    wide, high = 2 * _EDGE + 3 * _GAP, _EDGE + _CAPTION + 2 * _GAP
    rows = -(-len(tiles) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (wide + _GAP) + _GAP, _TITLE + rows * (high + _GAP) + _GAP), "white")
    ImageDraw.Draw(sheet).text((_GAP, _GAP), heading, fill="black", font=ImageFont.load_default(16))
    for number, tile in enumerate(tiles):
        row, column = divmod(number, COLUMNS)
        sheet.paste(tile, (_GAP + column * (wide + _GAP), _TITLE + row * (high + _GAP)))
    with atomic_path(path) as temporary:
        sheet.save(temporary, format="PNG")


def _tile(one: np.ndarray, other: np.ndarray, line: str, marked: bool) -> Image.Image:
    tile = Image.new("RGB", (2 * _EDGE + 3 * _GAP, _EDGE + _CAPTION + 2 * _GAP), "white")
    draw, font = ImageDraw.Draw(tile), ImageFont.load_default(13)
    draw.rectangle((0, 0, tile.width - 1, tile.height - 1), outline=_MARKED if marked else _PLAIN, width=3)
    for place, image in enumerate((one, other)):
        scale = _EDGE / max(image.shape)
        size = [max(1, round(edge * scale)) for edge in image.shape[::-1]]
        picture = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        left = _GAP + place * (_EDGE + _GAP)
        tile.paste(Image.fromarray(picture), (left + (_EDGE - size[0]) // 2, _GAP + (_EDGE - size[1]) // 2))
    while font.getlength(line) > tile.width - 2 * _GAP:
        line = line.rstrip(".")[:-1] + "..."
    draw.text((_GAP, _EDGE + _GAP + 2), line, fill="black", font=font)
    return tile
