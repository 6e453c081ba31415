"""The sample's first quarter, run once and copied for whoever goes on from it."""

import shutil
from pathlib import Path

import pytest
from sample_files import sources_of

from gapmatch.pipeline import NullObserver
from gapmatch.run.quarter_run import run_quarter


@pytest.fixture(scope="session")
def first_quarter(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("first_quarter")
    run_quarter("2022Q3", sources_of("2022Q3"), folder, NullObserver())
    return folder


@pytest.fixture
def workspace(first_quarter, tmp_path) -> Path:
    """Return a workspace of its own that holds 2022Q3."""
    return shutil.copytree(first_quarter, tmp_path / "workspace")
