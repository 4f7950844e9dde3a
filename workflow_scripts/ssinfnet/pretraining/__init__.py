"""The pretext task: inpainting against a coach."""
