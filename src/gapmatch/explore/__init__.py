"""``gapmatch explore``: the database in a browser, read-only and on this computer alone."""
