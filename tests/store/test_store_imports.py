"""Filled workbooks come back whatever was done to them, each row once, all files or none."""

import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from invented_quarter import FIRMS, quarter_frames
from openpyxl.worksheet.worksheet import Worksheet

from gapmatch.errors import InputError
from gapmatch.forms.reader import parse_count, parse_date, parse_verdict
from gapmatch.ledger.decisions import resolve_decisions
from gapmatch.ledger.import_reviews import import_reviews
from gapmatch.ledger.import_visits import import_visits
from gapmatch.ledger.progress import list_cases
from gapmatch.publish.outputs import publish
from gapmatch.results.run_results import PublishInput
from gapmatch.store.runs import Store
from gapmatch.vocabulary.labels import outcome_choices, verdict_choices
from gapmatch.vocabulary.outcomes import parse_outcome

NAMES, HEAD, FIRST = 3, 4, 5
"""1-based rows of the machine names, the headings and the first firm."""


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a county workbook as a run writes it."""
    folder = tmp_path_factory.mktemp("written")
    frames = quarter_frames()
    publish(PublishInput(quarter="2022Q3", **frames), folder)
    return next(folder.rglob("*云岭县*.xlsx"))


def column(sheet: Worksheet, name: str) -> int:
    """Return the column of a machine name."""
    return next(cell.column for cell in sheet[NAMES] if cell.value == name)


def entry(sheet: Worksheet, name: str, value: object, row: int = FIRST) -> None:
    """Fill one cell."""
    sheet.cell(row, column(sheet, name)).value = value


def filled(book: openpyxl.Workbook) -> tuple[Worksheet, Worksheet]:
    """Fill the visit sheet and the review sheet and return them."""
    visits, review = book["走访名单"], book["待核实"]
    for name, value in {"outcome": "已参保缴费", "date": "2022年11月3日", "persons": 4}.items():
        entry(visits, name, value)
    entry(review, "verdict", "同一单位")
    entry(review, "remark", "已电话确认")
    return visits, review


def save(
    written: Path, folder: Path, change: Callable | None = None, name: str = "回.xlsx"
) -> Path:
    """Save a filled copy, changed by ``change(visits, review)``, and return its path."""
    book = openpyxl.load_workbook(written)
    sheets = filled(book)
    if change:
        change(*sheets)
    book.properties.lastModifiedBy = "某乙"
    book.save(folder / name)
    return folder / name


def hidden_names_deleted(visits: Worksheet, review: Worksheet) -> None:
    visits.delete_rows(NAMES)
    review.delete_rows(NAMES)


def names_and_headings_deleted(visits: Worksheet, review: Worksheet) -> None:
    visits.delete_rows(1, HEAD)
    review.delete_rows(1, HEAD)


def headings_edited(visits: Worksheet, review: Worksheet) -> None:
    for sheet in (visits, review):
        for cell in sheet[HEAD]:
            cell.value = f"改{cell.column}"


def sheets_renamed(visits: Worksheet, review: Worksheet) -> None:
    visits.title, review.title = "一月份", "Sheet2"


def rows_inserted_above(visits: Worksheet, review: Worksheet) -> None:
    visits.insert_rows(1, 3)
    review.insert_rows(1, 2)


def columns_added_and_hidden(visits: Worksheet, review: Worksheet) -> None:
    for sheet in (visits, review):
        sheet.insert_cols(1)
        sheet.column_dimensions["D"].hidden = True


def facts_deleted(visits: Worksheet, review: Worksheet) -> None:
    del visits.parent["_gapmatch"]
    del visits.parent["_choices"]


@pytest.mark.parametrize(
    "change",
    [
        None,
        hidden_names_deleted,
        headings_edited,
        sheets_renamed,
        rows_inserted_above,
        columns_added_and_hidden,
        facts_deleted,
    ],
)
def test_a_workbook_is_read_whatever_was_done_to_it(
    change: Callable | None, workspace: Path, written: Path, tmp_path: Path
) -> None:
    file = save(written, tmp_path, change)
    with Store.open(workspace) as store:
        reviews, visits = import_reviews(store, [file]), import_visits(store, [file])
        case = list_cases(store).row(0, named=True)
        frames = store.results("2022Q3")
        decided = resolve_decisions(frames["firms"], frames["units"], store.decisions())
    assert (reviews.taken, visits.taken) == (1, 1)
    assert reviews.left.is_empty()
    assert visits.left.is_empty()
    assert (case["outcome"], case["visited_on"], case["persons"]) == ("enrolled", "2022-11-03", 4)
    assert decided.row(0)[:5] == (1, 0, "same", "same", "某乙：同一单位")


def test_choices_are_known_even_without_any_heading(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    file = save(written, tmp_path, names_and_headings_deleted)
    with Store.open(workspace) as store:
        assert import_reviews(store, [file]).taken == 1
        assert import_visits(store, [file]).taken == 1


def test_reading_a_workbook_twice_takes_nothing_the_second_time(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    file = save(written, tmp_path)
    copy = save(written, tmp_path, sheets_renamed, "再.xlsx")
    with Store.open(workspace) as store:
        import_reviews(store, [file, file])
        import_visits(store, [file])
        for again in (file, copy):
            reviews, visits = import_reviews(store, [again]), import_visits(store, [again])
            assert (reviews.taken, reviews.known, visits.taken, visits.known) == (0, 1, 0, 1)
        assert store.decisions().height == 1
        assert store.visits().height == 1


def test_an_older_file_does_not_turn_back_what_was_said_since(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    old = save(written, tmp_path)
    new = save(
        written, tmp_path, lambda _v, review: entry(review, "verdict", "不是同一单位"), "新.xlsx"
    )
    with Store.open(workspace) as store:
        assert [import_reviews(store, [file]).taken for file in (old, new, old)] == [1, 1, 0]
        assert store.decisions()["verdict"].to_list() == ["same", "different"]


def test_a_workbook_of_last_quarter_is_taken_after_the_next_run(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    from invented_quarter import record

    with Store.open(workspace) as store:
        store.write_run(record("2022Q4"), quarter_frames(FIRMS[::-1]))
        import_visits(store, [save(written, tmp_path)])
        case = list_cases(store).row(0, named=True)
    assert (case["number"], case["state"]) == ("9901-000001", "closed")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda v, _r: entry(v, "outcome", "搞定了"), "结果“搞定了”不在可选项中"),
        (lambda v, _r: entry(v, "outcome", None), "填写了备注或日期，但没有选择结果"),
        (lambda v, _r: entry(v, "key", "x"), "系统标识被改动"),
        (lambda v, _r: entry(v, "key", None), "没有系统标识（新增的行）"),
        (
            lambda v, _r: (entry(v, "name", "完全另一家商行"), entry(v, "code", "91X")),
            "系统标识与本行企业不符（可能只排序了部分列）",
        ),
    ],
)
def test_what_is_left_out_is_told_with_file_sheet_row_and_reason(
    change: Callable, reason: str, workspace: Path, written: Path, tmp_path: Path
) -> None:
    def with_a_good_row(visits: Worksheet, review: Worksheet) -> None:
        for cell in visits[FIRST]:
            visits.cell(FIRST + 1, cell.column).value = cell.value
        entry(visits, "key", "tax|91990100MA00000098|云岭县后来有限公司", FIRST + 1)
        entry(visits, "name", "云岭县后来有限公司", FIRST + 1)
        change(visits, review)

    file = save(written, tmp_path, with_a_good_row)
    with Store.open(workspace) as store:
        report = import_visits(store, [file])
    assert report.taken == 1
    assert report.left.rows() == [(file.name, "走访名单", FIRST, reason)]


def test_a_row_that_says_two_things_is_left_out(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    def copied(visits: Worksheet, _review: Worksheet) -> None:
        for cell in visits[FIRST]:
            visits.cell(FIRST + 1, cell.column).value = cell.value
        entry(visits, "outcome", "已注销", FIRST + 1)

    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, copied)])
    assert report.taken == 0
    assert report.left["row"].to_list() == [FIRST, FIRST + 1]


def test_a_date_that_cannot_be_read_does_not_cost_the_row(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    def vague(visits: Worksheet, _review: Worksheet) -> None:
        entry(visits, "date", "上周")
        entry(visits, "persons", "几个")

    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, vague)])
        case = list_cases(store).row(0, named=True)
    assert (report.taken, report.notes.height) == (1, 2)
    assert (case["outcome"], case["visited_on"], case["persons"]) == ("enrolled", None, None)


@pytest.mark.parametrize(
    ("remark", "unit_id"),
    [
        ("在 99010003 名下参保", "99010003"),
        ("参保单位为青禾建材厂", "99010003"),
        ("记不清了", None),
        (None, None),
    ],
)
def test_a_firm_insured_all_along_becomes_a_decision_where_its_unit_is_named(
    remark: str | None, unit_id: str | None, workspace: Path, written: Path, tmp_path: Path
) -> None:
    def matched_late(visits: Worksheet, _review: Worksheet) -> None:
        entry(visits, "outcome", "原已参保")
        entry(visits, "remark", remark)

    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, matched_late)])
        said = store.decisions()
    assert report.decided == said.height == (unit_id is not None)
    assert said["unit_id"].to_list() == ([unit_id] if unit_id else [])
    assert report.notes.height == (unit_id is None)


def test_a_visit_to_a_firm_without_a_case_opens_one(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    def another(visits: Worksheet, _review: Worksheet) -> None:
        entry(visits, "key", "tax|91990100MA00000098|云岭县后来有限公司")
        entry(visits, "name", "云岭县后来有限公司")

    with Store.open(workspace) as store:
        import_visits(store, [save(written, tmp_path, another)])
        case = list_cases(store).row(-1, named=True)
    assert (case["number"], case["name"]) == ("9901-000003", "云岭县后来有限公司")
    assert case["state"] == "closed"


def test_one_file_that_is_no_filled_workbook_keeps_all_out(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    good = save(written, tmp_path)
    book = openpyxl.Workbook()
    book.active["A1"] = "别的表"
    book.save(tmp_path / "别的.xlsx")
    (tmp_path / "坏.xlsx").write_bytes(b"not a workbook")
    shutil.copy(tmp_path / "坏.xlsx", tmp_path / "坏.txt")
    with Store.open(workspace) as store:
        for bad, word in (("别的.xlsx", "可识别"), ("坏.xlsx", "工作簿"), ("无.xlsx", "无法打开")):
            with pytest.raises(InputError, match=word):
                import_visits(store, [good, tmp_path / bad])
        assert store.visits().is_empty()


def test_rows_of_the_other_kind_are_counted_not_taken(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    with Store.open(workspace) as store:
        assert import_reviews(store, [save(written, tmp_path)]).other == 1
        assert store.visits().is_empty()


def test_the_reviewer_is_who_was_named_else_who_saved_the_workbook(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    with Store.open(workspace) as store:
        import_reviews(store, [save(written, tmp_path)])
        other = save(written, tmp_path, sheets_renamed, "二.xlsx")
        import_reviews(store, [other], who="某丁")
        assert store.decisions()["who"].to_list() == ["某乙", "某丁"]


def test_the_words_in_the_sheets_are_those_that_are_read() -> None:
    assert [parse_verdict(word) for word in verdict_choices()] == ["same", "different", "unsure"]
    for sheet in ("visits", "recheck"):
        assert all(parse_outcome(word) for word in outcome_choices(sheet))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2022-11-03 00:00:00", "2022-11-03"),
        ("2022/1/3", "2022-01-03"),
        ("2022.1.3", "2022-01-03"),
        ("2022年11月3日", "2022-11-03"),
        ("20221103", "2022-11-03"),
        ("44868", "2022-11-03"),
        ("2022-13-01", None),
        ("上周", None),
        ("", None),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, day: str | None) -> None:
    read = parse_date(text)
    assert (read.isoformat() if read else None) == day


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3), ("3.0", 3), ("3人", 3), ("三", None), ("-1", None), ("3.5", None)],
)
def test_numbers_are_read_as_people_write_them(text: str, number: int | None) -> None:
    assert parse_count(text) == number
