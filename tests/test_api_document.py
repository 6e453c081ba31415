"""``docs/api.md`` says what the code says."""

from pathlib import Path

from gapmatch import charts
from gapmatch.api import Workspace
from gapmatch.api_document import page

ROOT = Path(__file__).parents[1]


def test_the_page_is_current():
    written = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert written == page(), "run `make docs`"


def test_everything_public_is_documented():
    public = [charts, *(getattr(charts, name) for name in charts.__all__), Workspace]
    public += [m for n, m in vars(Workspace).items() if callable(m) and not n.startswith("_")]
    assert all(thing.__doc__ for thing in public)
