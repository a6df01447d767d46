"""News in any quantity: distinct English and Chinese texts made of word lists, with planted mentions and known copies.

The texts are nonsense in good grammar: no two originals share more than chance lets them, so a reader that joins two of
them, or finds a mention that was not planted, is wrong.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from flows.demo.newsroom import Newsroom
from flows.demo.outlet import Outlet
from flows.demo.press import Publication, Story

SURFACES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "waico": ("World AI Cooperation Organization", "World Artificial Intelligence Cooperation Organisation"),
        "eu-ai-act": ("EU AI Act", "EU Artificial Intelligence Act"),
        "global-ai-governance-action-plan": (
            "Action Plan for Global AI Governance",
            "Global AI Governance Action Plan",
        ),
        "coe-ai-convention": ("Council of Europe Framework Convention on Artificial Intelligence",),
        "bletchley-declaration": ("Bletchley Declaration",),
        "un-scientific-panel-ai": ("Independent International Scientific Panel on AI",),
        "hiroshima-ai-process": ("Hiroshima AI Process",),
        "un-global-digital-compact": ("Global Digital Compact",),
        "oecd-ai-principles": ("OECD AI Principles",),
        "international-ai-safety-report": ("International AI Safety Report",),
        "global-ai-governance-initiative": ("Global AI Governance Initiative",),
        "un-global-dialogue-ai-governance": ("Global Dialogue on AI Governance",),
    },
    "zh": {
        "waico": ("世界人工智能合作组织",),
        "eu-ai-act": ("欧盟人工智能法",),
        "global-ai-governance-action-plan": ("人工智能全球治理行动计划",),
        "bletchley-declaration": ("布莱切利宣言",),
        "un-scientific-panel-ai": ("人工智能独立国际科学小组",),
        "hiroshima-ai-process": ("广岛人工智能进程",),
        "un-global-digital-compact": ("全球数字契约",),
        "international-ai-safety-report": ("国际人工智能安全报告",),
        "global-ai-governance-initiative": ("全球人工智能治理倡议",),
        "un-global-dialogue-ai-governance": ("人工智能治理全球对话",),
    },
}
"""Language -> initiative -> forms of its name that leave no doubt."""

LOOKALIKES = {
    "en": (
        "Shanghai Cooperation Organisation",
        "Colorado AI Act",
        "WAICON camera",
        "Hiroshima peace museum",
        "Bletchley bakery",
    ),
    "zh": ("上海合作组织", "全球发展倡议", "广岛电车", "数字合作组织"),
}
"""What resembles a name and must not be found."""

COPY_KINDS = ("whole", "cut", "renamed", "wrapped")


def _words(text: str) -> list[str]:
    return text.split()


_EN = {
    "adjective": _words(
        "amber brisk coastal crooked distant early eastern faded frugal gentle gilded granite hasty hollow humble idle inland ivory jagged lively lofty lunar marble mellow misty modest mossy muted narrow nimble northern oaken oblique ornate patient pewter placid plain polar prudent quiet rural rustic sandy scarlet sleepy slender sober solemn southern sparse stubborn sturdy tidal timid upland vacant velvet vivid wary western wicker windy wistful wooden young zealous"
    ),
    "noun": _words(
        "almanac anchor apricot archive attic barge barn basket beacon bell bench bonfire bottle bridge bucket cabin candle canoe carpet cart chapel chestnut clock compass copper cottage cradle cupboard dam dyke drum engine fiddle flask forge garden gate glacier granary hammer harvest hedge inkwell jetty kettle kiln ladder lantern ledger lighthouse loom map meadow mill mirror oar orchard oven paddle parcel pier plough pump quarry quilt raft rudder saddle sail scaffold sluice spade stable stove tannery telescope thimble timetable tower trolley tunnel umbrella valley violin wagon warehouse weir well wharf windmill workshop"
    ),
    "person": _words(
        "archivist baker beekeeper boatman bookbinder captain carpenter caretaker cartographer cellist clerk cooper dentist diver drummer engineer farmer ferryman fisher florist forester gardener geologist glazier grocer harpist herder inspector janitor joiner judge librarian locksmith magistrate mason mayor midwife miller nurse organist painter pilot plumber poet porter potter printer ranger registrar sailor saddler schoolmaster sculptor shepherd signalman smith surveyor tailor teacher tinker translator treasurer vet watchmaker weaver welder"
    ),
    "verb": _words(
        "admired altered answered auctioned borrowed bought carried cleaned copied counted covered defended delivered described doubted drew emptied examined exchanged filled followed forgot guarded hid improved inherited inspected labelled lent lifted locked loosened measured mended mislaid moved noticed opened ordered packed painted photographed polished praised promised questioned recalled refused removed rented repaired replaced rescued restored returned revised shared shielded sold sorted stored studied tested tightened traded translated unpacked varnished visited washed weighed wrapped"
    ),
    "adverb": _words(
        "again almost anyway barely boldly calmly daily duly eagerly early fairly finally firmly gladly gravely hastily jointly kindly lately loudly meekly mostly neatly often openly partly plainly proudly publicly quickly quietly rarely readily safely secretly seldom silently slowly softly soon steadily thrice together twice warmly weekly wisely yearly"
    ),
    "place": _words(
        "Ambermouth Arnwick Barrowdale Bexcombe Brackley Caldermoor Carrowby Crofthaven Dunlark Eastwater Elmstow Fallowick Fernhollow Garside Glenmarsh Greyhaven Hallowfield Harrowgate Hexmoor Holmecliff Inverlune Kestrelton Kirkwold Larkhill Lindenfoot Lowmere Marlowick Millbrae Netherby Northwold Oakhurst Orrinford Penwether Quarrybank Ravensea Rookdale Saltmarsh Sandrow Sedgeley Silverholt Stonebeck Tarnside Thistledown Thornaby Underhill Wexcombe Whinfell Wrenthorpe Yarrowby Zealham"
    ),
    "time": _words(
        "autumn daybreak dusk January lunchtime March May midnight midsummer midwinter Monday noon October Saturday September spring summer sunrise sunset Sunday Thursday Tuesday twilight Wednesday winter"
    ),
    "unit": _words(
        "acres baskets boxes bundles coins crates dozens furlongs gallons handfuls hours inches litres miles minutes pages pairs parcels pounds sacks shillings steps tons weeks yards"
    ),
    "preposition": _words(
        "above across after against along amid around before behind below beneath beside beyond by despite during for from inside into near opposite outside past through towards under until upon within without"
    ),
    "link": _words("although because before once since so though unless until whereas whereupon while yet"),
}

_ZH = {
    "地": _words(
        "青石镇 白鹭洲 柳溪村 南浦港 云岭县 松涛湾 古渡口 竹沟乡 月亮湖 石桥铺 红枫岭 长堤街 雁门坡 桂花巷 麦田庄 银沙滩 翠屏山 枫林渡 海棠湾 碧水屯 黑松岗 大槐树 铁炉堡 杏花坞 沙棘沟 落霞岛 烟雨楼 莲叶塘 望江台 鹿鸣谷"
    ),
    "人": _words(
        "船工 木匠 邮差 药师 裁缝 花匠 铁匠 渔夫 护林员 修表匠 校工 茶农 琴师 画匠 磨坊主 售票员 测量员 图书管理员 退休教师 果农 牧羊人 守塔人 面点师傅 司机 记账员 石匠 翻译 会计 厨娘 养蜂人"
    ),
    "动": _words(
        "修好 擦亮 搬走 买下 借来 数清 画下 记住 称过 忘掉 寄出 换掉 打开 锁上 卖掉 翻新 藏起 分给 试用 拍下 挂起 拆开 补好 抄写 种下 收拢 晾干 描红 量完 送回"
    ),
    "形": _words(
        "旧的 新漆的 会响的 生锈的 轻巧的 沉重的 蓝色的 透明的 缺角的 崭新的 祖传的 手编的 漏水的 带锁的 圆形的 双层的 半截的 发亮的 粗糙的 细长的 温热的 空荡的 结实的 松动的 褪色的 雕花的 铜制的 木质的 无名的 小号的"
    ),
    "物": _words(
        "水车 油灯 账本 竹筐 渔网 瓷碗 铜钟 木船 石磨 信箱 棉被 地图 算盘 风筝 茶壶 梯子 锅炉 雨伞 门闩 书架 马鞍 钟楼 果篮 绳索 药柜 藤椅 蓑衣 砚台 口琴 望远镜 织机 秤杆"
    ),
    "时": _words(
        "清晨 黄昏 正午 雨后 霜降那天 去年秋天 元宵前夜 集市散后 周二上午 月底 天亮以前 退潮时 收割以后 初雪之日 午睡时分 开学前 冬至傍晚 立春次日 闭馆之后 涨水期间"
    ),
    "状": _words(
        "悄悄 连夜 仔细 匆忙 轮流 当众 一口气 慢慢 顺手 反复 高兴地 小心地 默默 抢先 勉强 按时 独自 痛快地 远远地 临时"
    ),
    "因": _words("因为 听说 由于 趁着 眼看 赶上 正逢 知道 想起 担心 料到 等到"),
    "事": _words("涨水 停电 赶集 修路 下雪 开学 唱戏 晒谷 分鱼 收瓜 换届 封渡 缺粮 办喜事 起大风 来客人 丢了船 闹老鼠"),
    "评": _words(
        "看中了 却嫌 也想要 只夸 顺便借走 忘不了 摸了摸 多看了两眼 笑话那 舍不得 问起 惦记着 怪罪 收下 婉拒了"
    ),
}


@dataclass(frozen=True, slots=True)
class Planted:
    """One generated text, and what is true of it.

    Attributes:
        number: its place in the series.
        language: ``en`` or ``zh``.
        story: the text.
        mentions: (initiative id, surface) of every planted mention, in order.
        original: number of the text that it copies; None for an original.
        kind: ``original``, or one of `COPY_KINDS`.
    """

    number: int
    language: str
    story: Story
    mentions: tuple[tuple[str, str], ...] = ()
    original: int | None = None
    kind: str = "original"

    @property
    def initiatives(self) -> frozenset[str]:
        """The initiatives that the text speaks of."""
        return frozenset(initiative for initiative, _ in self.mentions)

    @property
    def story_number(self) -> int:
        """The number that it shares with every copy of the same text."""
        return self.number if self.original is None else self.original


def make_articles(
    n: int, seed: int = 1, languages: Sequence[str] = ("en", "zh"), copies: float = 0.25, mentioning: float = 0.5
) -> list[Planted]:
    """Return ``n`` texts of 250 to 600 words (or 400 to 1,000 Chinese characters).

    Args:
        n: how many, copies included.
        seed: the same seed makes the same texts.
        languages: taken in turn.
        copies: the part of the texts that copy an earlier one.
        mentioning: the part of the originals that speak of one or two initiatives; a sixth of the others hold a look-alike.
    """
    chance = random.Random(seed)
    made: list[Planted] = []
    originals: list[Planted] = []
    for number in range(n):
        if originals and chance.random() < copies:
            made.append(_copy(number, chance.choice(originals), chance))
        else:
            made.append(_original(number, languages[number % len(languages)], chance, mentioning))
            originals.append(made[-1])
    return made


def _original(number: int, language: str, chance: random.Random, mentioning: float) -> Planted:
    write = _english if language == "en" else _chinese
    paragraphs = [
        [write(chance) for _ in range(chance.randint(3, 5) if language == "en" else chance.randint(2, 4))]
        for _ in range(chance.randint(5, 8))
    ]
    mentions: list[tuple[str, str]] = []
    if chance.random() < mentioning:
        for place in sorted(chance.sample(range(len(paragraphs)), chance.choice((1, 1, 2)))):
            unused = [initiative for initiative in SURFACES[language] if initiative not in dict(mentions)]
            initiative = chance.choice(unused)
            surface = chance.choice(SURFACES[language][initiative])
            paragraphs[place].insert(1, _naming(surface, language, chance))
            mentions.append((initiative, surface))
    elif chance.random() < 1 / 6:
        paragraphs[0].insert(1, _naming(chance.choice(LOOKALIKES[language]), language, chance))
    glue = " " if language == "en" else ""
    text = tuple(glue.join(sentences) for sentences in paragraphs)
    return Planted(number, language, Story(_title(language, chance), text, _author(language, chance)), tuple(mentions))


def _copy(number: int, original: Planted, chance: random.Random) -> Planted:
    kind = chance.choice(COPY_KINDS)
    story, mentions = original.story, original.mentions
    if kind == "cut":
        story = replace(story, paragraphs=story.paragraphs[: max(3, round(len(story.paragraphs) * 0.7))])
        mentions = tuple(mention for mention in mentions if mention[1] in story.text)
    if kind == "renamed":
        story = replace(story, title=_title(original.language, chance))
    return Planted(number, original.language, story, mentions, original.number, kind)


def _english(chance: random.Random) -> str:
    def a(kind: str) -> str:
        return chance.choice(_EN[kind])

    def someone() -> str:
        return f"the {a('adjective')} {a('person')} of {a('place')}"

    def something() -> str:
        return f"{chance.choice(('a', 'one', 'the', 'another', 'every', 'this'))} {a('adjective')} {a('noun')}"

    def did() -> str:
        return f"{a('adverb')} {a('verb')} {something()}"

    def where() -> str:
        return f"{a('preposition')} {something()}"

    forms = (
        lambda: (
            f"{someone()} {did()} {where()}, {a('link')} {someone()} {a('verb')} {chance.randint(3, 997)} {a('unit')} of {a('noun')}"
        ),
        lambda: f"{a('preposition')} {a('time')}, {someone()} {did()} and {a('verb')} {something()}",
        lambda: (
            f"{chance.randint(11, 989)} {a('unit')} of {a('adjective')} {a('noun')} {a('preposition')} {a('place')} {did()}, {someone()} said"
        ),
        lambda: f"{a('link')} {someone()} {did()}, {something()} {where()} {a('verb')} {someone()}",
        lambda: f"“{someone()} {did()} {where()},” {a('adverb')} said {someone()}",
    )
    sentence = chance.choice(forms)()
    return (
        sentence[0].upper() + sentence[1:] + "."
        if sentence[0] != "“"
        else "“" + sentence[1].upper() + sentence[2:] + "."
    )


def _chinese(chance: random.Random) -> str:
    def a(kind: str) -> str:
        return chance.choice(_ZH[kind])

    def cause() -> str:
        return f"{a('因')}{a('地')}{a('事')}"

    def effect() -> str:
        return f"{a('人')}{a('评')}{a('形')}{a('物')}"

    forms = (
        lambda: f"{a('时')}，{a('地')}的{a('人')}{a('状')}{a('动')}了{a('形')}{a('物')}，{effect()}。",
        lambda: f"{cause()}，{a('人')}和{a('地')}的{a('人')}{a('状')}{a('动')}了{chance.randint(3, 97)}件{a('物')}。",
        lambda: (
            f"{a('形')}{a('物')}被{a('地')}{a('人')}{a('动')}之后，{a('时')}又有{a('人')}{a('状')}{a('动')}一只{a('物')}，{effect()}。"
        ),
        lambda: (
            f"“{cause()}，{a('时')}我才{a('状')}{a('动')}那{a('形')}{a('物')}，”{a('地')}的{a('人')}说，{effect()}。"
        ),
    )
    return chance.choice(forms)()


def _naming(surface: str, language: str, chance: random.Random) -> str:
    if language == "zh":
        person, place, time, verb = (chance.choice(_ZH[kind]) for kind in ("人", "地", "时", "状"))
        return chance.choice(
            (
                f"{time}，{place}的{person}{verb}谈起{surface}，并写进了当天的记录。",
                f"{place}的墙报{time}登出一篇关于{surface}的短文，{person}读了两遍。",
            )
        )
    person, place, adjective, time = (chance.choice(_EN[kind]) for kind in ("person", "place", "adjective", "time"))
    return chance.choice(
        (
            f"Asked about the {surface}, the {adjective} {person} of {place} spoke for an hour.",
            f"By {time} the {person} at {place} had read what the {surface} means for {adjective} towns.",
            f"A {adjective} letter from {place} had named the {surface}, and the {person} kept it.",
        )
    )


def _title(language: str, chance: random.Random) -> str:
    if language == "zh":
        place, person, verb, adjective, thing = (chance.choice(_ZH[kind]) for kind in ("地", "人", "动", "形", "物"))
        return f"{place}{person}{verb}{adjective}{thing}，{chance.choice(_ZH['因'])}{chance.choice(_ZH['地'])}{chance.choice(_ZH['事'])}"
    adjective, person, place, verb, other, noun = (
        chance.choice(_EN[kind]) for kind in ("adjective", "person", "place", "verb", "adjective", "noun")
    )
    return f"{adjective.title()} {person} of {place} {verb} {other} {noun} {chance.choice(_EN['preposition'])} {chance.choice(_EN['time'])}"


def _author(language: str, chance: random.Random) -> str:
    if language == "zh":
        return chance.choice("林沈方罗赵孟陶白") + chance.choice(("一帆", "小满", "若晴", "知远", "青禾"))
    return f"{chance.choice(('Edda', 'Jonah', 'Tamsin', 'Lew', 'Ines', 'Perry'))} {chance.choice(_EN['place'])}"


def twenty_outlets(newsroom: Newsroom, feed_size: int = 200) -> list[Outlet]:
    """Open twenty outlets: every feed and news sitemap, English and Chinese, UTF-8 and GB18030, every template."""
    kinds = ("rss", "atom", "rdf", "jsonfeed", "news_sitemap")
    templates = ("classic", "broadsheet", "portal", "agency", "magazine")
    outlets = []
    for number in range(20):
        chinese = number % 2 == 1
        # Every other Chinese outlet writes GB18030; a JSON feed is UTF-8 by its standard, its pages need not be.
        encoding = "gb18030" if number % 4 == 3 else "utf-8"
        outlets.append(
            newsroom.outlet(
                f"outlet-{number:02}",
                language="zh-Hans" if chinese else "en",
                kind=kinds[number // 2 % 5],
                template="portal" if chinese and number % 3 else templates[number // 4],
                encoding=encoding,
                zone=8 if chinese else 0,
                feed_size=feed_size,
                tier=1 + number % 3,
                country="CN" if chinese else "GB",
            )
        )
    return outlets


def print_all(
    outlets: Sequence[Outlet], articles: Sequence[Planted], span: timedelta = timedelta(hours=20)
) -> list[tuple[Publication, Planted]]:
    """Let the outlets publish the articles in turn, each in its own language; a copy never runs beside its original.

    The articles appear evenly over the ``span`` before the newsroom's present time.
    """
    by_language = {
        language: [outlet for outlet in outlets if outlet.house.language.startswith(language)]
        for language in ("en", "zh")
    }
    ran_in: dict[int, set[str]] = {}
    printed: list[tuple[Publication, Planted]] = []
    for number, article in enumerate(articles):
        houses = by_language[article.language]
        taken = ran_in.setdefault(article.story_number, set())
        turn = len([1 for _, other in printed if other.language == article.language])
        free = [
            houses[(turn + step) % len(houses)]
            for step in range(len(houses))
            if houses[(turn + step) % len(houses)].id not in taken
        ]
        outlet = (free or houses)[0]
        taken.add(outlet.id)
        when = outlet.newsroom.clock() - span * (1 - number / len(articles)) - timedelta(minutes=1)
        printed.append((outlet.publishes(article.story, published=when, wrapped=article.kind == "wrapped"), article))
    return printed
