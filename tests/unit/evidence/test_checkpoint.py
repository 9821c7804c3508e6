import pytest

from kezek.evidence.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from kezek.evidence.error import CheckpointError, EvidenceCode, EvidenceError
from kezek.evidence.signature import Signer, sign_note
from kezek.evidence.tree import EMPTY_ROOT

ROOT64 = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


def test_checkpoint_is_opened_as_signed(signer, log):
    note = sign_checkpoint(size=11, root=log.tree.root(), signer=signer)

    assert open_checkpoint(note, signer.verifier) == Checkpoint(signer.name, 11, log.tree.root())
    assert note.startswith("kezek.example/log\n11\n")


def test_empty_log_has_a_checkpoint(signer):
    note = sign_checkpoint(size=0, root=EMPTY_ROOT, signer=signer)

    assert open_checkpoint(note.encode(), signer.verifier).size == 0


@pytest.mark.parametrize(
    "body",
    [
        f"kezek.example/log\n07\n{ROOT64}\n",
        f"kezek.example/log\n+7\n{ROOT64}\n",
        f"kezek.example/log\n-7\n{ROOT64}\n",
        f"kezek.example/log\n7.0\n{ROOT64}\n",
        f"kezek.example/log\n٧\n{ROOT64}\n",
        f"kezek.example/log\n 7\n{ROOT64}\n",
        f"kezek.example/log\n0\n{ROOT64}\n",
        f"kezek.example/log\n{10**19}\n{ROOT64}\n",
        f"kezek.example/log\n7\n{ROOT64}\nextension\n",
        f"kezek.example/log\n7\n{ROOT64}\n\n",
        f"\nkezek.example/log\n7\n{ROOT64}\n",
        f"kezek.example/log\n7\n{ROOT64[:-1]}\n",
        "kezek.example/log\n7\nQUFB\n",
        "kezek.example/log\n7\n",
    ],
)
def test_malformed_checkpoint_is_refused_even_when_it_is_signed(body, signer):
    with pytest.raises(CheckpointError) as refused:
        open_checkpoint(sign_note(body, signer), signer.verifier)

    assert refused.value.code is EvidenceCode.CHECKPOINT_FORM


def test_checkpoint_of_another_log_is_refused_even_when_our_key_signed_it(signer):
    note = sign_note(f"kezek.example/other\n7\n{ROOT64}\n", signer)

    with pytest.raises(CheckpointError) as refused:
        open_checkpoint(note, signer.verifier)

    assert refused.value.code is EvidenceCode.CHECKPOINT_ORIGIN


@pytest.mark.parametrize(("size", "root"), [(-1, bytes(32)), (3, bytes(31)), (0, bytes(32)), (10**19, bytes(32))])
def test_tree_that_cannot_be_is_not_signed(size, root, signer):
    with pytest.raises(CheckpointError):
        sign_checkpoint(size=size, root=root, signer=signer)


def test_checkpoint_any_changed_byte_is_refused(signer, log):
    note = bytearray(log.sign(signer).encode())
    assert open_checkpoint(bytes(note), signer.verifier).size == 11

    for at in range(len(note)):
        for mask in (1, 2, 4, 8, 16, 32, 64, 128, ord("\n") ^ note[at]):
            changed = bytearray(note)
            changed[at] ^= mask
            if changed == note:
                continue
            with pytest.raises(EvidenceError):
                open_checkpoint(bytes(changed), signer.verifier)


def test_name_with_letters_of_the_country_can_sign():
    signer = Signer("кезек.қз/журнал", bytes(32))

    assert open_checkpoint(sign_checkpoint(size=0, root=EMPTY_ROOT, signer=signer), signer.verifier).size == 0
