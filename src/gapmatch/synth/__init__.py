"""A synthetic prefecture: real divisions, invented firms and persons, with the truth.

For trying the tool out, for tests and for measuring. Its noise comes from tables of its own
(``config/synth/``), independent of what the engine knows how to mend.
"""

from gapmatch.synth.extracts import SyntheticQuarter
from gapmatch.synth.invented_places import list_prefectures
from gapmatch.synth.plan import Plan, list_quarters_until
from gapmatch.synth.prefecture import Prefecture, convert_to_rows, make_prefecture
from gapmatch.synth.write import (
    QuarterFiles,
    write_demo,
    write_extracts,
    write_parquet,
    write_sample,
)

__all__ = [
    "Plan",
    "Prefecture",
    "QuarterFiles",
    "SyntheticQuarter",
    "convert_to_rows",
    "list_prefectures",
    "list_quarters_until",
    "make_prefecture",
    "write_demo",
    "write_extracts",
    "write_parquet",
    "write_sample",
]
