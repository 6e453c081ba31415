"""A firm and a unit side by side, and what each comparison weighs, in words instead of bits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any, NamedTuple

from gapmatch.explanation.link_parts import Part, describe_level, explain_link, list_part_labels
from gapmatch.forms.difference import mark_differences
from gapmatch.forms.sheet_model import Marked
from gapmatch.i18n import _
from gapmatch.linkage.levels import COMPARED
from gapmatch.vocabulary.labels import list_labels

Row = Mapping[str, Any]
Pieces = Sequence[tuple[str, bool]]
"""A text in pieces, each with whether the other text lacks it."""

_AGREEING = ("exact", "standard", "same")
_CONFLICTING = (
    *("different", "conflict", "other_firm", "industry_conflict", "number_conflict"),
    *("similar_low", "core_region"),
)
_DECISIVE_BITS, _STRONG_BITS, _CLEAR_BITS, _SLIGHT_BITS = 10.0, 5.0, 2.0, 0.3
"""Odds of 1,000, 32, 4 and 1.2 to one."""
COMPETITION = "competition"
HEADCOUNT = "headcount"
_MAX_BITS = 19.9
"""Probabilities have six digits."""
_LIKELY_BITS, _OPEN_BITS = 4.3, 1.0
"""Odds of 20 to one, and of 2 to one."""


class ComparedValue(NamedTuple):
    """What a comparison compared; ``state``: same, near, missing, different. Or ``beside``: not
    compared, and shown because it helps to decide.
    """

    name: str
    label: str
    firm: Pieces
    unit: Pieces
    level: str
    state: str


class WeightStep(NamedTuple):
    """A part of the weight in words, and how likely the pair is with it and all before it.

    ``left``, ``width``: its bar, in hundredths of the scale; ``tone``: good, bad or empty.
    """

    label: str
    level: str
    strength: str
    standing: str
    left: float
    width: float
    tone: str


@dataclass(frozen=True)
class PairView:
    """A candidate pair as pages show it."""

    firm: int
    unit: int
    unit_name: str
    unit_id: str
    values: Sequence[ComparedValue]
    steps: Sequence[WeightStep]
    zero: float
    """Where even odds stand on the scale, in hundredths."""
    probability: float | None
    firm_name: str
    is_likely_alone: bool
    """Whether it would be likely if nothing competed with it."""

    @property
    def key(self) -> str:
        """The pair in addresses and forms."""
        return f"{self.firm}-{self.unit}"

    @property
    def compared(self) -> dict[str, ComparedValue]:
        """The values by comparison."""
        return {value.name: value for value in self.values}


def build_pair_view(link: Row, firm: Row, unit: Row) -> PairView:
    """Return the pair of ``link`` (LINKS) with the rows of FIRMS and UNITS, persons masked."""
    steps, zero = build_weight_steps([*explain_link(link, firm, unit), *_find_competition(link)])
    return PairView(
        firm=int(link["firm"]),
        unit=int(unit["unit"]),
        unit_name=unit["name"] or _("（没有名称）"),
        unit_id=unit["unit_id"] or "",
        values=_list_values(link, firm, unit),
        steps=steps,
        zero=zero,
        probability=link["probability"],
        firm_name=firm["name"] or _("（没有名称）"),
        is_likely_alone=link["weight"] >= _LIKELY_BITS,
    )


def _list_values(link: Row, firm: Row, unit: Row) -> list[ComparedValue]:
    """Return what was compared and the facts beside it, the headcounts next to the persons."""
    values, facts = compare_values(link, firm, unit), _list_more_facts(firm, unit)
    headcounts = [fact for fact in facts if fact.name == HEADCOUNT]
    place = next(n for n, value in enumerate(values, start=1) if value.name == "person")
    rest = [fact for fact in facts if fact.name != HEADCOUNT]
    return [*values[:place], *headcounts, *values[place:], *rest]


def _find_competition(link: Row) -> list[Part]:
    """Return what competing pairs take from the weight: with it, the parts end at the verdict."""
    probability = max(float(link["probability"] or 0.0), 2.0**-_MAX_BITS)
    verdict = log2(probability / (1.0 - probability)) if probability < 1.0 else _MAX_BITS
    lost = min(0.0, verdict - min(float(link["weight"] or 0.0), _MAX_BITS))
    if lost > -_SLIGHT_BITS:
        return []
    rival = _("另有更像的企业争这个单位") if link["lost_to"] is not None else _("与别的候选相比")
    return [Part(COMPETITION, rival, "", None, None, lost)]


def compare_values(link: Row, firm: Row, unit: Row) -> list[ComparedValue]:
    """Return what each comparison compared, with the differing characters marked.

    The names of their own, and below them the other ones if they agree better: a registered or a
    former name may be what made a pair of two that look unlike each other.
    """
    labels = list_part_labels()
    values = []
    for comparison, column in COMPARED.items():
        level = link.get(f"level_{comparison}") or ""
        own = (link.get("level_own_name") or level) if comparison == "name" else level
        texts = (firm.get(column), unit.get(column))
        values.append(_compare(labels[comparison], texts, (comparison, own)))
        if own != level:
            others = tuple(_("、").join(side.get("aliases") or ()) for side in (firm, unit))
            names = (others[0] or texts[0], others[1] or texts[1])
            other = _compare(_("登记名、曾用名"), names, (comparison, level))
            values.append(other._replace(name="other_name"))
    return values


def _compare(
    label: str, texts: tuple[str | None, str | None], judged: tuple[str, str]
) -> ComparedValue:
    comparison, level = judged
    ours, theirs = mark_differences(*texts)
    words = describe_level(comparison, level) if level else ""
    return ComparedValue(comparison, label, _cut(ours), _cut(theirs), words, _judge_level(level))


def _list_more_facts(firm: Row, unit: Row) -> list[ComparedValue]:
    facts = (
        ("", _("类型"), firm.get("reg_type"), unit.get("unit_type")),
        ("", _("行业"), firm.get("industry"), unit.get("industry")),
        (HEADCOUNT, _("申报／参保人数"), firm.get("declared_headcount"), _count_insured(unit)),
        ("", _("申报／缴费状态"), firm.get("status"), _list_line_states(unit)),
        ("", _("开业／参保日期"), firm.get("open_date"), unit.get("enroll_date")),
    )
    return [
        ComparedValue(name, label, _cut(_write(ours)), _cut(_write(theirs)), "", "beside")
        for name, label, ours, theirs in facts
        if ours is not None or theirs is not None
    ]


def _count_insured(unit: Row) -> str | None:
    """Return the persons insured, in each line if the list has lines."""
    lines = {label: unit.get(f"{line}_insured") for line, label in list_labels("line").items()}
    if unit.get("insured_total") is not None or set(lines.values()) == {None}:
        return unit.get("insured_total")
    return " ".join(f"{label} {n}" for label, n in lines.items() if n is not None)


def _list_line_states(unit: Row) -> str | None:
    """Return the payment status, of each line where they differ."""
    states = {label: unit.get(f"{line}_status") for line, label in list_labels("line").items()}
    given = dict.fromkeys(filter(None, states.values()))
    if len(given) < 2:
        return next(iter(given), None)
    return " ".join(f"{label} {state}" for label, state in states.items() if state)


def _write(value: object) -> str:
    return "" if value is None else str(value)


def build_weight_steps(parts: Sequence[Part]) -> tuple[list[WeightStep], float]:
    """Return the parts as a waterfall, the start first, then the weightiest; and where zero is.

    What competitors take comes last. The bars add up: each begins where the one before ends.
    """
    ends = {"prior": -1, COMPETITION: 1}
    ordered = sorted(parts, key=lambda part: (ends.get(part.name, 0), -abs(part.weight)))
    sums, total = [0.0], 0.0
    for part in ordered:
        total += part.weight
        sums.append(total)
    low, high = min(sums), max(sums)
    scale = 100.0 / max(high - low, 1e-9)
    steps = [
        WeightStep(
            label=part.title,
            level=part.level,
            strength=describe_strength(part),
            standing=describe_standing(end),
            left=round((min(begin, end) - low) * scale, 1),
            width=max(0.6, round(abs(end - begin) * scale, 1)),
            tone="good" if end > begin else "bad",
        )
        for part, begin, end in zip(ordered, sums, sums[1:], strict=False)
    ]
    return steps, round((0.0 - low) * scale, 1)


def describe_strength(part: Part) -> str:
    """Return how much a part speaks for or against one firm."""
    if part.name == "prior":
        return _("随便取一对，多半不是同一家")
    favours, bits = part.weight > 0, abs(part.weight)
    if bits >= _DECISIVE_BITS:
        return _("几乎能单独认定") if favours else _("几乎能单独否定")
    if bits >= _STRONG_BITS:
        return _("有力支持") if favours else _("有力反对")
    if bits >= _CLEAR_BITS:
        return _("支持") if favours else _("反对")
    if bits < _SLIGHT_BITS:
        return _("几乎不影响")
    return _("略为支持") if favours else _("略为反对")


def describe_standing(bits: float) -> str:
    """Return how likely a pair of such a weight is one firm."""
    if abs(bits) < _OPEN_BITS:
        return _("一半一半")
    likely, sure = bits > 0, abs(bits)
    if sure >= _DECISIVE_BITS:
        return _("几乎肯定是") if likely else _("几乎不可能是")
    if sure >= _LIKELY_BITS:
        return _("很可能是") if likely else _("多半不是")
    return _("偏向是") if likely else _("偏向不是")


def _judge_level(level: str) -> str:
    if not level or level == "missing":
        return "missing"
    if level in _AGREEING:
        return "same"
    return "different" if level in _CONFLICTING else "near"


def _cut(text: Marked | str) -> Pieces:
    """Return the text in pieces; a text without marks is one."""
    if isinstance(text, Marked):
        return text.fragments
    return ((text, False),) if text else ()
