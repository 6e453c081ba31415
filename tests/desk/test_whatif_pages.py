"""Trials: exact where nothing differs, monotone where prices move, refused where they cannot be."""

import dataclasses

import polars as pl
import pytest

from gapmatch.api.what_if import estimate_settings, read_own_prices
from gapmatch.desk.stored_quarter import load_quarter
from gapmatch.desk.whatif_model import build_whatif_page
from gapmatch.errors import InputError
from gapmatch.linkage.price_estimate import decide_again, estimate_prices
from gapmatch.settings.load import LinkageSettings, load_workspace_settings


@pytest.fixture(scope="module")
def stored(sample):
    return load_quarter(sample.path)


def test_the_settings_of_the_run_give_every_stored_decision_again(sample):
    for quarter in sample.quarters():
        held = load_quarter(sample.path, quarter)
        own, links = read_own_prices(held.settings), held.results.links
        assert decide_again(links, own, own)[0].to_list() == links["decision"].to_list()


PRICES = [
    ("price_false_gap", "matches", 1, "who fears false gaps links more"),
    ("price_missed_gap", "matches", -1, "who fears missed gaps links less"),
    ("price_review", "reviews", -1, "dear reviews are fewer"),
    ("review_budget", "reviews", 1, "a larger budget never reviews less"),
]


@pytest.mark.parametrize(("name", "figure", "direction", "why"), PRICES)
def test_figures_move_one_way_with_a_price(stored, name, figure, direction, why):
    own = LinkageSettings(review_budget=0) if figure == "matches" else LinkageSettings()
    values = [0, 1, 5, 50] if name == "review_budget" else [0.05, 0.4, 1, 4, 9]
    changed = [own.model_copy(update={name: value}) for value in values]
    links = stored.results.links
    found = [getattr(estimate_prices(links, settings, own), figure) for settings in changed]
    assert found == sorted(found, reverse=direction < 0), why


def test_visits_bring_more_persons_the_more_there_are(stored):
    pages = [build_whatif_page(stored, {"visits": n}) for n in (0, 5, 40, 100_000)]
    persons = [float(page.as_texts()["persons"].replace(",", "")) for page in pages]
    assert persons[0] == 0
    assert persons == sorted(persons)
    assert pages[-1].as_texts()["visits"] == f"{stored.results.targets.height:,}"


def test_the_page_says_how_to_make_prices_hold(stored):
    own = read_own_prices(stored.settings)
    changed = {"price_false_gap": own.price_false_gap + 1, "price_review": own.price_review}
    page = build_whatif_page(stored, changed)
    price = own.price_false_gap
    assert page.changes == f"误列一户有多要紧：{price:g} 改为 {price + 1:g}"


@pytest.mark.parametrize(
    "prices", [{"price_review": 0}, {"price_false_gap": -1}, {"batch_pairs": 5}, {"x": 1}]
)
def test_a_price_that_cannot_be_is_refused(sample, prices):
    with pytest.raises(InputError, match="不能这样设"):
        estimate_settings(prices, workspace=sample.path)


def test_the_call_of_the_api_has_now_and_then(sample):
    estimate = estimate_settings({"review_budget": 0}, visits=3, workspace=sample.path).as_dict()
    assert estimate["then"]["reviews"] <= estimate["now"]["reviews"]
    assert estimate["visits"]["planned"] == 3


@pytest.mark.parametrize("value", ["x", "-1", "nan", "inf", "1e30", "９９９９９９９９９"])
def test_a_slider_that_sends_nonsense_is_refused(desk, value):
    answer = desk.get(f"/whatif/estimate?visits={value}", headers={"accept": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["remedy"]


def test_a_script_gets_the_figures_that_the_page_shows(desk):
    figures = desk.get("/whatif/estimate?review_budget=1").json()
    page = desk.get("/whatif?review_budget=1").text
    for name, text in figures.items():
        assert f'data-value="{name}"' in page
        assert text in page


def test_prices_of_the_sliders_are_written_to_the_settings_and_only_what_differs(desk):
    own = read_own_prices(load_quarter(desk.workspace).settings)
    county = load_quarter(desk.workspace).counties[0]
    fields = {"price_false_gap": f"{own.price_false_gap:g}", "review_budget": "7", "visits": "30"}
    fields |= {"quota-0": "12", "quota-1": ""}
    assert desk.post("/whatif/keep", fields).status_code == 303
    text = (desk.workspace / "gapmatch.toml").read_text(encoding="utf-8-sig")
    assert text.strip() == (
        f'[linkage]\nreview_budget = 7\n\n[capacity]\ntotal = 30\n"{county}" = 12'
    )
    assert "再运行一次 2022Q4 才生效" in desk.get("/results").text
    saved = desk.get("/whatif").text.partition("已记下、下次运行才用到：")[2]
    assert "改为 30" in saved[:200]
    assert desk.post("/whatif/keep", {"quota-0": ""}).status_code == 303
    assert county not in (desk.workspace / "gapmatch.toml").read_text(encoding="utf-8-sig")
    assert desk.post("/whatif/keep", {"price_review": "-1"}).status_code == 400


def test_what_was_saved_can_be_taken_back_before_a_run(desk):
    stored = load_quarter(desk.workspace)
    own = read_own_prices(stored.settings)
    planned = stored.firms.filter(pl.col("tier") == "A").height
    price = {"price_missed_gap": f"{own.price_missed_gap:g}"}
    steps = [
        ({"price_missed_gap": "9", "visits": "100"}, 9, 100, "both are saved"),
        ({"price_missed_gap": "9", "visits": "100"}, 9, 100, "nothing was moved"),
        ({**price, "visits": f"{planned}"}, own.price_missed_gap, None, "moved back"),
        ({"visits": "100"}, own.price_missed_gap, 100, "a total alone"),
        ({"visits": "100", "by-county": "1"}, own.price_missed_gap, None, "the box is ticked"),
    ]
    for fields, wanted, total, why in steps:
        assert desk.post("/whatif/keep", fields).status_code == 303
        settings = load_workspace_settings(desk.workspace)
        found = settings.linkage.price_missed_gap, settings.capacity.get("total")
        assert found == (wanted, total), why
        sliders = {s.name: s.value for s in build_whatif_page(stored, {}, settings).sliders}
        assert sliders["price_missed_gap"] == wanted, "the page shows what is saved"
        assert sliders["visits"] == (total or planned), "and the total"


def test_an_earlier_quarter_begins_with_its_own_settings(desk):
    assert desk.post("/whatif/keep", {"price_missed_gap": "9", "visits": "77"}).status_code == 303
    settings = load_workspace_settings(desk.workspace)
    earlier, latest = (load_quarter(desk.workspace, q) for q in ("2022Q3", "2022Q4"))
    own = read_own_prices(earlier.settings).price_missed_gap
    starts = [
        {s.name: s.value for s in build_whatif_page(stored, {}, settings).sliders}
        for stored in (earlier, latest)
    ]
    assert [start["price_missed_gap"] for start in starts] == [own, 9]
    fields = {name: f"{value:g}" for name, value in starts[0].items()}
    desk.post("/whatif/keep", {"quarter": "2022Q3", **fields})
    again = load_workspace_settings(desk.workspace)
    assert again == settings, "nothing was moved, so nothing is written"


def test_a_budget_of_nothing_can_be_raised_again(stored):
    settings = {**stored.settings, "linkage": {**stored.settings["linkage"], "review_budget": 0}}
    page = build_whatif_page(dataclasses.replace(stored, settings=settings), {})
    budget = next(s for s in page.sliders if s.name == "review_budget")
    assert (budget.own, budget.high >= LinkageSettings().review_budget) == (0, True)
