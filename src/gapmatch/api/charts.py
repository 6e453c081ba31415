"""Altair charts of the frames that ``gapmatch.open`` gives (needs the extra ``charts``).

Every function takes frames as ``docs/api.md`` describes them and returns an Altair chart, on which
one may go on: ``charts.gaps_by_county(gaps).properties(width=800).save("gaps.html")``. A chart
holds counted rows only, never a firm. Without Altair each raises ``GapmatchError`` with what to
install.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from gapmatch.errors import GapmatchError
from gapmatch.i18n import _
from gapmatch.report.drawing.bars import (
    Bar,
    build_total_bars,
    draw_bars,
    draw_part_bars,
    draw_signed_bars,
    draw_single_bar,
    draw_steps,
    draw_waterfall,
)
from gapmatch.report.drawing.curves import (
    Axes,
    Line,
    Marker,
    draw_curves,
    draw_histogram,
    draw_intervals,
)
from gapmatch.report.drawing.theme import COLOURS, DECISIONS, GREY, INK, RED, Spec
from gapmatch.results.breakdowns import (
    build_age_band,
    build_bridge_steps,
    build_size_band,
    compute_capture_points,
    count_probability_bins,
    list_age_labels,
    list_bridge_labels,
    list_size_labels,
)
from gapmatch.schemas import STATUSES
from gapmatch.vocabulary.labels import list_labels, list_section_labels, list_status_labels

if TYPE_CHECKING:
    import altair as alt

__all__ = [
    "calibration",
    "capture",
    "comparison_viewer",
    "errors",
    "funnel",
    "gaps_by_age",
    "gaps_by_county",
    "gaps_by_industry",
    "gaps_by_size",
    "group_sizes",
    "priorities",
    "probabilities",
    "quarters",
    "reliability",
    "show_in_notebook",
    "statuses",
    "threshold_cost",
    "threshold_quality",
    "totals",
    "waterfall",
    "weights",
]

_WIDTH_PIXELS = 780
"""Of a chart with its labels and numbers: what a cell of a notebook shows without scrolling."""
_PARTS = ("#c0392b", "#e6903c", "#1f4e79", "#2e7d4f", "#6c7fd1", GREY)


def statuses(gaps: pl.DataFrame) -> "alt.Chart":
    """One bar of all rows of the tax list by status. ``gaps``: ``status``."""
    counts = _count_statuses(gaps)
    rows = [
        Bar(f"{words} {counts[s]:,}", counts[s], "", COLOURS[s])
        for s, words in list_status_labels().items()
    ]
    return _make_chart(draw_single_bar(rows, _("税务清册各户的参保状态（户）")))


def funnel(gaps: pl.DataFrame, targets: pl.DataFrame) -> "alt.Chart":
    """From the tax list to this quarter's visits. ``gaps``: ``status``; ``targets``: ``tier``."""
    total: dict[str, int] = {
        **_count_statuses(gaps),
        "firms": gaps.height,
        "targets": targets.height,
        "tier_a": targets.filter(pl.col("tier") == "A").height,
    }
    labels, red = list_bridge_labels(), ("targets", "tier_a")
    rows = [
        Bar(labels[step.name], step.firms, "", *((RED,) if step.name in red else ()))
        for step in build_bridge_steps(total)
    ]
    return _make_chart(draw_bars(rows, _("从税务清册到走访名单（户）")))


def gaps_by_county(gaps: pl.DataFrame, most: int = 30) -> "alt.Chart":
    """Uninsured firms by county, most first, with their share. ``gaps``: ``status``, ``county``."""
    rows = sorted(_count_uninsured(gaps, "county"), key=lambda bar: (-bar.value, bar.label))
    return _make_chart(draw_bars(rows[:most], _("各县（市、区）疑似未参保户数，占纳税户的比例")))


def gaps_by_industry(gaps: pl.DataFrame) -> "alt.Chart":
    """Uninsured firms by section of GB/T 4754. ``gaps``: ``status``, ``section``."""
    sections = list_section_labels()
    named = gaps.with_columns(pl.col("section").replace(sections))
    rows = _order_bars(_count_uninsured(named, "section"), list(sections.values()))
    return _make_chart(draw_bars(rows, _("各行业疑似未参保户数，占该行业的比例")))


def gaps_by_size(gaps: pl.DataFrame) -> "alt.Chart":
    """Uninsured firms by estimated persons at work. ``gaps``: ``status``, ``headcount``."""
    rows = _order_bars(
        _count_uninsured(gaps.with_columns(build_size_band().alias("size")), "size"),
        list_size_labels(),
    )
    return _make_chart(draw_bars(rows, _("按估计用工人数：疑似未参保户数，占同档的比例")))


def gaps_by_age(gaps: pl.DataFrame) -> "alt.Chart":
    """Uninsured firms by years since founding. ``gaps``: ``status``, ``age``."""
    rows = _order_bars(
        _count_uninsured(gaps.with_columns(build_age_band().alias("band")), "band"),
        list_age_labels(),
    )
    return _make_chart(draw_bars(rows, _("按成立年限：疑似未参保户数，占同档的比例")))


def probabilities(links: pl.DataFrame, bins: int = 20) -> "alt.Chart":
    """How sure the links are: best candidates (``probability``, ``decision``) by probability."""
    return _make_chart(
        draw_histogram(
            count_probability_bins(links, bins),
            {words: DECISIONS[name] for name, words in list_labels("decision").items()},
            Axes(_("同一家的概率"), _("配对数（平方根刻度）"), ".0%", ",.0f"),
        )
    )


def calibration(pairs: pl.DataFrame, bins: int = 10) -> "alt.Chart":
    """How well probabilities are calibrated.

    ``pairs``: ``probability``, ``same`` (Boolean, the truth). Each point is a bin of equal width:
    mean probability, share of pairs that really are the same.
    """
    place = (pl.col("probability") * bins).floor().clip(0, bins - 1)
    binned = (
        pairs.drop_nulls(["probability", "same"])
        .group_by(place.alias("bin"))
        .agg(pl.col("probability").mean(), pl.col("same").mean())
        .sort("bin")
    )
    lines = (
        Line(_("实际"), binned.select("probability", "same").rows(), RED),
        Line(_("完全可信"), ((0.0, 0.0), (1.0, 1.0)), GREY, (4, 4)),
    )
    axes = Axes(_("给出的概率"), _("实际是同一家的比例"), ".0%", ".0%")
    return _make_chart(draw_curves(lines, axes, _("概率是否可信")))


def reliability(bands: pl.DataFrame) -> "alt.Chart":
    """How well ``probability_uninsured`` is calibrated. ``bands``: ``evaluate(…).reliability``.

    Each point is a band with at least one firm: stated probability, share that really is uninsured;
    the thin lines are its 95 % interval.
    """
    ordered = bands.sort("stated")
    lines = (
        Line(_("实际"), ordered.select("stated", "share").rows(), RED),
        Line(_("区间下限"), ordered.select("stated", "share_low").rows(), GREY, (1, 3)),
        Line(_("区间上限"), ordered.select("stated", "share_high").rows(), GREY, (1, 3)),
        Line(_("完全可信"), ((0.0, 0.0), (1.0, 1.0)), GREY, (4, 4)),
    )
    axes = Axes(_("给出的概率"), _("实际未参保的比例"), ".1%", ".1%")
    return _make_chart(draw_curves(lines, axes, _("未参保概率是否可信")))


def errors(expected: pl.DataFrame) -> "alt.Chart":
    """Expected errors with 95 % intervals, as ``Workspace.expected_errors`` gives them."""
    words = {
        "false_gaps": _("误列（已参保却列出）"),
        "missed_gaps": _("漏列（未参保没列出）"),
        "matches_in_review": _("待核实中确为同一家"),
    }
    rows = [
        (words[row["error"]], row["low"], row["value"], row["high"])
        for row in expected.iter_rows(named=True)
    ]
    return _make_chart(draw_intervals(rows, _("预计户数与 95% 区间")))


def weights(table: pl.DataFrame, comparison: str) -> "alt.Chart":
    """What each level of one comparison weighs, in bits, as ``Workspace.weights`` gives it."""
    levels = table.filter(pl.col("comparison") == comparison)
    rows = [
        _make_signed_bar(level, weight, _("{n} 对").format(n=pairs))
        for level, weight, pairs in levels.select("level_label", "weight", "pairs").rows()
    ]
    return _make_chart(draw_signed_bars(rows, _("比对结果的得分（比特）")))


def waterfall(parts: pl.DataFrame) -> "alt.Chart":
    """What a pair's weight is made of. ``parts``: as ``Workspace.parts`` gives it."""
    rows = [
        _make_signed_bar(label, weight, level)
        for label, weight, level in parts.select("label", "weight", "level").rows()
    ]
    total = float(parts["weight"].sum())
    return _make_chart(draw_waterfall(rows, Bar(_("合计"), total), _("得分（比特）")))


def threshold_cost(
    links: pl.DataFrame, price_false_gap: float = 3.0, price_missed_gap: float = 1.0
) -> "alt.Chart":
    """What any single threshold would cost.

    ``links``: ``probability`` of each firm's best candidate. A pair above the threshold that is
    none hides a gap, one below that is the same is a false gap; prices as in
    ``Workspace.settings().linkage``.
    """
    probabilities = links["probability"].drop_nulls()
    grid = [step / 100 for step in range(0, 101, 2)]
    missed = [
        float((1.0 - probabilities.filter(probabilities >= threshold)).sum()) for threshold in grid
    ]
    false = [float(probabilities.filter(probabilities < threshold).sum()) for threshold in grid]
    sums = [m * price_missed_gap + f * price_false_gap for m, f in zip(missed, false, strict=True)]
    best = grid[min(range(len(grid)), key=lambda place: sums[place])]
    lines = (
        Line(_("误列（预计户数）"), list(zip(grid, false, strict=True)), RED),
        Line(_("漏列（预计户数）"), list(zip(grid, missed, strict=True)), "#6c7fd1"),
        Line(_("代价合计"), list(zip(grid, sums, strict=True)), INK, (6, 3)),
    )
    axes = Axes(_("门槛：概率达到多少才认定"), _("户数、代价（对数刻度）"), ".0%", ",.0f", "symlog")
    mark = Marker(best, _("代价最低"))
    return _make_chart(draw_curves(lines, axes, _("门槛的代价"), [mark]))


def threshold_quality(quality: pl.DataFrame) -> "alt.Chart":
    """Precision and recall by threshold, on labelled pairs.

    ``quality``: as ``Workspace.label_quality`` gives it. A click on the legend shows a line alone.
    """
    shares = (
        ("precision", _("精确率"), RED),
        ("recall", _("召回率"), "#1f4e79"),
        ("f1", "F1", GREY),
    )
    lines = [
        Line(words, quality.drop_nulls(share).select("threshold", share).rows(), colour)
        for share, words, colour in shares
    ]
    axes = Axes(_("门槛：概率达到多少才认定"), _("占人工认定的配对"), ".0%", ".0%")
    return _make_chart(draw_curves(lines, axes, _("门槛与人工认定")))


def comparison_viewer(links: pl.DataFrame, most: int = 20) -> "alt.Chart":
    """Patterns of comparisons by number of pairs; a click on one shows what its weight is made of.

    ``links``: ``weight``, ``part_…``, ``level_…``; the ``most`` frequent patterns are shown.
    """
    from gapmatch.api.comparison_patterns import draw_patterns, list_patterns

    return _make_chart(draw_patterns(list_patterns(links, most)))


def group_sizes(groups: pl.DataFrame) -> "alt.Chart":
    """Groups by how many firms and units they connect. ``groups``: from ``Workspace.groups``."""
    sizes = (
        groups.unique("group").group_by("firms", "units").len().sort("len", "firms", "units")[::-1]
    )
    words = _("{firms} 户企业、{units} 个单位")
    rows = [Bar(words.format(firms=f, units=u), n) for f, u, n in sizes.rows()]
    return _make_chart(draw_bars(rows, _("相连的企业和单位（组数）")))


def show_in_notebook() -> None:
    """Let notebooks show charts that react if they can, and pictures if not; no network."""
    alt = _import_altair()
    import vl_convert  # comes with Altair's extra

    def render(spec: Spec, **_options: object) -> Spec:
        return {
            f"application/vnd.vegalite.v{alt.SCHEMA_VERSION[1]}+json": spec,
            "image/svg+xml": vl_convert.vegalite_to_svg(spec),
        }

    alt.renderers.register("gapmatch", render)
    alt.renderers.enable("gapmatch")


def capture(targets: pl.DataFrame, orders: Mapping[str, pl.Expr] | None = None) -> "alt.Chart":
    """What share of the expected new insured the first visits reach.

    ``targets``: ``priority``, ``expected_new_enrollees``, ``tier``. ``orders``: further orders to
    compare with, each an expression of which the largest comes first.
    """
    colours = (RED, "#1f4e79", "#e6903c", "#6c7fd1", "#2e7d4f")
    wanted = {_("按优先分"): pl.col("priority"), **(orders or {})}
    lines = [
        Line(name, compute_capture_points(targets, order), colours[place % len(colours)])
        for place, (name, order) in enumerate(wanted.items())
    ]
    lines.append(Line(_("随意走访"), ((0, 0.0), (targets.height, 1.0)), GREY, (4, 4)))
    first = targets.filter(pl.col("tier") == "A").height
    axes = Axes(_("走访户数"), _("占预计新增参保人数"))
    return _make_chart(draw_curves(lines, axes, _("走访能覆盖多少"), [Marker(first, _("A 层"))]))


def priorities(targets: pl.DataFrame, most: int = 15) -> "alt.Chart":
    """What the priority of the first targets is made of. ``targets``: ``name``, ``priority_…``."""
    from gapmatch.explanation.link_parts import list_rank_parts

    rows = [
        (f"{row['rank']}. {row['name']}", dict(list_rank_parts(row)))
        for row in targets.sort("rank").head(most).iter_rows(named=True)
    ]
    names = list(dict.fromkeys(n for _label, parts in rows for n, value in parts.items() if value))
    named = {name: _PARTS[place % len(_PARTS)] for place, name in enumerate(names)}
    remarks = {label: f"{sum(parts.values()):,.0f}" for label, parts in rows}
    return _make_chart(draw_part_bars(rows, named, _("优先分"), remarks))


def quarters(gaps: Mapping[str, pl.DataFrame]) -> "alt.Chart":
    """Statuses quarter by quarter. ``gaps``: quarter to its gaps (``status``)."""
    labels = list_status_labels()
    colours = {labels[s]: colour for s, colour in COLOURS.items()}
    rows = []
    for quarter, frame in gaps.items():
        counts = _count_statuses(frame)
        rows.append((quarter, {labels[s]: counts[s] for s in STATUSES}))
    remarks = {quarter: f"{frame.height:,}" for quarter, frame in gaps.items()}
    return _make_chart(draw_part_bars(rows, colours, _("户数"), remarks))


def totals(table: pl.DataFrame) -> "alt.Chart":
    """The way from one quarter's uninsured to the next's, as ``Workspace.totals`` gives it."""
    return _make_chart(draw_steps(build_total_bars(table), _("疑似未参保户数的变化")))


def _count_statuses(gaps: pl.DataFrame) -> dict[str, int]:
    counted = dict(gaps.group_by(pl.col("status").cast(pl.String)).len().rows())
    return {status: counted.get(status, 0) for status in STATUSES}


def _count_uninsured(gaps: pl.DataFrame, column: str) -> list[Bar]:
    """Return uninsured firms per value of ``column``, with their share of its firms."""
    named = gaps.with_columns(pl.col(column).fill_null(_("不详")))
    uninsured = (pl.col("status").cast(pl.String) == "uninsured").sum()
    counted = named.group_by(column).agg(uninsured.alias("n"), pl.len().alias("firms")).sort(column)
    return [Bar(name, n, f"{n / firms:.1%}", RED) for name, n, firms in counted.rows()]


def _order_bars(rows: Sequence[Bar], order: Sequence[str]) -> list[Bar]:
    place = {label: number for number, label in enumerate(order)}
    return sorted(rows, key=lambda bar: (place.get(bar.label, len(place)), bar.label))


def _make_signed_bar(label: str, weight: float, remark: str) -> Bar:
    return Bar(label, weight, remark, "#2e7d4f" if weight > 0 else RED)


def _make_chart(spec: Spec) -> "alt.Chart":
    """Return the specification as an Altair chart with a title, of a width that suits a page."""
    frame: Spec = {}
    if "hconcat" not in spec:
        fit = {"type": "fit-x", "contains": "padding"}
        frame = {"width": _WIDTH_PIXELS, "autosize": fit, **_make_title(spec)}
    chart: alt.Chart = _import_altair().Chart.from_dict({**_bind_legend(spec), **frame})
    return chart


def _make_title(spec: Spec) -> Spec:
    """Return what the chart shows as its title, unless an axis says it already."""
    words = spec["description"]
    encodings = [part.get("encoding", {}) for part in (spec, *spec.get("layer", ()))]
    axes = [encoding.get(side, {}).get("axis") or {} for encoding in encodings for side in "xy"]
    if any(axis.get("title") == words for axis in axes):
        return {}
    look = {"anchor": "start", "fontSize": 14, "fontWeight": "normal", "color": INK}
    return {"title": {"text": words, **look}}


def _bind_legend(spec: Spec) -> Spec:
    """Let a click on the legend of a chart of lines show one line alone."""
    layers = spec.get("layer") or [{}]
    encoding = layers[0].get("encoding", {})
    if not encoding.get("color", {}).get("legend") or encoding["color"]["field"] != "line":
        return spec
    picked = {
        "name": "picked_line",
        "select": {"type": "point", "fields": ["line"]},
        "bind": "legend",
        "views": ["lines"],  # without it, every layer would have the parameter
    }
    faded = {"condition": {"param": "picked_line", "value": 1}, "value": 0.15}
    first = {**layers[0], "name": "lines", "encoding": {**encoding, "opacity": faded}}
    return {**spec, "params": [picked], "layer": [first, *layers[1:]]}


def _import_altair() -> Any:  # noqa: ANN401 - an optional package
    try:
        import altair
    except ImportError as error:
        raise GapmatchError(
            _("画图需要 Altair，现在没有安装"),
            _("请安装附加组件 gapmatch[charts]；在仓库里：pip install -r requirements/charts.txt"),
        ) from error
    return altair
