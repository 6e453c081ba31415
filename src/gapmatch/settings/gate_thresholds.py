"""Thresholds of the gate: what a quarter must look like to be believed. ``docs/gate.md`` explains each."""

from pydantic import Field

from gapmatch.settings.base import Section


class GateSettings(Section):
    """When a quarter's lists are taken for a part, or for the wrong ones.

    The shares are judgements from lists that were whole: of firms that declare twenty workers or more about two
    in three are enrolled, and a bureau has a unit for every two to three firms of its tax list.
    """

    min_firms: int = Field(default=300, ge=1)
    """Below this many firms shares are too uncertain to stop a run."""
    large_headcount: int = Field(default=20, ge=1)
    """A firm that declares so many workers is almost always known to the bureau."""
    min_large_firms: int = Field(default=40, ge=1)
    """So many such firms are needed before their share says anything."""
    min_large_matched_share: float = Field(default=0.35, ge=0, le=1)
    """Fewer of them found among the units: the enrollment list is a part."""
    min_units_share: float = Field(default=0.15, ge=0)
    """Fewer units a firm, and fewer firms matched than ``min_matched_share``: a part as well."""
    min_matched_share: float = Field(default=0.08, ge=0, le=1)
    """See ``min_units_share``."""
    min_county_firms: int = Field(default=40, ge=1)
    """A county is looked at by itself from so many firms on."""
    max_missing_county_share: float = Field(default=0.2, ge=0, le=1)
    """More of the firms in counties without any unit: the list lacks counties. Less is a warning."""
    max_drop: float = Field(default=0.25, ge=0, le=1)
    """A larger drop of firms, units, insured persons or matched share against last quarter stops."""
    max_county_drop: float = Field(default=0.5, ge=0, le=1)
    """A larger drop of one county's units or firms is a warning, its disappearance a stop."""
    max_unreviewed_errors: float = Field(default=1.0, ge=0)
    """More expected errors in pairs that wanted a review and got none: a warning to raise the budget."""
    max_level_ratio: float = Field(default=5.0, gt=1)
    """Median headcount this many times last quarter's, or a fifth: the column changed its meaning."""
