import pytest

import show_config
from ssinfnet.errors import InputError


@pytest.fixture
def show(tmp_path, capsys):
    def shown(key, *overlays):
        files = [tmp_path / f"{number} overlay.yaml" for number in range(len(overlays))]
        for file, text in zip(files, overlays, strict=True):
            file.write_text(text)
        show_config.main(["--key", key, *(["--configfile", *map(str, files)] if files else [])])
        return capsys.readouterr().out

    return shown


def test_the_default_and_what_lies_over_it(show):
    assert show("results_dir") == "results\n"
    assert show("results_dir", "{results_dir: 'my out/'}") == "my out\n"
    assert show("results_dir", "{results_dir: a}", "results_dir: b # not c") == "b\n"
    assert show("severity.cutoffs", "{severity: {folds: 3}}") == "fitted\n"
    assert show("labels", "{}") == '{"infection": [1, 2]}\n'


@pytest.mark.parametrize(
    ("key", "overlay", "message"),
    [
        ("result_dir", "{}", "no key result_dir"),
        ("seeds.first", "{}", "no key seeds.first"),
        ("methods.sinfnot.label", "{}", "it has sinfnet, ssinfnet, ssinfnet_aug, ssinfnet_plus there"),
        ("results_dir", "results_dir: ''", "not the working directory"),
        ("results_dir", "{sinlge: {}}", "did you mean single"),
        ("results_dir", "a: [", "no config"),
    ],
)
def test_what_the_workflow_refuses_is_one_line(show, key, overlay, message):
    with pytest.raises(InputError, match=message):
        show(key, overlay)


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        show_config.main(["--key", "seeds", "--configfile", str(tmp_path / "no.yaml")])
