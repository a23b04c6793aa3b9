"""Two hundred texts that a page, a terminal, a spreadsheet or another program's file must take for text.

Each is written for one sink: the place where, put there as it is, it does something. `tests/test_hostile_canary.py` puts each
into that place in the plain way and sees it happen, so that what finds nothing on our pages would find it.
In the texts № is the number of the text, which `tests/trap.js` hears as `top.hit(№)`, and ⌖ an address of its own.
"""

from dataclasses import dataclass

#: Nobody answers there; that somebody asked is seen by the browser.
ADDRESS = "http://127.0.0.1:1/t№.png"

_IMG = "<img src=x onerror=top.hit(№)>"
_RUN = "<script>top.hit(№)</script>"

#: Sink → texts. The sinks are explained, and used, in `tests/canary.py`.
SINKS: dict[str, tuple[str, ...]] = {
    "body": (
        _RUN, "<ScRiPt >top.hit(№)</sCrIpT >", "<script src=⌖></script>", f"</p>{_RUN}", _IMG, "<img src=x onerror=\"top.hit(№)\">",
        "<IMG SRC=x OnErRoR=top.hit(№)>", "<img/src='x'/onerror=top.hit(№)>", "<img src=⌖>", "<img srcset=⌖>", "<svg onload=top.hit(№)>",
        "<svg/onload=top.hit(№)>", f"<svg>{_RUN}</svg>", "<svg><animate onbegin=top.hit(№) attributeName=x dur=1s>",
        '<svg><a xlink:href="javascript:top.hit(№)"><text y=20>x</text></a></svg>', '<iframe src="javascript:top.hit(№)"></iframe>',
        f'<iframe srcdoc="{_RUN}"></iframe>', "<iframe src=⌖></iframe>", "<object data=⌖></object>", "<embed src=⌖>",
        "<body onload=top.hit(№)>", "<details open ontoggle=top.hit(№)>x</details>", "<input onfocus=top.hit(№)>",
        "<b onmouseover=top.hit(№)>x</b>", "<b onclick=top.hit(№)>x</b>", "<video><source src=x onerror=top.hit(№)></video>",
        "<video poster=⌖></video>", "<audio src=x onerror=top.hit(№)></audio>", "<style>@import '⌖';</style>",
        "<style>p{background:url(⌖)}</style>", "<link rel=stylesheet href=⌖>", '<i style="background:url(⌖)">x</i>',
        "<table background=⌖><td>x</table>", "<input type=image src=⌖>", '<form action="javascript:top.hit(№)"><button>x</button></form>',
        '<form><button formaction="javascript:top.hit(№)">x</button></form>', '<a href="javascript:top.hit(№)">x</a>',
        '<a href="&#1;javascript:top.hit(№)">x</a>', '<a href="jav&#x09;ascript:top.hit(№)">x</a>', "<base href=⌖/><img src=y>",
        f"<noscript><p title=\"</noscript>{_IMG}\">", f"<template shadowrootmode=open>{_IMG}</template>",
        "<picture><source srcset=⌖><img></picture>", '<meta http-equiv=refresh content="0;url=⌖">', f"<select><option>{_RUN}</select>",
    ),
    "double": (
        '" onmouseover=top.hit(№) x="', f'">{_RUN}', f'">{_IMG}', '" tabindex=1 onfocus=top.hit(№) x="', '" onclick="top.hit(№)',
        '" style="background:url(⌖)', '"/onmouseover="top.hit(№)', '"\nonclick=top.hit(№)\nx="', '"\u000conclick=top.hit(№) x="',
    ),
    "single": ("' onmouseover=top.hit(№) x='", f"'>{_RUN}", "'><svg onload=top.hit(№)>", "' onclick='top.hit(№)"),
    "bare": ("x onmouseover=top.hit(№)", "x\nonclick=top.hit(№)", "x\tonclick=top.hit(№)", f"x>{_IMG}"),
    "script": ('"];top.hit(№);//', f"</script>{_RUN}", '"-top.hit(№)-"', '"+top.hit(№)+"', '"];top.hit(№);["'),
    "json": (f"</script>{_RUN}", f"</SCRIPT >{_IMG}", "</script/x><svg onload=top.hit(№)>", f'</script foo="">{_IMG}'),
    "literal": ("${top.hit(№)}", "`;top.hit(№);`", "`+top.hit(№)+`"),
    "comment": (f"-->{_RUN}", f"--!>{_IMG}", f">{_IMG}", f"->{_IMG}"),
    "title": (f"</title>{_RUN}", f"</TITLE >{_IMG}"),
    "textarea": (f"</textarea>{_IMG}",),
    "style": (f"</style>{_RUN}", "*/ p{background:url(⌖)} /*"),
    "cdata": (f"]]>{_IMG}", f"]]></svg>{_RUN}"),
    "svg": (f"</title>{_RUN}", f"</title></svg>{_IMG}"),
    "href": (
        "javascript:top.hit(№)", "JAVASCRIPT:top.hit(№)", "java\tscript:top.hit(№)", "java\nscript:top.hit(№)", "\u0001javascript:top.hit(№)",
        " javascript:top.hit(№)", "javascript://x%0atop.hit(№)", "javascript:/*x*/top.hit(№)", "data:text/html,<img src=⌖>", "⌖",
        r"http:\\127.0.0.1:1\t№.png",
    ),
    "frame": ("javascript:top.hit(№)//", "data:text/html;x,<img src=⌖>"),
    "unescaped": ("&lt;script&gt;top.hit(№)&lt;/script&gt;", "&#60;img src=x onerror=top.hit(№)&#62;", "&#x3c;svg onload=top.hit(№)&#x3e;"),
    "inner": (r"\u003cimg src=x onerror=top.hit(№)\u003e", r"\x3cimg src=x onerror=top.hit(№)\x3e"),
    "object": ("__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"),
    "jinja": ("{{ 7*№ }}", "{% raw %}№{% endraw %}", "{{''.__class__}}№", "{# x #}№", "{%set x=№%}{{x}}"),
    "mustache": ("{{title}}№", "{{{title}}}№", "{{#title}}№{{/title}}", "{{no_such_name}}№"),
    "pyvis": (
        "href<img src=x onerror=top.hit(№)>",
        "an href<svg><animate onbegin=top.hit(№) attributeName=x dur=1s></svg>",
        f'<a href="x">{_IMG}</a>',
    ),
    "markdown": (
        "[x](javascript:top.hit(№))", "[x](<javascript:top.hit(№)>)", "[x](jAvAsCrIpT:top.hit(№))", "[x](data:text/html,<img/src=⌖>)",
        "![x](⌖)", "[![x](⌖)](⌖)", "<⌖>", "<javascript:top.hit(№)>", f"a\n\n{_RUN}", f"`x` {_IMG}", f"```\n```\n{_IMG}", f"| x | {_IMG} |",
        "|\n|---|\n|<svg onload=top.hit(№)>", f"<!-- x -->{_IMG}", f"\\\\{_IMG}", "[x]: ⌖\n\n![x]",
    ),
    "dot": (
        '"]; b [URL="javascript:top.hit(№)"]; c [label="', '" URL="javascript:top.hit(№)', '" href="⌖', r"\N№", r"\G№", r"№\lx\r",
        "&lt;b&gt;№", '"]; } digraph { b [label="№', '№"; rank=', "№\\",
    ),
    "dothtml": ('<TABLE HREF="javascript:top.hit(№)"><TR><TD>x</TD></TR></TABLE>', "№</TD>", "<B>№</B>"),
    "mermaid": (
        'x"]\nclick a href "javascript:top.hit(№)"\nb["x', 'x"]\nclick a href "⌖"\nb["x', 'x"] --> b№["x', "№#lt;b#gt;", "№#9829;",
        '%%{init: {"securityLevel": "loose"}}%%№', '№"]; end', "№<br/>x",
    ),
    "xml": ("№]]>", "&xxe№;", "&#0;№", "</data><data key='x'>№", "<?xml-stylesheet href='⌖'?>", "<![CDATA[№]]>", "&lt;№"),
    "rich": ("[red]№[/red]", "[link=⌖]x[/link]", ":smile:№"),
    "terminal": (
        "\x1b[31m№", "\x1b[2J№", "\x1b[1A\x1b[2K№", "\x1b]8;;⌖\x1b\\x\x1b]8;;\x1b\\", "\x1b]52;c;eA==\x07№", "\x1b]0;title\x07№",
        "№\x07", "№ab\x08\x08", "№good\rbad", "\x9b31m№", "\x9d0;title\x9c№", "\x1bP$q\x1b\\№", "\x1bc№", "\x1b[?1049h№", "\x1b[6n№", "\x0e№",
        "№\x00", "№\x7f", "№\x85",
    ),
    "formula": ("=1+№", "=cmd|'/C calc'!A№", "+1+№", "-1+№", "@SUM(№)", '=HYPERLINK("⌖")', "  =1+№"),
    "unseen": (
        "№\u202egpj.exe", "№\u2066x\u2069", "№\u200bx", "№\u200dx", "\ufeff№", "№\u00adx", "№\u2028x", "№\u2060x", "№\u3164x", "№\u034fx",
        "№\U000e0041x", "№\ud800x", "№\udc00x",
    ),
    "odd": ("№" + "a" * 10_000, "№" + '"' * 500, "№" + "<" * 500, "№e" + "\u0301\u0335" * 300, "m\u0435ta-ll\u0430ma№", "../../№",
            "C:\\№", "HrEf=№", "№" + "é" * 1_000, "%s%n№"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hostile:
    """One text, and the sink it was written for."""

    number: int
    sink: str
    text: str


def _numbered() -> list[Hostile]:
    made: list[Hostile] = []
    for sink, texts in SINKS.items():
        for text in texts:
            number = 1000 + len(made)  # as long for all, so that 1001 is in no other
            made.append(Hostile(number, sink, text.replace("⌖", ADDRESS).replace("№", str(number))))
    return made


#: All of them.
TEXTS = _numbered()

#: A tenth, of as many sinks as can be: what `make test` has time for where each text needs a page of its own.
TENTH = TEXTS[::10]
