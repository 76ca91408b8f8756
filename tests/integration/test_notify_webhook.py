"""Notices posted over real HTTP: signed, again after passing errors only, never elsewhere."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from credit_limits.domain.errors import InputError, ServerError, SettingsError
from credit_limits.ledger.entry import EntryKind
from tidegate.adapters.child_process import HOST, free_port
from tidegate.adapters.notify import Notice, notify
from tidegate.operations.announce import ANNOUNCED, AnnounceRequest, announce
from tidegate.operations.platform import Platform, open_platform

SECRET = "a key of the tests"
NOTICE = Notice("0123456789abcdef", "tidegate.batch.late", "tidegate.source.s", "late", {"a": "1"})
QUICK = (0.0, 0.0)


@dataclass
class Receiver:
    """A webhook that gives the answers it is told to, and then 204."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[Message, bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    held = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            held.got.append((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(held.answers.pop(0) if held.answers else 204)
            self.send_header("Location", f"http://{HOST}:1/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        held.url = f"http://{HOST}:{server.server_port}/hook?token=in-the-address"
        yield held
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", HOST)


@pytest.fixture
def posting(settings, receiver):
    update = {"notify_webhook_url": receiver.url, "notify_webhook_secret": SecretStr(SECRET)}
    return settings.model_copy(update=update)


@pytest.fixture
def platform(posting) -> Platform:
    return open_platform(posting)


def test_a_notice_is_posted_with_a_signature_that_its_receiver_can_hold_it_against(
    posting, receiver
):
    assert notify(posting, NOTICE, pauses=QUICK)
    ((headers, body),) = receiver.got
    expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["Tidegate-Signature"] == f"sha256={expected}"
    assert headers["Tidegate-Notice"] == NOTICE.notice_id
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body)["facts"] == {"a": "1"}


def test_without_a_webhook_it_is_a_line_in_the_log(settings, capsys):
    assert not notify(settings, NOTICE)
    said = capsys.readouterr()
    assert "notice" in said.out + said.err
    assert NOTICE.notice_id in said.out + said.err


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_error_is_tried_again_with_the_same_bytes(posting, receiver, status):
    receiver.answers = [status, status]
    assert notify(posting, NOTICE, pauses=QUICK)
    assert len(receiver.got) == 3
    assert len({body for _, body in receiver.got}) == 1


@pytest.mark.parametrize("status", [302, 400, 401, 404, 500])
def test_any_other_answer_is_an_error_at_once_and_names_no_token(posting, receiver, status):
    receiver.answers = [status]
    with pytest.raises(ServerError, match=f"refused a notice with status {status}") as raised:
        notify(posting, NOTICE, pauses=QUICK)
    assert len(receiver.got) == 1
    assert "token" not in str(raised.value)


def test_errors_that_do_not_pass_end_after_the_last_attempt(posting, receiver):
    receiver.answers = [503] * 9
    with pytest.raises(ServerError, match="did not take notice 0123456789abcdef in 3 attempts"):
        notify(posting, NOTICE, pauses=QUICK)
    assert len(receiver.got) == 3


def test_nobody_at_the_address_is_tried_again_and_then_said(posting):
    gone = posting.model_copy(update={"notify_webhook_url": f"http://{HOST}:{free_port()}/"})
    with pytest.raises(ServerError, match="in 3 attempts: see that it answers"):
        notify(gone, NOTICE, pauses=QUICK)


@pytest.mark.parametrize(
    ("update", "message"),
    [
        ({"notify_webhook_secret": SecretStr("")}, "_SECRET is not"),
        ({"notify_webhook_url": "file:///etc/hostname"}, "not an http or https address"),
        ({"notify_webhook_url": "example.org"}, "not an http or https address"),
    ],
)
def test_settings_that_cannot_be_used_are_named_and_nothing_is_posted(
    posting, receiver, update, message
):
    with pytest.raises(SettingsError, match=message):
        notify(posting.model_copy(update=update), NOTICE)
    assert receiver.got == []


def alarm(**facts: object) -> AnnounceRequest:
    told = {"as_of": "2024-01-31", "finding": "score: shifted", **facts}
    return AnnounceRequest(
        event="tidegate.drift.alarm", subject="tidegate.model.m", facts=json.dumps(told)
    )


def test_an_announcement_is_posted_once_and_recorded(platform, receiver):
    outcome = announce(platform, alarm())
    assert outcome.posted
    assert not outcome.recognised
    again = announce(platform, alarm())
    assert again.recognised
    assert again.model_copy(update={"recognised": False}) == outcome
    assert len(receiver.got) == 1
    (entry,) = platform.ledger.entries(EntryKind.NOTICE_SENT)
    assert entry.payload["notice_id"] == outcome.notice_id
    assert announce(platform, alarm(as_of="2024-02-29")).notice_id != outcome.notice_id


def test_only_listed_facts_leave_the_platform(platform, receiver):
    outcome = announce(platform, alarm(customer_id="C00017", name="Zhang Wei"))
    assert outcome.withheld == ["customer_id", "name"]
    ((_, body),) = receiver.got
    assert b"C00017" not in body
    assert b"Zhang" not in body


def test_what_is_not_taken_is_not_recorded_and_goes_out_when_run_again(platform, receiver):
    receiver.answers = [401]
    with pytest.raises(ServerError):
        announce(platform, alarm())
    assert platform.ledger.entries() == []
    assert announce(platform, alarm()).posted
    first, second = receiver.got
    assert first[0]["Tidegate-Notice"] == second[0]["Tidegate-Notice"]
    assert first[1] == second[1]


@pytest.mark.parametrize("event", list(ANNOUNCED))
def test_a_sentence_stands_whatever_is_known(settings, event):
    request = AnnounceRequest(event=event, subject="tidegate.model.m")
    text = announce(open_platform(settings), request).text
    assert "{" not in text
    assert text.endswith(".")


def test_a_long_finding_is_cut(settings):
    outcome = announce(open_platform(settings), alarm(finding="x" * 10_000))
    assert len(outcome.facts["finding"]) == 500


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (AnnounceRequest(event="tidegate.nonsense", subject="s"), "these are: tidegate.drift"),
        (alarm().model_copy(update={"facts": "{"}), "cannot be read"),
        (alarm().model_copy(update={"facts": "[]"}), "not list"),
    ],
)
def test_what_cannot_be_announced_is_said(settings, request_, message):
    with pytest.raises(InputError, match=message):
        announce(open_platform(settings), request_)
