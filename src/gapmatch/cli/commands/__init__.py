"""The commands, in the order in which help lists them."""

from collections.abc import Callable
from typing import NamedTuple

from gapmatch.cli.commands.ledger_commands import (
    cases,
    import_reviews,
    import_visits,
    review,
    visits,
)
from gapmatch.cli.commands.measure_commands import evaluate, explore, rank, train, train_rank
from gapmatch.cli.commands.quarter_commands import check, diff, explain, run, runs, slips
from gapmatch.cli.commands.safety_commands import backup, doctor, purge, restore, withdraw
from gapmatch.cli.commands.start_commands import demo, desk, init
from gapmatch.i18n import N_


class CommandInfo(NamedTuple):
    """A command with its full name (``review import``); a group comes before what is below it."""

    function: Callable[..., int]
    help: str
    panel: str
    name: str = ""
    is_group: bool = False

    @property
    def full_name(self) -> str:
        """The words that a user types; without a name of its own, the function's."""
        return self.name or self.function.__name__


_START = N_("开始")
_QUARTER = N_("每个季度")
_LEDGER = N_("台账")
_MEASURE = N_("衡量")
_SAFETY = N_("保管")

COMMANDS = (
    CommandInfo(init, N_("建立工作区：写一份带说明的设置文件 gapmatch.toml"), _START),
    CommandInfo(
        demo,
        N_(
            "用虚构的一个地级市走完全程，看看结果是什么样子\n\n"
            "企业、人员和金额都是虚构的；不需要任何数据，也不需要联网。"
        ),
        _START,
    ),
    CommandInfo(
        desk,
        N_(
            "在浏览器里办完一个季度：放进文件、核对、运行、看结果、回传、出资料\n\n"
            "不用命令行；页面只在本机打开，只有启动它的人能进。每一步都与相应的命令相同，"
            "可以与命令行同时使用。需要 Datasette：pip install -r requirements/desk.txt"
        ),
        _START,
    ),
    CommandInfo(
        check,
        N_(
            "只看文件、不出结果：编码、表头、列的对应、前几行、各类缺陷\n\n"
            "收到各县区报来的文件后先用它看一遍；不写入工作区。\n\n"
            "两份清册一起看，还会列出运行时会停下或提醒的疑点：\n\n"
            "gapmatch check 2022Q4 --tax 纳税清册.xlsx --enrollment 参保单位.csv"
        ),
        _QUARTER,
    ),
    CommandInfo(
        run,
        N_(
            "出一个季度的结果：比对税务清册与参保单位，给每个县区写一份工作簿\n\n"
            "例：gapmatch run 2022Q4 --tax 纳税清册.xlsx --enrollment 参保单位.csv\n\n"
            "一个来源可以是多个文件、通配符或文件夹：--tax 税务/ 或 --tax 税务/*.xlsx。"
            "结果写到 工作区/out/<季度>/；重新运行同一季度只替换该季度的结果，"
            "运行失败则保留原有结果。"
        ),
        _QUARTER,
    ),
    CommandInfo(
        slips,
        N_(
            "出走访单：每户一页，每县区一个 Word 文件，按乡镇和街道排列\n\n"
            "例：gapmatch slips 2022Q4 --county 习水县\n\n"
            "写明为什么上门、参保要花多少钱、得到什么、可以讲的政策，留有打√和签名的地方。"
            "--letters 出告知书和提示函。"
            "格式可改：gapmatch init --templates 把 Word 模板放进工作区的“模板”文件夹。"
        ),
        _QUARTER,
    ),
    CommandInfo(runs, N_("列出工作区里运行过的季度"), _QUARTER),
    CommandInfo(
        explain,
        N_(
            "说明一家企业的结果：候选单位、每项比对的得分、状态和排序的依据\n\n"
            "企业可以用统一社会信用代码、名称（或其中一部分）或税务清册的行号来指。"
        ),
        _QUARTER,
    ),
    CommandInfo(
        diff,
        N_(
            "比较两个季度：新参保、新出现的未参保、进出名单、更名、换县、状态和对应单位的变化\n\n"
            "例：gapmatch diff 2022Q3 2022Q4\n\n"
            "屏幕上是汇总，逐户的 CSV 和工作簿写到 out/ 下；"
            "上季未参保户数逐项加减等于本季未参保户数。"
        ),
        _QUARTER,
    ),
    CommandInfo(
        review,
        N_(
            "在终端里逐对认定：企业与参保单位并排显示，一个键一个答案\n\n"
            "最拿不准的排在最前；每个答案立即保存，随时退出，下次从剩下的继续。"
            "县区在工作簿里认定的，用 gapmatch review import 收回。"
        ),
        _LEDGER,
        is_group=True,
    ),
    CommandInfo(
        import_reviews,
        N_(
            "收回工作簿“待核实”表里填好的认定结果\n\n"
            "改名、排序、增删行列、由 WPS 或 LibreOffice 保存过的都能收；重复导入不会重复记录。"
            "认不出的文件列出来，其他文件照收；没有采用的行逐行说明原因。"
        ),
        _LEDGER,
        name="review import",
    ),
    CommandInfo(visits, N_("收回走访结果"), _LEDGER, is_group=True),
    CommandInfo(
        import_visits,
        N_(
            "收回工作簿“走访名单”和“复查”表里填好的结果\n\n"
            "每家企业一个案件编号，跨季度不变；走访结果决定下一季怎么处理这家企业。"
            "认不出的文件列出来，其他文件照收；没有采用的行逐行说明原因。"
        ),
        _LEDGER,
        name="visits import",
    ),
    CommandInfo(
        cases,
        N_("列出案件及其状态、走访结果和是否逾期，可按县区、状态、结果等筛选，或按县区汇总"),
        _LEDGER,
    ),
    CommandInfo(
        explore,
        N_(
            "在浏览器里查看工作区：筛选、汇总、现成的查询；只读，只在本机\n\n"
            "不含联系人、电话、备注。需要 Datasette：pip install -r requirements/explore.txt"
        ),
        _MEASURE,
    ),
    CommandInfo(
        evaluate,
        N_(
            "拿真实情况来衡量一个季度的结果：精确率、召回率、误报、漏报、待核数\n\n"
            "真实情况文件只在这里读取，从不影响 run 的结果。"
        ),
        _MEASURE,
    ),
    CommandInfo(
        train,
        N_(
            "用最近一季的清册和全部人工认定，生成一个新的链接模型文件\n\n"
            "只生成文件并说明与现用模型的差别；要启用须在 gapmatch.toml 中写明，run "
            "从不自行更换模型。"
        ),
        _MEASURE,
    ),
    CommandInfo(
        rank,
        N_("多走访一些家能多参保多少人（--what-if 500）；从走访结果学习怎样排序"),
        _MEASURE,
        is_group=True,
    ),
    CommandInfo(
        train_rank,
        N_(
            "从台账里的走访结果学习：谁在经营、谁走访后会参保\n\n"
            "至少 200 次已办结的走访；在没有用于学习的最近季度上与评分卡比较，明显更好才采用。"
            "需要 scikit-learn。"
        ),
        _MEASURE,
        name="rank train",
    ),
    CommandInfo(backup, N_("备份数据库：使用中也可以备份，写完即核对"), _SAFETY),
    CommandInfo(restore, N_("用备份替换数据库；原来的数据库改名保留在旁边"), _SAFETY),
    CommandInfo(doctor, N_("检查数据库和工作区是否完好，哪些内容可用；不改动任何东西"), _SAFETY),
    CommandInfo(
        withdraw,
        N_(
            "撤下一个误跑的季度：结果移出数据库和 out/，记入台账；人工认定和走访记录保留\n\n"
            "例：gapmatch withdraw 2202Q4 --reason 季度写错"
        ),
        _SAFETY,
    ),
    CommandInfo(
        purge,
        N_(
            "清除旧季度的个人信息：负责人、联系人、电话和备注；统计、认定和结果保留\n\n"
            "清除后无法恢复。例：gapmatch purge --before 2021Q1"
        ),
        _SAFETY,
    ),
)
