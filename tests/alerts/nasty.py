"""Headlines that would act if they could: each must be shown as text, and do nothing else."""

from __future__ import annotations

from hypothesis import strategies as st

_KNOWN = [
    "Treaty signed\r\nBcc: everyone@victim.example\r\n\r\nbuy now",
    "Treaty signed\nQUIT :bye\nJOIN #secret\nPRIVMSG #secret :hello",
    "Treaty\r\n.\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA",
    "<script>alert('treaty')</script>",
    '"><img src=x onerror=alert(1)><a href="javascript:alert(1)">treaty</a>',
    "[treaty](javascript:alert(1)) ![x](http://victim.example/pixel.png)",
    "<!channel> <!here> <@U123|boss> <#C1|secret> <http://victim.example|bank>",
    "@everyone @here @room @channel <@&12345> <@!999>",
    "# Treaty\u2028## in\u2029*two* **lines** `code` ~~gone~~ ||spoiler|| > quote",
    "&lt;!channel&gt; &amp;lt;b&amp;gt; &#60;script&#62;",
    "\u202etxet desrever\u202c and \u2066isolated\u2069",
    "lone \ud800 surrogate \udfff",
    "null \x00 bell \x07 escape \x1b[31mred\x1b[0m \x9b31m",
    "zero\u200bwidth\ufeffjoin\u2060er",
    "🎉" * 50,
    "é" * 100_000,
    "word " * 30_000,
    "{{7*7}} ${HOME} %s %(name)s {0} \\n \\t",
    "</h2></table></body></html>--boundary--",
    "=?utf-8?B?QmNjOiB4QHkuZXhhbXBsZQ==?=",
    "تُوقَّع المعاهدة غدًا — 条約は明日署名される",
    "",
    "   ",
    "https://victim.example/?a=1&b=<2>",
]

_LINE_BREAKS = ["\r\n", "\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "%0d%0a", "\\r\\n"]
_IRC = [
    "QUIT :bye", "JOIN #secret", "PRIVMSG #secret :hello", "NOTICE reader :psst", "NICK somebody", "PART #briefing",
    "MODE #briefing +b *!*@*", "TOPIC #briefing :taken over", "KICK #briefing reader", "OPER root root",
    "\x01ACTION waves\x01", "\x01DCC SEND treaty 1 2 3\x01", "\x02bold\x02 \x0304,01red\x03 \x1f_\x1f \x16r\x16", "/quit", "/me leaves",
    ":irc.test.local 001 reader :welcome", "PING :1", "ERROR :closing",
]  # fmt: skip
_SMTP = [
    ".", "..", "QUIT", "RSET", "DATA", "MAIL FROM:<a@b.example>", "RCPT TO:<everyone@victim.example>",
    "Bcc: everyone@victim.example", "To: everyone@victim.example", "Subject: another", "Content-Type: text/html",
    "Reply-To: <x@y.example>", "X-Alert-Id: 1", "--===============1==", "From everyone Mon Nov 23", "EHLO x", "VRFY root", "STARTTLS",
    "=?utf-8?Q?=0D=0ABcc:_x@y.example?=", "=?utf-16?B?//4=?=", "=?unknown?X?broken?=", "begin 644 treaty.exe",
]  # fmt: skip
_MARKUP = [
    "**bold**", "__init__", "*a*b_c_", "~~gone~~", "`code`", "```\nblock\n```", "# heading", "> quote", "- item", "1. item",
    "||spoiler||", "[link](https://victim.example)", "[link]: https://victim.example", "![image](https://victim.example/x.png)",
    "<https://victim.example>", "<https://victim.example|bank>", "<mailto:x@y.example|write>", "<!date^1^now^https://victim.example|x>",
    "<b>bold</b>", "<a href='https://victim.example'>a</a>", '<img src="cid:1">', "<style>*{display:none}</style>",
    "<svg onload=alert(1)>", "<iframe srcdoc='x'>", "<!-- comment", "<![CDATA[x]]>", "</b></i></a>", "<tg-spoiler>x</tg-spoiler>",
    "<blockquote>x", "<pre>x", "<at>everyone</at>", "&copy; &amp; &lt;b&gt;", "&#x3C;b&#x3E;", "&nbsp;&zwnj;", "\\*escaped\\*", "\\",
    "| a | b |\n|---|---|", "$x^2$ $$y$$", ":smile: :skull:", "^^^", "~", "_", "*", "`", "```", ">", "<", "&", '"', "'", "|", "!", "@", "#",
]  # fmt: skip
_PINGS = [
    "@everyone", "@here", "@room", "@channel", "@all", "@group", "<!everyone>", "<!here>", "<!channel|now>", "<!subteam^S1|team>",
    "<@U123>", "<@!999>", "<@&12345>", "<#C1|secret>", "<#12345>", "<users/all>", "@desk@reader.example", "@**all**", "@_**reader**", "@*team*",
    "tg://user?id=1", "[me](tg://user?id=1)", "matrix:u/reader:test.local", "@reader:test.local", "https://matrix.to/#/@reader:test.local",
    "＠everyone", "@\u200beveryone", "@\u00adhere", "@\ufeffroom", "e\u0301@here",
]  # fmt: skip
_LETTERS = [
    "\u202etxet desrever", "\u2067isolated", "a\u202e\u202d\u202cb", "\u200fright\u200eleft", "\ud83d alone", "\udc00 alone", "\ud800\ud800",
    "\x00", "a\x00b", "\x1b]0;title\x07", "\x1b[2J\x1b[H", "\x9b2J", "\x08\x08\x08erased", "\x7f", "\ufffe", "\uffff", "\ufdd0", "\ue000 private",
    "👩‍👩‍👧‍👦" * 10, "🇳🇴🇫🇷", "Z̸̨̛͚" + "\u0336" * 200, "ﷺ" * 50, "\u1680\u2003\u3000wide\u3000spaces", "ﬁ ﬂ Å ℵ", "𝓣𝓻𝓮𝓪𝓽𝔂",
    "نص عربي مع English inside", "条約は明日署名される", "สนธิสัญญา", "หนังสือ" * 40, "שָׁלוֹם", "\u0600\u06dd", "a" + "\u0301" * 500,
    "\U000e0001\U000e0041tag", "\U0010ffff",
]  # fmt: skip
_LONG = [
    "x" * 100_000,
    "ß" * 100_000,
    "\n" * 100_000 + "end",
    "<" * 100_000,
    "@" * 100_000,
    "*a* " * 25_000,
    "🎉" * 25_000,
    "https://a.example/" + "b" * 99_000,
]
_CODE = [
    "'; drop table deliveries; --", "\" or 1=1", "{{7*7}}", "{% include '/etc/passwd' %}", "${HOME} $(id) `id`", "%s%n%x", "%(name)s {0} {name!r}",
    "../../etc/passwd", "C:\\Windows", "null", "NaN", "true", "[]", "{}", '{"text": "x"}', "-1", "=cmd|'/c calc'!A1", "+1", "\\u0000", "&attach=x?to=y",
    "javascript:alert(1)", "data:text/html,<b>x", "file:///etc/passwd", "${SMTP_PASSWORD}",
]  # fmt: skip


def _all() -> list[str]:
    """Two hundred headlines: those above, and each command behind a line break, all kinds of breaks in turn."""
    behind = [
        f"Treaty signed{_LINE_BREAKS[number % len(_LINE_BREAKS)]}{command}"
        for number, command in enumerate([*_IRC, *_SMTP])
    ]
    found = [*_KNOWN, *behind, *_MARKUP, *_PINGS, *_LETTERS, *_LONG, *_CODE]
    return list(dict.fromkeys(found))


TITLES = _all()
"""Each alone; `titles` mixes them."""

titles = st.one_of(
    st.sampled_from(TITLES),
    st.text(max_size=400),
    st.text(alphabet="<>@#*_`~[]()!|&;\\\"'\r\n\u2028\u202e: /abc-", max_size=200),
)
"""Any headline."""

URLS = [
    "https://gazette.example/1",
    "javascript:alert(1)",
    "https://gazette.example/a b)|<x>\"'\r\nBcc: x",
    "https://gazette.example/" + "a" * 5000,
    "http://user:secret@gazette.example/",
    "https://[::1]/x",
    "https://[broken",
    "",
]
