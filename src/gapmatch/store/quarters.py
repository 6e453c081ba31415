"""Quarters as the extracts name them: ``2022Q4``. Their order is the order of their texts."""

from datetime import date


def next_quarter(quarter: str, steps: int = 1) -> str:
    """Return the quarter ``steps`` after ``quarter`` (before it, where negative)."""
    number = int(quarter[:4]) * 4 + int(quarter[-1]) - 1 + steps
    return f"{number // 4}Q{number % 4 + 1}"


def quarter_of(day: date) -> str:
    """Return the quarter that ``day`` lies in."""
    return f"{day.year}Q{(day.month + 2) // 3}"
