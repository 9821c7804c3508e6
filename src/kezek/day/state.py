"""What a day has come to: filled by the engine, read by tables, summary and report."""

from dataclasses import dataclass, field

from kezek.day.events import Payout, Revision, Supply
from kezek.duties.check import Verdict
from kezek.metering.reading import MeterReading
from kezek.registry.operator import Operator
from kezek.trading.state import TradingState


@dataclass(slots=True)
class DayState(TradingState):
    """Everything that the day came to: the session, and what lies before and behind it."""

    operators: dict[str, Operator] = field(default_factory=dict)
    supplies: dict[str, Supply] = field(default_factory=dict)
    revisions: list[Revision] = field(default_factory=list)
    readings: list[MeterReading] = field(default_factory=list)
    payouts: list[Payout] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)


def verdict_body(verdict: Verdict) -> dict[str, object]:
    """Write a verdict for the log: each finding with what was measured and the readings that would change it."""
    findings = [
        [one.duty, one.period, one.status, one.reason, one.measured, one.limit, list(one.changes)]
        for one in verdict.findings
    ]
    return {"operator_id": verdict.operator_id, "status": verdict.status, "findings": findings}
