"""Running commands as a user does: arguments in, exit code and both outputs out."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from gapmatch.cli import main


class Said(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def say(capsys, monkeypatch, tmp_path) -> Callable[..., Said]:
    """Run ``gapmatch`` with the given arguments, in Chinese unless ``language`` says otherwise."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, language: str = "zh") -> Said:
        monkeypatch.setenv("GAPMATCH_LANG", language)
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Said(code, *capsys.readouterr())

    return run
