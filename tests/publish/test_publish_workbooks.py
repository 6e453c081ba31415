"""The workbooks, opened again with another library."""

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import openpyxl
import polars as pl
import pytest
from invented_prefecture import prefecture

from gapmatch.forms.county import build_county_books
from gapmatch.forms.prefecture_book import build_prefecture_book
from gapmatch.forms.sheet_model import Block, Book, FigureSheet, Heading, ListSheet
from gapmatch.forms.writer import write_book
from gapmatch.ledger.case_progress import UNFINISHED
from gapmatch.results.quarter_figures import order_counties
from gapmatch.results.run_results import PublishInput, PublishOptions

HEAD, FIRST, NAMES = 4, 5, 3


MASKED = PublishOptions()


def opened(results: PublishInput, folder, options=MASKED):
    complete = results.complete_frames()
    first = order_counties(complete)[0]
    books = build_county_books(complete, options)
    made = next(book for book in books if book.facts["county"] == first)
    (folder / "counties").mkdir(exist_ok=True)
    write_book(made, folder)
    return openpyxl.load_workbook(folder / made.path, rich_text=True)


def column(sheet, name: str) -> int:
    return next(cell.column for cell in sheet[NAMES] if cell.value == name)


def values(sheet, name: str) -> list[object]:
    place = column(sheet, name)
    return [sheet.cell(row, place).value for row in range(FIRST, sheet.max_row + 1)]


@pytest.fixture(scope="module")
def results():
    return prefecture(300)


@pytest.fixture(scope="module")
def book(results, tmp_path_factory):
    return opened(results, tmp_path_factory.mktemp("book"))


def test_the_sheets_stand_in_the_order_of_the_work(book):
    shown = [sheet.title for sheet in book if sheet.sheet_state == "visible"]
    assert shown == [
        *("走访名单", "说明", "走访依据", "后续名单", "待核实"),
        *("人数不足与断缴", "复查", "其他未办结", "数据"),
    ]


def test_every_county_has_a_workbook_and_every_target_is_in_one(results):
    books = list(build_county_books(results.complete_frames(), PublishOptions()))
    lists = [sheet for book in books for sheet in book.sheets if isinstance(sheet, ListSheet)]
    listed = [sheet for sheet in lists if sheet.name in ("走访名单", "后续名单")]
    assert sum(len(sheet.rows) for sheet in listed) == results.targets.height
    assert len(books) == 6


def test_firms_of_an_unknown_county_have_a_workbook_too():
    books = build_county_books(
        prefecture(20, ("云溪区", "未知")).complete_frames(), PublishOptions()
    )
    assert {book.path for book in books} == {
        "counties/云溪区.xlsx",
        "counties/县区未填（待分派）.xlsx",
    }


def test_codes_are_texts_numbers_are_numbers_and_dates_are_dates(book):
    for name, column_name, kinds in (
        ("走访名单", "code", {str}),
        ("走访名单", "county_rank", {int}),
        ("走访依据", "expected_new_enrollees", {int, float}),
        ("复查", "open_date", {dt.datetime}),
    ):
        found = {type(value) for value in values(book[name], column_name)}
        assert found, column_name
        assert found <= kinds, column_name


def test_the_visits_of_the_quarter_are_on_the_first_sheet_and_later_ones_on_their_own(book):
    tiers = [str(tier)[0] for tier in values(book["走访依据"], "tier")]
    assert len(values(book["走访名单"], "key")) == tiers.count("A")
    later = [str(tier)[0] for tier in values(book["后续名单"], "tier")]
    assert later == sorted(later)
    assert set(later) <= {"B", "C"}


def test_the_firms_of_a_town_stand_together_on_the_first_sheet(book):
    towns = values(book["走访名单"], "town")
    changes = sum(a != b for a, b in pairwise(towns))
    assert changes + 1 == len(set(towns))


MAX_FROZEN_PIXELS, PIXELS_PER_UNIT = 200, 7
A4_UNITS, LIST_POINTS, MIN_POINTS = 150, 10, 9


@pytest.mark.parametrize(
    "name", ["走访名单", "走访依据", "后续名单", "待核实", "人数不足与断缴", "复查", "其他未办结"]
)
def test_frozen_columns_leave_a_phone_room_to_show_others(book, name):
    sheet = book[name]
    last = openpyxl.utils.cell.coordinate_from_string(sheet.freeze_panes)[0]
    frozen = openpyxl.utils.column_index_from_string(last) - 1
    letters = [openpyxl.utils.get_column_letter(column) for column in range(1, frozen + 1)]
    width = sum(sheet.column_dimensions[letter].width for letter in letters)
    assert width * PIXELS_PER_UNIT < MAX_FROZEN_PIXELS


def test_what_is_filled_in_stands_beside_the_name(book):
    names = [cell.value for cell in book["走访名单"][NAMES]]
    assert names[1:6] == ["name", "outcome", "date", "persons", "remark"]


@pytest.mark.parametrize(
    "name", ["走访名单", "走访依据", "后续名单", "待核实", "人数不足与断缴", "复查", "其他未办结"]
)
def test_every_list_prints_in_nine_points(book, name):
    sheet = book[name]
    end = sheet.print_area.split("$")[3]
    printed = openpyxl.utils.column_index_from_string(end)
    widths = [
        sheet.column_dimensions[openpyxl.utils.get_column_letter(column)].width
        for column in range(1, printed + 1)
    ]
    assert LIST_POINTS * A4_UNITS / sum(widths) >= MIN_POINTS


def test_a_column_in_which_nothing_stands_takes_no_room(book):
    sheets = [sheet for sheet in book if sheet.cell(NAMES, 1).value and sheet.cell(FIRST, 2).value]
    assert sheets
    for sheet in sheets:
        names = [cell.value for cell in sheet[NAMES]]
        for column, name in enumerate(names, 1):
            given = any(sheet.cell(row, column).value for row in range(FIRST, sheet.max_row + 1))
            letter = openpyxl.utils.get_column_letter(column)
            hidden = sheet.column_dimensions[letter].hidden
            given |= not sheet.cell(FIRST, column).protection.locked  # for someone to fill in
            assert hidden == (name == "key" or not given), (sheet.title, name)


def test_what_was_begun_stands_first_whether_it_is_listed_again_or_not(results, tmp_path):
    firm = results.firms.filter(pl.col("county_name") == "云溪区").row(0, named=True)
    code = next(firm[c] for c in ("code_text", "taxpayer_code", "credit_code") if firm.get(c))
    name = firm.get("standard_name") or firm["name"]
    case = ("5226-000001", "云溪区", code, name, name)
    gone = ("5226-000002", "云溪区", "X", "已不在名单的店", "已不在名单的店")
    unlisted = ("5226-000003", "云溪区", "Y", "没有去过的店", "没有去过的店")
    unfinished = pl.DataFrame(
        [
            (*case, "off_list", "refused", "2022-11-03", None),
            (*gone, "gone", "unreachable", "2022-11-04", None),
            (*unlisted, "gone", None, None, None),
        ],
        schema=UNFINISHED,
        orient="row",
    )
    book = opened(replace(results, unfinished=unfinished), tmp_path)
    tasks = values(book["走访名单"], "task")
    assert "拒不参保 2022-11-03" in str(tasks[0]) or "拒不参保 2022-11-03" in str(tasks[1])
    assert sum("【待跟进】" in str(task) for task in tasks) == 2
    assert values(book["其他未办结"], "name") == ["没有去过的店"]
    keys = [*values(book["走访名单"], "key"), *values(book["后续名单"], "key")]
    assert len(keys) == len(set(keys))


PROMISED = [
    ("lines_missing", "enrolled", "已有参保单位，仍缺险种", "it pays, but not in every line"),
    ("under_enrolled", "enrolled", "已有参保单位，人数仍不足", "it pays for some of its workers"),
    ("lapsed", "enrolled", "但已停缴", "its unit stopped paying"),
    ("review", "enrolled", "请在待核实表里认定", "a unit that may be its own"),
    ("uninsured", "enrolled", "参保名单中仍没有找到", "no unit"),
    ("dormant", "enrolled", "参保名单中仍没有找到", "no unit, nor a sign of operating"),
    ("under_enrolled", "visited", "再次走访", "nothing was promised"),
]


@pytest.mark.parametrize(("status", "outcome", "step", "why"), PROMISED)
def test_the_next_step_of_an_enrolled_firm_is_what_its_unit_lacks(
    results, tmp_path, status, outcome, step, why
):
    firm = results.firms.filter(pl.col("county_name") == "云溪区").row(0, named=True)
    code = next(firm[c] for c in ("code_text", "taxpayer_code", "credit_code") if firm.get(c))
    name = firm.get("standard_name") or firm["name"]
    case = ("5226-000001", "云溪区", code, name, name, "off_list", outcome, "2022-11-03", None)
    now = pl.when(pl.col("firm") == firm["firm"]).then(pl.lit(status)).otherwise("status")
    changed = replace(
        results,
        gaps=results.gaps.with_columns(now.cast(results.gaps.schema["status"]).alias("status")),
        unfinished=pl.DataFrame([case], schema=UNFINISHED, orient="row"),
    )
    assert step in str(values(opened(changed, tmp_path)["走访名单"], "task")[0]), why


@pytest.mark.parametrize("name", ["走访名单", "待核实", "人数不足与断缴", "复查"])
def test_a_list_has_filters_a_frozen_header_and_prints_on_a4_landscape(book, name):
    sheet = book[name]
    assert sheet.auto_filter.ref.startswith("A4:")
    assert sheet.freeze_panes.endswith(str(FIRST))
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    assert sheet.page_setup.fitToWidth in (None, 1)
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.print_title_rows == "$1:$4"
    assert "云溪区" in sheet.oddFooter.left.text
    assert "&P" in sheet.oddFooter.center.text.replace("&[Page]", "&P")


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("走访依据", set()),
        ("后续名单", {"outcome", "date", "persons", "remark"}),
        ("走访名单", {"outcome", "date", "persons", "remark"}),
        ("待核实", {"verdict", "remark"}),
        ("人数不足与断缴", set()),
        ("复查", {"outcome", "date", "remark"}),
    ],
)
def test_only_the_cells_to_fill_in_are_unlocked(book, name, entries):
    sheet = book[name]
    names = [cell.value for cell in sheet[NAMES]]
    unlocked = {names[cell.column - 1] for cell in sheet[FIRST] if not cell.protection.locked}
    assert sheet.protection.sheet
    assert not sheet.protection.password
    assert not sheet.protection.autoFilter
    assert unlocked == entries


def test_outcomes_and_verdicts_are_chosen_from_lists_that_exist(book):
    for name, entry, first in (
        ("走访名单", "outcome", "已电话联系"),
        ("待核实", "verdict", "同一单位"),
    ):
        sheet = book[name]
        cell = sheet.cell(FIRST, column(sheet, entry)).coordinate
        rule = next(v for v in sheet.data_validations.dataValidation if cell in v.sqref)
        page, cells = rule.formula1.replace("'", "").split("!")
        assert book[page][cells.replace("$", "")][0][0].value == first
        assert book[page].sheet_state == "hidden"


def test_every_row_that_is_filled_in_carries_a_key_in_a_hidden_column(book):
    for name in ("走访名单", "待核实", "复查"):
        sheet = book[name]
        letter = sheet.cell(1, column(sheet, "key")).column_letter
        assert sheet.column_dimensions[letter].hidden
        assert all(str(key).startswith("tax|9152") for key in values(sheet, "key"))
    assert all("||enrollment|" in str(key) for key in values(book["待核实"], "key"))


def test_keys_do_not_depend_on_row_numbers(results):
    def keys(given):
        books = build_county_books(given.complete_frames(), PublishOptions())
        return {row[-1] for book in books for row in book.sheets[0].rows}

    moved = results.firms.with_columns(
        pl.col("data_row") + 7, pl.lit("b.xlsx").alias("source_file")
    )
    assert keys(results) == keys(replace(results, firms=moved))


def test_a_hidden_sheet_says_what_the_workbook_is(book):
    facts = {row[0].value: row[1].value for row in book["_gapmatch"].iter_rows()}
    assert facts["quarter"] == "2022Q4"
    assert facts["run_id"] == "2022Q4-0001"
    assert facts["sheet.visits"] == "走访名单"
    assert book["_gapmatch"].sheet_state == "hidden"


def test_the_differing_characters_of_a_pair_are_coloured(tmp_path):
    given = prefecture(20, ("云溪区",))
    links = given.links.with_columns(
        pl.when(pl.col("unit") == 0).then(pl.lit("review")).otherwise("decision").alias("decision")
    )
    units = given.units.with_columns(("甲" + pl.col("name")).alias("name"))
    sheet = opened(replace(given, links=links, units=units), tmp_path)["待核实"]
    shown = sheet.cell(FIRST, column(sheet, "enrollment_name")).value
    coloured = [part.text for part in shown if getattr(part.font.color, "rgb", "") == "FFC00000"]
    assert str(shown).startswith("甲")
    assert coloured[0] == "甲"


def test_persons_and_phones_are_masked_unless_asked_for(results, tmp_path):
    phones = set(results.firms["phone"])
    for options, shown in ((PublishOptions(), False), (PublishOptions(with_contacts=True), True)):
        sheet = opened(results, tmp_path, options)["走访名单"]
        found = {str(value).split("\n")[-1] for value in values(sheet, "contact_lines")}
        assert bool(found & phones) is shown


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_is_a_text(tmp_path, start):
    given = prefecture(30, ("云溪区",))
    name = f"{start}HYPERLINK(A1)"
    firms = given.firms.with_columns(pl.lit(name).alias("name"), pl.lit(name).alias("address"))
    sheet = opened(replace(given, firms=firms), tmp_path)["走访名单"]
    cell = sheet.cell(FIRST, column(sheet, "name"))
    assert cell.data_type == "s"
    assert str(cell.value).replace("_x000D_", "\r").strip() == name.strip()


LONG = [
    ("贵" * 300, "a name of 300 characters"),
    ("x" * 40_000, "longer than a cell may be"),
    ("a\x00b\x0bc\ufffe", "characters that XML cannot hold"),
    ("<&>\"'\n", "characters with a meaning in XML"),
]


@pytest.mark.parametrize(("name", "why"), LONG)
def test_odd_names_give_a_workbook_that_opens(tmp_path, name, why):
    given = prefecture(40, ("云溪区",))
    firms = given.firms.with_columns(pl.lit(name).alias("name"))
    links = given.links.with_columns(pl.lit("review").alias("decision"))
    sheet = opened(replace(given, firms=firms, links=links), tmp_path)["走访名单"]
    assert str(values(sheet, "name")[0]).startswith(name[:1]), why


ODD_COUNTIES = ["云溪/东岭", "云溪*区", "[云溪]", "'云溪'", "县" * 300, "a&b"]


@pytest.mark.parametrize("county", ODD_COUNTIES)
def test_odd_county_names_give_a_workbook_that_opens(tmp_path, county):
    book = opened(prefecture(10, (county,)), tmp_path)
    assert county in book["走访名单"]["A1"].value


def test_a_county_without_anything_to_do_says_so(tmp_path):
    given = prefecture(10, ("云溪区",))
    gaps = given.gaps.with_columns(pl.lit("insured").alias("status"))
    links = given.links.with_columns(pl.lit("match").alias("decision"))
    calm = replace(given, targets=given.targets.head(0), gaps=gaps, links=links)
    book = opened(calm, tmp_path)
    assert book["走访名单"].cell(FIRST, 1).value == "本季没有需要走访的企业。"
    assert book["待核实"].cell(FIRST, 1).value == "本季没有需要核实的单位。"


@pytest.mark.parametrize(
    ("number", "style"), [(1234567, "integer"), (-1234567, "money"), (1234567.8, "decimal")]
)
def test_a_long_number_is_shown_and_not_hashes(number, style, tmp_path):
    heading = Heading("n", "数", 4, style)
    lists = ListSheet("甲", "题", "注", (heading,), ((number,), (1,)))
    figures = FigureSheet("乙", "题", "注", (Block("块", (heading,), ((1,), (number,))),))
    write_book(Book("回.xlsx", "题", (lists, figures)), tmp_path)
    book = openpyxl.load_workbook(tmp_path / "回.xlsx")
    for sheet in (book["甲"], book["乙"]):
        assert sheet.column_dimensions["A"].width > len(f"{number:,}") + 1


def test_the_prefecture_workbook_adds_up_all_counties(results, tmp_path):
    made = build_prefecture_book(results.complete_frames())
    write_book(made, tmp_path)
    book = openpyxl.load_workbook(tmp_path / made.path, data_only=True)
    assert book.active.title == "各县区"
    sheet = book["各县区"]
    rows = list(sheet.iter_rows(min_row=6, values_only=True))
    counties, total = rows[:-1], rows[-1]
    assert total[0] == "合计"
    assert total[1] == results.firms.height
    for place in range(1, len(total)):
        assert sum(row[place] for row in counties) == pytest.approx(total[place])
    assert all(sum(row[2:11]) == row[1] for row in rows)


def test_the_figures_of_a_county_count_what_staff_fill_in(book):
    visits, figures = book["走访名单"], book["数据"]
    letter = visits.cell(1, column(visits, "outcome")).column_letter
    formulas = [cell.value for row in figures.iter_rows() for cell in row if cell.data_type == "f"]
    cells = f"COUNTA('走访名单'!${letter}${FIRST}:${letter}${visits.max_row})"
    assert any(cells in formula for formula in formulas)
