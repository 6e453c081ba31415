"""Count what names of firms are made of and write ``industry_words.csv`` and ``trade_names.csv``.

    python config/sources/build_name_words.py REGISTRATIONS.parquet

REGISTRATIONS has a column ``name`` of registered firms of many provinces. Only counts leave it: words that stand in
many names behind many trade names, and how common trade names and their characters are.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from gapmatch.resources import find_config_file
from gapmatch.standardise.characters import Characters
from gapmatch.standardise.name_rules import NameRules
from gapmatch.standardise.names import clean_names, parse_names

PER_MILLION = 60
"""Names in a million that a word stands in, at the least."""
BEHIND = 0.88
"""Share of a word's places that lie behind a name's first two characters."""
ONE_NEIGHBOUR = 0.6
"""A text that has the same neighbour more often is a piece of a longer word."""
PIECE = 0.1
"""A word with a character before or behind it is a longer word if so much of the word stands in it."""
COMMON = 60
"""Firms in a million that bear a trade name which is listed."""
MIN_CHARACTERS = 5
PLACES = "省市区县镇乡村"


def cores_of(names: pl.Series) -> pl.DataFrame:
    """Return NAME_PARTS of each distinct core in a name with region and legal form, without branches."""
    clean = clean_names(names.drop_nulls().unique().sort(), Characters.load())
    parts = parse_names(clean, None, NameRules.load())
    whole = (pl.col("legal_form") != "") & pl.col("region").is_not_null() & (pl.col("branch") == "")
    han = pl.col("core").str.contains(r"^\p{Han}{3,}$")
    return parts.filter(whole & han).unique("core").sort("core")


def pieces(core: str) -> Iterator[tuple[str, int]]:
    """Yield the texts of two to four characters in a core, with their places."""
    for size in (2, 3, 4):
        for at in range(len(core) - size + 1):
            yield core[at : at + size], at


def industry_words(cores: Sequence[str]) -> dict[str, int]:
    """Return words that say what firms do, with the names in a million that have them."""
    every, behind = Counter[str](), Counter[str]()
    for core in cores:
        for piece, at in pieces(core):
            every[piece] += 1
            behind[piece] += at >= 2
    least = PER_MILLION * len(cores) / 1e6
    common = {w for w, k in every.items() if k >= least and behind[w] >= BEHIND * k}
    words = _without_pieces(cores, common, every)
    return {
        w: round(1e6 * every[w] / len(cores)) for w in words if not _is_made_of(w, words, every)
    }


def _without_pieces(cores: Sequence[str], common: set[str], every: Counter[str]) -> set[str]:
    beside: dict[str, Counter[str]] = defaultdict(Counter)
    for core in cores:
        for piece, at in pieces(core):
            if piece in common:
                beside[piece][f"<{core[at - 1]}"] += 1
                beside[piece][f">{core[at + len(piece) :][:1]}"] += 1
    for counted in beside.values():
        counted[">"] = 0
    lonely = {w for w in common if max(beside[w].values()) <= ONE_NEIGHBOUR * every[w]}
    return {w for w in lonely if not re.search(f"[{PLACES}]", w)}


def _is_made_of(word: str, words: set[str], every: Counter[str]) -> bool:
    """Say whether a word is another one with a stray character, or two others put together."""
    if len(word) == 4 and word[:2] in words and word[2:] in words:
        return True
    inner = [word[1:], word[:-1]] if len(word) > 2 else []
    inner += [word[2:], word[:2]] if len(word) == 4 else []
    return any(i in words and every[word] < PIECE * every[i] for i in inner)


def write_words(words: dict[str, int]) -> None:
    """Write ``industry_words.csv``, commonest first."""
    head = (
        "# Words that say what a firm does, counted in registered names of all provinces by config/sources/build_name_words.py.\n"
        "# per_million: names in a million that have the word. They stand beside the words of names.toml.\n"
    )
    rows = sorted(words.items(), key=lambda item: (-item[1], item[0]))
    table = "".join(f"{word},{count}\n" for word, count in rows)
    find_config_file("industry_words.csv").write_text(
        f"{head}word,per_million\n{table}", encoding="utf-8"
    )


def write_trade_names(parts: pl.DataFrame) -> None:
    """Write ``trade_names.csv``: common trade names, and every character of trade names."""
    names = parts.filter(pl.col("trade_industry") != "")["trade_name"]
    shared = Counter(names.to_list())
    characters = Counter("".join(names.to_list()))
    million, letters = 1e6 / len(names), 1e6 / characters.total()
    rows = [(n, round(k * million)) for n, k in shared.items() if k * million >= COMMON]
    rows += [(c, round(k * letters, 1)) for c, k in characters.items() if k >= MIN_CHARACTERS]
    rows.sort(key=lambda row: (len(row[0]), -row[1], row[0]))
    head = (
        "# How common trade names are, counted in registered names of all provinces by config/sources/build_name_words.py.\n"
        "# per_million: firms in a million with the trade name; of a single character: its share of all that trade names have.\n"
    )
    table = "".join(f"{text},{count:g}\n" for text, count in rows)
    find_config_file("trade_names.csv").write_text(
        f"{head}text,per_million\n{table}", encoding="utf-8"
    )


def main() -> None:
    """Count words first: where a trade name ends depends on them."""
    names = pl.read_parquet(Path(sys.argv[1]), columns=["name"])["name"].sort().gather_every(2)
    write_words(industry_words(cores_of(names)["core"].to_list()))
    NameRules.load.cache_clear()
    write_trade_names(cores_of(names))


if __name__ == "__main__":
    main()
