"""Branches whose workers their head office may insure: no list shows it, so it is a chance.

A branch without a unit of its own insures nobody, or its head office insures its workers, in its
own unit, here or in another prefecture. How often is set (``[gap]``) until visits show it. Of the
head office the lists show whether it is enrolled at all.
"""

from typing import NamedTuple

import polars as pl

from gapmatch.settings.ranking import GapSettings

_IS_BRANCH = pl.col("branch").fill_null("") != ""
_ANSWERS = {"parent_insured": 1.0, "enrolled": 0.0, "refused": 0.0, "resident_only": 0.0}
"""Outcomes of visits that settle whether the head office insured the branch's workers."""
_KINDS = ("head", "probability_covered", "share_variance")


class CoveredBranches(NamedTuple):
    """Branches of a status, and how many of them head offices insure: mean and variance."""

    listed: int
    mean: float
    variance: float


def select_branches(firms: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return ``firm`` of FIRMS that are branches, ``core``, ``name`` (hashed) and ``region`` of
    the head office, and ``related``: LINKS have the unit of a head office for it.
    """
    heads = links.filter(pl.col("relation") == "head_office")["firm"].unique().implode()
    related = pl.col("firm").is_in(heads)
    named = firms.select(
        "firm",
        _hash("parent_core", "core"),
        _hash("parent_name", "name"),
        _REGION,
        related=related,
        is_own=(_IS_BRANCH | related) & pl.col("duplicate_of").is_null(),
    )
    return named.filter("is_own").drop("is_own")


def select_offices(firms: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return ``core``, ``name`` (hashed), ``region``, ``enrolled`` of FIRMS without branches."""
    linked_firms = links.filter(pl.col("decision") != "non_match")["firm"].implode()
    is_own = ~_IS_BRANCH & pl.col("duplicate_of").is_null()
    named = firms.select(*_HASHED, enrolled=pl.col("firm").is_in(linked_firms), is_own=is_own)
    return named.filter("is_own").drop("is_own")


def select_enrolled_offices(units: pl.DataFrame) -> pl.DataFrame:
    """Return the same of UNITS, which are all enrolled."""
    named = units.select(*_HASHED, enrolled=~_IS_BRANCH)
    return named.filter("enrolled")


def find_covered(
    firms: pl.DataFrame,
    units: pl.DataFrame,
    links: pl.DataFrame,
    visits: pl.DataFrame | None,
    gap: GapSettings,
) -> pl.DataFrame:
    """Return what ``estimate_covered`` does for the branches of whole lists."""
    offices = pl.concat([select_offices(firms, links), select_enrolled_offices(units)])
    return estimate_covered(select_branches(firms, links), offices, visits, gap)


def _hash(column: str, name: str) -> pl.Expr:
    return pl.when(pl.col(column) != "").then(pl.col(column).hash()).alias(name)


_REGION = pl.col("region_code").str.replace(r"(00)+$", "").alias("region")
_HASHED = (_hash("core", "core"), _hash("clean_name", "name"), _REGION)


def estimate_covered(
    branches: pl.DataFrame, offices: pl.DataFrame, visits: pl.DataFrame | None, gap: GapSettings
) -> pl.DataFrame:
    """Return ``firm``, ``head``, ``probability_covered``, ``share_variance`` of each branch.

    ``branches``, ``offices``: what the functions above returned; ``visits``: EFFECTS. ``head``:
    ``enrolled``; ``uninsured``, in the tax list under that very name and without a unit; else
    ``elsewhere``. A branch that a visit settled has its answer; if the head office insured it,
    the head office of its sisters is enrolled.
    """
    known = _find_heads(branches, offices)
    if visits is None:
        answered = known.with_columns(answer=pl.lit(None, pl.Float64))
    else:
        answer = pl.col("outcome").replace_strict(_ANSWERS, default=None, return_dtype=pl.Float64)
        answers = visits.select(pl.col("firm").cast(pl.UInt32), answer=answer)
        answered = known.join(answers, on="firm", how="left")
    shares = _weigh_answers(answered, gap)
    insures = (pl.col("answer") == 1.0).any().over("name") & pl.col("name").is_not_null()
    answered = answered.with_columns(
        head=pl.when(insures).then(pl.lit("enrolled")).otherwise("head")
    )
    chance, variance = (
        pl.col("head").replace_strict(
            {head: moments[n] for head, moments in shares.items()}, return_dtype=pl.Float64
        )
        for n in (0, 1)
    )
    return answered.select(
        "firm",
        "head",
        probability_covered=pl.coalesce("answer", chance),
        share_variance=pl.when(pl.col("answer").is_null()).then(variance).otherwise(0.0),
    ).sort("firm")


def _find_heads(branches: pl.DataFrame, offices: pl.DataFrame) -> pl.DataFrame:
    """Return ``firm``, ``name``, ``head``: an office of the very name goes before one of its core,
    which two counties may have; regions of one core have to lie in each other.
    """
    listed = offices.group_by("name").agg(pl.col("enrolled").any())
    enrolled = offices.filter("enrolled").select("core", office_region="region").unique()
    cores = branches.select("core", "region").unique().join(enrolled, on="core")
    ours, theirs = pl.col("region"), pl.col("office_region")
    inside = (ours.str.starts_with(theirs) | theirs.str.starts_with(ours)).fill_null(value=True)
    alike = cores.filter(inside).select("core", "region", alike=True).unique()
    branch_heads = branches.join(listed, on="name", how="left").join(
        alike, on=["core", "region"], how="left", nulls_equal=True
    )
    head = (
        pl.when(pl.col("related") | pl.col("enrolled"))
        .then(pl.lit("enrolled"))
        .when(pl.col("enrolled").is_not_null())
        .then(pl.lit("uninsured"))
        .when("alike")
        .then(pl.lit("enrolled"))
        .otherwise(pl.lit("elsewhere"))
    )
    return branch_heads.select("firm", "name", head=head)


def _weigh_answers(answered: pl.DataFrame, gap: GapSettings) -> dict[str, tuple[float, float]]:
    """Return mean and variance of the share of each ``head``: a Beta distribution, the set one and
    what visits found.
    """
    counts = answered.drop_nulls("answer").group_by("head").agg(pl.col("answer").sum(), n=pl.len())
    seen = {head: (covered, n) for head, covered, n in counts.rows()}
    shares = {}
    for head, set_share in (
        ("enrolled", gap.branch_covered),
        ("elsewhere", gap.branch_covered_elsewhere),
    ):
        covered, visited = seen.get(head, (0.0, 0))
        strength = gap.branch_prior_visits + visited
        mean = (set_share * gap.branch_prior_visits + covered) / strength
        shares[head] = (mean, mean * (1.0 - mean) / (strength + 1.0))
    # A head office without a unit may be one that nobody would recognise among the units.
    mean, variance = shares["enrolled"]
    missed = gap.missed_link_share
    return {**shares, "uninsured": (mean * missed, variance * missed**2)}


def add_covered(firms: pl.DataFrame, covered: pl.DataFrame) -> pl.DataFrame:
    """Add ``probability_covered`` to FIRMS; null for what is no branch."""
    rows = firms.select("firm").join(covered, on="firm", how="left", maintain_order="left")
    return firms.with_columns(rows["probability_covered"])


def count_branches(gaps: pl.DataFrame, covered: pl.DataFrame, status: str) -> pl.DataFrame:
    """Return how many branches of GAPS have a status, by what ``estimate_covered`` found."""
    listed = gaps.filter(pl.col("status").cast(pl.String) == status).select("firm")
    kinds = covered.join(listed, on="firm", how="semi").group_by(_KINDS)
    return kinds.agg(pl.len().cast(pl.Int64).alias("branches"))


def sum_covered(counts: pl.DataFrame) -> CoveredBranches:
    """Add up rows of ``count_branches``.

    Branches of a kind have one share, unknown as it is; that of branches whose head office has no
    unit is a part of the enrolled ones', so that the two err together.
    """
    n, p, share = pl.col("branches"), pl.col("probability_covered"), pl.col("share_variance")
    kinds = counts.group_by(_KINDS).agg(n.sum()).sort(_KINDS)
    by_share = kinds.group_by(pl.col("head") == "elsewhere", maintain_order=True)
    sums = by_share.agg(
        n.sum().alias("listed"),
        mean=(n * p).sum(),
        variance=(n * (p * (1 - p) - share)).sum() + (n * share.sqrt()).sum().pow(2),
    )
    return CoveredBranches(*sums.select(pl.col("listed", "mean", "variance").sum()).row(0))
