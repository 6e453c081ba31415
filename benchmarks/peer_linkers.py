"""Other ways to do the linkage, each set up as an expert of it would, on the same cleaned frames.

Every linker takes FIRMS and UNITS (see ``gapmatch.schemas``) and returns what it proposes, one firm to one
unit: ``firm``, ``unit`` (UInt32), ``score`` (Float64, higher is surer), ``probability`` (Float64, null for
tools that give none) and ``decision`` (String, ``match`` or ``review`` at the tool's default threshold,
``non_match`` below it).
"""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

Linker = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]

TOP = 5
"""Candidates kept per unit by the tools that score all pairs."""
UNITS_AT_ONCE = 300
CODE_FIRST = 1_000.0
"""Score of pairs with the same valid code: whoever uses a fuzzy tool looks codes up first."""
SEED = 1

LINKED = pl.Schema(
    {"firm": pl.UInt32, "unit": pl.UInt32, "score": pl.Float64, "probability": pl.Float64, "decision": pl.String}
)  # fmt: skip


def lookup_as_given(firms: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Excel's VLOOKUP on the code as it stands, then on the name as it stands."""
    left = firms.select("firm", code=pl.coalesce("credit_code", "taxpayer_code"), name="name")
    right = units.select("unit", code=pl.coalesce("credit_code", "taxpayer_code"), name="name")
    return _looked_up(left, right, ("code", "name"))


def lookup_cleaned(firms: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """The same on cleaned codes, organisation codes and names."""
    columns = ("uscc", "organisation", "clean_name", "standard_name")
    return _looked_up(firms.select("firm", *columns), units.select("unit", *columns), columns)


def rapidfuzz_ratio(firms: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """All pairs of names by normalised edit similarity; 90 of 100 is a match."""
    from rapidfuzz import fuzz

    return _all_pairs(firms, units, _cdist(fuzz.ratio, 70), 90)


def rapidfuzz_wratio(firms: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """All pairs of names by rapidfuzz's WRatio, its usual choice; 90 of 100 is a match."""
    from rapidfuzz import fuzz

    return _all_pairs(firms, units, _cdist(fuzz.WRatio, 70), 90)


def tfidf_bigrams(firms: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Cosine of the names' character bigrams, weighted by rarity; 0.8 is a match."""
    return _all_pairs(firms, units, _cosines, 0.8)


def splink(firms: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Splink 5 on DuckDB, parameters by EM, one to one; a probability of 0.5 is a match."""
    from peer_splink import splink_scores

    return _one_to_one(splink_scores(firms, units), 0.5, by="probability")


def gapmatch_links(firms: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """This project's linkage with its shipped model and default prices."""
    from gapmatch.linkage import link, load_shipped_model
    from gapmatch.settings.load import load_settings

    links = link(firms, units, load_shipped_model(), load_settings().linkage).links
    own = links.filter(pl.col("unit").is_not_null() & (pl.col("relation") == "same"))
    return own.select(
        "firm", "unit", pl.col("probability").alias("score"), "probability", "decision"
    )


LINKERS: Mapping[str, Linker] = {
    "lookup as given": lookup_as_given,
    "lookup cleaned": lookup_cleaned,
    "rapidfuzz ratio": rapidfuzz_ratio,
    "rapidfuzz WRatio": rapidfuzz_wratio,
    "TF-IDF bigrams": tfidf_bigrams,
    "Splink 5": splink,
    "gapmatch": gapmatch_links,
}

PERSON_READERS = frozenset({"Splink 5", "gapmatch"})
"""The tools that look at persons and phones; the others do the same without them."""


def _looked_up(left: pl.DataFrame, right: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """Each firm's first hit by the first key that hits, in the order of the firms."""
    hits = []
    for rank, key in enumerate(keys):
        first = (
            right.select(key, "unit")
            .drop_nulls()
            .filter(pl.col(key) != "")
            .unique(key, keep="first")
        )
        hit = left.select("firm", key).drop_nulls().join(first, on=key)
        hits.append(hit.select("firm", "unit", score=pl.lit(float(len(keys) - rank))))
    best = (
        pl.concat(hits).sort("score", "firm", descending=[True, False]).unique("firm", keep="first")
    )
    return _linked(best.sort("firm"), 0.0)


def _all_pairs(
    firms: pl.DataFrame, units: pl.DataFrame, score: Callable[..., pl.DataFrame], threshold: float
) -> pl.DataFrame:
    """Look codes up, score all pairs of names, keep each unit's best, and take one to one."""
    codes = [
        _matches(firms, units, key, pl.col(f"{key}_valid").fill_null(value=False))
        for key in ("uscc", "organisation")
    ]
    names = score(firms["clean_name"].to_list(), units["clean_name"].to_list())
    pairs = pl.concat([*codes, names]).group_by("firm", "unit").agg(pl.col("score").max())
    return _one_to_one(pairs, threshold)


def _matches(firms: pl.DataFrame, units: pl.DataFrame, key: str, valid: pl.Expr) -> pl.DataFrame:
    left, right = firms.filter(valid).select("firm", key), units.filter(valid).select("unit", key)
    return left.join(right, on=key).select("firm", "unit", score=pl.lit(CODE_FIRST))


def _cdist(scorer: object, cutoff: int) -> Callable[..., pl.DataFrame]:
    from rapidfuzz import process

    def score(firm_names: list[str], unit_names: list[str]) -> pl.DataFrame:
        found = []
        for start in range(0, len(unit_names), UNITS_AT_ONCE):
            some = unit_names[start : start + UNITS_AT_ONCE]
            scores = process.cdist(
                some, firm_names, scorer=scorer, score_cutoff=cutoff, dtype=np.float32, workers=-1
            )
            found.append(_top(scores, start))
        return pl.concat(found)

    return score


def _top(scores: np.ndarray, start: int) -> pl.DataFrame:
    """Each row's best columns with a score above 0."""
    best = np.argpartition(-scores, TOP, axis=1)[:, :TOP]
    rows = np.repeat(np.arange(len(scores)), TOP)
    frame = pl.DataFrame(
        {
            "firm": best.ravel(),
            "unit": rows + start,
            "score": scores[rows, best.ravel()].astype(float),
        },
        schema={"firm": pl.UInt32, "unit": pl.UInt32, "score": pl.Float64},
    )
    return frame.filter(pl.col("score") > 0)


def _cosines(firm_names: list[str], unit_names: list[str]) -> pl.DataFrame:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(2, 2), sublinear_tf=True)
    firms = vectorizer.fit_transform(firm_names)
    units = vectorizer.transform(unit_names)
    found = []
    for start in range(0, len(unit_names), UNITS_AT_ONCE):
        scores = (units[start : start + UNITS_AT_ONCE] @ firms.T).toarray().astype(np.float32)
        found.append(_top(scores, start))
    return pl.concat(found)


def _one_to_one(pairs: pl.DataFrame, threshold: float, by: str = "score") -> pl.DataFrame:
    """Greedily take the best pair whose firm and unit are both free."""
    ordered = pairs.sort("score", "firm", "unit", descending=[True, False, False])
    firms: set[int] = set()
    units: set[int] = set()
    taken = []
    for row, (firm, unit) in enumerate(ordered.select("firm", "unit").iter_rows()):
        if firm not in firms and unit not in units:
            firms.add(firm)
            units.add(unit)
            taken.append(row)
    return _linked(ordered[taken], threshold, by)


def _linked(pairs: pl.DataFrame, threshold: float, by: str = "score") -> pl.DataFrame:
    probability = pl.col("probability") if "probability" in pairs.columns else pl.lit(None)
    decision = pl.when(pl.col(by) >= threshold).then(pl.lit("match")).otherwise(pl.lit("non_match"))
    return pairs.select(
        "firm", "unit", "score", probability.alias("probability"), decision.alias("decision")
    ).cast(dict(LINKED))
