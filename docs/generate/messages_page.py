"""Every error that a user can see, with its remedy: ``python docs/generate/messages_page.py docs/messages.md``.

Read from the code, so that the page has what the program says. The language is that of ``GAPMATCH_LANG``.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from gapmatch import errors
from gapmatch.desk.finding_steps import STEPS
from gapmatch.i18n import _, detect_language, get_language, set_language
from gapmatch.resources import get_words
from gapmatch.wording.note_sentences import list_findings

SOURCE = Path(__file__).parents[2] / "src" / "gapmatch"
ERRORS = {name for name in vars(errors) if name.endswith("Error")} | {"UsageError", "kind"}
"""Names by which the code makes an error; ``kind`` is a parameter that holds one."""

AREAS: Mapping[str, tuple[str, ...]] = {
    "reading": ("read",),
    "settings": ("settings", "linkage", "standardise", "rank"),
    "running": ("gate", "run", "publish", "report", "papers", "spark", "errors", "pipeline"),
    "storing": ("store", "results", "workspace_files", "private_files"),
    "ledger": ("ledger", "forms"),
    "calling": (),
}
"""Parts of the page, and the packages whose errors stand there; those of no other stand in the last."""

HELP = "用法见：{command} --help"
"""What ``point_to_help`` returns."""

Error = tuple[str, str, tuple[str, ...]]


@cache
def list_errors() -> Sequence[Error]:
    """Return area, message and possible remedies of each error, in the order of the code."""
    return tuple(dict.fromkeys((*_find_errors(), *_find_usage_errors())))


def _find_usage_errors() -> Iterator[Error]:
    """Yield what the command line says of wrong options."""
    tree = ast.parse((SOURCE / "cli" / "usage_messages.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
            for made in node.value.values:
                is_lambda = isinstance(made, ast.Lambda)
                message = made.body if is_lambda else ast.Call(made, [], [])
                for text in _find_texts(message, tree, tree):
                    yield "calling", text, (HELP,)


def _find_errors() -> Iterator[Error]:
    for path in sorted(SOURCE.rglob("*.py")):
        part = path.relative_to(SOURCE).with_suffix("").parts[0]
        area = next((name for name, parts in AREAS.items() if part in parts), list(AREAS)[-1])
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for holder in (tree, *(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))):
            for node in _walk_own(holder):
                if not isinstance(node, ast.Call) or _get_name(node.func) not in ERRORS:
                    continue
                message, remedy = (*node.args[:2], None, None)[:2]
                if texts := _find_texts(message, holder, tree):
                    yield area, texts[0], tuple(_find_texts(remedy, holder, tree))


def _walk_own(holder: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands in a module or function, without the functions inside it."""
    for node in ast.iter_child_nodes(holder):
        if not isinstance(node, ast.FunctionDef):
            yield node
            yield from _walk_own(node)


def _get_name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else ""


def _find_texts(argument: ast.expr | None, holder: ast.AST, tree: ast.Module) -> Sequence[str]:
    """Return the first message id in an argument, or those that its name or function stands for."""
    if argument is None:
        return ()
    calls = [node for node in ast.walk(argument) if isinstance(node, ast.Call)]
    texts = [
        str(ast.literal_eval(node.args[0])) for node in calls if _get_name(node.func) in ("_", "N_")
    ][:1]
    if any(_get_name(node.func) == "point_to_help" for node in calls):
        texts = [HELP]
    if isinstance(argument, ast.BinOp):  # a sentence, and what may be added to it
        return _find_texts(argument.left, holder, tree)
    if isinstance(argument, ast.Name):
        return [
            text
            for node in _walk_own(holder)
            if isinstance(node, ast.Assign) and argument.id in map(_get_name, node.targets)
            for text in _find_texts(node.value, holder, tree)
        ]
    if not texts and isinstance(argument, ast.Call):
        return [
            text
            for made in tree.body
            if isinstance(made, ast.FunctionDef) and made.name == _get_name(argument.func)
            for node in _walk_own(made)
            if isinstance(node, ast.Return)
            for text in _find_texts(node.value, made, tree)
        ]
    return texts


def build_page() -> str:
    """Return the page in the current language."""
    texts = TEXTS[get_language()]
    parts = [texts["head"]]
    for area in AREAS:
        rows = sorted((_(m), tuple(map(_, r))) for own, m, r in list_errors() if own == area)
        if rows:
            lines = [f"| {_cell(m)} | {'<br>'.join(map(_cell, r))} |" for m, r in rows]
            parts.append("\n".join((f"## {texts[area]}\n", texts["columns"], "|---|---|", *lines)))
    parts.append(_build_findings(texts))
    return "\n\n".join(parts) + "\n"


def _build_findings(texts: Mapping[str, str]) -> str:
    """Return what the gate may find, with what to do; a sentence without a step says it itself."""
    lines = []
    for row in list_findings().values():
        step = _(STEPS[row["step"]]) if row["step"] else ""
        lines.append(f"| {_cell(get_words(row, 'sentence', get_language()))} | {_cell(step)} |")
    return "\n".join((texts["findings"], "|---|---|", *lines))


TEXTS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "head": """\
# 全部报错与办法

<!-- 由 docs/generate/messages_page.py 从代码写出，请勿手改。 -->

程序报错时分两行：先说哪里不对（文件、行、列、值），再说怎么办。这里列出全部报错，“…”处是当时的文件名、数字等。
常见的几种，[常见问题](troubleshooting.md)里有详细说明。""",
        "columns": "| 报错 | 怎么办 |",
        "reading": "读取数据文件",
        "settings": "设置和模型",
        "running": "运行",
        "storing": "工作区、数据库和备份",
        "ledger": "台账：走访、认定、案件",
        "calling": "命令和 Python",
        "findings": """\
## 运行前的疑点 <a id="findings"></a>

名单有疑点时，运行停下或提醒。办法按[浏览器里的页面](desk.md)写；用命令行的，换好文件再运行同一条命令。核实过、没有错的，用
`--accept` 写明理由继续，见[被拦下了](troubleshooting.md#stopped)。

| 疑点 | 怎么办 |""",
    },
    "en": {
        "head": """\
# Error messages

<!-- Written from the code by docs/generate/messages_page.py; do not edit. -->

An error has two lines: what is wrong (file, row, column, value), and what to do about it. All of them are listed here; "…"
stands for the file, number or value of the moment. [Troubleshooting](troubleshooting.md) explains the frequent ones.""",
        "columns": "| error | what to do |",
        "reading": "Reading extracts",
        "settings": "Settings and models",
        "running": "Running",
        "storing": "Workspace, database and backups",
        "ledger": "Ledger: visits, decisions, cases",
        "calling": "Commands and Python",
        "findings": """\
## Findings before a run <a id="findings"></a>

Lists that are in doubt stop a run or earn a warning ([the gate](gate.md)). What to do is worded for [the page in the browser](desk.md); on the command
line, exchange the files and run the same command again. Lists that are right go on with `--accept` and a reason.

| finding | what to do |""",
    },
}


def _cell(text: str) -> str:
    """Return a message as the cell of a table, with its placeholders as dots."""
    plain = re.sub(r"\{[^{}]*\}", "…", text.replace("{{", "{").replace("}}", "}"))
    for sign, escaped in (("|", "\\|"), ("<", "&lt;"), ("*", "\\*"), ("[", "\\["), ("\n", " ")):
        plain = plain.replace(sign, escaped)
    return plain


if __name__ == "__main__":
    set_language(detect_language())
    Path(sys.argv[1]).write_text(build_page(), encoding="utf-8")
