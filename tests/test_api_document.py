"""``docs/api.md`` says what the code says."""

from pathlib import Path

from api_page import page

from gapmatch.api import charts
from gapmatch.api.workspace import Workspace

ROOT = Path(__file__).parents[1]


def test_the_page_is_current():
    written = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert written == page(), "run `make docs`"


def test_everything_public_is_documented():
    public = [charts, *(getattr(charts, name) for name in charts.__all__), Workspace]
    public += [m for n, m in vars(Workspace).items() if callable(m) and not n.startswith("_")]
    assert all(thing.__doc__ for thing in public)
