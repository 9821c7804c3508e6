"""The browser, where it is installed."""

import shutil

import pytest


@pytest.fixture(scope="session")
def chromium():
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not installed: .ci/run installs it")
    return found
