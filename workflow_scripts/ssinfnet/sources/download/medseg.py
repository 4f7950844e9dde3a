"""The six MedSeg files: where they are published and how a copy is verified.

File numbers of figshare articles 13521488 (set 1, CC0) and 13521509 (set 2). No md5 checksum of set 2's
archives is known to us; they are verified by their content.
"""

from pathlib import Path

from ssinfnet.config.download import Download
from ssinfnet.files import archives
from ssinfnet.sources.download.fetch import check_md5, fetch

FILES = {
    "tr_im.nii.gz": ("25953977", "54f82e3a9ac01bf6cc2300ca53d820ae"),
    "tr_mask.nii.gz": ("25953980", "d11996de45d06d332658115d8b3cf6fc"),
    "val_im.nii.gz": ("25953983", "098e8ab8b2e85f7c66abf8a92721ee95"),
    "rp_im.zip": ("25954007", None),
    "rp_msk.zip": ("25954013", None),
    "rp_lung_msk.zip": ("25954010", None),
}
"""Name: figshare's file number and the md5 checksum where it is known."""


def download(name: str, out: str | Path, config: Download) -> bool:
    """Download file `name` to `out` unless a verified copy is there; returns whether it was downloaded.

    Raises `InputError` with the URL and the remedy.
    """
    number, md5 = FILES[name]

    def verify(path: Path) -> None:
        if md5:
            check_md5(path, md5)
        else:
            archives.check(path)

    url = config.medseg_url.format(id=number)
    return fetch(url, out, verify=verify, retries=config.retries, pause=config.pause, timeout=config.timeout)
