import pytest

from gapmatch.synth.plan import Plan, list_quarters_until
from gapmatch.synth.prefecture import Prefecture, make_prefecture


@pytest.fixture(scope="session")
def prefecture() -> Prefecture:
    return make_prefecture(Plan(firms=4000, quarters=list_quarters_until("2022Q4", 3)))


@pytest.fixture(scope="session")
def long_prefecture() -> Prefecture:
    return make_prefecture(Plan(seed=5, firms=6000, quarters=list_quarters_until("2023Q4", 8)))
