"""Decisions, visits and cases: what people decided and found, and what follows from it."""
