"""Assignment: the greatest total weight, one to one, the same whatever the order of the pairs."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapmatch.linkage.assign import assign

weights = st.one_of(
    st.floats(-20, 40).map(lambda w: round(w, 2)), st.sampled_from([0.0, 3.0, -3.0, -np.inf])
)
graphs = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(0, 3)), weights, min_size=1, max_size=9
)


def chosen_of(graph, order=None):
    edges = list(graph) if order is None else [list(graph)[i] for i in order]
    firm, unit = (np.array([edge[side] for edge in edges]) for side in (0, 1))
    chosen = assign(firm, unit, np.array([graph[edge] for edge in edges]))
    return {edge for edge, taken in zip(edges, chosen, strict=True) if taken}


def one_to_one(edges):
    firms, units = ([edge[side] for edge in edges] for side in (0, 1))
    return len(set(firms)) == len(firms) and len(set(units)) == len(units)


def greatest_total(graph):
    likely = [edge for edge, weight in graph.items() if weight > 0]
    return max(
        sum(graph[edge] for edge in some)
        for size in range(len(likely) + 1)
        for some in combinations(likely, size)
        if one_to_one(some)
    )


@given(graphs)
@settings(max_examples=150, deadline=None)
def test_the_likely_links_weigh_as_much_as_the_best_of_all_ways_to_choose(graph):
    total = sum(graph[edge] for edge in chosen_of(graph) if graph[edge] > 0)
    assert total == pytest.approx(greatest_total(graph), abs=1e-6)


@given(graphs)
@settings(max_examples=100, deadline=None)
def test_a_firm_has_one_unit_and_a_unit_one_firm(graph):
    assert one_to_one(chosen_of(graph))


@given(graphs)
@settings(max_examples=100, deadline=None)
def test_what_cannot_be_a_link_never_is_and_no_pair_of_free_ones_is_left(graph):
    chosen = chosen_of(graph)
    assert all(np.isfinite(graph[edge]) for edge in chosen)
    left = [edge for edge, weight in graph.items() if np.isfinite(weight) and edge not in chosen]
    assert not any(one_to_one([*chosen, edge]) for edge in left)


@given(graphs, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_ties_are_broken_the_same_way_whatever_the_order_of_the_pairs(graph, random):
    order = list(range(len(graph)))
    random.shuffle(order)
    assert chosen_of(graph, order) == chosen_of(graph)


def test_no_pairs_give_no_links():
    none = np.empty(0, dtype=np.int64)
    assert assign(none, none, np.empty(0)).tolist() == []


def test_a_firm_gives_up_its_best_unit_where_all_together_gain():
    graph = {(0, 0): 10.0, (0, 1): 9.0, (1, 0): 9.5}
    assert chosen_of(graph) == {(0, 1), (1, 0)}
