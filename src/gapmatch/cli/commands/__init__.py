"""The commands, in the order in which help lists them."""

from collections.abc import Callable
from typing import NamedTuple

from gapmatch.cli.commands.check import check
from gapmatch.cli.commands.demo import demo
from gapmatch.cli.commands.evaluate import evaluate
from gapmatch.cli.commands.explain import explain
from gapmatch.cli.commands.init import init
from gapmatch.cli.commands.run import run
from gapmatch.cli.commands.runs import runs
from gapmatch.cli.text import N_


class CommandInfo(NamedTuple):
    """A command: its name, the function behind it, what it is for, and the heading it stands under."""

    name: str
    function: Callable[..., int]
    help: str
    panel: str


_START = N_("开始")
_QUARTER = N_("每个季度")
_MEASURE = N_("衡量")

COMMANDS = (
    CommandInfo("init", init, N_("建立工作区：写一份带说明的设置文件 gapmatch.toml"), _START),
    CommandInfo(
        "demo",
        demo,
        N_(
            "用虚构的一个地级市走完全程，看看结果是什么样子\n\n"
            "企业、人员和金额都是虚构的；不需要任何数据，也不需要联网。"
        ),
        _START,
    ),
    CommandInfo(
        "check",
        check,
        N_(
            "只看文件、不出结果：编码、表头、列的对应、前几行、各类缺陷\n\n"
            "收到各县区报来的文件后先用它看一遍；不写入工作区。"
        ),
        _QUARTER,
    ),
    CommandInfo(
        "run",
        run,
        N_(
            "出一个季度的结果：比对税务清册与参保单位，给每个县区写一份工作簿\n\n"
            "例：gapmatch run 2022Q4 --tax 纳税清册.xlsx --enrollment 参保单位.csv\n\n"
            "一个来源可以是多个文件、通配符或文件夹：--tax 税务/ 或 --tax 税务/*.xlsx。"
            "结果写到 工作区/out/<季度>/；重新运行同一季度只替换该季度的结果，运行失败则保留原有结果。"
        ),
        _QUARTER,
    ),
    CommandInfo("runs", runs, N_("列出工作区里运行过的季度"), _QUARTER),
    CommandInfo(
        "explain",
        explain,
        N_(
            "说明一家企业的结果：候选单位、每项比对的得分、状态和排序的依据\n\n"
            "企业可以用统一社会信用代码、名称（或其中一部分）或税务清册的行号来指。"
        ),
        _QUARTER,
    ),
    CommandInfo(
        "evaluate",
        evaluate,
        N_(
            "拿真实情况来衡量一个季度的结果：精确率、召回率、误报、漏报、待核数\n\n"
            "真实情况文件只在这里读取，从不影响 run 的结果。"
        ),
        _MEASURE,
    ),
)
