"""The words of `extractors.figures`: units, scales, comparisons and number words, in the languages of the sources.

Tables and two readers of numbers; it never looks at a mention.
"""

from __future__ import annotations

import re

UNITS: dict[str, str] = {
    "state": r"(?:member )?states?|государства|государств|countries|economies|kraj[óo]w|nations?|странами"
    r"|quốc gia|country|economy|ländern|staaten|странах|paises|países|länder|страны|państw|negara"
    r"|paesi|стран|国家和地区|國家和地區|カ国・地域|pays|دولة|بلدا|دول|国家|國家|か国|カ国|ヵ国|개국|국가",
    "company": r"компани[йияхм]*|предприяти[йя]|enterprises?|entreprises?|exhibitors?|unternehmen|perusahaan"
    r"|companies|compañías|sociétés|empresas|company|aziende|imprese|firms?|firmen|شركات|شركة|firm|企业"
    r"|企業|公司|기업|개사|社",
    "co-sponsor": r"copatrocinadores|co-?sponsors?|coparrains|coauteurs|соавторов|sponsors|共同提案国|共同提案國",
    "signatory": r"signator(?:y|ies)|unterzeichner[n]?|signataires|signatarios|подписантов|adherents|firmantes"
    r"|parties|签署国|簽署國|署名国|서명국",
    "participant": r"representatives|teilnehmer[n]?|delegierte[n]?|участник[ова]+|participants?|participantes"
    r"|делегат[ова]+|délégations|uczestników|delegates?|asistentes|convidados|гост[ейя]+|attendees"
    r"|officials|invitados|delegados|gäste[n]?|délégués|guests?|invités|مشاركين|مشاركا|مشارك|مندوب|与会者"
    r"|與會者|参会者|参加者|參加者|참가자|人(?![工口权權类類间間])|嘉宾|嘉賓|代表",
    "visitor": r"посетител[ейя]+|besucher[n]?|visitantes|visitors?|visiteurs|زائر|来場者|관람객|观众|觀眾",
    "exhibit": r"экспонат[ова]+|exponate[n]?|exhibits?|products?|productos|launches|produits|produtos|items?"
    r"|debuts|展品|産品|产品|製品",
    "model": r"large language models?|modelle[n]?|модел[ейи]+|models?|modèles|modelos|نموذج|大模型|モデル|모델",
    "device": r"устройств[а]?|dispositivos|geräte[n]?|appareils|devices|设备|設備",
    "robot": r"roboter[n]?|робот[ова]+|robots?|روبوت|ロボット|机器人|機器人|로봇",
    "expert": r"especialistas|эксперт[ова]+|scientists|experts?|expertos|expertas|experten|members|خبيرا|خبير|专家"
    r"|專家",
    "action": r"recommendations|action points?|пункт[ова]+|punkte[n]?|maßnahmen|actions?|measures|points?|mesures"
    r"|medidas|puntos|pontos|إجراء|항목|мер|行动|行動|措施|建议|項目",
    "article": r"articles?|artikel[n]?|стат[ейья]+|artículos|artigos|مادة|条|條|조",
    "chapter": r"chapters?|chapitres|capítulos|kapitel[n]?|глав|章",
    "page": r"страниц[ыа]?|páginas|pages?|pagine|seiten|stron|صفحة|ページ|페이지|页|頁|쪽",
    "percent": r"процент[ова]+|por ciento|pour cent|por cento|في المائة|per.cent|percent|prozent|퍼센트|%",
    "USD": r"u\.?s\.? dollars|доллар[ова]+|dollars?|dólares|dollar|دولار|美元|ドル|달러",
    "EUR": r"euros?|евро|يورو|ユーロ|欧元|歐元|유로",
    "CNY": r"юан[ейья]+|renminbi|yuan|يوان|rmb|人民币|위안|元",
}
"""Each unit with the words that name it, as alternatives of a regular expression."""

SCALES: dict[str, float] = {
    "thousand": 1e3, "mille": 1e3, "mil": 1e3, "tausend": 1e3, "тысяч": 1e3, "тыс.": 1e3, "ألف": 1e3, "千": 1e3,
    "million": 1e6, "millions": 1e6, "millones": 1e6, "millón": 1e6, "milhões": 1e6, "millionen": 1e6, "млн": 1e6,
    "миллионов": 1e6, "مليون": 1e6, "billion": 1e9, "bn": 1e9, "milliard": 1e9, "milliards": 1e9, "milliarden": 1e9,
    "mrd.": 1e9, "bilhões": 1e9, "miliardi": 1e9, "млрд": 1e9, "миллиардов": 1e9, "مليار": 1e9, "trillion": 1e12,
    "万": 1e4, "萬": 1e4, "만": 1e4, "亿": 1e8, "億": 1e8, "억": 1e8,
}  # fmt: skip

COMPARISONS: dict[str, str] = {
    ">=": "more than|over|at least|above|upwards of|no fewer than|beyond|plus de|au moins|más de|al menos|mais de"
    "|pelo menos|mehr als|über|mindestens|più di|oltre|almeno|более чем|более|больше|свыше|не менее|أكثر من"
    "|ما يزيد على|ما لا يقل عن|ponad|co najmniej|lebih dari|hơn|超过|超過|逾|至少",
    "<=": "up to|at most|no more than|fewer than|less than|under|jusqu'à|moins de|hasta|menos de|até|bis zu"
    "|weniger als|fino a|meno di|не более|менее|до|أقل من|不到|最多|至多",
    "~": "about|around|some|roughly|nearly|almost|approximately|close to|environ|quelque|près de|unos|unas|cerca de"
    "|casi|quase|rund|etwa|fast|circa|quasi|около|примерно|почти|порядка|نحو|حوالي|大约|大約|约|約|近|약",
}

NUMBER_WORDS: dict[str, int] = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "a dozen": 12, "two dozen": 24, "a hundred": 100, "one hundred": 100,
    "two hundred": 200,
    "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9, "dix": 10, "douze": 12, "treize": 13,
    "vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60,
    "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "doce": 12,
    "trece": 13, "veinte": 20, "treinta": 30, "cuarenta": 40, "cincuenta": 50,
    "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "zwölf": 12,
    "dreizehn": 13, "zwanzig": 20, "dreißig": 30, "vierzig": 40,
    "три": 3, "четыре": 4, "пять": 5, "шесть": 6, "семь": 7, "восемь": 8, "девять": 9, "десять": 10,
    "тринадцать": 13, "двадцать": 20, "тридцать": 30, "сорок": 40,
}  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
for _index, _ten in enumerate(_TENS, start=2):
    NUMBER_WORDS[_ten] = 10 * _index
    for _one, _word in enumerate(_ONES, start=1):
        NUMBER_WORDS[f"{_ten}-{_word}"] = 10 * _index + _one

_HAN = {char: value for value, char in enumerate("一二三四五六七八九", start=1)} | {"两": 2, "兩": 2}
_HAN_TENS = {"十": 10, "百": 100, "千": 1000}
HAN_DIGITS = "".join((*_HAN, *_HAN_TENS))
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[.,\u00a0\u202f '’]\d{3})+")


def written(number: str, *, scaled: bool) -> float:
    """Return the value of digits or a number word.

    Args:
        number: "1,200", "1 200", "1.200", "3,5", "twenty-eight", "十三".
        scaled: a scale follows ("million"): then "1.234" has decimals.
    """
    word = number.lower()
    if word in NUMBER_WORDS:
        return NUMBER_WORDS[word]
    if word[0] in HAN_DIGITS:
        return _han(word)
    if _GROUPED.fullmatch(word) and not scaled:
        return float(re.sub(r"\D", "", word))
    # Of two kinds of separators the last one is the decimal's: "1.234,5".
    whole, mark, decimals = word.rpartition(max(",.", key=word.rfind)) if re.search("[.,]", word) else (word, "", "")
    if not mark:
        return float(word)
    return float(f"{re.sub('[^0-9]', '', whole)}.{decimals}")


def _han(word: str) -> int:
    total = digit = 0
    for char in word:
        if char in _HAN:
            digit = _HAN[char]
        else:
            total, digit = total + (digit or 1) * _HAN_TENS[char], 0
    return total + digit
