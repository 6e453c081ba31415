"""All workbooks of a quarter: the prefecture's and each county's."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from gapmatch.forms.county import build_county_books
from gapmatch.forms.handover import build_handover_books
from gapmatch.forms.parallel import Writers, choose_process_count
from gapmatch.forms.prefecture_book import build_prefecture_book
from gapmatch.forms.sheet_model import Book
from gapmatch.results.run_results import PublishInput, PublishOptions

_CELLS_OF_TARGET = 25


@contextmanager
def write_workbooks(
    results: PublishInput, folder: Path, options: PublishOptions, others: Sequence[Book] = ()
) -> Iterator[None]:
    """Write all workbooks and ``others`` below ``folder``, in helpers during the block."""
    # Nearly all that the workbooks hold are targets; the helpers start while the books are made.
    cells = results.targets.height * _CELLS_OF_TARGET + sum(book.cells for book in others)
    with Writers.start_helpers(options.processes or choose_process_count(cells)) as writers:
        books = chain(
            others,
            [build_prefecture_book(results), *build_handover_books(results, options)],
            build_county_books(results, options),
        )
        with writers.write_during(books, folder):
            yield
