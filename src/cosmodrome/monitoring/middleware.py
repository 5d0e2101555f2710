"""Middleware that measures every request that Django answers, and answers health probes.

It comes first: probes use any address of the server, and the host check would refuse them.  It imports the
metrics when it is made, in a worker: `serve` imports this module too, for Django's checks, and every worker
that is a fork of it would write its numbers under the process id of `serve`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from time import perf_counter

from django.contrib.admindocs.utils import remove_non_capturing_groups, replace_named_groups
from django.http import HttpRequest, HttpResponseBase

from cosmodrome.changes.snapshots import ROUTE

Answer = Callable[[HttpRequest], HttpResponseBase]

NO_ROUTE = "none"
"""The route of unknown paths, redirects to a closing slash, files of pages and refused hosts."""


def watched(answer: Answer) -> Answer:
    """Measures the requests that `answer` answers."""
    from cosmodrome.monitoring.metrics import measure
    from cosmodrome.monitoring.probes import probe

    def watch(request: HttpRequest) -> HttpResponseBase:
        if asked := probe(request):
            return asked
        start = perf_counter()
        response = answer(request)
        seconds = perf_counter() - start
        if request.resolver_match:
            request.META[ROUTE] = readable(request.resolver_match.route)
        route = request.META.get(ROUTE, NO_ROUTE)
        measure("django", route, str(request.method), response.status_code)(1, seconds)
        return response

    return watch


@lru_cache(1024)
def readable(route: str) -> str:
    """Returns a readable route: `/2.3.0/spacecraft/<pk>/`.  The hundreds of the admin are one."""
    if route.startswith("admin/"):
        return "/admin/"
    plain = replace_named_groups(remove_non_capturing_groups(route))
    return "/" + plain.replace("^", "").replace("$", "").replace("<str:", "<").lstrip("/")
