"""What mkdocs does not do by itself for ``make site``: two languages, and pages outside ``docs/``.

Pages under ``zh/`` are Chinese and the others English, each with the navigation of its language; the Chinese home
is the first page. The search takes every Chinese character for a word. Links of documents work on a site as they do in the repository: pages of the
repository that documents lead to are on the site too, a link to anything else there becomes plain text.
"""

import json
import posixpath
import re
from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
HOMES = {"zh/README.md": "index.html", "README.md": "en.html"}
"""The first page of each language: its source, and its file on the site."""
CHINESE = ("zh/", "cli.zh-CN.md", "repository/README.zh-CN.md")
CHINESE_BOOST = 5
"""How much more a Chinese page counts in the search."""
COUNTERPARTS = {
    "zh/workbooks.md": "outputs.md",
    "cli.zh-CN.md": "cli.md",
    "repository/README.zh-CN.md": "repository/README.md",
}
"""Pages whose counterpart in the other language has another name."""
REPOSITORY_PAGES = (
    "README.md",
    "README.zh-CN.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "data/sample/README.md",
)
_CHINESE_LINE_END = re.compile(
    "(?<=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef”])\n(?=[\u4e00-\u9fff“（*])"
)
"""A line that goes on in Chinese: a browser would show its end as a space."""
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the repository, and put the Chinese home first."""
    for path in REPOSITORY_PAGES:
        text = (ROOT / path).read_text(encoding="utf-8")
        files.append(File.generated(config, f"repository/{path}", content=text))
    for source, destination in HOMES.items():
        home = files.get_file_from_path(source)
        assert home is not None
        home.dest_uri = home.url = destination
        home.abs_dest_path = str(Path(config.site_dir) / destination)
    for path in REPOSITORY_PAGES:
        page = files.get_file_from_path(f"repository/{path}")
        assert page is not None
        page.inclusion = page.inclusion.NOT_IN_NAV
    return files


def on_page_markdown(markdown: str, page: Page, **_options: object) -> str:
    """Let the page's links lead to where their targets are on the site, and join Chinese lines.

    Who searches in Chinese reads Chinese: English pages with Chinese words in them come after.
    """
    if page.file.src_uri.startswith(CHINESE):
        page.meta["search"] = {"boost": CHINESE_BOOST}
    return _CHINESE_LINE_END.sub("", rewrite_links(markdown, page.file.src_uri))


def rewrite_links(markdown: str, source: str) -> str:
    """Return ``markdown`` of the site's page ``source`` with its links as the site needs them."""
    inside = posixpath.dirname(source)
    in_repository = posixpath.dirname(_path_in_repository(source))

    def rewrite(link: re.Match[str]) -> str:
        mark, text, target, anchor = link.groups(default="")
        if "://" in target or target.startswith("mailto:"):
            return link[0]
        wanted = posixpath.normpath(posixpath.join(in_repository, target))
        on_site = _path_on_site(wanted)
        if on_site is None:
            return text
        return f"{mark}[{text}]({posixpath.relpath(on_site, inside or '.')}{anchor})"

    return _LINK.sub(rewrite, markdown)


def _path_in_repository(source: str) -> str:
    if source.startswith("repository/"):
        return source.removeprefix("repository/")
    return f"docs/{source}"


def _path_on_site(path: str) -> str | None:
    """Return the site's source for a path of the repository, or None if the site has it not."""
    if path in REPOSITORY_PAGES:
        return f"repository/{path}"
    if path == "docs":
        return "README.md"
    inside = path.removeprefix("docs/")
    return inside if inside != path and (ROOT / path).is_file() else None


def on_page_context(
    context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Navigation
) -> dict[str, Any]:
    """Show the page in its language, with the navigation of that language."""
    language = "zh" if page.file.src_uri.startswith(CHINESE) else "en"
    languages: Mapping[str, Mapping[str, str]] = config.extra["languages"]
    config.theme["language"] = language
    config.site_name = languages[language]["title"]
    (section,) = (item for item in nav.items if item.title == languages[language]["name"])
    shown = copy(nav)
    shown.items = list(section.children or [])
    config.extra["alternate"] = [
        {"name": own["name"], "lang": code, "link": _counterpart(page.file.src_uri, code, nav)}
        for code, own in languages.items()
    ]
    return {**context, "nav": shown}


def _counterpart(source: str, language: str, nav: Navigation) -> str:
    """Return the address of the page ``source`` in ``language``, or of the home there."""
    other = dict(COUNTERPARTS)
    other |= {theirs: ours for ours, theirs in COUNTERPARTS.items()}
    is_chinese = source.startswith(CHINESE)
    if is_chinese == (language == "zh"):
        wanted = source
    elif source in other:
        wanted = other[source]
    else:
        wanted = source.removeprefix("zh/") if is_chinese else f"zh/{source}"
    addresses = {page.file.src_uri: page.url for page in nav.pages}
    home = next(file for file in HOMES if file.startswith("zh/") == (language == "zh"))
    return addresses.get(wanted, addresses[home])


@event_priority(-50)  # after the index is written, before it is made a script
def on_post_build(config: MkDocsConfig) -> None:
    """Separate the characters of Chinese in the search index, which knows no words of it."""
    path = Path(config.site_dir) / "search" / "search_index.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    for section in index["docs"]:
        for part in ("title", "text"):
            section[part] = separate_characters(section[part])
    path.write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")


def separate_characters(text: str) -> str:
    """Put a space of no width around every Chinese character."""
    return re.sub(r"([\u4e00-\u9fff])", "\u200b\\1\u200b", text)
