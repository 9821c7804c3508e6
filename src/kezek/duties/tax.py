"""Income tax on mining, under each reading of its base."""

from kezek.duties.facts import OperatorFacts, QuarterBook
from kezek.duties.finding import Finding, Status, Unit
from kezek.duties.lens import Lens
from kezek.law import keys
from kezek.law.snapshot import Snapshot
from kezek.units.rounding import share_of


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
        return max(0, coin_value_tiyn - cost_tiyn)
    if base in ("gross", "revenue", "receipt_value"):
        return coin_value_tiyn
    raise ValueError(f"unknown tax base {base!r}")


def income_tax_tiyn(*, coin_value_tiyn: int, cost_tiyn: int, law: Snapshot) -> int:
    """Compute income tax under the chosen reading, rounded half up. [tiyn]

    Law: tax.income_base, tax.income_rate_ppm.
    """
    base = law.text(keys.TAX_INCOME_BASE)
    base_tiyn = tax_base_tiyn(coin_value_tiyn=coin_value_tiyn, cost_tiyn=cost_tiyn, base=base)
    return share_of(base_tiyn, law.amount(keys.TAX_INCOME_RATE_PPM))


def compliance_cost_tiyn(*, coin_value_tiyn: int, cost_tiyn: int, law: Snapshot) -> int:
    """Compute what compliance costs an operator by the article's calculator, rounded half up. [tiyn]

    Law: compliance.base, compliance.rate_ppm.
    """
    base = law.text(keys.COMPLIANCE_BASE)
    base_tiyn = tax_base_tiyn(coin_value_tiyn=coin_value_tiyn, cost_tiyn=cost_tiyn, base=base)
    return share_of(base_tiyn, law.amount(keys.COMPLIANCE_RATE_PPM))


def income_tax_declared(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether the income tax declared for the period covers what the books come to.

    No source gives a day for it, so only the amount of a closed quarter is judged.
    """
    if not facts.is_closed(book):
        return Finding("tax.income", str(book.quarter), Status.NOT_APPLICABLE, "duties.tax.period_open")
    law = lens.on(book.last_on)
    rule = law.require(keys.TAX_INCOME_RATE_PPM)
    owed_tiyn = income_tax_tiyn(coin_value_tiyn=book.coin_value_tiyn, cost_tiyn=book.cost_tiyn, law=law)
    short_tiyn = max(0, owed_tiyn - book.tax_declared_tiyn)
    return Finding(
        duty="tax.income",
        period=str(book.quarter),
        status=Status.BREACHED if short_tiyn else Status.MET,
        reason="duties.tax.short" if short_tiyn else "duties.tax.covered",
        measured=book.tax_declared_tiyn,
        limit=owed_tiyn,
        unit=Unit.TIYN,
        source=rule.source.key,
        at=rule.at,
        at_stake_tiyn=short_tiyn,
    )
