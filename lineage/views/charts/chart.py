"""What all charts share: the `<svg>` around them, words in it, and how what is summed up or unknown looks.

A chart is a pure function from neutral frozen records to one `<svg>` element, to stand in a page: no script, no style
of its own (`parts/charts.css` has it), places rounded to a tenth, hover titles with exact numbers. Text in the records
is raw; `words` and `hover` clean it. The table of the same numbers stands beside it on the page.
"""

from xml.etree.ElementTree import Element, SubElement, tostring

from lineage.views import wording

#: What a bar, a tile or a stop can stand for, beside a thing of its own: everything beyond the limit (hatched), what is
#: not known (hollow, dashed), what has no key at all, as a model without a base (hollow).
KINDS = ("", "others", "unknown", "none")


def frame(kind: str, name: str, title: str, about: str, width: float, height: float) -> Element:
    """An empty chart. `name` is its id on the page, letters and hyphens of our own; `kind` is a class."""
    root = Element(
        "svg",
        {
            "class": f"chart {kind}",
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {place(width)} {place(height)}",
            "width": place(width),
            "height": place(height),
            "role": "img",
            "aria-labelledby": f"{name}-title",
            "aria-describedby": f"{name}-about",
        },
    )
    SubElement(root, "title", {"id": f"{name}-title"}).text = wording.clean(title)
    SubElement(root, "desc", {"id": f"{name}-about"}).text = wording.clean(about)
    pattern = SubElement(
        SubElement(root, "defs"),
        "pattern",
        {
            "id": f"{name}-hatch",
            "width": "6",
            "height": "6",
            "patternUnits": "userSpaceOnUse",
            "patternTransform": "rotate(45)",
        },
    )
    SubElement(pattern, "path", {"class": "hatch", "d": "M1.500 0V6"})
    return root


def done(root: Element) -> str:
    """The chart as text."""
    return tostring(root, encoding="unicode")


def place(value: float) -> str:
    """A coordinate, rounded to a tenth."""
    return f"{round(value, 1) + 0.0:g}" if abs(value) < 1e5 else f"{value:.0f}"


def words(parent: Element, x: float, y: float, text: str, look: str = "", anchor: str = "") -> Element:
    """A line of text at its baseline; `anchor` is middle or end."""
    where = {"x": place(x), "y": place(y)}
    if look:
        where["class"] = look
    if anchor:
        where["text-anchor"] = anchor
    made = SubElement(parent, "text", where)
    made.text = wording.clean(text)
    return made


def more(line: Element, text: str, look: str) -> None:
    """More words on a line, looking otherwise."""
    SubElement(line, "tspan", {"class": look}).text = wording.clean(text)


def hover(element: Element, text: str) -> None:
    """What is told where a reader points."""
    SubElement(element, "title").text = wording.clean(text)


def box(
    parent: Element, x: float, y: float, width: float, height: float, name: str, kind: str = "", tone: str = ""
) -> Element:
    """A rectangle that looks as its kind and tone say. `name`: that of the chart, for its hatching."""
    look = {"class": " ".join(filter(None, ("shape", kind, tone and f"tone-{tone}")))}
    sides = {"x": place(x), "y": place(y), "width": place(width), "height": place(height)}
    made = SubElement(parent, "rect", look | sides)
    if kind == "others":
        made.set("fill", f"url(#{name}-hatch)")
    return made


def told(label: str, value: int, whole: int, unit: str) -> str:
    """Qwen: 1,234 of 5,678 downloads (21.7 %)."""
    return f"{label}: {value:,} of {whole:,} {unit} ({wording.share(value, whole)})"
