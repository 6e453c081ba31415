"""Print how long the workbooks and the report of a workspace's newest quarter take, and the report's size.

python benchmarks/publishing.py WORKSPACE
"""

import sys
import tempfile
from pathlib import Path
from time import perf_counter

from gapmatch.publish.county import county_books
from gapmatch.publish.inputs import PublishInput, PublishOptions
from gapmatch.publish.parallel import write_books
from gapmatch.publish.prefecture import prefecture_book
from gapmatch.publish.report import report_page
from gapmatch.publish.report_runtime import vega_runtime
from gapmatch.store import Store

FRAMES = ("firms", "units", "links", "gaps", "targets", "defects")


def main(workspace: str) -> None:
    """Write all workbooks to a scratch folder and make the report, each timed."""
    with Store.open(Path(workspace)) as store:
        quarter = store.latest_quarter() or ""
        frames = store.results(quarter)
    results = PublishInput(quarter, *(frames[name] for name in FRAMES)).completed()
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        books = [prefecture_book(results), *county_books(results, PublishOptions())]
        write_books(books, Path(folder), None)
        written = perf_counter()
        page = report_page(results, vega_runtime())
        made = perf_counter()
    targets = results.targets.height
    print(f"{len(books)} workbooks with {targets:,} targets: {written - start:.1f} s")
    print(f"report.html: {made - written:.2f} s, {len(page.encode()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
