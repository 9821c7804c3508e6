import pytest

from kezek.evidence.audit import audit, audit_files
from kezek.evidence.error import EvidenceCode
from kezek.evidence.log import Log
from kezek.evidence.signature import Signer


@pytest.fixture
def stored(log, signer):
    files = log.files(signer)
    return {
        "entries": files["entries.jsonl"],
        "leaves": files["leaves.txt"],
        "checkpoint": files["checkpoint"],
        "vkey": files["log.vkey"],
    }


def without_line(data, at):
    lines = data.splitlines(keepends=True)
    return b"".join(lines[:at] + lines[at + 1 :])


def codes(result):
    return [damage.code for damage in result.damages]


def test_whole_log_passes(stored, log):
    result = audit_files(**stored)

    assert result.ok
    assert (result.size, result.root) == (11, log.tree.root())
    assert result.checkpoint.root == result.root


def test_whole_log_passes_without_leaf_hashes(stored, signer):
    del stored["leaves"], stored["vkey"]

    assert audit(**stored, verifier=signer.verifier).ok


def test_empty_log_passes(signer):
    files = Log().files(signer)

    assert audit(entries=b"", checkpoint=files["checkpoint"], verifier=signer.verifier, leaves=b"").ok


def test_damaged_entry_is_named_with_the_kind_of_its_event(stored):
    """immudb's audit compared roots and never read the entries again."""
    stored["entries"] = stored["entries"].replace(b"1804", b"1104")

    result = audit_files(**stored)

    assert codes(result) == [EvidenceCode.AUDIT_ENTRY]
    assert result.damages[0].what.startswith("entry 4 (lot.bought): leaf hash is ")


def test_damaged_entry_without_leaf_hashes_is_still_found(stored):
    stored["entries"] = stored["entries"].replace(b"1804", b"1104")
    stored["leaves"] = None

    result = audit_files(**stored)

    assert codes(result) == [EvidenceCode.AUDIT_ENTRY]
    assert "leaf hashes would name" in result.damages[0].what


def test_damaged_leaf_hash_is_told_from_a_damaged_entry(stored):
    lines = stored["leaves"].splitlines(keepends=True)
    lines[4] = b"00" + lines[4][2:]
    stored["leaves"] = b"".join(lines)

    result = audit_files(**stored)

    assert codes(result) == [EvidenceCode.AUDIT_LEAVES]
    assert result.damages[0].what.startswith("line 5 is 00")


def test_malformed_leaf_hash_is_named_by_its_line(stored):
    stored["leaves"] = stored["leaves"].upper()

    result = audit_files(**stored)

    assert codes(result) == [EvidenceCode.AUDIT_LEAVES]
    assert result.damages[0].what.startswith("line 1 is not a leaf hash")


def test_leaf_hashes_without_their_last_line_end_are_named(stored):
    stored["leaves"] = stored["leaves"][:-1]

    result = audit_files(**stored)

    assert codes(result) == [EvidenceCode.AUDIT_LEAVES]
    assert result.damages[0].what == "line 11 has no line end"


def test_missing_leaf_hashes_are_told_with_both_numbers(stored):
    stored["leaves"] = b"".join(stored["leaves"].splitlines(keepends=True)[:8])

    result = audit_files(**stored)

    assert codes(result) == [EvidenceCode.AUDIT_LEAVES]
    assert result.damages[0].what == "holds 8 leaf hashes for 11 entries"


def test_log_truncated_together_with_its_leaf_hashes_is_told(stored):
    shorter = Log.parse(without_line(stored["entries"], 10))
    stored |= {"entries": shorter.entries_text(), "leaves": shorter.leaves_text()}

    assert codes(audit_files(**stored)) == [EvidenceCode.AUDIT_TRUNCATED, EvidenceCode.AUDIT_LEAVES]


def test_torn_last_line_is_found_without_a_checkpoint_too(stored):
    stored |= {"entries": stored["entries"][:-1], "checkpoint": b""}

    assert codes(audit_files(**stored)) == [EvidenceCode.AUDIT_CHECKPOINT, EvidenceCode.AUDIT_ENTRY]


def test_entry_and_leaf_hash_damaged_together_are_both_named(stored):
    stored["entries"] = stored["entries"].replace(b"1804", b"1104")
    stored["leaves"] = without_line(stored["leaves"], 10)

    result = audit_files(**stored)

    assert codes(result) == [EvidenceCode.AUDIT_ENTRY, EvidenceCode.AUDIT_LEAVES]
    assert result.damages[0].what.startswith("entry 4 (lot.bought) is the first that differs")


def test_entries_and_leaf_hashes_rewritten_together_miss_the_signed_root(stored, signer):
    forged = Log.parse(stored["entries"].replace(b"1804", b"1104"))
    stored |= {"entries": forged.entries_text(), "leaves": forged.leaves_text()}

    result = audit_files(**stored)

    assert codes(result) == [EvidenceCode.AUDIT_ENTRY, EvidenceCode.AUDIT_LEAVES]


def test_truncated_log_is_told_with_the_number_missing(stored):
    stored["entries"] = without_line(without_line(stored["entries"], 10), 9)

    result = audit_files(**stored)

    assert codes(result) == [EvidenceCode.AUDIT_TRUNCATED]
    assert result.damages[0].what == "ends after 9 entries, 11 are signed: 2 are missing"


def test_extended_log_is_told_with_the_first_extra_entry(stored):
    stored["entries"] += b'{"event":"lot.bought","lot":"L-extra"}\n'

    for leaves in (stored["leaves"], None):
        result = audit_files(**stored | {"leaves": leaves})

        assert codes(result) == [EvidenceCode.AUDIT_EXTENDED]
        assert result.damages[0].what.startswith("entry 11 (lot.bought): the first of 1 entries after the 11")


def test_log_extended_together_with_its_leaf_hashes_is_told(stored):
    longer = Log.parse(stored["entries"] + b'{"event":"lot.bought","lot":"L-extra"}\n')
    stored |= {"entries": longer.entries_text(), "leaves": longer.leaves_text()}

    assert codes(audit_files(**stored)) == [EvidenceCode.AUDIT_EXTENDED, EvidenceCode.AUDIT_LEAVES]


def test_removed_entry_is_told_from_a_changed_one(stored):
    stored["entries"] = without_line(stored["entries"], 3)

    result = audit_files(**stored)

    assert codes(result) == [EvidenceCode.AUDIT_REMOVED]
    assert result.damages[0].what == "1 of 11 entries are missing from entry 3 on"


def test_inserted_entry_is_told_from_a_changed_one(stored):
    lines = stored["entries"].splitlines(keepends=True)
    stored["entries"] = b"".join([*lines[:3], b'{"event":"forged"}\n', *lines[3:]])

    result = audit_files(**stored)

    assert codes(result) == [EvidenceCode.AUDIT_INSERTED]
    assert result.damages[0].what.startswith("entry 3 (forged)")


def test_torn_last_line_is_found(stored):
    stored["entries"] = stored["entries"][:-1]

    result = audit_files(**stored)

    assert codes(result) == [EvidenceCode.AUDIT_ENTRY]
    assert "entry 10 (lot.bought): the last line has no line end" in result.damages[0].what


def test_damaged_checkpoint_is_named_and_the_rest_is_still_compared(stored):
    stored["checkpoint"] = stored["checkpoint"].replace(b"\n11\n", b"\n12\n")

    assert codes(audit_files(**stored)) == [EvidenceCode.AUDIT_CHECKPOINT]

    stored["entries"] = stored["entries"].replace(b"1804", b"1104")
    result = audit_files(**stored)
    assert codes(result) == [EvidenceCode.AUDIT_CHECKPOINT, EvidenceCode.AUDIT_ENTRY]
    assert result.damages[1].what.startswith("entry 4: entries and leaf hashes disagree")


def test_damaged_key_is_named(stored):
    stored["vkey"] = stored["vkey"].replace(b"kezek.example", b"kezek.exampl3")

    assert codes(audit_files(**stored)) == [EvidenceCode.AUDIT_KEY]


def test_log_signed_anew_by_somebody_else_fails_with_the_key_the_auditor_brought(log, signer):
    files = Log.parse(log.entries_text().replace(b"1804", b"1104")).files(Signer(signer.name, bytes(32)))
    forged = {"entries": files["entries.jsonl"], "leaves": files["leaves.txt"], "checkpoint": files["checkpoint"]}

    assert audit_files(**forged, vkey=files["log.vkey"]).ok
    assert codes(audit(**forged, verifier=signer.verifier)) == [EvidenceCode.AUDIT_CHECKPOINT]
