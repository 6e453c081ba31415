"""What a quarter must look like to be believed; ``docs/gate.md`` explains each."""

from pydantic import Field

from gapmatch.settings.base import SettingsSection


class GateSettings(SettingsSection):
    """When a quarter's lists are taken for a part, or for the wrong ones.

    The shares are judgements from lists that were whole: of firms that declare twenty workers or
    more about half are enrolled or more, and a bureau has a unit for every two to three firms of
    its tax list.
    """

    min_firms: int = Field(default=300, ge=1)
    """Below this many firms shares are too uncertain to stop a run."""
    large_headcount: int = Field(default=20, ge=1)
    """A firm that declares so many workers is almost always known to the bureau."""
    large_share: float = Field(default=0.05, gt=0, le=1)
    """Without headcounts, this share of the firms, by sales, tax or wages, counts as large."""
    min_large_firms: int = Field(default=40, ge=1)
    """Minimum number of such firms for their share to be meaningful."""
    min_large_matched_share: float = Field(default=0.35, ge=0, le=1)
    """Fewer found among the units: the enrollment list is a part. Whole lists had 0.45 to 0.66."""
    expected_large_matched_share: float = Field(default=0.5, ge=0, le=1)
    """Fewer of the large found makes a short list doubtful: parts had 0.22 to 0.49."""
    min_units_share: float = Field(default=0.24, ge=0)
    """As few units a firm (half a whole list has 0.19 to 0.22), and as few matched: a part."""
    min_matched_share: float = Field(default=0.14, ge=0, le=1)
    """See ``min_units_share``; so few matched, or few of the large: a part."""
    expected_units_share: float = Field(default=0.3, ge=0)
    """Fewer units a firm, and fewer matched than ``expected_matched_share``, is worth a look.

    Only a warning, unless most of the large firms are found: bureaus have 0.38 to 0.5, two thirds
    of a list 0.25 to 0.29.
    """
    expected_matched_share: float = Field(default=0.24, ge=0, le=1)
    """See ``expected_units_share``: two thirds of a list have 0.13 to 0.23."""
    min_enterprises_matched: float = Field(default=0.4, ge=0, le=1)
    """Fewer of the enterprises among the units are in the tax list: firms are lacking there.

    Complete lists had 0.68 and 0.72, half a tax list has 0.35. Only a warning: no false gap
    follows.
    """
    max_missing_small_share: float = Field(default=0.02, ge=0, le=1)
    """No more units of three persons or fewer: small ones may be left out (whole: 0.36)."""
    min_small_matched_share: float = Field(default=0.2, ge=0, le=1)
    """And small firms matched at this part of large ones' rate: a stop (whole lists: 0.45)."""
    min_form_share: float = Field(default=0.01, ge=0, le=1)
    """Fewer units than this share of the firms of their legal form: the form may be left out.

    Complete lists had 0.25 to 0.4 for each form with 300 firms; enterprises alone had 0.0006 for
    cooperatives. Only a warning: owners of small businesses may be insured as persons.
    """
    max_units_share: float = Field(default=1.0, ge=0)
    """So many units a firm (lists: 0.38 to 0.5, swapped: 2.6), half of them matched: swapped."""
    max_days_off: int = Field(default=100, ge=0)
    """Days off the quarter that the newest month of payment may lie; bookings are months late."""
    max_arrears_share: float = Field(default=0.02, ge=0, le=1)
    """More units that go on, and paid nothing since ``[gap] arrears_months``, are named."""
    max_days_older: int = Field(default=31, ge=0)
    """Days by which the newest firm or unit may be older than in last quarter's list."""
    min_county_firms: int = Field(default=40, ge=1)
    """A county is looked at by itself from so many firms on."""
    max_stray_share: float = Field(default=0.1, ge=0, lt=1)
    """A county with no more of what it should have is missing; shares differ by two or three."""
    max_missing_county_share: float = Field(default=0.2, ge=0, le=1)
    """More of the firms in counties without units: the list lacks counties. Less is a warning."""
    min_cut_share: float = Field(default=0.1, gt=0, lt=1)
    """Least part of a list in order of names or codes that an end without matches must be."""
    max_end_share: float = Field(default=0.3, ge=0, lt=1)
    """Such an end has at most this part of the rest's matches; cut lists had 0.07 to 0.17."""
    max_missing_rows: float = Field(default=0.1, ge=0, le=1)
    """Lacking a larger part of the rows it names stops; a warning from a fifth of this on."""
    max_drop: float = Field(default=0.25, ge=0, le=1)
    """A larger drop of firms, units, persons or matched share against last quarter stops."""
    max_county_drop: float = Field(default=0.5, ge=0, le=1)
    """A larger drop of one county's units or firms is a warning, its disappearance a stop."""
    max_unreviewed_errors: float = Field(default=1.0, ge=0)
    """More expected errors in pairs that wanted a review and got none: raise the budget."""
    max_level_ratio: float = Field(default=5.0, gt=1)
    """Median headcount this many times last quarter's, or a fifth: another meaning."""
    max_money_ratio: float = Field(default=20.0, gt=1)
    """The same for sales, tax and wages, which add up over the year from quarter to quarter."""
    max_fill_drop: float = Field(default=0.5, ge=0, le=1)
    """Shares of rows with valid codes, counties or counts: a larger drop is doubtful."""
    min_valid_codes: float = Field(default=0.5, ge=0, le=1)
    """Fewer of the codes given are valid: they are none. Lists typed by hand have 0.9 and more."""
    max_repeated_share: float = Field(default=0.3, gt=0, le=1)
    """More rows of firms that are listed already: files of two quarters may be mixed."""
    min_same_share: float = Field(default=0.95, gt=0, le=1)
    """So much of both lists has the same names and codes: one list was given on both sides."""
    max_persons_ratio: float = Field(default=5.0, gt=1)
    """Ratio of persons insured in linked units to persons declared by their firms, or inverse."""
    verify_max_drop: float = Field(default=0.9, ge=0, le=1)
    """In verify mode, where lists are drawn up anew, a larger drop is a warning."""
    verify_max_matched_share: float = Field(default=0.7, ge=0, le=1)
    """In verify mode: more firms found among the units is a warning, since none should be."""
    verify_max_elsewhere_share: float = Field(default=0.5, gt=0, le=1)
    """In verify mode: more rows of other prefectures than the units' stop, half of it is a warning.

    Firms that are registered elsewhere are a few in a hundred.
    """
