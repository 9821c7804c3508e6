from pathlib import Path

import pytest

from kezek.evidence.cosignature import Cosigned, WitnessKey, WitnessSigner, cosign
from kezek.evidence.error import EvidenceCode, ReceiptError, ReceiptPart
from kezek.evidence.log import Log
from kezek.evidence.receipt import parse_receipt, render_receipt, verify_receipt
from kezek.evidence.signature import Verifier

VECTORS = Path(__file__).parents[3] / "tests" / "vectors" / "receipt"
COSIGNED = VECTORS.parent / "cosigned"
AT = 1_760_518_800


@pytest.mark.parametrize("index", range(11))
def test_receipt_of_every_entry_is_verified(index, log, signer):
    text = render_receipt(log.receipt(index, checkpoint=log.sign(signer)))

    verified = verify_receipt(text, signer.verifier)

    assert verified.event == {"event": "lot.bought", "lot": f"L-{index}", "price_tiyn_per_kwh": 1800 + index}
    assert verified.checkpoint.size == 11
    assert [step.name for step in verified.steps] == ["header", "entry", "signature", "index", "proof"]
    assert all(step.ok for step in verified.steps)
    assert verified.steps[-1].computed.endswith(log.tree.root().hex())


def test_receipt_under_an_older_checkpoint_is_verified(log, signer):
    older = Log()
    older.extend({"event": "lot.bought", "lot": f"L-{n}", "price_tiyn_per_kwh": 1800 + n} for n in range(6))

    text = render_receipt(log.receipt(3, checkpoint=older.sign(signer), size=6))

    assert verify_receipt(text, signer.verifier).checkpoint.size == 6


def test_receipt_of_a_log_with_one_entry_has_no_hashes(signer):
    log = Log()
    log.append({"lot": "only"})

    text = render_receipt(log.receipt(0, checkpoint=log.sign(signer)))

    assert verify_receipt(text, signer.verifier).receipt.proof == ()


def test_receipt_is_read_as_written(log, signer):
    receipt = log.receipt(5, checkpoint=log.sign(signer))

    assert parse_receipt(render_receipt(receipt)) == receipt
    assert parse_receipt(render_receipt(receipt).encode()) == receipt


@pytest.mark.parametrize("file", sorted(VECTORS.glob("*.tlog-proof")), ids=lambda file: file.stem)
def test_receipt_vector(file):
    part, _, _ = file.stem.partition("--")
    verifier = Verifier.parse((VECTORS / "log.vkey").read_bytes())

    if part == "holds":
        assert verify_receipt(file.read_bytes(), verifier).event["lot"] == "L-0004"
    else:
        with pytest.raises(ReceiptError) as refused:
            verify_receipt(file.read_bytes(), verifier)
        assert refused.value.part == part
        assert refused.value.code == f"evidence.receipt.{part}"
        assert [step.ok for step in refused.value.steps] == [True] * (len(refused.value.steps) - 1) + [False]


@pytest.mark.parametrize("file", sorted(COSIGNED.glob("*.tlog-proof")), ids=lambda file: file.stem)
def test_cosigned_receipt_vector(file):
    part, _, _ = file.stem.partition("--")
    verifier = Verifier.parse((COSIGNED / "log.vkey").read_bytes())
    witness = WitnessKey.parse((COSIGNED / "witness.vkey").read_bytes())

    if part == "holds":
        verified = verify_receipt(file.read_bytes(), verifier, (witness,))
        assert verified.cosigned == (Cosigned("witness.example/w1", AT),)
        assert verified.unchecked == (("witness.example/w2",) if "stranger" in file.stem else ())
    else:
        with pytest.raises(ReceiptError) as refused:
            verify_receipt(file.read_bytes(), verifier, (witness,))
        assert (refused.value.part, refused.value.code) == (part, f"evidence.receipt.{part}")


def test_receipt_names_the_witnesses_in_a_step_of_its_own(log, signer):
    first, second = (WitnessSigner(f"witness.example/w{n}", bytes([n] * 32)) for n in (1, 2))
    note = log.sign(signer)
    note += cosign(note, signer=first, at=AT) + cosign(note, signer=second, at=AT)
    text = render_receipt(log.receipt(5, checkpoint=note))

    blind = verify_receipt(text, signer.verifier)
    seeing = verify_receipt(text, signer.verifier, (first.key,))

    names = ["header", "entry", "signature", "witnesses", "index", "proof"]
    assert [step.name for step in blind.steps] == [step.name for step in seeing.steps] == names
    assert blind.cosigned == () and blind.unchecked == ("witness.example/w1", "witness.example/w2")
    assert (
        blind.steps[3].computed
        == "none that is trusted cosigned; not checked: witness.example/w1, witness.example/w2"
    )
    assert seeing.steps[3].computed == "witness.example/w1 at 2025-10-15T09:00:00Z; not checked: witness.example/w2"


def test_as_many_witnesses_as_are_named_are_needed_unless_fewer_are_asked_for(log, signer):
    keys = [WitnessSigner(f"witness.example/w{n}", bytes([n] * 32)) for n in (1, 2)]
    trusted = tuple(one.key for one in keys)
    note = log.sign(signer)
    text = render_receipt(log.receipt(5, checkpoint=note + cosign(note, signer=keys[0], at=AT)))

    assert verify_receipt(text, signer.verifier, trusted, 1).cosigned == (Cosigned("witness.example/w1", AT),)
    assert verify_receipt(text, signer.verifier, trusted, 0).checkpoint.size == 11
    for needed in (None, 2):
        with pytest.raises(ReceiptError, match="1 of 2 needed witnesses cosigned") as refused:
            verify_receipt(text, signer.verifier, trusted, needed)
        assert refused.value.code is EvidenceCode.RECEIPT_WITNESSES
        assert [step.ok for step in refused.value.steps] == [True, True, True, False]
    with pytest.raises(ReceiptError, match="0 of 1 needed"):
        verify_receipt(text, signer.verifier, (), 1)


def test_every_part_has_a_code_and_a_vector():
    named = {file.stem.partition("--")[0] for folder in (VECTORS, COSIGNED) for file in folder.glob("*.tlog-proof")}

    assert named == {"holds", *ReceiptPart}
    assert {EvidenceCode(f"evidence.receipt.{part}") for part in ReceiptPart} <= set(EvidenceCode)


def test_failure_tells_which_checks_were_made_before(log, signer):
    text = render_receipt(log.receipt(5, checkpoint=log.sign(signer))).replace("index 5", "index 4")

    with pytest.raises(ReceiptError) as refused:
        verify_receipt(text, signer.verifier)

    assert [(step.name, step.ok) for step in refused.value.steps] == [
        ("header", True),
        ("entry", True),
        ("signature", True),
        ("proof", False),
    ]
