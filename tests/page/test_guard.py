"""The page open to others: names, logins, slow and silent clients."""

import asyncio
import base64
import contextlib
import json
import socket
import threading
import types

import pytest

pytest.importorskip("starlette", reason="the page needs starlette and uvicorn")
pytest.importorskip("uvicorn", reason="the page needs starlette and uvicorn")
pytest.importorskip("httpx", reason="starlette's test client needs httpx")

import uvicorn
from starlette.testclient import TestClient

from lib_anim.engines.catalog import EngineSpec
from lib_anim.hosts import standalone
from lib_anim.page import bodies, connections, gate, guard, routes, server
from lib_anim.page.access import basic
from lib_anim.page.forms import LISTENING, Limits
from lib_anim.page.gate import Gate
from lib_anim.page.server import Address, application
from lib_anim.page.service import Service

OPEN = Address("0.0.0.0", anybody=True, names=("films.example.org",))


@pytest.fixture
def service(tmp_path):
    service = Service(tmp_path / "out", EngineSpec("passthrough"))
    yield service
    service.close()


def status(service, address, host, path="/"):
    client = TestClient(application(service, address), base_url="http://192.168.1.7:7870")
    return client.get(path, headers={"Host": host}).status_code


# -- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/anim/runs", "/anim/assets/anim.mjs"])
@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.168.1.7:7870", 200),  # the address of the connection
        ("[::ffff:192.168.1.7]:7870", 200),
        ("localhost:7870", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1", 200),
        ("[::1]:7870", 200),
        ("films.example.org", 200),
        ("Films.Example.ORG.:7870", 200),
        (socket.gethostname(), 200),
        ("192.168.1.8", 400),
        ("evil.example", 400),
        ("films.example.org.evil.example", 400),
        ("localhost.evil.example", 400),
        ("192.168.1.7.evil.example", 400),
        ("", 400),
        ("[", 400),
    ],
)
def test_a_page_for_everybody_is_opened_by_its_own_names_alone(service, host, expected, path):
    assert status(service, OPEN, host, path) == expected


def test_with_a_login_any_name_is_taken(service):
    client = TestClient(application(service, Address("0.0.0.0", login="me:pass")), base_url="http://proxy.example")
    assert client.get("/", auth=("me", "pass")).status_code == 200


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True),
        ("127.0.0.2", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.7", False),
        ("host.example", False),
        ("", False),
    ],
)
def test_what_is_not_loopback_is_open_to_others(monkeypatch, tmp_path, host, private):
    monkeypatch.setattr(server, "serve", lambda service, *_: seen.append(service.limits) or service.close())
    seen = []
    assert Address(host).private is private
    if host:
        standalone.show(standalone.PageOptions(EngineSpec("preview"), tmp_path, host=host, no_auth=True))
        assert seen == [Limits() if private else LISTENING]


# -- headers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/anim/runs", "/anim/assets/anim.mjs", "/anim/runs/none", "/nowhere"])
def test_every_answer_has_safe_headers(service, path):
    answer = TestClient(application(service, Address()), base_url="http://127.0.0.1").get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]


# -- passwords --------------------------------------------------------------------------------------------------------


def ask(gate, password, address="10.0.0.1"):
    sent = {"authorization": "Basic " + base64.b64encode(f"me:{password}".encode()).decode()} if password else {}
    request = types.SimpleNamespace(headers=sent, client=types.SimpleNamespace(host=address))
    refusal = asyncio.run(gate.refusal(request))
    return refusal[0] if refusal else 200


def test_wrong_passwords_are_limited_by_address():
    now = [0.0]
    door = Gate(basic([("me", "pass")]), lambda: now[0], 0.0)
    assert ask(door, "pass", "10.0.0.9") == 200
    assert ask(door, "") == 401
    assert [ask(door, f"wrong{k}") for k in range(12)] == [401] * 10 + [429] * 2
    assert ask(door, "pass") == 429  # else it would be found out all the same
    assert ask(door, "pass", "10.0.0.2") == 200
    assert [ask(door, f"wrong{k}", "10.0.0.9") for k in range(11)][-1] == 429
    assert ask(door, "pass", "10.0.0.9") == 200  # who is in stays in
    now[0] = 61.0
    assert ask(door, "pass") == 200


def test_wrong_passwords_of_one_network_count_together():
    door = Gate(basic([("me", "pass")]), delay_s=0.0)
    assert [ask(door, "wrong", f"2001:db8::{k:x}") for k in range(11)] == [401] * 10 + [429]
    assert ask(door, "wrong", "2001:db8:0:1::1") == 401


def test_what_is_remembered_of_addresses_is_bounded(monkeypatch):
    monkeypatch.setattr(gate, "_MOST_ADDRESSES", 3)
    door = Gate(basic([("me", "pass")]), delay_s=0.0)
    for k in range(9):
        assert ask(door, "wrong", f"10.0.0.{k}") == 401
    assert len(door._wrong) == 3


# -- slow clients, over real sockets ----------------------------------------------------------------------------------


@contextlib.contextmanager
def served(service, **limits):
    app = application(service, Address())
    config = uvicorn.Config(
        app, http=connections.guarded_protocol(), ws="none", log_level="warning", timeout_graceful_shutdown=1
    )
    running = uvicorn.Server(config)
    listening = server._listen(Address(port=0))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        running.should_exit = True
        thread.join(20)
        listening.close()


def connect(port, data=b""):
    one = socket.create_connection(("127.0.0.1", port), timeout=20)
    one.sendall(data)
    return one


def first_line(one):
    with contextlib.suppress(ConnectionError):
        return one.recv(65536).partition(b"\r\n")[0].decode()
    return ""


def request(method, path, more="", host="127.0.0.1"):
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nX-Anim: 1\r\n{more}\r\n".encode()


GET = request("GET", "/anim/runs")
HALF = request("POST", "/anim/pictures", "Content-Length: 90000\r\n") + b"half"


@pytest.mark.parametrize("sent", [b"", b"GET / HT", HALF])
def test_silent_connections_keep_nobody_out(service, sent, capfd):
    with served(service) as port:
        silent = [connect(port, sent) for _ in range(300)]
        assert first_line(connect(port, GET)) == "HTTP/1.1 200 OK"
        assert len(connections.guarded_protocol().open._open) <= connections.MOST_OF_ONE_ADDRESS + 1
        for one in silent:
            one.close()
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("sent", [b"", b"GET / HT", GET[:-2]])
def test_headers_that_do_not_come_end_the_connection(service, monkeypatch, sent):
    monkeypatch.setattr(connections, "HEADERS_S", 0.3)
    with served(service) as port:
        assert first_line(connect(port, sent)) == ""


def test_a_second_request_has_the_same_limit(service, monkeypatch):
    monkeypatch.setattr(connections, "HEADERS_S", 0.5)
    with served(service) as port:
        one = connect(port, GET)
        assert first_line(one) == "HTTP/1.1 200 OK"
        one.sendall(b"GET / HT")
        while data := one.recv(65536):
            assert b"HTTP/1.1 4" not in data


def test_a_body_that_does_not_come_is_answered_and_the_connection_closed(service, monkeypatch):
    monkeypatch.setattr(bodies, "SILENCE_S", 0.3)
    with served(service) as port:
        one = connect(port, HALF)
        assert first_line(one) == "HTTP/1.1 408 Request Timeout"
        assert one.recv(65536) in (b"",) or one.recv(65536) == b""


def test_bodies_at_once_are_bounded(service, monkeypatch):
    monkeypatch.setattr(bodies, "MOST_AT_ONCE", 3)
    with served(service) as port:
        assert first_line(connect(port, HALF)) == "HTTP/1.1 503 Service Unavailable"
        assert bodies._Held.size == 0


def test_work_that_takes_too_long_is_given_up(service, monkeypatch):
    monkeypatch.setattr(routes, "_WORK_S", 0.2)
    let = threading.Event()
    monkeypatch.setattr(service, "runs", lambda: let.wait(20) and [])
    client = TestClient(application(service, Address()), base_url="http://127.0.0.1")
    answer = client.get("/anim/runs")
    let.set()
    assert (answer.status_code, json.loads(answer.text)["error"]) == (503, "no answer within 0 seconds")
    assert client.get("/anim/palette").status_code == 200


def test_hashes_are_of_the_inline_scripts():
    (policy, _) = guard.page_headers("<script>a</script><script src='x'></script>")
    assert policy[1].count(b"sha256-") == 1
    assert b"'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='" in policy[1]
