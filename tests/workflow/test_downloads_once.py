"""What Snakemake downloads it downloads once: not for other code or settings, and not without a network."""

import json

import http_server
import pytest
from workflow_copy import Workflow

SHEET = "Patient,Morbidity\nPatient 1,Mild\nPatient 2,Severe\n"
JPEG = b"\xff\xd8\xff\xe0" + bytes(1000)  # whether it decodes is not looked at until it is prepared
TARGETS = ("data/medseg/rp_im.zip", "data/medseg/rp_msk.zip", "data/ictcf/manifest.csv")


def overlay(url, **download):
    """A config with the real sources, at another address; JSON is YAML."""
    addresses = {"medseg_url": f"{url}/medseg/{{id}}", "ictcf_url": f"{url}/ictcf/{{patient}}.zip"}
    return json.dumps(
        {
            "labelled": {"source": "medseg"},
            "patients": {"source": "ictcf", "table": "table.csv"},
            "download": addresses | {"pause": 0} | download,
        }
    )


@pytest.fixture(scope="module")
def downloaded(tmp_path_factory):
    """The workflow after two MedSeg files and the patients came from a server that is gone, and the server."""
    workflow = Workflow(tmp_path_factory.mktemp("downloads"))
    (workflow.folder / "table.csv").write_text(SHEET)
    with http_server.running() as server:
        for number in (25954007, 25954013):
            server.pages[f"/medseg/{number}"] = http_server.archive(**{f"{number}/1.nii.gz": bytes(1000)})
        for number in (1, 2):
            server.pages[f"/ictcf/{number}.zip"] = http_server.archive(**{f"Patient {number}/CT/1.jpg": JPEG})
        workflow.snakemake("--cores", "2", *TARGETS, *workflow.overlay(overlay(server.url)))
    return workflow, server


def has_nothing_to_do(workflow, config, *options, targets=TARGETS):
    output = workflow.snakemake("--cores", "1", *options, *targets, *workflow.overlay(config))
    return "Nothing to be done" in output.stdout + output.stderr


def test_each_file_is_asked_for_once(downloaded):
    _, server = downloaded
    assert server.asked == dict.fromkeys(server.pages, 1)


def test_a_second_run_needs_no_server(downloaded):
    workflow, server = downloaded
    assert has_nothing_to_do(workflow, overlay(server.url))


def test_a_forced_run_verifies_what_is_there(downloaded):
    """The server is gone, so a file that Snakemake removed before the job would be missed."""
    workflow, server = downloaded
    before = {target: (workflow.folder / target).read_bytes() for target in TARGETS}
    assert not has_nothing_to_do(workflow, overlay(server.url), "--forceall")
    assert {target: (workflow.folder / target).read_bytes() for target in TARGETS} == before


def test_other_code_and_settings_fetch_nothing_again(downloaded):
    workflow, _ = downloaded
    library = workflow.folder / "workflow_scripts/ssinfnet"
    downloads = library / "sources/download"
    for path in (downloads / "fetch.py", downloads / "partial.py", library.parent / "download_medseg.py"):
        path.write_text(path.read_text() + "\n# changed\n")
    config = overlay("http://127.0.0.1:1", pause=1, retries=9, timeout=5, connections=1)
    assert has_nothing_to_do(workflow, config, "--dry-run")


def test_a_file_put_there_by_hand_is_not_fetched(downloaded):
    workflow, server = downloaded
    target = workflow.folder / "data/medseg/rp_lung_msk.zip"
    arguments = (workflow, overlay(server.url), "--dry-run")
    assert not has_nothing_to_do(*arguments, targets=["data/medseg/rp_lung_msk.zip"])
    target.write_bytes(http_server.archive(a=b"b"))
    assert has_nothing_to_do(*arguments, targets=["data/medseg/rp_lung_msk.zip"])
    target.unlink()


def test_what_the_server_does_not_have_is_asked_for_once(downloaded):
    """Snakemake does not repeat the job, and the log names the remedy."""
    workflow, _ = downloaded
    with http_server.running() as server:
        target = "data/medseg/rp_lung_msk.zip"
        result = workflow.snakemake("--cores", "1", target, *workflow.overlay(overlay(server.url)), check=False)
        assert result.returncode and server.asked == {"/medseg/25954010": 1}
    log = (workflow.folder / "results/logs/download_medseg/rp_lung_msk.zip.log").read_text()
    assert "the server answers 404 Not Found" in log and "put it there" in log and "Traceback" not in log
