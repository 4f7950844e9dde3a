import subprocess
import sys
from pathlib import Path

import pytest

from ssinfnet.command import parser
from ssinfnet.config.split import Split
from ssinfnet.errors import InputError

SCRIPTS = sorted(Path(__file__).parents[3].glob("workflow_scripts/*.py"))


def test_section_fills_in_defaults_and_names_a_wrong_key():
    assert parser.section(Split, {"split": {"seed": 3}}, "split") == Split(seed=3)
    assert parser.section(Split, {}, "split") == Split()
    with pytest.raises(InputError, match=r"split\.sed"):
        parser.section(Split, {"split": {"sed": 3}}, "split")


def test_input_error_is_one_line_and_exit_status_1(capsys):
    def main():
        raise InputError("a.nii.gz: truncated")

    with pytest.raises(SystemExit) as exit_:
        parser.run(main)
    assert exit_.value.code == "error: a.nii.gz: truncated"


@pytest.mark.parametrize("text", ["{", "[]", "3"])
def test_config_that_is_not_a_json_object_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        parser.parser("Do.", config="split").parse_args(["--config-json", text])
    assert "not" in capsys.readouterr().err


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_help_teaches_and_imports_nothing_heavy(script):
    heavy = ["torch", "pandas", "numpy", "skimage", "matplotlib", "pydantic", "h5py", "cv2"]
    program = (
        "import runpy, sys\n"
        f"sys.argv = [{str(script)!r}, '--help']\n"
        f"sys.path.insert(0, {str(script.parent)!r})\n"
        "try:\n"
        f"    runpy.run_path({str(script)!r}, run_name='__main__')\n"
        "except SystemExit:\n"
        "    pass\n"
        f"print('HEAVY', [name for name in {heavy} if name in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "HEAVY []" in result.stdout
    assert len(result.stdout.split("options:")[0].split("\n\n")) >= 2, "no description"
