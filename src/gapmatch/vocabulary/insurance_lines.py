"""The insurance lines whose coverage is judged, in the order in which they are listed."""

LINES = ("pension", "unemployment", "injury")
INSURED_COLUMNS = tuple(f"{line}_insured" for line in LINES)
"""Columns of the persons insured in each line."""
