"""Sections of the settings behind statuses, activity and ranking; their values lie in ``config/``.

``config/ranking.toml`` fills ``[gap]``, ``[activity]``, ``[ranking]`` and ``[capacity]``,
``config/statuses.toml`` ``[statuses]`` and ``config/policies.toml`` ``[policies]``. The reason of
every number stands next to it there, so the models give names, ranges and units only.
"""

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import Annotated, ClassVar, Literal, Self, TypeVar

from pydantic import Field, ValidationInfo, field_validator, model_validator

from gapmatch.i18n import _, get_language
from gapmatch.resources import read_csv_rows
from gapmatch.settings import expressions
from gapmatch.settings.base import SettingsSection

_Value = TypeVar("_Value")
Share = Annotated[float, Field(ge=0, le=1)]
Yuan = Annotated[float, Field(ge=0)]
Word = Annotated[str, Field(min_length=1, max_length=100)]

OPERATES_FEATURES = (
    "regular_filing",
    "zero_filing",
    "long_zero_filing",
    "sales",
    "no_sales",
    "tax",
    "no_tax",
    "workers",
    "no_workers",
    "thin_pay",
    "idle_payroll",
    "never_started",
    "abnormal_list",
    "registration_ended",
    "suspended",
    "found_operating",
    "found_dormant",
)
"""Features of the P(operates) scorecard, each between 0 and 1 (``idle_payroll``: doublings)."""

ENROLLS_FEATURES = (
    "lines_missing",
    "headcount_short",
    "lapsed",
    "large_firm",
    "owner_only",
    "paid_in_bank",
    "refused_before",
    "individually_insured",
    "young",
    "cooperative",
    "sole_trader",
    "branch",
    "log_headcount",
    "some_zero_filing",
    "sells",
    *(f"section_{letter}" for letter in "ABCDEFGHIJKLMNOPQRST"),
)
"""Evidence that the P(enrolls when visited) scorecard may weigh.

0 or 1, ``log_headcount`` ln(1 + persons). The shipped scorecard uses the first eight; the weights
of the others differ from place to place and are learned.
"""


STATUS_MEANINGS = {
    "words": (
        *("revoked", "abnormal", "moved", "deregistered", "liquidation", "suspended", "normal"),
    ),
    "payment": ("stopped", "arrears", "active"),
    "scope": (
        *("public_codes", "public_types", "sole_trader_codes", "sole_trader_types", "ended"),
    ),
}
"""What a status word may mean, by section of ``[statuses]``."""


class GapSettings(SettingsSection):
    """What separates the statuses."""

    under_enrolled_share: Share = 0.3
    under_enrolled_number: int = Field(default=3, ge=1, le=1_000_000)
    dormant_below: Share = 0.1
    operates_again: Share = 0.9
    sole_trader_headcount: float = Field(default=1.0, ge=0)
    missed_link_share: Share = 0.0001
    branch_covered: Share = 0.5
    branch_covered_elsewhere: Share = 0.33
    branch_prior_visits: float = Field(default=2.0, gt=0)
    verdict_sure: Share = Field(default=0.9, ge=0.5)
    verdict_operates: Share = 0.5
    arrears_months: int = Field(default=12, ge=1, le=240)
    arrears_max_share: Share = 0.3


class Scorecard(SettingsSection):
    """A logistic model that can be read aloud: log-odds = intercept + Σ coefficient × feature."""

    features: ClassVar[tuple[str, ...]]
    intercept: float
    coefficients: Mapping[str, float] = {}

    @field_validator("coefficients")
    @classmethod
    def _check_known(cls, coefficients: Mapping[str, float]) -> Mapping[str, float]:
        return _check_names(coefficients, cls.features, _("特征"))


class OperatesScorecard(Scorecard):
    """P(operates)."""

    features = OPERATES_FEATURES
    intercept: float = 1.0


class EnrollsScorecard(Scorecard):
    """P(enrolls when visited)."""

    features = ENROLLS_FEATURES
    intercept: float = -0.4


class ActivitySettings(SettingsSection):
    """How activity and headcount are estimated."""

    shrink_firms: float = Field(default=30, gt=0)
    learning_firms: int = Field(default=4000, ge=100, le=1_000_000)
    under_share: Share = 0.15
    usual_wage: Yuan = Field(default=48000, gt=0)
    usual_sales: Yuan = Field(default=100000, gt=0)
    thin_pay_share: Share = 0.1
    idle_sales_share: Share = 0.25
    conflict_factor: float = Field(default=2.0, gt=1)
    conflict_persons: float = Field(default=3, ge=0)
    operates: OperatesScorecard = OperatesScorecard()


class PriorityWeights(SettingsSection):
    """Weights of the four parts of the priority."""

    uninsured: float = Field(default=1.0, ge=0)
    operates: float = Field(default=1.0, ge=0)
    headcount: float = Field(default=1.0, ge=0)
    enrolls: float = Field(default=1.0, ge=0)


class LineWeights(SettingsSection):
    """What each insurance line is worth of full enrollment; the three add up to 1."""

    pension: Share = 0.6
    unemployment: Share = 0.15
    injury: Share = 0.25

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        if abs(self.pension + self.unemployment + self.injury - 1) > 1e-9:
            raise ValueError(_("三个险种的权重之和应为 1"))
        return self


class KindPoints(SettingsSection):
    """Extra points of each kind of target, for a workspace that prefers one."""

    lapsed: float = 0
    lines_missing: float = 0
    headcount_short: float = 0


class KindQuotas(SettingsSection):
    """Largest share of a county's visits that targets of a kind may take, the drawn ones aside."""

    new_enrollment: Share = 1.0
    lapsed: Share = 1.0
    lines_missing: Share = 1.0
    headcount_short: Share = 1.0


class RankingSettings(SettingsSection):
    """How targets are ranked and tier A is filled."""

    model: Literal["learned", "scorecard"] = "learned"
    random_share: float = Field(default=0.05, ge=0, le=0.5)
    random_seed: int = Field(default=20220930, ge=0)
    floor: float = Field(default=0.001, gt=0, lt=0.1)
    recheck_quarters: int = Field(default=2, ge=0, le=400)
    weights: PriorityWeights = PriorityWeights()
    lines: LineWeights = LineWeights()
    kinds: KindPoints = KindPoints()
    quotas: KindQuotas = KindQuotas()
    enrolls: EnrollsScorecard = EnrollsScorecard()


class StatusWords(SettingsSection):
    """What status words and codes of the extracts mean, in order (``config/statuses.toml``)."""

    words: Mapping[str, list[Word]] = {}
    payment: Mapping[str, list[Word]] = {}
    scope: Mapping[str, list[Word]] = {}

    @field_validator("words", "payment", "scope")
    @classmethod
    def _check_meanings(
        cls, given: Mapping[str, list[str]], info: ValidationInfo
    ) -> Mapping[str, list[str]]:
        return _check_names(given, STATUS_MEANINGS[str(info.field_name)], _("含义"))


class PolicyRates(SettingsSection):
    """Employer's shares of the contribution base, and the base's limits in yuan a month."""

    pension_employer: Share = 0.16
    unemployment_employer: Share = 0.007
    injury_employer: Annotated[
        tuple[Share, ...], Field(min_length=8, max_length=8, strict=False)
    ] = (*(0.002, 0.004, 0.007, 0.009), *(0.011, 0.013, 0.016, 0.019))
    injury_factor: Share = 1.0
    base_low: Yuan = 4000.0
    base_high: Yuan = 20000.0


class _Notice(SettingsSection):
    """What is to be told to a firm, whom it concerns, and what it rests on."""

    title: str
    who: str
    text: str
    title_en: str = ""
    text_en: str = ""
    source: str
    source_en: str = ""
    verified: bool = False

    def choose(self, name: Literal["title", "text", "source"]) -> str:
        """Return what is to be shown, in the current language as far as it is written in it."""
        chinese: str = getattr(self, name)
        english: str = getattr(self, f"{name}_en")
        return english if get_language() == "en" and english else chinese

    @field_validator("who")
    @classmethod
    def _check_condition(cls, who: str) -> str:
        expressions.parse_condition(who)
        return who


class PolicyRisk(_Notice):
    """One thing that a firm risks as long as it does not enroll."""


class PolicyRule(_Notice):
    """One thing that a visitor can offer."""

    amount: str = "0"
    valid_from: date
    valid_until: date

    @field_validator("amount")
    @classmethod
    def _check_number(cls, amount: str) -> str:
        expressions.number(amount)
        return amount


class PoliciesSettings(SettingsSection):
    """Rates and rules of what can be offered."""

    rates: PolicyRates = PolicyRates()
    offer_unverified: bool = False
    rules: Mapping[str, PolicyRule] = {}
    risks: Mapping[str, PolicyRisk] = {}


Capacity = Mapping[str, Annotated[int, Field(ge=0)]]
"""Visits a quarter by county; ``default`` for counties that are not named.

With ``total``, counties that are not named share what the named ones leave of it, by yield,
``minimum`` visits each at least; ``default`` then has no meaning.
"""

CAPACITY_WORDS = ("default", "total", "minimum")


@cache
def _list_known_counties() -> list[str]:
    rows = read_csv_rows("divisions.csv")
    return sorted({row[key] for row in rows for key in ("name", "short") if row[key]})


def check_counties(capacity: Capacity) -> Capacity:
    """Return ``capacity``.

    Raise ``ValueError`` if a county is in no gazetteer, with the nearest names, and if ``total``
    is less than the named counties have.
    """
    named = sum(visits for county, visits in capacity.items() if county not in CAPACITY_WORDS)
    if "total" in capacity and named > capacity["total"]:
        raise ValueError(
            _("total 为 {total}，少于单独写明的县（市、区）之和 {named}").format(
                total=capacity["total"], named=named
            )
        )
    counties = [name for name in capacity if name not in CAPACITY_WORDS]
    known = _list_known_counties() if counties else []
    for county in counties:
        if county not in known:
            close = get_close_matches(county, known, n=3, cutoff=0.5)
            hint = _("；是不是：{names}？").format(names=_("、").join(close)) if close else ""
            raise ValueError(_("没有“{county}”这个县（市、区）").format(county=county) + hint)
    return capacity


def _check_names(
    names: Mapping[str, _Value], known: tuple[str, ...], what: str
) -> Mapping[str, _Value]:
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=3, cutoff=0.5) or known
            raise ValueError(
                _("没有“{name}”这一{what}；是不是：{close}？").format(
                    name=name, what=what, close=_("、").join(close)
                )
            )
    return names
