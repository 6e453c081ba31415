"""Which pairs are connected through a firm or a unit, so that they have to be settled together."""

import numpy as np
import polars as pl


def group_connected(pairs: pl.DataFrame, size: int) -> pl.DataFrame:
    """Return ``firm`` and ``together``: the number of the group in which its pairs are settled.

    ``pairs``: firm, unit. A group is made of whole connected components, in the order of their
    first firms, of ``size`` pairs and what the last of them has beyond.
    """
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    firms, firm = np.unique(pairs["firm"].to_numpy(), return_inverse=True)
    units, unit = np.unique(pairs["unit"].to_numpy(), return_inverse=True)
    count = len(firms) + len(units)
    ends = (firm, unit + len(firms))
    graph = sparse.coo_matrix((np.ones(len(firm), dtype=np.int8), ends), shape=(count, count))
    label = connected_components(graph, directed=False)[1][: len(firms)]
    # Numbered by first firm, whatever order the search went in.
    _labels, first, component = np.unique(label, return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))[component]
    pairs_of_firm = np.bincount(firm, minlength=len(firms))
    before = np.concatenate(([0], np.cumsum(np.bincount(place, pairs_of_firm))))
    together = (before[place] // max(1, size)).astype(np.int32)
    return pl.DataFrame({"firm": firms.astype(np.uint32), "together": together})
