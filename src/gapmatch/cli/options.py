"""Options that several commands share, and what one of them does."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Annotated, Any

import typer

from gapmatch.i18n import N_, _


def option(*names: str, default: str | bool = True, **more: Any) -> Any:
    """Return an option: its names, then its help; ``default`` is what help shows as default."""
    *flags, text = names
    return typer.Option(*flags, help=text, show_default=default, **more)


def argument(metavar: str, text: str, *, default: str | bool = True) -> Any:
    """Return an argument; ``default`` is what help shows as default."""
    return typer.Argument(metavar=metavar, help=text, show_default=default)


Workspace = Annotated[
    Path,
    option(
        "--workspace",
        "-w",
        N_("工作区：放设置、数据库和结果的文件夹"),
        metavar=N_("<文件夹>"),
        default=N_("当前文件夹"),
    ),
]

OpenBrowser = Annotated[bool, option("--browser/--no-browser", N_("是否自动打开浏览器"))]


def announce_page(with_browser: bool) -> Callable[[str], None]:  # noqa: FBT001 - an option's value
    """Return what is called with the address of a page, once connections are accepted."""

    def announce(address: str) -> None:
        import webbrowser

        typer.echo(_("在浏览器中打开 {address}；按 Ctrl+C 结束。").format(address=address))
        if with_browser:
            Thread(target=webbrowser.open, args=[address], daemon=True).start()

    return announce


Quiet = Annotated[bool, option("--quiet", "-q", N_("只在出错时说话，不显示进度和汇总"))]

Json = Annotated[bool, option("--json", N_("只向标准输出打印一份 JSON 汇总，供程序读取"))]

Files = Annotated[
    list[str], argument(N_("<文件...>"), N_("填好的县区工作簿：文件、通配符或文件夹"))
]

FilesOrNone = Annotated[
    list[str] | None, argument(N_("<文件...>"), N_("填好的县区工作簿：文件、通配符或文件夹"))
]

Undo = Annotated[
    int | None,
    option(
        "--undo",
        N_("不导入文件，而是整体撤回这一次导入（编号见导入时的报告）"),
        metavar=N_("<导入编号>"),
        min=1,
    ),
]

Who = Annotated[
    str | None,
    option(
        "--who",
        N_("谁填写或认定的"),
        metavar=N_("<姓名>"),
        default=N_("工作簿最后保存人，或本机用户"),
    ),
]
