"""Standardise: the rows of an extract with clean names and their parts, codes, places and persons."""

from collections.abc import Sequence

import polars as pl

from gapmatch.schemas import ALIAS_PARTS, FIRMS, UNITS
from gapmatch.standardise.characters import Characters
from gapmatch.standardise.codes import IDENTITY, SOURCES, best_codes
from gapmatch.standardise.contacts import addresses, persons, phones
from gapmatch.standardise.counties import counties, home_of_rows
from gapmatch.standardise.institutions import institutions
from gapmatch.standardise.name_cells import read_cells, split_listed_names
from gapmatch.standardise.name_rules import NameRules
from gapmatch.standardise.names import parse_names, parse_rests
from gapmatch.standardise.registry import Registrations, registrations_of, with_registry
from gapmatch.standardise.repeated_firms import find_originals, same_firm_keys
from gapmatch.standardise.towns import town

ORIGIN = ("source_file", "source_sheet", "source_row", "data_row", "seq", "is_duplicate")


def standardise_firms(tax: pl.DataFrame, registry: pl.DataFrame | None) -> pl.DataFrame:
    """Return FIRMS of TAX_ROWS, with what the market registration (REGISTRY_ROWS) knows of them."""
    home = home_of_rows(tax)
    frame = clean_firms(tax, registrations_of(registry), home)
    firms = FIRMS.complete(numbered(frame, "firm", tax.columns, same_firm_keys(frame)))
    return with_aliases(firms, names_of_repeats(firms), home)


def names_of_repeats(firms: pl.DataFrame) -> pl.DataFrame:
    """Return firm and alias: under which other names a firm is listed again (FIRMS, or its key columns)."""
    names = firms.select("firm", "clean_name")
    repeats = firms.filter(~pl.col("is_duplicate"), pl.col("duplicate_of").is_not_null()).select(
        pl.col("duplicate_of").alias("firm"), pl.col("name").alias("alias"), again="clean_name"
    )
    other = repeats.join(names, on="firm", maintain_order="left").filter(
        pl.col("again") != pl.col("clean_name")
    )
    return other.select("firm", "alias")


def standardise_units(
    enrollment: pl.DataFrame, home: str | None, registry: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return UNITS of ENROLLMENT_ROWS, with what the market registration knows of them.

    ``home``: the division that short region names are sought in.
    """
    frame = clean_units(enrollment, registrations_of(registry), home)
    return UNITS.complete(numbered(frame, "unit", enrollment.columns).drop("duplicate_of"))


def clean_firms(tax: pl.DataFrame, known: Registrations | None, home: str | None) -> pl.DataFrame:
    """Return FIRMS of TAX_ROWS, each row for itself, but for their numbers."""
    return _standardise(tax, known, home, "tax_office")


def clean_units(
    enrollment: pl.DataFrame, known: Registrations | None, home: str | None
) -> pl.DataFrame:
    """Return UNITS of ENROLLMENT_ROWS, each row for itself, but for their numbers."""
    return _standardise(enrollment, known, home, "agency")


def with_aliases(firms: pl.DataFrame, taught: pl.DataFrame, home: str | None) -> pl.DataFrame:
    """Return FIRMS with further names: ``taught`` has firm and alias (as written).

    ``home``: the division that short region names are sought in.
    """
    if taught.is_empty():
        return firms
    known = taught.group_by("firm", maintain_order=True).agg("alias")
    both = firms.select("firm", "aliases", "clean_name").join(
        known, on="firm", how="left", maintain_order="left"
    )
    clean = split_listed_names(both["alias"].list.join("|"), Characters.load(), NameRules.load())
    every = both.select(pl.concat_list("aliases", clean)).to_series()
    own = parse_names(firms["clean_name"], home, NameRules.load())
    columns = _alias_columns(every, own, home, NameRules.load())
    return firms.with_columns(*columns)


def home_division(tax: pl.DataFrame) -> str | None:
    """Return the division (prefecture or province) that a tax list is about; null where it is unclear."""
    return home_of_rows(tax)


def _standardise(
    read: pl.DataFrame, registrations: Registrations | None, home: str | None, office: str
) -> pl.DataFrame:
    rules, characters = NameRules.load(), Characters.load()
    split = read_cells(read["name"], characters, rules)
    rows = with_registry(_with_codes(read), split["clean_name"], registrations)
    others = split.select(
        pl.concat_list(
            "aliases",
            *(
                split_listed_names(rows[column], characters, rules)
                for column in ("former_names", "registry_names")
                if column in rows.columns
            ),
        )
    ).to_series()
    own = parse_names(split["clean_name"], home, rules)
    parts = pl.DataFrame([*_alias_columns(others, own, home, rules)])
    own = own.with_columns(pl.lit("").alias("institution"))
    frame = pl.concat([rows, own, parts], how="horizontal")
    known = pl.concat([frame, counties(frame, home, office), _contacts(rows)], how="horizontal")
    return known.with_columns(town())


def _with_codes(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what the codes are; an identity number that stands for a code keeps no date of birth.

    Persons who are taxed under their identity number are told apart by its other digits well enough.
    """
    coded = pl.concat([rows, best_codes(rows)], how="horizontal")
    texts = [c for c in ("code_text", *SOURCES) if c in coded.columns]
    masked = coded.with_columns(
        pl.when("names_person").then(pl.col(c).str.replace_all(IDENTITY, "${1}********${2}")).otherwise(c).alias(c)
        for c in texts
    )  # fmt: skip
    return masked.with_columns(_without_births(pl.col("other_codes"))).drop("names_person")


def _without_births(codes: pl.Expr) -> pl.Expr:
    text = pl.field("code_text").str.replace(IDENTITY, "${1}********${2}")
    masked = codes.list.eval(pl.element().struct.with_fields(text))
    return pl.when("names_person").then(masked).otherwise(codes)


def _alias_columns(
    aliases: pl.Series, own: pl.DataFrame, home: str | None, rules: NameRules
) -> Sequence[pl.Series]:
    """Return ``aliases`` (List[String], sorted, without the row's own name) and ``alias_parts``.

    ``own``: NAME_PARTS of the rows' own names. Names without their town, and institutions as everyone calls
    them, are readings that nobody wrote: they have parts, but are no aliases.
    """
    flat = (
        pl.DataFrame({"alias": aliases, "own": own["clean_name"]})
        .with_row_index("row")
        .explode("alias")
        .filter(pl.col("alias").is_not_null() & (pl.col("alias") != pl.col("own")))
        .filter(pl.col("alias").str.len_chars() >= 3)
        .unique(["row", "alias"])
        .sort("row", "alias")
    )
    parsed = parse_names(flat["alias"], home, rules)
    stated = pl.concat([flat.select("row"), parsed], how="horizontal")
    every = pl.concat([own.with_row_index("row"), stated], how="vertical_relaxed")
    read = pl.concat([stated, _readings(every, home, rules)], how="diagonal_relaxed")
    parts = read.with_columns(institution=pl.col("institution").fill_null("")).select(
        "row", pl.struct(ALIAS_PARTS).alias("parts")
    )
    parts = parts.unique(maintain_order=True).sort("row", maintain_order=True)
    return (
        _gathered(flat, own.height, "alias").alias("aliases"),
        _gathered(parts, own.height, "parts").alias("alias_parts"),
    )


def _readings(names: pl.DataFrame, home: str | None, rules: NameRules) -> pl.DataFrame:
    """Return what else names (``row``, NAME_PARTS) may have been written for: without town, institutions."""
    townless = names.filter(pl.col("townless").is_not_null()).select(
        "row", "region", "region_code", "name_town", rest="townless", institution=pl.lit("")
    )
    offices = names.select("row", name_town=pl.lit("")).hstack(
        institutions(names["clean_name"], home)
    )
    offices = offices.filter(pl.col("institution").is_not_null()).rename({"office": "rest"})
    every = pl.concat([townless, offices.select(townless.columns)])
    parsed = parse_rests(every, home, rules).drop("name_town")
    return pl.concat([every.select("row", "name_town", "institution"), parsed], how="horizontal")


def _gathered(flat: pl.DataFrame, rows: int, column: str) -> pl.Series:
    """Collect a long column back into one list per row; rows without any get an empty list."""
    lists = flat.group_by("row", maintain_order=True).agg(column)
    every = pl.DataFrame({"row": range(rows)}, schema={"row": pl.UInt32})
    joined = every.join(lists, on="row", how="left", maintain_order="left")
    return joined.select(pl.col(column).fill_null([])).to_series()


def _contacts(rows: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        [
            phones(rows["phone"]).alias("phone_digits"),
            persons(rows["legal_rep"]).alias("person"),
            addresses(rows["address"]).alias("address_text"),
        ]
    )


def numbered(
    frame: pl.DataFrame, key: str, read: Sequence[str], same_firm: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Number the rows in the order of their contents, repeated rows last, and say whom they repeat.

    ``frame`` has ``standard_name``, ``code_text`` and the columns that were ``read``; ``same_firm``: what
    ``same_firm_keys`` returned of it, if rows with the same code may be one firm.
    Rows of the very same contents are interchangeable; only their place in the file tells them apart.
    """
    content = [c for c in read if c not in ORIGIN]
    order = ["standard_name", "code_text", *content, "source_file", "data_row"]
    given = frame.with_columns(pl.col("is_duplicate").fill_null(value=False))
    rows = given.with_row_index("given").sort("is_duplicate", *order, nulls_last=True)
    place = pl.Series("row", rows["given"].arg_sort(), dtype=pl.UInt32)
    keys = pl.DataFrame(schema={"row": pl.UInt32, "key": pl.UInt64})
    if same_firm is not None:
        keys = same_firm.with_columns(place.gather(same_firm["row"]))
    original = find_originals(rows, content, keys)
    return _with_repeats_last(rows.drop("given"), original, key)


def _with_repeats_last(rows: pl.DataFrame, original: pl.Series, key: str) -> pl.DataFrame:
    """Add ``key``, the number of each row, and ``duplicate_of``, that of the row which stands for it."""
    place = pl.int_range(pl.len(), dtype=pl.UInt32)
    marked = rows.with_columns(place.alias("place"), original.alias("original"))
    ordered = marked.sort(pl.col("place") != pl.col("original"), "place").with_row_index(key)
    number = ordered.sort("place")[key]
    repeated = pl.when(pl.col("place") != pl.col("original")).then(
        number.gather(ordered["original"])
    )
    return ordered.with_columns(repeated.alias("duplicate_of")).drop("place", "original")
