"""The curves of ``scale.py``: seconds, memory and F1 by the number of firms, one row per kind of data."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt

TITLES = {
    "local": "gapmatch, local engine",
    "spark": "gapmatch, Spark local[2]",
    "splink": "Splink 5 on DuckDB",
    "tfidf": "TF-IDF top-n",
}
COLOURS = ("#1f5fa8", "#d1495b", "#7a7a7a", "#c29a2e")
KINDS = {"synthetic": "synthetic prefectures", "registry": "registered firms, noise of their own"}
MEASURES = {
    "wall": ("seconds, from files to links", "log"),
    "peak_gb": ("peak memory, GB", "log"),
    "f1": ("F1", "linear"),
}
SIZE = {"width": 270, "height": 230}


def draw(runs: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write the curves of the runs that were finished; the ending of ``path`` says the format."""
    done = [run for run in runs if run["state"] == "done"]
    rows = [
        alt.hconcat(*(_panel(done, kind, measure) for measure in MEASURES))
        for kind in KINDS
        if any(run["kind"] == kind for run in done)
    ]
    chart = alt.vconcat(*rows).properties(
        title=alt.Title(
            "Linking firms with 40 % as many insured units",
            subtitle="A curve ends where the tool passed a limit of time or memory, or where there is no more data.",
        )
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.configure_view(stroke="#dddddd").configure(font="sans-serif").save(str(path))


def _panel(runs: Sequence[Mapping[str, Any]], kind: str, measure: str) -> alt.Chart:
    title, scale = MEASURES[measure]
    values = [
        {"tool": TITLES[run["tool"]], "firms": run["firms"], "value": run[measure]}
        for run in runs
        if run["kind"] == kind
    ]
    return (
        alt.Chart(alt.Data(values=values), title=KINDS[kind], **SIZE)
        .mark_line(point=True)
        .encode(
            x=alt.X("firms:Q", title="firms", scale=alt.Scale(type="log"), axis=_axis("~s")),
            y=alt.Y(
                "value:Q", title=title, scale=alt.Scale(type=scale, zero=False), axis=_axis("~g")
            ),
            color=alt.Color(
                "tool:N",
                title=None,
                scale=alt.Scale(domain=list(TITLES.values()), range=list(COLOURS)),
            ),
        )
    )


def _axis(style: str) -> alt.Axis:
    return alt.Axis(format=style, gridColor="#eeeeee", tickCount=6)
