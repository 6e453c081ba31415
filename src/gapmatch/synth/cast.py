"""The entities: filers, outside firms, former filers, public bodies, and their relations."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from gapmatch.synth.draws import Flags, Ints, Rng, compute_falling_weights, make_stream, pick
from gapmatch.synth.invented_places import TOWNS_PER_COUNTY, Places
from gapmatch.synth.plan import Plan
from gapmatch.synth.word_lists import Words


class Role(IntEnum):
    """Why an entity is in the extracts."""

    FILER = 0
    """In the tax list of some quarter."""
    FORMER = 1
    """Stopped filing before the first quarter, still enrolled."""
    OUTSIDE = 2
    """Registered elsewhere: head offices, and contractors enrolled here."""
    PUBLIC = 3
    """Public body, enrolled."""
    REGISTERED = 4
    """Only in the market registration."""


class Kind(IntEnum):
    """What an entity is."""

    COMPANY = 0
    CHAIN = 1
    """Head office of a chain in a county."""
    BRANCH = 2
    COOPERATIVE = 3
    TRADER = 4
    WORKS = 5
    """Sole proprietorship."""
    PARTNERSHIP = 6
    LEGACY = 7
    """State or collective firm of old."""
    SCHOOL = 8
    """Private school or home: a non-profit of civil affairs."""
    PUBLIC = 9


KIND_SHARES = {
    Kind.COMPANY: 0.605,
    Kind.CHAIN: 0.008,
    Kind.BRANCH: 0.165,
    Kind.COOPERATIVE: 0.075,
    Kind.TRADER: 0.055,
    Kind.WORKS: 0.04,
    Kind.PARTNERSHIP: 0.007,
    Kind.LEGACY: 0.033,
    Kind.SCHOOL: 0.006,
    Kind.PUBLIC: 0.006,
}
"""Of the filers; what a Guizhou prefecture's list looks like."""

ARRIVING, LEAVING = 0.055, 0.015
"""Firms that are new in, or gone from, a quarter's list, as shares of it."""
TWINS, SAME_OWNER = 0.035, 0.4
"""Companies that bear the trade name of another one, and how many of them have its owner too."""
BRANCHES_OF_CHAINS, BRANCHES_OF_LOCALS = 0.36, 0.38
"""The rest are branches of firms from elsewhere."""


@dataclass(frozen=True)
class Cast:
    """Entities, one element each; -1 if there is none."""

    role: Ints
    kind: Ints
    arrival: Ints
    """Quarter (0 is the plan's first) whose tax list first holds the entity."""
    departure: Ints
    """Quarter whose tax list holds it last."""
    county: Ints
    """Row of ``Places.counties`` where it is taxed."""
    region: Ints
    """Row of ``Places.counties`` in its name and code."""
    town: Ints
    industry: Ints
    chain: Ints
    parent: Ints
    twin: Ints
    same_owner: Flags

    def __len__(self) -> int:
        return len(self.role)

    def rows(self, *kinds: Kind) -> Ints:
        """Return the entities of these kinds."""
        return np.flatnonzero(np.isin(self.kind, kinds))

    def find_filers(self, quarter: int) -> Flags:
        """Return who is in the tax list of a quarter (0 is the plan's first)."""
        filer = self.role == Role.FILER
        return np.asarray(filer & (self.arrival <= quarter) & (self.departure >= quarter))


def make_cast(plan: Plan, places: Places, words: Words) -> Cast:
    """Return the entities of a plan."""
    rng = make_stream(plan.seed, "cast")
    role, arrival, departure = _draw_roles(plan, rng)
    kind = _draw_kinds(role, rng)
    chain = np.where(kind == Kind.CHAIN, rng.integers(0, len(words.chains), len(kind)), -1)
    parent = _assign_parents(role, kind, rng)
    county = _draw_counties(parent, kind, places, rng)
    twin = _draw_twins(kind, rng)
    industry = _draw_industries(kind, chain, parent, words, rng)
    near = (twin >= 0) & (role != Role.OUTSIDE) & (rng.random(len(kind)) < 0.5)
    county = np.where(near, county[twin], county)
    return Cast(
        role=role,
        kind=kind,
        arrival=arrival,
        departure=departure,
        county=county,
        region=np.where(role == Role.OUTSIDE, _draw_from(places.outside, len(role), rng), county),
        town=_find_home_row(county, places) * TOWNS_PER_COUNTY
        + rng.integers(0, TOWNS_PER_COUNTY, len(role)),
        industry=np.where((twin >= 0) & ~near, industry[twin], industry),
        chain=np.where(kind == Kind.BRANCH, chain[parent], chain),
        parent=parent,
        twin=twin,
        same_owner=(twin >= 0) & (rng.random(len(role)) < SAME_OWNER),
    )


def _draw_roles(plan: Plan, rng: Rng) -> tuple[Ints, Ints, Ints]:
    last = len(plan.quarters) - 1
    new = [round(plan.firms * ARRIVING * (1 - ARRIVING) ** (last - q)) for q in range(1, last + 1)]
    gone = [round(plan.firms * LEAVING)] * last
    others = {
        Role.FORMER: round(plan.firms * plan.outside_share * 0.5),
        Role.OUTSIDE: round(plan.firms * plan.outside_share) + 1,
        Role.PUBLIC: round(plan.firms * plan.public_share),
        Role.REGISTERED: round(plan.firms * 0.08),
    }
    firms = plan.firms + sum(gone)
    role = np.repeat([Role.FILER, *others], [firms, *others.values()])
    arrival = np.full(len(role), -1)
    departure = np.full(len(role), last)
    arrival[: sum(new)] = np.repeat(np.arange(1, last + 1), new)
    departure[plan.firms : firms] = np.repeat(np.arange(last), gone)
    order = rng.permutation(len(role))
    return role[order].astype(np.int64), arrival[order], departure[order]


def _draw_kinds(role: Ints, rng: Rng) -> Ints:
    kind = pick(rng, list(KIND_SHARES.values()), len(role))
    kind[role == Role.OUTSIDE] = Kind.COMPANY
    kind[role == Role.PUBLIC] = Kind.PUBLIC
    kind[(role != Role.FILER) & (kind == Kind.CHAIN)] = Kind.COMPANY
    kind[(role != Role.PUBLIC) & (role != Role.FILER) & (kind == Kind.PUBLIC)] = Kind.COMPANY
    return kind


def _assign_parents(role: Ints, kind: Ints, rng: Rng) -> Ints:
    """Give each branch a head office: few firms have many branches."""
    local = np.flatnonzero((kind == Kind.COMPANY) & (role == Role.FILER))
    heads = [
        np.flatnonzero(kind == Kind.CHAIN),
        local[: max(1, len(local) // 12)],
        np.flatnonzero(role == Role.OUTSIDE),
    ]
    branches = np.flatnonzero(kind == Kind.BRANCH)
    group = np.searchsorted(
        [BRANCHES_OF_CHAINS, BRANCHES_OF_CHAINS + BRANCHES_OF_LOCALS], rng.random(len(branches))
    )
    parent = np.full(len(kind), -1)
    for number, candidates in enumerate(heads):
        rows = branches[group == number]
        pool = candidates if len(candidates) else heads[1]
        parent[rows] = pool[pick(rng, compute_falling_weights(len(pool), 0.5), len(rows))]
    return parent


def _draw_counties(parent: Ints, kind: Ints, places: Places, rng: Rng) -> Ints:
    drawn = places.home[pick(rng, places.weights, len(kind))]
    of_chain = (parent >= 0) & (kind[parent] == Kind.CHAIN)
    near = (parent >= 0) & (of_chain | (rng.random(len(kind)) < 0.5))
    return np.asarray(np.where(near, drawn[parent], drawn))


def _draw_twins(kind: Ints, rng: Rng) -> Ints:
    companies = np.flatnonzero(kind == Kind.COMPANY)
    twin = np.full(len(kind), -1)
    count = min(int(len(companies) * TWINS), len(companies) // 2)
    mixed = rng.permutation(companies)
    twin[mixed[:count]] = mixed[count : 2 * count]
    return twin


def _draw_industries(kind: Ints, chain: Ints, parent: Ints, words: Words, rng: Rng) -> Ints:
    industry = pick(rng, [section.share for section in words.industries], len(kind))
    industry[kind == Kind.COOPERATIVE] = words.find_section("农、林、牧、渔业")
    industry[kind == Kind.WORKS] = words.find_section("制造业")
    industry[np.isin(kind, [Kind.SCHOOL, Kind.PUBLIC])] = words.find_section("教育")
    sections = np.array([words.find_section(chain.section) for chain in words.chains])
    industry = np.where(chain >= 0, sections[chain], industry)
    return np.asarray(np.where(parent >= 0, industry[parent], industry))


def _draw_from(pool: Ints, count: int, rng: Rng) -> Ints:
    return np.asarray(pool[rng.integers(0, len(pool), count)])


def _find_home_row(county: Ints, places: Places) -> Ints:
    return np.searchsorted(places.home, county).astype(np.int64)
