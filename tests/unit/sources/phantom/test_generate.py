"""The phantom: layouts, determinism, and anatomy that the later stages can work on."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage, stats

import generate_phantom
from ssinfnet.config.phantom import Phantom
from ssinfnet.slices.window import LUNG_WINDOW, to_grey
from ssinfnet.sources.phantom import generate

SMALL = (
    '{"phantom": {"size": 64, "single_slices": 3, "volumes": 2, "slices_per_volume": 3, "patients": 7, '
    '"slices_per_patient": 2}}'
)


def checksums(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    generate_phantom.main(["--config-json", SMALL, "--out-dir", str(folder)])
    return folder


def test_layout(small):
    files = set(checksums(small))
    medseg = {"tr_im.nii.gz", "tr_mask.nii.gz", "val_im.nii.gz", "rp_im.zip", "rp_msk.zip", "rp_lung_msk.zip"}
    assert {name.removeprefix("medseg/") for name in files if name.startswith("medseg/")} == medseg
    assert {"ictcf/manifest.csv", "ictcf/Patients.xlsx", "ictcf/patients/p0001/IMG-0001-00001.jpg"} <= files
    assert len(files) == 6 + 2 + 7 * 2


def test_same_seed_same_bytes_other_seed_other_pictures(small, tmp_path, monkeypatch):
    # The clock must not leave its trace in archives and tables.
    monkeypatch.setattr("time.time", lambda: 2e9)
    generate_phantom.main(["--config-json", SMALL, "--out-dir", str(tmp_path / "again")])
    assert checksums(tmp_path / "again") == checksums(small)
    other = SMALL.replace('"size"', '"seed": 1, "size"')
    generate_phantom.main(["--config-json", other, "--out-dir", str(tmp_path / "other")])
    assert checksums(tmp_path / "other")["medseg/tr_im.nii.gz"] != checksums(small)["medseg/tr_im.nii.gz"]


@pytest.mark.parametrize("patients", [6, 7, 13, 40, 100])
def test_every_class_has_patients_with_pictures(patients):
    classes = np.array(generate._class_list(patients))
    assert len(classes) == patients
    absent = generate._without_ct(classes)
    assert set(np.delete(classes, absent)) == set(generate.CLASSES)
    assert len(absent) > 0 or patients < 13


@pytest.fixture(scope="module")
def rendered():
    """One slice in mid-lung of several subjects: healthy ones, and ones with many lesions."""

    def make(load, seed):
        return generate.subject(np.random.default_rng(seed), 128, load).render(0.55)

    return {load: [make(load, seed) for seed in range(6)] for load in (0.0, 0.05, 0.15, 0.35)}


def test_healthy_slices_have_no_label(rendered):
    assert all(not one.mask.any() for one in rendered[0.0])


def test_labels_look_as_they_should(rendered):
    """GGO is denser than lung and fainter than consolidation, which has the grey of soft tissue."""
    values = {code: [] for code in (0, 1, 2)}
    for one in rendered[0.35]:
        for code in values:
            values[code].append(one.hounsfield[(one.mask == code) & (one.lungs == 1)])
    healthy, ggo, consolidation = (np.median(np.concatenate(values[code])) for code in (0, 1, 2))
    assert -900 < healthy < -750
    assert -700 < ggo < -300
    assert -100 < consolidation < 100


def test_lesions_lie_in_the_lungs_and_some_consolidation_at_the_pleura(rendered):
    touching = 0
    for one in rendered[0.35]:
        assert (one.lungs[np.isin(one.mask, (1, 2))] == 1).all()
        edge = (one.lungs == 1) & ~ndimage.binary_erosion(one.lungs == 1)
        touching += bool((edge & (one.mask == 2)).any())
    assert touching >= 2


def test_some_subjects_have_fluid():
    many = (generate.subject(np.random.default_rng(seed), 64, 0.3) for seed in range(20))
    fluid = [one.render(0.8).mask for one in many if one.effusion]
    assert 2 <= len(fluid) <= 15
    assert any((mask == 3).sum() > 10 for mask in fluid)


def test_load_raises_the_diseased_share(rendered):
    shares = [
        np.mean([np.isin(one.mask, (1, 2)).sum() / one.lungs.sum() for one in rendered[load]]) for load in rendered
    ]
    assert shares == sorted(shares) and shares[-1] > 3 * shares[1]


def test_severity_follows_from_load_with_overlap():
    rng = np.random.default_rng(0)
    loads = {name: [generate.draw_load(rng, name) for _ in range(200)] for name in generate.CLASSES}
    score = [0] * 200 + [1] * 200 + [2] * 200
    rank = stats.spearmanr(score, loads["Regular"] + loads["Severe"] + loads["Critically ill"]).statistic
    assert 0.6 < rank < 0.95
    assert np.quantile(loads["Severe"], 0.9) > np.quantile(loads["Critically ill"], 0.1)
    assert max(loads["Control"]) == 0


def test_grey_threshold_finds_the_lungs(rendered):
    """What the published iCTCF procedure rests on: grey > 96 splits the body from two dark lungs."""
    for one in rendered[0.0]:
        body = to_grey(one.hounsfield, LUNG_WINDOW) > 96
        labels, count = ndimage.label(body)
        body = labels == 1 + np.argmax(ndimage.sum(body, labels, range(1, count + 1)))
        holes, count = ndimage.label(ndimage.binary_fill_holes(body) & ~body, np.ones((3, 3)))
        areas = ndimage.sum(holes > 0, holes, range(1, count + 1))
        left, right = np.argsort(areas)[:-3:-1] + 1
        assert areas[right - 1] > 0.4 * areas[left - 1]
        found = ndimage.binary_closing(np.isin(holes, (left, right)), iterations=2)
        overlap = (found & (one.lungs == 1)).sum()
        assert 2 * overlap / (found.sum() + one.lungs.sum()) > 0.85


def test_picture_is_upright(rendered):
    """The spine is behind (below), the heart on the patient's left (the picture's right), the corners outside."""
    for one in rendered[0.0]:
        bone = one.hounsfield > 350
        assert bone[70:, 50:78].sum() > 2 * bone[:58, 50:78].sum()
        assert one.lungs[:, :64].sum() > one.lungs[:, 64:].sum()
        assert (to_grey(one.hounsfield, LUNG_WINDOW)[[0, 0, -1, -1], [0, -1, 0, -1]] == 0).all()


def test_table_has_the_columns_of_the_real_one(small):
    table = pd.read_excel(small / "ictcf/Patients.xlsx", keep_default_na=False)
    columns = ["Hospital", "Patient", "Age", "Gender", "SARS-CoV-2 nucleic acids", "CT", "Morbidity", "Mortality"]
    assert list(table.columns) == columns
    assert list(table["Patient"]) == [f"Patient {number}" for number in range(1, 8)]
    assert set(table["Morbidity"]) == set(generate.CLASSES)


def test_default_size_has_unlabelled_and_healthy_slices():
    config = Phantom()
    loads = [
        generate._load(np.random.default_rng([config.seed, 1, position])) for position in range(config.single_slices)
    ]
    assert 1 <= loads.count(0.0) <= config.single_slices / 3
