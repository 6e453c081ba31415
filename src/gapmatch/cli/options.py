"""Options that several commands share, and what one of them does."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from gapmatch.i18n import N_, _

Workspace = Annotated[
    Path,
    typer.Option(
        "--workspace",
        "-w",
        metavar=N_("<文件夹>"),
        help=N_("工作区：放设置、数据库和结果的文件夹"),
        show_default=N_("当前文件夹"),
    ),
]

OpenBrowser = Annotated[bool, typer.Option("--browser/--no-browser", help=N_("是否自动打开浏览器"))]


def announce_page(with_browser: bool) -> Callable[[str], None]:  # noqa: FBT001 - an option's value
    """Return what is called with the address of a page, once connections are accepted.

    A browser that is started by hand may not return until it is closed: it gets a thread.
    """

    def announce(address: str) -> None:
        import webbrowser

        typer.echo(_("在浏览器中打开 {address}；按 Ctrl+C 结束。").format(address=address))
        if with_browser:
            Thread(target=webbrowser.open, args=[address], daemon=True).start()

    return announce


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=N_("只在出错时说话，不显示进度和汇总"))]

Json = Annotated[
    bool, typer.Option("--json", help=N_("只向标准输出打印一份 JSON 汇总，供程序读取"))
]

Files = Annotated[
    list[str],
    typer.Argument(metavar=N_("<文件...>"), help=N_("填好的县区工作簿：文件、通配符或文件夹")),
]

FilesOrNone = Annotated[
    list[str] | None,
    typer.Argument(metavar=N_("<文件...>"), help=N_("填好的县区工作簿：文件、通配符或文件夹")),
]

Undo = Annotated[
    int | None,
    typer.Option(
        "--undo",
        min=1,
        metavar=N_("<导入编号>"),
        help=N_("不导入文件，而是整体撤回这一次导入（编号见导入时的报告）"),
    ),
]

Who = Annotated[
    str | None,
    typer.Option(
        "--who",
        metavar=N_("<姓名>"),
        help=N_("谁填写或认定的"),
        show_default=N_("工作簿最后保存人，或本机用户"),
    ),
]
