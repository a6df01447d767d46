"""Headlines that would act if they could: each must be shown as text, and do nothing else."""

from __future__ import annotations

from hypothesis import strategies as st

TITLES = [
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
