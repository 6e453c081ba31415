"""The review: what is next, what is left, decisions in the ledger, two reviewers, several tabs."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import unquote

import polars as pl
import pytest

from gapmatch.api.reviews import (
    find_last_decision,
    load_review_queue,
    record_decision,
    retract_decision,
)
from gapmatch.api.stores import open_store
from gapmatch.desk import routes
from gapmatch.desk.competitor_groups import build_review_group, group_competitors
from gapmatch.desk.pair_queue import QueueCache, build_queue, list_doubts, narrow_frames
from gapmatch.desk.review_model import ReviewChoice, build_review_page
from gapmatch.desk.stored_quarter import find_next_run, load_quarter
from gapmatch.errors import InputError
from gapmatch.ledger.decisions import DECISIONS
from gapmatch.ledger.entries import load_decisions
from gapmatch.ledger.filled_rows import Pair
from gapmatch.ledger.review_queue import build_review_queue, select_own_decisions
from gapmatch.store.lock import lock_workspace

NONE = pl.DataFrame(schema=DECISIONS)


@pytest.fixture
def stored(reviewed):
    return load_quarter(reviewed.workspace)


def _load(desk):
    with open_store(desk.workspace) as store:
        return load_decisions(store.db)


def _key(text):
    return re.search(r'name="key" value="([\d-]+)"', text)[1]


def test_skipping_leads_through_all_pairs_and_back_to_the_first(stored):
    first = build_review_page(stored, NONE, ReviewChoice(who="a"))
    seen, page = [], first
    for _turn in range(first["left"]):
        seen.append(page["pair"]["key"])
        assert not page["is_again"]
        page = build_review_page(stored, NONE, ReviewChoice(who="a", after=page["pair"]["key"]))
    assert len(set(seen)) == first["left"]
    assert page["pair"]["key"] == seen[0]
    assert page["is_again"], "the page says so: the key for skipping did something"


def test_headcounts_stand_right_below_the_persons(stored):
    """Equal headcounts say much, and were the row that the buttons covered."""
    names = [
        value.name
        for value in build_review_page(stored, NONE, ReviewChoice(who="a"))["pair"]["view"].values
    ]
    assert names.index("headcount") == names.index("person") + 1
    assert names.count("headcount") == 1


def test_filters_leave_the_pairs_that_they_count(stored):
    page = build_review_page(stored, NONE, ReviewChoice(who="a"))
    assert sum(count.pairs for count in page["counties"]) == page["left_in_all"]
    for count in page["counties"][:3]:
        chosen = build_review_page(stored, NONE, ReviewChoice(who="a", county=count.value))
        assert chosen["left"] == count.pairs
    for count in page["doubts"]:
        chosen = build_review_page(stored, NONE, ReviewChoice(who="a", doubt=count.value))
        assert chosen["left"] == count.pairs
        assert count.label in chosen["pair"]["doubts"]


def test_decisions_mean_the_same_in_the_narrowed_lists(stored):
    """Renamed, recoded, ambiguous and gone: each finds the rows that it finds in all of them."""
    frames = {name: getattr(stored.results, name) for name in ("firms", "units", "links")}
    rows = build_review_queue(frames, NONE, "a").head(12).to_dicts()
    twin = frames["firms"]["standard_name"].mode()[0]
    changes = [
        {},
        {"firm_code": None},
        {"firm_name": "另一个名称"},
        {"unit_id": None},
        {"unit_id": None, "unit_name": "别的"},
        {"firm_code": "none", "firm_name": twin},
        {"firm_code": None, "firm_name": None},
    ]
    entries = [
        {**dict.fromkeys(DECISIONS), **{n: row[n] for n in Pair._fields}, **changes[at % 7]}
        | {"id": at, "verdict": ("same", "different", "unsure")[at % 3], "who": "ab"[at % 2]}
        for at, row in enumerate(rows)
    ]
    decisions = pl.DataFrame(entries, schema=DECISIONS)
    narrowed = build_review_queue(narrow_frames(stored, decisions), decisions, "a")
    assert narrowed.equals(build_review_queue(frames, decisions, "a"))


def test_a_queue_that_is_held_equals_one_that_is_built(stored):
    cache, entries = QueueCache(), []
    queue = cache.load(stored, NONE, "a")
    steps = [("a", "same"), ("a", "unsure"), ("b", "different"), ("a", "retracted"), ("a", "same")]
    for at, (who, verdict) in enumerate(steps, 1):
        row = queue.row(at % 3, named=True) if verdict != "retracted" else entries[0]
        entries.append(
            {**dict.fromkeys(DECISIONS), **{n: row[n] for n in Pair._fields}}
            | {"id": at, "verdict": verdict, "who": who, "at": f"2023-01-0{at}"}
        )
        decisions = pl.DataFrame(entries, schema=DECISIONS)
        queue = cache.load(stored, decisions, "a")
        assert queue.equals(build_queue(stored, decisions, "a")), (who, verdict)


OPINIONS = [
    ("a same", "", "decided: nobody else is asked, but for an opinion of their own"),
    ("a unsure", "bc", "whoever is not sure has done"),
    ("a same, b different", "ac", "contradicted: asked again; a third may settle it"),
    ("a same, b different, a same", "bc", "the last word is a's, knowing b's"),
    ("a same, b different, a different", "", "a was convinced"),
    ("a unsure, b same, c different", "b", "the unsure one is not asked again"),
]


@pytest.mark.parametrize(("said", "asked", "why"), OPINIONS)
def test_who_is_asked_about_a_pair(stored, said, asked, why):
    pair = build_queue(stored, NONE, "a").row(0, named=True)
    spoken = [part.split() for part in said.split(", ")]
    entries = [
        {**dict.fromkeys(DECISIONS), **{n: pair[n] for n in Pair._fields}}
        | {"id": at, "verdict": verdict, "who": who, "at": f"2023-01-0{at}"}
        for at, (who, verdict) in enumerate(spoken, 1)
    ]
    decisions = pl.DataFrame(entries, schema=DECISIONS)
    cache = QueueCache()

    def is_asked(who, heard):
        return pair["key"] in cache.load(stored, heard, who)["key"].to_list()

    for who in "abc":
        assert is_asked(who, decisions) == (who in asked), (who, why)
        own = select_own_decisions(decisions, who)
        assert is_asked(who, own) == (who not in {w for w, _verdict in spoken}), (who, why)


PAIR = {"decision": None, "lost_to": None, "relation": "same"}
LEVELS = {"level_code": "same", "level_name": "exact", "level_person": "same"}
DOUBTS = [
    ({}, 1, [], "all agrees"),
    ({}, 2, ["competing"], "two claim the unit"),
    ({"lost_to": 7}, 1, ["competing"], "lost to another firm"),
    ({"decision": "stale"}, 1, ["changed"], "the data changed"),
    ({"decision": "disputed"}, 1, ["disputed"], "reviewers disagree"),
    ({"level_code": "conflict"}, 1, ["code"], "two valid codes"),
    ({"level_code": "missing", "level_name": "typo"}, 1, ["name", "no_code"], "a slip, no code"),
    (
        {"relation": "head_office", "level_person": "different"},
        1,
        ["head_office", "person"],
        "both",
    ),
]


@pytest.mark.parametrize(("changes", "claims", "wanted", "why"), DOUBTS)
def test_what_is_in_doubt_has_a_name(changes, claims, wanted, why):
    assert list_doubts({**PAIR, **LEVELS, **changes}, claims) == wanted, why


def test_competitors_are_grouped_by_their_units(stored):
    queue = build_queue(stored, NONE, "a")
    claims = group_competitors(stored, queue)
    assert claims["firm"].n_unique() == claims.select("firm", "group").n_unique()
    assert claims["unit"].n_unique() == claims.select("unit", "group").n_unique()
    for place in claims["group"].unique():
        group = build_review_group(stored, NONE, "a", place)
        assert any(len(pairs) > 1 for pairs in group["units"])
        assert any(is_open for pairs in group["units"] for _pair, _decision, is_open in pairs)


def test_nothing_of_a_blind_review_shows_scores_or_others(reviewed):
    first = reviewed.get("/review?who=甲").text
    reviewed.post("/review/decide", {"who": "乙", "key": _key(first), "verdict": "unsure"})
    sighted, blind = (reviewed.get(f"/review?who=甲{more}").text for more in ("", "&blind=1"))
    assert "是同一家的可能性" in sighted
    assert "乙：无法判断" in sighted
    for words in ("是同一家的可能性", "乙：无法判断", "判断的由来", "核对人意见不一</span>"):
        assert words not in blind, words


def test_a_decision_is_in_the_ledger_at_once_and_can_be_taken_back(reviewed):
    page = reviewed.get("/review?who=丙").text
    key, before = _key(page), _load(reviewed).height
    data = {"who": "丙", "key": key, "verdict": "different", "remark": "电话 13812345678"}
    answer = reviewed.post("/review/decide", data)
    assert answer.status_code == 303
    entry = _load(reviewed).row(-1, named=True)
    assert (entry["who"], entry["verdict"]) == ("丙", "different")
    assert entry["remark"] == "电话 138****5678"
    assert _key(reviewed.get(answer.headers["location"]).text) != key
    back = reviewed.post("/review/undo", {"who": "丙"})
    assert _key(reviewed.get(back.headers["location"]).text) == key
    assert _load(reviewed)["verdict"].to_list()[before:] == ["different", "retracted"]
    nothing = reviewed.post("/review/undo", {"who": "丁"})
    assert "没有可以撤销" in unquote(nothing.headers["set-cookie"])


def test_a_decision_that_was_made_in_another_tab_is_not_written_twice(reviewed):
    key = _key(reviewed.get("/review?who=戊").text)
    for _tab in range(2):
        reviewed.post("/review/decide", {"who": "戊", "key": key, "verdict": "same"})
    assert _load(reviewed).filter(pl.col("who") == "戊").height == 1


def test_a_decision_waits_for_whoever_writes_and_is_asked_again_if_that_takes_long(
    reviewed, monkeypatch
):
    key = _key(reviewed.get("/review?who=庚").text)
    data = {"who": "庚", "key": key, "verdict": "same"}
    monkeypatch.setattr(routes, "MAX_WAITING_SECONDS", 0.2)
    before = _load(reviewed).height
    with lock_workspace(reviewed.workspace, "run 2022Q4"):
        answer = reviewed.post("/review/decide", data)
        assert "还没有记下" in unquote(answer.headers["set-cookie"])
        assert _key(reviewed.get(answer.headers["location"]).text) == key, "the same pair"
        for path, fields in WRITES:
            refused = reviewed.post(path, fields)
            assert refused.status_code == 400, path
            assert "请等它结束" in refused.text, path
    assert _load(reviewed).height == before
    monkeypatch.setattr(routes, "MAX_WAITING_SECONDS", 60.0)
    with ExitStack() as held:
        held.enter_context(lock_workspace(reviewed.workspace, "run 2022Q4"))
        with ThreadPoolExecutor(1) as other:
            written = other.submit(reviewed.post, "/review/decide", data)
            with pytest.raises(TimeoutError):
                written.result(0.5)
            held.close()
            assert written.result().status_code == 303
    assert _load(reviewed).row(-1, named=True)["who"] == "庚"


WRITES = [
    ("/safekeeping/withdraw", {"quarter": "2022Q4", "reason": "a"}),
    ("/papers/make", {"quarter": "2022Q4", "make": "slips", "tier": "A", "contacts": "1"}),
    ("/returns/undo", {"number": "1"}),
    ("/review/undo", {"who": "乙"}),
]


def test_reviewers_who_decide_at_the_same_moment_are_all_heard(reviewed):
    names = [f"同时{n}" for n in range(6)]
    keys = {who: _key(reviewed.get(f"/review?who={who}&blind=1").text) for who in names}

    def decide(who):
        data = {"who": who, "key": keys[who], "verdict": "unsure", "blind": "1"}
        return reviewed.post("/review/decide", data).status_code

    with ThreadPoolExecutor(len(names)) as together:
        assert set(together.map(decide, names)) == {303}
    assert set(names) <= set(_load(reviewed)["who"])


@pytest.mark.parametrize("verdict", ["", "retracted", "delete"])
def test_a_verdict_that_is_none_is_refused(reviewed, verdict):
    key, before = _key(reviewed.get("/review?who=己").text), _load(reviewed).height
    answer = reviewed.post("/review/decide", {"who": "己", "key": key, "verdict": verdict})
    assert answer.status_code == 400
    assert "没有这种认定" in answer.text
    assert _load(reviewed).height == before


@pytest.mark.parametrize(
    "query", ["county=x&doubt=y", "after=9-9&pair=z", "after=%00", "who=%3Cb%3E"]
)
def test_the_page_opens_whatever_the_address(reviewed, query):
    answer = reviewed.get(f"/review?{query}")
    assert answer.status_code == 200
    assert 'value="<b>"' not in answer.text


def test_the_calls_of_the_api_write_and_take_back_one_decision(reviewed, stored):
    own = {"workspace": reviewed.workspace, "who": "审"}
    row = build_queue(stored, _load(reviewed), "审").row(0, named=True)
    assert set((row["tax_legal_rep"] or "**")[1:]) <= {"*"}
    record_decision(row, "不是同一单位", **own)
    assert find_last_decision(**own).firm_name == row["firm_name"]
    queue = build_queue(stored, _load(reviewed), "审")
    assert row["key"] not in queue["key"].to_list()
    retract_decision(find_last_decision(**own)._asdict(), **own)
    assert find_last_decision(**own) is None
    assert row["key"] in build_queue(stored, _load(reviewed), "审")["key"].to_list()
    with pytest.raises(InputError, match="没有这种认定"):
        record_decision(row, "perhaps", **own)
    assert set(load_review_queue(**own).columns) >= {"firm", "unit", "tax_name"}


def test_pairs_that_a_status_waits_for_come_first_and_others_change_none(stored):
    """Half of the pairs of a prefecture may be of public bodies, which are no gap either way."""
    links = stored.results.links.filter(pl.col("decision") == "review")
    waits = pl.col("firm").is_in(links["firm"].unique().sort()[::2].implode())
    status = pl.when(waits).then(pl.lit("review")).otherwise(pl.lit("out_of_scope"))
    kind = stored.results.gaps["status"].dtype
    gaps = stored.results.gaps.with_columns(status.cast(kind).alias("status"))
    other = replace(stored, results=replace(stored.results, gaps=gaps))
    queue = build_queue(other, NONE, "a")
    assert queue["is_waiting"].to_list() == sorted(queue["is_waiting"].to_list(), reverse=True)
    page = build_review_page(other, NONE, ReviewChoice(who="first"))
    waiting = queue.filter("is_waiting")
    assert (page["firms"], page["without_effect"]) == (
        waiting["firm"].n_unique(),
        queue.height - waiting.height,
    )
    assert "转为疑似未参保" in str(page["pair"]["consequences"]) or "另外" in str(
        page["pair"]["consequences"]
    )
    last = build_review_page(other, NONE, ReviewChoice(who="first", pair=queue["key"][-1]))
    assert "状态不变：不在范围" in str(last["pair"]["consequences"])
    assert "疑似未参保" not in str(last["pair"]["consequences"])


def test_decisions_since_the_run_are_counted_until_they_are_taken_back(reviewed):
    page = reviewed.get("/review?who=计数").text
    key = _key(page)
    before = find_next_run(reviewed.workspace).unused
    reviewed.post("/review/decide", {"who": "计数", "key": key, "verdict": "same"})
    assert find_next_run(reviewed.workspace).unused == before + 1
    results = reviewed.get("/results").text
    assert "再运行一次才生效" in results
    is_offered = re.search(r'<button class="primary" data-desk="confirm"[^>]*>再运行一次', results)
    assert bool(is_offered) == find_next_run(reviewed.workspace).is_possible
    assert "下一步：" not in results, "papers and pairs of before the decision can wait"
    assert "计数" in reviewed.get("/review?who=计数").text
    reviewed.post("/review/undo", {"who": "计数"})
    assert find_next_run(reviewed.workspace).unused == before


def test_another_run_is_the_next_step_only_when_no_pair_is_left(reviewed):
    main = r'<button class="primary" data-desk="confirm"[^>]*>再运行一次'
    key = _key(reviewed.get("/review?who=主").text)
    reviewed.post("/review/decide", {"who": "主", "key": key, "verdict": "same"})
    page = reviewed.get("/review?who=主").text
    offer = page.index("再运行一次才生效")
    assert page.index('id="verdicts"') < offer, "below the pair that is left"
    assert not re.search(main, page)
    made = 1
    while found := re.search(r'name="key" value="([\d-]+)"', reviewed.get("/review?who=主").text):
        answer = {"who": "主", "key": found[1], "verdict": "different"}
        reviewed.post("/review/decide", answer)
        made += 1
    page = reviewed.get("/review?who=主").text
    is_possible = find_next_run(reviewed.workspace).is_possible
    for _turn in range(made):
        reviewed.post("/review/undo", {"who": "主"})
    assert page.index("待核实的都认定完了") < page.index("再运行一次才生效")
    assert bool(re.search(main, page)) == is_possible
    assert page.count("再运行一次才生效") == 1


def test_who_decides_is_asked_before_a_pair_is_shown(reviewed):
    asked = reviewed.get("/review").text
    assert "写上您的姓名" in asked
    assert 'name="key"' not in asked
    key = _key(reviewed.get("/review?who=问").text)
    before = _load(reviewed).height
    answer = reviewed.post("/review/decide", {"key": key, "verdict": "same"})
    assert "还不知道是谁认定的" in answer.text
    assert _load(reviewed).height == before
