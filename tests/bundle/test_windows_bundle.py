"""The built Windows bundle does the sample quarter under Wine, with the bytes that it has here."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample" / "2022Q3"
CSV_FILES = ("gaps.csv", "links.csv", "targets.csv", "defects.csv")


@pytest.fixture(scope="module")
def run_in_wine(tmp_path_factory):
    """What runs the bundle's Python, unpacked in a folder with a space and Chinese in its name."""
    wine = shutil.which("wine64") or shutil.which("wine") or pytest.skip("there is no Wine")
    built = sorted((ROOT / "dist").glob("gapmatch-*-win64.zip"))
    if not built:
        pytest.skip("no Windows bundle was built: `make bundle`")
    folder = tmp_path_factory.mktemp("办公 电脑")
    with zipfile.ZipFile(built[-1]) as archive:
        archive.extractall(folder)
    environment = {**os.environ, "WINEPREFIX": str(folder / "prefix"), "WINEDEBUG": "-all"}

    def run(*arguments):
        command = [wine, "python/python.exe", "-X", "utf8", *arguments]
        return subprocess.run(
            command, cwd=folder / "gapmatch", env=environment, capture_output=True, check=False
        )

    tried = run("-c", "import numpy")
    if tried.returncode:
        pytest.skip(f"Wine lacks what numpy needs: {tried.stderr[-200:]!r}")
    return run


@pytest.mark.long
def test_the_sample_quarter_has_the_same_bytes_under_wine(run_in_wine, tmp_path):
    extracts = {
        "--tax": SAMPLE / "正常纳税企业清册.xlsx",
        "--enrollment": SAMPLE / "参保单位.csv",
        "--registry": SAMPLE / "市场主体登记.csv",
    }
    sources = [text for option, path in extracts.items() for text in (option, str(path))]
    command = ("-m", "gapmatch", "run", "2022Q3", *sources, "--workspace")
    # Apart: a new workspace beside another one is asked about.
    workspaces = {side: tmp_path / side / "ws" for side in ("there", "here")}
    for workspace in workspaces.values():
        workspace.mkdir(parents=True)
    done = run_in_wine(*command, str(workspaces["there"]))
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    here = [sys.executable, *command, str(workspaces["here"])]
    subprocess.run(here, check=True, capture_output=True)
    for name in CSV_FILES:
        files = [workspace / "out" / "2022Q3" / name for workspace in workspaces.values()]
        assert files[0].read_bytes() == files[1].read_bytes(), name
