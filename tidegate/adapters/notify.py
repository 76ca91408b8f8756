"""Notices to people: a line in the log always, and a signed POST where a webhook is set.

The body is canonical JSON, so the same notice has the same bytes and the same signature. A notice
may arrive twice, where a run was killed after it was posted; its id is the same both times.
"""

import hmac
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

import structlog

from credit_limits.domain.digest import canonical_json
from credit_limits.domain.errors import ServerError, SettingsError
from tidegate.adapters.settings import Settings

SIGNATURE_HEADER = "Tidegate-Signature"
ID_HEADER = "Tidegate-Notice"
_TIMEOUT_SECONDS = 10.0
# Pauses before another attempt, in seconds, and the answers that such an attempt may change.
_PAUSES = (1.0, 5.0)
_PASSING_STATUS = frozenset({429, 502, 503, 504})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """What people are told. ``facts`` are ids, days, words and figures, never a person's data."""

    notice_id: str
    event: str
    subject: str
    text: str
    facts: Mapping[str, object]

    @property
    def body(self) -> bytes:
        """The notice as it is posted."""
        return canonical_json(
            {
                "notice_id": self.notice_id,
                "event": self.event,
                "subject": self.subject,
                "text": self.text,
                "facts": dict(self.facts),
            }
        )


def signature_of(body: bytes, secret: str) -> str:
    """HMAC-SHA256 of a body under a secret, as its header has it.

    >>> signature_of(b"{}", "key")[:23]
    'sha256=a777724d943eb48d'
    """
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def notify(settings: Settings, notice: Notice, *, pauses: Sequence[float] = _PAUSES) -> bool:
    """Log a notice and, where a webhook is set, post it; whether it was posted.

    Raises:
        SettingsError: the webhook's address is not one, or there is no secret to sign with.
        ServerError: the webhook did not take the notice, after as many attempts as there are
            ``pauses`` and one more; only passing errors are attempted again.
    """
    _log.warning(
        "notice",
        notice_id=notice.notice_id,
        about=notice.event,
        subject=notice.subject,
        text=notice.text,
    )
    if not settings.notify_webhook_url:
        return False
    request = _signed_request(settings, notice)
    for pause in pauses:
        if _is_taken(request):
            return True
        time.sleep(pause)
    if _is_taken(request):
        return True
    raise ServerError(
        f"the webhook at {request.host} did not take notice {notice.notice_id} in "
        f"{len(pauses) + 1} attempts: see that it answers, then announce again"
    )


def _signed_request(settings: Settings, notice: Notice) -> urllib.request.Request:
    secret = settings.notify_webhook_secret.get_secret_value()
    address = urlsplit(settings.notify_webhook_url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise SettingsError("TIDEGATE_NOTIFY_WEBHOOK_URL is not an http or https address")
    if not secret:
        raise SettingsError(
            "TIDEGATE_NOTIFY_WEBHOOK_URL is set and TIDEGATE_NOTIFY_WEBHOOK_SECRET is not: "
            "notices are posted signed or not at all"
        )
    headers = {
        "Content-Type": "application/json",
        SIGNATURE_HEADER: signature_of(notice.body, secret),
        ID_HEADER: notice.notice_id,
    }
    return urllib.request.Request(settings.notify_webhook_url, data=notice.body, headers=headers)


def _is_taken(request: urllib.request.Request) -> bool:
    """Whether the webhook answered 2xx; False for a passing error, ServerError for any other."""
    try:
        with _opener().open(request, timeout=_TIMEOUT_SECONDS):
            return True
    except HTTPError as error:
        error.close()
        if error.code in _PASSING_STATUS:
            return False
        raise ServerError(
            f"the webhook at {request.host} refused a notice with status {error.code}: check "
            "TIDEGATE_NOTIFY_WEBHOOK_URL and TIDEGATE_NOTIFY_WEBHOOK_SECRET"
        ) from None
    except (URLError, TimeoutError, ConnectionError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, TimeoutError | ConnectionError):
            return False
        raise ServerError(
            f"the webhook at {request.host} cannot be reached ({reason}): check "
            "TIDEGATE_NOTIFY_WEBHOOK_URL"
        ) from None


def _opener() -> urllib.request.OpenerDirector:
    """One that follows no redirect: a notice goes where the settings say."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener
