"""Assign: one firm to one unit, so that the sum of the match weights is the greatest possible."""

import numpy as np
import polars as pl
from scipy import sparse

from gapmatch.linkage.bigrams import Flags, Floats, Ints
from gapmatch.linkage.connected import group_connected

GROUP_PAIRS = 1_000
"""Pairs that are searched together, and what their last connected component has beyond."""


def assign(firm: Ints, unit: Ints, weight: Floats) -> Flags:
    """Return the links: at most one per firm and per unit, of the greatest total weight.

    Pairs of weight minus infinity never are. Pairs of positive weight first, by the optimum over
    all of them (a pair that competes with no other needs no search); then, among what is left free,
    the best of the doubtful ones. Firms and units are numbered by content, so ties are broken the
    same way whatever the order of the rows.
    """
    chosen = np.zeros(len(weight), dtype=bool)
    likely = np.flatnonzero(weight > 0)
    chosen[likely[_find_optimum(firm[likely], unit[likely], weight[likely])]] = True
    free = np.isfinite(weight) & ~(np.isin(firm, firm[chosen]) | np.isin(unit, unit[chosen]))
    doubtful = np.flatnonzero(free)
    chosen[doubtful[_assign_greedily(firm[doubtful], unit[doubtful], weight[doubtful])]] = True
    return chosen


def _find_optimum(firm: Ints, unit: Ints, weight: Floats) -> Ints:
    if not len(firm):
        return np.empty(0, dtype=np.int64)
    alone = (np.bincount(firm)[firm] == 1) & (np.bincount(unit)[unit] == 1)
    contested = np.flatnonzero(~alone)
    best = contested[_find_matching(firm[contested], unit[contested], weight[contested])]
    return np.concatenate((np.flatnonzero(alone), best))


def _find_matching(firm: Ints, unit: Ints, weight: Floats) -> Ints:
    """Return the edges of the heaviest matching, which each connected component has for itself.

    A search goes through all firms for each unit, so its time grows with the square of the pairs:
    components are searched a group at a time.
    """
    pairs = pl.DataFrame({"firm": firm.astype(np.uint32), "unit": unit})
    groups = pairs.with_row_index("edge").join(
        group_connected(pairs, GROUP_PAIRS), on="firm", maintain_order="left"
    )
    numbers = [group["edge"].to_numpy() for group in groups.partition_by("together")]
    best = [edges[_match_group(firm[edges], unit[edges], weight[edges])] for edges in numbers]
    return np.concatenate([np.empty(0, dtype=np.int64), *best])


def _match_group(firm: Ints, unit: Ints, weight: Floats) -> Ints:
    """Return the edges of the heaviest matching (LAPJVsp on units × (firms + one exit each))."""
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    units, row = np.unique(unit, return_inverse=True)
    firms, column = np.unique(firm, return_inverse=True)
    exits = np.arange(len(units))
    # An explicit zero is no edge to scipy: every weight is raised by one, the exits' too.
    values = np.concatenate((np.round(weight, 9) + 1.0, np.ones(len(units))))
    graph = sparse.csr_matrix(
        (values, (np.concatenate((row, exits)), np.concatenate((column, len(firms) + exits)))),
        shape=(len(units), len(firms) + len(units)),
    )
    rows, columns = min_weight_full_bipartite_matching(graph, maximize=True)
    linked = np.empty(len(units), dtype=np.int64)
    linked[rows] = columns
    return np.flatnonzero(linked[row] == column)


def _assign_greedily(firm: Ints, unit: Ints, weight: Floats) -> Ints:
    """Take pairs from the heaviest on whose firm and unit are both still free."""
    taken: list[int] = []
    firms: set[int] = set()
    units: set[int] = set()
    for i in np.lexsort((unit, firm, -np.round(weight, 9))).tolist():
        if firm[i] not in firms and unit[i] not in units:
            taken.append(i)
            firms.add(int(firm[i]))
            units.add(int(unit[i]))
    return np.array(taken, dtype=np.int64)
