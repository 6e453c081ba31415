"""The report's figures: drawn by Vega if its runtime is available, else by the style sheet alone.

One layout for both. Each figure has a plain form of HTML; with the runtime the page also holds the
chart's specification, and a browser that can run it replaces the plain form. So a report opened
where scripts are switched off (a mail preview, an old browser) still shows every figure.
"""

import json
from dataclasses import dataclass, field

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
        return (
            f'<div class="figure" id="figure-{len(self.specs) - 1}"><div '
            f'class="plain">{plain}</div></div>'
        )

    def show_alone(self, spec: Spec) -> str:
        """Return a figure of which a table next to it is the plain form.

        Nothing without the runtime.
        """
        return self.show(spec, " ") if self.runtime else ""

    def build_scripts(self) -> str:
        """Return what draws the figures, for the end of the page; empty without the runtime."""
        if self.runtime is None or not self.specs:
            return ""
        return (
            f'<script type="application/json" '
            f'id="specs">{_encode_for_script(self.specs)}</script>\n'
            f'<script type="module">{self.runtime}</script>\n'
            f'<script type="module">{_EMBED}</script>\n'
        )


def _encode_for_script(specs: list[Spec]) -> str:
    """Return JSON that cannot end the script it stands in, whatever the names in it are."""
    text = json.dumps(specs, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
