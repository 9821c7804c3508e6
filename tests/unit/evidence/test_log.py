import pytest

from kezek.evidence.checkpoint import open_checkpoint
from kezek.evidence.error import CanonicalError, EvidenceCode, LogError
from kezek.evidence.log import Log, parse_entries
from kezek.evidence.tree import leaf_hash


def test_log_is_read_as_written(log):
    read = Log.parse(log.entries_text())

    assert read.entries_text() == log.entries_text()
    assert read.tree.root() == log.tree.root()
    assert parse_entries(log.entries_text())[3] == {"event": "lot.bought", "lot": "L-3", "price_tiyn_per_kwh": 1803}


def test_leaf_hashes_are_those_of_the_lines(log):
    lines = log.entries_text().splitlines()

    assert log.leaves_text().decode().splitlines() == [leaf_hash(line).hex() for line in lines]


def test_empty_log_is_read_as_written(signer):
    assert Log.parse(b"").entries_text() == b""
    assert open_checkpoint(Log().sign(signer), signer.verifier).size == 0


def test_repeated_entry_is_refused_with_both_places(log):
    with pytest.raises(LogError, match=r"entry 11 \(lot.bought\): the same bytes are entry 2") as refused:
        log.append({"price_tiyn_per_kwh": 1802, "event": "lot.bought", "lot": "L-2"})

    assert refused.value.code is EvidenceCode.LOG_REPEATED
    assert len(log) == 11


def test_event_without_canonical_form_leaves_the_log_as_it_was(log):
    with pytest.raises(CanonicalError):
        log.append({"price": 1.5})

    assert len(log) == len(log.tree) == 11


@pytest.mark.parametrize(
    ("entries", "where"),
    [
        (b'{"a":1}', "entry 0"),
        (b'{"a":1}\n{"a":2}', "entry 1"),
        (b'{"a":1}\n\n', "entry 1"),
        (b"\n", "entry 0"),
        (b'{"a":1}\n{"a": 2}\n', "entry 1"),
        (b'{"a":1}\r\n', "entry 0"),
        (b'{"a":1}\n{"a":1,"a":1}\n{"a":3}\n', "entry 1"),
        (b'{"a":1}\n[]\n', "entry 1"),
    ],
)
def test_malformed_entries_are_refused_and_named(entries, where):
    with pytest.raises(LogError) as refused:
        parse_entries(entries)

    assert refused.value.where == where


def test_nothing_is_signed_over_bytes_that_are_not_the_hashed_ones(log, signer):
    """Yeti2022: one flipped bit between hashing and storing made a log that nobody can ever verify."""
    stored = log.entries_text().replace(b"1804", b"1805", 1)

    with pytest.raises(LogError) as refused:
        log.sign(signer, stored=stored)

    assert refused.value.code is EvidenceCode.LOG_DIFFERS
    assert log.sign(signer, stored=log.entries_text()) == log.sign(signer)


@pytest.mark.parametrize("index", [-1, 11])
def test_entry_beyond_the_log_is_refused(index, log):
    with pytest.raises(IndexError):
        log.entry(index)
