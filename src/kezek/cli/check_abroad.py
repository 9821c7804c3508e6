"""`kezek check --jurisdiction`: a miner under the book of another country; China's refuses with its reason."""

import json
import re
import sys
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kezek.cli.check_files import read_input
from kezek.cli.check_request import CheckOptions, day_of, readings_of
from kezek.cli.law import open_book
from kezek.duties.abroad import AbroadCheck, AbroadFacts, Outcome, check_abroad
from kezek.units.calendar import ALMATY
from kezek.units.problem import InputProblem, nearest

EXIT_PROHIBITED = 2
_DOLLARS = re.compile(r"^(?P<dollars>\d{1,3}(?:[ \u00a0\u202f]\d{3})*|\d+)(?:\.(?P<cents>\d{2}))? ?(?:USD|\$)$")
_KEYS = ("electricity_cost", "own_power_cost", "year", "address_reported")


@dataclass(frozen=True, slots=True)
class AbroadOptions:
    """What only a check abroad asks: costs as `1 250 000 USD`, the taxable year, whether the address was reported."""

    electricity_cost: str | None = None
    own_power_cost: str | None = None
    year: int | None = None
    address_reported: bool | None = None


def abroad_command(options: CheckOptions, abroad: AbroadOptions) -> int:
    """Check a miner abroad and print the answer. Gives the exit code: 2 where mining is prohibited, 1 for a breach.

    Raises:
        InputProblem: anything that a user can mend; duties.abroad.prohibited where the book forbids mining.
    """
    if options.explain is not None or any((options.html, options.pdf, options.ics)):
        way_out = "Leave out --explain, --html, --pdf and --ics; --json gives everything."
        raise InputProblem("cli.abroad.output", "is printed only.", options.jurisdiction, way_out)
    answer = check_abroad(
        jurisdiction=options.jurisdiction,
        on=day_of(options.as_of) or _today(),
        book=open_book(options.law, options.jurisdiction),
        facts=_facts(options, abroad),
        profile=options.profile,
        readings=readings_of(options.readings),
        accept_unconfirmed=frozenset(options.accept_unconfirmed),
    )
    if options.as_json:
        sys.stdout.write(f"{json.dumps(answer.as_dict(), ensure_ascii=False, indent=2)}\n")
    elif answer.refused:
        raise InputProblem(answer.reason, answer.sentence, "", "Nothing is computed for a mine there.")
    else:
        sys.stdout.write(_shown(answer))
    return EXIT_PROHIBITED if answer.refused else 1 if answer.outcome is Outcome.BREACHED else 0


def _today() -> date:
    return datetime.now(ALMATY).date()  # noqa: TID251 - the edge: whoever asks without a day means today


def _shown(answer: AbroadCheck) -> str:
    standing = "" if answer.is_law else "This is no law.\n"
    rows = "".join(
        f"  {row.title}: {row.says}\n    {', '.join(filter(None, (row.standing, row.source, row.at)))}\n"
        for row in answer.rows
    )
    touched = f"Depends on: {', '.join(answer.touched)}\n" if answer.touched else ""
    return f"{answer.sentence}\n{standing}{touched}\nThe book of {answer.jurisdiction} on {answer.on}\n{rows}"


def _facts(options: CheckOptions, abroad: AbroadOptions) -> AbroadFacts:
    """Put the facts of the file and of the options together; an option overrules the file."""
    said: dict[str, Any] = {}
    if options.operator is not None or options.example is not None:
        name, data = read_input(options.operator, options.example)
        said = _table(data, name)
    given = {key: value for key in _KEYS if (value := getattr(abroad, key)) is not None}
    said |= given
    costs = {key: _cents(said[key], key) for key in ("electricity_cost", "own_power_cost") if key in said}
    return AbroadFacts(
        electricity_cost_cents=costs.get("electricity_cost"),
        own_power_cost_cents=costs.get("own_power_cost", 0),
        year=said.get("year"),
        address_reported=said.get("address_reported"),
    )


def _table(data: bytes, name: str) -> dict[str, Any]:
    try:
        table = tomllib.loads(data.decode("utf-8-sig")).get("abroad")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputProblem("cli.abroad.form", f"is no TOML ({error}).", name, "Write a table [abroad].") from error
    if not isinstance(table, dict):
        way_out = 'Write [abroad] with electricity_cost = "1 250 000 USD".'
        raise InputProblem("cli.abroad.form", "has no table [abroad].", name, way_out)
    for key in table:
        if key not in _KEYS:
            raise InputProblem("cli.abroad.key", f"has no place for {key!r}.", name, nearest(key, list(_KEYS)))
    return table


def _cents(amount: object, key: str) -> int:
    found = _DOLLARS.match(amount.strip()) if isinstance(amount, str) else None
    if found is None:
        what = f"{amount!r} is no amount of dollars."
        raise InputProblem("cli.abroad.amount", what, key, 'Write it as "1 250 000 USD" or "99.50 USD".')
    return int(re.sub(r"\D", "", found["dollars"])) * 100 + int(found["cents"] or 0)
