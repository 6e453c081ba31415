"""Assignment: the greatest total weight, one to one, the same whatever the order of the pairs."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapmatch.linkage import assign as assignment
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


def make_circles(count, random):
    """Circles of four pairs, two firms and two units each, every other of them tied."""
    firm, unit = (2 * np.repeat(np.arange(count), 4) + np.tile(n, count) for n in CIRCLE)
    weight = np.round(random.random(len(firm)) * 2) + 1.0
    order = random.permutation(len(firm))
    return firm[order], unit[order], weight[order]


CIRCLE = ([0, 0, 1, 1], [0, 1, 0, 1])


@pytest.mark.parametrize("size", [1, 7, 100])
def test_pairs_searched_a_group_at_a_time_give_the_links_of_one_search(monkeypatch, size):
    pairs = make_circles(300, np.random.default_rng(4))
    monkeypatch.setattr(assignment, "GROUP_PAIRS", 10**9)
    at_once = assign(*pairs)
    monkeypatch.setattr(assignment, "GROUP_PAIRS", size)
    assert assign(*pairs).tolist() == at_once.tolist()


def test_no_search_grows_with_the_list(monkeypatch):
    sizes, match_group = [], assignment._match_group

    def record_size(firm, unit, weight):
        sizes.append(len(firm))
        return match_group(firm, unit, weight)

    monkeypatch.setattr(assignment, "_match_group", record_size)
    firm, unit, weight = make_circles(5_000, np.random.default_rng(4))
    assign(firm, unit, weight)
    assert sum(sizes) == len(firm)
    assert max(sizes) < assignment.GROUP_PAIRS + len(CIRCLE[0])
