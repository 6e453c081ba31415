"""``docs/architecture.md`` shows the bands that the import contract holds."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_page_lists_every_package_in_the_order_of_the_contract():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    contract = [re.findall(r"gapmatch\.(\w+)", layer) for layer in layers]
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    bands = page.split("| band | packages |")[1].split("\n\n")[0]
    cells = [line.split("|")[2] for line in bands.splitlines()[2:]]
    shown = [re.findall(r"`(\w+)`", part) for cell in cells for part in cell.split("·")]
    assert shown == contract


def test_every_package_is_in_the_contract():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    text = " ".join(project["tool"]["importlinter"]["contracts"][0]["layers"])
    held = set(re.findall(r"gapmatch\.(\w+)", text))
    source = ROOT / "src" / "gapmatch"
    there = {p.parent.name for p in source.glob("*/__init__.py")} | {
        p.stem for p in source.glob("*.py")
    }
    assert there - {"__init__", "__main__"} == held
