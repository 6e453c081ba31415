"""Limits within which extracts are read and files unpacked."""

from pydantic import Field

from gapmatch.settings.base import SettingsSection


class ReadSettings(SettingsSection):
    """Limits of a file, far above the needs of a prefecture; larger files are refused unread."""

    refused_share_limit: float = Field(default=0.01, ge=0, le=1)
    """More refused rows than this share of all rows: the run finishes with exit code 3."""
    max_unpacked_mb: int = Field(default=2_000, ge=1, le=100_000)
    """Megabytes (of 1,000,000 bytes) that the parts of a workbook may be unpacked to."""
    max_compression_ratio: int = Field(default=400, ge=10, le=2_000)
    """Maximum ratio of unpacked to packed size of a workbook part; beyond, it is a zip bomb."""
    max_columns: int = Field(default=2_000, ge=10, le=16_384)
    """Columns of a sheet or fields of a line; lists have some thirty."""
    max_cells: int = Field(default=80_000_000, ge=10_000, le=2_000_000_000)
    """Cells of the rectangle of a sheet's values; each takes memory, even if blank."""
