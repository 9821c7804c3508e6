"""The receipt of a check: what was checked with what, so that anybody can do it again and compare."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kezek.evidence.canonical import canonical_bytes

FORMAT = "kezek.check.receipt/1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything that a verdict rests on.

    Args:
        engine_version: Version of Kezek.
        law_digest: Hash of the law book. SHA-256, hex
        jurisdiction: Whose law.
        readings: Positions chosen by name.
        accept_unconfirmed: Keys whose unconfirmed values were accepted by name.
        inputs_sha256: Hash of the operator's file as it was read. SHA-256, hex
        flags: Codes of the remarks on the file.
        known_on: Law published later was left out; None where none was.
    """

    engine_version: str
    law_digest: str
    jurisdiction: str
    as_of_on: date
    profile: str
    readings: Mapping[str, str]
    accept_unconfirmed: tuple[str, ...]
    inputs_sha256: str
    flags: tuple[str, ...]
    known_on: date | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give the receipt without its own hash, ready for canonical JSON."""
        return {
            "format": FORMAT,
            "engine_version": self.engine_version,
            "law_digest": self.law_digest,
            "jurisdiction": self.jurisdiction,
            "as_of_on": self.as_of_on.isoformat(),
            "known_on": self.known_on.isoformat() if self.known_on else None,
            "profile": self.profile,
            "readings": dict(sorted(self.readings.items())),
            "accept_unconfirmed": sorted(self.accept_unconfirmed),
            "inputs_sha256": self.inputs_sha256,
            "flags": list(self.flags),
        }

    @property
    def sha256(self) -> str:
        """Hash of the receipt's canonical JSON. SHA-256, hex"""
        return hashlib.sha256(canonical_bytes(self.as_dict())).hexdigest()
