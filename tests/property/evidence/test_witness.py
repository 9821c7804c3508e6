"""Whatever is asked of a witness, what it accepts is one history that only grows."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.evidence.checkpoint import sign_checkpoint
from kezek.evidence.growth import Growth, render_growth
from kezek.evidence.signature import Signer
from kezek.evidence.tree import Tree, leaf_hash
from kezek.evidence.witness import Accepted, KnownLog, consider

SIGNER = Signer("kezek.example/log", bytes(range(32)))
SIZE_MAX = 20
LEAVES = [leaf_hash(b"%d" % number) for number in range(SIZE_MAX)]


def forked(at):
    """The same log up to an entry, another from there on."""
    return Tree([*LEAVES[:at], *(leaf_hash(b"fork %d %d" % (at, number)) for number in range(at, SIZE_MAX))])


HISTORIES = [Tree(LEAVES), forked(0), forked(1), forked(7), forked(8), forked(15)]
NOTES = {
    (number, size): sign_checkpoint(size=size, root=tree.root(size), signer=SIGNER)
    for number, tree in enumerate(HISTORIES)
    for size in range(SIZE_MAX + 1)
}


@st.composite
def requests(draw):
    """A dishonest log with its own key: any history, any sizes, the proof of any history or none that fits.

    `known` claims growth from the size that the witness knows, as an honest log would.
    """
    number = draw(st.integers(0, len(HISTORIES) - 1))
    size = draw(st.integers(0, SIZE_MAX))
    old = draw(st.just("known") | st.integers(0, SIZE_MAX))
    prover = draw(st.just(number) | st.integers(0, len(HISTORIES) - 1))
    spoilt = draw(st.sampled_from(["", "", "", "empty", "extra", "cut"]))
    return number, size, old, prover, spoilt


def text_of(number, size, old, prover, spoilt):
    proof = HISTORIES[prover].consistency_proof(old, size) if 0 < old <= size else []
    proof = {"": proof, "empty": [], "extra": [*proof, bytes(32)], "cut": proof[:-1]}[spoilt]
    return render_growth(Growth(old, tuple(proof), NOTES[number, size])).encode()


@given(st.lists(requests(), max_size=30))
@settings(derandomize=True, deadline=None)
def test_accepted_checkpoints_are_prefixes_of_one_another(asked):
    log = KnownLog(SIGNER.name, (SIGNER.verifier,))
    accepted = []
    for number, size, old, prover, spoilt in asked:
        known = log.size if old == "known" else old
        answer = consider(text_of(number, size, known, prover, spoilt), logs={log.origin: log})
        if isinstance(answer, Accepted):
            accepted.append((number, size))
            log = KnownLog(log.origin, log.keys, answer.checkpoint)
        elif answer.status == 409:
            assert answer.body == f"{log.size}\n"

    sizes = [size for _, size in accepted]
    assert sizes == sorted(sizes)
    for number, size in accepted:
        longest = HISTORIES[accepted[-1][0]]
        assert HISTORIES[number].root(size) == longest.root(size)


@given(st.lists(st.integers(0, SIZE_MAX), max_size=12), st.integers(0, len(HISTORIES) - 1))
@settings(derandomize=True, deadline=None)
def test_honest_growth_is_always_accepted(sizes, number):
    log = KnownLog(SIGNER.name, (SIGNER.verifier,))
    for size in sorted(sizes):
        answer = consider(text_of(number, size, log.size, number, ""), logs={log.origin: log})
        assert isinstance(answer, Accepted) and answer.checkpoint.size == size
        log = KnownLog(log.origin, log.keys, answer.checkpoint)
