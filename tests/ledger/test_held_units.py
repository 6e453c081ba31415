"""A unit that a person gave to a firm stays that firm's, also in a quarter without the firm."""

import polars as pl
import pytest
from invented_rows import enrollment_rows, standardised, tax_rows

from gapmatch.ledger.decisions import DECISIONS, EARLIER_LINKS, resolve_for_linkage
from gapmatch.ledger.identity import select_identity
from gapmatch.linkage import link, load_shipped_model
from gapmatch.settings.load import LinkageSettings

JUDGED, OTHER = "云州县青垣石材有限公司", "云州县青垣建材有限公司"
UNIT = {"name": "云州县青垣建材有限公司", "unit_id": "U1"}
MORE = [{"name": f"云州县{c}{d}商贸有限公司"} for c in "丰泰和顺" for d in "岭坪溪湾"]


def sides(*names: str, unit: dict = UNIT):
    firms = [{"name": name} for name in names] + MORE
    numbered = [{**f, "seq": str(n)} for n, f in enumerate(firms)]
    units = [unit, *({**m, "unit_id": f"M{n}"} for n, m in enumerate(MORE[:8]))]
    return standardised(tax_rows(numbered), enrollment_rows(units))


def judge(firm: str, *verdicts: tuple[str, str]) -> pl.DataFrame:
    """Return DECISIONS of (who, verdict) on ``firm`` and the unit, as entered in a quarter with
    both.
    """
    firms, units = sides(JUDGED, OTHER)
    at, of = (s["name"].to_list().index(n) for s, n in ((firms, firm), (units, UNIT["name"])))
    one, other = (select_identity(s, k) for s, k in ((firms, "firm"), (units, "unit")))
    f, u = one.row(at, named=True), other.row(of, named=True)
    rows = [
        (
            n,
            verdict,
            who,
            f"t{n}",
            None,
            f["code"],
            f["name"],
            "U1",
            u["code"],
            u["name"],
            None,
            None,
        )
        for n, (who, verdict) in enumerate(verdicts)
    ]
    return pl.DataFrame(rows, schema=DECISIONS, orient="row")


SAME = judge(JUDGED, ("甲", "same"))


@pytest.mark.parametrize(
    ("firms", "unit", "decisions", "decision", "why"),
    [
        ([JUDGED, OTHER], UNIT, SAME, "non_match", "the judged firm has it"),
        ([OTHER], UNIT, SAME.clear(), "match", "nobody judged"),
        ([OTHER], UNIT, SAME, "review", "its firm left the list, and the decision stands"),
        ([OTHER], UNIT, judge(JUDGED, ("甲", "same"), ("甲", "retracted")), "match", "taken back"),
        ([OTHER], UNIT, judge(JUDGED, ("甲", "same"), ("乙", "different")), "match", "disputed"),
        (
            [OTHER],
            UNIT,
            judge(JUDGED, ("甲", "different")),
            "match",
            "judged not to be that firm's",
        ),
        (
            [OTHER],
            UNIT,
            pl.concat([SAME, judge(OTHER, ("甲", "same")).with_columns(id=pl.lit(9, pl.Int64))]),
            "match",
            "given to the other one since",
        ),
        (
            [OTHER],
            {**UNIT, "name": "云州县青垣建材有限责任公司第二门市部"},
            SAME,
            "non_match",
            "the number is another unit's now: nothing is held, and it is no one's by its name",
        ),
    ],
)
def test_a_judged_unit_waits_for_a_look_while_its_firm_is_gone(
    firms, unit, decisions, decision, why
):
    firm_side, unit_side = sides(*firms, unit=unit)
    settled = resolve_for_linkage(
        firm_side, unit_side, decisions, pl.DataFrame(schema=EARLIER_LINKS)
    )
    linkage = link(firm_side, unit_side, load_shipped_model(), LinkageSettings(), settled)
    other = firm_side["name"].to_list().index(OTHER)
    found = linkage.links.filter(firm=other).sort("probability", descending=True)
    assert found["decision"][0] == decision, why
    assert linkage.summary["reviews"] == (linkage.links["decision"] == "review").sum()
