"""A synthetic prefecture: real divisions, invented firms and persons, with the truth.

For trying the tool out, for tests and for measuring. Its noise comes from tables of its own
(``config/synth/``), independent of what the engine knows how to mend.
"""

from gapmatch.synth.extracts import Quarter
from gapmatch.synth.plan import Plan, quarters_until
from gapmatch.synth.prefecture import Prefecture, Rows, as_rows, make_prefecture

__all__ = ["Plan", "Prefecture", "Quarter", "Rows", "as_rows", "make_prefecture", "quarters_until"]
