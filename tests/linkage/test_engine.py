"""The linkage as a whole: what it links, what it leaves, and that bad lists do not stop it."""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import polars as pl
import pytest
from invented_rows import Row, enrollment_rows, standardised, tax_rows
from linked_lists import link_rows

from gapmatch.linkage import link, load_shipped_model
from gapmatch.schemas import LINKS
from gapmatch.settings.load import LinkageSettings
from gapmatch.standardise.check_codes import CREDIT_CODE, ORGANISATION_CODE
from gapmatch.wording.note_sentences import describe_notes

CODES = ("credit_code", "taxpayer_code", "org_code", "registration_no")
NAME, CODE, OTHER_CODE = "遵义砚柘云岭商贸有限公司", "91520303MA6DQN1X0E", "91520322MA6E0AAA3R"


def linked(tax, enrollment, settled=None):
    return link(*standardised(tax, enrollment), load_shipped_model(), LinkageSettings(), settled)


def by_content(linkage, firms, units):
    """Links keyed by what the lists call the rows."""
    names = ("taxpayer", firms.select("firm", "seq")), ("unit", units.select("unit", "unit_id"))
    links = linkage.links.join(names[0][1], on="firm").join(names[1][1], on="unit", how="left")
    told = ["seq", "unit_id", "weight", "probability", "decision", "relation", "basis", "lost_by"]
    return links.select(told).sort("seq", "unit_id")


# -- on a whole prefecture


def test_the_links_keep_their_promise(small_linkage, small_sides):
    LINKS.check(small_linkage.links.select(list(LINKS)))
    assert set(small_linkage.links["firm"]) == set(small_sides[0]["firm"]), "every firm is told"
    assert (
        small_linkage.links.select(pl.struct("firm", "unit").is_duplicated().any()).item() is False
    )


def test_no_unit_is_the_same_as_two_firms(small_linkage):
    same = small_linkage.links.filter(
        (pl.col("decision") == "match") & (pl.col("relation") == "same")
    )
    assert same["unit"].is_unique().all()
    assert same["firm"].is_unique().all()


def test_most_enrolled_firms_of_an_invented_prefecture_are_found(
    small_linkage, small_sides, small_quarter
):
    firms, units = small_sides
    truth = small_quarter.truth.with_columns(pl.col("tax_seq").cast(pl.String).alias("seq"))
    told = (
        small_linkage.links.filter((pl.col("decision") == "match") & (pl.col("relation") == "same"))
        .join(firms.select("firm", "seq"), on="firm")
        .join(units.select("unit", pl.col("unit_id").alias("found")), on="unit")
        .join(truth.select("seq", "unit_id"), on="seq")
    )
    right = (told["found"] == told["unit_id"]).sum()
    enrolled = truth.filter(pl.col("unit_id").is_not_null() & (pl.col("unit_id") != "")).height
    assert right / told.height >= 0.98
    assert right / enrolled >= 0.93


def test_the_order_of_rows_changes_no_link(small_rows):
    tax, enrollment = small_rows.tax.head(800), small_rows.enrollment
    shuffled = [
        frame.sample(fraction=1, shuffle=True, seed=seed)
        for seed, frame in enumerate((tax, enrollment))
    ]
    one, other = (
        by_content(link(*sides, load_shipped_model(), LinkageSettings()), *sides)
        for sides in (standardised(tax, enrollment), standardised(*shuffled))
    )
    assert one.equals(other)


# -- small cases, which stand among a whole prefecture and are linked all at once


class Case(NamedTuple):
    """Rows of both lists, and what people decided: place in ``tax``, place in ``enrollment``, decision."""

    tax: Sequence[Row]
    enrollment: Sequence[Row]
    decided: Sequence[tuple[int, int, str]] = ()


BRANCH = NAME + "桐梓分公司"
FIRM = {"name": NAME, "credit_code": CODE, "legal_rep": "王砚生", "phone": "13800000001"}
OWNER = {"legal_rep": "王砚生", "phone": "13800000001", "address": "汇川区砚田路12号"}
OTHER = {"name": "桐梓县青石柏矿业有限公司", "legal_rep": "李青石", "phone": "13900000002"}
DECIDED = [
    (said, decision, unit)
    for said, decision in (("same", "match"), ("different", "non_match"), ("unsure", "review"))
    for unit in ("遵义砚柘云岭矿业有限公司", NAME, "桐梓县青石养殖场")
]
ACCOUNTS = [
    (name, account, why)
    for name in (NAME, "砚柘（工地）")
    for account, why in (
        ({"phone": "13900000002"}, "another phone"),
        ({"legal_rep": "李青石", "phone": "13900000002"}, "another person and phone"),
        ({"legal_rep": "李青石", "credit_code": None}, "another person and no code"),
        ({"name": NAME + "（第二户）", "phone": None}, "a remark behind the name"),
        ({"name": "砚柘公司", "legal_rep": "李青石"}, "in short, known by the code alone"),
    )
]
NEIGHBOURS = [
    ("遵义砚云钢筋加工厂", "遵义砚墨池钢筋加工厂", "one trade, two trade names"),
    ("遵义砚柘工艺有限公司", "遵义云岭砚柘工艺有限公司", "a trade name more"),
    ("遵义砚柘云岭鞋厂", "遵义砚柘云田鞋厂", "one character"),
]
ODD_NAMES = [
    *("长" * 300, "(" * 40, "VELTRIX CO., LTD.", "ئۇيغۇر تىلى شىركىتى", "王", "1", "", None, "\u200b", "|"),
]  # fmt: skip
ODD = [
    {"name": name, "legal_rep": f"王砚{'甲乙丙丁戊己庚辛壬癸'[n]}", "phone": f"1380000100{n}", "address": f"汇川区砚柘路{n}号"}
    for n, name in enumerate(ODD_NAMES)
]  # fmt: skip
CASES = {
    **{
        f"decided {n}": Case([{"name": NAME}], [{"name": unit}], [(0, 0, said)])
        for n, (said, _decision, unit) in enumerate(DECIDED)
    },
    "given": Case([{"name": NAME}, {"name": BRANCH}], [{"name": NAME}], [(1, 0, "same")]),
    "twins": Case([{"name": NAME}, {"name": NAME}], [{"name": NAME}]),
    "branch": Case([{"name": BRANCH}], [{"name": NAME}]),
    "branch with code": Case([{**FIRM, "name": BRANCH}, FIRM], [FIRM]),
    "second account": Case([FIRM], [FIRM, {**FIRM, "name": NAME + "（工伤）"}]),
    **{
        f"account {n}": Case([FIRM], [{**FIRM, "name": name}, {**FIRM, "name": name, **account}])
        for n, (name, account, _why) in enumerate(ACCOUNTS)
    },
    "one owner": Case(
        [{**OWNER, "name": NAME, "credit_code": CODE}],
        [{**OWNER, "name": "遵义墨池矿业有限公司", "credit_code": OTHER_CODE}],
    ),
    **{
        f"neighbours {n}": Case(
            [{"name": firm, "address": "汇川区青石镇砚田村"}],
            [{"name": unit, "address": "汇川区青石镇砚田村"}],
        )
        for n, (firm, unit, _why) in enumerate(NEIGHBOURS)
    },
    "pasted code": Case(
        [FIRM, {**OTHER, "credit_code": OTHER_CODE}], [{**FIRM, "credit_code": OTHER_CODE}, OTHER]
    ),
    "odd": Case(ODD, ODD),
}

WORDS = ("砚柘", "云岭", "墨池", "青石", "砚田", "砚生")
SCRIPT = [
    bytes((row, 0xA1 + place)).decode("gb2312") for row in range(0xD8, 0xF7) for place in range(0, 94, 5)
]  # fmt: skip
"""Characters of the second level of GB 2312, far from each other in shape and sound."""


def make_own(number: int, row: Row) -> Row:
    """Return ``row`` with names, persons, phones and codes that no other case has."""
    at = 2 * len(WORDS) * number
    own = {word: "".join(SCRIPT[at + 2 * n : at + 2 * n + 2]) for n, word in enumerate(WORDS)}
    for code in (CODE, OTHER_CODE):
        organisation = f"{code[8:13]}{'ABCDEFGHJK'[number // 10]}{number % 10}{code[15]}"
        body = code[:8] + organisation + ORGANISATION_CODE.compute_check_character(organisation)
        own[code] = body + CREDIT_CODE.compute_check_character(body)
    for phone in ("13800000001", "13900000002"):
        own[phone] = f"{phone[:4]}{number:03}{phone[7:]}"
    return {
        key: value and reduce(lambda text, word: text.replace(*word), own.items(), value)
        for key, value in row.items()
    }


@pytest.fixture(scope="module")
def found(small_rows) -> dict[str, dict[tuple[int, int | None], Row]]:
    """Links of each case by the places of firm and unit."""
    sides: tuple[list[Row], list[Row]] = ([], [])
    for number, (name, case) in enumerate(CASES.items()):
        for side, key, given in zip(sides, ("seq", "unit_id"), case[:2], strict=True):
            side += [
                {key: f"{name}/{n}", "county": "汇川区", **make_own(number, row)}
                for n, row in enumerate(given)
            ]
    firms, units = standardised(
        pl.concat([small_rows.tax, tax_rows(sides[0])]),
        pl.concat([small_rows.enrollment, enrollment_rows(sides[1])]),
    )
    keys = dict(firms.select("seq", "firm").rows()), dict(units.select("unit_id", "unit").rows())
    decided = pl.DataFrame(
        [
            (keys[0][f"{name}/{firm}"], keys[1][f"{name}/{unit}"], decision)
            for name, case in CASES.items()
            for firm, unit, decision in case.decided
        ],
        schema={"firm": pl.UInt32, "unit": pl.UInt32, "decision": pl.String},
        orient="row",
    )
    linkage = link(firms, units, load_shipped_model(), LinkageSettings(), decided)
    cases: dict[str, dict[tuple[int, int | None], Row]] = {name: {} for name in CASES}
    for row in by_content(linkage, firms, units).iter_rows(named=True):
        name, _slash, place = row["seq"].partition("/")
        if name in cases:
            unit = row["unit_id"]
            assert unit is None or unit.startswith(name), "cases do not touch each other"
            cases[name][int(place), unit and int(unit.rpartition("/")[2])] = row
    return cases


NO_LINK = {"decision": "non_match", "relation": "same"}


@pytest.mark.parametrize("number", range(len(DECIDED)))
def test_what_people_decided_holds_whatever_the_names_say(found, number):
    _said, decision, _unit = DECIDED[number]
    assert found[f"decided {number}"].get((0, 0), NO_LINK)["decision"] == decision


def test_a_unit_that_people_gave_to_one_firm_is_not_given_to_another(found):
    assert found["given"][1, 0]["decision"] == "match"
    assert found["given"].get((0, 0), NO_LINK)["decision"] != "match"


def test_twins_that_share_a_unit_are_not_both_linked_nor_called_uninsured(found):
    decisions = sorted(found["twins"][firm, 0]["decision"] for firm in (0, 1))
    assert decisions.count("match") <= 1
    assert "non_match" not in decisions


def test_a_head_office_is_never_said_to_cover_by_its_name_alone(found):
    row = found["branch"].get((0, 0), NO_LINK)
    assert (row["relation"], row["decision"] == "match") == ("same", False)


def test_a_head_office_with_its_code_on_the_branch_covers_it(found):
    assert found["branch with code"][1, 0]["decision"] == "match"
    assert found["branch with code"][0, 0]["relation"] == "head_office"


def test_a_firm_may_have_a_second_account(found):
    rows = found["second account"].values()
    assert {row["relation"] for row in rows} == {"same", "second_account"}
    assert {row["decision"] for row in rows} == {"match"}


@pytest.mark.parametrize("number", range(len(ACCOUNTS)))
def test_accounts_of_one_employer_do_not_compete(found, number):
    *_, why = ACCOUNTS[number]
    rows = found[f"account {number}"].values()
    assert {row["relation"] for row in rows} == {"same", "second_account"}, why
    assert {row["decision"] for row in rows} == {"match"}, why


def test_two_firms_of_one_owner_are_two(found):
    assert found["one owner"].get((0, 0), NO_LINK)["decision"] != "match"


@pytest.mark.parametrize("number", range(len(NEIGHBOURS)))
def test_an_address_alone_does_not_make_doubtful_names_one_firm(found, number):
    *_, why = NEIGHBOURS[number]
    row = found[f"neighbours {number}"].get((0, 0), NO_LINK)
    assert row["decision"] != "match", why


def test_a_pasted_neighbours_code_does_not_outweigh_name_and_person(found):
    assert found["pasted code"].get((1, 0), NO_LINK)["decision"] != "match"
    assert found["pasted code"][0, 0]["decision"] in ("match", "review")


def test_odd_names_are_linked_like_any_other(found):
    places = range(len(ODD))
    assert {n: found["odd"][n, n]["decision"] for n in places} == dict.fromkeys(places, "match")


# -- bad lists


@pytest.mark.parametrize(
    ("blank", "said"),
    [
        (CODES, "信用代码"),
        (("legal_rep",), "法定代表人"),
        (("phone",), "电话"),
        (("county", "agency", "address", "division_code", "town"), None),
        (("name",), None),
        ((*CODES, "legal_rep", "phone", "county", "agency", "address"), "信用代码"),
    ],
)
def test_a_list_without_a_column_is_linked_by_the_others(small_rows, blank, said):
    nothing = [pl.lit(None, small_rows.enrollment.schema[c]).alias(c) for c in blank]
    found = linked(small_rows.tax, small_rows.enrollment.with_columns(nothing))
    notes = "".join(describe_notes(found.notes, "zh"))
    assert said is None or said in notes
    same = found.links.filter((pl.col("decision") == "match") & (pl.col("relation") == "same"))
    assert same["unit"].is_unique().all()


def test_a_list_in_which_every_name_is_the_same_is_linked_by_codes(small_rows):
    named = pl.lit(NAME).alias("name")
    found = linked(small_rows.tax.with_columns(named), small_rows.enrollment.with_columns(named))
    assert found.summary["candidate_pairs"] < 50_000
    assert any(NAME[2:6] in note for note in describe_notes(found.notes, "zh"))
    matches = found.links.filter(pl.col("decision") == "match")
    assert (matches["level_code"] == "same").sum() > matches.height / 2


def test_a_list_in_which_nothing_tells_firms_apart_links_none():
    rows = [{"name": NAME, "county": "汇川区"}] * 60
    found = link_rows(rows, rows)
    assert (found.links["decision"] == "match").sum() == 0


@pytest.mark.parametrize("code", ["无", "000000000000000000", "91520303MA6DQN1X0E"])
def test_a_code_on_five_thousand_rows_brings_no_square_of_pairs(code):
    tax = [
        {"name": f"遵义砚柘第{n}商行", "credit_code": code, "county": "汇川区"} for n in range(5000)
    ]
    enrollment = [
        {"name": f"遵义砚柘第{n}商行", "credit_code": code, "county": "汇川区"}
        for n in range(0, 5000, 10)
    ]
    found = link_rows(tax, enrollment)
    assert found.summary["candidate_pairs"] < 100_000
    assert found.notes


@pytest.mark.parametrize(("firms", "units"), [(0, 0), (0, 3), (3, 0), (1, 1), (1, 3), (3, 1)])
def test_lists_of_hardly_any_rows_are_linked(firms, units):
    rows = [{"name": f"{c}州砚柘商行", "county": "汇川区", "credit_code": CODE} for c in "甲乙丙"]
    found = link_rows(rows[:firms], rows[:units])
    assert set(found.links["firm"]) == set(range(firms))
    LINKS.check(found.links.select(list(LINKS)))


def test_one_firm_and_its_unit_are_linked_though_there_is_nothing_to_learn_from():
    row = {"name": NAME, "county": "汇川区", "credit_code": CODE, "legal_rep": "王砚生"}
    assert link_rows([row], [row]).links["decision"].to_list() == ["match"]


def test_comparing_in_batches_changes_no_link(small_sides):
    firms, units = small_sides
    whole = link(firms, units, load_shipped_model(), LinkageSettings()).links
    parts = link(firms, units, load_shipped_model(), LinkageSettings(batch_pairs=1_000)).links
    assert parts.equals(whole)


@pytest.mark.parametrize(
    ("firm", "unit", "decision", "why"),
    [
        ({"name": "贵州砚柘云岭商贸有限公司"}, {}, "review", "regions of two levels"),
        (
            {"name": "砚柘云岭（遵义）商贸有限公司"},
            {"name": "砚柘云岭商贸有限公司"},
            "review",
            "no region",
        ),
        ({}, {}, "match", "one registered name in one county: registered anew"),
    ],
)
def test_two_valid_codes_are_one_firm_only_under_the_whole_name(firm, unit, decision, why):
    row = {"name": NAME, "legal_rep": "砚柘云", "county": "播州区"}
    others = [{"name": name} for name in ("遵义枫澜建材有限公司", "遵义蔚岚食品有限公司")]
    tax = tax_rows([{**row, "taxpayer_code": CODE, **firm}, *others])
    units = enrollment_rows([{**row, "credit_code": OTHER_CODE, **unit}, *others])
    links, firms, _units = linked(tax, units).links, *standardised(tax, units)
    own = firms.filter(pl.col("taxpayer_code") == CODE)["firm"][0]
    found = links.filter((pl.col("firm") == own) & (pl.col("decision") != "non_match"))
    assert found["decision"].to_list() == [decision], why
