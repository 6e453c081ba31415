"""Which registrations are new and in neither list."""

from datetime import date

import pytest
from invented_rows import enrollment_rows, tax_rows
from test_registry import registry_rows

from gapmatch.settings.load import load_settings
from gapmatch.standardise.new_registrations import find_new_registrations

WORDS = load_settings().statuses.words
CODE = "91520303MA6DQN1X5B"
NEW = {"name": "岳阳砚田商贸有限公司", "credit_code": CODE, "open_date": date(2022, 5, 1), "status": "存续"}  # fmt: skip
YUEYANG = "430600"
TAX = [{"name": "岳阳青石商行"}]
UNITS = [{"name": "岳阳墨池商行"}]


@pytest.mark.parametrize(
    ("registered", "tax", "units", "count", "why"),
    [
        (NEW, TAX, UNITS, 1, "in neither list"),
        ({**NEW, "status": None}, TAX, UNITS, 1, "status unknown"),
        (NEW, [*TAX, {"name": NEW["name"]}], UNITS, 0, "the tax list has the name"),
        (NEW, TAX, [*UNITS, {"name": "岳阳砚田商贸有限责任公司（2人）"}], 0, "a unit has the name, written otherwise"),
        (NEW, [*TAX, {"name": "某某", "credit_code": CODE}], UNITS, 0, "the tax list has the code"),
        (NEW, TAX, [*UNITS, {"name": "某某", "org_code": CODE[8:17]}], 0, "a unit has the organisation code"),
        ({**NEW, "open_date": date(2021, 1, 1)}, TAX, UNITS, 0, "not new"),
        ({**NEW, "open_date": date(2023, 1, 1)}, TAX, UNITS, 0, "after the quarter"),
        ({**NEW, "open_date": None}, TAX, UNITS, None, "no date is known at all"),
        ({**NEW, "status": "注销"}, TAX, UNITS, 0, "ended"),
        ({**NEW, "is_duplicate": True}, TAX, UNITS, 0, "a repeated row"),
        ({**NEW, "name": "遵义砚田商贸有限公司"}, TAX, UNITS, 0, "name and code of another prefecture"),
        ({**NEW, "name": "砚田商贸有限公司"}, TAX, UNITS, 0, "the code of another prefecture"),
        ({**NEW, "name": "砚田商贸有限公司", "address": "岳阳市岳阳楼区1号"}, TAX, UNITS, 1, "moved here"),
    ],
)  # fmt: skip
def test_new_registrations_are_those_of_the_year_in_neither_list(
    registered, tax, units, count, why
):
    lists = (tax_rows(tax), enrollment_rows(units))
    found = find_new_registrations(registry_rows(registered), lists, "2022Q4", WORDS, YUEYANG)
    assert (found.height if found is not None else None) == count, why


def test_without_a_registration_none_is_new():
    assert find_new_registrations(None, (tax_rows(TAX),), "2022Q4", WORDS, YUEYANG) is None
