"""The language of messages: Chinese is written in the code, other languages come from catalogues.

Officials read Chinese, so the message ids *are* the Chinese texts and nothing needs to be loaded for
them; a missing catalogue can never leave an official with a half-translated screen.
"""

import gettext
import locale
import os
from functools import cache
from pathlib import Path

LOCALE_DIR = Path(__file__).parent / "locale"


@cache
def _translations(language: str) -> gettext.NullTranslations:
    return gettext.translation("gapmatch", LOCALE_DIR, languages=[language], fallback=True)


class _Current:
    """The language that this process speaks; set once by the command line."""

    language = "zh"


def set_language(language: str) -> None:
    """Speak ``language`` (``zh`` or ``en``) from here on."""
    _Current.language = language


def current_language() -> str:
    """Return the language that messages are spoken in: ``zh`` or ``en``."""
    return _Current.language


def language_of_environment() -> str:
    """Return the language of ``GAPMATCH_LANG``, else of the locale; Chinese where neither says English.

    The variables are read first: Python takes ``C.UTF-8`` for American English, and knows nothing of
    a locale that is set but not installed. Windows has no such variables.
    """
    variables = ("GAPMATCH_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    said = next((value for name in variables if (value := os.environ.get(name))), None)
    wanted = said or (locale.getlocale()[0] if os.name == "nt" else None) or "zh"
    return "en" if wanted.lower().startswith("en") else "zh"


def _(message: str) -> str:
    """Translate a Chinese message into the current language."""
    return _translations(_Current.language).gettext(message)
