import bundles
import chest_scan
import numpy as np
import pytest

from ssinfnet.config.network import ClassPlainUNet, PlainUNet
from ssinfnet.exchange import bundle
from ssinfnet.inference.runtime import Runtime
from ssinfnet.scans.score import Scorer, _Found
from ssinfnet.scans.volume import Grid, Source, Volume

SPACING = (chest_scan.SPACING[0] * 4, *chest_scan.SPACING[1:])


def volume(values):
    grid = Grid((0, 1, 2), (False, False, False), values.shape, np.eye(4))
    return Volume(values, SPACING, True, grid, "a", Source("nifti", "a.nii.gz", ()))


@pytest.fixture(scope="module")
def scorer(tmp_path_factory):
    found = bundle.read(bundles.make(tmp_path_factory.mktemp("bundle"), seeds=(0, 1, 2)))
    return Scorer(found, Runtime("cpu", "float32", 1), batch_size=4)


def test_masks_are_of_the_mean_of_the_seeds_and_classes_of_slices_with_infection(scorer, monkeypatch):
    values = chest_scan.Chest().values[::4]
    by_place = np.linspace(0.1, 0.5, len(values))
    done = []

    def infection(images):
        chosen = by_place[len(done) : len(done) + len(images)]
        done.extend(chosen)
        maps = np.broadcast_to(chosen[:, None, None].astype(np.float32), images.shape)
        return {0: maps, 1: maps + np.float32(0.3), 2: maps}

    monkeypatch.setattr(scorer, "_infection", infection)
    monkeypatch.setattr(scorer, "_classes", lambda images, priors: np.ones(images.shape, np.uint8))
    result, maps = scorer.score(volume(values))
    filled = (maps.lungs > 0).any(axis=(1, 2))
    assert filled.sum() == len(done)
    expected = np.array(done) + 0.1 >= 0.4
    assert expected.any() and not expected.all()
    np.testing.assert_array_equal(maps.infection[filled].all(axis=(1, 2)), expected)
    np.testing.assert_array_equal(maps.classes[filled].any(axis=(1, 2)), expected)
    infected = (maps.infection & (maps.lungs > 0)).sum() / (maps.lungs > 0).sum()
    assert result.measures.lungs.share("infected") == pytest.approx(infected)
    assert result.severity.ratio == pytest.approx(np.mean(done) + 0.1, abs=1e-6)


def test_a_scan_without_lungs_has_no_number(scorer):
    result, maps = scorer.score(volume(np.full((12, 64, 64), -1000, np.int16)))
    assert maps is None and not result.scored and result.severity is None and result.share_interval is None
    assert [one.code for one in result.outcomes if one.level == "refused"] == ["no_lungs"]


def test_a_bundle_whose_class_network_takes_no_prior_scores(tmp_path, monkeypatch):
    monkeypatch.setitem(bundles.NETWORKS, "single", PlainUNet(width=4))
    monkeypatch.setitem(bundles.NETWORKS, "multi", ClassPlainUNet(width=4))
    scorer = Scorer(bundle.read(bundles.make(tmp_path)), Runtime("cpu", "float32", 1), batch_size=4)
    result, maps = scorer.score(volume(chest_scan.Chest().values[::4]))
    assert result.scored and maps.classes.shape == maps.infection.shape


@pytest.mark.parametrize(
    ("part", "codes"), [(slice(7, None), ["lungs_largely_cut_off", "no_severity"]), (slice(0, None), [])]
)
def test_a_severity_class_is_of_whole_lungs(scorer, part, codes):
    """It is withheld, and that is said, where the scan shows too little of them; masks and shares are there."""
    result, maps = scorer.score(volume(chest_scan.Chest().values[::4][part]))
    assert maps.lungs.any() and result.measures.lungs.share("infected") is not None
    told = [one.code for one in result.outcomes if "cut_off" in one.code or one.code == "no_severity"]
    assert told == codes and (result.severity is None) == bool(codes)


@pytest.mark.parametrize(
    ("ratios", "score"), [((0.05, 0.05, 0.4), 0), ((0.05, 0.2, 0.4), 1), ((0.4, 0.2, 0.4), 2), ((0.05, 0.2), 1)]
)
def test_the_class_is_the_one_in_the_middle_of_the_seeds(scorer, ratios, score):
    severity = scorer._severity({seed: _Found(0, [ratio]) for seed, ratio in enumerate(ratios)})
    assert severity.score == score
    assert (severity.right, severity.given) == {0: (3, 4), 1: (2, 4), 2: (2, 2)}[score]
