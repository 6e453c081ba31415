"""A synthetic prefecture: real divisions, invented firms and persons, with the truth.

For trying the tool out, for tests and for measuring. Its noise comes from tables of its own
(``config/synth/``), independent of what the engine knows how to mend.
"""

from gapmatch.synth.demo_extracts import write_demo, write_sample
from gapmatch.synth.extracts import Quarter
from gapmatch.synth.invented_places import prefectures_in
from gapmatch.synth.plan import Plan, quarters_until
from gapmatch.synth.prefecture import Prefecture, as_rows, make_prefecture
from gapmatch.synth.write import QuarterFiles, write_extracts, write_parquet

__all__ = [
    "Plan",
    "Prefecture",
    "Quarter",
    "QuarterFiles",
    "as_rows",
    "make_prefecture",
    "prefectures_in",
    "quarters_until",
    "write_demo",
    "write_extracts",
    "write_parquet",
    "write_sample",
]
