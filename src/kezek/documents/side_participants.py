"""Who takes part in a session: a row for each site, the rows of one operator joined."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import partial
from typing import Any

from kezek.documents.fault import Limits, RowCode, Unreadable
from kezek.documents.side_reading import (
    NumberedFault,
    NumberedRow,
    SideTable,
    optional,
    optional_text,
    read_side,
    require_readable,
)
from kezek.documents.table_shape import TableShape
from kezek.documents.value import read_date, read_id, read_quantity, read_text, read_word, read_zone
from kezek.registry.licence import Subtype
from kezek.registry.operator import Route
from kezek.registry.zone import Zone


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site of a participant; its power is 0 only for a subtype II. [kW]"""

    site_id: str
    zone: Zone
    power_kw: int
    route: Route


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """A participant with all its rows joined.

    Args:
        licence_until: Day after the last.
        suspensions: From and until (exclusive); none or one.
        host_id, beneficial_owner_id: "" where the table says nothing.
        sites: In the order of the rows; empty for a subtype II without one.
    """

    operator_id: str
    name: str
    licence_no: str
    subtype: Subtype
    licence_from: date
    licence_until: date
    suspensions: tuple[tuple[date, date], ...]
    terminated_on: date | None
    host_id: str
    beneficial_owner_id: str
    sites: tuple[SiteRow, ...]


_Group = dict[str, NumberedRow[ParticipantRow]]
"""Rows of one operator by the id of their site, "" for none."""


def read_participants(*, data: bytes, name: str, limits: Limits) -> tuple[ParticipantRow, ...]:
    """Read who takes part; the rows of one operator are joined, in the order of their first rows.

    Raises:
        InputProblem: documents.side.rows where any row is faulty; documents.paper.*, documents.column.*,
            documents.csv.*, documents.xlsx.* where nothing can be read.
    """
    lines, faults = read_side(data=data, table=PARTICIPANTS, name=name, limits=limits)
    row_count = len(lines) + len(faults)
    operators: dict[str, _Group] = {}
    for line in lines:
        group = operators.setdefault(line.row.operator_id, {})
        site_id = line.row.sites[0].site_id if line.row.sites else ""
        wrong = _wrong_beside(line, site_id, group)
        if wrong:
            faults.append(NumberedFault(line.number, wrong))
        else:
            group[site_id] = line
    faults.sort(key=lambda one: one.number)
    require_readable(faults=faults, row_count=row_count, name=name)
    return tuple(_joined(group) for group in operators.values())


def _wrong_beside(line: NumberedRow[ParticipantRow], site_id: str, group: _Group) -> Unreadable | None:
    """Say what is wrong with a row beside earlier rows of the same operator; they agree among themselves."""
    if not group:
        return None
    other = next(iter(group.values()))
    who = f"operator {line.row.operator_id}"
    differing = (name for name in _OPERATOR_FIELDS if getattr(line.row, name) != getattr(other.row, name))
    field = next(differing, None)
    if field:
        what = f"Rows {other.number} and {line.number} are of {who}, but differ in {field}."
        return Unreadable(RowCode.SIDE_DIFFERS, what, "Rows of one operator differ only in their site.")
    if site_id in group:
        what = (
            f"{f'Site {site_id}' if site_id else 'No site'} of {who} stands in row {group[site_id].number} already."
        )
        return Unreadable(RowCode.SIDE_TWICE, what, "Keep one of the two rows.")
    if not site_id or "" in group:
        what = f"Rows {other.number} and {line.number} are of {who}, but one of them has no site."
        return Unreadable(RowCode.SIDE_CONTRADICTS, what, "An operator without a site has one row.")
    return None


def _joined(group: _Group) -> ParticipantRow:
    lines = list(group.values())
    return replace(lines[0].row, sites=tuple(site for one in lines for site in one.row.sites))


def _participant(_: str, values: Mapping[str, Any]) -> ParticipantRow:
    """Make a participant of one row, with at most one site."""
    _require_order(values["licence_from"], values["licence_until"], "licence")
    same = {name: values[name] for name in ("operator_id", *_OPERATOR_FIELDS) if name in values}
    suspensions = _suspensions(values["suspended_from"], values["suspended_until"])
    return ParticipantRow(**same, suspensions=suspensions, sites=_sites(values))


def _require_order(from_on: date, until_on: date, of: str) -> None:
    if from_on >= until_on:
        what = f"{of}_from {from_on} is not before {of}_until {until_on}."
        raise Unreadable(RowCode.DATE, what, f"{of}_until is the day after the last.")


def _suspensions(from_on: date | None, until_on: date | None) -> tuple[tuple[date, date], ...]:
    if from_on is None and until_on is None:
        return ()
    if from_on is None or until_on is None:
        what = "Of suspended_from and suspended_until only one is given."
        raise Unreadable(RowCode.SIDE_CONTRADICTS, what, "Give both, or leave both empty.")
    _require_order(from_on, until_on, "suspended")
    return ((from_on, until_on),)


def _sites(values: Mapping[str, Any]) -> tuple[SiteRow, ...]:
    """Make the site of a row, or none for a subtype II whose cells of a site are empty or 0."""
    site = {column: values[column] for column in _SITE_COLUMNS}
    tenant = values["subtype"] is Subtype.II
    if tenant and not any(site.values()):
        return ()
    missing = next((column for column, value in site.items() if value in (None, "")), None)
    if missing:
        what = f"{missing} is empty, but the row is not that of a subtype II without a site."
        way_out = "Give site_id, zone, power_kw and route; a subtype II may leave all four empty, or power_kw 0."
        raise Unreadable(RowCode.SIDE_CONTRADICTS, what, way_out)
    if not site["power_kw"] and not tenant:
        raise Unreadable(
            RowCode.ZERO, "power_kw is zero.", "Write the licensed power; only a subtype II may have none."
        )
    return (SiteRow(**site),)


_SITE_COLUMNS = ("site_id", "zone", "power_kw", "route")
_OPERATOR_FIELDS = tuple(one.name for one in fields(ParticipantRow) if one.name not in ("operator_id", "sites"))
"""In what the rows of one operator must agree."""
PARTICIPANTS = SideTable(
    shape=TableShape(
        subject="participants",
        sheet="Participants",
        required=(
            "operator_id",
            "name",
            "licence_no",
            "subtype",
            "licence_from",
            "licence_until",
            "host_id",
            "beneficial_owner_id",
            *_SITE_COLUMNS,
        ),
        optional=("suspended_from", "suspended_until", "terminated_on"),
        numbers=("power_kw",),
        dates=("licence_from", "licence_until", "suspended_from", "suspended_until", "terminated_on"),
        free=("name",),
    ),
    readers={
        "operator_id": partial(read_id, of="operator_id"),
        "name": partial(read_text, of="name"),
        "licence_no": partial(read_id, of="licence_no"),
        "subtype": partial(read_word, of="subtype", known=Subtype),
        "licence_from": partial(read_date, of="licence_from"),
        "licence_until": partial(read_date, of="licence_until"),
        "host_id": optional_text(partial(read_id, of="host_id")),
        "beneficial_owner_id": optional_text(partial(read_id, of="beneficial_owner_id")),
        "site_id": optional_text(partial(read_id, of="site_id")),
        "zone": optional(read_zone),
        "power_kw": optional(partial(read_quantity, of="power_kw", unit="kW", zero_allowed=True)),
        "route": optional(partial(read_word, of="route", known=Route)),
        "suspended_from": optional(partial(read_date, of="suspended_from")),
        "suspended_until": optional(partial(read_date, of="suspended_until")),
        "terminated_on": optional(partial(read_date, of="terminated_on")),
    },
    build=_participant,
    key=(),
    examples=(
        (
            *("OP-001", 'ТОО "Сарыарқа Қуат"', "L-0001", "I", "2024-01-01", "2027-01-01", "", "HOLDING-1"),
            *("SITE-1", "west", "40000", "grid_surplus", "2025-03-01", "2025-04-01", ""),
        ),
        (
            *("TENANT-9", 'ТОО "Хеш, сервис"', "L-0009", "II", "2025-01-01", "2028-01-01", "OP-001", ""),
            *("", "", "0", "", "", "", "2025-12-01"),
        ),
    ),
)
"""How the table is read and written to be filled."""
