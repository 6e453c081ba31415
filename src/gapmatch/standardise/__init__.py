"""Standardise both sides: names and their parts, codes, places, persons."""
