"""Feature pyramids by timm name."""

import difflib

from torch import nn

from ssinfnet.errors import InputError
from ssinfnet.networks import packaged_weights, torchvision_operators

STRIDES = [4, 8, 16, 32]


def create(name: str, weights: str = "none", in_channels: int = 3) -> tuple[nn.Module, list[int]]:
    """Backbone `name` of timm without classifier, and the channels of its four outputs.

    The module maps (N, in_channels, H, W) to features at strides 4, 8, 16 and 32. `weights` is "none" (fresh) or
    "imagenet" (from an installed package that has them, else from timm's cache or the model hub; for more than three
    channels the filters are repeated, as timm does). Raises `InputError` when there is no such backbone, when its
    strides do not fit, or when the weights cannot be had: never a silent fresh start.
    """
    torchvision_operators.declare_missing()
    import timm  # slow to import, and not before the operators are declared

    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models(), 1)
        raise InputError(f"timm knows no backbone {name!r}" + (f"; did you mean {near[0]}?" if near else ""))
    packaged = packaged_weights.find(name) if weights == "imagenet" else None
    download = weights == "imagenet" and not packaged
    try:
        module = timm.create_model(
            name, pretrained=download, features_only=True, out_indices=(-4, -3, -2, -1), in_chans=in_channels
        )
    except Exception as error:  # timm and its downloader raise many kinds
        if not download:
            raise InputError(f"backbone {name}: timm cannot give features at four scales ({error})") from error
        raise InputError(
            f"backbone {name}: its ImageNet weights cannot be had ({type(error).__name__}: {error}); connect to the "
            "network, or set weights to a safetensors file fetched elsewhere, or to none; "
            f"{' and '.join(packaged_weights.PACKAGES)} needs no network"
        ) from error
    if packaged:
        state = packaged_weights.load(name, packaged)
        if in_channels != 3:
            first = f"{module.pretrained_cfg['first_conv']}.weight"
            state[first] = timm.models.adapt_input_conv(in_channels, state[first])
        module.load_state_dict({key: state[key] for key in module.state_dict()})
    if module.feature_info.reduction() != STRIDES:
        raise InputError(f"backbone {name} has features at strides {module.feature_info.reduction()}, not {STRIDES}")
    return module, module.feature_info.channels()
