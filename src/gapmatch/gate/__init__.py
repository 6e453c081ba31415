"""The gate: check what was read and linked for plausibility, before anything is written."""
