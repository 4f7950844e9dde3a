"""The one normalisation of every stage: grey to RGB with the mean and standard deviation of ImageNet."""

import torch

MEAN = (0.485, 0.456, 0.406)
STANDARD_DEVIATION = (0.229, 0.224, 0.225)


def to_unit(images: torch.Tensor) -> torch.Tensor:
    """Grey values as float32 in [0, 1]: uint8 is divided by 255, floats are taken to be in [0, 1] already."""
    return images.float() / 255 if images.dtype == torch.uint8 else images.float()


def normalise(images: torch.Tensor) -> torch.Tensor:
    """Images or priors, uint8 or float in [0, 1], (N, H, W) or (N, 1, H, W), as normalised RGB (N, 3, H, W)."""
    grey = to_unit(images if images.ndim == 4 else images[:, None])
    if grey.ndim != 4 or grey.shape[1] != 1:
        raise ValueError(f"images of shape {tuple(images.shape)} are not grey")
    mean = grey.new_tensor(MEAN).view(1, 3, 1, 1)
    deviation = grey.new_tensor(STANDARD_DEVIATION).view(1, 3, 1, 1)
    return (grey - mean) / deviation
