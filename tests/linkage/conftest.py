"""The small prefecture linked once."""

import pytest
from linked_lists import Lists, lists_of

from gapmatch.linkage import Linkage, link, load_shipped_model
from gapmatch.settings.load import LinkageSettings


@pytest.fixture(scope="session")
def small_lists(small_sides) -> Lists:
    return lists_of(*small_sides)


@pytest.fixture(scope="session")
def small_linkage(small_sides) -> Linkage:
    return link(*small_sides, load_shipped_model(), LinkageSettings())
