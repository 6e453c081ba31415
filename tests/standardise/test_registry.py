"""What the market registration adds to a firm, and when it is not believed."""

from datetime import date

import polars as pl
import pytest
from invented_rows import enrollment_rows, tax_rows

from gapmatch.schemas import REGISTRY_ROWS
from gapmatch.standardise.sides_of_extracts import standardise_firms, standardise_units

CODE = "91520303MA6DQN1X5B"
OTHER_CODE = "91520303MA67JH4BXL"
FIRM = {"name": "遵义砚田商贸有限公司", "credit_code": CODE}
REGISTERED = {
    "name": "遵义砚田商贸有限公司",
    "credit_code": CODE,
    "status": "存续",
    "former_names": "遵义砚田商行",
    "abnormal": True,
    "capital": 50.0,
}


def registry_rows(*rows):
    numbered = [
        {"source_file": "登记.csv", "data_row": n, "is_duplicate": False, **row}
        for n, row in enumerate(rows, start=1)
    ]
    return REGISTRY_ROWS.complete(pl.DataFrame(numbered, infer_schema_length=None))


def known(firm, *registered):
    return standardise_firms(tax_rows([firm]), registry_rows(*registered)).row(0, named=True)


@pytest.mark.parametrize(
    ("firm", "registered", "status", "why"),
    [
        (FIRM, [REGISTERED], "存续", "code and name agree"),
        ({**FIRM, "name": "遵义青石商行"}, [REGISTERED], "存续", "the code alone is enough"),
        ({**FIRM, "credit_code": None}, [REGISTERED], "存续", "the name where there is no code"),
        (
            {**FIRM, "credit_code": None, "org_code": "MA6DQN1X5"},
            [{**REGISTERED, "name": "遵义青石商行"}],
            "存续",
            "the organisation code inside the credit code",
        ),
        ({"name": "遵义青石商行"}, [REGISTERED], None, "neither agrees"),
        (
            FIRM,
            [{**REGISTERED, "credit_code": OTHER_CODE, "status": "注销"}],
            None,
            "a closed namesake has another code: its name was free again",
        ),
        (
            FIRM,
            [{"name": "遵义墨池商行", "credit_code": OTHER_CODE, "former_names": FIRM["name"]}],
            None,
            "and so was the former name of one that was renamed",
        ),
        (FIRM, [{**REGISTERED, "credit_code": None}], "存续", "the registration has no code"),
        (
            FIRM,
            [{**REGISTERED, "status": None, "cancel_date": date(2022, 5, 1)}],
            "注销",
            "the day on which it ended says that it did",
        ),
        (
            {**FIRM, "credit_code": None},
            [REGISTERED, {**REGISTERED, "credit_code": None, "status": "注销"}],
            None,
            "a name that two registrations share proves nothing",
        ),
        (
            {**FIRM, "name": "遵义青石商行"},
            [REGISTERED, {**REGISTERED, "name": "遵义墨池商行", "status": "注销"}],
            None,
            "a code that two registrations share proves nothing",
        ),
    ],
)
def test_a_registration_is_found_by_code_else_by_name(firm, registered, status, why):
    assert known(firm, *registered)["registry_status"] == status, why


def test_facts_and_names_of_the_registration_are_taken_over():
    firm = known({**FIRM, "name": "遵义砚田商贸有限责任公司"}, REGISTERED)
    assert firm["registry_abnormal"] is True
    assert firm["registry_capital"] == 50.0
    assert firm["aliases"] == ["遵义砚田商行", "遵义砚田商贸有限公司"]


BRANCH = {**REGISTERED, "name": "遵义砚田商贸有限公司松桃分店", "credit_code": None, "former_names": "松桃砚田商店"}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "registered", "aliases", "why"),
    [
        ("白冲镇财政所", [REGISTERED], [], "a clerk's slip made it another firm's code"),
        ("遵义砚田商贸有限公司松桃分店", [REGISTERED], [], "a branch with its head office's code"),
        ("遵义砚田商贸有限公司松桃分店", [REGISTERED, BRANCH], ["松桃砚田商店"], "its own registration has its name"),
        ("遵义墨池商贸有限公司", [REGISTERED], [], "a name that the registration does not have"),
        ("遵义砚田商行", [REGISTERED], ["遵义砚田商贸有限公司"], "the name that it had before"),
        (None, [REGISTERED], [], "no name at all"),
    ],
)  # fmt: skip
def test_a_code_lends_names_only_if_the_rows_own_name_confirms_it(name, registered, aliases, why):
    """Else a wrong code counts twice: as the code, and as the name of the firm that has it."""
    row = {"name": name, "credit_code": CODE}
    assert unit_of(row, *registered)["aliases"] == aliases, why
    assert known(row, *registered)["aliases"] == aliases, why


def test_a_registration_that_is_listed_twice_is_still_one():
    firm = known(FIRM, REGISTERED, {**REGISTERED, "is_duplicate": True})
    assert firm["registry_status"] == "存续"


def test_rows_stay_as_many_as_they_were():
    tax = tax_rows([FIRM, {"name": "桐梓县青石养殖场"}, {"name": None}])
    assert standardise_firms(tax, registry_rows(REGISTERED, REGISTERED)).height == 3


OLD, NEW = "岳阳砚田商行", "岳阳青石商贸有限公司"
RENAMED = {**REGISTERED, "name": NEW, "former_names": OLD, "address": "岳阳市砚田路1号"}


def unit_of(unit, *registered):
    return standardise_units(enrollment_rows([unit]), None, registry_rows(*registered)).row(0, named=True)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "registered", "aliases", "why"),
    [
        (OLD, [RENAMED], [NEW], "a former name leads to the present one"),
        (NEW, [RENAMED], [OLD], "a present name leads to the former one"),
        (f"{OLD}（停保）", [RENAMED], [NEW], "a remark is no part of the name that is sought"),
        ("岳阳青石商贸有限责任公司", [RENAMED], [OLD, NEW], "the form written otherwise"),
        (OLD, [{**RENAMED, "former_names": f"{OLD}查看更多"}], [NEW], "a web page's button behind the former name"),
        (OLD, [{**RENAMED, "former_names": f"岳阳墨池商行；{OLD}"}], ["岳阳墨池商行", NEW], "the second of two former names"),
        (OLD, [RENAMED, {**RENAMED, "name": "岳阳墨池商行", "credit_code": None}], [], "two firms once had the name"),
        ("岳阳墨池商行", [RENAMED], [], "another name"),
    ],
)  # fmt: skip
def test_firms_and_units_are_found_by_present_and_former_names(name, registered, aliases, why):
    assert sorted(unit_of({"name": name}, *registered)["aliases"]) == sorted(aliases), why
    firm = standardise_firms(tax_rows([{"name": name}]), registry_rows(*registered))
    assert sorted(firm["aliases"].item()) == sorted(aliases), why


def test_a_name_that_one_has_now_and_another_had_before_is_the_one_that_has_it_now():
    other = {**RENAMED, "name": "岳阳墨池商行", "former_names": NEW, "credit_code": None}
    assert unit_of({"name": NEW}, RENAMED, other)["aliases"] == [OLD]


def test_codes_and_addresses_of_the_registration_are_not_lent():
    unit = unit_of({"name": OLD}, RENAMED)
    assert (unit["code_text"], unit["other_codes"], unit["address_text"]) == (None, [], None)
