"""The floor of a run: read both extracts and write the workbooks of the results that lie in the store.

python benchmarks/floor.py TAX ENROLLMENT WORKSPACE
"""

import sys
import tempfile
from pathlib import Path

from gapmatch.concurrency import run_in_parallel
from gapmatch.forms.workbooks import write_workbooks
from gapmatch.read import Side, read_extract
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.store.runs import Store


def main(tax: str, enrollment: str, workspace: str) -> None:
    """Read ``tax`` and ``enrollment``, write the workbooks of the newest quarter in ``workspace``."""
    run_in_parallel(
        lambda: read_extract(Side.TAX, [Path(tax)], {}),
        lambda: read_extract(Side.ENROLLMENT, [Path(enrollment)], {}),
    )
    with Store.open(Path(workspace)) as store:
        quarter = store.find_latest_quarter() or ""
        frames = store.results(quarter)
    names = ("firms", "units", "links", "gaps", "targets", "defects")
    results = PublishInput(quarter, *(frames[name] for name in names)).complete_frames()
    with (
        tempfile.TemporaryDirectory() as folder,
        write_workbooks(results, Path(folder), PublishOptions()),
    ):
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
