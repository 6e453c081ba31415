"""Kinds of names that clerks write otherwise, and kinds of pairs that are not one firm.

Each kind of ``EDITS`` writes the name of one firm in two ways; each of ``OTHERS`` makes two firms that
share something. Names, persons, phones and codes are invented. ``measure_kinds.py`` and
``tests/linkage/test_name_kinds.py`` put them into lists.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

COUNTIES = {"荔浦市": "450381", "阳朔县": "450321", "灵川县": "450323", "全州县": "450324"}
TOWNS = ("白沙镇", "兴坪镇", "葡萄镇", "高田镇", "福利镇")
CHARACTERS = "砚槐榆梓黛苒芃棠荻筠箬峤浔淇漪沅瑾琬璋铮铎锴骊鹭鸢霁邺郯晗旻杉榕橡柘棣芷蔺蓟葳苓岑崴嵩潞湄溆渌泓琅珞珮镌钰铭翎翮鹤骅骐"
INDUSTRIES = ("商贸", "建材", "食品", "物流", "机械设备", "装饰工程", "茶叶", "园林绿化", "餐饮服务", "电子科技", "家具", "印刷")  # fmt: skip
OTHER_INDUSTRY = {"商贸": "矿业", "建材": "茶叶", "食品": "物流", "物流": "食品", "机械设备": "餐饮管理", "装饰工程": "农业开发", "茶叶": "建筑劳务", "园林绿化": "汽车租赁", "餐饮服务": "电子商务", "电子科技": "木业", "家具": "物业管理", "印刷": "养殖"}  # fmt: skip
SURNAMES, GIVEN = "邱邹熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严", "峻岭晨曼薇蓓璐琨钊铭坤森淼"


@dataclass(frozen=True)
class Firm:
    """An invented firm; ``alone``: what is its own, ``shared``: the number of a group of firms."""

    number: int
    trade: str
    industry: str
    county: str
    place: str = "桂林"
    form: str = "有限公司"
    branch: str = ""
    person: str = ""
    phone: str = ""
    address: str = ""
    code: str | None = None
    written: str = ""

    @property
    def core(self) -> str:
        """Trade name and industry."""
        return self.trade + self.industry

    @property
    def name(self) -> str:
        """The name as it is written, by the naming regulation if nothing else is said."""
        return self.written or f"{self.place}{self.core}{self.form}{self.branch}"


def draw_firm(number: int, seed: int = 0) -> Firm:
    """Return firm ``number``, the same every time; no two of one seed have a trade name in common."""
    rng = random.Random(f"{seed}-{number}")
    county = rng.choice(list(COUNTIES))
    return Firm(
        number=number,
        trade=_trade_names(seed)[number],
        industry=rng.choice(INDUSTRIES),
        county=county,
        person=rng.choice(SURNAMES) + rng.choice(GIVEN) + rng.choice(GIVEN),
        phone=f"10{number:05d}{rng.randint(1000, 9999)}",
        address=f"广西桂林市{county}{rng.choice(TOWNS)}文昌路{number + 1}号",
        code=_write_code(f"MA5{number:05d}"),
    )


@cache
def _trade_names(seed: int) -> tuple[str, ...]:
    """Return trade names of two characters in random order, none the reverse of another."""
    names = [a + b for a, b in product(CHARACTERS, CHARACTERS) if a < b]
    random.Random(seed).shuffle(names)
    return tuple(names)


def _write_code(organisation: str) -> str:
    """Return a credit code of the home prefecture around the first eight characters of another."""
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    total = sum(letters.index(c) * w for c, w in zip(organisation, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))  # fmt: skip
    head = f"91450300{organisation}{'0123456789X0'[(11 - total % 11) % 11]}"
    digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    check = (31 - sum(digits.index(c) * pow(3, i, 31) for i, c in enumerate(head)) % 31) % 31
    return head + digits[check]


# -- one name, written otherwise ---------------------------------------------------------------

Edit = Callable[[Firm], tuple[str, str]]
"""From a firm to its name in the tax list and in the enrollment list."""


def _write(form: str) -> Edit:
    """Return the edit to a name written by a pattern of a firm's parts."""

    def edit(firm: Firm) -> tuple[str, str]:
        parts = {f: getattr(firm, f) for f in ("place", "trade", "industry", "form", "core", "name", "county", "person", "phone")}  # fmt: skip
        return firm.name, form.format(
            **parts, a=firm.trade[0], b=firm.trade[1], x=firm.industry[0], short=firm.county[:-1]
        )

    return edit


def _exchange(*pairs: str) -> Edit:
    """Return the edit that writes another character in the trade name, as a pair of them says."""

    def edit(firm: Firm) -> tuple[str, str]:
        own, other = pairs[firm.number % len(pairs)]
        marked = replace(firm, trade=firm.trade[0] + own)
        return marked.name, replace(firm, trade=firm.trade[0] + other).name

    return edit


def _exchange_words(*pairs: tuple[str, str]) -> Edit:
    """Return the edit that writes another word for the trade."""

    def edit(firm: Firm) -> tuple[str, str]:
        own, other = pairs[firm.number % len(pairs)]
        return replace(firm, industry=own).name, replace(firm, industry=other).name

    return edit


def _both(own: str, other: str) -> Edit:
    """Return the edit between two patterns."""
    return lambda firm: (_write(own)(firm)[1], _write(other)(firm)[1])


# fmt: off
EDITS: Mapping[str, Edit] = {
    # characters
    "pinyin of one character": _exchange("萌M", "鑫X", "航H"),
    "pinyin for a character": lambda f: (replace(f, trade=f.trade[0] + "洋").name, replace(f, trade=f.trade[0] + "YANG").name),
    "pinyin for a trade name": lambda f: (replace(f, trade="洛航" + f.trade[0]).name, replace(f, trade="LUOHANG" + f.trade[0]).name),
    "look-alike": _exchange("晴睛", "析折", "侯候", "崇祟", "凌陵", "晓饶", "博搏", "淮准"),
    "look-alike, part exchanged": _exchange("峰锋", "铭茗", "杨扬", "枫飒", "锦绵", "嵘荣"),
    "look-alike of few strokes": _exchange("元无", "千干", "天夭", "王玉", "午牛", "今令", "贝见"),
    "scanned, dots lost": _exchange("冰水", "为力", "沐木", "鑫金", "淼水", "焱炎"),
    "same sound": _exchange("恒衡", "宏鸿", "晟盛", "祥翔", "玥悦"),
    "same sound in the trade word": _exchange_words(("建材", "建才"), ("物流", "物留"), ("商贸", "商茂")),
    "sound of the dialect, n and ng": _exchange("林灵", "金京", "信兴", "辰诚", "民明"),
    "sound of the dialect, zh and z": _exchange("中宗", "智自", "昌仓", "山三", "诗思"),
    "sound of the dialect, l and n": _exchange("兰南", "龙农", "隆浓", "路怒"),
    "traditional": _exchange("龙龍", "云雲", "凤鳳", "华華", "东東"),
    "traditional throughout": lambda f: (replace(f, trade=f.trade[0] + "云", industry="贸易发展").name, replace(f, trade=f.trade[0] + "雲", industry="貿易發展").name),
    "older form of a character": _exchange("峰峯", "群羣", "秋秌", "杰傑", "略畧", "强強"),
    "rare character taken apart": lambda f: (replace(f, trade=f.trade[0] + "喆").name, replace(f, trade=f.trade[0] + "吉吉").name),
    "rare character in words": lambda f: (replace(f, trade=f.trade[0] + "堃").name, replace(f, trade=f.trade[0] + "（方方土）").name),
    "rare character as a question mark": lambda f: (replace(f, trade=f.trade[0] + "堃").name, replace(f, trade=f.trade[0] + "?").name),
    "full width": lambda f: (replace(f, trade="K8" + f.trade).name, replace(f, trade="Ｋ８" + f.trade).name),
    "half-width brackets": _both("{trade}({place}){industry}{form}", "{trade}（{place}）{industry}{form}"),
    "a blank in every place": lambda f: (f.name, " ".join(f.name)),
    "wide blanks": lambda f: (f.name, f.name[:4] + "\u3000" + f.name[4:] + "\u00a0"),
    "a line break inside": lambda f: (f.name, f.name[:6] + "\n" + f.name[6:]),
    "invisible characters": lambda f: (f.name, "\ufeff" + f.name[:5] + "\u200b" + f.name[5:]),
    "quotation marks": _write("“{name}”"),
    "trade name in quotation marks": _write("{place}“{trade}”{industry}{form}"),
    "a point between the parts": _write("{place}·{trade}·{industry}{form}"),
    "a hyphen behind the region": _write("{place}-{core}{form}"),
    "a full stop at the end": _write("{name}。"),
    "an asterisk in front": _write("*{name}"),
    "hexadecimal entities": lambda f: (f.name, "".join(f"&#x{ord(c):x};" for c in f.name)),
    "escapes of a program": lambda f: (f.name, "".join(f"\\u{ord(c):04x}" for c in f.name)),
    # slips
    "a character missing in the trade word": lambda f: (replace(f, industry="机械设备").name, replace(f, industry="机械备").name),
    "a character doubled": _write("{place}{a}{b}{b}{industry}{form}"),
    "neighbours changed places in the trade word": lambda f: (replace(f, industry="建材贸易").name, replace(f, industry="建材易贸").name),
    "trade name doubled": _write("{place}{trade}{trade}{industry}{form}"),
    "trade word doubled": _write("{place}{trade}{industry}{industry}{form}"),
    "legal form doubled": _write("{name}{form}"),
    "region doubled": _write("{place}{name}"),
    "name pasted into itself": _write("{place}{trade}{name}"),
    "one other character in the trade word": _exchange_words(("机械设备", "机械没备"), ("餐饮服务", "餐饮服各"), ("园林绿化", "圆林绿化")),
    "a stray character at the end": _write("{name}的"),
    "a stray letter in front": _write("q{name}"),
    # regions
    "with 市": _write("{place}市{core}{form}"),
    "province in front": _write("广西{name}"),
    "province and autonomy in front": _write("广西壮族自治区{place}市{core}{form}"),
    "county for the prefecture": _write("{county}{core}{form}"),
    "county short": _both("{county}{core}{form}", "{short}{core}{form}"),
    "prefecture before the county": _both("{county}{core}{form}", "{place}市{county}{core}{form}"),
    "all regions in front": _both("{county}{core}{form}", "广西桂林{short}{core}{form}"),
    "region missing": _write("{core}{form}"),
    "region in brackets behind the trade name": _write("{trade}（{place}）{industry}{form}"),
    "region in brackets behind the trade word": _write("{core}（{place}）{form}"),
    "region in brackets at the end": _write("{core}{form}（{place}）"),
    "region behind the trade name": _write("{trade}{place}{industry}{form}"),
    "region behind the trade word": _write("{core}{place}{form}"),
    "region in brackets in front": _write("（{place}）{core}{form}"),
    "former kind of the county": lambda f: (f"荔浦市{f.core}{f.form}", f"荔浦县{f.core}{f.form}"),
    # legal forms
    "责任 put in": _write("{place}{core}有限责任公司"),
    "公司 alone": _write("{place}{core}公司"),
    "legal form missing": _write("{place}{core}"),
    "legal form cut": _write("{place}{core}有限公"),
    "share company": _both("{place}{core}股份有限公司", "{place}{core}有限公司"),
    "group": _both("{place}{core}集团有限公司", "{place}{core}有限公司"),
    "limited in brackets": _write("{place}{core}（有限公司）"),
    "partnership told": _both("{place}{trade}会计师事务所", "{place}{trade}会计师事务所（普通合伙）"),
    "partnership, special": _both("{place}{trade}税务师事务所（特殊普通合伙）", "{place}{trade}税务师事务所"),
    "partnership told without brackets": _both("{place}{trade}律师事务所", "{place}{trade}律师事务所普通合伙"),
    "owner of the whole told": _write("{name}（自然人独资）"),
    "sole trader told": _both("{county}{trade}餐饮店", "{county}{trade}餐饮店（个体工商户）"),
    "co-operative, farmers left out": _both("{county}{trade}种植农民专业合作社", "{county}{trade}种植专业合作社"),
    "co-operative short": _both("{county}{trade}养殖农民专业合作社", "{county}{trade}养殖合作社"),
    # words
    "trade and place alone": _write("{place}{trade}"),
    "trade name and 公司": _write("{place}{trade}公司"),
    "trade name, words and no form": _write("{core}"),
    "a word for the trade put in": _both("{place}{trade}建筑{form}", "{place}{trade}建筑工程{form}"),
    "a word for the trade left out": _both("{place}{trade}农业科技发展{form}", "{place}{trade}农业发展{form}"),
    "words in another order": _exchange_words(("建筑装饰", "装饰建筑"), ("文化旅游", "旅游文化"), ("园林市政", "市政园林")),
    "a near word": _exchange_words(("商贸", "贸易"), ("运输", "货运"), ("广告", "广告传媒"), ("药房", "药店")),
    "kind of shop": _both("{county}{trade}建材经营部", "{county}{trade}建材门市部"),
    "kind of shop, short": _both("{county}{trade}建材经营部", "{county}{trade}建材店"),
    "factory": _both("{county}{trade}竹木制品加工厂", "{county}{trade}竹木制品厂"),
    "numbers in the trade name": lambda f: (replace(f, trade="三六五" + f.trade).name, replace(f, trade="365" + f.trade).name),
    "round zeros": lambda f: (replace(f, trade="二〇二〇" + f.trade).name, replace(f, trade="二○二○" + f.trade).name),
    "zeros in two scripts": lambda f: (replace(f, trade="一〇一" + f.trade).name, replace(f, trade="101" + f.trade).name),
    "numerals for banks": lambda f: (replace(f, trade="一品" + f.trade).name, replace(f, trade="壹品" + f.trade).name),
    # branches
    "branch with a numeral": _both("{name}第三分公司", "{name}三分公司"),
    "branch with a digit": _both("{name}第十一分公司", "{name}第11分公司"),
    "branch in brackets": _both("{name}阳朔分公司", "{name}（阳朔分公司）"),
    "branch behind a hyphen": _both("{name}阳朔分公司", "{name}-阳朔分公司"),
    "branch without the form": _both("{name}阳朔分公司", "{place}{core}阳朔分公司"),
    "branch with its county": _both("{name}阳朔分公司", "{name}阳朔县分公司"),
    "branch behind a blank": _both("{name}全州营业部", "{name} 全州营业部"),
    # remarks
    "a name in brackets": _write("{name}（{person}）"),
    "a person behind a blank": _write("{name} {person}"),
    "an agent": _write("{name}（代账：{person}）"),
    "taxpayer's kind": _write("{name}（小规模）"),
    "taxpayer's kind, general": _write("{name}（一般纳税人）"),
    "moved": _write("{name}（已迁出）"),
    "a month": _write("{name}（2021.3）"),
    "a size": _write("{name}【规上】"),
    "a note in front": _write("【重点】{name}"),
    "declares nothing": _write("{name}-零申报"),
    "not found": _write("{name}（非正常户）"),
    "a question": _write("{name}？"),
    "an office": _write("{name}（荔浦税务所）"),
    "number of a list in front": _write("A001 {name}"),
    "credit code in front": lambda f: (f.name, f"{f.code} {f.name}"),
    "account behind a numbered branch": _both("{name}第一分店", "{name}第一分店1"),
    "account behind a named branch": _both("{name}解放路店", "{name}解放路店（一）"),
    "account for wages": _write("{name}农民工工资专户"),
    "tags of a web page": _write("<b>{place}{trade}<br/>{industry}{form}</b>"),
    "head office told": _write("{name}本部"),
    "renamed in a year": _both("{name}", "{place}{b}{a}{industry}{form}（2020年由{name}改名）"),
    "name of the licence": _both("{name}", "{place}{b}{a}{industry}{form} 原营业执照名称：{name}"),
    # regiments, schools, what a firm is by law
    "regiment of the corps": _both("新疆生产建设兵团第三师41团{trade}加工厂", "兵团三师41团{trade}加工厂"),
    "school with its stages": _both("{county}{trade}九年一贯制学校", "{county}{trade}学校"),
    "joint venture told in front": _write("中外合资{name}"),
    "sole trader told in front": _both("{county}{trade}水果店", "个体工商户{county}{trade}水果店"),
    "co-operative bank, province in front": _both("{county}农村信用合作联社", "广西壮族自治区{county}农村信用合作联社"),
    # institutions and builders
    "builder's bureau": lambda f: (f"中国建筑第{_numeral(f)}工程局有限公司", f"中建{_numeral(f)}局"),
    "railway builder": lambda f: (f"中铁{_numeral(f)}局集团有限公司", f"中铁{_numeral(f)}局"),
    "school": lambda f: (f"{f.county}{f.trade}第二中学", f"{f.county}{f.trade}二中"),
    "town's office, a word put in": lambda f: (f"{f.county}{_town(f)}农业服务中心", f"{_town(f)}农业综合服务中心"),
    "town's office renamed": lambda f: (f"{f.county}{_town(f)}财政所", f"{f.county}{_town(f)}财政分局"),
    "village committee": lambda f: (f"{f.county}{_town(f)}控水村村民委员会", f"{f.county}{_town(f)}控水村委会"),
    "quarter's committee": lambda f: (f"{f.county}{_town(f)}{f.trade}社区居民委员会", f"{f.county}{_town(f)}{f.trade}居委会"),
    "office of a county, short": lambda f: (f"{f.county}人力资源和社会保障局", f"{f.county}人社局"),
    "office of a county, former": lambda f: (f"{f.county}市场监督管理局", f"{f.county}工商行政管理局"),
    "tax office": lambda f: (f"国家税务总局{f.county}税务局", f"{f.county}国税局"),
    "union of co-operatives, short": _both("{county}{trade}种植专业合作社联合社", "{county}{trade}种植专业合作社联社"),
    "number of a shop in another script": lambda f: (f"{f.county}{f.trade}超市2店", f"{f.county}{f.trade}超市{('二店', 'Ⅱ店', '2号店', '贰店', '②店', '第二店')[f.number % 6]}"),
    "owner before a shop in brackets": lambda f: (f"{f.county}{f.trade}米粉店", f"{f.person}（{f.county}{f.trade}米粉店）"),
    "second simplification": lambda f: tuple(f"{f.county}{f.trade}{word}" for word in (("餐馆", "歺馆"), ("副食店", "付食店"), ("鸡蛋批发部", "鸡旦批发部"), ("停车场", "仃车场"))[f.number % 4]),
    "nursery": lambda f: (f"{f.county}{f.trade}幼儿园", f"{f.county}{f.trade}幼稚园"),
    "mast company": lambda f: (f"中国铁塔股份有限公司{_place(f)}分公司", f"铁塔公司{_place(f)}分公司"),
    "life insurer": lambda f: (f"新华人寿保险股份有限公司{_place(f)}支公司", f"新华人寿{_place(f)}支公司"),
    "parcels": lambda f: (f"桂林顺丰速运有限公司{_place(f)}分公司", f"顺丰速运{_place(f)}分公司"),
}

# fmt: on


def _numeral(firm: Firm) -> str:
    return "一二三四五六七八九"[firm.number % 9]


def _office(firm: Firm) -> str:
    return ("农资", "物资", "农业机械", "五交化", "矿产", "汽车运输", "房地产开发", "旅游", "电力")[
        firm.number % 9
    ]


def _town(firm: Firm) -> str:
    return firm.trade + "镇乡"[firm.number % 2]


def _place(firm: Firm) -> str:
    places = ("荔浦", "阳朔", "灵川", "全州", "兴安", "永福", "灌阳", "龙胜", "平乐")
    return places[firm.number % 9]


# -- two firms that share something ------------------------------------------------------------

Pair = Callable[[Firm, Firm], tuple[Firm, Firm]]
"""From two firms that share nothing to a firm of the tax list, and another that is enrolled."""
_OWNER = ("person", "phone", "address")


def _share(*parts: str, **changed: str) -> Pair:
    """Return the pair of which the other firm shares some ``parts``, and is itself ``changed``."""

    def pair(firm: Firm, other: Firm) -> tuple[Firm, Firm]:
        shared = {part: getattr(firm, part) for part in parts}
        return firm, replace(other, county=firm.county, **shared, **changed)

    return pair


def _name(own: str, others: str, *parts: str) -> Pair:
    """Return the pair whose names are two patterns of one firm's parts, and that share ``parts``."""

    def pair(firm: Firm, other: Firm) -> tuple[Firm, Firm]:
        _own, unit = _share(*parts)(firm, other)
        written = [_write(pattern)(firm)[1] for pattern in (own, others)]
        return replace(firm, written=written[0]), replace(unit, written=written[1])

    return pair


def _own_words(*parts: str) -> Pair:
    """Return the pair of an owner's firms: one trade name, another industry."""

    def pair(firm: Firm, other: Firm) -> tuple[Firm, Firm]:
        _own, unit = _share("trade", *parts)(firm, other)
        return firm, replace(unit, industry=OTHER_INDUSTRY[firm.industry])

    return pair


def _one_other_character(length: int, *parts: str) -> Pair:
    """Return the pair whose trade names of ``length`` differ by one character, not by a slip."""

    def pair(firm: Firm, other: Firm) -> tuple[Firm, Firm]:
        front = (firm.trade + other.trade)[: length - 1]
        own, unit = _share("industry", *parts)(firm, other)
        last = "骁", "澜"
        return replace(own, trade=front + last[0]), replace(unit, trade=front + last[1])

    return pair


def _of_group(size: int, *parts: str, alike: bool = False) -> Pair:
    """Return the pair of two out of ``size`` firms that have an agent or a building in common."""

    def pair(firm: Firm, other: Firm) -> tuple[Firm, Firm]:
        group = firm.number // size
        known = {"person": "贺" + CHARACTERS[group % len(CHARACTERS)], "phone": f"1099{group:07d}"}
        known["address"] = f"广西桂林市荔浦市滨江路{group + 1}号"
        shared = {part: known[part] for part in parts}
        unit = replace(other, industry=firm.industry) if alike else other
        return replace(firm, county="荔浦市", **shared), replace(unit, county="荔浦市", **shared)

    return pair


def _listed(marks: Sequence[tuple[str, str]], front: str, *parts: str, end: str = "") -> Pair:
    """Return the pair of names that begin alike, and go on by one or the other of some ``marks``."""

    def pair(firm: Firm, other: Firm) -> tuple[Firm, Firm]:
        own, others = marks[firm.number // 2 % len(marks)]
        return _name(front + own + end, front + others + end, *parts)(firm, other)

    return pair


_MARKED = (("-1", "-2"), ("（一）", "（二）"), ("A", "B"), ("东区", "西区"), ("1号", "2号"), ("Ⅰ", "Ⅱ"), ("壹", "贰"), ("①", "②"), (" 1", " 2"), ("甲", "乙"))  # fmt: skip


# fmt: off
OTHERS: Mapping[str, Pair] = {
    "owner's firm in another trade": _own_words("person"),
    "owner's firm in another trade, same phone": _own_words("person", "phone"),
    "owner's firm in another trade, same door": _own_words(*_OWNER),
    "other firm in another trade": _own_words(),
    "same person and phone": _share("person", "phone"),
    "same person, phone and address": _share(*_OWNER),
    "same person and trade word": _share("person", "industry"),
    "same phone alone": _share("phone"),
    "same person alone": _share("person"),
    "same address alone": _share("address"),
    "agent's phone, fifty firms": _of_group(50, "phone"),
    "agent's phone and trade word, fifty firms": _of_group(50, "phone", alike=True),
    "agent's phone and name, fifty firms": _of_group(50, "phone", "person", alike=True),
    "a building, thirty firms": _of_group(30, "address", alike=True),
    "a building and its agent, thirty firms": _of_group(30, "address", "phone"),
    "one other character, same person": _one_other_character(2, "person"),
    "one other character, same phone": _one_other_character(2, "phone"),
    "one other of three characters, same person": _one_other_character(3, "person"),
    "one other of three characters, same door": _one_other_character(3, *_OWNER),
    "sister city, same person": _name("桂林{core}{form}", "柳州{core}{form}", "person"),
    "sister county, same person": _name("阳朔{core}{form}", "灵川{core}{form}", "person", "phone"),
    "shop without a number": _name("{place}{trade}大药房", "{place}{trade}大药房三分店", "person"),
    "other shop number": _name("{place}{trade}超市二店", "{place}{trade}超市五店", *_OWNER),
    "other branch number": _name("{name}第一分公司", "{name}第二分公司", "person", "phone"),
    "other branch": _name("{name}阳朔分公司", "{name}全州分公司", "person"),
    "head office and branch": _name("{name}", "{name}阳朔分公司", "person", "phone"),
    "branch and head office": _name("{name}平乐营业部", "{name}", "person", "phone"),
    "union and its co-operative": _name("{short}{trade}果蔬专业合作社联合社", "{short}{trade}果蔬专业合作社", "person"),
    "co-operative and company": _name("{short}{trade}果蔬专业合作社", "{short}{trade}果蔬有限公司", "person"),
    "crops and beasts": _name("{short}{trade}种植专业合作社", "{short}{trade}养殖专业合作社", "person"),
    "co-operatives of two crops": _name("{short}{trade}核桃种植专业合作社", "{short}{trade}烤烟种植专业合作社", "person"),
    "shops at two places": _name("{short}{trade}大药房万花店", "{short}{trade}大药房关迤店", "person", "phone"),
    "nursery and school": _name("{short}{trade}幼儿园", "{short}{trade}小学", "person", "address"),
    "two schools": _name("{short}第三中学{trade}校区", "{short}第四中学{trade}校区", "person"),
    "east and west": _name("{place}{trade}宾馆城东店", "{place}{trade}宾馆城西店", *_OWNER),
    "shops A and B": _name("{short}{trade}网吧A店", "{short}{trade}网吧B店", "person", "phone"),
    "sides of a road": _name("{short}{trade}加油站（上行）", "{short}{trade}加油站（下行）", "person", "phone"),
    "nurseries A and B": _name("{short}{trade}幼儿园（A园）", "{short}{trade}幼儿园（B园）", "person", "phone"),
    "nails and beauty": _name("{short}{trade}美甲店", "{short}{trade}美容店", *_OWNER),
    "two villages": _name("{short}白岩村{trade}砖厂", "{short}黑石村{trade}砖厂", "person"),
    "two towns": _name("{short}白沙镇{trade}粮油店", "{short}高田镇{trade}粮油店", "person", "phone"),
    "new firm beside the old": _name("{place}{core}{form}", "{place}新{core}{form}", "person"),
    "parent and daughter": _name("{place}{trade}集团有限公司", "{place}{trade}物业服务有限公司", "person"),
    "branch, and a place of its own": _name("{name}阳朔分公司", "{name}阳朔分公司高田加油站", "person"),
    "office of a county and of its prefecture": lambda f, o: _name(f"{f.county}{_office(f)}公司", f"桂林市{_office(f)}公司")(f, o),
    "banks of the nation": _name("中国工商银行股份有限公司{short}支行", "中国建设银行股份有限公司{short}支行", "person"),
    "company and bureau": _name("{short}{trade}公路管理有限公司", "{short}{trade}公路管理局", "person", "phone"),
    "trade of one other character": _name("{place}{trade}酒业{form}", "{place}{trade}锰业{form}", "person"),
    "one sound in two places": _name("阳朔{a}恒{industry}{form}", "灵川{a}衡{industry}{form}", "person"),
    "shop and company": _name("{short}{trade}建材店", "{short}{trade}建材有限公司", "person"),
    "nursery and its second": _name("{short}{trade}幼儿园", "{short}{trade}幼儿园分园", "person"),
    "station and its shop": _name("{short}{trade}加油站", "{short}{trade}加油站便利店", "person"),
    "association and company": _name("{short}{trade}养蜂协会", "{short}{trade}养蜂有限公司", "person"),
    "two villages, another word": _name("{short}白沙镇控水村种养业专业合作社", "{short}白沙镇金池村种养专业合作社"),
    "clinic of a town and a shop in it": lambda f, o: _name(f"{f.county}{_town(f)}卫生院", f"{f.county}{_town(f)}{{trade}}米粉店")(f, o),
    "co-operative of a town and its office": lambda f, o: _name(f"{f.county}{_town(f)}{{trade}}稻田鱼专业合作社", f"{f.county}{_town(f)}农业服务中心")(f, o),
    "clinic of a town and its home for the old": lambda f, o: _name(f"{f.county}{_town(f)}卫生院", f"{_town(f)}敬老院")(f, o),
    "offices of two towns": lambda f, o: _name(f"{f.county}{_town(f)}财政所", f"{f.county}{_town(o)}财政所")(f, o),
    "two activities of a trade": _name("{place}{trade}汽车销售{form}", "{place}{trade}汽车维修{form}", "person", "phone"),
    "mother in Hong Kong": _name("{trade}（香港）{industry}{form}", "{place}{trade}{industry}{form}", "person"),
    "nursery and care": _name("{short}{trade}幼儿园", "{short}{trade}托儿所", "person"),
    "school and its canteen": _name("{short}{trade}学校", "{short}{trade}学校食堂", "person"),
    "school and its nursery": _name("{short}{trade}小学", "{short}{trade}小学附属幼儿园", "person"),
    "hospital and its pharmacy": _name("{short}{trade}医院", "{short}{trade}医院大药房", "person"),
    "village and its assets": _name("{short}白沙镇{trade}村村民委员会", "{short}白沙镇{trade}村股份经济合作社", "person"),
    "co-operative and family farm": _name("{short}{trade}种养专业合作社", "{short}{trade}种养家庭农场", "person"),
    "petrol and gas": _name("{short}{trade}加油站", "{short}{trade}加气站", "person"),
    "power station and its second": _name("{short}{trade}水电站", "{short}{trade}二级水电站", "person"),
    "two beasts": _name("{short}{trade}养牛专业合作社", "{short}{trade}养羊专业合作社", "person"),
    "shops of one name with other marks": _listed(_MARKED, "{short}{trade}超市", "person"),
    "a branch's shops with other marks": _listed(_MARKED, "{name}银桥店", "person"),
    "a chain's shops with other marks": _listed(_MARKED, "{place}{trade}大药房银桥店", "person"),
    "shop, and one with a mark": _listed([("", mark) for _own, mark in _MARKED], "{place}{trade}大药房银桥店"),
    "branch, and a shop with a mark": _listed([("", mark) for _own, mark in _MARKED], "{name}银桥店"),
    "flagship and branch": _listed([("旗舰店", "分店"), ("总店", "分店"), ("专卖店", "体验店")], "{short}{trade}家具", "person"),
    "shop and the part of it": _listed([("", "西区"), ("", "分店"), ("", "二部")], "{short}{trade}超市", "person"),
    "school and nursery of a name": _name("{short}{trade}实验学校", "{short}{trade}实验幼儿园", "person"),
    "works and dealer": _name("{short}{trade}家具厂", "{place}{trade}家具贸易{form}", *_OWNER),
    "hotel and its restaurant": _name("{short}{trade}大酒店", "{short}{trade}大酒店餐厅", "person"),
    "two ores": _name("{short}{trade}煤矿", "{short}{trade}铁矿", "person"),
    "village and its co-operative": _name("{short}白沙镇{trade}村村民委员会", "{short}白沙镇{trade}村种养专业合作社", "person"),
    "hospital and its outpatients": _name("{short}{trade}医院", "{short}{trade}医院门诊部", "person"),
    "two building sites": _name("{name}{short}高速项目部", "{name}兴安水库项目部", "person"),
    "builder and its labour company": _name("{place}{trade}建筑工程{form}", "{place}{trade}建筑劳务{form}", *_OWNER),
    "numbered companies": _listed([("第一", "第三"), ("壹号", "贰号"), ("一期", "二期")], "{place}{trade}", "person", end="置业有限公司"),
    "upper and lower village": _name("{short}上{trade}村小学", "{short}下{trade}村小学"),
    "old and new site": _listed([("新", "老")], "{short}{trade}医院", "person", end="院区"),
    "petrol of two groups": _name("中国石化销售股份有限公司{short}{trade}加油站", "中国石油天然气股份有限公司{short}{trade}加油站"),
    "two phases": _name("{place}{trade}光伏发电一期{form}", "{place}{trade}光伏发电二期{form}", *_OWNER),
}
# fmt: on
LAYOUTS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "code on one side": ((), ("code",)),
    "no codes": (("code",), ("code",)),
    "no codes, no addresses": (("code", "address"), ("code", "address")),
    "no codes, no persons": (("code", "person"), ("code", "person")),
    "persons alone": (("code", "phone", "address"), ("code", "phone", "address")),
    "names and counties": (("code", *_OWNER), ("code", *_OWNER)),
}
"""What the firms of each layout lack in the tax list, and in the enrollment list."""
