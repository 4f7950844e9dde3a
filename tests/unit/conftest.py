"""Fixtures of the unit tests."""

import http_server
import pytest


@pytest.fixture
def server():
    """An HTTP server on this machine; the test says how it answers."""
    with http_server.running() as server:
        yield server
