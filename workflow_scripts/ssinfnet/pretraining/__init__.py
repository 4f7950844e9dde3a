"""Pretext tasks. Each kind is a module by its name: inpainting, rotation, denoising."""

AREAS = {"lungs": "ssinfnet.pretraining.lungs"}
"""What finds the area in which cells are erased, by the name in `pretext.where`.

The module is imported by name, so that an edit of what finds lungs trains no task again that does not ask for them.
"""


def module(kind: str) -> str:
    """The module of a kind of task; it is imported by name too, so that an edit of one kind trains no other again."""
    return f"ssinfnet.pretraining.{kind}"
