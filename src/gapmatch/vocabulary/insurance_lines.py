"""The insurance lines whose coverage is judged, in the order in which they are listed."""

LINES = ("pension", "unemployment", "injury")
