"""What compressed pictures in DICOM say of their own size, before a decoder believes it.

Decoders make room for what a stream says, not for what the header of the file says: sixty bytes can ask for gigabytes.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from pydicom.encaps import generate_frames

from ssinfnet.errors import InputError

_START_OF_FRAME = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # of JPEG, and of JPEG-LS
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}


def check(pixel_data: bytes, shape: tuple[int, int, int]) -> None:
    """Raise `InputError` where a frame of encapsulated pixels is not of the `shape` (frames, rows, columns).

    Of what is no JPEG of any kind, as run lengths are not, nothing is said: their decoder asks for the header's size.
    """
    for number, frame in enumerate(generate_frames(pixel_data, number_of_frames=shape[0]), 1):
        found = size(frame)
        if found is not None and found != shape[1:]:
            raise InputError(
                f"frame {number} is compressed with {found[1]} x {found[0]} pixels, where the header says {shape[2]} x "
                f"{shape[1]}; export the series again"
            )


def size(frame: bytes) -> tuple[int, int] | None:
    """Rows and columns that a JPEG, JPEG-LS or JPEG 2000 stream states; None for what is none or states none."""
    if frame.startswith(b"\xff\x4f\xff\x51") and len(frame) >= 24:
        columns, rows, left, top = struct.unpack(">4I", frame[8:24])
        return rows - top, columns - left
    if not frame.startswith(b"\xff\xd8"):
        return None
    place = 2
    while place + 9 <= len(frame) and frame[place] == 0xFF:
        marker = frame[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _WITHOUT_LENGTH:
            place += 2
        elif marker in _START_OF_FRAME:
            return struct.unpack(">HH", frame[place + 5 : place + 9])
        else:
            place += 2 + int.from_bytes(frame[place + 2 : place + 4], "big")
    return None


@contextmanager
def quiet() -> Iterator[None]:
    """Keep GDCM from writing to the standard streams what it thinks of a stream."""
    import gdcm

    for switch in (gdcm.Trace.DebugOff, gdcm.Trace.WarningOff, gdcm.Trace.ErrorOff):
        switch()
    yield
