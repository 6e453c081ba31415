"""A quarter's extracts and truth, as frames with the canonical columns of ``schemas.py``."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from gapmatch.synth.business import MISSING, Filings
from gapmatch.synth.cast import Cast, Kind, Role
from gapmatch.synth.draws import Flags, Rng, blank_share, choose, make_stream
from gapmatch.synth.insurance import Insurance, find_covered_branches
from gapmatch.synth.particulars import NEVER, Register
from gapmatch.synth.plan import Plan
from gapmatch.synth.units import Copies
from gapmatch.synth.word_lists import load_noise
from gapmatch.vocabulary.rules import choose_first

ACTIVE, PAUSED = "参保缴费", "暂停缴费"


@dataclass(frozen=True)
class SyntheticQuarter:
    """One quarter as the bureau gets it, and the truth behind it.

    ``tax``, ``enrollment`` and ``registry`` hold the columns of ``TAX_ROWS``, ``ENROLLMENT_ROWS``
    and ``REGISTRY_ROWS`` that such extracts have; rows in the order of the files. ``truth`` has one
    row per row of ``tax``: tax_seq, taxpayer_code, operating (0 or 1), employees, unit_id (null: no
    unit of its own), parent_unit_id (null: not insured by a head office), status (a status of
    ``schemas.STATUSES``, never ``review``).
    """

    tax: pl.DataFrame
    enrollment: pl.DataFrame
    registry: pl.DataFrame
    truth: pl.DataFrame


@dataclass(frozen=True)
class Stage:
    """All that a quarter's extracts are drawn from; ``quarter`` 0 is the plan's first."""

    plan: Plan
    cast: Cast
    register: Register
    copies: Copies
    insurance: Insurance
    quarter: int
    filings: Filings


def draw_quarter(stage: Stage) -> SyntheticQuarter:
    """Return the extracts and the truth of a quarter."""
    enrollment = _build_enrollment(stage)
    tax = _build_tax(stage)
    truth = _build_truth(stage, tax, enrollment)
    return SyntheticQuarter(
        tax=tax.drop("entity"),
        enrollment=enrollment.drop("entity"),
        registry=_build_registry(stage),
        truth=truth,
    )


def _list_entities(stage: Stage) -> pl.Series:
    """Return the entities of the tax list in its order, which stays the same over the quarters."""
    order = make_stream(stage.plan.seed, "tax order").permutation(len(stage.cast))
    present = stage.cast.find_filers(stage.quarter)
    return pl.Series("entity", order[present[order]])


def _choose_names(stage: Stage) -> pl.Series:
    frame = stage.register.frame
    before = (
        pl.Series(stage.register.renamed_in > stage.quarter) & frame["former_name"].is_not_null()
    )
    return frame["former_name"].zip_with(before, frame["name"])


def _choose_moved(stage: Stage, column: str) -> pl.Series:
    frame = stage.register.frame
    before = pl.Series(
        (stage.register.moved_in > stage.quarter) & (stage.register.moved_in < NEVER)
    )
    return frame[f"former_{column}"].zip_with(before, frame[column])


def _build_tax(stage: Stage) -> pl.DataFrame:
    rows = _list_entities(stage)
    rng = make_stream(stage.plan.seed, "tax list")
    count = len(stage.cast)
    register, filings = stage.register.frame, stage.filings
    county = _choose_moved(stage, "county")
    frame = pl.DataFrame(
        {
            "entity": pl.Series(range(count)),
            "taxpayer_code": register["code"],
            "name": _smudge(_choose_names(stage), rng),
            "reg_type": register["reg_type"],
            "industry": register["section"],
            "status": _draw_tax_status(stage, rng),
            "tax_office": blank_share("国家税务总局" + county + "税务局", 0.03, rng),
            "county": blank_share(county, 0.04, rng),
            "address": _choose_moved(stage, "address"),
            "legal_rep": register["legal_rep"],
            "phone": register["phone"],
            "open_date": stage.register.opened,
            "declared_headcount": filings.headcount,
            "declared_wages": filings.wages,
            "sales": filings.sales,
            "tax_paid": filings.tax,
            "zero_filing_months": filings.zero_months,
        }
    )
    declared = pl.col("declared_headcount", "declared_wages")
    listed = frame[rows].with_columns(pl.when(declared != MISSING).then(declared))
    return listed.with_columns(seq=pl.int_range(1, pl.len() + 1).cast(pl.String))


def _draw_tax_status(stage: Stage, rng: Rng) -> pl.Series:
    normal = pl.Series(rng.random(len(stage.cast)) > 0.002)
    return pl.Series(["正常"]).new_from_index(0, len(normal)).set(~normal, "非正常")


def _smudge(name: pl.Series, rng: Rng) -> pl.Series:
    """Tax lists are clean but for stray blanks and half-width brackets."""
    hit = pl.Series(rng.random(len(name)) < 0.012)
    blank = choose(rng, load_noise().tables.blanks, len(name))
    half = name.str.replace_all("（", "(").str.replace_all("）", ")")
    name = half.zip_with(pl.Series(rng.random(len(name)) < 0.3), name)
    return (name + blank).zip_with(hit, name)


def _find_paused(stage: Stage) -> Flags:
    idle = (stage.cast.role == Role.FILER) & ~stage.filings.operating
    return np.asarray((stage.insurance.paused_from <= stage.quarter) | idle)


def _build_enrollment(stage: Stage) -> pl.DataFrame:
    """Return the enrolled units: those of the firms and of everybody else."""
    copies, insurance = stage.copies.frame, stage.insurance
    insured = np.maximum(np.round(stage.filings.employees * insurance.cover), 1).astype(np.int64)
    lines = {"pension_insured": 1, "unemployment_insured": 2, "injury_insured": 4}
    status = pl.Series(np.where(_find_paused(stage), PAUSED, ACTIVE).tolist())
    frame = pl.DataFrame(
        {
            "entity": pl.Series(range(len(stage.cast))),
            "unit_id": copies["unit_id"],
            "name": _choose_unit_names(stage),
            "credit_code": _choose_unit_codes(stage),
            "unit_type": _choose_unit_types(stage),
            **{column: copies[column] for column in ("legal_rep", "phone", "county", "address")},
            **{name: np.where(insurance.lines & bit, insured, 0) for name, bit in lines.items()},
            "pension_status": status,
        }
    )
    present = pl.Series(insurance.has_unit(stage.quarter))
    return frame.filter(present).sort("unit_id")


def _choose_unit_types(stage: Stage) -> pl.Series:
    public = stage.cast.kind == Kind.PUBLIC
    return pl.Series(np.where(public, "机关事业", "企业").tolist())


def _choose_unit_names(stage: Stage) -> pl.Series:
    """Names of a renamed firm's unit: the old one, both, or the new one."""
    copies = stage.copies.frame
    renamed_in = stage.register.renamed_in
    was_renamed = pl.Series(renamed_in < NEVER)
    after = pl.Series(renamed_in <= stage.quarter) & pl.Series(stage.insurance.start < renamed_in)
    style = copies["renamed_style"]
    never_old = pl.Series(stage.insurance.start >= renamed_in) | ~was_renamed
    old = was_renamed & ~never_old & (~after | (style == "stale"))
    name = copies["former_name_kept"].zip_with(old, copies["name"])
    return copies["annotated"].zip_with(after & (style == "annotated"), name)


def _choose_unit_codes(stage: Stage) -> pl.Series:
    copies = stage.copies
    mended = pl.Series(copies.mended_in <= stage.quarter)
    return copies.frame["clean_code"].zip_with(mended, copies.frame["code"])


def _build_truth(stage: Stage, tax: pl.DataFrame, enrollment: pl.DataFrame) -> pl.DataFrame:
    cast, filings = stage.cast, stage.filings
    units = stage.copies.frame["unit_id"]
    covered = pl.Series(find_covered_branches(cast, stage.insurance, stage.quarter))
    frame = pl.DataFrame(
        {
            "entity": pl.Series(range(len(cast))),
            "operating": filings.operating.astype(np.int64),
            "employees": filings.employees,
            "parent_unit_id": units.gather(pl.Series(np.maximum(cast.parent, 0))).set(
                ~covered, None
            ),
            "public": cast.kind == Kind.PUBLIC,
            "trader": np.isin(cast.kind, [Kind.TRADER, Kind.COOPERATIVE]),
        }
    )
    lines = ("pension_insured", "unemployment_insured", "injury_insured")
    insured = enrollment.select("entity", "unit_id", *lines, unit_status="pension_status")
    return (
        tax.select("entity", "seq", "taxpayer_code", "status")
        .rename({"seq": "tax_seq", "status": "tax_status"})
        .join(frame, on="entity", maintain_order="left")
        .join(insured, on="entity", how="left", maintain_order="left")
        .with_columns(status=_derive_status(lines))
        .select(
            "tax_seq",
            "taxpayer_code",
            "operating",
            "employees",
            "unit_id",
            "parent_unit_id",
            "status",
        )
    )


def _derive_status(lines: tuple[str, ...]) -> pl.Expr:
    """Return the true status; the order is the precedence."""
    insured = pl.max_horizontal(*lines)
    short = pl.col("employees") - insured
    has_unit = pl.col("unit_id").is_not_null()
    rules = (
        ("out_of_scope", pl.col("public") | (pl.col("tax_status") != "正常")),
        ("lapsed", has_unit & (pl.col("unit_status") == PAUSED)),
        ("lines_missing", has_unit & (pl.min_horizontal(*lines) == 0)),
        ("under_enrolled", has_unit & (short >= 3) & (short > 0.3 * pl.col("employees"))),
        ("insured", has_unit),
        ("covered_by_parent", pl.col("parent_unit_id").is_not_null()),
        ("dormant", pl.col("operating") == 0),
        ("out_of_scope", pl.col("trader") & (pl.col("employees") == 0)),
    )
    return choose_first(rules, "uninsured")


def _build_registry(stage: Stage) -> pl.DataFrame:
    """Return the market registration: nearly all filers, firms that are gone, and others."""
    cast, register = stage.cast, stage.register
    rng = make_stream(stage.plan.seed, "registry")
    known = (cast.role != Role.PUBLIC) & ~np.isin(cast.kind, [Kind.PUBLIC, Kind.SCHOOL])
    known &= (rng.random(len(cast)) < 0.97) & (cast.role != Role.OUTSIDE)
    gone = (cast.role == Role.FORMER) | (cast.departure < stage.quarter)
    ended = np.where(rng.random(len(cast)) < 0.75, "注销", "吊销，未注销")
    abnormal = rng.random(len(cast)) < np.where(stage.filings.operating, 0.03, 0.33)
    renamed = pl.Series(register.renamed_in <= stage.quarter)
    frame = pl.DataFrame(
        {
            "name": _choose_names(stage),
            "credit_code": register.frame["code"],
            "former_names": register.frame["former_name"].set(~renamed, None),
            "status": np.where(gone, ended, "存续（在营、开业、在册）").tolist(),
            "open_date": register.opened,
            "capital": register.frame["capital"],
            "entity_type": register.frame["reg_type"],
            "abnormal": np.where(abnormal, "是", "否").tolist(),
            "address": _choose_moved(stage, "address"),
        }
    )
    arrived = (cast.arrival <= stage.quarter) | (cast.role != Role.FILER)
    return frame.filter(pl.Series(known & arrived)).sort("credit_code")
