"""What is installed from a wheel is all that a run needs, and nothing else; a source archive gives the same wheel."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample" / "2022Q4" / "正常纳税企业清册.xlsx"


TOP_LEVEL = """
benchmarks bundle config data docs notebooks requirements src tests mkdocs.yml pyproject.toml Makefile .gitignore
CHANGELOG.md CONTRIBUTING.md LICENSE README.md README.zh-CN.md SECURITY.md PKG-INFO
"""
"""What a source archive holds at its top."""


def build_archive(kind: str, source: Path, folder: Path) -> Path:
    """Return the archive of ``kind`` (wheel or sdist) that ``source`` gives."""
    pytest.importorskip("hatchling", reason="archives are built by hatchling, not installed")
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (archive,) = folder.iterdir()
    return archive


def list_members(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return build_archive("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def contents(wheel) -> set[str]:
    return list_members(wheel)


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


def test_the_source_archive_gives_the_same_wheel(contents, tmp_path):
    archive = build_archive("sdist", ROOT, tmp_path / "sdist")
    shutil.unpack_archive(archive, tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()
    assert list_members(build_archive("wheel", source, tmp_path / "wheel")) == contents
    held = {path.name for path in source.iterdir()}
    assert held <= set(TOP_LEVEL.split()), "a workspace in a checkout is nobody else's"


def test_what_a_wheel_installs_runs_away_from_the_repository(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed"), "GAPMATCH_LANG": "en"}
    program = (
        "import gapmatch, sys; print(gapmatch.__file__); from gapmatch.cli import main; main()"
    )
    command = [sys.executable, "-c", program, "check", str(SAMPLE), "--as", "tax", "--json"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, check=True, capture_output=True, encoding="utf-8"
    )
    assert done.stdout.startswith(str(tmp_path / "installed"))
    assert "300" in done.stdout


def test_no_workspace_is_in_the_repository():
    """Results and databases hold officials' data, and a checkout is where one tries things out."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=False, capture_output=True, encoding="utf-8"
    )
    if listed.returncode:
        pytest.skip("not a checkout")
    names = listed.stdout.splitlines()
    assert [n for n in names if re.search(r"(^|/)(out/|gapmatch\.(db|lock))", n)] == []
