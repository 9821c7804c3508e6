"""Every value of the law that a duty or an amount reads, changed by one unit; a case must notice each change."""

import re
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from functools import cache

from tests.spec.specs import Lenses, case_specs, holds, timeline_specs
from tests.spec.thresholds import threshold_specs

from kezek.duties.check import DUTIES
from kezek.law.book import load_book
from kezek.law.value import Missing, Scale, Unlimited

CONSEQUENCES = (
    "licence.suspension_months_max",
    "licence.suspension_months_min",
    "penalty.digital_asset_law_mci",
    "penalty.digital_asset_law_mci_max",
    "penalty.digital_asset_law_mci_min",
    "penalty.energy_theft_confiscation",
    "penalty.nondisclosure_ppm",
    "penalty.suspension_possible",
    "penalty.undersale",
    "penalty.undersale_ppm",
    "penalty.unlicensed_confiscation",
    "penalty.unlicensed_max_years",
    "vat.early_exit_rate_ppm",
)
"""Keys that what follows from a breach is looked up by."""
AMOUNTS = (
    "compliance.base",
    "compliance.rate_ppm",
    "compliance.small_operator_rigs_max",
    "compliance.small_operator_share_max_ppm",
    "compliance.small_operator_share_min_ppm",
    "mci.tiyn",
)
"""Keys of amounts that no duty judges."""

UNREAD = {
    "fee.volume": "a duty stands in it; that energy is metered in kWh is for people to look up",
    "licence.active_count": "a count limits nothing, and no source gives the number it would be held against",
    "licence.subtypes": "a duty stands in it; the two subtypes are the type of a licence",
    "rebate.renewable_fee_credit_kind": "a maximum and a fixed share bound a claim alike",
    "vat.lock_inspected": "that machines may be looked for is a note in the explanation",
}
"""Keys whose words stand for people to look up: no amount and no verdict depends on them, only on their dates."""
UNSEEN = {
    r"compliance.rate_ppm\[1\] .*s1_text": "the base of that reading stops the calculation before its rate is asked",
    r"deadline.non_business_day\[.*from_on": "no deadline of a quarter that ends on its first day falls on a day off",
    r"energy.exempt_routes\[0\].*without own_": "the list spares own power as a whole while anything stands in it",
    r"licence.tax_prepayment_ppm\[0\].*one less": "a share under zero is none",
    r"licence.tax_prepayment_ppm\[1\].*one (more|less)": "a claim without a base: no amount is taken of it",
    r"penalty.undersale\[0\].*from_on": "where nothing is said, the fine is the administrative one as well",
    r"vat.import_lock_years\[2\].*one less": "a lock under zero is none",
    r"vat.lock_bars\[[01]\].*(from_on|until_on)": "where nothing is said of kinds, every departure is barred",
    r"vat.lock_bars\[2\].*from_on": "a lock of no years is over on its first day, whatever it bars",
    r"vat.lock_inspected\[.*_on": "a note in the explanation moves no verdict",
    r"(licence.active_count|rebate.renewable_fee_credit_kind)\[.*_on": "nothing asks for it",
}
"""Changes that no case can notice, by pattern, each with its reason."""
WORDS = {
    "as_written": "next_business_day",
    "next_business_day": "as_written",
    "calendar_quarter": "calendar_year",
    "calendar_year": "calendar_quarter",
    "coins_received": "coins_mined",
    "coins_mined": "coins_received",
    "profit": "gross",
    "gross": "profit",
    "receipt_value": "profit",
    "revenue": "profit",
    "proposal": "in_force",
    "in_force": "proposal",
    "new_output": "capacity",
    "capacity": "new_output",
    "administrative_fine": "share_of_shortfall",
    "share_of_shortfall": "administrative_fine",
}
"""A word that a calculation knows, to another that it knows."""
_DUE = re.compile(r"^\d-\d+$")
DAY = timedelta(days=1)


@cache
def judged_keys():
    """Every key that may reach an amount or a verdict."""
    return tuple(sorted({key for duty in DUTIES.values() for key in duty.reads} | {*CONSEQUENCES, *AMOUNTS}))


@cache
def specs_by_key():
    """Which specifications may notice a change of a key: those whose duty may ask it, and calculations."""
    found = defaultdict(list)
    for spec in (*case_specs(), *threshold_specs(), *timeline_specs()):
        if spec.compute:
            keys = {
                "income_tax_tiyn": ("tax.income_base", "tax.income_rate_ppm"),
                "five_indices_tiyn": ("mci.tiyn",),
            }.get(spec.compute, [key for key in AMOUNTS if key.startswith("compliance")])
        else:
            keys = DUTIES[spec.duty].reads
            if spec.expected.get("consequences"):
                keys = {*keys, *CONSEQUENCES, "mci.tiyn"}
        for key in keys:
            found[key].append(spec)
    return found


def contents(content):
    """Give a value's content changed by one unit, each change with its name."""
    if isinstance(content, bool):
        yield "flag", not content
    elif isinstance(content, int):
        yield from (("one more", content + 1), ("one less", content - 1))
    elif isinstance(content, str):
        yield "word", _other_word(content)
    elif isinstance(content, tuple):
        yield from ((f"without {one}", tuple(other for other in content if other != one)) for one in content)
    elif isinstance(content, Scale):
        yield from _scales(content)
    elif isinstance(content, Missing):
        yield "known as 1", 1
    elif isinstance(content, Unlimited):
        yield "limited to 1", 1


def _other_word(word):
    if _DUE.match(word):
        months, day = word.split("-")
        return f"{months}-{int(day) - 1}"
    return WORDS.get(word, "something_else")


def _scales(scale):
    rows = scale.bands
    for n, row in enumerate(rows):
        if isinstance(row.content, int):
            for step in (1, -1):
                other = replace(row, content=row.content + step)
                yield f"row {row.from_amount} by {step}", replace(scale, bands=(*rows[:n], other, *rows[n + 1 :]))
        if n:
            for step in (1, -1):
                before = replace(rows[n - 1], until_amount=row.from_amount + step)
                moved = replace(row, from_amount=row.from_amount + step)
                changed = (*rows[: n - 1], before, moved, *rows[n + 1 :])
                yield f"threshold {row.from_amount} by {step}", replace(scale, bands=changed)


def _named(key, n, value):
    held = f" {value.reading}" if value.reading else ""
    return f"{key}[{n}] {value.from_on}{held}"


@cache
def nudges(key):
    """List the changes of one quantity: name to the value's place and the values that stand for the change.

    A change of a date counts as noticed if the day before or the day after is noticed: outside both, nothing is.
    """
    found = {}
    for n, value in enumerate(load_book().quantities[key].values):
        name = _named(key, n, value)
        for what, content in contents(value.content):
            found[f"{name}: {what}"] = (n, (replace(value, content=content),))
        for field in ("from_on", "until_on"):
            on = getattr(value, field)
            if on is not None:
                moved = tuple(replace(value, **{field: on + step * DAY}) for step in (1, -1))
                found[f"{name}: {field}"] = (n, moved)
    return found


def with_value(book, key, n, value):
    """Give a book that differs in one value."""
    quantity = book.quantities[key]
    values = (*quantity.values[:n], value, *quantity.values[n + 1 :])
    return replace(book, quantities={**book.quantities, key: replace(quantity, values=values)})


def noticed(key, name):
    """Tell whether some case fails once a value is changed."""
    n, others = nudges(key)[name]
    specs = specs_by_key()[key]
    for value in others:
        lenses = Lenses(with_value(load_book(), key, n, value))
        if any(not holds(spec, lenses) for spec in specs):
            return True
    return False


def excused(key, name):
    """Tell why a change may go unnoticed; "" where it may not."""
    dated = name.endswith(("from_on", "until_on"))
    if key in UNREAD and not dated:
        return UNREAD[key]
    return next((why for pattern, why in UNSEEN.items() if re.match(pattern, name)), "")


def share_of_keys(part, parts):
    """Give every n-th key, so that the work spreads over processes."""
    return judged_keys()[part::parts]


def check_key(key):
    """Assert that each change of a quantity is noticed by a case, and each excused one by none."""
    unnoticed = [name for name in nudges(key) if not excused(key, name) and not noticed(key, name)]
    assert unnoticed == []
    needless = [name for name in nudges(key) if excused(key, name) and noticed(key, name)]
    assert needless == [], "listed as unread, but a case notices it"
