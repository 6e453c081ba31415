"""The demonstration: invent a prefecture and run its latest quarter."""

from pathlib import Path

from gapmatch.pipeline import Observer
from gapmatch.synth import write_demo
from gapmatch.workspace import Sources, Summary, run_quarter


def run_demo(firms: int, workspace: Path, observer: Observer) -> Summary:
    """Write a made-up prefecture of about ``firms`` firms into ``workspace/extracts`` and run it."""
    observer.begin("generate")
    quarters = write_demo(workspace / "extracts", firms)
    latest = max(quarters)
    files = quarters[latest]
    return run_quarter(
        latest, Sources(files.tax, files.enrollment, files.registry), workspace, observer
    )
