"""``gapmatch slips``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.arguments import parse_quarter, parse_tiers
from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import Workspace


def slips(
    quarter: Annotated[str, typer.Argument(metavar=N_("<季度>"), help=N_("哪个季度，如 2022Q4"))],
    *,
    county: Annotated[
        str | None, typer.Option("--county", metavar=N_("<县区>"), help=N_("只出这个县区的"))
    ] = None,
    tier: Annotated[
        str, typer.Option("--tier", metavar="A|B|C", help=N_("出哪一层级的，可写几个，如 AB"))
    ] = "A",
    letters: Annotated[
        bool,
        typer.Option(
            "--letters",
            help=N_(
                "不出走访单，而出信函：给未参保企业的告知书，给险种不全、人数不足、断缴单位的提示函"
            ),
        ),
    ] = False,
    with_contacts: Annotated[
        bool,
        typer.Option(
            "--with-contacts", help=N_("写明联系人和电话（默认遮盖）；每次这样导出都记入台账")
        ),
    ] = False,
    pdf: Annotated[
        bool, typer.Option("--pdf", help=N_("同时转成 PDF（需要装有 LibreOffice）"))
    ] = False,
    workspace: Workspace = Path(),
) -> int:
    """Write a page for each firm to visit and show where they are."""
    from gapmatch.api.papers import write_slips
    from gapmatch.cli.terminal import Terminal
    from gapmatch.i18n import _

    written = write_slips(
        parse_quarter(quarter),
        workspace=workspace,
        county=county,
        tier=parse_tiers(tier),
        letters=letters,
        with_contacts=with_contacts,
        pdf=pdf,
    )
    terminal = Terminal()
    terminal.print_line(
        _("共 {firms:,} 户，每户一页；{files} 个文件：").format(
            firms=written.firms, files=len(written.files)
        )
    )
    for folder in sorted({file.parent for file in written.files}):
        terminal.print_line(_("已写出：{path}").format(path=folder.absolute()))
    return 0
