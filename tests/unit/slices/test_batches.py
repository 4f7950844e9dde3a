import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ssinfnet.errors import InputError
from ssinfnet.slices.batches import batch_sizes, require_statistics
from ssinfnet.training.data import epoch_batches


@given(st.integers(1, 200), st.integers(1, 40))
def test_batches_hold_every_slice_once_and_change_only_a_leftover_of_one(count, size):
    batches = list(epoch_batches(count, size, 0, 1))
    assert [len(batch) for batch in batches] == batch_sizes(count, size)
    assert sorted(torch.cat(batches).tolist()) == list(range(count))
    plain = torch.cat(batches).split(size)
    if count % size != 1 or count < size or size == 1:
        assert [batch.tolist() for batch in batches] == [batch.tolist() for batch in plain]
    if size > 1 and count > 1:
        assert min(map(len, batches)) > 1


@pytest.mark.parametrize(
    ("count", "size", "edge", "said"),
    [
        (9, 4, 32, None),
        (9, 1, 64, None),
        (1, 4, 64, None),
        (9, 1, 32, "single.training.batch_size is 1"),
        (1, 4, 32, "one slice to learn from"),
    ],
)
def test_batches_of_one_are_refused_where_normalisation_cannot_work(count, size, edge, said):
    if said is None:
        require_statistics(count, size, edge, 32, "single.training")
    else:
        with pytest.raises(InputError, match=f"{said}.*64 pixels or more"):
            require_statistics(count, size, edge, 32, "single.training")
