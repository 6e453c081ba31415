"""``gapmatch backup``, ``restore``, ``doctor``, ``withdraw`` and ``purge``: the database."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from gapmatch.cli.arguments import parse_quarter
from gapmatch.cli.options import Json, Workspace, argument, option
from gapmatch.cli.report_tables import show
from gapmatch.cli.run_progress import show_status
from gapmatch.cli.terminal import Terminal
from gapmatch.i18n import N_, _
from gapmatch.reports import Page, Section


def backup(
    target: Annotated[
        Path | None,
        argument(
            N_("<文件>"),
            N_("备份写到哪个文件；已有的文件不会覆盖"),
            default=N_("工作区/backups/ 下以时间命名"),
        ),
    ] = None,
    *,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Copy the database while it may be in use, and check the copy."""
    from gapmatch.store.backups import backup as copy
    from gapmatch.store.backups import find_restore_obstacle

    terminal = Terminal(json=json)
    with show_status(terminal) as report:
        written = copy(workspace, target, report)
        obstacle = find_restore_obstacle(written)
    terminal.emit({"backup": written, "bytes": written.stat().st_size})
    size = _("{size:.1f} MB").format(size=written.stat().st_size / 1e6)
    terminal.print_line(
        _("已备份并核对：{path}（{size}）").format(path=written.absolute(), size=size),
        style="bold green",
    )
    if obstacle is not None:
        terminal.print_line(
            _("注意：这份备份是现状的副本，但不能用来恢复：{why}").format(why=obstacle),
            style="bold yellow",
        )
    terminal.print_line(_("备份含个人信息，请妥善保管。恢复：gapmatch restore <备份文件>"))
    return 0


def restore(
    copy: Annotated[Path, argument(N_("<备份文件>"), N_("gapmatch backup 写出的文件"))],
    *,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Put a checked backup in the database's place; the old database stays next to it."""
    from gapmatch.store.backups import restore as put_back

    terminal = Terminal(json=json)
    old = put_back(workspace, copy)
    terminal.emit({"restored": copy, "old": old})
    terminal.print_line(_("已从备份恢复：{path}").format(path=copy.absolute()), style="bold green")
    if old:
        terminal.print_line(_("原来的数据库留在：{path}").format(path=old.absolute()))
    terminal.print_line(_("out/ 里的结果没有改动；如与备份的季度不一致，请重新运行该季度。"))
    return 0


def doctor(*, workspace: Workspace = Path(), json: Json = False) -> int:
    """Look the workspace over without changing it; exit code 1 if something is wrong."""
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


def withdraw(
    quarter: Annotated[str, argument(N_("<季度>"), N_("撤下哪个季度的结果，如 2202Q4"))],
    *,
    reason: Annotated[
        str | None, option("--reason", N_("为什么撤下；记入台账"), metavar=N_("<理由>"))
    ] = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Take the results of a quarter that was run by mistake out of the store, and log it."""
    from gapmatch.api.operations import withdraw as take_out
    from gapmatch.api.stores import open_store
    from gapmatch.run.housekeeping import describe_replaced_run

    terminal, wanted = Terminal(json=json), parse_quarter(quarter)
    with open_store(workspace) as store:
        replaced = store.find_replaced_run(wanted)
    folder = take_out(wanted, reason, workspace=workspace)
    facts = {"replaced_run": replaced.run if replaced else None}
    terminal.emit({"withdrawn": wanted, "folder": folder, **facts})
    terminal.print_line(
        _("已撤下 {quarter} 的结果；认定和走访记录保留，案件编号不变。").format(quarter=wanted),
        style="bold green",
    )
    if folder:
        terminal.print_line(_("原来的文件移到了：{path}").format(path=folder.absolute()))
    if replaced:
        terminal.warn(describe_replaced_run(replaced))
    return 0


def purge(
    *,
    before: Annotated[
        str, option("--before", N_("清除这一季度之前（不含）的个人信息"), metavar=N_("<季度>"))
    ],
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Remove persons' data of old quarters from the store; the statistics stay."""
    from gapmatch.api.stores import open_store_for_writing
    from gapmatch.run.housekeeping import find_files_with_personal_data
    from gapmatch.store.purge import purge as remove

    terminal = Terminal(json=json)
    quarter = parse_quarter(before)
    with open_store_for_writing(workspace, f"purge {quarter}") as store:
        purged = remove(store, quarter)
    left = find_files_with_personal_data(workspace, quarter)
    terminal.emit({**asdict(purged), "before": quarter, "files_left": left})
    terminal.print_line(
        _(
            "已清除 {quarter} 之前 {quarters} 个季度的个人信息：{persons} 行人员和联系方式，"
            "{remarks} 条备注；统计和认定保留。"
        ).format(quarter=quarter, **asdict(purged)),
        style="bold green",
    )
    if left:
        terminal.print_line(_("数据库以外的这些文件可能还有个人信息，请自行决定是否删除："))
        for path in left:
            terminal.print_line(f"  {path}")
    return 0
