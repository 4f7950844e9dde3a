"""The pretext task: inpainting, of cells that chance chooses or a coach."""

AREAS = {"lungs": "ssinfnet.pretraining.lungs"}
"""What finds the area in which cells are erased, by the name in `pretext.where`.

The module is imported by name, so that an edit of what finds lungs trains no task again that does not ask for them.
"""
