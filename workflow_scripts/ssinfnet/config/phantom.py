"""Section `phantom`: the size of the embedded data set."""

from pydantic import Field

from ssinfnet.config.base import Section


class Phantom(Section):
    """Chest-like data in the layouts of MedSeg and iCTCF, for runs without a download."""

    seed: int = Field(0, ge=0, description="seed of the generator; the same seed gives the same files")
    size: int = Field(128, ge=64, le=512, description="edge of a slice, pixels")
    single_slices: int = Field(40, ge=1, description="set 1: slices that are each a group of their own")
    volumes: int = Field(6, ge=1, description="set 2: volumes, each one group")
    slices_per_volume: int = Field(8, ge=1, description="set 2: slices of a volume")
    patients: int = Field(40, ge=6, description="iCTCF-like patients, over all severity classes")
    slices_per_patient: int = Field(3, ge=1, description="pictures of a patient")
