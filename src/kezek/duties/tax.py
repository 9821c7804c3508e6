"""Income tax on mining, under each reading of its base."""

from datetime import date

from kezek.duties.case import Case, duty
from kezek.duties.finding import Finding, Status, Unit
from kezek.law import keys
from kezek.law.origin import Rounding
from kezek.law.reckon import N, most, share_of
from kezek.law.rule import UNSTATED, rule
from kezek.law.snapshot import Snapshot
from kezek.law.value import Unit as LawUnit


@rule(source="s1", at="calculator", from_on=date(2020, 1, 1), unit=LawUnit.TIYN)
def profit_tiyn(*, coin_value_tiyn: N, cost_tiyn: N) -> N:
    """Profit: value of the coins less costs; a loss is no negative profit. [tiyn]

    >>> profit_tiyn(coin_value_tiyn=100, cost_tiyn=90), profit_tiyn(coin_value_tiyn=90, cost_tiyn=100)
    (10, 0)
    """
    return most(coin_value_tiyn - cost_tiyn, 0)


@rule(
    source="fintax_2025", at="coins at their official value on receipt", from_on=date(2020, 1, 1), unit=LawUnit.TIYN
)
def receipts_tiyn(*, coin_value_tiyn: N) -> N:
    """Receipts: value of the coins, no costs taken off. [tiyn]"""
    return coin_value_tiyn


@rule(
    source="s1",
    at="calculator",
    from_on=date(2020, 1, 1),
    unit=LawUnit.TIYN,
    rounding=Rounding.HALF_UP,
    rounding_at=UNSTATED,
)
def share_of_base_tiyn(*, base_tiyn: N, rate_ppm: N) -> N:
    """Share of what a tax or a cost is taken of. [tiyn]

    >>> share_of_base_tiyn(base_tiyn=1_000, rate_ppm=150_000)
    150
    """
    return share_of(base_tiyn, rate_ppm)


def tax_on_profit_tiyn(*, coin_value_tiyn: N, cost_tiyn: N, rate_ppm: N) -> N:
    """Compute a tax on profit in one go, for one case or for columns. [tiyn]

    >>> tax_on_profit_tiyn(coin_value_tiyn=2_000, cost_tiyn=1_000, rate_ppm=150_000)
    150
    """
    base_tiyn = profit_tiyn(coin_value_tiyn=coin_value_tiyn, cost_tiyn=cost_tiyn)
    return share_of_base_tiyn(base_tiyn=base_tiyn, rate_ppm=rate_ppm)


def tax_base_tiyn(*, coin_value_tiyn: int, cost_tiyn: int, base: str) -> int:
    """Compute what income tax is charged on. [tiyn]

    `profit`: value of coins less costs, never under zero. `gross`, `revenue`, `receipt_value`: the value of the
    coins, no costs taken off.

    Raises:
        ValueError: a base that no reading knows.

    >>> [tax_base_tiyn(coin_value_tiyn=100, cost_tiyn=90, base=b) for b in ("profit", "gross", "receipt_value")]
    [10, 100, 100]
    """
    if base == "profit":
        return profit_tiyn(coin_value_tiyn=coin_value_tiyn, cost_tiyn=cost_tiyn)
    if base in ("gross", "revenue", "receipt_value"):
        return receipts_tiyn(coin_value_tiyn=coin_value_tiyn)
    raise ValueError(f"unknown tax base {base!r}")


def income_tax_tiyn(*, coin_value_tiyn: int, cost_tiyn: int, law: Snapshot) -> int:
    """Compute income tax under the chosen reading, rounded half up. [tiyn]

    Law: tax.income_base, tax.income_rate_ppm.
    """
    base = law.text(keys.TAX_INCOME_BASE)
    base_tiyn = tax_base_tiyn(coin_value_tiyn=coin_value_tiyn, cost_tiyn=cost_tiyn, base=base)
    return share_of_base_tiyn(base_tiyn=base_tiyn, rate_ppm=law.amount(keys.TAX_INCOME_RATE_PPM))


def compliance_cost_tiyn(*, coin_value_tiyn: int, cost_tiyn: int, law: Snapshot) -> int:
    """Compute what compliance costs an operator by the article's calculator, rounded half up. [tiyn]

    Law: compliance.base, compliance.rate_ppm.
    """
    base = law.text(keys.COMPLIANCE_BASE)
    base_tiyn = tax_base_tiyn(coin_value_tiyn=coin_value_tiyn, cost_tiyn=cost_tiyn, base=base)
    return share_of_base_tiyn(base_tiyn=base_tiyn, rate_ppm=law.amount(keys.COMPLIANCE_RATE_PPM))


def _owed_tiyn(case: Case) -> int:
    base = case.law.text(keys.TAX_INCOME_BASE)
    value_tiyn = case.fact(case.book.coin_value_tiyn, "coin_value_tiyn")
    cost_tiyn = case.fact(case.book.cost_tiyn, "cost_tiyn") if base == "profit" else 0
    base_tiyn = tax_base_tiyn(coin_value_tiyn=value_tiyn, cost_tiyn=cost_tiyn, base=base)
    return share_of_base_tiyn(base_tiyn=base_tiyn, rate_ppm=case.amount(keys.TAX_INCOME_RATE_PPM))


@duty("tax.income", keys.TAX_INCOME_BASE, keys.TAX_INCOME_RATE_PPM)
def income_tax_declared(case: Case) -> Finding:
    """Judge whether the income tax declared for the period covers what the books come to.

    No source gives a day for it, so only the amount of a closed quarter is judged.
    """
    if not case.closed:
        return case.no_duty("duties.tax.period_open")
    rule = case.law.require(keys.TAX_INCOME_RATE_PPM)
    owed_tiyn = _owed_tiyn(case)
    declared_tiyn = case.fact(case.book.tax_declared_tiyn, "tax_declared_tiyn")
    short = declared_tiyn < owed_tiyn
    return case.finding(
        Status.BREACHED if short else Status.MET,
        "duties.tax.short" if short else "duties.tax.covered",
        rule=rule,
        measured=declared_tiyn,
        limit=owed_tiyn,
        unit=Unit.TIYN,
        at_stake_tiyn=most(owed_tiyn - declared_tiyn, 0),
    )


DUTIES = (income_tax_declared,)
"""Duties of this room, in the order in which they are shown."""
