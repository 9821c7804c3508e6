"""XML in and out: a small typed tree; parsed without anything that reaches out or swells, held against our schema."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from lxml import etree

from kezek.documents.fault import (
    Limits,
    PaperCode,
    RowCode,
    Unreadable,
    refused,
    require_rows,
    require_size,
    shown,
)
from kezek.units.problem import nearest

_DECLARED = re.compile(r"""\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_NAMESPACE = re.compile(r"\{[^}]*\}")
_XS_ELEMENT = "{http://www.w3.org/2001/XMLSchema}element"
_MOST_NAME = 64
_MOST_SENTENCE = 240
NOTE = (
    " In the style of the IEC 62325-451 family, in Kezek's own namespace and by Kezek's own schema;"
    " no conformance to IEC 62325 is claimed. "
)
"""Stands at the head of every document that is written."""


@dataclass(frozen=True, slots=True)
class Node:
    """One element: its name without namespace, its text, its children, and the line on which it begins (0: new)."""

    name: str
    text: str = ""
    children: tuple["Node", ...] = ()
    line: int = 0

    def one(self, name: str) -> "Node":
        """Give the first child of a name; an empty one where there is none."""
        return next((child for child in self.children if child.name == name), Node(name, line=self.line))

    def all(self, name: str) -> list["Node"]:
        """Give all children of a name."""
        return [child for child in self.children if child.name == name]


@dataclass(frozen=True, slots=True)
class Series:
    """One time series of a document, and the first thing that the schema has against it, or None."""

    node: Node
    wrong: Unreadable | None


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document: its head, which fits the schema, and its time series, each of which may not."""

    head: Node
    series: tuple[Series, ...]


def leaf(name: str, text: str) -> Node:
    """Make an element with a text."""
    return Node(name, text)


def parse_xml(
    *, data: bytes, root_name: str, series_name: str, schema_name: str, name: str, limits: Limits
) -> Parsed:
    """Parse a document and hold it against a schema of ours: the head as a whole, each time series for itself.

    No entity is resolved, no address is followed, no DTD is allowed; attributes are refused, since none of the
    documents has any and some would make a validator fetch files.

    Args:
        root_name, series_name: Names of the root and of its time series; the namespace is that of the schema.
        schema_name: As "bid".
        name: Of the file, for refusals.

    Raises:
        InputProblem: documents.paper.*, documents.xml.doctype, form, root, attribute, element, schema.
    """
    require_size(size_bytes=len(data), limits=limits, name=name)
    _require_plain(data, name)
    tree = _parsed(data, name)
    namespace = namespace_of(schema_name)
    if tree.tag != f"{{{namespace}}}{root_name}":
        what = f"The document is {shown(tree.tag)}."
        raise refused(PaperCode.XML_ROOT, what, name, f"Send {root_name} in the namespace {namespace}.")
    _refuse_attributes(tree, name)
    parts = [child for child in tree if child.tag == f"{{{namespace}}}{series_name}"]
    require_rows(row_count=len(parts), limits=limits, name=name)
    if parts != list(tree)[len(tree) - len(parts) :]:
        what, way_out = f"Something stands after the first {series_name}.", f"Put every {series_name} at the end."
        raise refused(PaperCode.XML_SCHEMA, what, name, way_out)
    for part in parts:
        tree.remove(part)
    schema = _Schema(schema_name)
    wrong = schema.first_fault(tree, ())
    if wrong:
        code = PaperCode.XML_ELEMENT if wrong.code is RowCode.ELEMENT else PaperCode.XML_SCHEMA
        raise refused(code, wrong.what, name, wrong.way_out)
    series = tuple(Series(_tree(part), schema.first_fault(part, (root_name,))) for part in parts)
    return Parsed(_tree(tree), series)


def write_xml(*, root: Node, schema_name: str) -> bytes:
    """Write a document: UTF-8, indented, with the note on conformance.

    Guarantees: the same bytes for the same tree.
    """
    namespace = namespace_of(schema_name)
    tree = etree.Element(f"{{{namespace}}}{root.name}", nsmap={None: namespace})
    tree.append(etree.Comment(NOTE))
    _grow(tree, root.children, namespace)
    written: bytes = etree.tostring(tree, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def namespace_of(schema_name: str) -> str:
    """Name the namespace of a document.

    >>> namespace_of("bid")
    'urn:kezek:market:bid:1'
    """
    return f"urn:kezek:market:{schema_name}:1"


def schema_text(schema_name: str) -> bytes:
    """Give the text of a schema that ships with Kezek: "bid", "acknowledgement", "allocation", "settlement"."""
    return resources.files("kezek.documents").joinpath("schemas", f"{schema_name}.xsd").read_bytes()


def _require_plain(data: bytes, name: str) -> None:
    """Refuse other encodings and any DOCTYPE or entity before a parser sees them.

    Raises:
        InputProblem: documents.paper.encoding, nul, documents.xml.doctype.
    """
    if b"\x00" in data:
        raise refused(PaperCode.NUL, "The file holds NUL bytes: it is not UTF-8 text.", name, "Save it as UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refused(PaperCode.ENCODING, "The file is not UTF-8.", name, "Save it as UTF-8.") from None
    declared = _DECLARED.match(text)
    if declared and declared[1].lower() not in ("utf-8", "us-ascii"):
        what = f"The file declares the encoding {shown(declared[1])}."
        raise refused(PaperCode.ENCODING, what, name, "Save it as UTF-8 and declare that.")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        what = "The file holds a DOCTYPE or an entity declaration."
        raise refused(PaperCode.XML_DOCTYPE, what, name, "Leave it out: the documents of the market need none.")


def _parsed(data: bytes, name: str) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        what = f"Line {error.lineno} is not well-formed XML: {_plain(str(error.msg))}."
        raise refused(PaperCode.XML_FORM, what, name, "Correct the line, or write the file anew.") from None


def _refuse_attributes(tree: etree._Element, name: str) -> None:
    for element in tree.iter():
        for attribute in element.attrib:
            what = f"Line {element.sourceline}: {_plain(element.tag)} has the attribute {shown(_plain(attribute))}."
            raise refused(PaperCode.XML_ATTRIBUTE, what, name, "Leave it out: the documents have no attributes.")


class _Schema:
    """A schema of ours, compiled, and the names that it knows."""

    def __init__(self, schema_name: str) -> None:
        source = etree.fromstring(schema_text(schema_name))
        self._compiled = etree.XMLSchema(source)
        self._known = {f"{{{namespace_of(schema_name)}}}{one.get('name')}" for one in source.iter(_XS_ELEMENT)}

    def first_fault(self, element: etree._Element, above: tuple[str, ...]) -> Unreadable | None:
        """Say what is wrong first with an element and what it holds: an unknown name, or a breach of the schema."""
        if self._compiled.validate(element):
            return None
        for one in element.iter():
            if one.tag not in self._known:
                return _unknown(one, above, sorted(_plain(name) for name in self._known))
        first = self._compiled.error_log[0]
        what = f"Line {first.line}: {_plain(first.message).rstrip('.')}."
        return Unreadable(RowCode.SCHEMA, what, "Compare with the schema and the example in the manual.")


def _unknown(element: etree._Element, above: tuple[str, ...], known: list[str]) -> Unreadable:
    names = [_plain(one.tag) for one in (*reversed(list(element.iterancestors())), element)]
    what = f"Line {element.sourceline}: {_plain('/'.join((*above, *names)))!r} is not known."
    return Unreadable(RowCode.ELEMENT, what, nearest(names[-1][:_MOST_NAME], known))


def _plain(text: str) -> str:
    """Take namespaces out of a name or a sentence of the parser, on one line, cut, the invisible written out."""
    seen = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text.replace("\n", " "))
    line = " ".join(_NAMESPACE.sub("", seen).split())
    return line if len(line) <= _MOST_SENTENCE else f"{line[:_MOST_SENTENCE]}…"


def _tree(element: etree._Element) -> Node:
    children = tuple(_tree(child) for child in element)
    name = str(element.tag).rpartition("}")[2]
    return Node(name, "" if children else (element.text or ""), children, element.sourceline or 0)


def _grow(parent: etree._Element, children: Sequence[Node], namespace: str) -> None:
    for child in children:
        grown = etree.SubElement(parent, f"{{{namespace}}}{child.name}")
        if child.children:
            _grow(grown, child.children, namespace)
        else:
            grown.text = child.text
