"""``gapmatch doctor``."""

from pathlib import Path

from gapmatch.cli.options import Json, Workspace


def doctor(*, workspace: Workspace = Path(), json: Json = False) -> int:
    """Look the workspace over without changing it; exit code 1 if something is wrong."""
    from dataclasses import asdict

    from gapmatch.cli.report_tables import show
    from gapmatch.cli.run_progress import show_status
    from gapmatch.cli.terminal import Terminal
    from gapmatch.i18n import _
    from gapmatch.reports import Page, Section
    from gapmatch.run.doctor import doctor as examine

    terminal = Terminal(json=json)
    with show_status(terminal) as report:
        findings = examine(workspace, report)
    well = all(finding.well for finding in findings)
    rows = [(_("正常") if f.well else _("有问题"), f.what, f.detail) for f in findings]
    facts = {"well": well, "findings": [asdict(finding) for finding in findings]}
    show(Page([Section("", rows, (_("结果"), _("检查"), _("说明")))], facts), terminal)
    if well:
        terminal.print_line(_("没有发现问题。"), style="bold green")
        return 0
    terminal.warn(
        _(
            "请先不要删除任何文件：gapmatch backup 留一份现状；标为“正常”的内容都可用。"
            "季度结果可以用原来的清册重新运行；人工认定和走访结果读不全时，用 gapmatch restore "
            "恢复最近的备份。"
        )
    )
    return 1
