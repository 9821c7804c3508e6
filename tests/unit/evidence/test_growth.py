"""A claim of growth: what convinces who kept an old checkpoint, and what must not."""

import pytest

from kezek.evidence.checkpoint import Checkpoint, sign_checkpoint
from kezek.evidence.error import EvidenceCode, EvidenceError, GrowthError, NoteError, ProofError
from kezek.evidence.growth import HASHES_MAX, Growth, parse_growth, render_growth, verify_growth
from kezek.evidence.signature import Signer
from kezek.evidence.tree import EMPTY_ROOT, Tree, leaf_hash

SIGNER = Signer("kezek.example/log", bytes(range(32)))
TREE = Tree([leaf_hash(b"%d" % number) for number in range(13)])


def kept(size, tree=TREE):
    return Checkpoint(SIGNER.name, size, tree.root(size))


def claim(old, size, tree=TREE, proof=None, signer=SIGNER):
    hashes = tree.consistency_proof(old, size) if old and proof is None else (proof or ())
    return Growth(old, tuple(hashes), sign_checkpoint(size=size, root=tree.root(size), signer=signer))


def refused(growth, old):
    with pytest.raises(EvidenceError) as caught:
        verify_growth(growth, old=old, verifier=SIGNER.verifier)
    return caught.value.code


@pytest.mark.parametrize("size", range(14))
def test_true_growth_holds_from_every_size(size):
    for old in range(size + 1):
        assert verify_growth(claim(old, size), old=kept(old), verifier=SIGNER.verifier) == kept(size)


def test_claim_is_read_as_written():
    growth = claim(5, 13)
    text = render_growth(growth)

    assert parse_growth(text) == parse_growth(text.encode()) == growth
    assert text.split("\n")[0] == "old 5" and text.endswith(growth.checkpoint)
    assert render_growth(claim(0, 3)).startswith("old 0\n\nkezek.example/log\n3\n")


def test_wrong_size_is_refused():
    right = claim(5, 12)
    for old in (0, 4, 6, 12, 13):
        assert refused(Growth(old, right.proof, right.checkpoint), kept(5)) is EvidenceCode.GROWTH_OLD
        assert refused(right, kept(old)) in (EvidenceCode.GROWTH_OLD, EvidenceCode.GROWTH_SHRUNK)
    assert refused(claim(5, 13, proof=right.proof), kept(5)) in (EvidenceCode.PROOF_SHAPE, EvidenceCode.PROOF_ROOT)


def test_history_inserted_before_the_old_log_is_refused():
    forged = Tree([leaf_hash(b"forged"), *TREE.leaves()])
    for old in range(1, 14):
        assert refused(claim(old, 14, forged), kept(old)) is EvidenceCode.PROOF_ROOT


def test_replaced_entry_is_refused():
    leaves = [*TREE.leaves()]
    leaves[2] = leaf_hash(b"another")
    forged = Tree(leaves)
    assert refused(claim(5, 13, forged), kept(5)) is EvidenceCode.PROOF_ROOT
    assert refused(claim(13, 13, forged), kept(13)) is EvidenceCode.GROWTH_FORK


def test_empty_proof_and_extra_hash_are_refused():
    right = claim(5, 13)
    assert refused(Growth(5, (), right.checkpoint), kept(5)) is EvidenceCode.PROOF_SHAPE
    for proof in ((*right.proof, right.proof[0]), (right.proof[0], *right.proof), right.proof[:-1]):
        assert refused(Growth(5, proof, right.checkpoint), kept(5)) is EvidenceCode.PROOF_SHAPE
    for old, size in ((0, 13), (13, 13), (0, 0)):
        assert refused(claim(old, size, proof=[bytes(32)]), kept(old)) is EvidenceCode.PROOF_BOUNDS


def test_hash_of_another_length_is_refused():
    right = claim(5, 13)
    assert refused(Growth(5, (right.proof[0][:-1], *right.proof[1:]), right.checkpoint), kept(5)) is (
        EvidenceCode.PROOF_SHAPE
    )


def test_shrunk_log_is_refused():
    assert refused(claim(5, 5), kept(9)) is EvidenceCode.GROWTH_SHRUNK
    assert refused(claim(0, 0), kept(9)) is EvidenceCode.GROWTH_SHRUNK


def test_other_log_and_other_key_are_refused():
    stranger = Signer("kezek.example/other", bytes(32))
    with pytest.raises(NoteError):
        verify_growth(claim(5, 13, signer=stranger), old=kept(5), verifier=SIGNER.verifier)
    with pytest.raises(NoteError):
        verify_growth(claim(5, 13, signer=Signer(SIGNER.name, bytes(32))), old=kept(5), verifier=SIGNER.verifier)
    with pytest.raises(GrowthError) as caught:
        verify_growth(claim(5, 13, signer=stranger), old=kept(5), verifier=stranger.verifier)
    assert caught.value.code is EvidenceCode.GROWTH_OLD


def test_empty_log_with_a_root_of_another_is_no_start():
    with pytest.raises(ProofError):
        verify_growth(claim(0, 3), old=Checkpoint(SIGNER.name, 0, bytes(32)), verifier=SIGNER.verifier)
    assert verify_growth(claim(0, 3), old=Checkpoint(SIGNER.name, 0, EMPTY_ROOT), verifier=SIGNER.verifier) == kept(3)


HEAD = "old 5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "old 5",
        HEAD,
        HEAD.replace("old 5", "old 05") + "\nnote\n",
        HEAD.replace("old 5", "old -5") + "\nnote\n",
        HEAD.replace("old 5", "old +5") + "\nnote\n",
        HEAD.replace("old 5", "old ٥") + "\nnote\n",
        HEAD.replace("old 5", "old  5") + "\nnote\n",
        HEAD.replace("old 5", "old 5 ") + "\nnote\n",
        HEAD.replace("old 5", "Old 5") + "\nnote\n",
        HEAD.replace("old 5", "5") + "\nnote\n",
        HEAD.replace("old 5", f"old {10**19}") + "\nnote\n",
        HEAD.replace("old 5", "size 5") + "\nnote\n",
        f"\n{HEAD}\nnote\n",
        HEAD.replace("2I=", "2J=") + "\nnote\n",
        HEAD.replace("2I=", "2I= ") + "\nnote\n",
        HEAD.replace("2I=\n", "2I=\r\n") + "\nnote\n",
        "old 5\nQUFB\n\nnote\n",
        "old 5\n" + "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n" * (HASHES_MAX + 1) + "\nnote\n",
        (HEAD + "\nnote\n").encode() + b"\xff",
        HEAD + "\n\ud800\n",
    ],
)
def test_malformed_claim_is_refused(text):
    with pytest.raises(GrowthError) as caught:
        parse_growth(text)

    assert caught.value.code is EvidenceCode.GROWTH_FORM


def test_longest_proof_that_can_be_is_read():
    text = "old 5\n" + "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n" * HASHES_MAX + "\nnote\n"

    assert len(parse_growth(text).proof) == HASHES_MAX
