"""Fixtures shared by all tests."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from ssinfnet.slices import parts
from ssinfnet.slices import store as slices

ROOT = Path(__file__).parents[1]

settings.register_profile("no deadline", deadline=None)  # the machine may be busy with other tests
settings.load_profile("no deadline")


@pytest.fixture(scope="session")
def labelled(tmp_path_factory) -> dict[str, Path]:
    """Twelve 64 x 64 slices, each with a bright square of GGO beside one of consolidation, their split and truth."""
    folder = tmp_path_factory.mktemp("labelled")
    random = np.random.default_rng(0)
    rows = []
    with slices.create_store(folder / "slices.h5") as store, slices.create_store(folder / "truth.h5") as truth:
        for number in range(12):
            mask = np.zeros((64, 64), dtype=np.uint8)
            y, x = random.integers(4, 36, 2)
            mask[y : y + 20, x : x + 12] = 1
            mask[y : y + 20, x + 12 : x + 24] = 2
            image = (30 + 80 * mask + random.integers(0, 20, mask.shape)).astype(np.uint8)
            slice_id, group = f"s{number}", f"g{number // 2}"
            store.add(slice_id, group=group, origin="memory", image=image, mask=mask)
            truth.add(slice_id, group=group, origin="memory", infection=(mask > 0).astype(np.float16))
            rows.append((slice_id, group, "train" if number < 8 else "validation" if number < 10 else "test"))
    parts.write_split(folder / "split.csv", pd.DataFrame(rows, columns=["id", "group", "part"]))
    return {
        name: folder / file for name, file in [("slices", "slices.h5"), ("split", "split.csv"), ("truth", "truth.h5")]
    }
