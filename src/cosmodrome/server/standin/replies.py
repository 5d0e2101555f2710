"""Replies in place of the right answer: spent rates, errors of a service, challenges for browsers, redirects.

None of them costs the caller a call of its rate: the right answer is not made.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from cosmodrome.http_cache.cache import Answer
from cosmodrome.server.refusals import refusal
from cosmodrome.server.standin.corruption import elsewhere
from cosmodrome.server.standin.fates import Fate

Reply = Callable[[Fate, str], Answer]
"""Makes a reply to a request for a url."""
LONGEST_WAIT = 60
"""Seconds of the server's clock in `Retry-After`."""
PAGE = "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1>{more}</body></html>"
CHALLENGE = (
    "<p>Checking that you are not a program. This takes a few seconds.</p>"
    "<noscript>Enable JavaScript and cookies to continue</noscript><script>/* a challenge */</script>"
)


def throttled(fate: Fate, url: str) -> Answer:
    """Returns a 429 as the service gives it: with `Retry-After`, with the sentence alone, or with neither."""
    del url
    form, seconds = fate.pick("header", "sentence", "bare"), 1 + fate.number // 3 % LONGEST_WAIT
    unit = "second" if seconds == 1 else "seconds"
    when = "" if form == "bare" else f" Expected available in {seconds} {unit}."
    status, headers, body = refusal(HTTPStatus.TOO_MANY_REQUESTS, f"Request was throttled.{when}")
    return status, [*headers, *([("Retry-After", str(seconds))] if form == "header" else [])], body


def failed(status: HTTPStatus, title: str) -> Reply:
    """Returns what makes an error's page."""
    return lambda *_: page(status, PAGE.format(title=title, more=""))


def away(fate: Fate, url: str) -> Answer:
    """Returns a 503, with `Retry-After` or without."""
    del url
    title = "503 Service Temporarily Unavailable"
    status, headers, body = page(HTTPStatus.SERVICE_UNAVAILABLE, PAGE.format(title=title, more=""))
    wait = [("Retry-After", str(1 + fate.number // 2 % LONGEST_WAIT))] if fate.number % 2 else []
    return status, [*headers, *wait], body


def challenge(fate: Fate, url: str) -> Answer:
    """Returns the page of a network that wants to see a browser, with 403, 429 or 200."""
    del url
    status = HTTPStatus(int(fate.pick("403", "200", "429")))
    return page(status, PAGE.format(title="Just a moment...", more=CHALLENGE))


def redirect(fate: Fate, url: str) -> Answer:
    """Returns a 302 to another host, or to the url itself."""
    status, headers, body = page(HTTPStatus.FOUND, PAGE.format(title="302 Found", more=""))
    return status, [*headers, ("Location", fate.pick(elsewhere(url), url))], body


def page(status: HTTPStatus, html: str) -> Answer:
    """Returns a page."""
    headers = [
        ("Content-Type", "text/html; charset=UTF-8"),
        ("Content-Length", str(len(html))),
        ("Access-Control-Allow-Origin", "*"),
        ("Cache-Control", "no-store"),
    ]
    return f"{status.value} {status.phrase}", headers, [html.encode()]


REPLIES: dict[str, Reply] = {
    "429": throttled,
    "500": failed(HTTPStatus.INTERNAL_SERVER_ERROR, "Server Error (500)"),
    "502": failed(HTTPStatus.BAD_GATEWAY, "502 Bad Gateway"),
    "503": away,
    "504": failed(HTTPStatus.GATEWAY_TIMEOUT, "504 Gateway Time-out"),
    "html": challenge,
    "redirect": redirect,
}
"""What makes the reply, by kind of fault."""
