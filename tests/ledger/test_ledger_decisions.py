"""Decisions hold by content: through other row numbers, corrected codes and changed names."""

import polars as pl
import pytest
from invented_quarter import FIRMS, UNITS, quarter_frames

from gapmatch.ledger.decisions import DECISIONS, find_aliases, resolve_decisions
from gapmatch.wording.ledger_words import add_decision_words

A, B, C = "91990100MA00000012", "91990100MA00000020", "91990100MA00000039"
FIRM = (B, "云岭县石桥药房")
UNIT = ("99010001", None, "石桥大药房")


def said(*rows: tuple, firm: tuple = FIRM, unit: tuple = UNIT) -> pl.DataFrame:
    """Return DECISIONS from ``who``, ``verdict``."""
    full = [
        (i, verdict, who, f"t{i}", None, *firm, *unit, None, None)
        for i, (who, verdict) in enumerate(rows)
    ]
    return pl.DataFrame(full, schema=DECISIONS, orient="row")


def resolve(decisions: pl.DataFrame, firms: tuple = FIRMS, units: tuple = UNITS) -> dict | None:
    """Return the one resolved row, or ``None``."""
    frames = quarter_frames(firms, units)
    resolved = resolve_decisions(frames["firms"], frames["units"], decisions)
    rows = add_decision_words(resolved, "zh").to_dicts()
    assert len(rows) <= 1
    return rows[0] if rows else None


def replaced(rows: tuple, at: int, **new: object) -> tuple:
    """Return ``rows`` with one row's fields replaced (``f0`` is the first)."""
    row = tuple(new.get(f"f{i}", value) for i, value in enumerate(rows[at]))
    return (*rows[:at], row, *rows[at + 1 :])


@pytest.mark.parametrize(
    ("rows", "decision", "why"),
    [
        ([("甲", "same")], "same", "one voice settles"),
        ([("甲", "different")], "different", "one voice settles"),
        ([("甲", "unsure")], "unsure", "unsure is a verdict of its own"),
        ([("甲", "same"), ("乙", "same")], "same", "two voices agree"),
        ([("甲", "same"), ("乙", "different")], "disputed", "two reviewers disagree"),
        ([("甲", "same"), ("乙", "unsure")], "same", "who is sure outweighs who is not"),
        (
            [("甲", "same"), ("甲", "different")],
            "different",
            "the last word of one reviewer counts",
        ),
        ([("甲", "same"), ("甲", "retracted")], None, "taken back"),
        (
            [("甲", "same"), ("乙", "different"), ("乙", "retracted")],
            "same",
            "the other one stands",
        ),
        ([("甲", "same"), ("甲", "retracted"), ("甲", "same")], "same", "said again"),
    ],
)
def test_voices_are_drawn_together(rows: list, decision: str | None, why: str) -> None:
    row = resolve(said(*rows))
    assert (row and row["decision"]) == decision, why


def test_a_dispute_names_both_reviewers() -> None:
    row = resolve(said(("甲", "same"), ("乙", "different")))
    assert row is not None
    assert row["who"] == "甲：同一单位；乙：不是同一单位"


@pytest.mark.parametrize(
    ("firms", "units", "decision", "changed", "why"),
    [
        (FIRMS[::-1], UNITS, "same", None, "rows in another order"),
        (replaced(FIRMS, 1, f2="沙洲区"), UNITS, "same", None, "the county is not what identifies"),
        (replaced(FIRMS, 1, f0=None), UNITS, "same", None, "a code got lost: that is noise"),
        (
            replaced(FIRMS, 1, f1="云岭县石桥大药房有限公司"),
            UNITS,
            "stale",
            "纳税人名称由“云岭县石桥药房”变为“云岭县石桥大药房有限公司”",
            "the firm was renamed",
        ),
        (
            replaced(FIRMS, 1, f0="91990100MA99999996"),
            UNITS,
            "stale",
            "纳税人代码由“91990100MA00000020”变为“91990100MA99999996”",
            "the code is valid and another one now",
        ),
        (
            FIRMS,
            replaced(UNITS, 0, f2="河口超市"),
            "stale",
            "参保单位名称由“石桥大药房”变为“河口超市”",
            "the unit's number belongs to another name now",
        ),
        (FIRMS, replaced(UNITS, 0, f0="88"), "same", None, "the unit got another number"),
        (FIRMS, replaced(UNITS, 0, f1=B), "same", None, "a code came in and confirms it"),
        (
            FIRMS,
            replaced(UNITS, 0, f1=A),
            "stale",
            "补充了代码，与原认定不符",
            "a code speaks against it",
        ),
    ],
)
def test_a_decision_holds_until_its_data_change_materially(
    firms: tuple, units: tuple, decision: str, changed: str | None, why: str
) -> None:
    row = resolve(said(("甲", "same")), firms, units)
    assert row is not None, why
    assert (row["decision"], row["changed"]) == (decision, changed), why
    assert row["was"] == "same"


def test_a_stale_decision_is_put_up_once_only() -> None:
    renamed = replaced(FIRMS, 1, f1="云岭县石桥大药房有限公司")
    again = said(("甲", "same"), firm=(B, "云岭县石桥大药房有限公司"))
    again = again.with_columns(id=pl.lit(9, pl.Int64), verdict=pl.lit("different"))
    row = resolve(pl.concat([said(("甲", "same")), again]), renamed)
    assert row is not None
    assert (row["decision"], row["changed"]) == ("different", None)


def test_a_firm_that_left_the_list_has_no_decision() -> None:
    assert resolve(said(("甲", "same")), FIRMS[2:]) is None


def test_a_code_copied_to_branches_does_not_carry_a_decision_to_them() -> None:
    branches = (*FIRMS, (B, "云岭县石桥药房一店", "云岭县", "uninsured", None, None))
    row = resolve(said(("甲", "same")), branches)
    assert row is not None
    assert row["firm"] == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("云岭县石桥药房", "said of the row that stands for the firm"),
        ("云岭县石桥大药房", "said of its other row"),
        ("云岭县石桥老药房", "found by the code, which both rows have"),
    ],
)
def test_what_is_decided_of_any_row_of_a_firm_is_decided_of_the_firm(name: str, why: str) -> None:
    frames = quarter_frames((*FIRMS, (B, "云岭县石桥大药房", "云岭县", "review", None, None)))
    again = pl.when(pl.col("firm") == 5).then(pl.lit(1, pl.UInt32))
    firms = frames["firms"].with_columns(again.alias("duplicate_of"))
    decisions = said(("甲", "same"), firm=(B, name))
    rows = resolve_decisions(firms, frames["units"], decisions).to_dicts()
    assert [row["firm"] for row in rows] == [1], why
    assert find_aliases(firms, decisions).rows() == [(1, "石桥大药房")], why


def test_confirmed_pairs_teach_the_units_name() -> None:
    frames = quarter_frames()
    taught = find_aliases(frames["firms"], said(("甲", "same")))
    assert taught.rows() == [(1, "石桥大药房")]
    assert find_aliases(frames["firms"], said(("甲", "same"), ("乙", "different"))).is_empty()
    assert find_aliases(frames["firms"], said(("甲", "same"), ("甲", "retracted"))).is_empty()


def test_no_decisions_give_an_empty_frame_of_the_same_shape() -> None:
    frames = quarter_frames()
    empty = resolve_decisions(frames["firms"], frames["units"], said())
    assert empty.is_empty()
    assert (
        empty.schema
        == resolve_decisions(frames["firms"], frames["units"], said(("甲", "same"))).schema
    )
