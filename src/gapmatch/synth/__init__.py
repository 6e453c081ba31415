"""A synthetic prefecture: real divisions, invented firms and persons, with the truth.

For trying the tool out, for tests and for measuring. Its noise comes from tables of its own
(``config/synth/``), independent of what the engine knows how to mend.
"""
