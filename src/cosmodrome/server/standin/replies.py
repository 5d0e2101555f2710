"""Replies in place of the right answer: a rate that is spent, errors of a service, a challenge for browsers.

None of them costs the caller a call of its rate: the right answer is not made.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from cosmodrome.http_cache.cache import Answer
from cosmodrome.server.front import refusal
from cosmodrome.server.standin.fates import Fate

LONGEST_WAIT = 60
"""Seconds of the server's clock in `Retry-After`."""
PAGE = "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1>{more}</body></html>"
CHALLENGE = (
    "<p>Checking that you are not a program. This takes a few seconds.</p>"
    "<noscript>Enable JavaScript and cookies to continue</noscript><script>/* a challenge */</script>"
)


def throttled(fate: Fate) -> Answer:
    """Returns a 429 as the service gives it: with `Retry-After`, with the sentence alone, or with neither."""
    form, seconds = fate.pick("header", "sentence", "bare"), 1 + fate.number // 3 % LONGEST_WAIT
    unit = "second" if seconds == 1 else "seconds"
    when = "" if form == "bare" else f" Expected available in {seconds} {unit}."
    status, headers, body = refusal(HTTPStatus.TOO_MANY_REQUESTS, f"Request was throttled.{when}")
    return status, [*headers, *([("Retry-After", str(seconds))] if form == "header" else [])], body


def failed(status: HTTPStatus, title: str) -> Callable[[Fate], Answer]:
    """Returns what makes an error's page."""
    return lambda _: page(status, PAGE.format(title=title, more=""))


def away(fate: Fate) -> Answer:
    """Returns a 503, with `Retry-After` or without."""
    title = "503 Service Temporarily Unavailable"
    status, headers, body = page(HTTPStatus.SERVICE_UNAVAILABLE, PAGE.format(title=title, more=""))
    wait = [("Retry-After", str(1 + fate.number // 2 % LONGEST_WAIT))] if fate.number % 2 else []
    return status, [*headers, *wait], body


def challenge(fate: Fate) -> Answer:
    """Returns the page of a network that wants to see a browser, with 403, 429 or 200."""
    status = HTTPStatus(int(fate.pick("403", "200", "429")))
    return page(status, PAGE.format(title="Just a moment...", more=CHALLENGE))


def page(status: HTTPStatus, html: str) -> Answer:
    """Returns a page."""
    headers = [
        ("Content-Type", "text/html; charset=UTF-8"),
        ("Content-Length", str(len(html))),
        ("Access-Control-Allow-Origin", "*"),
        ("Cache-Control", "no-store"),
    ]
    return f"{status.value} {status.phrase}", headers, [html.encode()]


REPLIES: dict[str, Callable[[Fate], Answer]] = {
    "429": throttled,
    "500": failed(HTTPStatus.INTERNAL_SERVER_ERROR, "Server Error (500)"),
    "502": failed(HTTPStatus.BAD_GATEWAY, "502 Bad Gateway"),
    "503": away,
    "504": failed(HTTPStatus.GATEWAY_TIMEOUT, "504 Gateway Time-out"),
    "html": challenge,
}
"""What makes the reply, by kind of fault."""
