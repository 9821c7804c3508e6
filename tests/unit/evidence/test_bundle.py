import pytest

from kezek.evidence.bundle import Bundle, extract, parse_bundle, render_bundle
from kezek.evidence.error import BundleError, EvidenceCode
from kezek.evidence.receipt import verify_receipt


@pytest.fixture
def bundle(log, signer):
    checkpoint = log.sign(signer)
    return Bundle(checkpoint, {f"L-{n}": log.receipt(n, checkpoint=checkpoint) for n in range(len(log))})


def test_bundle_is_read_as_written(bundle):
    assert parse_bundle(render_bundle(bundle)) == bundle
    assert parse_bundle(render_bundle(bundle).encode()) == bundle


def test_every_receipt_of_a_bundle_is_verified(bundle, signer):
    read = parse_bundle(render_bundle(bundle))

    lots = [verify_receipt(extract(read, key), signer.verifier).event["lot"] for key in read.receipts]

    assert lots == [f"L-{n}" for n in range(11)]


def test_empty_bundle_is_read_as_written(bundle):
    empty = Bundle(bundle.checkpoint, {})

    assert parse_bundle(render_bundle(empty)) == empty


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda text: text.replace("receipts@v1", "receipts@v2"), 1),
        (lambda text: "\n" + text, 1),
        (lambda text: "", 1),
        (lambda text: text.replace('"index":3,', '"index":03,'), 5),
        (lambda text: text.replace('"index":3,', '"index":-3,'), 5),
        (lambda text: text.replace('"index":3,', '"index":true,'), 5),
        (lambda text: text.replace('"index":3,', ""), 5),
        (lambda text: text.replace('"index":3,', '"index":3,"more":1,'), 5),
        (lambda text: text.replace('"id":"L-3"', '"id":"L-4"'), 5),
        (lambda text: text.replace('"id":"L-3"', '"id": "L-3"'), 5),
        (lambda text: text.replace('\\"L-3\\"', '\\"L-3 \\"'), 5),
        (lambda text: text.replace('="]', '"]', 1), 2),
        (lambda text: text.replace("L-9", "L-9\n"), 11),
        (lambda text: text[:-1], 12),
        (lambda text: text + "\n", 13),
        (lambda text: text + text.split("\n")[1] + "\n", 13),
    ],
)
def test_changed_bundle_is_refused_and_the_line_named(change, line, bundle):
    with pytest.raises(BundleError) as refused:
        parse_bundle(change(render_bundle(bundle)))

    assert refused.value.where == f"line {line}"


def test_unknown_receipt_is_refused(bundle):
    with pytest.raises(BundleError, match="no receipt 'L-99' among 11"):
        extract(bundle, "L-99")


def test_id_that_its_entry_does_not_hold_is_not_written(bundle):
    with pytest.raises(BundleError) as refused:
        render_bundle(Bundle(bundle.checkpoint, {"mine": bundle.receipts["L-1"]}))

    assert refused.value.code is EvidenceCode.BUNDLE_ID


def test_receipt_under_another_checkpoint_is_not_written(bundle):
    with pytest.raises(BundleError, match="another checkpoint"):
        render_bundle(Bundle(bundle.checkpoint + "x", bundle.receipts))
