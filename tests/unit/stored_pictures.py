"""Every way that we know in which a grey picture can be stored, so that a viewer shows the same.

`WAYS` has functions that write what viewers show, uint8 (H, W), to a folder and return the file.
"""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

Way = Callable[[np.ndarray, Path], Path]

# What is stored for a picture that the tag then turns, by EXIF's own words: where its first row and column are shown.
TURNED = {
    1: lambda shown: shown,  # top, left
    2: lambda shown: shown[:, ::-1],  # top, right
    3: lambda shown: shown[::-1, ::-1],  # bottom, right
    4: lambda shown: shown[::-1],  # bottom, left
    5: lambda shown: shown.T,  # left, top
    6: lambda shown: shown.T[::-1],  # right, top
    7: lambda shown: shown.T[::-1, ::-1],  # right, bottom
    8: lambda shown: shown.T[:, ::-1],  # left, bottom
}


def plain(name: str, convert: Callable[[np.ndarray], Image.Image] = Image.fromarray, **options: object) -> Way:
    def write(shown: np.ndarray, folder: Path) -> Path:
        convert(shown).save(folder / name, **options)
        return folder / name

    return write


def turned(name: str, orientation: int, **options: object) -> Way:
    def write(shown: np.ndarray, folder: Path) -> Path:
        stored = Image.fromarray(np.ascontiguousarray(TURNED[orientation](shown)))
        if name.endswith(".tif"):
            stored.save(folder / name, tiffinfo={274: orientation}, **options)
        else:
            exif = Image.Exif()
            exif[274] = orientation
            stored.save(folder / name, exif=exif, **options)
        return folder / name

    return write


def by_opencv(name: str, convert: Callable[[np.ndarray], np.ndarray]) -> Way:
    def write(shown: np.ndarray, folder: Path) -> Path:
        assert cv2.imwrite(str(folder / name), convert(shown))
        return folder / name

    return write


def under(name: str, suffix: str, format: str) -> Way:
    def write(shown: np.ndarray, folder: Path) -> Path:
        Image.fromarray(shown).save(folder / f"{name}{suffix}", format)
        return folder / f"{name}{suffix}"

    return write


def palette(order: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], Image.Image]:
    """A palette of the greys that occur, in the order of `order`."""

    def convert(shown: np.ndarray) -> Image.Image:
        greys = order(np.unique(shown))
        place = np.zeros(256, np.uint8)
        place[greys] = np.arange(len(greys))
        image = Image.frombytes("P", shown.shape[::-1], place[shown].tobytes())
        image.putpalette(np.repeat(greys, 3).astype(np.uint8).tobytes())
        return image

    return convert


def ramp(shown: np.ndarray) -> Image.Image:
    image = Image.frombytes("P", shown.shape[::-1], shown.tobytes())
    image.putpalette(np.repeat(np.arange(256), 3).astype(np.uint8).tobytes())
    return image


def with_alpha(mode: str, alpha: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], Image.Image]:
    def convert(shown: np.ndarray) -> Image.Image:
        image = Image.fromarray(shown).convert(mode)
        image.putalpha(Image.fromarray(alpha(shown).astype(np.uint8)))
        return image

    return convert


def in_alpha(shown: np.ndarray) -> Image.Image:
    return with_alpha("RGBA", lambda white: shown)(np.full_like(shown, 255))


def wide(channels: int, factor: int = 257) -> Callable[[np.ndarray], np.ndarray]:
    def convert(shown: np.ndarray) -> np.ndarray:
        values = shown.astype(np.uint16) * factor
        if channels == 1:
            return values
        return np.dstack([values] * 3 + [np.full_like(values, 65535)] * (channels - 3))

    return convert


def wide_grey_alpha(shown: np.ndarray, folder: Path) -> Path:
    """16-bit grey with alpha, which neither library writes."""
    height, width = shown.shape
    rows = np.zeros((height, width, 2), ">u2")
    rows[..., 0], rows[..., 1] = shown.astype(np.uint16) * 257, 65535

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">2I5B", width, height, 16, 4, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows)))
    (folder / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b""))
    return folder / "a.png"


def wide_min_is_white(shown: np.ndarray, folder: Path) -> Path:
    """A 16-bit TIFF in which 0 is white: the tag is set in a file that says the other."""
    Image.fromarray(65535 - wide(1)(shown)).save(folder / "a.tif")
    set_tag(folder / "a.tif", 262, 0)
    return folder / "a.tif"


def set_tag(path: Path, tag: int, value: int) -> None:
    """Another value for a TIFF's tag of one number."""
    content, entry = path.read_bytes(), struct.pack("<HHI", tag, 3, 1)
    place = content.index(entry) + len(entry)
    path.write_bytes(content[:place] + bytes([value]) + content[place + 1 :])


def rgb(shown: np.ndarray) -> Image.Image:
    return Image.fromarray(np.dstack([shown] * 3))


def floats(shown: np.ndarray) -> Image.Image:
    return Image.fromarray(shown.astype(np.float32))


def shuffled(greys: np.ndarray) -> np.ndarray:
    return np.random.default_rng(1).permutation(greys)


def quantised(shown: np.ndarray) -> Image.Image:
    return rgb(shown).quantize(len(np.unique(shown)))


def keyed(shown: np.ndarray, folder: Path) -> Path:
    Image.fromarray(shown).save(folder / "a.png", transparency=int(shown.max()))
    return folder / "a.png"


WAYS: dict[str, Way] = {
    "PNG": plain("a.png"),
    "PNG as RGB": plain("a.png", rgb),
    "PNG as RGBA, opaque": plain("a.png", with_alpha("RGBA", lambda shown: np.full_like(shown, 255))),
    "PNG as LA, opaque": plain("a.png", with_alpha("LA", lambda shown: np.full_like(shown, 255))),
    "PNG without suffix": under("a", "", "PNG"),
    "PNG of a palette, dark first": plain("a.png", palette(np.sort)),
    "PNG of a palette, bright first": plain("a.png", palette(lambda greys: greys[::-1])),
    "PNG of a palette, shuffled": plain("a.png", palette(shuffled)),
    "PNG of a palette, a ramp": plain("a.png", ramp),
    "PNG of a palette, quantised": plain("a.png", quantised),
    "TIFF": plain("a.tif"),
    "TIFF, packed": plain("a.tif", compression="tiff_lzw"),
    "TIFF as RGB": plain("a.tif", rgb),
    "TIFF as RGBA, opaque": plain("a.tif", with_alpha("RGBA", lambda shown: np.full_like(shown, 255))),
    "TIFF of a palette, bright first": plain("a.tif", palette(lambda greys: greys[::-1])),
    "TIFF, 0 is white": plain("a.tif", tiffinfo={262: 0}),
    "TIFF, packed, 0 is white": plain("a.tif", tiffinfo={262: 0}, compression="tiff_adobe_deflate"),
    "BMP": plain("a.bmp"),
    "BMP as RGB": plain("a.bmp", rgb),
    "BMP as RGBA": plain("a.bmp", with_alpha("RGBA", lambda shown: np.full_like(shown, 255))),
    "BMP of a palette, bright first": plain("a.bmp", palette(lambda greys: greys[::-1])),
    "BMP without a suffix": under("a", "", "BMP"),
    **{f"PNG, orientation {tag}": turned("a.png", tag) for tag in TURNED},
    **{f"TIFF, orientation {tag}": turned("a.tif", tag) for tag in TURNED},
    "TIFF, packed, turned": turned("a.tif", 6, compression="tiff_lzw"),
}
"""Those that everybody reads."""
LOSSY: dict[str, Way] = {
    "JPEG": plain("a.jpg", quality=95),
    "JPEG, coarse": plain("a.jpg", quality=50),
    "JPEG as RGB": plain("a.jfif", rgb, quality=95),
    "JPEG, progressive": plain("a.jpeg", quality=95, progressive=True),
    "TIFF of a JPEG": plain("a.tif", compression="jpeg"),
    **{f"JPEG, orientation {tag}": turned("a.jpg", tag, quality=95) for tag in TURNED},
}
WIDE: dict[str, Way] = {
    "16-bit PNG": by_opencv("a.png", wide(1)),
    "16-bit TIFF": by_opencv("a.tif", wide(1)),
    "16-bit TIFF, 0 is white": wide_min_is_white,
    "16-bit PNG, turned": lambda shown, folder: turned("a.png", 6)(wide(1)(shown), folder),
    "16-bit TIFF, turned": lambda shown, folder: turned("a.tif", 6)(wide(1)(shown), folder),
}
COLOURS_CUT_OFF: dict[str, Way] = {
    "16-bit PNG as RGB": by_opencv("a.png", wide(3)),
    "16-bit PNG as RGB, 12 bits used": by_opencv("a.png", wide(3, 16)),
    "16-bit PNG as RGBA": by_opencv("a.png", wide(4)),
    "16-bit PNG as LA": wide_grey_alpha,
    "16-bit TIFF as RGB": by_opencv("a.tif", wide(3)),
    "16-bit TIFF as RGB, 12 bits used": by_opencv("a.tif", wide(3, 16)),
}
UNCLEAR: dict[str, Way] = {
    "in alpha": plain("a.png", in_alpha),
    "in alpha of TIFF": plain("a.tif", in_alpha),
    "dark is transparent": plain("a.png", with_alpha("LA", lambda shown: shown)),
    "one grey is transparent": keyed,
    "floats": plain("a.tif", floats),
    "32 bits": plain("a.tif", lambda shown: Image.fromarray(shown.astype(np.int32))),
    "CMYK": plain("a.jpg", lambda shown: rgb(shown).convert("CMYK")),
}
"""Nobody could say, or Pillow does not."""
ALL = WAYS | LOSSY | WIDE | COLOURS_CUT_OFF | UNCLEAR
