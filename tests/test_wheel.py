"""What is installed from a wheel is all that a run needs, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def contents(tmp_path_factory) -> set[str]:
    pytest.importorskip(
        "hatchling", reason="the wheel is built by hatchling, which is not installed"
    )
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_speaks_english(contents):
    assert "gapmatch/locale/en/LC_MESSAGES/gapmatch.mo" in contents


def test_the_wheel_holds_all_knowledge(contents):
    shipped = {
        f"gapmatch/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / "config").rglob("*")
        if path.is_file() and "sources" not in path.parts
    }
    assert shipped <= contents


def test_the_wheel_holds_every_module_and_what_lies_beside_it(contents):
    code = {
        path.relative_to(ROOT / "src").as_posix()
        for ending in ("py", "css", "js", "mo", "typed")
        for path in (ROOT / "src" / "gapmatch").rglob(f"*.{ending}")
    }
    assert code <= contents


def test_the_wheel_leaves_behind_what_knowledge_was_built_from(contents):
    assert [name for name in contents if "/sources/" in name or name.endswith(".po")] == []
    assert [name for name in contents if not name.startswith("gapmatch/")] == []
