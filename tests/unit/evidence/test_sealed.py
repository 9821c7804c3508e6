import hashlib

import pytest

from kezek.evidence.error import CanonicalError, EvidenceCode, SealError
from kezek.evidence.sealed import Opening, check_opening

SALT = bytes(range(32))


def test_digest_is_the_salted_hash_of_the_canonical_value():
    expected = hashlib.sha256(b"kezek-sealed@v1\n" + SALT + b'[{"a":1,"b":"x"}]').hexdigest()

    assert Opening({"b": "x", "a": 1}, SALT).digest == expected
    check_opening(Opening({"a": 1, "b": "x"}, SALT), expected)


@pytest.mark.parametrize(
    "other",
    [Opening("2", SALT), Opening(1, SALT), Opening(["1"], SALT), Opening("1", SALT[::-1]), Opening("", SALT)],
    ids=["value", "kind", "list", "salt", "empty"],
)
def test_another_value_or_salt_does_not_open_it(other):
    with pytest.raises(SealError) as refused:
        check_opening(other, Opening("1", SALT).digest)
    assert refused.value.code is EvidenceCode.SEAL_VALUE


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_salt_of_another_length_is_refused(length):
    with pytest.raises(SealError) as refused:
        Opening("1", bytes(length)).digest  # noqa: B018
    assert refused.value.code is EvidenceCode.SEAL_SALT


def test_value_without_canonical_form_is_refused():
    with pytest.raises(CanonicalError):
        Opening(1.5, SALT).digest  # noqa: B018
