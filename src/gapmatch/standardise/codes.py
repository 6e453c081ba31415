"""Codes: their kind, their check characters, the credit and organisation code that they carry.

One list writes a firm's credit code, another its old organisation code, tax number or registration
number, each in columns of any name; what a text is follows from the text alone. Kinds:

=====================  ===========================================================================
credit_code            18 characters, right or wrong (GB 32100)
org_code               9 characters, right or wrong (GB 11714)
tax_number             division and a right organisation code, 15 characters
registration_number    15 digits with a right check digit (GS 15-2006), or 13 digits
personal               identity number, or identity number and two digits
temporary              L and a credit code or identity number (tax registration for a while)
placeholder            无, 000…, 123456789, …: no code
unknown                anything else: too short, too long, hidden by *, tail lost
=====================  ===========================================================================
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gapmatch.schemas import CODES
from gapmatch.standardise.check_codes import (
    CREDIT_CODE,
    IDENTITY_NUMBER,
    IDENTITY_SHAPE,
    ORGANISATION_CODE,
    verify_registration_numbers,
)
from gapmatch.standardise.code_text import CodeRules, compact_all, read_codes
from gapmatch.vocabulary.rules import choose_first

KINDS = (
    "credit_code",
    "tax_number",
    "org_code",
    "registration_number",
    "temporary",
    "personal",
    "unknown",
    "placeholder",
)
"""The kinds, strongest first: the first one represents a row that has several."""


MIN_CODE_LENGTH = 6
"""Fewer letters and digits than this are no code of any kind."""

MAX_CODE_LENGTH = 20
"""No code of any kind has more characters."""

_TOKEN = re.compile(r"[0-9A-Z*]+")
_LENGTHS = frozenset({9, 13, 15, 17, 18, 19, 20})
"""What a code of any kind may have of characters."""
_GLUED = re.compile(r"[0-9A-Z]{18}(?:[0-9A-Z]{18}|[0-9A-Z]{15}|[0-9A-Z]{9})")
"""Two codes without anything between them."""
IDENTITY = (
    r"([1-8](?:[\s-]?\d){5})[\s-]?(?:1[\s-]?9|2[\s-]?0)(?:[\s-]?\d){6}((?:[\s-]?\d){3}[\s-]?[\dXx])"
)
"""An identity number anywhere in a cell: what stands before and behind the date of birth."""

CODE_COLUMNS = pl.Schema(
    {
        "code_kind": pl.String(),
        "code_text": pl.String(),
        "uscc": pl.String(),
        "uscc_valid": pl.Boolean(),
        "organisation": pl.String(),
        "organisation_valid": pl.Boolean(),
    }
)


OTHER_CODE = pl.Struct(
    {
        **{name: dtype for name, dtype in CODE_COLUMNS.items() if name != "code_kind"},
        "is_reading": pl.Boolean(),
    }
)
"""One more code of a row; ``is_reading``: what a wrong one was meant to be."""


def build_code_columns(codes: pl.Series, precision_lost: pl.Series) -> pl.DataFrame:
    """Return the facts of a column of codes, one row per given row.

    ``codes`` (String) as given; ``precision_lost`` (Boolean) if a spreadsheet stored the code as
    a floating-point number, so that only its first fifteen digits count. Columns: ``CODE_COLUMNS``.
    An empty cell is null throughout, a placeholder has nothing but its kind, and of a code whose
    tail is lost ``code_text`` is what is left of it.
    """
    given = pl.DataFrame(
        {"given": codes.cast(pl.String), "lost": precision_lost.fill_null(value=False)}
    )
    facts = _derive_facts(given.unique(maintain_order=True))
    keys = ["given", "lost"]
    joined = given.join(facts, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return joined.select(CODE_COLUMNS.names())


def _derive_facts(given: pl.DataFrame) -> pl.DataFrame:
    """Return ``given`` with the code columns and ``registration_valid``."""
    frame = _cut_lost_tail(given.with_columns(text=_strip_odd_codes(given["given"])))
    frame = frame.with_columns(_extract_inner_codes())
    frame = frame.with_columns(
        uscc_right=_check_codes(frame["inner_uscc"], CREDIT_CODE.verify),
        organisation_right=_check_codes(frame["inner_organisation"], ORGANISATION_CODE.verify),
        identity_right=_check_codes(frame["inner_identity"], IDENTITY_NUMBER.verify),
        registration_valid=_check_codes(frame["inner_registration"], verify_registration_numbers),
        placeholder=_is_placeholder(),
    )
    return frame.with_columns(code_kind=_classify_kind()).with_columns(_fill_columns())


def _strip_odd_codes(given: pl.Series) -> pl.Series:
    """Clean the texts that are not bare codes already; most are."""
    dressed = given.str.contains("[^0-9A-Z]")
    cleaned = given.filter(dressed).to_frame("text").select(compact_all(pl.col("text")))
    return given.scatter(dressed.arg_true(), cleaned["text"]) if len(cleaned) else given


def _check_codes(
    codes: pl.Series, right: Callable[[Sequence[str]], NDArray[np.bool_]]
) -> pl.Series:
    """Return whether each code is right; false if there is none."""
    verdicts = np.zeros(len(codes), dtype=np.bool_)
    verdicts[codes.is_not_null().arg_true().to_numpy()] = right(codes.drop_nulls().to_list())
    return pl.Series(verdicts)


def _cut_lost_tail(frame: pl.DataFrame) -> pl.DataFrame:
    """Cut codes that went through a floating-point number to the fifteen digits that survive.

    9.15201003456789E+17 shows its own loss; so do eighteen digits that end in 000 and are no valid
    code.
    """
    power = pl.col("given").str.extract_groups(r"^\s*(\d)\.(\d+)[eE]\+?\d+\s*$").struct
    mantissa = power.field("1") + power.field("2")
    text = pl.col("text")
    ends_in_zeros = pl.when(text.str.contains(r"^\d{15}000$")).then(text)
    round_number = frame.select(ends_in_zeros).to_series()
    wrong = round_number.is_not_null() & ~_check_codes(round_number, CREDIT_CODE.verify)
    cut = wrong | (pl.col("lost") & text.str.contains(r"^\d{16,}$")).fill_null(value=False)
    left = pl.when(cut).then(text.str.head(15)).otherwise(text)
    return frame.with_columns(
        text=pl.coalesce(mantissa.str.head(15), left), tail_lost=mantissa.is_not_null() | cut
    )


def _extract_inner_codes() -> list[pl.Expr]:
    """Take from each text the codes that it could carry by its length, right or wrong."""
    text, length = pl.col("text"), pl.col("text").str.len_chars()
    is_bare = text.str.contains(r"^[0-9A-Z]+$") & ~pl.col("tail_lost")
    temporary = is_bare & (length == 19) & text.str.starts_with("L")
    uscc = pl.when(is_bare & (length == 18)).then(text).when(temporary).then(text.str.tail(18))
    fifteen = is_bare & (length == 15)
    tax_number = fifteen & text.str.head(6).str.contains(r"^\d+$")
    nine = pl.when(is_bare & (length == 9)).then(text).when(tax_number).then(text.str.tail(9))
    number = pl.when(temporary).then(text.str.tail(18)).when(is_bare).then(text.str.head(18))
    return [
        uscc.alias("inner_uscc"),
        pl.coalesce(uscc.str.slice(8, 9), nine).alias("inner_organisation"),
        pl.when(number.str.contains(IDENTITY_SHAPE)).then(number).alias("inner_identity"),
        pl.when(fifteen).then(text).alias("inner_registration"),
    ]


def _is_placeholder() -> pl.Expr:
    """Too short for a code, one repeated character, or a run typed to fill the cell."""
    rules = CodeRules.load()
    text, body = pl.col("text"), pl.col("inner_organisation").str.head(8)
    fillers = [*rules.placeholder_words, *_list_fillers()]
    patterns = [text.str.contains(pattern) for pattern in rules.placeholder_texts]
    patterns += [body.str.contains(pattern) for pattern in rules.placeholder_organisations]
    short = (text.str.len_bytes() < MIN_CODE_LENGTH) | (
        text.str.count_matches("[0-9A-Z*]") < MIN_CODE_LENGTH
    )
    filled = [column.is_in(fillers) for column in (text, body)]
    return pl.any_horizontal(short, *filled, *patterns).fill_null(value=False)


@cache
def _list_fillers() -> tuple[str, ...]:
    """Every text of code length that is part of a run or one character over and over."""
    rules = CodeRules.load()
    repeated = [character * MAX_CODE_LENGTH for character in "".join(rules.placeholder_runs)]
    runs = [run * 2 for run in rules.placeholder_runs] + repeated
    return tuple(
        sorted(
            {
                run[start : start + length]
                for run in runs
                for length in range(MIN_CODE_LENGTH, MAX_CODE_LENGTH + 1)
                for start in range(len(run) - length + 1)
            }
        )
    )


def _classify_kind() -> pl.Expr:
    text, length = pl.col("text"), pl.col("text").str.len_chars()
    mistyped = pl.col("inner_identity").is_not_null() & ~pl.col("organisation_right")
    # No code of a million registered ones has a date of birth where identity numbers do: one that
    # has it is a person's, even if it happens to pass as a credit code.
    code = pl.col("uscc_right") & pl.col("organisation_right")
    identity = (pl.col("identity_right") | (mistyped & ~code)) & length.is_in([18, 20])
    old_registration = text.str.contains(r"^\d{13}$")
    temporary = pl.any_horizontal(text.str.contains(p) for p in CodeRules.load().temporary)
    kinds = {
        "placeholder": pl.col("placeholder"),
        "unknown": pl.col("tail_lost"),
        "personal": identity,
        "credit_code": pl.col("inner_uscc").is_not_null() & (length == 18),
        "org_code": pl.col("inner_organisation").is_not_null() & (length == 9),
        "tax_number": pl.col("organisation_right") & (length == 15),
        "registration_number": pl.col("registration_valid") | old_registration,
        "temporary": temporary,
    }
    empty = pl.col("given").str.strip_chars().fill_null("") == ""
    return pl.when(~empty).then(choose_first(kinds.items(), "unknown"))


def _fill_columns() -> list[pl.Expr]:
    """Fill the promised columns; what a kind does not vouch for stays null."""
    kind = pl.col("code_kind")
    inner = pl.col("uscc_right") | (kind == "credit_code")
    carries_uscc = kind.is_in(["credit_code", "temporary"]) & inner
    carries_organisation = carries_uscc | kind.is_in(["org_code", "tax_number"])
    are_right = pl.col("uscc_right") & pl.col("organisation_right")
    return [
        pl.when(kind != "placeholder").then("text").alias("code_text"),
        pl.when(carries_uscc).then("inner_uscc").alias("uscc"),
        pl.when(carries_uscc).then(are_right).alias("uscc_valid"),
        pl.when(carries_organisation).then("inner_organisation").alias("organisation"),
        pl.when(carries_organisation).then("organisation_right").alias("organisation_valid"),
    ]


def select_best_codes(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the facts of each row's strongest code, one row per given row, in the same order.

    ``frame`` has any of the columns ``credit_code``, ``taxpayer_code``, ``org_code``,
    ``registration_no`` (String) and may have ``code_precision_lost`` (Boolean). A cell may hold
    several codes. Stronger is: a credit code with both check characters right, a right organisation
    code, a credit code with a wrong check character, then the order of ``KINDS`` and of the
    columns. Returns ``CODE_COLUMNS``, ``other_codes`` (List of ``OTHER_CODE``): the row's other
    codes, strongest first, without those that the chosen one contains, then what its wrong codes
    were meant to be; and ``names_person`` (Boolean): any cell holds an identity number.
    """
    cells = _list_cells(frame)
    facts = _derive_facts(cells.select("given", "lost").unique(maintain_order=True))
    coded = cells.join(facts, on=["given", "lost"], how="left", maintain_order="left")
    ranked = _prefer_registration(coded).sort(
        "row", *_rank_strength(), "column", "piece", nulls_last=True
    )
    rows = pl.DataFrame({"row": pl.int_range(frame.height, dtype=pl.UInt32, eager=True)})
    best = ranked.group_by("row", maintain_order=True).first()
    persons = ranked.filter(pl.col("code_kind") == "personal")["row"]
    joined = rows.join(best, on="row", how="left", maintain_order="left")
    joined = joined.join(
        _collect_other_codes(ranked, best), on="row", how="left", maintain_order="left"
    )
    return joined.select(
        *CODE_COLUMNS.names(),
        pl.col("other_codes").fill_null(pl.lit([], dtype=pl.List(OTHER_CODE))),
        pl.col("row").is_in(persons.implode()).alias("names_person"),
    )


def _list_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a row per code in any column: row, column, piece of the cell, text, tail lost."""
    lost = (
        pl.col("code_precision_lost")
        if "code_precision_lost" in frame.columns
        else pl.lit(value=False)
    )
    named = frame.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
        lost.fill_null(value=False).alias("lost"),
        *(pl.col(name).cast(pl.String) for name in CODES if name in frame.columns),
    )
    cells = pl.concat(
        named.select("row", "lost", pl.lit(place).alias("column"), pl.col(name).alias("given"))
        for place, name in enumerate(CODES)
        if name in named.columns
    )
    filled = cells.drop_nulls("given")
    long = filled["given"].str.len_chars() > MAX_CODE_LENGTH
    several = filled.filter(long)
    pieces = [_split_cell(text) for text in several["given"].to_list()]
    split = several.with_columns(given=pl.Series(pieces, dtype=pl.List(pl.String)))
    split = split.with_columns(piece=pl.int_ranges(pl.col("given").list.len()))
    one = filled.filter(~long).with_columns(piece=pl.lit(0, pl.Int64))
    return pl.concat([one, split.explode("given", "piece")])


def _split_cell(text: str) -> list[str]:
    """Return the codes in a cell; the cell itself if no more than one can be made out.

    Anything may stand between two codes, or nothing. A single code may have blanks and a dash
    inside.
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    tokens = _TOKEN.findall(re.sub(r"(?<=[0-9A-Z]{8})-(?=[0-9A-Z](?![0-9A-Z]))", "", plain))
    glued = [token for token in tokens if _GLUED.fullmatch(token)]
    if glued:
        tokens = [part for t in tokens for part in ((t[:18], t[18:]) if t in glued else (t,))]
    codes = [token for token in tokens if len(token) in _LENGTHS]
    return codes if len(codes) > 1 else [text]


def _prefer_registration(coded: pl.DataFrame) -> pl.DataFrame:
    """Follow the column of registration numbers if fifteen digits are valid as either kind.

    One registration number in eleven ends like a right organisation code by chance.
    """
    number = (pl.col("column") == CODES.index("registration_no")) & pl.col("registration_valid")
    number = number & (pl.col("code_kind") == "tax_number")
    return coded.with_columns(
        pl.when(number)
        .then(pl.lit("registration_number"))
        .otherwise("code_kind")
        .alias("code_kind"),
        *(
            pl.when(~number).then(name).alias(name)
            for name in ("organisation", "organisation_valid")
        ),
    )


def _rank_strength() -> list[pl.Expr]:
    order = {kind: place for place, kind in enumerate(KINDS)}
    return [
        ~pl.col("uscc_valid").fill_null(value=False),
        ~pl.col("organisation_valid").fill_null(value=False),
        pl.col("code_kind").replace_strict(order, default=None, return_dtype=pl.Int8),
    ]


def _collect_other_codes(ranked: pl.DataFrame, best: pl.DataFrame) -> pl.DataFrame:
    """Return ``row`` and ``other_codes`` of the rows that have any."""
    chosen = best.select("row", best_text="code_text", best_organisation="organisation")
    written = ranked.with_columns(is_reading=pl.lit(value=False))
    every = pl.concat([written, _read_wrong_codes(ranked)], how="diagonal_relaxed")
    other = every.join(chosen, on="row", maintain_order="left").filter(
        pl.col("code_text").is_not_null(),
        pl.col("code_text") != pl.col("best_text"),
        ~pl.col("organisation").eq(pl.col("best_organisation")).fill_null(value=False)
        | (pl.col("is_reading") & ~pl.col("organisation_valid")),
    )
    other = other.unique(["row", "code_text"], keep="first", maintain_order=True)
    facts = pl.struct(field.name for field in OTHER_CODE.fields).alias("other_codes")
    return other.group_by("row", maintain_order=True).agg(facts)


def _read_wrong_codes(ranked: pl.DataFrame) -> pl.DataFrame:
    """Return ``row`` and the facts of what wrong codes were meant to be."""
    wrong = ranked.filter(pl.col("code_kind").is_in(["credit_code", "unknown", "personal"]))
    wrong = wrong.filter(
        ~(pl.col("uscc_valid") & pl.col("organisation_valid")).fill_null(value=False)
    )
    read = wrong.select("row", given=read_codes(wrong["code_text"])).drop_nulls("given")
    facts = _derive_facts(
        read.select("given", lost=pl.lit(value=False)).unique(maintain_order=True)
    )
    readings = read.join(facts, on="given", how="left", maintain_order="left")
    return readings.select("row", *CODE_COLUMNS.names(), is_reading=pl.lit(value=True))
