"""What every page has around its content: one file, styles inside, no script, a policy against outside resources."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files

from kezek.reports.markup import Markup, tag, text

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def whole_page(*, title: str, styles: Sequence[str], body: Markup, schemes: str = "light dark") -> str:
    """Put a body into a page that needs nothing else.

    Args:
        styles: Names of style sheets of this room, in their order.
        schemes: Colour schemes that the style sheets know.
    """
    folder = files("kezek.reports")
    css = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in styles)
    metas = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="{schemes}">'
    )
    head = tag("head", Markup(metas), tag("title", text(title)), tag("style", Markup(css)))
    return f'<!DOCTYPE html>\n<html lang="en">{head}{body}</html>\n'


def page_header(
    *, kind: str, title: str, lead: Markup, figures: Iterable[Markup], contents: Mapping[str, str]
) -> Markup:
    """Open a page: what it is, its title, one sentence, key figures, and links to its sections by key."""
    name = tag("p", text("Kezek"), tag("span", text(kind)), class_="name")
    links = [tag("li", tag("a", text(words), href=f"#{key}")) for key, words in contents.items()]
    return tag(
        "header",
        name,
        tag("h1", text(title)),
        lead,
        tag("dl", *figures, class_="figures", aria_label="Key figures"),
        tag("nav", tag("ul", *links), aria_label="Contents"),
    )
