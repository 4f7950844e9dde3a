"""Where the workflow lies, so that it runs from any folder, as a module, and from a hosting service.

The names of inputs are part of what Snakemake compares. So the code has one name wherever it lies: as in the repository
when that is the working directory, else below a link that is made anew when the checkout has moved.
"""

import sys
import tarfile
import tempfile
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

LINKS = Path(".snakemake/code")


def checkout():
    """The folder of Snakefile and workflow_scripts, as a path that holds no blanks, braces or names of machines."""
    source = workflow.current_basedir
    root = Path(source.get_path_or_uri(secret_free=True)).parent if source.is_local else unpacked(source)
    if set(str(root)) & set("{}"):
        sys.exit(f"error: {root}: Snakemake takes braces in the name of the workflow's folder for wildcards; rename it")
    if root.samefile("."):
        return Path()
    link = LINKS / (workflow.modifier.namespace or "ssinfnet")
    if not link.exists() or not link.samefile(root):
        link.parent.mkdir(parents=True, exist_ok=True)
        # Renamed into place, as jobs on other machines may read it at this moment.
        with tempfile.TemporaryDirectory(dir=link.parent) as folder:
            (Path(folder) / "link").symlink_to(root.resolve())
            (Path(folder) / "link").replace(link)
    return link


def unpacked(source):
    """A copy of the code that `github(...)` or `gitlab(...)` names, as Snakemake fetches rules alone."""
    commit = source.hosted_repo.repo.commit(source.ref)
    folder = LINKS / commit.hexsha
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary, tempfile.TemporaryFile() as archive:
            commit.repo.archive(archive, commit.hexsha, path=["config.yaml", "workflow_scripts"])
            archive.seek(0)
            with tarfile.open(fileobj=archive) as tar:
                tar.extractall(Path(temporary) / "code", filter="data")
            if not folder.exists():
                (Path(temporary) / "code").rename(folder)
    return folder


CHECKOUT = checkout()
SCRIPTS = CHECKOUT / "workflow_scripts"
DEFAULTS = str(CHECKOUT / "config.yaml")
OWN = str(Path("config.yaml"))  # of a working directory that is not the checkout
AS_MODULE = not workflow.modifier.is_main_snakefile()

sys.path.insert(0, str(SCRIPTS.resolve()))

from ssinfnet.process import system

if reason := system.refusal():
    sys.exit(f"error: {reason}")
if AS_MODULE and workflow.modifier.path_modifier.prefix:
    sys.exit("error: a module of this workflow has no `prefix:`; set results_dir and data_dir in its config instead")
