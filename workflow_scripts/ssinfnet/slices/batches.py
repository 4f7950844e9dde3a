"""How many slices each batch of an epoch has, and whether batch normalisation can work with that.

Batch normalisation takes statistics of each channel over a batch. A batch of one slice is a poor sample, and where the
deepest features are a single pixel it is no sample at all. So a last batch of one joins the batch before it.
"""

from ssinfnet.errors import InputError


def batch_sizes(count: int, batch_size: int) -> list[int]:
    """The sizes of the batches that `count` slices make: `batch_size` each, and what is left over.

    One that is left over joins the batch before it; only with `batch_size` 1, or one slice in all, is there a batch of
    one.
    """
    sizes = [min(batch_size, count - start) for start in range(0, count, batch_size)]
    if len(sizes) > 1 and sizes[-1] == 1 < batch_size:
        sizes[-2:] = [sizes[-2] + 1]
    return sizes


def require_statistics(count: int, batch_size: int, edge: int, stride: int, key: str) -> None:
    """Raise `InputError` when a batch of `count` slices gives batch normalisation one value per channel.

    `edge` is that of the smallest input and `stride` that of the deepest features, in pixels; `key` is the section of
    the config that holds `batch_size`, for the message.
    """
    if edge > stride or 1 not in batch_sizes(count, batch_size):
        return
    cause = f"{key}.batch_size is 1" if count > 1 else "there is one slice to learn from"
    remedy = "make it 2 or more" if count > 1 else "give more slices"
    raise InputError(
        f"{cause}, and at an edge of {edge} pixels ({key}) that leaves batch normalisation one value per channel; "
        f"{remedy}, or train at an edge of {2 * stride} pixels or more"
    )
