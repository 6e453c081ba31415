"""Totals that a list itself has: what agrees is silent, what does not is named, whatever they are of."""

import pytest
from invented_extracts import kinds, read_tax, read_units, write_csv, write_xlsx

from gapmatch.errors import InputError

HEADER = ("序号", "纳税人名称", "税号", "从业人数", "工资总额")
ROWS = tuple(
    (
        str(n),
        f"甲城试验{n}号商贸有限公司",
        f"91520302MA6TES{n:04}",
        str(n % 30 + 1),
        f"{1000 * n}.5",
    )
    for n in range(1, 41)
)
FIRST, LAST = ROWS[:20], ROWS[20:]
WRONG = {"total_disagrees", "total_of_rows_disagrees", "row_below_total"}


def total(rows, word="合计", name=None):
    return (
        word,
        name,
        None,
        str(sum(int(r[3]) for r in rows)),
        str(sum(float(r[4]) for r in rows)),
    )


@pytest.mark.parametrize(
    ("lines", "found", "why"),
    [
        ([*ROWS, total(ROWS)], set(), "of all rows"),
        ([total(ROWS), *ROWS], set(), "above its rows"),
        ([*ROWS[:39], total(ROWS), ROWS[39]], set(), "of the row below it, too"),
        (
            [*FIRST, total(FIRST, "本页小计"), *LAST, total(LAST, "本页小计"), total(ROWS, "总计")],
            set(),
            "pages",
        ),
        ([*FIRST, total(FIRST, "累计"), *LAST, total(ROWS, "累计")], set(), "carried forward"),
        (
            [total(ROWS), total(FIRST, "甲镇小计"), *FIRST, total(LAST, "乙镇小计"), *LAST],
            set(),
            "towns, their totals above",
        ),
        ([*FIRST, total(FIRST, "本页小计"), *LAST], set(), "a last page without its total"),
        ([*ROWS, (None, "共40户", None, None, None)], set(), "a number of rows"),
        ([*ROWS, ("平均", None, None, "15", "20000")], set(), "no sum"),
        ([*ROWS[:39], total(ROWS[:39]), ROWS[39]], {"row_below_total"}, "a row that it leaves out"),
        ([*ROWS[:39], total(ROWS)], {"total_disagrees"}, "a row that is missing"),
        ([*ROWS, total(FIRST)], {"total_disagrees"}, "rows that are too many"),
        (
            [*ROWS[:39], total(FIRST), ROWS[39]],
            {"total_disagrees", "row_below_total"},
            "wrong, and a row below it",
        ),
        (
            [*ROWS[:39], (None, "共40户", None, None, None)],
            {"total_of_rows_disagrees"},
            "a row less than it counts",
        ),
        (
            [*FIRST, ("本页小计", None, None, "965", None), *LAST, total(ROWS)],
            {"total_disagrees"},
            "a page that is wrong",
        ),
    ],
)  # fmt: skip
def test_a_total_is_held_against_its_rows(tmp_path, lines, found, why):
    for path in (
        write_csv(tmp_path / "a.csv", [HEADER, *lines]),
        write_xlsx(tmp_path / "a.xlsx", {"清册": [HEADER, *lines]}),
    ):
        extract = read_tax(path)
        firms = sum(line in ROWS for line in lines)
        assert (extract.rows.height, set(kinds(extract)) & WRONG) == (firms, found), (
            path.name,
            why,
        )


def test_a_wrong_total_names_column_row_and_both_numbers(tmp_path):
    header = ("单位编号", "单位名称", "参保人数")
    units = [(f"70{n:03}", f"甲城试验{n}号商行", str(n)) for n in range(1, 11)]
    extract = read_units(
        write_csv(tmp_path / "a.csv", [header, *units[:9], ("合计", None, "50"), units[9]])
    )
    (sheet,) = extract.files[0].sheets
    (wrong,) = sheet.wrong_totals
    assert (wrong.header, wrong.row, wrong.stated, wrong.found) == ("参保人数", 11, 50, 55)
    assert extract.rows.height == 10


@pytest.mark.parametrize(
    ("headers", "taken", "why"),
    [
        (("应缴人数", "实缴人数"), 1, "paid for, not to be paid for"),
        (("实缴人数", "应缴人数"), 0, "in whatever order"),
        (("应缴费人数", "缴费人数"), 1, "another word for it"),
        (("职工人数", "参保人数"), 1, "insured, not at work"),
        (("人数", "实缴人数"), 1, "whatever persons"),
        (("养老应缴人数", "养老实缴人数"), 1, "of one line"),
        (("参保人数（2022年9月）", "参保人数（2022年12月）"), 1, "the newer month"),
        (("参保人数(202212)", "参保人数(202209)"), 0, "compact months"),
        (("参保人数（2022年4季度）", "参保人数（2022年3季度）"), 0, "quarters"),
        (("参保人数（2021年）", "参保人数（2022年度）"), 1, "years"),
    ],
)
def test_of_two_columns_of_persons_the_meaning_decides_and_it_is_reported(
    tmp_path, headers, taken, why
):
    rows = [(f"甲城试验{n}号商行", str(n), str(n + 100)) for n in range(1, 31)]
    extract = read_units(write_csv(tmp_path / "a.csv", [("单位名称", *headers), *rows]))
    columns = ("insured_total", "pension_insured")
    counts = [extract.rows[c].to_list() for c in columns if extract.rows[c].null_count() == 0]
    assert counts == [[int(row[1 + taken]) for row in rows]], why
    assert "column_passed_over" in kinds(extract), why


def test_columns_that_no_year_sets_apart_are_still_refused(tmp_path):
    rows = [(f"甲城试验{n}号商行", str(n), str(n + 100)) for n in range(1, 31)]
    header = ("纳税人名称", "从业人数（2022年）", "从业人数（核定）")
    with pytest.raises(InputError):
        read_tax(write_csv(tmp_path / "a.csv", [header, *rows]))


def test_a_total_below_every_unit_is_held_against_its_own_rows_at_any_length(tmp_path):
    """Of twenty thousand totals not every pair can be tried; the last is wrong."""
    header = ("单位编号", "单位名称", "参保人数")
    lines = [
        line
        for n in range(20_000)
        for line in (
            (f"U{n:05}", f"甲城试验{n}号商行", str(n % 9 + 1)),
            ("小计", None, str(n % 9 + 1)),
        )
    ]
    extract = read_units(write_csv(tmp_path / "a.csv", [header, *lines[:-1], ("小计", None, "77")]))
    (sheet,) = extract.files[0].sheets
    assert [(total.row, total.stated) for total in sheet.wrong_totals] == [(40_001, 77)]
    assert extract.rows.height == 20_000
