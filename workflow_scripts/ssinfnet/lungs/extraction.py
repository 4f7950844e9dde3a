"""The lungs of a shard of slices, as a store and a table of measures."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from ssinfnet.files.atomic import write_csv
from ssinfnet.lungs.measures import MEASURES, measure
from ssinfnet.lungs.orientation import spine_side
from ssinfnet.lungs.slice_methods import METHODS
from ssinfnet.slices.shards import members
from ssinfnet.slices.store import SliceStore, write_derived


def extract(images: Path, shard: int, shards: int, method: str, out_lungs: Path, out_quality: Path) -> None:
    """Write the lungs of a shard of the store `images` by a method of `slice_methods`, and the table of their measures.

    The slices of a shard are its `members`; the table has the columns id, group, those of `MEASURES`, and spine, the
    side on which it lies. Raises `InputError` for a shard that does not exist and for a store without images.
    """
    with SliceStore(images) as store:
        index = store.index.iloc[members(range(len(store.index)), shard, shards)]
        rows: list[dict[str, float | int | str]] = []

        def lungs() -> Iterator[tuple[str, np.ndarray]]:
            for slice_id in index["id"]:
                image = store.read("image", slice_id)
                found = METHODS[method](image)
                rows.append({**measure(image, found), "spine": spine_side(image)})
                yield slice_id, found

        write_derived(out_lungs, store, "lungs", lungs(), len(index))
    measures = pd.DataFrame(rows, columns=[*MEASURES, "spine"], index=index.index).round(6)
    write_csv(out_quality, index[["id", "group"]].join(measures))
