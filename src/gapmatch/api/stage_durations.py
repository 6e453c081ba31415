"""How long things take: shares of a run's stages, and lengths of time in words."""

from gapmatch.i18n import _

SHARES = {
    "generate": 0.0,
    "read": 0.12,
    "standardise": 0.16,
    "link": 0.26,
    "gap": 0.02,
    "rank": 0.01,
    "store": 0.06,
    "publish": 0.37,
}
"""Stages in their order, and the share of a run's time that each took when measured."""


def stage_labels() -> dict[str, str]:
    """Return stage to words."""
    return {
        "generate": _("虚构数据"),
        "read": _("读取文件"),
        "standardise": _("整理名称和代码"),
        "link": _("比对两份名单"),
        "gap": _("判定状态"),
        "rank": _("排序"),
        "store": _("写入数据库"),
        "publish": _("写出结果"),
    }


def sum_earlier_shares(stage: str) -> float:
    """Return the share of a run's time that lies before ``stage``; 0 for an unknown one."""
    stages = list(SHARES)
    return sum(SHARES[name] for name in stages[: stages.index(stage)]) if stage in SHARES else 0.0


def estimate_total(elapsed: float, share: float) -> float | None:
    """Return the seconds that the whole takes at this pace; ``None`` if it cannot be known."""
    return elapsed / share if share >= 0.1 and elapsed >= 1 else None


def format_duration(seconds: float) -> str:
    """Return a duration in plain words."""
    total = max(round(seconds), 1)
    if total < 60:
        return _("{seconds} 秒").format(seconds=total)
    minutes, rest = divmod(total, 60)
    if minutes < 60:
        return _("{minutes} 分 {seconds:02d} 秒").format(minutes=minutes, seconds=rest)
    hours, minutes = divmod(minutes, 60)
    return _("{hours} 小时 {minutes:02d} 分").format(hours=hours, minutes=minutes)
