"""What check_inputs finds in a split, and that it lists all of it at once."""

import json

import pandas as pd
import pytest

import check_inputs
from ssinfnet.errors import InputError

CODES = ("ggo", "consolidation", "effusion")


def part(slices=10, infected=5, ggo=9, consolidation=9, effusion=0):
    pixels = dict(zip(CODES, (ggo, consolidation, effusion), strict=True))
    return {"slices": slices, "groups": slices, "infected_slices": infected, "lesion_pixels": pixels}


PARTS = {"train": part(30), "validation": part(), "test": part()}
PATIENTS = [("p1", "Mild", 0, 2), ("p2", "Mild", 0, 1), ("p3", "Severe", 1, 1), ("p4", "Suspected", None, 1)]


@pytest.fixture
def check(tmp_path):
    """Run the command on parts and patients; returns what it wrote."""

    def run(parts=PARTS, patients=None, sections=(), **config):
        config |= dict(sections)  # `patients` is an argument already
        total = {
            "infected_slices": sum(one["infected_slices"] for one in parts.values()),
            "lesion_pixels": {name: sum(one["lesion_pixels"][name] for one in parts.values()) for name in CODES},
        }
        (tmp_path / "fingerprint.json").write_text(json.dumps({"parts": parts, "total": total}))
        rows = [(f"{name}{i}", f"{name}{i}", name) for name, one in parts.items() for i in range(one["slices"])]
        pd.DataFrame(rows, columns=["id", "group", "part"]).to_csv(tmp_path / "split.csv", index=False)
        argv = [
            "--config-json",
            json.dumps(config),
            "--split",
            str(tmp_path / "split.csv"),
            "--pretrained",
            "inpainting",
        ]
        argv += ["--fingerprint", str(tmp_path / "fingerprint.json")]
        if patients is not None:
            table = pd.DataFrame(patients, columns=["patient", "morbidity", "score", "slices"])
            table.astype({"score": "Int64"}).to_csv(tmp_path / "patients.csv", index=False)
            argv += ["--patients", str(tmp_path / "patients.csv")]
        check_inputs.main([*argv, "--out", str(tmp_path / "found.json"), "--out-passed", str(tmp_path / "passed.txt")])
        return json.loads((tmp_path / "found.json").read_text())

    return run


def test_what_is_well_passes_and_is_counted(check, tmp_path):
    found = check(patients=PATIENTS)
    assert found["parts"]["train"] == {"slices": 30, "groups": 30, "infected_slices": 5}
    assert found["patients"]["Suspected"] == {"patients": 1, "with_pictures": 1, "score": None}
    assert (tmp_path / "passed.txt").exists()


@pytest.mark.parametrize("name", PARTS)
def test_a_part_without_infection_is_named(check, name):
    with pytest.raises(InputError, match=rf"split\.csv: the part {name} has no infected slice"):
        check(PARTS | {name: part(infected=0)})


@pytest.mark.parametrize(
    ("pixels", "said"), [((0, 0, 7), r"hold 3 \(effusion\)"), ((0, 0, 0), "no code of a lesion at all")]
)
def test_no_infection_names_the_codes_that_occur(check, pixels, said):
    empty = dict.fromkeys(PARTS, part(infected=0, **dict(zip(CODES, pixels, strict=True))))
    with pytest.raises(InputError, match=rf"labels\.infection is 1 \(ggo\), 2 \(consolidation\), and .*{said}"):
        check(empty, labelled={"classes": False})


def test_a_class_must_be_learned_and_may_be_missing_elsewhere(check):
    with pytest.raises(InputError, match="the part train has no slice with consolidation"):
        check(PARTS | {"train": part(30, consolidation=0)})
    with pytest.raises(InputError, match=r"no mask holds GGO.*labelled\.classes: false"):
        check({name: part(30, ggo=0) for name in PARTS})
    assert check({name: part(30, ggo=0) for name in PARTS}, labelled={"classes": False})["notes"] == []
    [note] = check(PARTS | {"test": part(ggo=0)})["notes"]
    assert "no slice with GGO in test" in note


def test_folds_count_where_networks_of_folds_are_trained(check):
    folds = {"mode": "out_of_fold", "folds": 31}
    with pytest.raises(InputError, match=r"30 training groups cannot make 31 folds; lower priors\.folds"):
        check(priors=folds)
    check(priors=folds | {"mode": "in_sample"})
    check(priors=folds, labelled={"classes": False})


def test_small_batches_at_small_edges(check):
    small = {"training": {"scales": [32], "batch_size": 1}}
    with pytest.raises(InputError, match=r"single\.training\.batch_size is 1"):
        check(single=small)
    check(multi=small)  # U-Net's deepest features are finer
    with pytest.raises(InputError, match=r"pretext\.batch_size is 1"):
        check(pretext={"size": 64, "crop": 32, "batch_size": 1})


def test_patients_without_a_score_are_a_note(check):
    notes = check(patients=[*PATIENTS, ("p5", "", None, 1)])["notes"]
    assert any("1 patient(s) of class 'Suspected' have no score" in note for note in notes)
    assert any("1 patient(s) without a class have no score" in note for note in notes)


def test_nobody_needs_a_class(check):
    check(patients=[(name, "", None, slices) for name, _, _, slices in PATIENTS])


def test_fitted_cutoffs_need_patients_and_published_do_not(check):
    with pytest.raises(InputError, match="fitted cut-offs need at least two patients of one class"):
        check(patients=PATIENTS[1:])
    check(patients=PATIENTS[1:2], severity={"cutoffs": "published"})


def test_patients_without_pictures(check):
    with pytest.raises(InputError, match="no patient has a picture"):
        check(patients=[(*row[:3], 0) for row in PATIENTS], severity={"cutoffs": "published"})


def test_all_findings_are_one_message(check, tmp_path):
    with pytest.raises(InputError, match="3 defects in the inputs, found before any training"):
        check(
            PARTS | {"test": part(infected=0), "train": part(30, ggo=0)},
            patients=PATIENTS[1:],
        )
    assert not (tmp_path / "found.json").exists()
    assert not (tmp_path / "passed.txt").exists()
