"""A workspace that holds one invented quarter."""

from invented_quarter import workspace  # noqa: F401 - a fixture
