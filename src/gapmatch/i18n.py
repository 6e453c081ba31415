"""The language of messages: Chinese is written in the code, other languages come from catalogues.

Officials read Chinese, so the message ids *are* the Chinese texts and nothing needs to be loaded
for them; a missing catalogue can never leave an official with a half-translated screen.

The command line is in the language of its user, what a run writes is in the language of the
workspace's settings: ``use_language`` changes over while that is written. What stages note are
codes, numbers and message ids, which the edges translate.
"""

import gettext
import locale
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LOCALE_DIR = Path(__file__).parent / "locale"
LANGUAGES = ("zh", "en")


@cache
def _load_translations(language: str) -> gettext.NullTranslations:
    return gettext.translation("gapmatch", LOCALE_DIR, languages=[language], fallback=True)


class _Process:
    """The language of all threads that ``use_language`` does not change; set by an edge."""

    language = "zh"


_block_language: ContextVar[str | None] = ContextVar("_block_language", default=None)
"""The language inside a ``use_language`` block, and in the threads that ``concurrency`` starts."""


def set_language(language: str) -> None:
    """Set the language (``zh`` or ``en``) of this process."""
    _Process.language = language


@contextmanager
def use_language(language: str) -> Iterator[None]:
    """Translate messages into ``language`` (``zh`` or ``en``) inside the block."""
    token = _block_language.set(language)
    try:
        yield
    finally:
        _block_language.reset(token)


def get_language() -> str:
    """Return the language that messages are translated into: ``zh`` or ``en``."""
    return _block_language.get() or _Process.language


def detect_language() -> str:
    """Return the language of ``GAPMATCH_LANG``, else of the locale; Chinese if neither is English.

    The variables are read first: Python takes ``C.UTF-8`` for American English, and knows nothing
    of a locale that is set but not installed. Windows has no such variables.
    """
    variables = ("GAPMATCH_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    configured = next((value for name in variables if (value := os.environ.get(name))), None)
    wanted = configured or (locale.getlocale()[0] if os.name == "nt" else None) or "zh"
    return "en" if wanted.lower().startswith("en") else "zh"


def get_translator(language: str) -> Callable[[str], str]:
    """Return what translates Chinese messages into ``language`` (``zh`` or ``en``)."""
    return _load_translations(language).gettext


def _(message: str) -> str:
    """Translate a Chinese message into the current language."""
    return _load_translations(get_language()).gettext(message)


def pgettext(context: str, message: str) -> str:
    """Translate a message that has another translation elsewhere; ``context``: what it names."""
    return _load_translations(get_language()).pgettext(context, message)


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Return ``message`` as it is: collected by gettext's tools here, translated where used."""
    return message
