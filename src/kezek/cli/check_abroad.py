"""`kezek check --jurisdiction`: a miner under the book of another country; China's refuses with its reason."""

import re
import tomllib
from math import prod
from typing import Any

from kezek.cli.asked import day_of, readings_of, today
from kezek.cli.check_files import read_input, text_of
from kezek.cli.check_request import CheckOptions, require_sense
from kezek.cli.law import open_book
from kezek.cli.output import forgiving, write, write_json
from kezek.duties.abroad import AbroadCheck, AbroadFacts, Outcome, check_abroad
from kezek.units.problem import InputProblem, nearest

EXIT_PROHIBITED = 2
_DOLLARS = re.compile(r"^(?P<dollars>\d{1,3}(?:[ \u00a0\u202f]\d{3})*|\d+)(?:\.(?P<cents>\d{2}))? ?(?:USD|\$)$")
_RANGE = " Over all readings: "
"""What begins the range of a figure in an answer's sentence."""
_KEYS = ("electricity_cost", "own_power_cost", "year", "address_reported")


def abroad_command(options: CheckOptions) -> int:
    """Check a miner abroad and print the answer. Gives the exit code: 2 where mining is prohibited, 1 for a breach.

    A prohibition is the answer to whatever else was asked.

    Raises:
        InputProblem: anything that a user can mend; duties.abroad.prohibited where the book forbids mining.
    """
    if options.jurisdiction == "cn":
        answer = _judged(options, AbroadFacts())
        if answer.refused:
            return _told(options, answer)
    require_sense(options)
    if options.start.named:
        raise InputProblem("cli.abroad.output", "is for kz only.", options.start.named, "Leave it out.")
    if options.explain is not None or any((options.html, options.pdf, options.ics)):
        way_out = "Leave out --explain, --html, --pdf and --ics; --json gives everything."
        raise InputProblem("cli.abroad.output", "is printed only.", options.jurisdiction, way_out)
    if options.known_on is not None:
        way_out = "Leave it out."
        raise InputProblem("cli.abroad.output", "--known-on is for kz only.", options.jurisdiction, way_out)
    return _told(options, _judged(options, _facts(options)))


def _judged(options: CheckOptions, facts: AbroadFacts) -> AbroadCheck:
    return check_abroad(
        jurisdiction=options.jurisdiction,
        on=day_of(options.as_of) or today(),
        book=open_book(options.law, options.jurisdiction),
        facts=facts,
        profile=options.profile,
        readings=readings_of(options.readings),
        accept_unconfirmed=frozenset(options.accept_unconfirmed),
    )


def _told(options: CheckOptions, answer: AbroadCheck) -> int:
    if answer.refused and not options.as_json:
        raise InputProblem(answer.reason, answer.sentence, "", "Nothing is computed for a mine there.")
    with forgiving():
        if options.as_json:
            write_json(answer.as_dict())
        else:
            write(_shown(answer))
    return EXIT_PROHIBITED if answer.refused else 1 if answer.outcome is Outcome.BREACHED else 0


def _shown(answer: AbroadCheck) -> str:
    standing = "" if answer.is_law else "This is no law.\n"
    rows = "".join(
        f"  {row.title}: {row.says}\n    {', '.join(filter(None, (row.standing, row.source, row.at)))}\n"
        for row in answer.rows
    )
    sentence, ranged, _ = answer.sentence.partition(_RANGE)
    said = f"{sentence}\n{_over_readings(answer)}" if ranged else sentence
    touched = f"Depends on: {', '.join(answer.touched)}\n" if answer.touched else ""
    return f"{said}\n{standing}{touched}\nThe book of {answer.jurisdiction} on {answer.on}\n{rows}"


def _over_readings(answer: AbroadCheck) -> str:
    """Say the range of the figure over all readings, and together which of them give none, a position a line."""
    found: Any = answer.details
    least, most = (f"{cents // 100:,}.{cents % 100:02d}" for cents in (found["least_cents"], found["most_cents"]))
    lines = [f"Over all readings: ${least}" if least == most else f"Over all readings: ${least} to ${most}"]
    without: dict[str, list[dict[str, str]]] = {}
    for one in found["readings"]:
        if isinstance(one["excise_cents"], dict):
            why = "not known" if "unknown" in one["excise_cents"]["absent"] else "none"
            without.setdefault(why, []).append(one["positions"])
    every = _positions([one["positions"] for one in found["readings"]])
    lines += [f"  {why} under {_together(chosen, every)}" for why, chosen in without.items()]
    return "\n".join(lines)


def _positions(chosen: list[dict[str, str]]) -> dict[str, list[str]]:
    questions = dict.fromkeys(question for one in chosen for question in one)
    return {question: list(dict.fromkeys(one[question] for one in chosen)) for question in questions}


def _together(chosen: list[dict[str, str]], every: dict[str, list[str]]) -> str:
    """Name combinations of positions together; a question of which every position is among them is left out."""
    mine = _positions(chosen)
    whole = len(chosen) == prod(map(len, mine.values()))
    told = {question: positions for question, positions in mine.items() if not whole or positions != every[question]}
    said = " with ".join(f"{question} = {' or '.join(positions)}" for question, positions in told.items())
    return said if whole else f"some combinations of {said}"


def _facts(options: CheckOptions) -> AbroadFacts:
    """Put the facts of the file and of the options together; an option overrules the file."""
    said: dict[str, Any] = {}
    if options.operator is not None or options.example is not None:
        name, data = read_input(options.operator, options.example)
        said = _table(data, name)
    given = {key: value for key in _KEYS if (value := getattr(options.abroad, key)) is not None}
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
        table = tomllib.loads(text_of(data, name)).get("abroad")
    except (ValueError, RecursionError) as error:
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
