"""The report's figures: drawn by Vega if its runtime is there, else by the style sheet alone.

One layout for both. Each figure has a plain form of HTML; with the runtime the page also holds the
chart's specification, and a browser that can run it replaces the plain form. So a report opened
where scripts are switched off (a mail preview, an old browser) still shows every figure.

vl-convert (BSD-3-Clause) carries Vega, Vega-Lite and vega-embed inside its wheel, so nothing is
fetched. Putting them together takes more than a second, so the result is stored in the user's
cache, one file per version.
"""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from gapmatch.report.drawing.theme import Spec

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
    cached = _find_cache() / f"vega-{version('vl-convert-python')}.js"
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


def _find_cache() -> Path:
    return Path.home() / ".cache" / "gapmatch"
