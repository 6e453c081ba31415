"""Filled workbooks come back whatever was done to them, each row once; what is not taken has a reason."""

import csv
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from invented_quarter import FIRMS, quarter_frames, write_run
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import LineChart
from openpyxl.comments import Comment
from openpyxl.styles import Color, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet
from published_files import publish
from returned_workbooks import import_reviews, import_visits

from gapmatch.api.returns import write_corrections
from gapmatch.errors import InputError
from gapmatch.ledger.case_progress import list_cases
from gapmatch.ledger.decisions import resolve_decisions
from gapmatch.ledger.entries import load_decisions, load_visits
from gapmatch.ledger.undo_import import undo_import
from gapmatch.results.run_results import PublishInput
from gapmatch.store.runs import Store
from gapmatch.vocabulary.entry_words import is_rough_count, parse_count, parse_date
from gapmatch.vocabulary.labels import list_labels
from gapmatch.vocabulary.outcomes import list_outcome_choices, parse_outcome, parse_verdict

FORMER = Path(__file__).parents[1] / "forms" / "former"
"""Workbooks as earlier versions wrote them, filled in."""

FOREIGN = {
    "key": "tax|91110000MA00000098|别处有限公司",
    "name": "别处有限公司",
    "code": "91110000MA00000098",
}

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
    """Fill one cell; an outcome other than enrolled goes without newly insured persons."""
    sheet.cell(row, column(sheet, name)).value = value
    outcome = parse_outcome(str(value)) if name == "outcome" else None
    if outcome and outcome.code != "enrolled":
        sheet.cell(row, column(sheet, "persons")).value = None


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


def keys_deleted(visits: Worksheet, review: Worksheet) -> None:
    for sheet in (visits, review):
        sheet.delete_cols(column(sheet, "key"))


def keys_and_names_deleted(visits: Worksheet, review: Worksheet) -> None:
    keys_deleted(visits, review)
    hidden_names_deleted(visits, review)


def facts_deleted(visits: Worksheet, review: Worksheet) -> None:
    del visits.parent["_gapmatch"]
    del visits.parent["_choices"]


def names_kept_headings_and_keys_deleted(visits: Worksheet, review: Worksheet) -> None:
    keys_deleted(visits, review)
    for sheet in (visits, review):
        sheet.delete_rows(HEAD)


def headings_as_staff_call_them(visits: Worksheet, review: Worksheet) -> None:
    words = {"name": "企业名称", "outcome": "走访情况", "date": "时间", "persons": "参保人数"}
    for sheet in (visits, review):
        for name, word in {**words, "verdict": "是否同一单位"}.items():
            for cell in (c for c in sheet[NAMES] if c.value == name):
                sheet.cell(HEAD, cell.column).value = word
    keys_and_names_deleted(visits, review)


def headings_repeated(visits: Worksheet, review: Worksheet) -> None:
    for sheet in (visits, review):
        heads = [cell.value for cell in sheet[HEAD]]
        sheet.insert_rows(FIRST)
        for at, word in enumerate(heads, 1):
            sheet.cell(FIRST, at).value = word


def another_form_above(visits: Worksheet, review: Worksheet) -> None:
    """Copy the list of tiers B and C, which has a column more, above the others."""
    later = visits.parent["后续名单"]
    for sheet in (visits, review):
        sheet.insert_rows(1, later.max_row)
        for row in later.iter_rows():
            for cell in row:
                sheet.cell(cell.row, cell.column).value = cell.value


def zeros_filled_down(visits: Worksheet, _review: Worksheet) -> None:
    for sheet in (visits, visits.parent["后续名单"]):
        for row in range(FIRST, sheet.max_row + 1):
            at = column(sheet, "persons")
            sheet.cell(row, at).value = sheet.cell(row, at).value or 0


@pytest.mark.parametrize(
    "change",
    [
        None,
        names_kept_headings_and_keys_deleted,
        headings_as_staff_call_them,
        headings_repeated,
        another_form_above,
        zeros_filled_down,
        hidden_names_deleted,
        headings_edited,
        sheets_renamed,
        rows_inserted_above,
        columns_added_and_hidden,
        facts_deleted,
        keys_deleted,
        keys_and_names_deleted,
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
        decided = resolve_decisions(frames["firms"], frames["units"], load_decisions(store.db))
    assert (reviews.taken, visits.taken) == (1, 1)
    assert reviews.left.is_empty()
    assert visits.left.is_empty()
    assert (case["outcome"], case["visited_on"], case["persons"]) == ("enrolled", "2022-11-03", 4)
    voices = [{"who": "某乙", "verdict": "same"}]
    assert decided.row(0)[:5] == (1, 0, "same", "same", voices)


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
        assert load_decisions(store.db).height == 1
        assert load_visits(store.db).height == 1


def test_an_older_file_does_not_turn_back_what_was_said_since(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    old = save(written, tmp_path)
    new = save(
        written, tmp_path, lambda _v, review: entry(review, "verdict", "不是同一单位"), "新.xlsx"
    )
    with Store.open(workspace) as store:
        assert [import_reviews(store, [file]).taken for file in (old, new, old)] == [1, 1, 0]
        assert load_decisions(store.db)["verdict"].to_list() == ["same", "different"]


def test_a_workbook_of_last_quarter_is_taken_after_the_next_run(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    from invented_quarter import record

    with Store.open(workspace) as store:
        write_run(store, record("2022Q4"), quarter_frames(FIRMS[::-1]))
        import_visits(store, [save(written, tmp_path)])
        case = list_cases(store).row(0, named=True)
    assert (case["number"], case["state"]) == ("9901-000001", "closed")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda v, _r: entry(v, "outcome", "搞定了"), "结果“搞定了”不在可选项中，请从下拉列表选择"),
        (
            lambda v, _r: entry(v, "outcome", None),
            "填了“2022年11月3日；4”，但没有填结果，请选择结果",
        ),
        (
            lambda v, _r: (
                entry(v, "key", "x"),
                entry(v, "name", "无此店"),
                entry(v, "code", "9X"),
            ),
            "没有系统标识，按名称和代码在本工作区的名单中也找不到“无此店 9X”；请核对名称和代码，不在名单上的企业另行上报",
        ),
        (
            lambda v, _r: [entry(v, name, None) for name in ("key", "name", "code")],
            "没有系统标识，也没有企业名称或代码",
        ),
        (
            lambda v, _r: [entry(v, n, x) for n, x in FOREIGN.items()],
            "本工作区的名单和台账中没有这家企业",
        ),
        (
            lambda v, _r: entry(v, "persons", 999_999),
            "新增参保 999999 人超出该企业可能的规模（上限 2000 人），请核对",
        ),
        (
            lambda v, _r: (entry(v, "name", "完全另一家商行"), entry(v, "code", "91X")),
            "系统标识与本行企业的名称、代码不是同一户（可能只排序了部分列）；请核实结果是哪一户的，"
            "把名称和代码改成那一户的",
        ),
    ],
)
def test_what_is_left_out_is_reported_with_file_sheet_row_and_reason(
    change: Callable, reason: str, workspace: Path, written: Path, tmp_path: Path
) -> None:
    def with_a_good_row(visits: Worksheet, review: Worksheet) -> None:
        for cell in visits[FIRST]:
            visits.cell(FIRST + 1, cell.column).value = cell.value
        entry(visits, "key", "tax|91990100MA00000020|云岭县石桥药房", FIRST + 1)
        entry(visits, "name", "云岭县石桥药房", FIRST + 1)
        change(visits, review)

    file = save(written, tmp_path, with_a_good_row)
    with Store.open(workspace) as store:
        report = import_visits(store, [file])
    assert report.taken == 1
    left = report.left.filter(pl.col("row") > 0)
    assert left.rows() == [(file.name, "走访名单", FIRST, reason)]


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
    ("outcome", "persons", "date", "gained", "notes", "why"),
    [
        ("无雇工", 3, "2022-11-03", None, 1, "nobody works there, so nobody was newly insured"),
        ("已走访未办结", 3, "2022-11-03", None, 1, "what is promised is not done"),
        ("原已参保", 3, "2022-11-03", None, 1, "they were insured before the visit"),
        ("无雇工", 0, "2022-11-03", 0, 0, "a nought contradicts nothing"),
        ("已参保缴费", None, "2022-11-03", None, 1, "the total lacks them"),
        (
            "已参保缴费",
            3,
            "11月3日",
            3,
            1,
            "that day has come more than once since the quarter began",
        ),
    ],
)
def test_entries_that_do_not_go_together_are_noted(
    outcome: str,
    persons: int | None,
    date: str,
    gained: int | None,
    notes: int,
    why: str,
    workspace: Path,
    written: Path,
    tmp_path: Path,
) -> None:
    def fill(visits: Worksheet, _review: Worksheet) -> None:
        for name, value in (("outcome", outcome), ("persons", persons), ("date", date)):
            entry(visits, name, value)

    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, fill)])
        assert list_cases(store)["persons"][0] == gained, why
    unit_missing = outcome == "原已参保"
    assert report.notes.height == notes + unit_missing, why


@pytest.mark.parametrize(
    ("remark", "unit_id"),
    [
        ("在 99010003 名下参保", "99010003"),
        ("参保单位为青禾建材厂", "99010003"),
        ("在石桥大药房名下", "99010001"),  # has no code
        ("在云岭县南坡运输有限公司参保", None),  # has another firm's code
        ("社保编号99010002", None),
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
        said = load_decisions(store.db)
    assert report.decided == said.height == (unit_id is not None)
    assert said["unit_id"].to_list() == ([unit_id] if unit_id else [])
    assert report.notes.height == (unit_id is None)


def test_a_visit_to_a_firm_without_a_case_opens_one(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    def another(visits: Worksheet, _review: Worksheet) -> None:
        entry(visits, "key", "tax|91990100MA00000020|云岭县石桥药房")
        entry(visits, "name", "云岭县石桥药房")

    with Store.open(workspace) as store:
        import_visits(store, [save(written, tmp_path, another)])
        case = list_cases(store).row(-1, named=True)
    assert (case["number"], case["name"]) == ("9901-000003", "云岭县石桥药房")
    assert case["state"] == "closed"


@pytest.fixture
def bad_files(tmp_path: Path) -> list[tuple[Path, str]]:
    """Return files that are no filled workbooks, with a word of the reason."""
    book = openpyxl.Workbook()
    book.active["A1"] = "别的表"
    book.save(tmp_path / "别的.xlsx")
    (tmp_path / "坏.xlsx").write_bytes(b"not a workbook")
    for paper in ("走访单.docx", "走访单.JPG"):
        (tmp_path / paper).write_bytes(b"PK\x03\x04")
    named = {"别的.xlsx": "可识别", "坏.xlsx": "可识别", "无.xlsx": "找不到"}
    named |= {"走访单.docx": "走访单、告知书", "走访单.JPG": "走访单、告知书"}
    return [(tmp_path / name, word) for name, word in named.items()]


def test_files_that_are_no_filled_workbooks_are_listed_and_the_good_ones_go_in(
    workspace: Path, written: Path, tmp_path: Path, bad_files: list[tuple[Path, str]]
) -> None:
    good = save(written, tmp_path)
    with Store.open(workspace) as store:
        report = import_visits(store, [good, *(path for path, _word in bad_files)])
        assert load_visits(store.db).height == 1
    left = {row["file"]: row["reason"] for row in report.left.to_dicts()}
    assert all(word in left[path.name] for path, word in bad_files)


def test_without_any_filled_workbook_the_import_is_refused(
    workspace: Path, bad_files: list[tuple[Path, str]]
) -> None:
    with Store.open(workspace) as store:
        for path, word in bad_files:
            with pytest.raises(InputError, match=word):
                import_visits(store, [path])


def test_rows_of_the_other_kind_are_counted_not_taken(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    with Store.open(workspace) as store:
        assert import_reviews(store, [save(written, tmp_path)]).other == 1
        assert load_visits(store.db).is_empty()


def test_the_reviewer_is_who_was_named_else_who_saved_the_workbook(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    with Store.open(workspace) as store:
        import_reviews(store, [save(written, tmp_path)])
        other = save(written, tmp_path, sheets_renamed, "二.xlsx")
        import_reviews(store, [other], who="某丁")
        assert load_decisions(store.db)["who"].to_list() == ["某乙", "某丁"]


def test_the_words_in_the_sheets_are_those_that_are_read() -> None:
    assert [parse_verdict(word) for word in list_labels("review_verdict").values()] == [
        "same",
        "different",
        "unsure",
    ]
    for sheet in ("visits", "recheck"):
        assert all(parse_outcome(word) for word in list_outcome_choices(sheet))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2022-11-03 00:00:00", "2022-11-03"),
        ("2022/1/3", "2022-01-03"),
        ("2022.1.3", "2022-01-03"),
        ("2022年11月3日", "2022-11-03"),
        ("2022年11月 3 日星期四", "2022-11-03"),
        ("10月18日（第二次）上午九点", "2022-10-18"),
        ("20221103", "2022-11-03"),
        ("44868", "2022-11-03"),
        ("10月18日", "2022-10-18"),
        ("1.5", "2023-01-05"),
        ("22.10.18", "2022-10-18"),
        ("1018", "2022-10-18"),
        ("10、18", "2022-10-18"),
        ("10月18日上午", "2022-10-18"),
        ("二〇二二年十一月三日", "2022-11-03"),
        ("十月十八日", "2022-10-18"),
        ("10月18日 14:30", "2022-10-18"),
        ("2022-11-03T09:00:00", "2022-11-03"),
        ("2022.11.3.", "2022-11-03"),
        ("221103", "2022-11-03"),
        ("+57263-06-30 00:00:00", "2022-11-03"),
        ("5-Nov-22", "2022-11-05"),
        ("November 5th, 2022", "2022-11-05"),
        ("Nov 5", "2022-11-05"),
        ("12/25/2022", "2022-12-25"),
        ("13.11.2022", "2022-11-13"),
        ("11/11/2022", "2022-11-11"),
        ("5/11/2022", None),
        ("5号", None),
        ("Nov 2022", None),
        ("Nov-22", None),  # a month, as Excel shows it, or a day
        ("Sep-26", None),
        ("Nov-22-2022", "2022-11-22"),
        ("Sept. 5, 2022", "2022-09-05"),
        ("maybe 5", None),
        ("decided 3", None),
        ("mars 5", None),
        ("十月初八", None),
        ("腊月二十", None),
        ("11月上旬", None),
        ("2022年10月", None),
        ("2022-13-01", None),
        ("上周", None),
        ("", None),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, day: str | None) -> None:
    read = parse_date(text, date(2022, 10, 1))
    assert (read.isoformat() if read else None) == day


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("3.0", 3),
        ("3人", 3),
        ("三", 3),
        ("五人", 5),
        ("一百零三", 103),
        ("两万", 20_000),
        ("无", 0),
        ("新增3人", 3),
        ("12人（含实习2人）", 12),
        ("约5人", 5),
        ("1,200", 1_200),
        ("3人。", 3),
        ("叁人", 3),
        ("三个人", 3),
        ("3名员工", 3),
        ("三十余", 30),
        ("30多人", 30),
        ("十几个", 10),
        ("5人以上", 5),
        ("一千二", 1_200),
        ("三万五千", 35_000),
        ("已参5人", 5),
        ("不足10", None),
        ("3~5", None),
        ("五六个", None),
        ("5-6人", None),
        ("不详", None),
        ("几个", None),
        ("-1", None),
        ("3.5", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, number: int | None) -> None:
    assert parse_count(text) == number


def test_a_number_with_another_beside_it_is_asked_about() -> None:
    assert [is_rough_count(text) for text in ("5人（新增3）", "约5人", "1（法人）", "5")] == [
        *(True, True),
        *(False, False),
    ]


@pytest.mark.parametrize(
    ("text", "outcome", "notes", "why"),
    [
        ("已参保", "enrolled", 1, "now or all along: taken, and asked about"),
        ("拒绝参保", "refused", 0, "the practice's word for the list's 拒不参保"),
        ("已走访", "visited", 0, "the visit was made, nothing is settled"),
        ("√", "visited", 1, "a tick says that somebody went, not what he found"),
        (" 已 注销。", "deregistered", 0, "spaces and stops do not matter"),
        ("拒不参保（已告知）", "refused", 1, "a remark in brackets is asked about"),
        ("已参保3人", "enrolled", 1, "so is a number of persons"),
        ("己参保缴费", "enrolled", 0, "another character that looks the same"),
        ("□已参保缴费 ☑拒不参保", "refused", 1, "the line of a visit slip, one box ticked"),
        ("2.拒不参保", "refused", 1, "with its number"),
        ("（拒不参保）", "refused", 1, "all of it in brackets"),
        ("倒闭了", "dormant", 0, "as people say it"),
        ("去过没人", "visited", 1, "somebody went, and is to go again"),
        ("已注销，去年的事", "deregistered", 1, "what follows a comma goes to the remark"),
        ("已上门；下月参保", "visited", 1, "two words for one outcome"),
        ("搬到贵阳去了", "moved", 1, "a place that is no part of a county follows"),
        ("已歇业半年", "dormant", 1, "for how long goes to the remark"),
        ("现已参保缴费", "enrolled", 0, "现已 does not matter either"),
        ("已参保缴费了", "enrolled", 0, "nor does 了 behind an outcome"),
        ("已经歇业了", "dormant", 0, "已, 已经 and 了 do not matter"),
        ("季节性停业", "dormant", 1, "it will open again: taken, and asked about"),
        ("重复户", "duplicate", 0, "the same firm as another one"),
        ("有社保", "matched_late", 2, "where is asked about, and in which unit"),
    ],
)
def test_what_staff_write_instead_of_choosing_is_understood(
    text: str, outcome: str, notes: int, why: str, workspace: Path, written: Path, tmp_path: Path
) -> None:
    def fill(visits: Worksheet, _review: Worksheet) -> None:
        entry(visits, "outcome", text)
        entry(visits, "remark", "与第 7 户" if outcome == "duplicate" else None)

    file = save(written, tmp_path, fill)
    with Store.open(workspace) as store:
        report = import_visits(store, [file])
        assert list_cases(store)["outcome"][0] == outcome, why
    assert report.notes.height == notes, why


@pytest.mark.parametrize(
    ("text", "persons", "remark", "asked", "why"),
    [
        ("已参保", None, "早就参保了", True, "nobody is new, and it was so before the visit"),
        ("已缴费", None, "2019年就参保了，一直在交", True, "another word, another way to say it"),
        ("已参保", 0, "去年已经办了", True, "none is nobody"),
        ("已参保（老早就买了）", None, None, True, "in brackets behind the outcome"),
        ("已参保", 4, "早就参保了", False, "four are new: taken, and asked about"),
        ("已参保", None, "以前没参保，走访后办了", False, "the clause takes it back"),
        ("已参保", None, "早已通知，本月办理", False, "something else was long ago"),
        ("已参保", None, None, False, "nothing says since when"),
        ("已参保缴费", None, "早就参保了", False, "chosen from the list"),
        ("已参保缴费", 4, "老板说早就有意向", False, "chosen, with persons"),
    ],
)
def test_enrolled_before_the_visit_or_by_it_is_asked(
    text: str, persons: int | None, remark: str | None, why: str, workspace: Path, written: Path,
    tmp_path: Path, *, asked: bool,
) -> None:  # fmt: skip
    def change(visits: Worksheet, _review: Worksheet) -> None:
        for name, value in {"outcome": text, "persons": persons, "remark": remark}.items():
            entry(visits, name, value)

    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, change)])
    assert report.taken == (not asked), why
    if asked:
        assert "“原已参保”或“已参保缴费”" in report.left["reason"][0], why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("已参保（未缴费）", "the bracket takes back what stands before it"),
        ("已参保？", "a question is no result"),
        ("其他", "it means nothing"),
        ("已参保，未缴费", "what follows takes it back"),
        ("已注销/停业", "two outcomes"),
        ("疑似停业", "nobody knows"),
        ("已参保三年", "no visit led to that enrollment"),
        ("参保三年了", "nor here"),
        ("不在辖区", "another county or another prefecture"),
        ("搬到隔壁镇上", "it may still be in the county"),
        ("与第3户重复", "which row is meant, a person has to see"),
    ],
)
def test_what_could_mean_anything_is_left_out(
    text: str, why: str, workspace: Path, written: Path, tmp_path: Path
) -> None:
    file = save(written, tmp_path, lambda v, _r: entry(v, "outcome", text))
    with Store.open(workspace) as store:
        report = import_visits(store, [file])
    assert (report.taken, report.left.height) == (0, 1), why


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("outcome", "不在辖区", "可能是“已迁出”或“已走访未办结”"),
        ("outcome", "与第3户重复", "可能是“重复列入”"),
        ("date", "5/11/2022", "是 2022-05-11 还是 2022-11-05"),
        ("date", "5号", "请写公历年月日，如 2022-11-05"),
    ],
)
def test_what_is_asked_about_comes_with_what_to_write(
    name: str, text: str, words: str, workspace: Path, written: Path, tmp_path: Path
) -> None:
    file = save(written, tmp_path, lambda v, _r: entry(v, name, text))
    with Store.open(workspace) as store:
        report = import_visits(store, [file])
    assert any(words in reason for reason in (*report.left["reason"], *report.notes["reason"]))


@pytest.mark.parametrize("word", ["未走访", "N/A", "无"])
def test_who_went_nowhere_left_nothing_to_take(
    word: str, workspace: Path, written: Path, tmp_path: Path
) -> None:
    def not_yet(visits: Worksheet, _review: Worksheet) -> None:
        entries = {"outcome": word, "date": "/", "persons": "-", "remark": None}
        for name, value in entries.items():
            entry(visits, name, value)

    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, not_yet)])
    assert (report.taken, report.left.height) == (0, 0)


def test_of_two_days_in_a_cell_the_last_counts_and_is_asked_about(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    days = lambda v, _r: entry(v, "date", "10月18日、11月3日")  # noqa: E731
    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, days)])
        assert list_cases(store)["visited_on"][0] == "2022-11-03"
    assert "几次走访" in report.notes["reason"][0]


def test_a_merged_cell_speaks_for_every_row_that_it_spans(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    def merge(visits: Worksheet, _review: Worksheet) -> None:
        entry(visits, "key", "tax|91990100MA00000020|云岭县石桥药房", FIRST + 1)
        entry(visits, "name", "云岭县石桥药房", FIRST + 1)
        for name in ("outcome", "date", "persons"):
            at = column(visits, name)
            visits.merge_cells(None, FIRST, at, FIRST + 1, at)

    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, merge)])
        rows = load_visits(store.db).select("outcome", "visited_on", "persons").rows()
    assert rows == [("enrolled", "2022-11-03", 4), ("enrolled", "2022-11-03", None)]
    assert "合并单元格" in report.notes["reason"][0]


def test_a_workbook_saved_as_text_comes_back(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    sheet = openpyxl.load_workbook(save(written, tmp_path))["走访名单"]
    text = tmp_path / "回.csv"
    with text.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(sheet.iter_rows(values_only=True))
    with Store.open(workspace) as store:
        assert import_visits(store, [text]).taken == 1


def test_columns_that_are_lost_with_the_headings_are_named(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    file = save(written, tmp_path, names_and_headings_deleted)
    with Store.open(workspace) as store:
        report = import_visits(store, [file])
    assert report.taken == 1
    assert "日期、人数、备注没有导入" in report.left["reason"][0]


def comment_the_outcome(visits: Worksheet, _review: Worksheet) -> None:
    visits.cell(FIRST + 1, column(visits, "outcome")).comment = Comment("拒不参保", "某甲")


def add_a_column(visits: Worksheet, _review: Worksheet) -> None:
    visits.cell(HEAD, visits.max_column + 1).value = "完成情况"
    visits.cell(FIRST, visits.max_column).value = "办好了"


def copy_the_outcome_beside(visits: Worksheet, _review: Worksheet) -> None:
    visits.cell(HEAD, visits.max_column + 1).value = "走访结果"
    visits.cell(FIRST, visits.max_column).value = "拒不参保"


def write_beside_the_evidence(visits: Worksheet, _review: Worksheet) -> None:
    evidence = visits.parent["走访依据"]
    evidence.cell(FIRST, evidence.max_column + 1).value = "去过了"


def add_a_sheet(visits: Worksheet, _review: Worksheet) -> None:
    visits.parent.create_sheet("走访情况").append(["甲公司", "办好了"])


def insert_a_picture(visits: Worksheet, _review: Worksheet) -> None:
    visits.add_chart(LineChart(), "Z2")


def strike_the_row_out(visits: Worksheet, _review: Worksheet) -> None:
    visits.cell(FIRST, column(visits, "name")).font = Font(strike=True)


def strike_a_part_out(visits: Worksheet, _review: Worksheet) -> None:
    pieces = TextBlock(InlineFont(strike=True), "已注销"), TextBlock(InlineFont(), "停业未经营")
    visits.cell(FIRST, column(visits, "outcome")).value = CellRichText(*pieces)


def only_colour_the_row(visits: Worksheet, _review: Worksheet) -> None:
    for name in ("outcome", "date", "persons"):
        entry(visits, name, None)
    visits.cell(FIRST, column(visits, "name")).fill = PatternFill("solid", fgColor="FF92D050")


def colour_the_name(visits: Worksheet, **look: object) -> None:
    for name in ("outcome", "date", "persons"):
        entry(visits, name, None)
    for name, value in look.items():
        setattr(visits.cell(FIRST, column(visits, "name")), name, value)


def grey_the_row(visits: Worksheet, _review: Worksheet) -> None:
    colour_the_name(visits, fill=PatternFill("solid", fgColor=Color(theme=0, tint=-0.149)))


def colour_the_row_like_our_headings(visits: Worksheet, _review: Worksheet) -> None:
    colour_the_name(visits, fill=PatternFill("solid", fgColor="FFFFD966"))


def write_the_row_in_a_colour_of_our_cells(visits: Worksheet, _review: Worksheet) -> None:
    colour_the_name(visits, font=Font(color="FFEAF1FA"))


def write_into_the_phone(visits: Worksheet, _review: Worksheet) -> None:
    visits.cell(FIRST, column(visits, "phone")).value = "13900001111"


def write_into_the_name(visits: Worksheet, _review: Worksheet) -> None:
    name = visits.cell(FIRST, column(visits, "name"))
    name.value = f"{name.value}（搬到贵阳去了）"


def write_into_the_address(visits: Worksheet, _review: Worksheet) -> None:
    visits.cell(FIRST, column(visits, "address")).value = "人去楼空"


def write_into_the_title(visits: Worksheet, _review: Worksheet) -> None:
    visits.cell(1, 1).value = f"{visits.cell(1, 1).value}（全县均已走访）"


def write_above_the_headings(visits: Worksheet, _review: Worksheet) -> None:
    visits.cell(2, 6).value = "全县均已走访"


def point_to_a_lost_cell(visits: Worksheet, _review: Worksheet) -> None:
    entry(visits, "outcome", "#REF!")
    visits.cell(FIRST, column(visits, "outcome")).data_type = "e"


@pytest.mark.parametrize(
    ("change", "sheet", "row", "words", "taken"),
    [
        (comment_the_outcome, "走访名单", 0, "批注", 1),
        (add_a_column, "走访名单", 0, "完成情况", 1),
        (copy_the_outcome_beside, "走访名单", 0, "走访结果", 1),
        (write_beside_the_evidence, "走访依据", 0, "以下各列没有导入", 1),
        (add_a_sheet, "走访情况", 0, "没有认出", 1),
        (insert_a_picture, "走访名单", 0, "图片", 1),
        (strike_the_row_out, "走访名单", FIRST, "删除线", 0),
        (strike_a_part_out, "走访名单", FIRST, "删除线", 0),
        (only_colour_the_row, "走访名单", 0, f"第 {FIRST} 行只涂了颜色", 0),
        (grey_the_row, "走访名单", 0, f"第 {FIRST} 行只涂了颜色", 0),
        (colour_the_row_like_our_headings, "走访名单", 0, f"第 {FIRST} 行只涂了颜色", 0),
        (write_the_row_in_a_colour_of_our_cells, "走访名单", 0, f"第 {FIRST} 行只涂了颜色", 0),
        (write_into_the_name, "走访名单", 0, "（搬到贵阳去了）”，没有导入", 1),
        (write_into_the_address, "走访名单", 0, "“地址”改成了“人去楼空”，没有导入", 1),
        (write_into_the_title, "走访名单", 0, "写的“（全县均已走访）”", 1),
        (write_above_the_headings, "走访名单", 0, "写的“全县均已走访”", 1),
        (point_to_a_lost_cell, "走访名单", FIRST, "#REF!", 0),
    ],
)
def test_what_is_written_elsewhere_than_in_cells_to_fill_in_is_named(
    change: Callable,
    sheet: str,
    row: int,
    words: str,
    taken: int,
    workspace: Path,
    written: Path,
    tmp_path: Path,
) -> None:
    file = save(written, tmp_path, change)
    with Store.open(workspace) as store:
        report = import_visits(store, [file])
    (left,) = report.left.filter(sheet=sheet).rows(named=True)
    assert left["row"] == row
    assert words in left["reason"]
    assert report.taken == taken


@pytest.mark.parametrize(
    ("text", "open_rows"), [("未走访", 0), ("待核查", 0), ("无", 0), ("-", 1), ("", 1)]
)
def test_a_coloured_row_in_which_no_one_went_yet_is_answered(
    text: str, open_rows: int, workspace: Path, written: Path, tmp_path: Path
) -> None:
    def change(visits: Worksheet, review: Worksheet) -> None:
        only_colour_the_row(visits, review)
        entry(visits, "outcome", text)

    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, change)])
    assert sum("只涂了颜色" in reason for reason in report.left["reason"]) == open_rows
    assert report.taken == 0


def test_a_struck_row_is_seen_beside_relations_that_lead_nowhere(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    file = save(written, tmp_path, strike_the_row_out)
    lost = b'<Relationship Id="rId99" Target="comments9.xml" Type="x/comments"/></Relationships>'
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/_rels/sheet1.xml.rels"
    start = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    given = parts.get(name, start + b"</Relationships>")
    parts[name] = given.replace(b"</Relationships>", lost)
    with zipfile.ZipFile(file, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    with Store.open(workspace) as store:
        report = import_visits(store, [file])
    assert "删除线" in report.left["reason"][0]
    assert report.taken == 0


def test_a_workbook_of_a_quarter_that_was_not_run_is_asked_about(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    def change_quarter(visits: Worksheet, _review: Worksheet) -> None:
        facts = visits.parent["_gapmatch"]
        next(row for row in facts.iter_rows() if row[0].value == "quarter")[1].value = "2021Q2"

    file = save(written, tmp_path, change_quarter)
    with Store.open(workspace) as store:
        report = import_visits(store, [file])
    assert any("2021Q2" in reason for reason in report.notes["reason"])


@pytest.mark.parametrize("day", ["0001-01-01", "2022-06-30", "2999-01-01"])
def test_a_date_outside_the_quarter_and_today_is_asked_about(
    day: str, workspace: Path, written: Path, tmp_path: Path
) -> None:
    file = save(written, tmp_path, lambda v, _r: entry(v, "date", day))
    with Store.open(workspace) as store:
        report = import_visits(store, [file])
        assert load_visits(store.db).is_empty()
    assert f"日期“{day}”不在" in report.left["reason"][0]


def test_two_files_that_contradict_each_other_are_put_up_not_decided(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    one = save(written, tmp_path)
    other = save(written, tmp_path, lambda v, _r: entry(v, "outcome", "拒不参保"), "另.xlsx")
    with Store.open(workspace) as store:
        report = import_visits(store, [one, other])
        assert load_visits(store.db).is_empty()
    assert report.left["file"].to_list() == sorted([one.name, other.name])


def test_a_later_file_that_contradicts_what_stands_is_asked_about_until_that_is_undone(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    one = save(written, tmp_path)
    other = save(written, tmp_path, lambda v, _r: entry(v, "outcome", "拒不参保"), "另.xlsx")
    with Store.open(workspace) as store:
        first = import_visits(store, [one])
        assert import_visits(store, [other]).left.height == 1
        undo_import(store, first.numbers[one.name])
        assert import_visits(store, [other]).taken == 1
        assert list_cases(store)["outcome"][0] == "refused"


SEQUENCES = [
    # first result, later result, whether both can be true, why
    ("查无下落", "已参保缴费", True, "found at the second attempt"),
    ("拒不参保", "已参保缴费", True, "persuaded, or made to"),
    ("已走访未办结", "拒不参保", True, "the usual way of a case"),
    ("已走访未办结", "已走访未办结", True, "nothing new the second time"),
    ("拒不参保", "原已参保", True, "the papers were found afterwards"),
    ("停业未经营", "拒不参保", True, "it opened again, and refuses"),
    ("无雇工", "已参保缴费", True, "it hired somebody"),
    ("已参保缴费", "已注销", True, "it enrolled, and closed in the same quarter"),
    ("停业未经营", "已注销", True, "closed first, then struck off"),
    ("总公司参保", "已参保缴费", True, "the branch got an account of its own"),
    ("已注销", "已注销", True, "two visitors found the same"),
    ("已注销", "拒不参保", False, "what is struck off refuses nothing"),
    ("已注销", "已参保缴费", False, "nor enrols"),
    ("已迁出", "查无下落", False, "it is known where it is"),
    ("已参保缴费", "拒不参保", False, "it had enrolled"),
    ("已参保缴费", "查无下落", False, "it was found, and has enrolled"),
    ("已参保缴费", "已参保缴费", False, "nobody enrols twice: the persons would count twice"),
    ("已参保缴费", "原已参保", False, "by the visit, or before it"),
    ("总公司参保", "拒不参保", False, "its workers are insured"),
    ("重复列入", "已参保缴费", False, "the other row's firm"),
]


def write_sequence(written: Path, folder: Path, *results: tuple[str, str]) -> list[Path]:
    """Return a workbook for each result (outcome, day), all of the first firm."""
    files = []
    for number, (outcome, day) in enumerate(results):
        filled_in = {"outcome": outcome, "date": day, "remark": "见某某公司"}

        def fill(visits: Worksheet, _r: Worksheet, entries: dict[str, str] = filled_in) -> None:
            for name, value in entries.items():
                entry(visits, name, value)

        files.append(save(written, folder, fill, f"第{number}次.xlsx"))
    return files


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(("first", "later", "possible", "why"), SEQUENCES)
def test_visits_of_two_days_are_a_history_if_one_can_follow_the_other(
    first: str, later: str, why: str, workspace: Path, written: Path, tmp_path: Path,
    *, possible: bool, at_once: bool,
) -> None:  # fmt: skip
    files = write_sequence(written, tmp_path, (first, "2022-11-03"), (later, "2022-12-01"))
    groups = [files] if at_once else [[file] for file in files]
    with Store.open(workspace) as store:
        reports = [import_visits(store, group) for group in groups]
        taken = load_visits(store.db)["visited_on"].to_list()
        left = [reason for report in reports for reason in report.left["reason"]]
    days = ["2022-11-03", "2022-12-01"]
    assert taken == (days if possible else [] if at_once else days[:1]), why
    assert len(left) == (0 if possible else 2 if at_once else 1), why
    assert all("不能都对" in reason and f"“{later}”" in reason for reason in left)


def test_the_last_visit_is_that_of_the_last_day_not_of_the_last_file(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    late, early = write_sequence(
        written, tmp_path, ("已参保缴费", "2022-12-01"), ("查无下落", "2022-11-03")
    )
    with Store.open(workspace) as store:
        assert [import_visits(store, [file]).taken for file in (late, early)] == [1, 1]
        case = list_cases(store).row(0, named=True)
        shown = {number for (number,) in store.db.execute("SELECT number FROM open_cases")}
    assert (case["outcome"], case["state"], case["visits"]) == ("enrolled", "closed", 2)
    assert case["number"] not in shown, "a view of the store says the same"


def test_a_corrected_number_of_persons_counts_once_and_undoing_it_restores_the_first(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    one = save(written, tmp_path)
    other = save(written, tmp_path, lambda v, _r: entry(v, "persons", 7), "另.xlsx")
    with Store.open(workspace) as store:
        import_visits(store, [one])
        second = import_visits(store, [other])
        assert list_cases(store)["persons_gained"][0] == 7
        undo_import(store, second.numbers[other.name])
        assert list_cases(store)["persons_gained"][0] == 4


def test_an_import_is_undone_as_a_whole_and_can_be_made_again(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    file = save(written, tmp_path)
    with Store.open(workspace) as store:
        number = import_visits(store, [file]).numbers[file.name]
        undone = undo_import(store, number)
        assert (undone.visits, load_visits(store.db).height) == (1, 0)
        with pytest.raises(InputError, match="没有可撤回"):
            undo_import(store, number)
        assert import_visits(store, [file]).taken == 1


def test_a_workbook_of_another_workspace_is_refused_by_name(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    def foreign(visits: Worksheet, _review: Worksheet) -> None:
        visits.parent["_gapmatch"].append(["workspace", "1101-00000000"])

    file = save(written, tmp_path, foreign)
    with Store.open(workspace) as store:
        report = import_visits(store, [file])
        assert load_visits(store.db).is_empty()
    assert (report.left["file"][0], report.left["row"][0]) == (file.name, 0)
    assert "1101-00000000" in report.left["reason"][0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_filled_workbook_of_the_former_form_still_comes_back(
    language: str, workspace: Path
) -> None:
    file = FORMER / f"county-1-{language}.xlsx"
    with Store.open(workspace) as store:
        reviews, visits = import_reviews(store, [file]), import_visits(store, [file])
        case = list_cases(store).row(0, named=True)
    assert (reviews.taken, visits.taken) == (1, 1)
    assert (case["outcome"], case["visited_on"], case["persons"]) == ("enrolled", "2022-11-03", 4)


def test_a_correction_sheet_holds_what_was_left_out_and_comes_back_itself(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    file = save(written, tmp_path, lambda v, _r: entry(v, "outcome", "搞定了"))
    with Store.open(workspace) as store:
        sheet_file = write_corrections(store, import_visits(store, [file]), tmp_path)
        assert sheet_file is not None
        book = openpyxl.load_workbook(sheet_file)
        assert book.worksheets[0].cell(FIRST, column(book.worksheets[0], "persons")).value == "4"
        entry(book.worksheets[0], "outcome", "已参保缴费")
        book.save(sheet_file)
        report = import_visits(store, [sheet_file])
        assert (report.taken, report.left.height) == (1, 0)
        assert write_corrections(store, report, tmp_path) is None
        assert list_cases(store)["persons"][0] == 4


@pytest.mark.parametrize(
    ("entries", "taken", "why"),
    [
        ({"outcome": None, "remark": "已注销"}, ("deregistered", "2022-11-03"), "in the remark"),
        (
            {"outcome": "2022-11-05", "date": "无雇工"},
            ("no_staff", "2022-11-05"),
            "it and the day have changed places",
        ),
        ({"outcome": 4, "persons": "停业"}, ("dormant", "2022-11-03"), "it and the persons have"),
    ],
)
def test_an_outcome_in_another_column_is_taken_and_asked_about(
    entries: dict[str, object],
    taken: tuple[str, str],
    why: str,
    workspace: Path,
    written: Path,
    tmp_path: Path,
) -> None:
    def fill(visits: Worksheet, _review: Worksheet) -> None:
        for name, value in entries.items():
            visits.cell(FIRST, column(visits, name)).value = value

    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, fill)])
        rows = load_visits(store.db).select("outcome", "visited_on").rows()
    assert rows == [taken], why
    assert any("填在别的列里" in reason for reason in report.notes["reason"]), why


def test_what_stands_beside_an_outcome_goes_to_the_remark(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    text = "原已参保（青禾建材厂）"
    with Store.open(workspace) as store:
        file = save(written, tmp_path, lambda v, _r: entry(v, "outcome", text))
        assert import_visits(store, [file]).decided == 1
        assert load_visits(store.db)["remark"].to_list() == [text]


def test_a_number_in_a_cell_of_dates_is_no_day(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    file = save(written, tmp_path, lambda v, _r: entry(v, "date", 11.5))
    with Store.open(workspace) as store:
        report = import_visits(store, [file])
    assert "11.5 这样的数" in report.left["reason"][0]


def test_of_two_versions_of_a_row_the_one_that_says_more_counts(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    first = save(written, tmp_path, lambda v, _r: entry(v, "date", None))
    second = save(written, tmp_path, None, "二.xlsx")
    third = save(written, tmp_path, lambda v, _r: [entry(v, n, x) for n, x in FEWER], "三.xlsx")
    with Store.open(workspace) as store:
        assert import_visits(store, [first]).taken == 1
        assert import_visits(store, [first, second]).taken == 1
        assert import_visits(store, [first]).known == 1
        assert "再次走访" in import_visits(store, [third]).left["reason"][0]
        assert list_cases(store)["persons_gained"][0] == 4


FEWER = (("date", None), ("persons", 2))
"""The same outcome with other persons, and without the day."""


def tick_beside(visits: Worksheet, _review: Worksheet) -> None:
    at = visits.max_column + 1
    for place, label in enumerate(("已参保缴费", "拒不参保", "停业")):
        visits.cell(HEAD, at + place).value = label
    entry(visits, "outcome", None)
    visits.cell(FIRST, at + 1).value = "√"


def tick_in_place(visits: Worksheet, _review: Worksheet) -> None:
    at = column(visits, "outcome")
    visits.insert_cols(at + 1, 2)
    visits.cell(NAMES, at).value = None
    for place, label in enumerate(("已参保缴费", "拒不参保", "停业")):
        visits.cell(HEAD, at + place).value = label
        visits.cell(FIRST, at + place).value = "√" if place == 1 else "×"


@pytest.mark.parametrize("change", [tick_beside, tick_in_place])
def test_an_outcome_is_ticked_in_a_column_of_its_own(
    change: Callable, workspace: Path, written: Path, tmp_path: Path
) -> None:
    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, change)])
        rows = load_visits(store.db).select("outcome", "visited_on").rows()
    assert rows == [("refused", "2022-11-03")]
    assert report.left.is_empty()


def test_two_ticks_in_a_row_are_for_a_person_to_settle(
    workspace: Path, written: Path, tmp_path: Path
) -> None:
    def tick_twice(visits: Worksheet, review: Worksheet) -> None:
        tick_beside(visits, review)
        visits.cell(FIRST, visits.max_column).value = "√"

    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, tick_twice)])
    assert "拒不参保、停业" in report.left["reason"][0]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("第2户已经搬走", True),
        ("注：第2户老板不在", True),
        ("填表人：某甲", False),
        ("合计", False),
    ],
)
def test_what_is_written_below_a_list_is_named_unless_it_is_a_signature(
    text: str, *, named: bool, workspace: Path, written: Path, tmp_path: Path
) -> None:
    def write_below(visits: Worksheet, _review: Worksheet) -> None:
        visits.cell(visits.max_row + 3, 1).value = text

    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, write_below)])
    assert report.taken == 1
    assert any(text in reason for reason in report.left["reason"]) == named


_SORTED_PARTLY = "不是同一户（可能只排序了部分列）"


@pytest.mark.parametrize(
    ("shown", "taken", "why"),
    [
        ({}, 0, "as sent out"),
        ({"name": 2}, None, "the code is the key's: nobody knows which column stayed"),
        ({"name": 2, "code": None}, 2, "only the key stayed, and the name is of one firm"),
        ({"name": 2, "code": 2}, 2, "name and code say the same firm"),
        ({"name": 3}, None, "the other firm has no code, the row shows the key's"),
        ({"name": 3, "code": None}, 3, "it has no code to show"),
        ({"name": 2, "code": 1}, None, "key, name and code are of three firms"),
        ({"name": "云岭县青禾建村有限公司"}, 0, "a slip in the name is no other firm"),
        ({"name": "云岭县青禾建村有限公司", "code": 2}, 0, "nor with another's code beside it"),
        ({"name": "完全另一家商行", "code": None}, None, "no firm of the list, and not alike"),
    ],
)
def test_a_row_never_goes_to_its_key_against_the_name_of_another_listed_firm(
    shown: dict[str, object],
    taken: int | None,
    why: str,
    workspace: Path,
    written: Path,
    tmp_path: Path,
) -> None:
    def sort_partly(visits: Worksheet, _review: Worksheet) -> None:
        for column_name, value in shown.items():
            place = 1 if column_name == "name" else 0
            text = FIRMS[value][place] if isinstance(value, int) else value
            entry(visits, column_name, text)

    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, sort_partly)])
        visited = load_visits(store.db)["firm_name"].to_list()
    assert visited == ([] if taken is None else [FIRMS[taken][1]]), why
    reasons = report.left.filter(pl.col("row") > 0)["reason"].to_list()
    assert [_SORTED_PARTLY in reason for reason in reasons] == [True] * (taken is None), why
    asked = report.notes.filter(pl.col("reason").str.contains("系统标识是别户的")).height
    assert asked == (taken not in {None, 0}), why


@pytest.mark.parametrize(
    ("outcome", "remark", "reason", "why"),
    [
        ("重复列入", None, "请在备注写明是哪一户", "of which row, nobody can see"),
        ("重复列入", "——", "请在备注写明是哪一户", "a dash says nothing"),
        ("重复列入", "与石桥药房是同一家", None, "named"),
        ("总公司参保", None, "请在备注写明参保单位", "the list asks for the unit"),
        ("总公司参保（昆明总部）", None, None, "said beside the outcome"),
        ("劳务派遣", None, "请在备注写明派遣单位", "who insures them"),
        ("劳务派遣", "黔山人力公司", None, "named"),
        ("机关事业单位", None, "91990100MA00000012", "the code is a company's"),
        ("机关事业单位", "改制前的乡镇供水站", None, "a person looked at it"),
        ("原已参保", None, None, "taken, and asked for the unit in a note"),
        ("已注销", None, None, "says all there is to say"),
    ],
)
def test_what_closes_a_case_is_asked_about_without_the_remark_that_it_rests_on(
    outcome: str,
    remark: str | None,
    reason: str | None,
    why: str,
    workspace: Path,
    written: Path,
    tmp_path: Path,
) -> None:
    def fill(visits: Worksheet, _review: Worksheet) -> None:
        entry(visits, "outcome", outcome)
        entry(visits, "remark", remark)

    with Store.open(workspace) as store:
        report = import_visits(store, [save(written, tmp_path, fill)])
    assert report.taken == (reason is None), why
    reasons = report.left.filter(pl.col("row") > 0)["reason"].to_list()
    assert [str(reason) in said for said in reasons] == [True] * (reason is not None), (
        why,
        reasons,
    )
