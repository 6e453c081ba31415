"""Evaluate a finished quarter against a truth that somebody established: for measuring only.

No stage reads a truth; this module is the only one that does.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.schemas import LINKED_STATUSES

NO_LINK = ("uninsured", "dormant")


@dataclass(frozen=True)
class LinkQuality:
    """Counts and shares of one quarter; shares between 0 and 1.

    A false gap is an enrolled firm listed as uninsured; a missed gap is an uninsured firm taken for
    enrolled.
    """

    firms: int
    enrolled: int
    matches: int
    right_matches: int
    precision: float
    recall: float
    f1: float
    false_gaps: int
    false_gap_share: float
    missed_gaps: int
    reviews: int
    review_share: float
    enrolled_in_review: int
    covered_by_parent: int
    calibration_error: float

    def as_dict(self) -> dict[str, Any]:
        """Return the figures under their names."""
        return asdict(self)


def read_truth(path: Path) -> pl.DataFrame:
    """Read a truth, all as text; raise ``InputError`` without its keys or ``unit_id``."""
    if not path.is_file():
        raise InputError(
            _("找不到真值文件：{path}").format(path=path), _("请检查路径。"), file=path
        )
    try:
        truth = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise InputError(
            _("真值文件无法读取：{path}").format(path=path),
            _(
                "请给出 UTF-8 编码、以逗号分隔、首行为列名的 CSV，列为 tax_seq（或 source_file 与 "
                "data_row）和 unit_id。"
            ),
            file=path,
        ) from error
    keyed = "tax_seq" in truth.columns or {"source_file", "data_row"} <= set(truth.columns)
    if not keyed or "unit_id" not in truth.columns:
        raise InputError(
            _("真值文件缺少列：{path}（现有：{columns}）").format(
                path=path, columns=_("、").join(truth.columns)
            ),
            _("需要 tax_seq（或 source_file 与 data_row）和 unit_id。"),
            file=path,
        )
    cells = pl.col("unit_id").str.replace_all("[；、]", ";").str.split(";")
    return truth.with_columns(cells).explode("unit_id").with_columns(_drop_blank("unit_id"))


def _drop_blank(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text).alias(column)


def join_truth(firms: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Return ``firm`` with the truth's columns as ``true_…``, for every firm in the truth.

    A firm with several units has a row for each, see ``choose_true_units``.
    """
    values = {
        c: f"true_{c}" for c in truth.columns if c not in ("tax_seq", "source_file", "data_row")
    }
    keys = ["seq"] if "tax_seq" in truth.columns else ["source_file", "data_row"]
    known = truth.rename({**values, **({"tax_seq": "seq"} if "tax_seq" in truth.columns else {})})
    columns = firms.select("firm", pl.col(keys).cast(pl.String))
    joined = columns.join(known, on=keys, how="inner", maintain_order="left")
    if joined.is_empty():
        raise InputError(
            _("真值与本季度的税务清册没有一行对得上。"),
            _("请检查真值属于哪个季度：按序号（tax_seq），或按文件名与数据行号对应。"),
        )
    _refuse_other_lists(joined, firms)
    return joined.select("firm", *values.values())


def _refuse_other_lists(joined: pl.DataFrame, firms: pl.DataFrame) -> None:
    """Check by the codes that the truth belongs to this list: row numbers fit any."""
    if "true_taxpayer_code" not in joined.columns or "taxpayer_code" not in firms.columns:
        return
    coded = joined.join(firms.select("firm", "taxpayer_code"), on="firm").drop_nulls(
        ["true_taxpayer_code", "taxpayer_code"]
    )
    same = coded.filter(pl.col("true_taxpayer_code") == pl.col("taxpayer_code")).height
    if coded.height and same < coded.height / 2:
        raise InputError(
            _("真值不是这份税务清册的：{count} 行中只有 {same} 行纳税人识别号相同。").format(
                count=coded.height, same=same
            ),
            _("请检查真值属于哪个季度：按序号（tax_seq），或按文件名与数据行号对应。"),
        )


def choose_true_units(
    known: pl.DataFrame, links: pl.DataFrame, units: pl.DataFrame
) -> pl.DataFrame:
    """Return one row per firm: of its true units the one that it was linked to, else the first.

    ``known``: what ``join_truth`` returns; each account of a firm is right.
    """
    found = links.join(units.select("unit", true_unit_id="unit_id"), on="unit")
    rated = found.group_by("firm", "true_unit_id").agg(
        match=((pl.col("decision") == "match") & (pl.col("relation") == "same")).any(),
        probability=pl.col("probability").max(),
    )
    ordered = known.with_row_index("row").join(rated, on=["firm", "true_unit_id"], how="left")
    keys = ("match", "probability", "true_unit_id", "row")
    ordered = ordered.sort(*keys, descending=[True, True, False, False], nulls_last=True)
    first = ordered.unique("firm", keep="first", maintain_order=True)
    order = known.select("firm").unique(maintain_order=True)
    return order.join(first.select(known.columns), on="firm", how="left", maintain_order="left")


def measure_links(
    known: pl.DataFrame, gaps: pl.DataFrame, links: pl.DataFrame, units: pl.DataFrame
) -> LinkQuality:
    """Measure links and statuses; ``known``: what ``choose_true_units`` returns."""
    names = units.select("unit", pl.col("unit_id").alias("found_unit"))
    judged = links.join(names, on="unit", how="left").join(known, on="firm", how="inner")
    matches = judged.filter((pl.col("decision") == "match") & (pl.col("relation") == "same"))
    right = matches.filter(pl.col("found_unit") == pl.col("true_unit_id")).height
    status = known.join(gaps.select("firm", pl.col("status").cast(pl.String)), on="firm")
    enrolled = status.filter(pl.col("true_unit_id").is_not_null())
    uninsured = status.filter(pl.col("true_unit_id").is_null())
    false_gaps = enrolled.filter(pl.col("status").is_in(NO_LINK)).height
    precision = right / max(1, matches.height)
    recall = right / max(1, enrolled.height)
    return LinkQuality(
        firms=known.height,
        enrolled=enrolled.height,
        matches=matches.height,
        right_matches=right,
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / max(1e-12, precision + recall),
        false_gaps=false_gaps,
        false_gap_share=false_gaps / max(1, enrolled.height),
        missed_gaps=uninsured.filter(pl.col("status").is_in(LINKED_STATUSES)).height,
        reviews=status.filter(pl.col("status") == "review").height,
        review_share=status.filter(pl.col("status") == "review").height / max(1, status.height),
        enrolled_in_review=enrolled.filter(pl.col("status") == "review").height,
        covered_by_parent=uninsured.filter(pl.col("status") == "covered_by_parent").height,
        calibration_error=measure_calibration(judged),
    )


def measure_calibration(judged: pl.DataFrame) -> float:
    """Return the expected calibration error of best candidates, in ten bins of probability.

    ``judged``: LINKS with found_unit and true_unit_id. Guo et al. (2017): the mean gap between the
    predicted probability and the share that is right, weighted by the size of the bin.
    """
    best = (
        judged.filter(pl.col("unit").is_not_null())
        .sort("probability", "unit", descending=[True, False])
        .unique("firm", keep="first", maintain_order=True)
    )
    bins = best.select(
        pl.col("probability").mul(10).floor().clip(0, 9).alias("bin"),
        "probability",
        (pl.col("found_unit") == pl.col("true_unit_id"))
        .fill_null(value=False)
        .cast(pl.Float64)
        .alias("right"),
    )
    gaps = bins.group_by("bin").agg(
        (pl.col("probability").mean() - pl.col("right").mean()).abs().alias("gap"),
        pl.len().alias("n"),
    )
    return float((gaps["gap"] * gaps["n"]).sum() / max(1, best.height))
