"""The pages of results: numbers that add up, lists that hold what a number said, one firm."""

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from html import unescape
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from gapmatch.api.stores import open_store
from gapmatch.desk.firm_filter import FirmFilter
from gapmatch.desk.firm_model import build_firm_page
from gapmatch.desk.pair_view import build_pair_view, compare_values
from gapmatch.desk.results_model import build_firms_page, build_results_page
from gapmatch.desk.stored_quarter import QuarterCache, load_quarter
from gapmatch.results.breakdowns import round_to_total
from gapmatch.store.runs import Store


def _add_later_migration(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = "migration_set, name, applied_at"
        connection.execute(
            f"INSERT INTO _sqlite_migrations ({columns}) VALUES ('gapmatch', '0099_later', '')"
        )


MARKUP = "<b onclick=alert(1)>蓝山商贸</b>&amp;"


@pytest.fixture(scope="module")
def stored(sample):
    return load_quarter(sample.path)


def _count(stored, address):
    """Return how many firms the list at ``address`` has."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    return build_firms_page(stored, FirmFilter.from_query(query))["found"]


def test_a_target_has_its_slip_and_its_town_on_its_page(desk):
    firm = load_quarter(desk.workspace).firms.drop_nulls("rank").row(-1, named=True)
    page = desk.get(f"/firm/{firm['firm']}").text
    assert firm["town"] in page
    slip = desk.post(f"/firm/{firm['firm']}/slip", {"quarter": "2022Q4", "make": "slips"})
    assert slip.content[:2] == b"PK"
    none = load_quarter(desk.workspace).firms.filter(pl.col("rank").is_null())["firm"][0]
    assert desk.post(f"/firm/{none}/slip", {"quarter": "2022Q4"}).status_code == 400


def test_a_step_that_takes_nothing_away_has_no_bar_of_its_own(desk):
    """Two bars of the same length and number left a newcomer looking for the difference."""
    steps = build_results_page(load_quarter(desk.workspace))["steps"]
    shown = desk.get("/results").text.partition('class="bridge"')[2].partition("</ol>")[0]
    wanted = [s for n, s in enumerate(steps) if s.less or n in (0, len(steps) - 1)]
    assert shown.count("<li>") == len(wanted)
    assert steps[-1].firms.label in shown


def test_the_list_behind_a_number_of_the_bridge_has_as_many_firms(stored):
    page = build_results_page(stored)
    for step in page["steps"]:
        for count in (step.firms, *step.less):
            assert _count(stored, count.address) == count.firms, count.label
    for count in page["statuses"]:
        assert _count(stored, count.address) == count.firms, count.label
    assert sum(count.firms for count in page["statuses"]) == page["total"]["firms"]


def test_the_list_behind_a_number_of_a_change_has_as_many_firms(stored, sample):
    changes = build_results_page(stored)["changes"]
    assert [count.firms > 0 for count in changes].count(True) > 3, "the sample has most kinds"
    for count in changes:
        quarter = parse_qs(urlsplit(count.address).query)["quarter"][0]
        assert _count(load_quarter(sample.path, quarter), count.address) == count.firms, count.label
    unknown = FirmFilter(change_kind="previous; drop")
    assert build_firms_page(stored, unknown)["found"] == 0, "an address that someone typed"


def test_every_number_of_the_results_opens_its_firms(desk):
    page = desk.get("/results").text.partition("<main")[2]
    assert "与上一季相比" in page
    assert '<div class="figure">' not in page
    cells = re.findall(r'<td class="n">(.*?)</td>', page, re.DOTALL)
    bare = [c for c in cells if not re.search(r"<a |%", c) and re.sub(r"<.*?>", "", c) != "0"]
    assert bare == []


@pytest.mark.parametrize("group", ["county", "section", "size", "town"])
def test_the_list_behind_a_number_of_a_group_has_as_many_firms(stored, group):
    county = stored.counties[0] if group == "town" else ""
    page = build_results_page(stored, county)
    rows = page["groups"][group]
    assert sum(row.firms.firms for row in rows) + 0 * page["hidden_towns"] <= page["total"]["firms"]
    for row in rows[:6]:
        for count in (row.firms, row.uninsured, row.review, row.targets, row.tier_a):
            assert _count(stored, count.address) == count.firms, row.label


def test_a_firm_is_found_by_name_code_case_and_person_and_the_person_is_not_shown(stored):
    firms = stored.results.firms.filter(pl.col("legal_rep").str.len_chars() == 3)
    row = firms.filter(pl.col("duplicate_of").is_null()).row(0, named=True)
    case = stored.firms.drop_nulls("case_number").row(0, named=True)
    searches = [
        (row["name"], row["firm"]),
        (row["name"][2:7], row["firm"]),
        (row["code_text"].lower(), row["firm"]),
        (f" {row['code_text']} ", row["firm"]),
        (row["legal_rep"], row["firm"]),
        (case["case_number"], case["firm"]),
    ]
    for text, firm in searches:
        assert firm in FirmFilter(text=text).select(stored.firms)["firm"].to_list(), text
    assert row["legal_rep"] not in str(
        build_firms_page(stored, FirmFilter(text=row["legal_rep"]))["rows"]
    )
    assert stored.find_firm(row["firm"])["legal_rep"] == row["legal_rep"][0] + "**"


def test_a_surname_finds_no_persons(stored):
    surname = stored.results.firms["legal_rep"].drop_nulls()[0][0]
    found = FirmFilter(text=surname).select(stored.firms)
    texts = pl.concat_str("found_by", "other_names", "case_number", ignore_nulls=True)
    assert found.select(texts.str.contains(surname, literal=True)).to_series().all()


@pytest.mark.parametrize("text", ["%", "_", "(", "\\", "'; DROP TABLE firms", "无此企业", "*"])
def test_a_search_takes_every_character_as_it_is(stored, text):
    found = FirmFilter(text=text).select(stored.firms)
    assert found.height < stored.firms.height


def test_the_parts_of_a_weight_follow_each_other_and_are_words(stored, sample):
    links = stored.results.links.drop_nulls("unit").sort("weight", descending=True)
    with open_store(sample.path) as store:
        page = build_firm_page(stored, store, links["firm"][0])
    pair = page["candidates"][0].pair
    assert pair.steps[0].strength == "随便取一对，多半不是同一家"
    assert not re.search(r"\d\.\d", "".join(s.strength + s.standing for s in pair.steps))
    ends = [(step.left, step.left + step.width) for step in pair.steps]
    for (low, high), (begin, end) in pairwise(ends):
        assert begin <= high + 1
        assert end >= low - 1


def test_a_firm_has_its_visits_and_every_quarter(stored, sample):
    cases = sample.cases().filter(pl.col("visits") > 0)
    number = cases["number"][0]
    firm = stored.case_numbers.filter(pl.col("case_number") == number)
    with open_store(sample.path) as store:
        page = build_firm_page(stored, store, firm["firm"][0])
    assert len(page["visits"]) == cases["visits"][0]
    assert [row["quarter"] for row in page["history"]] == sample.quarters()[::-1]


def test_a_quarter_stays_in_memory_until_it_is_run_again(sample, monkeypatch):
    cache = QuarterCache()
    first = cache.load(sample.path)
    assert cache.load(sample.path) is first
    state = [7]
    monkeypatch.setattr("gapmatch.desk.stored_quarter._read_state", lambda *_: ("q", *state))
    other = cache.load(sample.path)
    state[0] = 8
    assert cache.load(sample.path) is not other


def test_pages_show_names_with_markup_as_text(desk, monkeypatch):
    stored = load_quarter(desk.workspace)
    firm = stored.firms["firm"][0]
    named = pl.when(pl.col("firm") == firm).then(pl.lit(MARKUP)).otherwise("name").alias("name")
    monkeypatch.setitem(stored.__dict__, "firms", stored.firms.with_columns(named))
    marked = replace(stored.results, firms=stored.results.firms.with_columns(named))
    monkeypatch.setitem(stored.__dict__, "results", marked)
    for path in ("/firms", f"/firm/{firm}"):
        text = desk.get(path).text
        assert MARKUP not in text
        assert MARKUP in unescape(text)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/results", "从税务清册到本季走访"),
        ("/results?county=nowhere", "按县（市、区）"),
        ("/firms?page=99999", "第"),
        ("/firms?page=x&part=nonsense&sort=what", "没有符合的企业"),
        ("/firms?size=abc&section=%3F", "没有符合的企业"),
    ],
)
def test_pages_open_whatever_the_address(desk, path, words):
    answer = desk.get(path)
    assert answer.status_code == 200
    assert words in answer.text


@pytest.mark.parametrize("path", ["/firm/99999", "/results?quarter=2001Q1", "/firms?quarter=x"])
def test_what_is_not_there_is_said_with_a_way_on(desk, path):
    answer = desk.get(path)
    assert answer.status_code == 400
    assert "没有完成" in answer.text


def test_without_a_quarter_the_page_leads_to_the_files(new_desk):
    assert 'href="/files"' in new_desk.get("/results").text


def test_a_name_that_agrees_by_another_name_is_shown_as_unlike():
    """Else a clerk reads two wholly different names with a tick behind them."""
    link = {"level_name": "exact", "level_own_name": "different"}
    firm = {"name": "晨光五金店", "aliases": []}
    unit = {"name": "东岭印务有限公司", "aliases": ["晨光五金店"]}
    own, other = compare_values(link, firm, unit)[:2]
    assert (own.state, other.state) == ("different", "same")
    assert other.firm == other.unit == (("晨光五金店", False),)
    alike = compare_values({"level_name": "exact", "level_own_name": "exact"}, firm, unit)
    assert [value.state for value in alike[:2]] == ["same", "missing"]


@pytest.mark.parametrize(
    ("values", "wanted", "why"),
    [
        ([0.4, 0.4, 0.4], [1, 0, 0], "the rounded sum is 1, none alone reaches it"),
        ([1.6, 1.6], [2, 1], "each alone would be 2, their sum is 3"),
        ([2.0, None], [2, 0], "nothing is to be rounded"),
        ([], [], "there are no groups"),
    ],
)
def test_rounded_parts_add_up_to_the_rounded_sum(values, wanted, why):
    rounded = round_to_total(pl.Series(values, dtype=pl.Float64)).to_list()
    assert rounded == wanted, why


def test_the_last_bar_ends_at_the_verdict_if_another_firm_has_the_unit(stored):
    link = {"part_name": 20.0, "level_name": "exact", "weight": 20.0, "lost_to": 7}
    link |= {"probability": 0.001, "level_own_name": None, "firm": 1}
    names = {"name": "甲有限公司", "unit": 2, "unit_id": "1", "aliases": None}
    pair = build_pair_view(link, names, names)
    assert pair.steps[-1].label == "另有更像的企业争这个单位"
    assert pair.steps[-1].standing == "多半不是"
    assert pair.is_likely_alone


def test_a_list_is_downloaded_as_it_is_filtered_and_shows_no_person(desk, stored):
    answer = desk.get("/firms/download?status=uninsured")
    assert answer.content[:2] == b"PK"
    sheet = pl.read_excel(answer.content, sheet_id=1, read_options={"header_row": None})
    texts = {str(cell) for row in sheet.rows() for cell in row}
    chosen = stored.firms.filter(pl.col("status") == "uninsured")
    assert set(chosen["name"].drop_nulls()) <= texts
    persons = stored.results.firms["legal_rep"].drop_nulls()
    assert not {person for person in persons if len(person) > 2} & texts


def test_the_way_back_from_a_firm_leads_to_its_list(desk):
    listed = f"{desk.session.origin}/firms?status=uninsured&page=2"
    page = desk.get("/firm/3?quarter=2022Q3", headers={"referer": listed}).text
    assert 'href="/firms?status=uninsured&amp;page=2"' in page
    elsewhere = "http://example.org/firms?status=uninsured"
    assert "回到名单" not in desk.get("/firm/3?quarter=2022Q3", headers={"referer": elsewhere}).text


@pytest.mark.parametrize(
    ("spoil", "words", "why"),
    [
        (lambda path: path.unlink(missing_ok=True), "还没有", "there is none yet"),
        (lambda path: path.write_bytes(b"no database " * 500), "损坏", "damaged"),
        (_add_later_migration, "更新版本", "of a newer version"),
    ],
)
@pytest.mark.parametrize("path", ["/results", "/review", "/papers", "/returns", "/whatif"])
def test_a_database_that_cannot_be_read_is_not_called_empty(empty_desk, spoil, words, why, path):
    with Store.open(empty_desk.workspace) as store:
        place = store.path
    spoil(place)
    assert words in empty_desk.get(path).text, why
