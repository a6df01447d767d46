"""The identity of URLs: which two addresses are the same page, by explicit tables.

`canonical` makes a key to compare by, never an address to fetch; the URL as published is kept beside it.
It never merges on a guess: a parameter goes only when it, or its value, is known to carry no content.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

from tld import get_fld, is_tld

# Parameters that track, whatever their value.
_TRACKING_NAMES = """
fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid igsh li_fat_id mkt_tok vero_id
vero_conv oly_anon_id oly_enc_id _openstat wickedid rb_clickid s_cid s_kwcid ef_id epik srsltid cvid mc_cid mc_eid
at_medium at_campaign at_custom1 at_custom2 at_custom3 at_custom4 at_ptr_name at_link_id at_link_type at_format
at_link_origin at_bbc_team at_campaign_type at_brand wt_mc wt_zmc wtmc xtor xtref xtcr xtmc smid smtyp traffic_source
ito icid int_cid ns_mchannel ns_source ns_campaign ns_linkname ns_fee ns_cid sc_cid tracking_source guccounter
guce_referrer guce_referrer_sig soc_src soc_trk __twitter_impression cmpid smprod smvar nl_art spmailingid spuserid
spjobid spreportid trk trkcampaign trkinfo trackingid trk_contact trk_msg trk_module trk_sid hsctatracking _hsenc
_hsmi __hstc __hssc __hsfp hss_channel elqtrackid elqtrack elqaid elqat elqcampaignid rss_id ga_source ga_medium
ga_term ga_content ga_campaign gs_l _ga _gl pk_campaign pk_kwd pk_source pk_medium piwik_campaign piwik_kwd
mtm_campaign mtm_source mtm_medium mtm_keyword mtm_content mtm_cid mtm_group itm_source itm_medium itm_campaign
itm_content itm_term pp_campaign zanpid awc cjevent irclickid spm scm share_token sharetoken shareadraw shareid
share_from share_medium share_source isappinstalled
"""
_TRACKING = frozenset(_TRACKING_NAMES.split())
_TRACKING_PREFIXES = ("utm_", "utm-", "hsa_", "stm_", "__cft__", "__tn__", "fb_action_", "fb_source", "fb_ref")
# Parameters that track only with such a value; with another they name content (`ref=202601`, `source=2026-07755`).
_RSS = re.compile(
    r"(?:rss|feed|atom|twitter|facebook|newsletter|email|e-mail|social|share)(?:$|[-_.:/])", re.IGNORECASE
)
_SHARE = re.compile(r"(?:share|rss|twt|fb|email|emlink|soc|gu|newsletter)(?:$|[-_.])", re.IGNORECASE)
_BY_VALUE = {
    "cmp": _SHARE,
    "partner": _RSS,
    "emc": _RSS,
    "source": _RSS,
    "src": _RSS,
    "mod": _RSS,
    "ref": _RSS,
    "referrer": _RSS,
    "ref_src": re.compile(r"twsrc", re.IGNORECASE),
    "from": _RSS,
    "via": _RSS,
    "feature": re.compile(r"(?:youtu\.be|share|emb_\w+)$", re.IGNORECASE),
    "output": re.compile(r"amp$", re.IGNORECASE),
    "outputtype": re.compile(r"amp$", re.IGNORECASE),
    "amp": re.compile(r"(?:1|true|amp)?$", re.IGNORECASE),
    "usp": re.compile(r"(?:sharing|share_link)$", re.IGNORECASE),
    "wpmm": re.compile(r"1$"),
    "wpisrc": re.compile(r"."),
    "oc": re.compile(r"5$"),
    "reflink": re.compile(r"."),
}
# Session ids are long and random; a short value may be content (`sid=7`).
_SESSIONS = frozenset({"phpsessid", "jsessionid", "aspsessionid", "sessionid", "session_id", "cfid", "cftoken"})
_SESSION_VALUE = re.compile(r"[A-Za-z0-9._!-]{16,}$")
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid)=[^/?#;]*", re.IGNORECASE)

_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|shtml|aspx?|jsp|xhtml|htm)$", re.IGNORECASE)
_AMP_FILE = re.compile(r"(?<=[A-Za-z0-9])[-.]amp(?=\.html?$)", re.IGNORECASE)
# `/amp` at the end is an AMP page when an article stands before it; `/electronics/amp` is a shop's amplifiers.
_AMP_TAIL = re.compile(r"(?:\.s?html?|\.ece|\.cms|\.php|\d{4,}|(?:[^/-]+-){3,}[^/-]+)(?P<amp>/amp)/?$", re.IGNORECASE)
_AMP_CACHE = re.compile(
    r"https?://[\w-]+\.cdn\.ampproject\.org/(?:[acvi]|wp|mbv/[a-z]+)/(s/)?(?P<rest>.+)$", re.IGNORECASE
)
_AMP_VIEWER = re.compile(r"https?://(?:www\.)?google\.[a-z.]{2,6}/amp/(s/)?(?P<rest>[^/]+\..+)$", re.IGNORECASE)
_PLAIN = re.compile(r"[\x21-\x7e]*$")
_DOTS = re.compile(r"/\.{1,2}(?:/|$)")
_DOUBLE = re.compile(r"/{2,}")
_UNRESERVED = "-._~"
_IN_PATH = "/:@!$&'()*+,;=" + _UNRESERVED
_IN_QUERY = "/?:@!$'()*+,;|[]" + _UNRESERVED
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_HOST = re.compile(r"[A-Za-z0-9._~-]+$|\[[0-9a-f:.]+\]$")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def canonical(url: str) -> str:
    """Return the key by which ``url`` is compared: equal keys, one page.

    Scheme, ``www.``, mobile and AMP hosts, default ports, trailing slash, index file, double slashes, dot segments,
    percent-encoding, IDN, parameter order, fragment (but hash routes), session ids and tracking parameters make no
    difference. The key begins with ``https://`` whatever the scheme was. Idempotent; what is no web address is
    returned trimmed.
    """
    url = url.strip()
    try:
        return _keyed(_without_amp_cache(url))
    except ValueError:
        return url


def outlet_of(url: str) -> str:
    """Return the site that publishes ``url``: its registrable domain by the Public Suffix List.

    ``https://asia.paper.co.jp/x`` is ``paper.co.jp``; blogs on one platform and bodies below one house are different
    outlets (``someone.substack.com``, ``edpb.europa.eu``). An address and a host without a known suffix stay
    recognisable; what has no host gives the empty string. The list comes with `tld`; the network is never asked.
    """
    try:
        host = _host(urlsplit(url.strip()).hostname or "")
    except ValueError:
        return ""
    return _site(host)


def _without_amp_cache(url: str) -> str:
    if "amp" not in url:
        return url
    found = _AMP_CACHE.match(url) or _AMP_VIEWER.match(url)
    return f"https://{found['rest']}" if found else url


def _keyed(url: str) -> str:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https") or not parts.hostname:
        return url
    host = _host(parts.hostname)
    if not _HOST.match(host):
        return url
    port = parts.port
    place = host if port is None or port in (80, 443) else f"{host}:{port}"
    query = _query(parts.query) if parts.query else ""
    path = _path(parts.path)
    fragment = parts.fragment
    # `#/news/1` and `#!news` are routes of a page that a script builds; other fragments are places in one page.
    route = f"#{_recoded(fragment, _IN_QUERY)}" if fragment.startswith(("/", "!")) and len(fragment) > 1 else ""
    if path == "/" and not query and not route:
        path = ""
    return f"https://{place}{path}{'?' if query else ''}{query}{route}"


@lru_cache(maxsize=8192)
def _host(host: str) -> str:
    """Return ``host`` in small ASCII letters without the labels that mean only a form of the same site."""
    host = host.lower().rstrip(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return host
    if ":" in host:
        return f"[{host}]"
    labels = host.split(".")
    while len(labels) > 2:
        if labels[0] in ("www", "m", "mobile", "amp") and not _is_suffix(".".join(labels[1:])):
            labels = labels[1:]
        elif len(labels) > 3 and labels[1] == "m" and len(labels[0]) in (2, 3):
            labels = [labels[0], *labels[2:]]  # en.m.wikipedia.org
        else:
            break
    return ".".join(labels)


def _path(path: str) -> str:
    if ";" in path:
        path = _PATH_SESSION.sub("", path)
    if not _PLAIN.match(path) or "%" in path or any(char in path for char in '"<>\\^`{|}[]'):
        path = _recoded(path, _IN_PATH)
    if "//" in path:
        path = _DOUBLE.sub("/", path)
    if "/." in path:
        path = _without_dots(path)
    stripped = ""
    # Once is not always enough: /a/index.html/ loses the slash, then the index; /a-amp.html/ the slash, then the mark.
    while stripped != path:
        stripped = path
        if "amp" in path[-40:].lower():
            path = _AMP_FILE.sub("", path)
            while found := _AMP_TAIL.search(path):
                path = path[: found.start("amp")]
        path = _INDEX.sub("/", path).rstrip("/")
    return path or "/"


def _without_dots(path: str) -> str:
    """Return ``path`` without its dot segments (RFC 3986, 5.2.4)."""
    if not _DOTS.search(path):
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept) if kept and kept[0] == "" else "/" + "/".join(kept)


def _query(query: str) -> str:
    kept = []
    for pair in query.split("&"):
        if not pair:
            continue
        key, mark, value = pair.partition("=")
        if not _is_noise(_recoded(key, _IN_QUERY).lower(), value):
            kept.append(f"{_recoded(key, _IN_QUERY)}{mark}{_recoded(value, _IN_QUERY + '=')}")
    return "&".join(sorted(kept))


def _is_noise(key: str, value: str) -> bool:
    if key in _TRACKING or key.startswith(_TRACKING_PREFIXES):
        return True
    if key in _SESSIONS:
        return _SESSION_VALUE.match(value) is not None
    rule = _BY_VALUE.get(key)
    return rule is not None and rule.match(value) is not None


def _recoded(text: str, safe: str) -> str:
    """Return ``text`` with one spelling for every character: unreserved ones bare, others as upper-case escapes."""
    if text.isalnum() and text.isascii():
        return text
    if "%" in text:
        text = _BARE_PERCENT.sub("%25", text)
        text = _PERCENT.sub(_unescaped, text)
    return quote(text, safe=safe + "%", errors="replace") if not _all_safe(text, safe) else text


def _all_safe(text: str, safe: str) -> bool:
    return text.isascii() and all(char.isalnum() or char in safe or char == "%" for char in text)


def _unescaped(found: re.Match[str]) -> str:
    """Return a run of escapes with unreserved characters bare and the rest in capital letters."""
    return "".join(
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in _UNRESERVED) else f"%{byte:02X}"
        for byte in unquote_to_bytes(found[0])
    )


# Houses whose parts are different outlets, beside those that the Public Suffix List names: the part is kept.
_HOUSE_NAMES = """
substack.com wordpress.com medium.com europa.eu un.org tumblr.com ghost.io beehiiv.com web.nhk livejournal.com
typepad.com hatenablog.com weebly.com
"""
_HOUSES = frozenset(_HOUSE_NAMES.split())


def _is_suffix(host: str) -> bool:
    """Whether ``host`` is a public suffix under which sites are registered, no site: ``com``, ``co.uk``."""
    return "." not in host or is_tld(host, search_private=False)


@lru_cache(maxsize=8192)
def _site(host: str) -> str:
    """Return the registrable domain of a host as `_host` gives it."""
    labels = host.split(".")
    if host.startswith("[") or labels[-1].isdigit() or len(labels) < 3:
        return host
    if ".".join(labels[-2:]) in _HOUSES:
        return ".".join(labels[-3:])
    # The list spells suffixes in their own script, and names in it have as many labels as ours.
    site = get_fld(SplitResult("http", _unicode(host), "", "", ""), fail_silently=True, search_private=True)
    # A suffix that is not in the list is one label long (publicsuffix.org, the default rule).
    size = str(site).count(".") + 1 if site else 2
    # The pages of a suffix itself: www.gov.uk is gov.uk; www.com stays what it is.
    return ".".join(labels[-size:] if size < 3 or labels[-size] != "www" else labels[1 - size :])


def _unicode(host: str) -> str:
    if "xn--" not in host:
        return host
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host
