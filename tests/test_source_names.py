"""Names of the source: the rules of CONTRIBUTING.md, checked on the syntax tree."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import gapmatch
from gapmatch.resources import find_config_file

SOURCE = Path(gapmatch.__file__).parent
VERB_SHARE = 0.6
# Metaphors of speaking, keeping and meeting: each has a plain word of record linkage in its stead.
FORBIDDEN_WORDS = """
told said tell say sayings spoken speak speaking kept keep keeping keeper met meet
teach teaches usual apart both each whole nobody silence retold beside
"""
# What a function name may begin with to count as a verb; predicates and constructors included.
VERB_LIST = """
accept add advance agree align allow append apply ask assess assign attach authorise begin bind
block bound break build calibrate calculate call can cap capitalise carry cast check choose classify clean
clear close coalesce collapse collect combine commit compare compile complete compute concat
confirm connect convert copy correct count cover create cut decide declare decode
deduplicate define delete derive describe detect determine digest discard discount display distribute divide
does download drain draw drop edit enable encode end enrich enter escape estimate evaluate exclude execute
exit expand expect explain export extend extract factor fail fetch fill filter find finish fit
flag flatten fold follow force forget format forward from gather generate get give group guard guess handle
has hash hide highlight identify ignore implement import include index infer init insert inspect install
interpret interrupt intersect invert is issue iterate join judge label launch lay learn limit link list load
locate lock log look lower make map mark mask match may measure melt mend merge mirror
move name narrow normalise note number observe offer omit open order overwrite pack pad parse partition
patch perform pick place plan plot polish prefer prefix prepare preserve prevent print prioritise probe process
project promote propose protect prove prune publish purge push put quote raise rank rate read
rebuild receive recheck recognise recommend reconcile record recover redirect reduce refer
refine refresh refuse regenerate register reject relate release remap remove rename render renumber reorder
repair repartition repeat replace report request require rerun reset reshape resolve restore restrict
resume retire retract retrieve retry return reuse review revise rewrite romanise rotate round run sample
sanitise save scale scan score search select send separate serialise serve set settle
shift ship shorten should show shrink shuffle sign simplify simulate size skip snapshot sort
split spread stack stage standardise start stop store strip style sum summarise supports swap
sweep switch tag take terminate test tokenise total trace track train transfer transform translate trim
truncate try tune turn type uncompress undo union unify unite unpack unstack unwrap
update upgrade use validate verify visit wait walk warn watch weigh widen withdraw word wrap write yield zip
"""
FORBIDDEN = frozenset(FORBIDDEN_WORDS.split())
VERBS = frozenset(VERB_LIST.split())


def iterate_trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def iterate_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.arg():
                yield node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr


def split_words(name: str) -> list[str]:
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return [word for word in (name.lower() + "_" + snake).split("_") if word]


def is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("property" in ast.unparse(decorator) for decorator in node.decorator_list)


def function_names() -> list[str]:
    return [
        node.name
        for _, tree in iterate_trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("__")
        and not is_property(node)
    ]


def begins_with_verb(name: str) -> bool:
    return name.strip("_").split("_")[0] in VERBS


def read_public_settings() -> set[str]:
    """Return the names of the shipped settings: workspaces of earlier versions have them in their files."""
    shipped = tomllib.loads(find_config_file("ranking.toml").read_text(encoding="utf-8"))
    return {name for section in shipped.values() if isinstance(section, dict) for name in section}


def test_no_name_is_a_metaphor_of_speaking_keeping_or_meeting() -> None:
    settings = read_public_settings()
    found = {
        f"{path}: {name}"
        for path, tree in iterate_trees()
        for name in iterate_names(tree)
        if FORBIDDEN.intersection(split_words(name)) and name not in settings
    }
    assert not sorted(found)


def test_most_functions_begin_with_a_verb() -> None:
    names = function_names()
    verbs = sum(map(begins_with_verb, names))
    assert verbs / len(names) >= VERB_SHARE


def test_a_class_name_stands_for_one_class() -> None:
    classes = Counter(
        node.name
        for _, tree in iterate_trees()
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    )
    assert not [name for name, count in classes.items() if count > 1]


def test_a_module_name_stands_for_one_module() -> None:
    modules = Counter(
        Path(path).stem for path, _ in iterate_trees() if not path.endswith("__init__.py")
    )
    assert not [name for name, count in modules.items() if count > 1]
