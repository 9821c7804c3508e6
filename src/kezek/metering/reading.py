"""Hourly meter readings: what one meter counted in one hour, and what makes a day of readings unusable."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class MeterReading:
    """Energy of one meter in one delivery hour. [Wh]"""

    meter_id: str
    operator_id: str
    hour_index: int
    energy_wh: int


class ReadingRefusal(StrEnum):
    """Why a reading cannot be used, in order of precedence."""

    UNKNOWN_METER = "metering.reading.unknown_meter"
    UNKNOWN_HOUR = "metering.reading.unknown_hour"
    TWICE = "metering.reading.twice"
    NEGATIVE = "metering.reading.negative"
    OVER_CONNECTION = "metering.reading.over_connection"


@dataclass(frozen=True, slots=True)
class RefusedReading:
    """A reading that cannot be used, with the value found and its limit. [Wh]"""

    reading: MeterReading
    refusal: ReadingRefusal
    limit_wh: int


def meter_of(*, operator_id: str) -> str:
    """Name the settlement meter of an operator (for a tenant: its sub-meter).

    >>> meter_of(operator_id="OP-007")
    'M-OP-007'
    """
    return f"M-{operator_id}"


def missing_hours(
    *, readings: Iterable[MeterReading], meter_ids: Sequence[str], hour_count: int
) -> list[tuple[str, int]]:
    """Name each meter and hour without a reading: no reading is not a reading of zero."""
    present = {(reading.meter_id, reading.hour_index) for reading in readings}
    return [(meter, hour) for meter in meter_ids for hour in range(hour_count) if (meter, hour) not in present]


def check_readings(
    *, readings: Sequence[MeterReading], hour_count: int, connection_w: dict[str, int]
) -> tuple[list[MeterReading], list[RefusedReading]]:
    """Sort readings into usable and refused; every reading is in exactly one list.

    Args:
        hour_count: Hours of the delivery day, 24 or 25.
        connection_w: Most that each meter's connection carries. [W]
    """
    usable: list[MeterReading] = []
    refused: list[RefusedReading] = []
    seen: set[tuple[str, int]] = set()
    for reading in readings:
        limit_wh = connection_w.get(reading.meter_id, 0)
        key = (reading.meter_id, reading.hour_index)
        faults = (
            (reading.meter_id not in connection_w, ReadingRefusal.UNKNOWN_METER),
            (not 0 <= reading.hour_index < hour_count, ReadingRefusal.UNKNOWN_HOUR),
            (key in seen, ReadingRefusal.TWICE),
            (reading.energy_wh < 0, ReadingRefusal.NEGATIVE),
            (reading.energy_wh > limit_wh, ReadingRefusal.OVER_CONNECTION),
        )
        refusal = next((code for wrong, code in faults if wrong), None)
        if refusal is None:
            seen.add(key)
            usable.append(reading)
        else:
            refused.append(RefusedReading(reading, refusal, limit_wh))
    return usable, refused


def energy_by_operator_wh(readings: Iterable[MeterReading]) -> dict[str, int]:
    """Add up readings per operator. [Wh]"""
    totals: dict[str, int] = {}
    for reading in readings:
        totals[reading.operator_id] = totals.get(reading.operator_id, 0) + reading.energy_wh
    return totals
