"""Standardise the rows of an extract: clean names and their parts, codes, places, persons."""

from collections.abc import Sequence

import polars as pl

from gapmatch.schemas import ALIAS_PARTS, CODES, FIRMS, ORIGIN, UNITS
from gapmatch.standardise.characters import Characters
from gapmatch.standardise.codes import IDENTITY, select_best_codes
from gapmatch.standardise.contacts import normalise_addresses, normalise_persons, normalise_phones
from gapmatch.standardise.counties import find_counties, find_home_of_rows
from gapmatch.standardise.institutions import find_institutions
from gapmatch.standardise.name_cells import read_cells, split_listed_names
from gapmatch.standardise.name_rules import NameRules
from gapmatch.standardise.names import parse_names, parse_rests
from gapmatch.standardise.registry import Registrations, add_registry_facts, index_registrations
from gapmatch.standardise.repeated_firms import build_same_firm_keys, find_originals
from gapmatch.standardise.towns import add_town


def standardise_firms(tax: pl.DataFrame, registry: pl.DataFrame | None) -> pl.DataFrame:
    """Return FIRMS of TAX_ROWS, with the data of the market registration (REGISTRY_ROWS)."""
    home = find_home_of_rows(tax)
    frame = clean_firms(tax, index_registrations(registry), home)
    firms = FIRMS.complete(number_rows(frame, "firm", tax.columns, build_same_firm_keys(frame)))
    return add_aliases(firms, select_repeat_names(firms), home)


def select_repeat_names(firms: pl.DataFrame) -> pl.DataFrame:
    """Return firm and alias: under which other names a firm of FIRMS is listed again."""
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
    """Return UNITS of ENROLLMENT_ROWS, with the market registration's data; near ``home``."""
    frame = clean_units(enrollment, index_registrations(registry), home)
    return UNITS.complete(number_rows(frame, "unit", enrollment.columns).drop("duplicate_of"))


def clean_firms(tax: pl.DataFrame, known: Registrations | None, home: str | None) -> pl.DataFrame:
    """Return FIRMS of TAX_ROWS, each row for itself, but for their numbers."""
    return _standardise(tax, known, home, "tax_office")


def clean_units(
    enrollment: pl.DataFrame, known: Registrations | None, home: str | None
) -> pl.DataFrame:
    """Return UNITS of ENROLLMENT_ROWS, each row for itself, but for their numbers."""
    return _standardise(enrollment, known, home, "agency")


def add_aliases(firms: pl.DataFrame, extra_names: pl.DataFrame, home: str | None) -> pl.DataFrame:
    """Return FIRMS with ``extra_names`` (firm, alias) as further names, read near ``home``."""
    if extra_names.is_empty():
        return firms
    known = extra_names.group_by("firm", maintain_order=True).agg("alias")
    firm_names = firms.select("firm", "aliases", "clean_name").join(
        known, on="firm", how="left", maintain_order="left"
    )
    clean = split_listed_names(
        firm_names["alias"].list.join("|"), Characters.load(), NameRules.load()
    )
    every = firm_names.select(pl.concat_list("aliases", clean)).to_series()
    parsed = parse_names(firms["clean_name"], home, NameRules.load())
    columns = _build_alias_columns(every, parsed, home, NameRules.load())
    return firms.with_columns(*columns)


def find_home_division(rows: pl.DataFrame) -> str | None:
    """Return the prefecture or province that a list is about; null if unclear."""
    return find_home_of_rows(rows)


def _standardise(
    read: pl.DataFrame, registrations: Registrations | None, home: str | None, office: str
) -> pl.DataFrame:
    rules, characters = NameRules.load(), Characters.load()
    split = read_cells(read["name"], characters, rules)
    rows = add_registry_facts(_add_codes(read), split["clean_name"], registrations)
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
    parsed = parse_names(split["clean_name"], home, rules)
    parts = pl.DataFrame([*_build_alias_columns(others, parsed, home, rules)])
    parsed = parsed.with_columns(pl.lit("").alias("institution"))
    frame = pl.concat([rows, parsed, parts], how="horizontal")
    known = pl.concat(
        [frame, find_counties(frame, home, office), _normalise_contacts(rows)], how="horizontal"
    )
    return add_town(known)


def _add_codes(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what the codes are; an identity number in place of a code loses its date of birth.

    Persons who are taxed under their identity number are distinguished by its other digits well
    enough.
    """
    coded = pl.concat([rows, select_best_codes(rows)], how="horizontal")
    texts = [c for c in ("code_text", *CODES) if c in coded.columns]
    masked = coded.with_columns(
        pl.when("names_person")
            .then(pl.col(c).str.replace_all(IDENTITY, "${1}********${2}"))
            .otherwise(c)
            .alias(c)
        for c in texts
    )  # fmt: skip
    return masked.with_columns(_mask_births(pl.col("other_codes"))).drop("names_person")


def _mask_births(codes: pl.Expr) -> pl.Expr:
    text = pl.field("code_text").str.replace(IDENTITY, "${1}********${2}")
    masked = codes.list.eval(pl.element().struct.with_fields(text))
    return pl.when("names_person").then(masked).otherwise(codes)


def _build_alias_columns(
    aliases: pl.Series, own: pl.DataFrame, home: str | None, rules: NameRules
) -> Sequence[pl.Series]:
    """Return ``aliases`` (List[String], sorted, without the row's own name) and ``alias_parts``.

    ``own``: NAME_PARTS of the rows' own names. Names without their town, and institutions as
    everyone calls them, are readings that no one wrote: they have parts, but are no aliases.
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
    read = pl.concat([stated, _build_readings(every, home, rules)], how="diagonal_relaxed")
    parts = read.with_columns(institution=pl.col("institution").fill_null("")).select(
        "row", pl.struct(ALIAS_PARTS).alias("parts")
    )
    parts = parts.unique(maintain_order=True).sort("row", maintain_order=True)
    return (
        _gather_lists(flat, own.height, "alias").alias("aliases"),
        _gather_lists(parts, own.height, "parts").alias("alias_parts"),
    )


def _build_readings(names: pl.DataFrame, home: str | None, rules: NameRules) -> pl.DataFrame:
    """Return other readings of names (``row``, NAME_PARTS): without town, institutions."""
    townless = names.filter(pl.col("townless").is_not_null()).select(
        "row", "region", "region_code", "name_town", rest="townless", institution=pl.lit("")
    )
    offices = names.select("row", name_town=pl.lit("")).hstack(
        find_institutions(names["clean_name"], home)
    )
    offices = offices.filter(pl.col("institution").is_not_null()).rename({"office": "rest"})
    every = pl.concat([townless, offices.select(townless.columns)])
    parsed = parse_rests(every, home, rules).drop("name_town")
    return pl.concat([every.select("row", "name_town", "institution"), parsed], how="horizontal")


def _gather_lists(flat: pl.DataFrame, rows: int, column: str) -> pl.Series:
    """Collect a long column back into one list per row; rows without any get an empty list."""
    lists = flat.group_by("row", maintain_order=True).agg(column)
    every = pl.DataFrame({"row": range(rows)}, schema={"row": pl.UInt32})
    joined = every.join(lists, on="row", how="left", maintain_order="left")
    return joined.select(pl.col(column).fill_null([])).to_series()


def _normalise_contacts(rows: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        [
            normalise_phones(rows["phone"]).alias("phone_digits"),
            normalise_persons(rows["legal_rep"]).alias("person"),
            normalise_addresses(rows["address"]).alias("address_text"),
        ]
    )


def number_rows(
    frame: pl.DataFrame, key: str, read: Sequence[str], same_firm: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Number the rows in the order of their contents, repeated rows last, with the row they repeat.

    ``frame`` has ``standard_name``, ``code_text`` and the columns that were ``read``;
    ``same_firm``: what ``build_same_firm_keys`` returned of it, if rows with the same code may be
    one firm. Rows of the very same contents are interchangeable; only their place in the file sets
    them apart.
    """
    rows = sort_by_contents(frame.with_row_index("given"), read)
    given = rows["given"]
    keys = pl.DataFrame(schema={"row": pl.UInt32, "key": pl.UInt64})
    if same_firm is not None:
        place = pl.Series("row", given.arg_sort(), dtype=pl.UInt32)
        keys = same_firm.with_columns(place.gather(same_firm["row"]))
    numbers = _put_repeats_last(find_originals(rows, read, keys), key)
    del rows  # as large as all that is known of the rows so far
    ordered = _mark_repeats(frame)[given.gather(numbers["place"])]
    return ordered.insert_column(0, numbers[key]).with_columns(numbers["duplicate_of"])


def sort_by_contents(frame: pl.DataFrame, read: Sequence[str]) -> pl.DataFrame:
    """Return the rows of ``number_rows`` in the order of their contents, marked repeats last."""
    contents = [c for c in read if c not in (*ORIGIN, "seq")]
    order = ["standard_name", "code_text", *contents, "source_file", "data_row"]
    return _mark_repeats(frame).sort("is_duplicate", *order, nulls_last=True)


def _mark_repeats(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("is_duplicate").fill_null(value=False))


def _put_repeats_last(original: pl.Series, key: str) -> pl.DataFrame:
    """Return each row's number ``key``, its ``place`` and ``duplicate_of``, in the new order.

    ``original`` is the place of the row that represents each; ``duplicate_of`` is its number.
    """
    places = original.to_frame("original").with_row_index("place")
    is_repeat = pl.col("place") != pl.col("original")
    ordered = places.sort(is_repeat, "place").with_row_index(key)
    number = ordered.sort("place")[key]
    repeated = pl.when(is_repeat).then(number.gather(ordered["original"]))
    return ordered.with_columns(repeated.alias("duplicate_of"))
