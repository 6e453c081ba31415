"""Marks texts that are translated later: help texts are written before the language is known."""


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Return ``message`` as it is, and let the tools that collect messages find it."""
    return message
