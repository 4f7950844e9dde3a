"""The version of this software and the time, for what is written to say what wrote it and when."""

import os
from datetime import UTC, datetime

VERSION = "0.1.0"
"""As `pyproject.toml` has it, which a test holds; that file is not there wherever the workflow runs."""


def version() -> str:
    """The version, the same for the installed command, the checkout and a workflow that runs elsewhere."""
    return VERSION


def now() -> datetime:
    """The time that is written into DICOM: now, or what SOURCE_DATE_EPOCH says, so that the same bytes are written."""
    # The standard variable of reproducible builds.
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
