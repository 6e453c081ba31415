"""Small pieces of the report's page. Every text is escaped here and nowhere else.

Each figure has a plain form of HTML. With Vega's runtime the page also holds its specification, and
a browser that can run it replaces the plain form: opened where scripts are switched off (a mail
preview, an old browser), the report still shows every figure. vl-convert (BSD-3-Clause) carries
Vega inside its wheel, so nothing is fetched; putting it together takes more than a second, so the
result is stored in the user's cache, one file per version.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from html import escape
from importlib.metadata import version
from pathlib import Path

from gapmatch.i18n import get_language
from gapmatch.report.drawing.bars import Bar
from gapmatch.report.drawing.theme import Spec


def format_number(value: float | int | None, decimals: int = 0) -> str:
    """Return a number with thousands separators; a missing one as a dash."""
    return "—" if value is None else f"{value:,.{decimals}f}"


def format_share(part: float, total: float) -> str:
    """Return ``part`` of ``total`` as per cent."""
    return f"{part / total:.1%}" if total else "—"


def render_section(title: str, *parts: str) -> str:
    """Return a section with its heading; nothing if there are no parts."""
    body = "\n".join(part for part in parts if part)
    return f"<section><h2>{escape(title)}</h2>\n{body}</section>\n" if body else ""


def render_heading(text: str) -> str:
    """Return a small heading."""
    return f"<h3>{escape(text)}</h3>"


def render_paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph; ``kind`` is a class of the style sheet."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def render_bars(rows: Sequence[Bar]) -> str:
    """Return horizontal bars on one scale."""
    longest = max((row.value for row in rows), default=0) or 1
    inner = "".join(
        f'<div class="label">{escape(row.label)}</div>'
        f'<div class="track"><div class="fill" style="width:{100 * row.value / longest:.2f}%;'
        f'background:{row.colour}"></div></div>'
        f'<div class="value">{format_number(row.value)} '
        f"<small>{escape(row.remark)}</small></div>"
        for row in rows
    )
    return f'<div class="bars">{inner}</div>' if rows else ""


def render_funnel(steps: Sequence[Bar]) -> str:
    """Return bars below each other, each with what was taken away since the one before."""
    longest = max((step.value for step in steps), default=0) or 1
    return "".join(
        f'<div class="step"><div class="head"><span>{escape(step.label)}</span>'
        f"<b>{format_number(step.value)}</b></div>"
        f'<div class="track"><div class="fill" style="width:{100 * step.value / longest:.2f}%;'
        f'background:{step.colour}"></div></div><small>{escape(step.remark)}</small></div>'
        for step in steps
    )


def render_stack(rows: Sequence[Bar]) -> str:
    """Return one bar of several colours, and the list of what they mean."""
    total = sum(row.value for row in rows) or 1
    pieces = "".join(
        f'<i style="width:{100 * row.value / total:.3f}%;background:{row.colour}" '
        f'title="{escape(row.label)} {format_number(row.value)}"></i>'
        for row in rows
        if row.value
    )
    return f'<div class="whole"><div class="stack">{pieces}</div>{render_keys(rows)}</div>'


def render_keys(rows: Sequence[Bar]) -> str:
    """Return the list of what colours mean, each with its number."""
    keys = "".join(
        f'<li><i style="background:{row.colour}"></i>{escape(row.label)} '
        f"<b>{format_number(row.value)}</b> {escape(row.remark)}</li>"
        for row in rows
    )
    return f'<ul class="key-list">{keys}</ul>'


def render_table(
    titles: Sequence[str],
    rows: Iterable[Sequence[str]],
    total: Sequence[str] = (),
    words: frozenset[int] = frozenset(),
) -> str:
    """Return a table; columns in ``words`` hold text and stand at the left."""
    head = _render_row("th", titles, words)
    body = "".join(_render_row("td", row, words) for row in rows)
    foot = f"<tfoot>{_render_row('td', total, words)}</tfoot>" if total else ""
    return (
        f'<div class="scroll"><table><thead>{head}</thead><tbody>{body}</tbody>{foot}</table></div>'
    )


def _render_row(tag: str, cells: Sequence[str], words: frozenset[int]) -> str:
    classes = [
        ' class="words"' if place in words else ' class="long"' if _is_long(tag, cell) else ""
        for place, cell in enumerate(cells)
    ]
    inner = (f"<{tag}{c}>{escape(cell)}</{tag}>" for c, cell in zip(classes, cells, strict=True))
    return f"<tr>{''.join(inner)}</tr>"


def _is_long(tag: str, cell: str) -> bool:
    """Whether a title would stand in four lines or more if its column were narrow."""
    return tag == "th" and len(cell) + (not cell.isascii()) * len(cell) > _LONG_TITLE


_LONG_TITLE = 18


def render_page(title: str, style: str, body: str) -> str:
    """Return a whole page that needs nothing from the network."""
    language = "en" if get_language() == "en" else "zh-CN"
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )


# Log level 1 of Vega is "errors only".
_EMBED = """
for (const [place, spec] of JSON.parse(document.getElementById("specs").textContent).entries()) {
  const figure = document.getElementById("figure-" + place);
  const chart = document.createElement("div");
  chart.className = "chart";
  figure.append(chart);
  vegaEmbed(chart, spec, {renderer: "svg", actions: false, mode: "vega-lite", logLevel: 1}).then(
    () => figure.classList.add("drawn"),
    (error) => { chart.remove(); console.error(error); });
}
"""


@dataclass
class Figures:
    """The figures of one page. ``runtime``: the script that draws them; None: plain forms only."""

    runtime: str | None = None
    specs: list[Spec] = field(default_factory=list)

    def show(self, spec: Spec, plain: str) -> str:
        """Return the place of a figure with its plain form, and note its specification."""
        if self.runtime is None or not plain:
            return plain
        self.specs.append(spec)
        number = len(self.specs) - 1
        return f'<div class="figure" id="figure-{number}"><div class="plain">{plain}</div></div>'

    def show_alone(self, spec: Spec) -> str:
        """Return a figure with a table next to it as plain form; nothing without the runtime."""
        return self.show(spec, " ") if self.runtime else ""

    def build_scripts(self) -> str:
        """Return what draws the figures, for the end of the page; empty without the runtime."""
        if self.runtime is None or not self.specs:
            return ""
        specs = _encode_for_script(self.specs)
        return (
            f'<script type="application/json" id="specs">{specs}</script>\n'
            f'<script type="module">{self.runtime}</script>\n'
            f'<script type="module">{_EMBED}</script>\n'
        )


def _encode_for_script(specs: list[Spec]) -> str:
    """Return JSON that cannot end the script it stands in, whatever the names in it are."""
    text = json.dumps(specs, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def load_vega_runtime() -> str | None:
    """Return the script that defines ``vegaEmbed``; None without the extra ``charts``."""
    try:
        import vl_convert
    except ImportError:
        return None
    cached = (Path.home() / ".cache" / "gapmatch") / f"vega-{version('vl-convert-python')}.js"
    with suppress(OSError, UnicodeDecodeError):
        text = cached.read_text(encoding="utf-8")
        if text.endswith(_END):
            return text
    text = str(vl_convert.javascript_bundle(_SNIPPET)) + _END
    with suppress(OSError):
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.write_text(text, encoding="utf-8", newline="\n")
    return text


_SNIPPET = "window.vegaEmbed = vegaEmbed;"
"""What the bundle leaves for the page to call; vl-convert provides the name."""

_END = "\n// end of the Vega runtime\n"
"""A file that was cut off while it was written does not end like this."""
