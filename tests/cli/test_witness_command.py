"""`kezek witness` from files, over HTTP, and who asks it."""

import http.client
import http.server
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from kezek.cli import witness_server
from kezek.cli.evidence import verify_command
from kezek.cli.witness import add_command, cosign_command, init_command, status_command
from kezek.cli.witness_client import (
    ANSWER_BYTES_MAX,
    CosignatureLines,
    Declined,
    KnownSize,
    Unreachable,
    ask_witness,
)
from kezek.cli.witness_server import WitnessServer, address_of
from kezek.evidence.checkpoint import sign_checkpoint
from kezek.evidence.cosignature import WitnessKey, WitnessSigner, collect, cosign, open_cosigned
from kezek.evidence.growth import Growth, render_growth
from kezek.evidence.log import Log
from kezek.evidence.receipt import render_receipt
from kezek.evidence.signature import Signer
from kezek.evidence.tree import Tree, leaf_hash
from kezek.evidence.witness import REQUEST_BYTES_MAX
from kezek.journal import witness_store
from kezek.units.problem import InputProblem

LOG = Signer("kezek.example/log", bytes(range(32)))
TREE = Tree([leaf_hash(b"%d" % number) for number in range(13)])
FORK = Tree([leaf_hash(b"fork %d" % number) for number in range(13)])
PATIENT = 20
"""Seconds that no healthy answer needs, so that a busy machine fails no test."""


def request(old, size, tree=TREE, signer=LOG):
    proof = tree.consistency_proof(old, size) if old else []
    note = sign_checkpoint(size=size, root=tree.root(size), signer=signer)
    return render_growth(Growth(old, tuple(proof), note)).encode()


def refused(act):
    with pytest.raises(InputProblem) as caught:
        act()
    assert caught.value.what and caught.value.way_out
    return caught.value.code


@pytest.fixture
def folder(tmp_path, capsys):
    place = tmp_path / "witness"
    assert init_command(place, "witness.example/w1") == 0
    (tmp_path / "log.vkey").write_text(f"{LOG.vkey}\n")
    assert add_command(place, tmp_path / "log.vkey") == 0
    capsys.readouterr()
    return place


@pytest.fixture
def key(folder):
    return WitnessKey.parse((folder / "witness.vkey").read_bytes())


def test_init_prints_the_key_to_publish_and_draws_another_each_time(tmp_path, capsys):
    keys = []
    for name in ("one", "two"):
        init_command(tmp_path / name, "witness.example/w1")
        printed = capsys.readouterr().out
        assert printed == (tmp_path / name / "witness.vkey").read_text()
        keys.append(WitnessKey.parse(printed))
    assert keys[0].name == keys[1].name == "witness.example/w1"
    assert keys[0].public_key != keys[1].public_key
    assert refused(lambda: init_command(tmp_path / "one", "witness.example/w1")) == "journal.witness.exists"
    assert refused(lambda: init_command(tmp_path / "three", "two words")) == "evidence.key.form"
    assert not (tmp_path / "three").exists()


def test_what_is_no_key_of_a_log_is_not_added(folder, key, tmp_path, capsys):
    assert refused(lambda: add_command(folder, folder / "witness.vkey")) == "evidence.key.form"
    assert refused(lambda: add_command(folder, tmp_path / "none")) == "cli.file.unreadable"
    assert add_command(folder, tmp_path / "log.vkey") == 0
    assert "trusted already" in capsys.readouterr().out


def test_cosign_from_files_gives_a_line_that_verifies_and_status_tells_it(folder, key, tmp_path, capsys):
    status_command(folder)
    assert "nothing cosigned yet" in capsys.readouterr().out
    (tmp_path / "request").write_bytes(request(0, 9))

    assert cosign_command(folder, tmp_path / "request", tmp_path / "line") == 0
    note = sign_checkpoint(size=9, root=TREE.root(9), signer=LOG)
    whole = collect(note, (tmp_path / "line").read_bytes(), verifier=LOG.verifier, witnesses=(key,))

    assert [one.name for one in open_cosigned(whole, verifier=LOG.verifier, witnesses=(key,)).cosigned] == [key.name]
    assert capsys.readouterr().out == ""
    status_command(folder)
    printed = capsys.readouterr().out
    assert f"9 entries, root {TREE.root(9).hex()}, cosigned at 20" in printed and key.vkey in printed


def test_cosign_reads_the_standard_input(folder, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(request(0, 9))))

    assert cosign_command(folder, type(folder)("-"), None) == 0
    assert capsys.readouterr().out.startswith("— witness.example/w1 ")


def test_journal_and_witness_understand_each_other(tmp_path, capsys):
    """The text of `kezek journal growth` is a request; its answer under a receipt makes it a cosigned one."""
    from kezek.cli import journal

    place, witness = tmp_path / "journal", tmp_path / "witness"
    journal.init_command(place, LOG.name, "sqlite")
    init_command(witness, "witness.example/w1")
    add_command(witness, place / "public" / "log.vkey")
    for number in range(3):
        event = {
            "at": f"2025-10-14T05:00:0{number}Z",
            "data": {},
            "key": f"order/{number}",
            "type": "order.made",
            "v": 1,
        }
        (tmp_path / "events").write_text(json.dumps(event) + "\n")
        journal.append_command(place, str(tmp_path / "events"))
        journal.publish_command(place)
        journal.growth_command(place, number, tmp_path / "request")
        assert cosign_command(witness, tmp_path / "request", tmp_path / "line") == 0
    journal.receipt_command(place, "order/1", tmp_path / "receipt")
    with (tmp_path / "receipt").open("ab") as file:
        file.write((tmp_path / "line").read_bytes())
    capsys.readouterr()

    code = verify_command(tmp_path / "receipt", place / "public" / "log.vkey", witnesses=(witness / "witness.vkey",))
    assert code == 0 and "ok  witnesses: witness.example/w1 at " in capsys.readouterr().out


def test_refusal_is_told_with_what_is_known(folder, tmp_path, capsys):
    (tmp_path / "request").write_bytes(request(0, 9))
    (tmp_path / "fork").write_bytes(request(9, 13, FORK))
    cosign_command(folder, tmp_path / "request", tmp_path / "line")

    assert cosign_command(folder, tmp_path / "request", None) == 1
    told = capsys.readouterr()
    assert told.out == "" and "NOT COSIGNED: 409" in told.err and "(size 9 is known)" in told.err
    assert cosign_command(folder, tmp_path / "fork", tmp_path / "line2") == 1
    assert "NOT COSIGNED: 422" in capsys.readouterr().err and not (tmp_path / "line2").exists()


def test_cosignature_that_cannot_be_written_can_be_asked_for_again(folder, tmp_path):
    (tmp_path / "request").write_bytes(request(0, 9))
    (tmp_path / "again").write_bytes(request(9, 9))

    assert refused(lambda: cosign_command(folder, tmp_path / "request", tmp_path)) == "cli.file.unwritable"
    assert cosign_command(folder, tmp_path / "again", tmp_path / "line") == 0


def test_status_of_a_witness_without_logs_and_of_none(tmp_path, capsys):
    init_command(tmp_path / "new", "witness.example/w1")
    assert status_command(tmp_path / "new") == 0
    assert "kezek witness add" in capsys.readouterr().out
    assert refused(lambda: status_command(tmp_path)) == "journal.witness.none"


@pytest.fixture
def receipt(tmp_path):
    log = Log()
    log.extend({"event": "lot.bought", "lot": f"L-{n}"} for n in range(7))
    note = log.sign(LOG)
    keys = [WitnessSigner(f"witness.example/w{n}", bytes([n] * 32)) for n in (1, 2)]
    cosigned = collect(
        note, cosign(note, signer=keys[0], at=1_760_518_800), verifier=LOG.verifier, witnesses=(keys[0].key,)
    )
    (tmp_path / "log.vkey").write_text(LOG.vkey)
    for number, one in enumerate(keys, start=1):
        (tmp_path / f"w{number}.vkey").write_text(f"{one.key.vkey}\n")
    (tmp_path / "my.receipt").write_text(render_receipt(log.receipt(3, checkpoint=cosigned)), encoding="utf-8")
    return tmp_path


def test_verify_names_the_witnesses_and_needs_all_that_are_named(receipt, capsys):
    file, key, one, two = (receipt / name for name in ("my.receipt", "log.vkey", "w1.vkey", "w2.vkey"))

    assert verify_command(file, key) == 0
    assert "ok  witnesses: none that is trusted cosigned; not checked: witness.example/w1" in capsys.readouterr().out
    assert verify_command(file, key, witnesses=(one,)) == 0
    assert "ok  witnesses: witness.example/w1 at 2025-10-15T09:00:00Z" in capsys.readouterr().out
    assert verify_command(file, key, witnesses=(one, two), witnesses_needed=1) == 0
    capsys.readouterr()
    for needed in (None, 2):
        assert verify_command(file, key, witnesses=(one, two), witnesses_needed=needed) == 1
        told = capsys.readouterr().out
        assert "NO  witnesses: 1 of 2 needed witnesses cosigned" in told
        assert "NOT VALID: the witnesses are wrong: 1 of 2" in told and "[evidence.receipt.witnesses]" in told


def test_verify_refuses_witnesses_that_cannot_be(receipt):
    file, key, one = (receipt / name for name in ("my.receipt", "log.vkey", "w1.vkey"))
    alias = receipt / "alias.vkey"
    alias.write_text(WitnessKey("alias", WitnessKey.parse(one.read_bytes()).public_key).vkey)

    assert refused(lambda: verify_command(file, key, witnesses=(key,))) == "evidence.key.form"
    assert refused(lambda: verify_command(file, key, witnesses=(one, alias))) == "evidence.cosignature.keys"
    assert refused(lambda: verify_command(file, key, witnesses=(one,), witnesses_needed=2)) == "cli.verify.witnesses"
    assert (
        refused(lambda: verify_command(file, key, witnesses=(one, one), witnesses_needed=2)) == "cli.verify.witnesses"
    )
    assert refused(lambda: verify_command(file, key, witnesses=(), witnesses_needed=1)) == "cli.verify.witnesses"


@contextmanager
def running(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def served(folder, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with running(WitnessServer(folder, "127.0.0.1", 0)) as server:
        yield server


def url_of(server):
    return f"http://127.0.0.1:{server.server_port}"


def raw(server, data, *, end=False):
    """Send bytes, and read until the server closes."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=PATIENT) as plug:
        plug.sendall(data)
        if end:
            plug.shutdown(socket.SHUT_WR)
        found = b""
        while part := plug.recv(65536):
            found += part
        return found


def test_publisher_collects_a_cosignature_over_http(served, key):
    note = sign_checkpoint(size=9, root=TREE.root(9), signer=LOG)

    answer = ask_witness(url_of(served), request(0, 9), PATIENT)

    whole = collect(note, answer.text, verifier=LOG.verifier, witnesses=(key,))
    assert [one.name for one in open_cosigned(whole, verifier=LOG.verifier, witnesses=(key,)).cosigned] == [key.name]
    assert ask_witness(url_of(served), request(0, 13), PATIENT) == KnownSize(9)
    assert isinstance(ask_witness(f"{url_of(served)}/", request(9, 13), PATIENT), CosignatureLines)


def test_each_refusal_has_its_status_over_http(served):
    ask_witness(url_of(served), request(0, 9), PATIENT)
    stranger = Signer(LOG.name, bytes(32))
    unknown = Signer("kezek.example/other", bytes(32))
    asked = {
        400: b"garbage",
        403: request(9, 13, signer=stranger),
        404: request(0, 9, signer=unknown),
        422: request(9, 13, FORK),
    }

    for status, data in asked.items():
        answer = ask_witness(url_of(served), data, PATIENT)
        assert isinstance(answer, Declined) and answer.status == status and "[evidence." in answer.what
    assert ask_witness(url_of(served), request(9, 9, FORK), PATIENT) == KnownSize(9)
    found = ask_witness(f"{url_of(served)}/other", request(9, 13), PATIENT)
    assert (found.status, found.what) == (404, "There is only POST /add-checkpoint.")


def test_conflict_is_answered_to_the_letter_on_a_connection_that_stays(served):
    plug = http.client.HTTPConnection("127.0.0.1", served.server_port, timeout=PATIENT)
    found, plugs = [], []
    for data in (request(0, 9), request(0, 13), b"garbage", request(9, 13)):
        plug.request("POST", "/add-checkpoint", body=data)
        response = plug.getresponse()
        found.append((response.status, response.headers["Content-Type"], response.read()))
        plugs.append(plug.sock)
    plug.close()

    assert plugs[0] is not None and plugs == plugs[:1] * 4  # keep-alive
    assert [status for status, _, _ in found] == [200, 409, 400, 200]
    assert found[1][1:] == ("text/x.tlog.size", b"9\n")


def test_what_is_no_request_gets_a_plain_answer(served, capsys):
    head = b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n"
    too_long = head + b"Content-Length: %d\r\n\r\n" % (REQUEST_BYTES_MAX + 1) + b"x" * (REQUEST_BYTES_MAX + 1)
    asked = {
        b"GET / HTTP/1.1\r\nHost: w\r\n\r\n": b" 404 ",
        b"GET /add-checkpoint HTTP/1.1\r\nHost: w\r\n\r\n": b" 404 ",
        b"BREW /add-checkpoint HTTP/1.1\r\nHost: w\r\n\r\n": b" 501 ",
        b"nonsense\r\n\r\n": b" 400 ",
        b"POST / HTTP/9.9\r\n\r\n": b" 505 ",
        head + b"\r\n": b" 411 ",
        head + b"Content-Length: -1\r\n\r\n": b" 411 ",
        head + b"Content-Length: 1e9\r\n\r\n": b" 411 ",
        head + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n": b" 411 ",
        too_long: b" 413 ",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n": b" 414 ",
        head + b"X: y\r\n" * 200 + b"\r\n": b" 431 ",
    }

    for data, status in asked.items():
        found = raw(served, data)
        assert status in found.split(b"\r\n")[0], (data[:60], found[:80])
        assert b"Traceback" not in found and b"<html" not in found.lower()
    assert raw(served, head + b"Content-Length: 10\r\n\r\nold", end=True) == b""
    assert isinstance(ask_witness(url_of(served), request(0, 9), PATIENT), CosignatureLines)
    assert "Traceback" not in capsys.readouterr().err


def test_fault_inside_is_a_plain_500_or_503_and_one_line_here(served, folder, monkeypatch, capsys):
    (folder / "state.json").rename(folder / "elsewhere")
    answer = ask_witness(url_of(served), request(0, 9), PATIENT)
    assert (answer.status, answer.what) == (503, "The witness cannot answer now. [journal.witness.missing]")
    (folder / "elsewhere").rename(folder / "state.json")

    def broken(*_, **__):
        raise ZeroDivisionError("secret\nof the house")

    monkeypatch.setattr(witness_store, "cosign_request", broken)
    answer = ask_witness(url_of(served), request(0, 9), PATIENT)
    assert (answer.status, answer.what) == (500, "A fault of the witness.")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and "ZeroDivisionError: secret?of the house" in lines[1]


def test_too_many_connections_and_too_long_ones_are_ended(served, monkeypatch):
    monkeypatch.setattr(witness_server, "CONNECTIONS_MAX", 1)
    monkeypatch.setattr(witness_server._Handler, "timeout", None)  # it is not idleness that ends it
    with socket.create_connection(("127.0.0.1", served.server_port), timeout=PATIENT) as slow:
        slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\n")
        assert raw(served, b"") == b""
        monkeypatch.setattr(witness_server, "CONNECTION_SECONDS", -1)
        assert slow.recv(100) == b""
    monkeypatch.undo()


def test_requests_at_once_over_http_get_one_history(served):
    start, answers = threading.Barrier(8), []

    def ask(tree):
        start.wait()
        answers.append((tree, ask_witness(url_of(served), request(0, 9, tree), PATIENT)))

    threads = [threading.Thread(target=ask, args=((TREE, FORK)[number % 2],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([one for _, one in answers if isinstance(one, CosignatureLines)]) == 1
    assert [one for _, one in answers if not isinstance(one, CosignatureLines)] == [KnownSize(9)] * 7


@contextmanager
def answering(status=200, body=b"", kind="text/plain", headers=(), wait=None):
    """A witness that answers what it is told to."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            if wait:
                wait.wait()
            try:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # the client has left

        def log_message(self, *_):
            pass

    with running(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield url_of(server)


@pytest.fixture
def direct(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


@pytest.mark.parametrize("body", [b"", b"garbage", "— w\n".encode(), b"\xff\xff\n", b"<html></html>\n"])
def test_answer_that_is_no_cosignature_is_declined(body, direct):
    with answering(200, body) as url:
        answer = ask_witness(url, b"x", PATIENT)
    assert isinstance(answer, Declined) and answer.status == 200 and "no cosignature" in answer.what


def test_huge_answer_is_declined(direct):
    with answering(200, b"x" * (ANSWER_BYTES_MAX + 1)) as url:
        answer = ask_witness(url, b"x", PATIENT)
    assert answer == Declined(200, f"the answer is longer than {ANSWER_BYTES_MAX} bytes")


def test_other_status_is_declined_with_its_reason_in_plain_letters(direct):
    with answering(500, b"no\x1b[2J\nluck" + b"!" * 900) as url:
        answer = ask_witness(url, b"x", PATIENT)
    assert answer.status == 500 and answer.what.startswith("no [2J luck!!") and len(answer.what) == 200


@pytest.mark.parametrize("kind", ["text/plain", "text/x.tlog.size"])
@pytest.mark.parametrize("body", [b"", b"many", b"-1\n", b"007\n", b"9\n9\n"])
def test_conflict_without_a_size_is_declined(kind, body, direct):
    with answering(409, body, kind) as url:
        answer = ask_witness(url, b"x", PATIENT)
    assert isinstance(answer, Declined) and answer.status == 409


def test_conflict_of_another_type_is_no_size(direct):
    for kind, expected in (("text/plain", Declined(409, "9")), ("Text/X.TLOG.size; a=b", KnownSize(9))):
        with answering(409, b"9\n", kind) as url:
            assert ask_witness(url, b"x", PATIENT) == expected


def test_redirection_is_not_followed(direct, tmp_path):
    (tmp_path / "file").write_text("mine")
    for target in ((tmp_path / "file").as_uri(), "http://127.0.0.1:1/"):
        with answering(302, headers=[("Location", target)]) as url:
            assert ask_witness(url, b"x", PATIENT) == Declined(302, "")


def test_slow_witness_is_left_in_time(direct):
    wait = threading.Event()
    with answering(200, wait=wait) as url:
        try:
            answer = ask_witness(url, b"x", 0.05)
        finally:
            wait.set()
    assert isinstance(answer, Unreachable)


def test_witness_that_sends_a_byte_now_and_then_is_left_in_time(direct):
    """Each byte comes in time, the whole never does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        left = threading.Event()

        def drip():
            plug, _ = listener.accept()
            with plug:
                plug.sendall(b"HTTP/1.1 200 OK\r\n")
                while not left.wait(0.01):
                    try:
                        plug.sendall(b"X: y\r\n"[:1])
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            answer = ask_witness(f"http://127.0.0.1:{listener.getsockname()[1]}", b"x", 0.3)
        finally:
            left.set()
            thread.join()
    assert answer == Unreachable("no whole answer within 0.3 s")


def test_nobody_there_and_no_http_are_unreachable(direct):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "refused" in ask_witness(f"http://127.0.0.1:{port}", b"x", PATIENT).what.lower()

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def babble():
            plug, _ = listener.accept()
            with plug:
                plug.recv(65536)
                plug.sendall(b"SSH-2.0-OpenSSH\r\n")

        thread = threading.Thread(target=babble)
        thread.start()
        answer = ask_witness(f"http://127.0.0.1:{listener.getsockname()[1]}", b"x", PATIENT)
        thread.join()
    assert isinstance(answer, Unreachable)


@pytest.mark.parametrize(
    "url",
    ["", "witness.example", "ftp://w/", "file:///etc/passwd", "http://", "http://w:port/", "http://w:99999/",
     "http://w/?q=1", "http://w/#f", "http://w /", "http://w/\n", "http://ә/", "data:,x"],
)  # fmt: skip
def test_what_is_no_address_of_a_witness_is_refused(url):
    assert refused(lambda: ask_witness(url, b"x", PATIENT)) == "cli.witness.url"


@pytest.mark.parametrize(
    "listen", ["", "8471", "127.0.0.1", "127.0.0.1:", ":8471", "127.0.0.1:0x10", "127.0.0.1:65536", "::1:8471"]
)
def test_what_is_no_address_to_listen_at_is_refused(listen):
    assert refused(lambda: address_of(listen)) == "cli.witness.listen"


def test_address_that_is_taken_is_told(folder, served):
    code = refused(lambda: witness_server.serve_command(folder, f"127.0.0.1:{served.server_port}"))
    assert code == "cli.witness.listen"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_stops_when_it_is_told_to(folder, number, direct):
    done = subprocess.Popen(
        [sys.executable, "-m", "kezek", "witness", "serve", str(folder), "--listen", "127.0.0.1:0"],
        stderr=subprocess.PIPE,
        text=True,
    )
    with done:
        told = done.stderr.readline()
        url = told.split(" answers at ")[1].strip().removesuffix("/add-checkpoint")
        answer = ask_witness(url, request(0, 9), PATIENT)
        done.send_signal(number)
        rest = done.stderr.read()
    assert isinstance(answer, CosignatureLines)
    assert done.returncode == 0 and rest == "kezek witness: stopped.\n"
