"""``gapmatch explore``: the database in a browser, read-only and on this computer alone."""

from gapmatch.explore.metadata import explore_metadata
from gapmatch.explore.serve import explore_app, explore_copy, serve

__all__ = ["explore_app", "explore_copy", "explore_metadata", "serve"]
