"""The floor of a run: read both extracts and write the workbooks of the results that lie in the store.

python benchmarks/floor.py TAX ENROLLMENT WORKSPACE
"""

import sys
import tempfile
from pathlib import Path

from gapmatch.publish.county import county_books
from gapmatch.publish.inputs import PublishInput, PublishOptions
from gapmatch.publish.parallel import write_books
from gapmatch.publish.prefecture import prefecture_book
from gapmatch.read import Side, read_extract
from gapmatch.store import Store


def main(tax: str, enrollment: str, workspace: str) -> None:
    """Read ``tax`` and ``enrollment``, write the workbooks of the newest quarter in ``workspace``."""
    read_extract(Side.TAX, [Path(tax)], {})
    read_extract(Side.ENROLLMENT, [Path(enrollment)], {})
    with Store.open(Path(workspace)) as store:
        quarter = store.latest_quarter() or ""
        frames = store.results(quarter)
    names = ("firms", "units", "links", "gaps", "targets", "defects")
    results = PublishInput(quarter, *(frames[name] for name in names)).completed()
    with tempfile.TemporaryDirectory() as folder:
        books = [prefecture_book(results), *county_books(results, PublishOptions())]
        write_books(books, Path(folder), None)


if __name__ == "__main__":
    main(*sys.argv[1:])
