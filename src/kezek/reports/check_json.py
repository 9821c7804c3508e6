"""A verdict as JSON: the same as on the page, in whole numbers with their units, texts, flags, lists and tables."""

from typing import Any

from kezek.duties.dues import Due
from kezek.duties.explain import Explanation, as_json
from kezek.duties.finding import Consequence, Otherwise
from kezek.reports.check_model import AheadView, CheckView, DutyView, FindingView, Shift

FORMAT = "kezek.check/1"


def check_json(view: CheckView) -> dict[str, Any]:
    """Write a verdict as one object.

    Guarantees: no floats; the same verdict gives the same object.
    """
    return {
        "format": FORMAT,
        "sentence": view.sentence,
        "robustness": view.robustness,
        "status": view.groups[0][0].value if view.groups else "not_applicable",
        "operator": view.operator,
        "as_of_on": view.as_of_on.isoformat(),
        "counts": {status.value: count for status, count in view.counts},
        "at_stake_tiyn": view.at_stake_tiyn,
        "duties": [duty_json(one) for one in view.duties],
        "would_be_breached": [
            {"duty": one.duty, "periods": one.periods, "status": one.status.value, "readings": [*one.chosen]}
            for one in view.turns
        ],
        "owed": [_owed(one) for one in view.owed],
        "deadlines": [_ahead(one) for one in view.ahead],
        "burden": as_json(view.burden),
        "expected": [as_json(one) for one in view.expected],
        "unjudged": [as_json(one) for one in view.unjudged],
        "readings": [as_json(one) for one in view.readings],
        "unconfirmed": [*view.unconfirmed],
        "sources": [as_json(one) for one in view.sources],
        "flags": [{"code": one.code.value, "sentence": one.sentence, "place": one.place} for one in view.flags],
        "receipt": {**view.receipt.as_dict(), "sha256": view.receipt.sha256},
    }


def _owed(one: Due) -> dict[str, Any]:
    return {
        "quarter": str(one.quarter),
        "kind": one.kind.value,
        "accrued_tiyn": one.accrued_tiyn,
        "due_on": one.due_on.isoformat() if one.due_on else None,
        "paid_tiyn": one.paid_tiyn,
        "declared_tiyn": one.declared_tiyn,
        "paid_on": one.paid_on.isoformat() if one.paid_on else None,
        "open_tiyn": one.open_tiyn,
        "unknown": one.unknown,
        "missing": one.missing,
    }


def duty_json(duty: DutyView) -> dict[str, Any]:
    """Write one duty with all its findings, the oldest first."""
    ordered = sorted((*duty.findings, *duty.others), key=lambda one: one.finding.period)
    return {
        "duty": duty.duty,
        "title": duty.title,
        "status": duty.status.value,
        "findings": [_finding(one) for one in ordered],
    }


def _finding(view: FindingView) -> dict[str, Any]:
    one = view.finding
    return {
        "period": one.period,
        "status": one.status.value,
        "reason": one.reason,
        "sentence": view.reason,
        "measured": one.measured,
        "limit": one.limit,
        "margin": one.margin,
        "unit": one.unit.value,
        "deadline_on": one.deadline_on.isoformat() if one.deadline_on else None,
        "at_stake_tiyn": one.at_stake_tiyn,
        "source": as_json(view.cited) if view.cited else None,
        "evidence": [*one.evidence],
        "missing": [*one.missing],
        "consequences": [_consequence(each) for each in one.consequences],
        "fix": view.fix,
        "holds_under_all_readings": one.holds_under_all_readings,
        "changes": [_shift(each) for each in view.shifts],
        "otherwise": [_otherwise(each, view) for each in one.otherwise],
        "explanation": explanation_json(view.explanation),
    }


def _consequence(one: Consequence) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "least": None if one.least is None else int(one.least),
        "most": None if one.most is None else int(one.most),
        "unit": one.unit,
        "unknown": one.unknown,
        "source": one.source,
        "at": one.at,
    }


def _otherwise(one: Otherwise, view: FindingView) -> dict[str, Any]:
    costs = next((each.costs for each in view.costs if each.readings == one.readings), ())
    return {
        "readings": dict(one.readings),
        "at_stake_tiyn": int(one.at_stake_tiyn),
        "consequences": [_consequence(each) for each in one.consequences],
        "words": [*costs],
    }


def _shift(one: Shift) -> dict[str, Any]:
    return {"status": one.status.value, "readings": dict(one.readings), "words": [*one.words]}


def _ahead(view: AheadView) -> dict[str, Any]:
    one = view.ahead
    return {
        "on": one.on.isoformat(),
        "act": one.act.value,
        "words": view.words.replace("\u00a0", " "),
        "duty": one.duty,
        "period": one.period,
        "subject": one.subject,
        "done": one.done,
        "unconfirmed": one.unconfirmed,
        "amount_tiyn": one.amount_tiyn,
        "source": as_json(view.cited) if view.cited else None,
    }


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """Write an explanation as one object, its amounts by name."""
    amounts = {name: as_json(step) for name, step in explanation.amounts}
    return {
        "amounts": amounts,
        "conditions": [as_json(one) for one in explanation.conditions],
        "law": [as_json(one) for one in explanation.law],
        "readings": [as_json(one) for one in explanation.readings],
    }
