"""The same quarter run by two engines, and what of it must be alike."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from gapmatch.pipeline import NullObserver
from gapmatch.run.assessed_run import Summary
from gapmatch.run.engine import EngineChoice
from gapmatch.run.quarter_run import RunOptions, Sources, run_quarter

TABLES = ("links.csv", "gaps.csv", "targets.csv", "defects.csv")


def run(quarter: str, sources: Sources, workspace: Path, master: str | None = None) -> Summary:
    """Run a quarter on Spark's ``master``, or with the local engine."""
    choice = EngineChoice("spark", master) if master else EngineChoice()
    return run_quarter(quarter, sources, workspace, NullObserver(), RunOptions(engine=choice))


def small_tasks(workspace: Path, more: str = "", rows: int = 1_000) -> None:
    """Let a small list have several buckets."""
    workspace.mkdir(parents=True, exist_ok=True)
    # A Java that lives for seconds had better not compile what it runs as well as it can.
    conf = '"spark.driver.extraJavaOptions" = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"'
    (workspace / "gapmatch.toml").write_text(
        f"{more}\n[spark]\nrows_a_task = {rows}\n[spark.conf]\n{conf}\n", encoding="utf-8"
    )


def tables(workspace: Path, quarter: str) -> dict[str, bytes]:
    """Return the tables of a quarter as they lie in the workspace."""
    return {name: (workspace / "out" / quarter / name).read_bytes() for name in TABLES}


def no_spark() -> str:
    """Return why nothing can be run on Spark here; empty where it can."""
    if find_spec("pyspark") is None or find_spec("pyarrow") is None:
        return "PySpark is not installed"
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=str(Path(home) / "bin") if home else None) is None:
        return "no Java was found"
    return ""
