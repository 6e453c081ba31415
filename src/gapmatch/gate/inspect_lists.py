"""A quarter by itself: do the lists look complete, and as if they belonged together?"""

from collections.abc import Iterator, Mapping

import polars as pl

from gapmatch.gate.compare_quarters import find_invalid_codes
from gapmatch.gate.findings import (
    LOST,
    STOP,
    WARNING,
    GateFinding,
    QuarterLists,
    Value,
    count_by_county,
)
from gapmatch.gate.missing_end import find_missing_end
from gapmatch.schemas import INSURED_COLUMNS, LINES
from gapmatch.settings.gate_thresholds import GateSettings

_SIZES = ("sales", "tax_paid", "declared_wages")
"""What the size of a firm shows in if headcounts are not declared, the best first."""
_MIN_ELSEWHERE = 5
"""So few rows of other prefectures are seen one by one."""
_MAX_LARGE_SHARE, _MAX_UNITS_SHARE = 0.66, 0.5
"""The most that whole lists had: of large firms matched, and of units a firm."""
_MIN_UNITS_EXPECTED = 6
"""Units that a county without any should have (e⁻⁶ = 0.25 %)."""
_MIN_EXPECTED_IN_COUNTY = 15
"""Matches a county without any should have: fewer may be chance (1 < 10 % of 15)."""


def inspect_lists(lists: QuarterLists, gate: GateSettings) -> list[GateFinding]:
    """Return what is doubtful about one quarter's lists; one to verify may match anything."""
    firms = lists.originals
    elsewhere = find_rows_elsewhere(lists, gate)
    if firms.height < gate.min_firms:
        return [*elsewhere]
    if lists.verify:
        return [
            *elsewhere,
            *find_invalid_codes(lists, gate),
            *_find_missing_counties(_compare_counts(firms, lists.units), lists, gate),
            *_find_many_matched(firms, gate),
        ]
    return [
        *_find_few_large_matched(firms, gate),
        *find_few_units(
            firms.height,
            lists.units.height,
            int(firms["matched"].sum()),
            gate,
            _share_of_large(firms, gate),
        ),
        *_find_counties_without_firms(firms, lists.units, gate),
        *_find_missing_counties(_count_matched(firms), lists, gate),
        *find_missing_end(firms, gate),
        *find_missing_small_units(lists, gate),
        *find_missing_forms(lists, gate),
        *find_swapped_lists(lists, gate),
        *_find_persons_that_do_not_fit(lists, gate),
        *_find_unanswered_enterprises(lists, gate),
        *find_invalid_codes(lists, gate),
    ]


def find_rows_elsewhere(lists: QuarterLists, gate: GateSettings) -> Iterator[GateFinding]:
    """Find a list to verify of which many rows belong to another prefecture than the units.

    Each row says so itself, so that it takes no ``min_firms``.
    """
    if "other_place" not in lists.gaps.columns:
        return
    firms = lists.originals.select("firm")
    places = firms.join(lists.gaps, on="firm")["other_place"].drop_nulls()
    if places.len() < max(_MIN_ELSEWHERE, gate.verify_max_elsewhere_share * firms.height / 2):
        return
    is_most = places.len() > gate.verify_max_elsewhere_share * firms.height
    counts = places.value_counts(name="rows").sort("rows", "other_place", descending=[True, False])
    values: dict[str, Value] = {
        "firms": firms.height,
        "elsewhere": places.len(),
        "places": counts["other_place"].to_list(),
    }
    yield GateFinding("rows_elsewhere", STOP if is_most else WARNING, values)


def _find_few_large_matched(firms: pl.DataFrame, gate: GateSettings) -> Iterator[GateFinding]:
    """Large employers are known to the bureau: if few of them are, units are lacking."""
    large, matched = _select_large(firms, gate), _share_of_large(firms, gate)
    if matched is None or matched >= gate.min_large_matched_share:
        return
    values = {
        "firms": large.height,
        "matched": int(large["matched"].sum()),
        LOST: _estimate_lost(int(firms["matched"].sum()), firms.height, matched / _MAX_LARGE_SHARE),
    }
    if _has_few_headcounts(firms):
        yield GateFinding("few_large_taxpayers_matched", STOP, values)
    else:
        yield GateFinding("few_large_matched", STOP, {"workers": gate.large_headcount, **values})


def _share_of_large(firms: pl.DataFrame, gate: GateSettings) -> float | None:
    """Return the matched share of the large firms; null if they are few, or not to be told."""
    large = _select_large(firms, gate)
    if large.height < gate.min_large_firms:
        return None
    return int(large["matched"].sum()) / large.height


def _select_large(firms: pl.DataFrame, gate: GateSettings) -> pl.DataFrame:
    if _has_few_headcounts(firms):
        return _largest(firms, gate)
    return firms.filter(pl.col("declared_headcount") >= gate.large_headcount)


def _has_few_headcounts(firms: pl.DataFrame) -> bool:
    return firms["declared_headcount"].null_count() * 2 > firms.height


def _largest(firms: pl.DataFrame, gate: GateSettings) -> pl.DataFrame:
    """Return the firms with the highest sales, or what stands for them; none if nothing does."""
    for column in _SIZES:
        known = firms.filter(pl.col(column) > 0)
        if known.height >= max(gate.min_large_firms, gate.large_share * firms.height):
            # By the key if sizes are equal, so that the order of rows does not matter.
            ordered = known.sort(column, "firm", descending=[True, False])
            return ordered.head(round(gate.large_share * firms.height))
    return firms.clear()


def find_few_units(
    firms: int, units: int, matched: int, gate: GateSettings, of_large: float | None = None
) -> Iterator[GateFinding]:
    """Find a list of units that is too short for so many firms.

    Units a firm do not tell it alone: a bureau's tax list may hold all sole traders. So few firms
    must be matched too, or few of the large ones (``of_large``, if known), whatever else is listed.
    """
    lacks_large = of_large is None or of_large < gate.expected_large_matched_share
    is_part = matched < gate.min_matched_share * firms or (of_large is not None and lacks_large)
    is_short = lacks_large and matched < gate.expected_matched_share * firms
    if firms < gate.min_firms:
        return
    values = {
        "firms": firms,
        "units": units,
        "matched": matched,
        LOST: _estimate_lost(matched, firms, units / firms / _MAX_UNITS_SHARE),
    }
    if units < gate.min_units_share * firms and is_part:
        yield GateFinding("few_units", STOP, values)
    elif units < gate.expected_units_share * firms and is_short:
        yield GateFinding("fewer_units_than_expected", WARNING, values)


def _estimate_lost(matched: int, firms: int, part: float) -> int:
    """Return how many more may be matched if no more than ``part`` of the units is there."""
    more = matched * (1 / part - 1) if part > 0 else float(firms)
    return max(0, min(round(more), firms - matched))


def _count_matched(firms: pl.DataFrame) -> pl.DataFrame:
    """Return ``county_name``, ``rows`` (firms) and ``found`` (matched firms)."""
    found = count_by_county(firms.filter("matched")).rename({"rows": "found"})
    return count_by_county(firms).join(found, on="county_name", how="left").fill_null(0)


def _compare_counts(firms: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Return ``county_name``, ``rows``, ``found`` (units); empty if most have no county."""
    found = count_by_county(units).rename({"rows": "found"})
    counted = count_by_county(firms).join(found, on="county_name", how="left").fill_null(0)
    return counted if int(found["found"].sum()) * 2 >= units.height else counted.clear()


def _find_missing_counties(
    counted: pl.DataFrame, lists: QuarterLists, gate: GateSettings
) -> Iterator[GateFinding]:
    """Find counties that have hardly a match although others of their size have many.

    The share to be expected is that of the counties that have at least half of the best share, so
    that strays in many missing counties do not lower it. A county too small for that is missing if
    it has neither a match nor a unit, public bodies among them.
    """
    large = counted.filter(pl.col("rows") >= gate.min_county_firms).with_columns(
        share=pl.col("found") / pl.col("rows")
    )
    sound = large.filter(pl.col("found") >= 10)
    if sound.is_empty():
        return
    sound = sound.filter(pl.col("share") * 2 >= sound["share"].max())
    expected = int(sound["found"].sum()) / int(sound["rows"].sum())
    missing = large.filter(
        pl.col("rows") * expected >= _MIN_EXPECTED_IN_COUNTY,
        pl.col("share") <= gate.max_stray_share * expected,
    ).select("county_name", "rows", "found")
    small = counted.filter(pl.col("found") == 0).join(missing, on="county_name", how="anti")
    missing = pl.concat([missing, _select_without_units(small, lists)])
    if missing.is_empty():
        return
    without, found = int(missing["rows"].sum()), int(missing["found"].sum())
    severity = STOP if without > gate.max_missing_county_share * lists.originals.height else WARNING
    values: Mapping[str, Value] = {
        "counties": missing["county_name"].to_list(),
        "firms": without,
        "matched": found,
        LOST: max(0, round(without * expected) - found),
    }
    yield GateFinding("counties_without_units", severity, values)


def _select_without_units(counties: pl.DataFrame, lists: QuarterLists) -> pl.DataFrame:
    """Return the ``counties`` at home without a unit, of so many firms that it is no chance."""
    units = count_by_county(lists.units)
    if int(units["rows"].sum()) * 2 < lists.units.height or lists.units.is_empty():
        return counties.clear()
    expected = pl.col("rows") * (lists.units.height / lists.originals.height)
    there = lists.originals.select("county_name", home=pl.col("division").str.head(4)).drop_nulls()
    home = there["home"].mode().sort().head(1)
    own = there.filter(pl.col("home").is_in(home.implode()))["county_name"].unique()
    return counties.filter(
        expected >= _MIN_UNITS_EXPECTED, pl.col("county_name").is_in(own.implode())
    ).join(units, on="county_name", how="anti")


def _find_counties_without_firms(
    firms: pl.DataFrame, units: pl.DataFrame, gate: GateSettings
) -> Iterator[GateFinding]:
    """Find counties whose units are there and whose firms are not: the tax list lacks them."""
    named = count_by_county(units)
    if int(named["rows"].sum()) * 2 < units.height or units.is_empty():
        return
    there = count_by_county(firms).rename({"rows": "found"})
    counted = named.join(there, on="county_name", how="left").fill_null(0)
    large = counted.filter(pl.col("rows") >= gate.min_county_firms)
    expected = pl.col("rows") * (firms.height / units.height)
    missing = large.filter(
        expected >= _MIN_EXPECTED_IN_COUNTY, pl.col("found") <= gate.max_stray_share * expected
    )
    if missing.height and missing.height < large.height:
        values: Mapping[str, Value] = {
            "counties": missing["county_name"].to_list(),
            "units": int(missing["rows"].sum()),
            "firms": int(missing["found"].sum()),
        }
        yield GateFinding("counties_without_firms", WARNING, values)


def _find_unanswered_enterprises(lists: QuarterLists, gate: GateSettings) -> Iterator[GateFinding]:
    """Find firms that are lacking: enterprises that insure their workers pay tax."""
    enterprises = lists.units.filter(
        pl.col("legal_form").fill_null("") != "", pl.col("institution").fill_null("") == ""
    )
    if enterprises.height < gate.min_firms:
        return
    linked = lists.gaps["unit"].drop_nulls().unique()
    matched = int(enterprises["unit"].is_in(linked.implode()).sum())
    if matched < gate.min_enterprises_matched * enterprises.height:
        values = {"units": enterprises.height, "matched": matched}
        yield GateFinding("unanswered_enterprises", WARNING, values)


def _find_many_matched(firms: pl.DataFrame, gate: GateSettings) -> Iterator[GateFinding]:
    """A list of firms that are not enrolled, most of which are: rather a list of all firms."""
    matched = int(firms["matched"].sum())
    if matched > gate.verify_max_matched_share * firms.height:
        yield GateFinding(
            "verify_many_matched", WARNING, {"firms": firms.height, "matched": matched}
        )


def _find_persons_that_do_not_fit(lists: QuarterLists, gate: GateSettings) -> Iterator[GateFinding]:
    """Persons insured against persons declared, over the linked firms for which both are known."""
    known = (
        lists.gaps.select("firm", "insured_count")
        .join(lists.originals.select("firm", "declared_headcount"), on="firm")
        .filter(pl.col("insured_count") > 0, pl.col("declared_headcount") > 0)
    )
    if known.height < gate.min_large_firms:
        return
    insured, declared = int(known["insured_count"].sum()), int(known["declared_headcount"].sum())
    if max(insured, declared) > gate.max_persons_ratio * min(insured, declared):
        values = {"firms": known.height, "insured": insured, "declared": declared}
        yield GateFinding("persons_do_not_fit", WARNING, values)


def find_exhausted_review_budget(
    unreviewed: Mapping[str, int | float], budget: int, gate: GateSettings
) -> list[GateFinding]:
    """Return a warning if what ``budget`` left undecided is expected to cost errors."""
    if unreviewed["false_gaps"] + unreviewed["missed_gaps"] < gate.max_unreviewed_errors:
        return []
    return [GateFinding("review_budget_exhausted", WARNING, {**unreviewed, "budget": budget})]


_SMALL = 3
"""Persons of a small unit, and workers of a small firm: a quarter of the units or more."""


def find_missing_small_units(lists: QuarterLists, gate: GateSettings) -> Iterator[GateFinding]:
    """Find a list of large units alone: a stop if small firms are hardly matched either."""
    columns = [c for c in ("insured_total", *INSURED_COLUMNS) if c in lists.units.columns]
    persons = lists.units.select(pl.max_horizontal(columns)).to_series()
    known = persons.filter(persons > 0)
    small = int((known <= _SMALL).sum())
    if len(known) < gate.min_firms or small > gate.max_missing_small_share * len(known):
        return
    values: dict[str, Value] = {"units": len(known), "small": small, "persons": _SMALL}
    if lists.originals["declared_headcount"].null_count() == lists.originals.height:
        yield GateFinding("no_small_units", WARNING, values)
    elif _are_small_firms_unmatched(lists.originals, gate):
        yield GateFinding("no_small_units", STOP, values)


def _are_small_firms_unmatched(firms: pl.DataFrame, gate: GateSettings) -> bool:
    workers = pl.col("declared_headcount")
    small = firms.filter(workers.is_between(1, _SMALL))["matched"]
    large = firms.filter(workers >= gate.large_headcount)["matched"]
    if len(small) < gate.min_firms or len(large) < gate.min_large_firms:
        return False
    share = int(large.sum()) / len(large)
    return int(small.sum()) <= gate.min_small_matched_share * share * len(small)


def find_uncounted_units(units: pl.DataFrame) -> Iterator[GateFinding]:
    """Find units without any count and any status, where most have a count: it may be none.

    They are listed, and count as insured; a dash stands for nobody as well as for nothing known.
    """
    counts = [c for c in ("insured_total", *INSURED_COLUMNS) if c in units.columns]
    statuses = [pl.col(f"{line}_status") for line in LINES if f"{line}_status" in units.columns]
    uncounted = units.filter(pl.all_horizontal(pl.col(counts).is_null()))
    if not counts or uncounted.is_empty() or uncounted.height * 2 > units.height:
        return
    stated = [status.is_not_null() for status in statuses]
    unknown = uncounted.filter(~pl.any_horizontal(pl.lit(value=False), *stated))
    if unknown.height:
        values = {"units": unknown.height, "known": units.height - uncounted.height}
        yield GateFinding("persons_unknown", WARNING, values)


def find_missing_forms(lists: QuarterLists, gate: GateSettings) -> Iterator[GateFinding]:
    """Find legal forms that many firms have and hardly any unit; owners may insure themselves."""
    form = pl.col("form_class").filter(pl.col("form_class") != "")
    counts, units = (
        frame.select(form.alias("form")).group_by("form").len(name)
        for frame, name in ((lists.originals, "firms"), (lists.units, "units"))
    )
    counted = counts.join(units, on="form", how="left").fill_null(0)
    missing = counted.filter(
        pl.col("firms") >= gate.min_firms, pl.col("units") < gate.min_form_share * pl.col("firms")
    ).sort("form")
    if missing.height and lists.units.height >= gate.min_firms:
        forms = [_COMPANIES if form == "company" else form for form in missing["form"]]
        values: dict[str, Value] = {
            "forms": forms,
            "firms": int(missing["firms"].sum()),
            "units": int(missing["units"].sum()),
        }
        yield GateFinding("forms_without_units", WARNING, values)


_COMPANIES = "公司"


def find_swapped_lists(lists: QuarterLists, gate: GateSettings) -> Iterator[GateFinding]:
    """Find units given as firms, and firms as units: more units than firms, most firms matched."""
    firms = lists.originals
    units, matched = lists.units.height, int(firms["matched"].sum())
    if units >= gate.max_units_share * firms.height and matched >= 0.5 * firms.height:
        values: dict[str, Value] = {"firms": firms.height, "units": units, "matched": matched}
        yield GateFinding("lists_swapped", STOP, values)
