"""HTML built from escaped parts: what is not `Markup` is text, and text cannot become markup."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NewType

Markup = NewType("Markup", str)
"""HTML that is safe to put on a page; made only here and by the drawing of charts."""


def text(content: object) -> Markup:
    """Escape a value.

    >>> text("<b>")
    '&lt;b&gt;'
    """
    return Markup(escape(str(content)))


def join(parts: Iterable[Markup]) -> Markup:
    """Put parts one after the other."""
    return Markup("".join(parts))


def tag(name: str, *parts: Markup, **attributes: str) -> Markup:
    """Wrap parts in an element.

    Attribute values are escaped; a trailing underscore of an attribute's name is dropped, another becomes a hyphen.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items() if value
    )
    return Markup(f"<{name}{written}>{''.join(parts)}</{name}>")


def paragraph(content: object, class_: str = "") -> Markup:
    """Set a text as a paragraph."""
    return tag("p", text(content), class_=class_)


SYNTHETIC = tag("span", text("synthetic"), class_="mark synthetic")
PUBLISHED = tag("span", text("published"), class_="mark published")


def table(
    *,
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    caption: str,
    numbers: Sequence[int] = (),
    labelled: bool = False,
) -> Markup:
    """Build a table that scrolls inside its own box.

    Args:
        rows: Cells; a `Markup` cell made by `tag` is told from text by the caller wrapping it in `Cell`.
        caption: Read out and printed above the table.
        numbers: Columns set right, in figures of one width.
        labelled: Each cell knows the head of its column, so that a narrow sheet can set the cells under each other.
    """

    def cell(n: int, content: object) -> Markup:
        inner = content.markup if isinstance(content, Cell) else text(content)
        kind = "number" if n in numbers else ""
        label = heads[n] if labelled else ""
        return (
            tag("th", inner, scope="row", class_=kind) if n == 0 else tag("td", inner, class_=kind, data_label=label)
        )

    head = join(
        tag("th", text(one), scope="col", class_="number" if n in numbers else "") for n, one in enumerate(heads)
    )
    body = join(tag("tr", *(cell(n, one) for n, one in enumerate(row))) for row in rows)
    inner = tag("table", tag("caption", text(caption)), tag("thead", tag("tr", head)), tag("tbody", body))
    return tag(
        "div",
        inner,
        class_="scroll labelled" if labelled else "scroll",
        tabindex="0",
        role="region",
        aria_label=caption,
    )


class Cell:
    """A table cell that is markup already."""

    __slots__ = ("markup",)

    def __init__(self, *parts: Markup) -> None:
        self.markup = join(parts)


def details(summary: str, *parts: Markup) -> Markup:
    """Fold parts away under a line."""
    return tag("details", tag("summary", text(summary)), *parts)


def section(*, key: str, title: str, parts: Iterable[Markup]) -> Markup:
    """Build a section with its heading and the target of the contents."""
    head = tag("h2", text(title), id=f"{key}-head")
    return tag("section", head, *parts, id=key, aria_labelledby=f"{key}-head")


def figure(*, title: str, reading: str, wide: str, narrow: str, numbers: Markup, mark: Markup) -> Markup:
    """Build a figure: what it shows, in one line; the drawing for wide and for narrow sheets; its numbers."""
    head = tag("h3", text(title), Markup(" "), mark)
    return tag(
        "figure",
        tag("figcaption", head, paragraph(reading)),
        tag("div", Markup(wide), class_="wide"),
        tag("div", Markup(narrow), class_="narrow"),
        details("The numbers as a table", numbers),
    )


def key_figure(*, label: str, value: str, note: str, mark: Markup) -> Markup:
    """Build one of the key figures."""
    return tag(
        "div", tag("dt", text(label), Markup(" "), mark), tag("dd", tag("strong", text(value)), paragraph(note))
    )


def facts(pairs: Iterable[tuple[str, Markup]]) -> Markup:
    """List facts as terms and their values."""
    return tag("dl", *(tag("div", tag("dt", text(term)), tag("dd", value)) for term, value in pairs), class_="facts")
