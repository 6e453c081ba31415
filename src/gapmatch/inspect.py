"""Looking at results: why a firm stands where it does, how good a quarter is, how a file would be read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from gapmatch.errors import InputError
from gapmatch.evaluate import LinkQuality, join_truth, link_quality, read_truth
from gapmatch.explain import explain_sections
from gapmatch.language import _
from gapmatch.page import Page, Section
from gapmatch.rank import measure_ranking, measure_tier_a
from gapmatch.read import FileReport, Side, inspect_extract
from gapmatch.settings import load_settings
from gapmatch.store import Store
from gapmatch.workspace import SETTINGS_NAME

SHOWN_FIRMS = 10
VISITS = (500, 1000, 1500)


def explain_firm(wanted: str, quarter: str | None, workspace: Path) -> Page:
    """Return why a firm (code, name or data row) has its status and its place.

    Raises ``InputError`` where no firm is meant, with the nearest ones, or several are.
    """
    frames = _results(workspace, quarter)
    firm = _find_firm(wanted, frames["firms"])
    sections, values = explain_sections(firm, frames)
    return Page(sections, values)


def _results(workspace: Path, quarter: str | None) -> dict[str, pl.DataFrame]:
    with Store.open(workspace) as store:
        held = quarter or store.latest_quarter()
        if held is None:
            raise InputError(
                _("工作区里还没有结果：{workspace}").format(workspace=workspace),
                _("请先运行 gapmatch run，或用 --workspace 指明工作区。"),
            )
        return store.results(held)


def _find_firm(wanted: str, firms: pl.DataFrame) -> int:
    text = wanted.strip()
    tries = (
        pl.any_horizontal(pl.col("code_text", "taxpayer_code", "credit_code") == text.upper()),
        pl.col("data_row").cast(pl.String) == text,
        (pl.col("name") == text) | (pl.col("clean_name") == text),
        pl.col("name").str.contains(text, literal=True),
    )
    for holds in tries:
        found = firms.filter(holds)
        if found.height == 1:
            return int(found["firm"][0])
        if found.height:
            raise _several(text, found)
    raise InputError(
        _("没有找到企业：{text}").format(text=text),
        _("可以用统一社会信用代码、完整名称、名称的一部分，或税务清册的数据行号。"),
    )


def _several(text: str, found: pl.DataFrame) -> InputError:
    shown = found.select("taxpayer_code", "credit_code", "name", "source_file", "data_row").head(SHOWN_FIRMS)
    lines = "\n".join(
        f"  {row['credit_code'] or row['taxpayer_code'] or '—'}  {row['name']}  "
        + _("{file} 第 {row} 行").format(file=row["source_file"], row=row["data_row"])
        for row in shown.to_dicts()
    )
    return InputError(
        _("“{text}”对应 {n} 家企业：").format(text=text, n=found.height) + "\n" + lines,
        _("请改用其中一家的信用代码或完整名称。"),
    )


def evaluate_quarter(truth: Path, quarter: str | None, workspace: Path) -> Page:
    """Return how good a quarter's links, statuses and ranking are, measured against a truth file."""
    known_truth = read_truth(truth)
    frames = _results(workspace, quarter)
    known = join_truth(frames["firms"], known_truth)
    quality = link_quality(known, frames["gaps"], frames["links"], frames["units"])
    sections = [_quality_section(quality)]
    values: dict[str, Any] = {"links": quality.as_dict()}
    if {"true_operating", "true_employees"} <= set(known.columns):
        ranking, tier_a = _ranking(known, frames)
        sections += [_ranking_section(ranking), _tier_section(tier_a)]
        values |= {"ranking": ranking.to_dicts(), "tier_a": tier_a.to_dicts()}
    return Page(sections, values)


def _ranking(
    known: pl.DataFrame, frames: Mapping[str, pl.DataFrame]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    truth = known.select(
        "firm",
        pl.col("true_unit_id").is_not_null().alias("enrolled"),
        (pl.col("true_operating") == "1").alias("operating"),
        pl.col("true_employees").cast(pl.Int64, strict=False).fill_null(0).alias("employees"),
    )
    firms, targets = frames["firms"], frames["targets"]
    facts = firms.select("firm", "declared_headcount", "declared_wages", "sales")
    return measure_ranking(facts, targets, truth, VISITS), measure_tier_a(firms, targets, truth)


def _quality_section(quality: LinkQuality) -> Section:
    def share(value: float) -> str:
        return f"{value:.2%}"

    rows: list[tuple[str, str | int]] = [
        (_("真值覆盖的企业"), quality.firms),
        (_("其中已参保"), quality.enrolled),
        (_("判为匹配"), quality.matches),
        (_("精确率"), share(quality.precision)),
        (_("召回率"), share(quality.recall)),
        ("F1", share(quality.f1)),
        (_("误报：已参保而列为未参保"), f"{quality.false_gaps} ({share(quality.false_gap_share)})"),
        (_("漏报：未参保而视为已参保"), quality.missed_gaps),
        (_("待核实"), f"{quality.reviews} ({share(quality.review_share)})"),
        (_("待核实中实际已参保"), quality.enrolled_in_review),
        (_("视为随总公司参保"), quality.covered_by_parent),
        (_("校准误差"), share(quality.calibration_error)),
    ]
    return Section(_("比对质量"), (), rows)


def _ranking_section(ranking: pl.DataFrame) -> Section:
    rows = [
        (
            row["order"],
            row["visits"],
            f"{row['captured']:.1%}",
            f"{row['ndcg']:.3f}",
            f"{row['not_operating']:.1%}",
            f"{row['enrolled']:.1%}",
        )
        for row in ranking.to_dicts()
    ]
    headings = (_("排序方式"), _("走访户数"), _("覆盖可新增参保人"), "NDCG", _("未经营占比"), _("已参保占比"))
    return Section(_("排序质量"), headings, rows)


def _tier_section(tier_a: pl.DataFrame) -> Section:
    rows = [
        (
            row["county"] or _("全部"),
            row["visits"],
            f"{row['captured']:.1%}",
            f"{row['not_operating']:.1%}",
            f"{row['enrolled']:.1%}",
        )
        for row in tier_a.to_dicts()
    ]
    headings = (_("区县"), _("走访户数"), _("覆盖可新增参保人"), _("未经营占比"), _("已参保占比"))
    return Section(_("各区县本季走访名单（A 级）"), headings, rows)


def check_files(side: str, paths: Sequence[Path], workspace: Path) -> Page:
    """Return how extracts of one side would be read: encoding, header, mapping, first rows, defects."""
    settings = load_settings(workspace / SETTINGS_NAME)
    seen = inspect_extract(Side(side), paths, settings.columns.get(side, {}))
    sections = [_file_section(file) for file in seen.files]
    sections.append(Section(_("列的对应"), (_("文件中的表头"), _("读作")), list(seen.mapping.items())))
    first = seen.first_rows.drop("source_file", "source_sheet", "is_duplicate", strict=False)
    values = [tuple(map(_shown, row)) for row in first.rows()]
    sections.append(Section(_("前几行"), tuple(first.columns), values))
    defects = seen.defects_by_kind
    rows = [(d["count"], d["first_row"], d["defect"]) for d in defects.to_dicts()]
    sections.append(Section(_("缺陷"), (_("处数"), _("首见行"), _("例")), rows))
    return Page(
        sections,
        {
            "files": [_file_values(file) for file in seen.files],
            "mapping": dict(seen.mapping),
            "defects": defects.to_dicts(),
        },
    )


def _shown(value: object) -> str | int | float | None:
    return value if isinstance(value, str | int | float) or value is None else str(value)


def _file_section(file: FileReport) -> Section:
    skipped = "；".join(f"{name}：{why}" for name, why in file.skipped_sheets.items())
    rows: list[tuple[str, str | int | None]] = [
        (_("编码"), file.encoding),
        (_("工作表"), file.sheet),
        (_("表头所在行"), file.header_row),
        (_("数据行"), file.rows_in),
        (_("其中：重复"), file.duplicates),
        (_("其中：无名称也无代码，未采用"), file.refused),
        (_("其中：同一单位的其他险种行，已合并"), file.folded),
        (_("标题行／合计与注释行／空行"), f"{file.titles}／{file.footers}／{file.blanks}"),
        (_("未用到的列"), "、".join(file.unmapped)),
    ]
    if skipped:
        rows.append((_("未读的工作表"), skipped))
    return Section(str(file.name), (), rows)


def _file_values(file: FileReport) -> dict[str, Any]:
    return {
        "file": str(file.path),
        "encoding": file.encoding,
        "sheet": file.sheet,
        "header_row": file.header_row,
        "rows_in": file.rows_in,
        "duplicates": file.duplicates,
        "refused": file.refused,
        "folded": file.folded,
        "titles": file.titles,
        "footers": file.footers,
        "blanks": file.blanks,
        "guessed": dict(file.guessed),
        "unmapped": list(file.unmapped),
    }
