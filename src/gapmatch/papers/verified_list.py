"""核查结果.xlsx: the list handed down, with the verdict on every row, and how they add up."""

import polars as pl

from gapmatch.forms.facts import describe_book
from gapmatch.forms.guide import format_quarter
from gapmatch.forms.headings import list_headings
from gapmatch.forms.pairs import compare_pairs, drop_implied
from gapmatch.forms.sheet_model import Block, Book, FigureSheet, Heading, ListSheet, TextSheet
from gapmatch.forms.widths import measure_column
from gapmatch.i18n import _
from gapmatch.privacy import PERSON_COLUMNS, mask_codes, mask_person, mask_phone, mask_text
from gapmatch.results.listed_rows import ORIGIN, ListedColumn, ListedRows
from gapmatch.results.quarter_figures import build_bridge, count_verdicts, is_list_to_verify
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.results.tables import fill_county, select_unit_columns
from gapmatch.schemas import LINES
from gapmatch.vocabulary.labels import (
    label_county,
    list_labels,
    list_meanings,
    list_verdict_figures,
)


def describe_verdicts(results: PublishInput, listed: ListedRows) -> pl.DataFrame:
    """Return, for each row of ``listed`` in its order, the columns that its verdict adds.

    ``verdict`` (in words), ``unit_name``, ``unit_id``, ``insured_count`` (persons), ``lines``,
    ``evidence``, ``county``, ``visit`` (in which tier) and ``repeats`` (the row that the same firm
    has). A row that could not be compared is to be settled, and says what is wrong with it.
    """
    joined = listed.rows.select(ORIGIN)
    # Text files have no sheet; two sheets of one file have the same rows.
    for known in (_describe_known_firms(results), _describe_unread_rows(results)):
        joined = joined.join(known, on=ORIGIN, how="left", nulls_equal=True, maintain_order="left")
    unread = pl.col("verdict").is_null()
    return joined.select(
        pl.col("verdict").fill_null("to_settle").replace(list_labels("verdict")),
        *("unit_name", "unit_id", "insured_count", "lines"),
        pl.when(unread)
        .then(pl.col("why_unread").fill_null(_("这一行没有名称和代码，无从核查，请核对原表")))
        .otherwise("evidence")
        .alias("evidence"),
        *("county", "visit", "repeats"),
    )


_LEFT_OUT = ("group_dropped", "not_a_firm", "no_name_no_code")
"""Kinds of defects for which a row counts as no firm."""


def _describe_unread_rows(results: PublishInput) -> pl.DataFrame:
    """Return ORIGIN and ``why_unread`` of the rows that were left out, in the words of defects."""
    why = pl.concat_str("defect", "consequence", separator=_("；")).alias("why_unread")
    left = results.defects.filter(pl.col("side") == "tax", pl.col("kind").is_in(_LEFT_OUT))
    return left.select(*ORIGIN, why).unique(ORIGIN, keep="first", maintain_order=True)


def _describe_known_firms(results: PublishInput) -> pl.DataFrame:
    gaps = results.gaps.join(select_unit_columns(results), on="unit", how="left")
    firms = results.firms.select("firm", "duplicate_of", *ORIGIN, fill_county())
    tiers = results.targets.select("firm", "tier")
    labels = {name: label_county(name) for name in firms["county_name"].unique().to_list()}
    return (
        firms.join(gaps, on="firm", how="left", maintain_order="left")
        .join(_compare_units(results), on=["firm", "unit"], how="left", maintain_order="left")
        .join(tiers, on="firm", how="left", maintain_order="left")
        .join(_name_original_rows(firms), on="duplicate_of", how="left", maintain_order="left")
        .select(
            *ORIGIN,
            *("verdict", "unit_name", "unit_id", "insured_count"),
            _describe_lines(gaps).alias("lines"),
            _join_evidence().alias("evidence"),
            pl.col("county_name").replace(labels).alias("county"),
            pl.col("tier").replace(_label_tiers()).alias("visit"),
            pl.col("repeated_row").alias("repeats"),
        )
    )


def _label_tiers() -> dict[str, str]:
    return {"A": _("本季走访"), "B": _("下季走访"), "C": _("以后走访")}


def _name_original_rows(firms: pl.DataFrame) -> pl.DataFrame:
    """Return each firm as the row that others list again, in words."""
    row = pl.format(_("同一户：{}第{}行"), "source_file", "source_row").alias("repeated_row")
    return firms.select(pl.col("firm").alias("duplicate_of"), row)


def _compare_units(results: PublishInput) -> pl.DataFrame:
    """Return firm, unit and what the two have in common, for the units that a status rests on."""
    pairs = results.gaps.select("firm", "unit").drop_nulls()
    compared = compare_pairs(results, pairs)
    return compared.select("firm", "unit", drop_implied("agrees"), "differs")


def _join_evidence() -> pl.Expr:
    """Why the row has its verdict: what the run found, then how firm and unit compare."""
    agrees = pl.format(_("与参保单位相同的：{}"), _null_if_empty("agrees"))
    differs = pl.format(_("不同的：{}"), _null_if_empty("differs"))
    reason, note = pl.col("status_reason").fill_null(""), _null_if_empty("headcount_conflict")
    conflict = pl.when(~reason.str.contains(note, literal=True)).then(
        pl.format(_("注意：{}"), note)
    )
    operates = pl.when(pl.col("verdict").is_in(["confirmed", "to_settle"])).then(
        pl.format(_("经营迹象：{}"), _null_if_empty("operates_evidence"))
    )
    likely = (100 * pl.col("probability_operates")).round(0).cast(pl.Int64)
    weighed = pl.when(verdict="to_settle").then(pl.format(_("在经营的可能性{}%"), likely))
    parts = ("status_reason", agrees, differs, operates, weighed, conflict)
    return pl.concat_str(*parts, separator=_("；"), ignore_nulls=True)


def _null_if_empty(column: str) -> pl.Expr:
    return pl.when(pl.col(column) != "").then(pl.col(column))


def _describe_lines(gaps: pl.DataFrame) -> pl.Expr:
    """Return the persons insured, a line of text for each line of insurance; null if unknown."""
    names = list_labels("line")
    pieces = [
        pl.when(pl.col(f"insured_{line}") > 0).then(
            pl.format("{} {}", pl.lit(names[line]), pl.col(f"insured_{line}"))
        )
        for line in LINES
        if f"insured_{line}" in gaps.columns
    ]
    if not pieces:
        return pl.lit(None, pl.String)
    text = pl.concat_str(*pieces, separator="\n", ignore_nulls=True)
    return pl.when(text != "").then(text)


_CODES = ("credit_code", "taxpayer_code", "org_code", "registration_no", "division_code")
_NUMBERS = (
    "seq",
    "declared_headcount",
    "declared_wages",
    "sales",
    "tax_paid",
    "zero_filing_months",
)
_NARROWEST, _WIDEST = 6.0, 24.0
_SAMPLE = 2_000
"""Rows that a column's width is taken from."""
_FROZEN_COLUMNS = 4
"""The name stays in sight if it is one of so many first columns."""


def build_verified_books(results: PublishInput, options: PublishOptions) -> list[Book]:
    """Return the workbook of the verified list; none if the run's list is not one to verify."""
    if results.listed is None or not is_list_to_verify(results):
        return []
    quarter = format_quarter(results.quarter)
    title = _("{quarter}  名单核查结果").format(quarter=quarter)
    return [
        Book(
            path=_("核查结果.xlsx"),
            title=title,
            sheets=(
                _build_list(results, results.listed, options, title),
                *_build_figures(results, quarter),
                _build_guide(quarter, options),
            ),
            facts=describe_book("verified-1", results.quarter, results.run_info),
            footer=title,
        )
    ]


def _build_list(
    results: PublishInput, listed: ListedRows, options: PublishOptions, title: str
) -> ListSheet:
    shown = _select_own_columns(listed, options)
    added = describe_verdicts(results, listed)
    headings = (
        *(_build_own_heading(place, column, shown) for place, column in enumerate(listed.columns)),
        *list_headings("verified"),
    )
    return ListSheet(
        name=_("核查结果"),
        title=title,
        note=_("左边各列照原名单，次序不变；从“结论”列起为核查所加。各结论的含义见“说明”。"),
        headings=headings,
        rows=tuple(pl.concat([shown, added], how="horizontal").rows()),
        locked=False,
        # On paper: what stays in sight, then what was added; the rest would make it too small to
        # read.
        first_printed=len(listed.columns) if any(h.name == "name" for h in headings) else 0,
    )


def _select_own_columns(listed: ListedRows, options: PublishOptions) -> pl.DataFrame:
    """Return the list's own cells, numbers as numbers, persons masked unless requested."""
    cells = zip(listed.columns, listed.texts, strict=True)
    return listed.rows.select(
        _mask_cell(listed.rows, column, name, options).alias(name) for column, name in cells
    )


def _mask_cell(
    rows: pl.DataFrame, column: ListedColumn, name: str, options: PublishOptions
) -> pl.Expr:
    if column.canonical in _NUMBERS and _holds_numbers(rows[name]):
        return pl.col(name).cast(pl.Float64)
    if column.canonical in _CODES:
        return pl.col(name).map_batches(mask_codes, return_dtype=pl.String)
    if options.with_contacts:
        return pl.col(name)
    if column.canonical in PERSON_COLUMNS:
        return mask_person(name)
    return mask_phone(name) if column.canonical == "phone" else mask_text(name)


def _holds_numbers(texts: pl.Series) -> bool:
    """Whether all texts are plain numbers that a spreadsheet shows as they are written."""
    return bool(texts.drop_nulls().str.contains(r"^-?(0|[1-9]\d{0,11})(\.\d{1,2})?$").all())


def _build_own_heading(place: int, column: ListedColumn, shown: pl.DataFrame) -> Heading:
    is_name = column.canonical == "name" and place < _FROZEN_COLUMNS
    texts = shown.get_column(f"c{place}")
    if texts.dtype.is_float():
        return Heading(f"c{place}", column.header, _fit_width(column.header, texts), "number")
    style = "code" if column.canonical in _CODES else "text"
    name = "name" if is_name else f"c{place}"
    return Heading(name, column.header, _fit_width(column.header, texts), style)


def _fit_width(header: str, cells: pl.Series) -> float:
    """Return a width that nine of ten cells fit in on one line, within limits."""
    most = measure_column(cells, _SAMPLE)
    title = (len(header.encode()) + len(header)) / 4  # on two lines
    return min(_WIDEST, max(_NARROWEST, most + 1.5, title + 1.5))


def _build_figures(results: PublishInput, quarter: str) -> tuple[FigureSheet, FigureSheet]:
    return (
        FigureSheet(
            _("汇总"),
            _("{quarter}  名单核查汇总").format(quarter=quarter),
            _("每户只有一个结论；各行逐项相减，得到下面的数。"),
            (_build_bridge_block(results),),
        ),
        FigureSheet(
            _("各县区"),
            _("{quarter}  名单核查：各县（市、区）").format(quarter=quarter),
            _("每户只有一个结论，各结论相加等于名单户数。"),
            (_build_county_block(results),),
        ),
    )


def _build_bridge_block(results: PublishInput) -> Block:
    less, more = _("减：{word}"), _("加：{word}")
    return Block(
        _("从名单到本季走访"),
        (Heading("step", _("项目"), 40), Heading("firms", _("户（行）数"), 12, "integer")),
        tuple(
            (line.label, line.firms)
            if line.is_total
            else (
                (more.format(word=line.label), line.firms)
                if line.is_added
                else (less.format(word=line.label), -line.firms)
            )
            for line in build_bridge(results)
        ),
    )


def _build_county_block(results: PublishInput) -> Block:
    counts = count_verdicts(results)
    titles = {"firms": _("名单户数"), **list_verdict_figures()}
    headings = (Heading(column, title, 11, "integer") for column, title in titles.items())
    return Block(
        _("各县（市、区）"),
        (Heading("county", _("县（市、区）"), 22), *headings),
        tuple(
            (label_county(name), *rest) for name, *rest in counts.select("county", *titles).rows()
        ),
        _("合计"),
    )


def _build_guide(quarter: str, options: PublishOptions) -> TextSheet:
    labels, meanings = list_labels("verdict"), list_meanings("verdict")
    masked = _(
        "原名单中的负责人和电话在本表中作遮挡处理；确需完整内容的，加 --with-contacts 重新运行。"
    )
    full = _("本表含完整的负责人和电话，请勿转发，用后妥善保管。")
    return TextSheet(
        _("说明"),
        _("{quarter}  名单核查：怎么看").format(quarter=quarter),
        (
            (
                _("核查结果"),
                _("原名单每行一条，次序和各列照旧；“结论”起各列为核查所加。可以筛选、排序、改动。"),
            ),
            (_("汇总、各县区"), _("从名单户数到本季走访，逐项相减；各县（市、区）是同一张表。")),
            ("", ""),
            (_("【结论】"), ""),
            *((labels[name], meanings[name]) for name in labels),
            ("", ""),
            (_("【其他各列】"), ""),
            (_("参保单位名称、单位编号"), _("结论所依据的参保单位；待定的，是可能的那一个。")),
            (
                _("参保人数、参保险种"),
                _("该户在参保单位中的人数；几户共用一个单位的，按申报人数分摊。"),
            ),
            (_("依据"), _("为什么是这个结论；名称、代码等与参保单位哪些相同、哪些不同。")),
            (_("走访安排"), _("空着的本季不走访。列错而险种不全、人数不足的，也可能列入走访。")),
            (_("同一户的行"), _("与名单中另一行是同一户；结论相同，汇总中不重复计户。")),
            (_("负责人、电话"), full if options.with_contacts else masked),
        ),
    )
