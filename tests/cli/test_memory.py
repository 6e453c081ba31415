"""A run that gets no memory ends with one message, and what was there before is whole."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from gapmatch.cli.oom_guard import OOM_GUARD_MIN_BYTES, needs_oom_guard

pytestmark = pytest.mark.skipif(os.name != "posix", reason="limits of memory are set as POSIX does")

ROWS = 300_000
MEGABYTES = 450


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> list[Path]:
    """A tax list that is large enough to be watched, and a few units."""
    folder = tmp_path_factory.mktemp("large")
    number = pl.int_range(ROWS, eager=True).cast(pl.String)
    tax = pl.DataFrame({"纳税人名称": "遵义市砚柘" + number + "号商贸有限公司"}).with_columns(
        pl.concat_str(pl.lit("贵州省遵义市汇川区砚田路"), number, pl.lit("号云岭大厦" * 9)).alias(
            "注册地址"
        )
    )
    tax.write_csv(folder / "tax.csv")
    tax.head(50).rename({"纳税人名称": "单位名称"}).write_csv(folder / "units.csv")
    return [folder / "tax.csv", folder / "units.csv"]


def run(files: list[Path], workspace: Path, megabytes: int | None = None):
    import resource

    def limited() -> None:
        if megabytes is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))

    tax, units = map(str, files)
    command = [
        sys.executable,
        "-m",
        "gapmatch",
        "run",
        "2022Q4",
        "--tax",
        tax,
        "--enrollment",
        units,
    ]
    return subprocess.run(
        [*command, "--workspace", str(workspace), "--quiet"],
        preexec_fn=limited,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "GAPMATCH_LANG": "zh", "POLARS_MAX_THREADS": "2"},
        check=False,
    )


def contents(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted((folder / "out").rglob("*"))
        if p.is_file()
    }


def test_without_memory_a_run_says_which_setting_to_lower_and_leaves_what_was_there(
    large, tmp_path
):
    small = [large[1].with_name("some.csv"), large[1]]
    pl.read_csv(large[0], n_rows=200).write_csv(small[0])
    assert run(small, tmp_path).returncode == 0
    before = contents(tmp_path)
    told = run(large, tmp_path, MEGABYTES)
    assert told.returncode == 1, told.stderr
    lines = told.stderr.strip().splitlines()
    assert len(lines) == 2, told.stderr
    assert "内存不足" in lines[0]
    assert "batch_pairs" in lines[1]
    assert contents(tmp_path) == before


def test_only_large_inputs_are_watched_and_none_twice(large, monkeypatch):
    assert large[0].stat().st_size >= OOM_GUARD_MIN_BYTES
    monkeypatch.delenv("GAPMATCH_WATCHED", raising=False)
    assert needs_oom_guard(large)
    assert needs_oom_guard([large[0].parent])
    assert not needs_oom_guard(large[1:])
    monkeypatch.setenv("GAPMATCH_WATCHED", "1")
    assert not needs_oom_guard(large)


@pytest.mark.parametrize(
    ("name", "share", "watched", "why"),
    [
        ("a.csv", 0.5, False, "texts as they are"),
        ("a.parquet", 0.5, True, "texts of several times its size"),
        ("a.XLSX", 0.5, True, "an archive of texts"),
        ("a.parquet", 0.1, False, "a prefecture's list"),
    ],
)
def test_compressed_files_count_as_what_they_hold(name, share, watched, why, tmp_path, monkeypatch):
    monkeypatch.delenv("GAPMATCH_WATCHED", raising=False)
    with (tmp_path / name).open("wb") as file:
        file.truncate(int(OOM_GUARD_MIN_BYTES * share))
    assert needs_oom_guard([tmp_path]) is watched, why


@pytest.mark.skipif(os.name != "posix", reason="ulimit is a thing of POSIX")
@pytest.mark.parametrize("kilobytes", [400_000, 600_000, 900_000, 1_200_000])
def test_too_little_memory_is_said_in_words_by_a_small_file_too(tmp_path, kilobytes):
    file = tmp_path / "a.parquet"
    names = [f"青禾{n}建材商贸有限公司" for n in range(300_000)]
    pl.DataFrame({"纳税人名称": names, "生产经营地址": names}).write_parquet(file)
    command = f"ulimit -v {kilobytes}; exec {sys.executable} -m gapmatch check {file} --as tax"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "内存不足" in done.stderr
    assert "memory allocation" not in done.stderr


ORPHAN = """
import time
from gapmatch.cli.oom_guard import follow_parent
follow_parent()
print("up", flush=True)
time.sleep(60)
"""


def test_a_watched_run_ends_with_the_process_that_started_it():
    process = subprocess.Popen(
        [sys.executable, "-c", ORPHAN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "GAPMATCH_WATCHED": "1"},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    assert process.stdin is not None
    process.stdin.close()  # as the system does when the parent dies, however it dies
    assert process.wait(20) == 1
    process.stdout.close()
