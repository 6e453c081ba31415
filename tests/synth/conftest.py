import pytest

from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import Prefecture, make_prefecture

YEARS = tuple(f"{year}Q{number}" for year in (2022, 2023) for number in (1, 2, 3, 4))


@pytest.fixture(scope="session")
def prefecture() -> Prefecture:
    return make_prefecture(Plan(firms=4000, quarters=("2022Q2", "2022Q3", "2022Q4")))


@pytest.fixture(scope="session")
def long_prefecture() -> Prefecture:
    return make_prefecture(Plan(seed=5, firms=6000, quarters=YEARS))
