"""The case files as a page of the manual: what was worked, from which paper, and what comes out.

python -c "import sys; from tests.spec.manual import worked_examples_page; sys.stdout.write(worked_examples_page())"
"""

from tests.spec.specs import case_specs, pages, timeline_specs
from tests.spec.thresholds import threshold_specs

from kezek.units.calendar import Quarter

_HEAD = """# Worked examples

Each case changes a few facts of one clean operator. What must come out was worked by hand from the papers named.
Made from `tests/spec/cases`; do not edit. Each amount is a whole number of its unit; money is in tiyn, a hundredth of
a tenge.
"""
_TABLE = """
| case | period | under | duty | result | measured | limit | what follows | other under |
|---|---|---|---|---|---|---|---|---|
"""
_COMPUTED = """
| case | under | calculation | result |
|---|---|---|---|
"""


def worked_examples_page():
    """Write all case files as Markdown."""
    parts = [_HEAD, _totals()]
    parts += [_page(stem, page) for stem, page in pages().items()]
    return "".join(parts)


def _totals():
    cases, timelines, thresholds = case_specs(), timeline_specs(), threshold_specs()
    return (
        f"\n{len(cases)} answers in {len(pages())} files are listed here. {len(thresholds)} more stand one unit\n"
        f"under each limit, on it and over it; {len(timelines)} a day before a change of the law, on it and after.\n"
    )


def _page(stem, page):
    specs = [spec for spec in case_specs() if spec.name.startswith(f"{stem}-") and spec.name[len(stem) + 1].isdigit()]
    text = f"\n## {page['title']}\n\nSource: {page['source']}.\n\nWorked: {page['worked']}\n"
    judged = [_row(stem, spec) for spec in specs if spec.duty]
    computed = [_computed(stem, spec) for spec in specs if spec.compute]
    text += _TABLE + "".join(judged) if judged else ""
    return text + (_COMPUTED + "".join(computed) if computed else "")


def _case(stem, spec):
    """The variant's name: the specification's is `<file>-<number>-<variant>-<what is asked>`."""
    name = spec.name.removeprefix(f"{stem}-").partition("-")[2]
    return name.rpartition(f"-{spec.duty or spec.compute}")[0]


def _law(spec):
    return ", ".join(
        [*([spec.profile] if spec.profile != "described" else []), *map("=".join, spec.readings.items())]
    )


def _row(stem, spec):
    said = spec.expected
    changes = said.get("changes", {})
    cells = (
        _case(stem, spec),
        spec.period or f"on {spec.facts.as_of_on}",
        _law(spec),
        f"`{spec.duty}`",
        f"{said['status'].replace('_', ' ')}: `{said['reason']}`{_due(said)}",
        _amount(said.get("measured"), said.get("unit", "")),
        _amount(said.get("limit"), said.get("unit", "")),
        "; ".join(said.get("consequences", ())),
        "; ".join(f"{change}: {status.replace('_', ' ')}" for change, status in changes.items()),
    )
    return _cells(cells)


def _due(said):
    return f", due {said['deadline_on']}" if said.get("deadline_on") else ""


def _computed(stem, spec):
    asked = f"{spec.compute} on {spec.at}" if spec.at else spec.compute
    quarter = f" of {Quarter.of(spec.facts.books[-1].last_on)}" if not spec.at else ""
    result = spec.expected["result"]
    if isinstance(result, dict):
        result = "; ".join(
            f"{name} {', '.join(one) if isinstance(one, list) else one}" for name, one in result.items()
        )
    return _cells((_case(stem, spec), _law(spec), f"`{asked}`{quarter}", str(result)))


def _amount(amount, unit):
    return "" if amount is None else f"{amount:,} {unit}".replace(",", " ").strip()


def _cells(cells):
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"
