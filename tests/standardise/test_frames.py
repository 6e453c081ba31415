"""Standardised rows: numbered by their contents, duplicates told, all names of a row together."""

import polars as pl
import pytest
from invented_rows import enrollment_rows, standardised, tax_rows

from gapmatch.schemas import ALIAS_PARTS, FIRMS, REGISTRY_ROWS, TAX_ROWS, UNITS
from gapmatch.standardise.sides_of_extracts import add_aliases, standardise_firms

FIRMS_GIVEN = [
    {"name": "遵义市砚田商贸有限公司", "county": "汇川区", "legal_rep": "王 砚生", "phone": "13800000001"},
    {"name": "桐梓县青石养殖场", "county": "桐梓县", "credit_code": "无"},
    {"name": "遵义云岭建材有限公司（原：遵义云岭砖厂）", "county": "绥阳县", "former_names": "云岭石厂、云岭瓦厂"},
]  # fmt: skip
UNITS_GIVEN = [
    {"name": "砚田商贸公司", "unit_id": "1", "county": "汇川区"},
    {"name": "遵义云岭砖厂", "unit_id": "2", "county": "绥阳县"},
]


def test_standardised_rows_keep_the_promise_of_their_frames():
    firms, units = standardised(tax_rows(FIRMS_GIVEN), enrollment_rows(UNITS_GIVEN))
    FIRMS.check(firms)
    UNITS.check(units)
    assert firms["firm"].to_list() == [0, 1, 2]
    assert units["unit"].to_list() == [0, 1]


def test_empty_lists_have_the_columns_of_full_ones():
    firms, units = standardised(tax_rows([]), enrollment_rows([]))
    FIRMS.check(firms)
    UNITS.check(units)
    assert firms.height == units.height == 0


@pytest.mark.parametrize("seed", range(3))
def test_numbers_follow_the_contents_and_not_the_order_of_rows(small_rows, seed):
    columns = ["firm", "seq", "clean_name", "aliases", "division", "duplicate_of", "code_text"]
    some = small_rows.tax.head(300)
    shuffled = some.sample(fraction=1, shuffle=True, seed=seed)
    straight = standardise_firms(some, None).select(columns)
    assert standardise_firms(shuffled, None).select(columns).equals(straight)


def test_a_repeated_row_names_the_row_that_it_repeats():
    twice = [*FIRMS_GIVEN, {**FIRMS_GIVEN[1], "is_duplicate": True}]
    firms = standardise_firms(tax_rows(twice), None)
    repeated = firms.filter(pl.col("duplicate_of").is_not_null()).row(0, named=True)
    original = firms.filter(pl.col("firm") == repeated["duplicate_of"]).row(0, named=True)
    assert firms["duplicate_of"].null_count() == 3
    assert original["name"] == repeated["name"] == "桐梓县青石养殖场"
    assert repeated["firm"] == firms.height - 1


def test_all_other_names_of_a_row_come_together_sorted():
    firms = standardise_firms(tax_rows(FIRMS_GIVEN), None)
    row = firms.filter(pl.col("clean_name").str.starts_with("遵义云岭建材")).row(0, named=True)
    assert row["clean_name"] == "遵义云岭建材有限公司"
    assert row["aliases"] == sorted(["遵义云岭砖厂", "云岭石厂", "云岭瓦厂"])
    assert [part["clean_name"] for part in row["alias_parts"]] == row["aliases"]
    assert tuple(row["alias_parts"][0]) == ALIAS_PARTS


def test_a_name_that_people_taught_is_one_more_alias():
    firms = standardise_firms(tax_rows(FIRMS_GIVEN), None)
    firm = firms.filter(pl.col("clean_name").str.contains("砚田"))["firm"][0]
    taught = pl.DataFrame(
        {"firm": [firm, firm], "alias": ["遵义墨池商行", "遵义市砚田商贸有限公司"]},
        schema_overrides={"firm": pl.UInt32},
    )
    known = add_aliases(firms, taught, None)
    assert known["aliases"].to_list()[firm] == ["遵义墨池商行"]
    FIRMS.check(known)
    untouched = pl.col("firm") != firm
    assert known.filter(untouched).equals(firms.filter(untouched))


def test_nothing_taught_changes_nothing():
    firms = standardise_firms(tax_rows(FIRMS_GIVEN), None)
    taught = pl.DataFrame(schema={"firm": pl.UInt32, "alias": pl.String})
    assert add_aliases(firms, taught, None).equals(firms)


@pytest.mark.parametrize(
    "column", ["name", "county", "credit_code", "legal_rep", "address", "phone"]
)
def test_a_column_of_blanks_is_no_reason_to_stop(column):
    tax = tax_rows([{**row, column: None} for row in FIRMS_GIVEN])
    enrollment = enrollment_rows([{**row, column: ""} for row in UNITS_GIVEN])
    firms, units = standardised(tax, enrollment)
    assert (firms.height, units.height) == (3, 2)


def test_an_empty_registry_is_as_good_as_none():
    tax = tax_rows(FIRMS_GIVEN)
    assert standardise_firms(tax, REGISTRY_ROWS.empty()).equals(standardise_firms(tax, None))


def test_an_identity_number_that_stands_for_a_code_keeps_no_date_of_birth():
    rows = pl.DataFrame(
        {
            "name": ["云岭小卖部"],
            "taxpayer_code": ["52010319800101123101"],
            "source_file": ["税务.csv"],
            "data_row": [1],
            "is_duplicate": [False],
        }
    )
    firm = standardise_firms(TAX_ROWS.complete(rows), None).row(0, named=True)
    assert firm["code_kind"] == "personal"
    assert firm["taxpayer_code"] == firm["code_text"] == "520103********123101"


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"credit_code": "11010119900307004X"}, "as a credit code"),
        ({"credit_code": "110101 19900307 004X"}, "with blanks"),
        ({"taxpayer_code": "11010119900307004X", "credit_code": "91990100MA6TEXTA77"}, "beside a code in another column"),
        ({"credit_code": "91990100MA6TEXTA77/11010119900307004X"}, "beside a code in its cell"),
        ({"registration_no": "11010119900307004X"}, "as a registration number"),
        ({"taxpayer_code": "11010119900307004X01"}, "with two digits behind"),
    ],
)  # fmt: skip
def test_no_column_of_codes_shows_a_date_of_birth(columns, why):
    firm = standardise_firms(tax_rows([{"name": "砚田小吃店", **columns}]), None).row(0, named=True)
    shown = [str(firm[c]) for c in ("code_text", "credit_code", "taxpayer_code", "org_code", "registration_no", "other_codes")]  # fmt: skip
    assert not any("19900307" in text.replace(" ", "") for text in shown), why
    assert any("110101********" in text for text in shown), why
