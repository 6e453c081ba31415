"""What the market registration adds to a firm, and when it is not believed."""

import polars as pl
import pytest

from gapmatch.schemas import REGISTRY_ROWS
from gapmatch.standardise import standardise_firms
from invented_rows import tax_rows

CODE = "91520303MA6DQN1X5B"
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
        (
            {"name": "遵义青石商行"},
            [REGISTERED],
            None,
            "neither agrees",
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
    firm = known({**FIRM, "name": "砚田商贸公司"}, REGISTERED)
    assert firm["registry_abnormal"] is True
    assert firm["registry_capital"] == 50.0
    assert firm["aliases"] == ["遵义砚田商行", "遵义砚田商贸有限公司"]


def test_a_registration_that_is_listed_twice_is_still_one():
    firm = known(FIRM, REGISTERED, {**REGISTERED, "is_duplicate": True})
    assert firm["registry_status"] == "存续"


def test_rows_stay_as_many_as_they_were():
    tax = tax_rows([FIRM, {"name": "桐梓县青石养殖场"}, {"name": None}])
    assert standardise_firms(tax, registry_rows(REGISTERED, REGISTERED)).height == 3
