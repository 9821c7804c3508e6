"""The register of machines: serial numbers and fingerprints, in columns."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kezek.facts.figures import AsicModel
from kezek.registry.operator import Operator


@dataclass(frozen=True, slots=True)
class MachineColumns:
    """One row a registered machine; every list has the same length.

    Args:
        serials: Serial numbers, unique in the register.
        fingerprints: `fingerprint(...)` of each machine.
        operator_ids: Owner of each machine.
        model_indices: Index into the table of models.
        active: Whether the machine runs when there is power.
    """

    serials: list[str]
    fingerprints: list[str]
    operator_ids: list[str]
    model_indices: list[int]
    active: list[bool]


def fingerprint(*, serial: str, make: str, model: str, owner_id: str) -> str:
    """Compute the digital fingerprint of a machine: who owns which serial number of which model.

    The public record does not say what a fingerprint holds; this is ours: the first 20 hex digits of SHA-256 over
    the four fields, so that a machine that changes hands or is re-labelled no longer matches.
    """
    fields = "".join(f"{len(field)}:{field}," for field in (serial, make, model, owner_id))
    return hashlib.sha256(fields.encode()).hexdigest()[:20]


def serial_number(*, seed: int, running_number: int, make: str, released_on: str) -> str:
    """Make a serial number for a synthetic machine: maker, release, and digits that do not repeat in a register."""
    scrambled = (running_number * 2_654_435_761 + seed * 40_503) % (1 << 32)
    return f"{make[:3].upper()}{released_on[2:4]}{released_on[5:7]}-{scrambled:08X}"


def register_machines(*, operators: Iterable[Operator], models: Sequence[AsicModel], seed: int) -> MachineColumns:
    """List every machine of every operator, active ones first within a model."""
    columns = MachineColumns([], [], [], [], [])
    for operator in operators:
        for group in operator.groups:
            model = models[group.model_index]
            first = len(columns.serials)
            serials = [
                serial_number(seed=seed, running_number=first + i, make=model.make, released_on=model.released_on)
                for i in range(group.registered_count)
            ]
            columns.serials.extend(serials)
            owner = operator.operator_id
            columns.fingerprints.extend(
                fingerprint(serial=serial, make=model.make, model=model.model, owner_id=owner) for serial in serials
            )
            columns.operator_ids.extend([owner] * group.registered_count)
            columns.model_indices.extend([group.model_index] * group.registered_count)
            idle_count = group.registered_count - group.active_count
            columns.active.extend([True] * group.active_count + [False] * idle_count)
    return columns


def owners_by_serial(register: MachineColumns) -> dict[str, str]:
    """Index the register: serial number to owner."""
    return dict(zip(register.serials, register.operator_ids, strict=True))


def register_digest(register: MachineColumns) -> str:
    """Hash what the register says: each serial number with its owner, in the register's order. SHA-256, hex."""
    rows = zip(register.serials, register.operator_ids, strict=True)
    return hashlib.sha256("".join(f"{serial},{owner}\n" for serial, owner in rows).encode()).hexdigest()


def running_serials(register: MachineColumns) -> dict[str, list[str]]:
    """List the serial numbers of the machines that run, by owner, in the register's order."""
    running: dict[str, list[str]] = {}
    for serial, owner, active in zip(register.serials, register.operator_ids, register.active, strict=True):
        if active:
            running.setdefault(owner, []).append(serial)
    return running
