"""Whatever byte of a log is changed, the audit finds it, and names the entry where a copy of its hash is left."""

from hypothesis import given
from hypothesis import strategies as st

from kezek.evidence.checkpoint import sign_checkpoint
from kezek.evidence.error import EvidenceCode
from kezek.evidence.keychain import KeyChain
from kezek.evidence.log_audit import LogSource, Stored, audit_log
from kezek.evidence.signature import Signer
from kezek.evidence.stored_tree import StoredTree
from kezek.evidence.tree import Tree, leaf_hash

KEY = Signer("kezek.example/log", bytes(32))
CHAIN = KeyChain.of(KEY.verifier)


class Kept:
    """A log as somebody keeps it, to be changed."""

    def __init__(self, size, signed):
        self.names = [b"order/%d" % place for place in range(size)]
        form = b'{"at":"2026-01-01T00:00:00Z","data":{},"key":"%s","type":"order.submitted","v":1}'
        self.bodies = [form % name for name in self.names]
        self.leaves = [leaf_hash(body) for body in self.bodies]
        self.pages = {place: bytes(page) for place, page in StoredTree(0, lambda *_: None).grown(self.leaves).items()}
        tree = Tree(self.leaves)
        self.notes = [sign_checkpoint(size=at, root=tree.root(at), signer=KEY) for at in sorted(signed)]

    def audited(self, block):
        entries = [
            Stored(at, self.bodies[at : at + block], self.names[at : at + block], self.leaves[at : at + block])
            for at in range(0, len(self.bodies), block)
        ]
        page = lambda depth, number: self.pages.get((depth, number))  # noqa: E731
        return audit_log(LogSource(entries, self.notes, page, integrated=len(self.bodies)), CHAIN)


@st.composite
def logs(draw):
    size = draw(st.integers(1, 40))
    return Kept(size, draw(st.sets(st.integers(1, size), max_size=3)) | {size})


def flipped(draw, data):
    at, bit = draw(st.integers(0, len(data) - 1)), draw(st.integers(0, 7))
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


blocks = st.integers(1, 50)


@given(log=logs(), block=blocks)
def test_a_sound_log_is_whole_however_it_is_read(log, block):
    audit = log.audited(block)
    assert audit.ok and audit.signed.size == audit.size == len(log.bodies) and audit.checkpoints == len(log.notes)


@given(log=logs(), block=blocks, data=st.data(), leaf=st.booleans())
def test_audit_names_the_first_entry_of_any_change(log, block, data, leaf):
    places = data.draw(st.sets(st.integers(0, len(log.bodies) - 1), min_size=1, max_size=4))
    for place in places:
        log.bodies[place] = flipped(data.draw, log.bodies[place])
        if leaf:
            log.leaves[place] = leaf_hash(log.bodies[place])
    named = [one.place for one in log.audited(block).findings if one.code is EvidenceCode.AUDIT_ENTRY]
    assert named == sorted(places)


@given(log=logs(), block=blocks, data=st.data())
def test_where_every_copy_is_forged_the_checkpoints_still_bound_the_first_change(log, block, data):
    place = data.draw(st.integers(0, len(log.bodies) - 1))
    log.bodies[place] = flipped(data.draw, log.bodies[place])
    log.leaves = [leaf_hash(body) for body in log.bodies]
    log.pages = StoredTree(0, lambda *_: None).grown(log.leaves)
    named = [one.place for one in log.audited(block).findings if one.code is EvidenceCode.AUDIT_ENTRY]
    sizes = sorted(int(note.split("\n")[1]) for note in log.notes)
    assert named == [max((size for size in sizes if size <= place), default=0)]


@given(log=logs(), block=blocks, data=st.data())
def test_any_changed_leaf_hash_page_or_note_is_found_and_no_entry_is_blamed(log, block, data):
    kind = data.draw(st.sampled_from(["leaf", "page", "note"]))
    if kind == "leaf":
        place = data.draw(st.integers(0, len(log.leaves) - 1))
        log.leaves[place] = flipped(data.draw, log.leaves[place])
    elif kind == "page":
        place = data.draw(st.sampled_from(sorted(log.pages)))
        log.pages[place] = flipped(data.draw, log.pages[place])
    else:
        at = data.draw(st.integers(0, len(log.notes) - 1))
        log.notes[at] = flipped(data.draw, log.notes[at].encode()).decode("utf-8", "surrogateescape")
    codes = {one.code for one in log.audited(block).findings}
    assert codes and EvidenceCode.AUDIT_ENTRY not in codes


@given(log=logs(), block=blocks, data=st.data())
def test_two_histories_that_the_log_signed_itself_are_no_whole_log(log, block, data):
    size = data.draw(st.integers(1, len(log.bodies)))
    other = Tree([leaf_hash(b"other %d" % place) for place in range(size)])
    log.notes.insert(
        data.draw(st.integers(0, len(log.notes))), sign_checkpoint(size=size, root=other.root(), signer=KEY)
    )
    audit = log.audited(block)
    assert [one.code for one in audit.findings] == [EvidenceCode.AUDIT_CHECKPOINT]
    assert "another history" in audit.findings[0].what


@given(log=logs(), block=blocks, data=st.data())
def test_a_key_that_stands_inside_of_the_data_is_not_the_entrys_own(log, block, data):
    place = data.draw(st.integers(0, len(log.bodies) - 1))
    inside = b'{"at":"2026-01-01T00:00:00Z","data":{"key":"order/x"},"key":"order/%d","type":"a.b","v":1}' % place
    log = Kept(len(log.bodies), {len(log.bodies)})
    log.bodies[place], log.leaves[place] = inside, leaf_hash(inside)
    log.pages = {at: bytes(page) for at, page in StoredTree(0, lambda *_: None).grown(log.leaves).items()}
    tree = Tree(log.leaves)
    log.notes = [sign_checkpoint(size=len(log.bodies), root=tree.root(), signer=KEY)]
    assert log.audited(block).ok
    log.names[place] = b"order/x"
    assert [(one.code, one.place) for one in log.audited(block).findings] == [(EvidenceCode.AUDIT_NAME, place)]
