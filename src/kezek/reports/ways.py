"""The way out where something is missing: the key of the file to write, or the option that takes a position."""

import re
from collections.abc import Iterator

from kezek.dossier.wanted import written_as
from kezek.duties.explain import Explanation, without_codes
from kezek.reports.fixes import fix
from kezek.reports.words import fact_words

_KEY = re.compile(r"[a-z][a-z0-9]*(?:\.[a-z0-9_]+)+")
"""A key of the law: it is written whole, so that it can be copied."""


def missing_words(name: str) -> str:
    """Say which fact is missing, and what to write where.

    >>> missing_words("rebate_claimed_tiyn")
    'credit claimed for renewable power: write `rebate_claimed` under [[quarter]]'
    """
    how = written_as(name)
    return f"{fact_words(name)}: {how}" if how else fact_words(name)


def readable(text: str) -> str:
    """Read the codes in a text aloud, but leave the keys of the law whole.

    >>> readable("a value of vat.rate_ppm for own_generation")
    'a value of vat.rate_ppm for own generation'
    """
    kept = _KEY.findall(text)
    spoken = map(without_codes, _KEY.split(text))
    return "".join(part + (kept[n] if n < len(kept) else "") for n, part in enumerate(spoken))


def what_to_do(reason: str, explanation: Explanation) -> str:
    """Say what to do about a reason; where the law is not known, with the exact options."""
    options = list(_options(explanation)) if reason == "duties.law.unknown" else []
    if not options:
        return fix(reason)
    return f"Choose {'; or '.join(options)}; or get the text of the rule from the authority."


def _options(explanation: Explanation) -> Iterator[str]:
    for taken in explanation.readings:
        if taken.taken.position == "unknown" and taken.others:
            yield " or ".join(f"--reading {taken.question}={other.position}" for other in taken.others)
    for asked in explanation.law:
        if asked.absent and f"a confirmed value of {asked.key}" in asked.says:
            yield f"--accept-unconfirmed {asked.key}"
