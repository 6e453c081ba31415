"""How good links, statuses and ranking are, measured against a truth; never part of a run."""
