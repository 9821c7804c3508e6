from datetime import UTC, datetime, timedelta, timezone

import pytest

from kezek.evidence.armour import to_base64
from kezek.evidence.error import CanonicalError, EventError, EvidenceCode
from kezek.evidence.event import KEY_LENGTH_MAX, closed, content_of, entry_of, head_of, key_of, with_private
from kezek.evidence.sealed import Opening
from kezek.evidence.tiles import ENTRY_BYTES_MAX

SALT = bytes(range(32))
UNTIL = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLAIN = {"at": "2025-10-14T05:00:05Z", "data": {"a": 1}, "key": "order/1", "type": "order.submitted", "v": 1}


def event(**changes):
    return {**PLAIN, **changes}


def code_of(act):
    with pytest.raises(EventError) as caught:
        act()
    assert caught.value.what
    return caught.value.code


def test_what_a_log_needs_to_know_is_read():
    head = head_of(event())
    assert head == ("order/1", "order.submitted", 1, datetime(2025, 10, 14, 5, 0, 5, tzinfo=UTC), None)
    assert entry_of({name: PLAIN[name] for name in reversed(PLAIN)})[1] == (
        b'{"at":"2025-10-14T05:00:05Z","data":{"a":1},"key":"order/1","type":"order.submitted","v":1}'
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": None}, EvidenceCode.EVENT_FORM),
        ({"type": "order"}, EvidenceCode.EVENT_FORM),
        ({"type": "Order.made"}, EvidenceCode.EVENT_FORM),
        ({"type": "order.made\n"}, EvidenceCode.EVENT_FORM),
        ({"type": "order..made"}, EvidenceCode.EVENT_FORM),
        ({"type": "order.1"}, EvidenceCode.EVENT_FORM),
        ({"type": "зақ.made"}, EvidenceCode.EVENT_FORM),
        ({"more": 1}, EvidenceCode.EVENT_FORM),
        ({"v": 0}, EvidenceCode.EVENT_VERSION),
        ({"v": True}, EvidenceCode.EVENT_VERSION),
        ({"v": "1"}, EvidenceCode.EVENT_VERSION),
        ({"key": ""}, EvidenceCode.EVENT_KEY),
        ({"key": 1}, EvidenceCode.EVENT_KEY),
        ({"key": None}, EvidenceCode.EVENT_KEY),
        ({"key": "a\nb"}, EvidenceCode.EVENT_KEY),
        ({"key": "a\ud800"}, EvidenceCode.EVENT_KEY),
        ({"key": "a" * (KEY_LENGTH_MAX + 1)}, EvidenceCode.EVENT_KEY),
        ({"key": "n/1"}, EvidenceCode.EVENT_KEY),
        ({"n": 1}, EvidenceCode.EVENT_KEY),
        ({"at": "2025-10-14T05:00:05"}, EvidenceCode.EVENT_MOMENT),
        ({"at": "2025-10-14T05:00:05+00:00"}, EvidenceCode.EVENT_MOMENT),
        ({"at": "2025-10-14T05:00:05.5Z"}, EvidenceCode.EVENT_MOMENT),
        ({"at": "2025-02-29T05:00:05Z"}, EvidenceCode.EVENT_MOMENT),
        ({"at": "2025-10-14T24:00:00Z"}, EvidenceCode.EVENT_MOMENT),
        ({"at": "٢٠٢٥-10-14T05:00:05Z"}, EvidenceCode.EVENT_MOMENT),
        ({"at": None}, EvidenceCode.EVENT_MOMENT),
        ({"confidential": None}, EvidenceCode.EVENT_CONFIDENTIAL),
        ({"confidential": {"salt": to_base64(SALT)}}, EvidenceCode.EVENT_CONFIDENTIAL),
        ({"confidential": {"salt": to_base64(SALT[1:]), "until": PLAIN["at"]}}, EvidenceCode.EVENT_CONFIDENTIAL),
        ({"confidential": {"salt": "?", "until": PLAIN["at"]}}, EvidenceCode.EVENT_CONFIDENTIAL),
        ({"confidential": {"salt": to_base64(SALT), "until": "soon"}}, EvidenceCode.EVENT_MOMENT),
        (
            {"confidential": {"salt": to_base64(SALT), "until": PLAIN["at"], "x": 1}},
            EvidenceCode.EVENT_CONFIDENTIAL,
        ),
        ({"private": {}}, EvidenceCode.EVENT_PRIVATE),
        ({"private": []}, EvidenceCode.EVENT_PRIVATE),
        ({"private": {"Name": "a" * 64}}, EvidenceCode.EVENT_PRIVATE),
        ({"private": {"name": "A" * 64}}, EvidenceCode.EVENT_PRIVATE),
        ({"private": {"name": "a" * 63}}, EvidenceCode.EVENT_PRIVATE),
        ({"private": {"name": 7}}, EvidenceCode.EVENT_PRIVATE),
    ],
)
def test_an_event_of_another_form_is_refused_with_its_code(changes, code):
    assert code_of(lambda: head_of(event(**changes))) == code
    assert code_of(lambda: entry_of(event(**changes))) == code


def test_a_missing_field_is_refused_as_a_wrong_one():
    codes = {
        name: code_of(lambda name=name: head_of({one: PLAIN[one] for one in PLAIN if one != name}))
        for name in PLAIN
        if name != "data"
    }
    assert codes == {
        "at": EvidenceCode.EVENT_MOMENT,
        "key": EvidenceCode.EVENT_KEY,
        "type": EvidenceCode.EVENT_FORM,
        "v": EvidenceCode.EVENT_VERSION,
    }


def test_a_key_may_be_as_long_as_is_said_and_an_entry_as_long_as_a_tile_takes():
    assert key_of(event(key="ә" * KEY_LENGTH_MAX)) == "ә" * KEY_LENGTH_MAX
    room = ENTRY_BYTES_MAX - len(entry_of(event(data=""))[1])
    assert len(entry_of(event(data="a" * room))[1]) == ENTRY_BYTES_MAX
    assert code_of(lambda: entry_of(event(data="a" * (room + 1)))) == EvidenceCode.EVENT_SIZE


def test_a_numbered_event_is_named_by_its_number():
    numbered = {name: value for name, value in PLAIN.items() if name != "key"}
    assert key_of({**numbered, "n": 0}) == "n/0"
    for number in (-1, True, "0", 1.0, None):
        assert code_of(lambda number=number: key_of({**numbered, "n": number})) == EvidenceCode.EVENT_KEY


def test_what_canonical_json_does_not_hold_is_refused():
    for data in (1.5, {"a": 2**53}, {"a": "\ud800"}, {1: 2}, [object()]):
        with pytest.raises(CanonicalError):
            entry_of(event(data=data))


def test_a_closed_event_opens_at_one_instant():
    almaty = UNTIL.astimezone(timezone(timedelta(hours=5)))
    one = closed(PLAIN, salt=SALT, until=almaty)
    assert one == closed(PLAIN, salt=SALT, until=UNTIL) and head_of(one).until == UNTIL
    for vague in (UNTIL.replace(tzinfo=None), UNTIL.replace(microsecond=1)):
        assert code_of(lambda vague=vague: closed(PLAIN, salt=SALT, until=vague)) == EvidenceCode.EVENT_MOMENT


def test_the_same_event_sent_twice_says_the_same_under_other_salts():
    def sent(salt, value="880101300123", until=UNTIL):
        return closed(with_private(PLAIN, {"iin": Opening(value, salt)}), salt=salt, until=until)

    assert sent(SALT) != sent(SALT[::-1]) and content_of(sent(SALT)) == content_of(sent(SALT[::-1]))
    assert content_of(sent(SALT, until=UNTIL + timedelta(1))) != content_of(sent(SALT))
    assert content_of(PLAIN) == PLAIN != content_of(sent(SALT))
    assert "880101300123" not in str(sent(SALT))
