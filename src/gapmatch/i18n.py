"""The language of messages: Chinese is written in the code, other languages come from catalogues.

Officials read Chinese, so the message ids *are* the Chinese texts and nothing needs to be loaded for
them; a missing catalogue can never leave an official with a half-translated screen.

The command line speaks the language of its user, what a run writes is in the language of the
workspace's settings: ``speaking`` changes over for a while, and ``Said`` carries a sentence across.
"""

import gettext
import locale
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Self

LOCALE_DIR = Path(__file__).parent / "locale"
LANGUAGES = ("zh", "en")


@cache
def _translations(language: str) -> gettext.NullTranslations:
    return gettext.translation("gapmatch", LOCALE_DIR, languages=[language], fallback=True)


class _Process:
    """The language that this process speaks; set once by the command line."""

    language = "zh"


_for_a_while: ContextVar[str | None] = ContextVar("_for_a_while", default=None)
"""What ``speaking`` changed over to; other threads, such as a progress bar's, go on as before."""


def set_language(language: str) -> None:
    """Speak ``language`` (``zh`` or ``en``) from here on."""
    _Process.language = language


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak ``language`` (``zh`` or ``en``) inside the block, and what was spoken before after it."""
    token = _for_a_while.set(language)
    try:
        yield
    finally:
        _for_a_while.reset(token)


def current_language() -> str:
    """Return the language that messages are spoken in: ``zh`` or ``en``."""
    return _for_a_while.get() or _Process.language


def language_of_environment() -> str:
    """Return the language of ``GAPMATCH_LANG``, else of the locale; Chinese where neither says English.

    The variables are read first: Python takes ``C.UTF-8`` for American English, and knows nothing of
    a locale that is set but not installed. Windows has no such variables.
    """
    variables = ("GAPMATCH_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    said = next((value for name in variables if (value := os.environ.get(name))), None)
    wanted = said or (locale.getlocale()[0] if os.name == "nt" else None) or "zh"
    return "en" if wanted.lower().startswith("en") else "zh"


def translator(language: str) -> Callable[[str], str]:
    """Return what translates Chinese messages into ``language`` (``zh`` or ``en``)."""
    return _translations(language).gettext


def _(message: str) -> str:
    """Translate a Chinese message into the current language."""
    return _translations(current_language()).gettext(message)


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Return ``message`` as it is; it is translated when it is used, and collected by the tools here."""
    return message


class Said(str):
    """A sentence in the language of the moment that can be said again in another.

    Its values may be such sentences themselves, or tuples of them, which are listed.
    """

    _message: str
    _values: dict[str, object]

    def __new__(cls, message: str, **values: object) -> Self:
        """Say ``message`` with its places filled in by ``values``."""
        text = _(message).format(**{name: again(value) for name, value in values.items()})
        self = super().__new__(cls, text)
        self._message, self._values = message, values
        return self

    def again(self) -> "Said":
        """Return the sentence in the language that is spoken now."""
        return Said(self._message, **self._values)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Copy and pickle as the plain text that it is."""
        return str, (str(self),)


def again(value: object) -> object:
    """Return ``value`` in the language that is spoken now, where it can be said again; else as it is."""
    if isinstance(value, tuple):
        return _("、").join(str(again(each)) for each in value)
    return value.again() if isinstance(value, Said) else value
