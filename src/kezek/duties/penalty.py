"""What may follow from a breach, as far as the sources know it: two separate offences, fines, suspension, prison."""

from datetime import date

from kezek.duties.case import Case
from kezek.duties.finding import Consequence, ConsequenceKind, Finding
from kezek.law import keys
from kezek.law.absence import Unknown
from kezek.law.origin import Rounding
from kezek.law.reckon import N, half_up, most, share_of
from kezek.law.rule import UNSTATED, rule
from kezek.law.snapshot import Snapshot
from kezek.law.value import Unit as LawUnit
from kezek.law.value import Value


@rule(source="s2", at="breaches of the law", from_on=date(2023, 4, 1), unit=LawUnit.TIYN)
def administrative_fine_tiyn(*, fine_mci: N, mci_tiyn: N) -> N:
    """Fine for a breach of the digital-asset law, in monthly calculation indices. [tiyn]"""
    return fine_mci * mci_tiyn


@rule(
    source="s0",
    at="question on selling less",
    from_on=date(2024, 1, 1),
    unit=LawUnit.TIYN,
    rounding=Rounding.HALF_UP,
    rounding_at=UNSTATED,
)
def proportional_fine_tiyn(*, amount_tiyn: N, share_ppm: N) -> N:
    """Fine as a share of what was not disclosed, or not sold. [tiyn]

    >>> proportional_fine_tiyn(amount_tiyn=150, share_ppm=2_000_000)
    300
    """
    return share_of(amount_tiyn, share_ppm)


@rule(
    source="s0",
    at="question on selling less",
    from_on=date(2024, 1, 1),
    unit=LawUnit.TIYN,
    rounding=Rounding.HALF_UP,
    rounding_at=UNSTATED,
)
def undisclosed_value_tiyn(*, coin_value_tiyn: N, hidden_sat: N, received_sat: N) -> N:
    """Value on receipt of the coins that were not disclosed. [tiyn]"""
    return half_up(coin_value_tiyn * hidden_sat, most(received_sat, 1))


_ADMINISTRATIVE = (
    "licence.holder", "licence.subtype", "licence.documents", "licence.data_centre", "equipment.registered",
    "equipment.fingerprint", "equipment.site", "equipment.replacement", "pool.accredited", "energy.direct_contract",
    "energy.purchase_size", "energy.quota", "energy.source", "energy.programme", "sale.share", "sale.venue",
    "records.coins", "records.detail",
)  # fmt: skip
"""Duties of the digital-asset law: their breach may be fined and the licence suspended (S2)."""


def consequences(finding: Finding, case: Case) -> tuple[Consequence, ...]:
    """List what may follow from a breach, the heaviest first; what is not known says what is missing.

    Law: penalty.*, licence.suspension_months_*, vat.early_exit_rate_ppm, mci.tiyn.
    """
    law = case.law
    found: list[Consequence] = []
    if finding.reason == "duties.licence.not_covered":
        found += _unlicensed(law)
    if finding.reason == "duties.licence.suspended":
        found.append(Consequence(ConsequenceKind.FINE, unknown="what mining during a suspension brings"))
    if finding.reason == "duties.energy.unsourced":
        found += _flagged(law, keys.PENALTY_ENERGY_THEFT_CONFISCATION, ConsequenceKind.CONFISCATION)
    if finding.duty in _ADMINISTRATIVE:
        found += _suspension(law)
    if finding.duty == "records.coins":
        found += _nondisclosure(finding, case)
    elif finding.duty == "sale.share" and _text(law, keys.PENALTY_UNDERSALE) == "share_of_shortfall":
        found += _share(law, keys.PENALTY_UNDERSALE_PPM, finding.at_stake_tiyn or None)
    elif finding.duty in _ADMINISTRATIVE:
        found += _administrative(law)
    if finding.duty == "vat.import_lock":
        found += _early_exit(law)
    if finding.reason == "duties.fee.payment_late":
        found.append(Consequence(ConsequenceKind.UNPAID, unknown="the interest on a payment that came late"))
    if finding.at_stake_tiyn and finding.duty.startswith(("fee.", "tax.", "vat.import", "licence.fee")):
        owed = finding.at_stake_tiyn
        found.append(Consequence(ConsequenceKind.UNPAID, owed, owed, "tiyn", source=finding.source, at=finding.at))
    return tuple(found)


def _text(law: Snapshot, key: keys.Word) -> str:
    found = law.find(key)
    return found.content if isinstance(found, Value) and isinstance(found.content, str) else ""


def _unlicensed(law: Snapshot) -> list[Consequence]:
    years = law.find(keys.PENALTY_UNLICENSED_MAX_YEARS)
    prison = ConsequenceKind.PRISON
    found: list[Consequence] = []
    if isinstance(years, Value) and isinstance(years.content, int):
        found.append(Consequence(prison, None, years.content, "years", source=years.source.key, at=years.at))
    elif isinstance(years, Unknown):
        found.append(_unknown(prison, years))
    return [*found, *_flagged(law, keys.PENALTY_UNLICENSED_CONFISCATION, ConsequenceKind.CONFISCATION)]


def _flagged(law: Snapshot, key: keys.Flag, kind: ConsequenceKind) -> list[Consequence]:
    found = law.find(key)
    if isinstance(found, Value):
        return [Consequence(kind, source=found.source.key, at=found.at)] if found.content else []
    return [_unknown(kind, found)] if isinstance(found, Unknown) else []


def _suspension(law: Snapshot) -> list[Consequence]:
    possible = law.find(keys.PENALTY_SUSPENSION_POSSIBLE)
    least, most_months = law.find(keys.LICENCE_SUSPENSION_MONTHS_MIN), law.find(keys.LICENCE_SUSPENSION_MONTHS_MAX)
    if not isinstance(possible, Value) or not possible.content:
        return []
    months = [one.content for one in (least, most_months) if isinstance(one, Value) and isinstance(one.content, int)]
    low, high = months if len(months) == 2 else (None, None)
    kind = ConsequenceKind.SUSPENSION
    return [Consequence(kind, low, high, "months", source=possible.source.key, at=possible.at)]


def _administrative(law: Snapshot) -> list[Consequence]:
    """Give the range of the fine: what stands inside it, by size of business and repetition, is not known."""
    least, highest = (
        law.find(keys.PENALTY_DIGITAL_ASSET_LAW_MCI_MIN),
        law.find(keys.PENALTY_DIGITAL_ASSET_LAW_MCI_MAX),
    )
    index = law.find(keys.MCI_TIYN)
    amounts = [
        one.content for one in (least, highest, index) if isinstance(one, Value) and isinstance(one.content, int)
    ]
    kind = ConsequenceKind.FINE
    if len(amounts) < 3 or not isinstance(least, Value):
        absent = next((one for one in (least, highest, index) if isinstance(one, Unknown)), None)
        return [_unknown(kind, absent)] if absent else []
    low, high = (administrative_fine_tiyn(fine_mci=mci, mci_tiyn=amounts[2]) for mci in amounts[:2])
    inside = law.find(keys.PENALTY_DIGITAL_ASSET_LAW_MCI)
    unknown = inside.missing if isinstance(inside, Unknown) else ""
    return [Consequence(kind, low, high, "tiyn", unknown, least.source.key, least.at)]


def _share(law: Snapshot, key: keys.Amount, amount_tiyn: int | None) -> list[Consequence]:
    share = law.find(key)
    if amount_tiyn is None and isinstance(share, Value):
        missing = "the value of the coins on receipt, of which the fine is a share"
        return [Consequence(ConsequenceKind.FINE, unknown=missing, source=share.source.key, at=share.at)]
    if amount_tiyn is not None and isinstance(share, Value) and isinstance(share.content, int):
        fine = proportional_fine_tiyn(amount_tiyn=amount_tiyn, share_ppm=share.content)
        return [Consequence(ConsequenceKind.FINE, fine, fine, "tiyn", source=share.source.key, at=share.at)]
    return [_unknown(ConsequenceKind.FINE, share)] if isinstance(share, Unknown) else []


def _nondisclosure(finding: Finding, case: Case) -> list[Consequence]:
    value_tiyn, hidden_tiyn = case.book.coin_value_tiyn, None
    if value_tiyn is not None and finding.measured is not None and finding.limit is not None:
        hidden_tiyn = undisclosed_value_tiyn(
            coin_value_tiyn=value_tiyn, hidden_sat=finding.limit - finding.measured, received_sat=finding.limit
        )
    return _share(case.law, keys.PENALTY_NONDISCLOSURE_PPM, hidden_tiyn)


def _early_exit(law: Snapshot) -> list[Consequence]:
    rate = law.find(keys.VAT_EARLY_EXIT_RATE_PPM)
    return [_unknown(ConsequenceKind.UNPAID, rate)] if isinstance(rate, Unknown) else []


def _unknown(kind: ConsequenceKind, absent: Unknown) -> Consequence:
    source = absent.source.key if absent.source else ""
    return Consequence(kind, unknown=absent.missing, source=source, at=absent.at)
