"""Benchmarks are run by hand: what they import of the package must exist all the same."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(FOLDER.glob("*.py"))


def _list_imports(script: Path) -> list[tuple[str, str]]:
    nodes = ast.walk(ast.parse(script.read_text(encoding="utf-8")))
    found = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return [(node.module, name.name) for node in found for name in node.names]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_what_a_benchmark_imports_of_the_package_exists(script):
    of_package = [pair for pair in _list_imports(script) if pair[0].split(".")[0] == "gapmatch"]
    missing = [f"{module}.{name}" for module, name in of_package if not _exists(module, name)]
    assert missing == []


def _exists(module: str, name: str) -> bool:
    if hasattr(import_module(module), name):
        return True
    try:
        import_module(f"{module}.{name}")
    except ModuleNotFoundError:
        return False
    return True
