"""What holds for every answer, whoever gives it."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import split_domain_port

from cosmodrome.environment import PREFIX
from cosmodrome.web.pages import problem_json

Answer = Callable[[HttpRequest], HttpResponseBase]

LONGEST_HOST = 100
"""Characters of a refused host that are repeated to the one who asked for it."""

READABLE = "Age, ETag, Retry-After, X-Data-Version"
"""Headers that scripts of other sites may read."""

PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Accept, Accept-Language, Cache-Control, If-Modified-Since, "
        "If-None-Match, Pragma, Range, User-Agent, X-Requested-With"
    ),
    "Access-Control-Max-Age": "86400",
}


def open_for_reading(answer: Answer) -> Answer:
    """Lets scripts of any site read every answer, mistakes and redirects too.

    Not by django-cors-headers: that adds `Vary: origin` to all it touches, which the original's
    answers do not have, and which splits every cache although the answer is the same for all.
    """

    def opened(request: HttpRequest) -> HttpResponseBase:
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response: HttpResponseBase = HttpResponse(status=204, headers=PREFLIGHT)
            del response.headers["Content-Type"]
        else:
            response = answer(request)
        if not hasattr(request, "session"):  # what someone who has logged in reads is nobody else's
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Expose-Headers"] = READABLE
        return response

    return opened


def say_what_is_wrong(answer: Answer) -> Answer:
    """Refuses a host that is not ours in a sentence; Django's own refusal is an empty page."""

    def checked(request: HttpRequest) -> HttpResponseBase:
        try:
            request.get_host()
        except DisallowedHost:
            host = request.META.get("HTTP_HOST", request.META.get("SERVER_NAME", ""))
            return problem_json(refusal(str(host)), 400)
        return answer(request)

    return checked


def refusal(host: str) -> str:
    """Why `host`, which can be anything, is not answered, and what to do about it."""
    domain, _ = split_domain_port(host)
    if not domain:
        shown = "".join(c for c in host if c.isprintable())[:LONGEST_HOST]
        return f"The Host header is no host name: '{shown}'."
    name, variable = domain[:LONGEST_HOST], f"{PREFIX}ALLOWED_HOSTS"
    return (
        f"This server does not answer for the host {name}. To let it, set {variable}={name} "
        f"(several names with commas between) and start the server again."
    )
