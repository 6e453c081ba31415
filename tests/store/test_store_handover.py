"""What other authorities take on goes out as a list and closes the case when it comes back."""

from pathlib import Path

import openpyxl
import pytest
from returned_workbooks import import_visits

from gapmatch.forms.handover import build_handover_books
from gapmatch.forms.writer import write_book
from gapmatch.ledger.case_progress import assess_cases, list_cases, select_unfinished_cases
from gapmatch.ledger.entries import Visit, insert_visits
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.store.runs import Store

NAMES, FIRST = 3, 5
AUTHORITIES = [("refused", "移交/劳动监察.xlsx"), ("unreachable", "移交/市场监管和税务.xlsx")]


@pytest.mark.parametrize(("outcome", "path"), AUTHORITIES)
def test_a_case_handed_over_is_closed_by_what_comes_back(
    outcome: str, path: str, workspace: Path, tmp_path: Path
) -> None:
    with Store.open(workspace) as store:
        with store.db.atomic():
            visit = Visit(
                "91990100MA00000012",
                "云岭县青禾建材有限公司",
                outcome,
                "甲",
                "2022Q3",
                "2022-10-08",
            )
            insert_visits(store.db, [(1, visit)], "t")
        results = PublishInput(
            quarter="2022Q3",
            **{n: f for n, f in store.results("2022Q3").items() if n != "persons"},
            unfinished=select_unfinished_cases(assess_cases(store)),
        )
        books = build_handover_books(results.complete_frames(), PublishOptions())
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
