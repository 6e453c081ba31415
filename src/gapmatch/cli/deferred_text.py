"""Marks texts that are translated later: help texts are written before the language is known."""

from gapmatch.i18n import N_

__all__ = ["N_"]
