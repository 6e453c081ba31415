"""What is missing for a run on Spark, or wrong with its extracts, is said in one message; nothing is left behind."""

import os
from pathlib import Path

import polars as pl
import pytest
from here_cluster import here_engine

from gapmatch.spark import session
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import convert_to_rows, make_prefecture
from gapmatch.synth.write import write_extracts

QUARTER = "2022Q4"


@pytest.fixture(scope="module")
def prefecture():
    plan = Plan(seed=5, firms=60, quarters=(QUARTER,), prefectures=("520400",))
    return make_prefecture(plan)


@pytest.fixture
def run(say, prefecture, tmp_path):
    """Run the prefecture on Spark, its tax list a folder of Parquet files."""
    files = write_extracts(prefecture, tmp_path / "extracts")[QUARTER]
    tax, _enrollment, _registry = convert_to_rows(prefecture.quarters[QUARTER])
    headed = tax.select(纳税人名称="name", 纳税人识别号="taxpayer_code", 区县="county")
    (tmp_path / "税务").mkdir()
    for number, part in enumerate(headed.iter_slices(20)):
        part.write_parquet(tmp_path / f"税务/part-{number}.parquet")
    (tmp_path / "w").mkdir()

    def told(*more, language="zh"):
        sources = ("--tax", "税务", "--enrollment", *files.enrollment)
        return say("run", QUARTER, *sources, "-w", "w", *more, language=language)

    return told


def assert_refused(said, *words):
    assert said.code == 1, said.err
    assert all(word in said.err for word in words), said.err
    assert "Traceback" not in said.err
    assert said.out == ""


def nothing_is_left(workspace: Path) -> bool:
    return not [p for p in workspace.rglob("*") if p.name != "gapmatch.lock"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", ["没有安装 PySpark", "requirements/spark.txt"]), ("en", ["PySpark", "pip"])],
)
def test_without_pyspark_the_extra_is_named(run, monkeypatch, tmp_path, language, words):
    monkeypatch.setattr(session, "find_spec", lambda name: None)
    assert_refused(run("--engine", "spark", language=language), *words)
    assert nothing_is_left(tmp_path / "w")


@pytest.fixture
def with_spark(monkeypatch):
    """As if PySpark were there, whether it is or not."""
    monkeypatch.setattr(session, "_check_spark", lambda: None)


def test_without_java_its_version_is_named(run, with_spark, monkeypatch, tmp_path):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert_refused(run("--engine", "spark"), "没有找到 Java", "17", "JAVA_HOME")
    assert nothing_is_left(tmp_path / "w")


def fake_java(folder: Path, said: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    java = folder / "bin/java"
    java.write_text(f"#!/bin/sh\nprintf '%s\\n' '{said}' >&2\n", encoding="utf-8")
    java.chmod(0o755)
    return folder


@pytest.mark.skipif(os.name != "posix", reason="the false Java is a shell script")
@pytest.mark.parametrize(
    ("said", "found"),
    [
        ('java version "1.8.0_401"', "1.8.0_401"),
        ('openjdk version "11.0.22" 2024-01-16', "11.0.22"),
        ("no such thing", "no such thing"),
        ("", "?"),
    ],
)
def test_a_java_that_is_too_old_is_named(run, with_spark, monkeypatch, tmp_path, said, found):
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "java", said)))
    assert_refused(run("--engine", "spark"), "Java 版本不合适", found, "OpenJDK 17")
    assert nothing_is_left(tmp_path / "w")


@pytest.fixture
def with_java(with_spark, monkeypatch):
    monkeypatch.setattr(session, "_check_java", lambda: None)


@pytest.mark.parametrize(
    "master", ["spark://127.0.0.1:1", "spark://127.0.0.1:1,127.0.0.1:2", "spark://127.0.0.1:x"]
)
def test_a_master_that_does_not_answer_is_named(run, with_java, tmp_path, master):
    assert_refused(
        run("--engine", "spark", "--master", master), f"无法连接 Spark 主节点 {master}", "防火墙"
    )
    assert nothing_is_left(tmp_path / "w")


@pytest.mark.parametrize("master", ["sparky", "http://a:7077", "", "local[]", "localhost"])
def test_a_master_of_no_known_kind_is_told_which_there_are(run, with_java, tmp_path, master):
    said = run("--engine", "spark", "--master", master)
    assert_refused(said, f"不认识的 Spark 主节点：{master}", "local[2]")
    assert nothing_is_left(tmp_path / "w")


@pytest.mark.parametrize(("engine", "hint"), [("sparc", "spark"), ("hadoop", "local")])
def test_an_unknown_engine_is_a_wrong_command_line(run, tmp_path, engine, hint):
    said = run("--engine", engine)
    assert (said.code, said.out) == (2, "")
    assert engine in said.err
    assert hint in said.err
    assert nothing_is_left(tmp_path / "w")


@pytest.fixture
def here(monkeypatch):
    """Tasks run in this process."""
    monkeypatch.setattr("gapmatch.spark.spark_engine.start_engine", here_engine)


def broken(folder):
    file = folder / "part-1.parquet"
    file.write_bytes(file.read_bytes()[:200])


def other_columns(folder):
    pl.DataFrame({"甲": ["1"], "乙": ["2"]}).write_parquet(folder / "part-1.parquet")


def empty(folder):
    (folder / "part-1.parquet").write_bytes(b"")


@pytest.mark.parametrize("spoil", [broken, other_columns, empty])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_bad_file_is_told_as_the_local_engine_tells_it(run, here, tmp_path, spoil, language):
    spoil(tmp_path / "税务")
    local = run(language=language)
    found = run("--engine", "spark", "--master", "local[2]", language=language)
    assert_refused(local, "part-1.parquet")
    assert (found.code, found.err) == (local.code, local.err)
