"""Charts as Vega-Lite specifications in plain dicts.

The same drawing for the report and for notebooks. A specification needs no package to be made. The
report inlines it next to the Vega runtime; ``gapmatch.api.charts`` hands it out as an Altair chart.
Every function takes few, already counted rows, so that no firm's data travels inside a chart.
"""
