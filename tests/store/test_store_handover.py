"""What other authorities take on goes out as a list and closes the case when it comes back."""

from pathlib import Path

import openpyxl
import pytest
from returned_workbooks import import_visits

from gapmatch.forms.handover import build_handover_books
from gapmatch.forms.sheet_model import Book, ListSheet
from gapmatch.forms.writer import write_book
from gapmatch.ledger.case_progress import assess_cases, list_cases, select_unfinished_cases
from gapmatch.ledger.entries import Visit, insert_visits
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.store.runs import Store

NAMES, FIRST = 3, 5
AUTHORITIES = [("refused", "移交/劳动监察.xlsx"), ("unreachable", "移交/市场监管和税务.xlsx")]


def build_books(store: Store, outcome: str, visited: str) -> list[Book]:
    """Return the hand-over lists of a quarter in which one case ended with ``outcome``."""
    visit = Visit("91990100MA00000012", "云岭县青禾建材有限公司", outcome, "甲", "2022Q3", visited)
    with store.db.atomic():
        insert_visits(store.db, [(1, visit)], "t")
    results = PublishInput(
        quarter="2022Q3",
        **{n: f for n, f in store.results("2022Q3").items() if n != "persons"},
        unfinished=select_unfinished_cases(assess_cases(store)),
    )
    return build_handover_books(results.complete_frames(), PublishOptions())


@pytest.mark.parametrize(
    ("visited", "answer", "why"),
    [
        ("2022-10-08", "2022-12-07 前回复", "sixty days after the visit"),
        ("2022-07-05", "2022-10-31 前回复", "sixty days would be over before the list goes out"),
    ],
)
def test_an_authority_has_time_to_answer(
    visited: str, answer: str, why: str, workspace: Path
) -> None:
    with Store.open(workspace) as store:
        (book,) = build_books(store, "refused", visited)
    (sheet,) = book.sheets
    assert isinstance(sheet, ListSheet)
    place = [heading.name for heading in sheet.headings].index("task")
    assert answer in str(sheet.rows[0][place]), why


@pytest.mark.parametrize(("outcome", "path"), AUTHORITIES)
def test_a_case_handed_over_is_closed_by_what_comes_back(
    outcome: str, path: str, workspace: Path, tmp_path: Path
) -> None:
    with Store.open(workspace) as store:
        books = build_books(store, outcome, "2022-10-08")
        assert [book.path for book in books] == [path]
        (tmp_path / path).parent.mkdir(parents=True)
        write_book(books[0], tmp_path)
        returned = openpyxl.load_workbook(tmp_path / path)
        sheet = returned.worksheets[0]
        columns = {cell.value: cell.column for cell in sheet[NAMES]}
        for name, value in {"outcome": "已参保缴费", "date": "2022-12-08", "persons": 3}.items():
            sheet.cell(FIRST, columns[name]).value = value
        returned.save(tmp_path / path)
        assert import_visits(store, [tmp_path / path]).taken == 1
        case = list_cases(store).row(0, named=True)
        assert (case["state"], case["persons"]) == ("closed", 3)
