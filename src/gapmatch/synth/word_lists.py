"""The words and tables in ``config/synth/`` that names and noise are drawn from."""

from functools import cache

from pydantic import BaseModel, ConfigDict

from gapmatch.resources import load_toml


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Trade(_Table):
    """Characters of trade names, commonest first, and combinations never drawn."""

    first: str
    second: str
    third: str
    reserved: list[str]


class Person(_Table):
    """Characters of personal names, commonest first."""

    surnames: str
    given: str


class PlaceWords(_Table):
    """Invented towns and roads."""

    town_first: str
    town_second: str
    town_kinds: list[str]
    roads: list[str]
    estates: list[str]


class Business(_Table):
    """What firms other than companies do."""

    shops: list[str]
    crops: list[str]
    crop_work: list[str]
    goods: list[str]
    legacy: list[str]
    partnership: list[str]
    schools: list[str]


class Chain(_Table):
    """An invented chain; each county has a head office and outlets."""

    brand: str
    business: str
    section: str
    outlets: list[str]


class PublicBody(_Table):
    """A kind of public body; ``{n}`` takes an ordinal; category: first two code characters."""

    name: str
    category: str


class Industry(_Table):
    """A section of GB/T 4754 as tax lists spell it, with medians in persons and yuan a year."""

    section: str
    share: float
    median_staff: float
    sales_per_head: float
    wage: float
    willing: float
    words: list[str]


class Words(_Table):
    """``config/synth/words.toml``."""

    trade: Trade
    person: Person
    place: PlaceWords
    business: Business
    chains: list[Chain]
    public: list[PublicBody]
    industries: list[Industry]

    def find_section(self, section: str) -> int:
        """Return the number of the industry with this section text."""
        return [industry.section for industry in self.industries].index(section)


class Level(_Table):
    """Shares of units hit by each kind of noise."""

    code_missing: float
    code_wrong: float
    region: float
    form: float
    branch_number: float
    bracket: float
    abbreviation: float
    character: float
    invisible: float
    annotation: float
    person_missing: float
    person_other: float
    phone_missing: float
    phone_other: float
    county_missing: float
    county_other: float
    address_missing: float
    stale_name: float


class NoiseTables(_Table):
    """What is mistaken for what."""

    placeholders: list[str]
    sounds: list[str]
    looks: list[str]
    code_looks: list[str]
    annotations: list[str]
    renamed: list[str]
    dots: list[str]
    blanks: list[str]
    brackets: list[tuple[str, str]]
    former_places: list[tuple[str, str]]
    forms: dict[str, list[str]]


class NoiseWords(_Table):
    """``config/synth/noise.toml``."""

    levels: dict[str, Level]
    wrong_codes: dict[str, float]
    tables: NoiseTables


@cache
def load_words() -> Words:
    """Return the words that names are made of."""
    return Words.model_validate(load_toml("synth/words.toml"))


@cache
def load_noise() -> NoiseWords:
    """Return the noise tables."""
    return NoiseWords.model_validate(load_toml("synth/noise.toml"))
