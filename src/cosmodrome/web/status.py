"""`/status/`: how complete and how current the catalogue is, as JSON and as a page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from cosmodrome.changes.snapshots import snapshot
from cosmodrome.mirror.status import MirrorState, ResourceState, age_text, mirror_state, written
from cosmodrome.time.clock import write_instant
from cosmodrome.web.layout import page_response, prefers_html


@dataclass(frozen=True)
class Line:
    """A resource on the page."""

    state: ResourceState
    href: str
    complete_as_of: str
    age: str
    due: str
    is_late: bool


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Tells the state of the mirror: to programs as JSON, to people as a page."""
    with snapshot():
        state = mirror_state()
    if prefers_html(request) or request.GET.get("format") == "api":
        response = page_response("status", {"state": state, "lines": lines(state), **words(state)})
    else:
        text = json.dumps(state.as_json(), ensure_ascii=False, separators=(",", ":"))
        response = HttpResponse(text, "application/json")
    patch_vary_headers(response, ["Accept"])
    response.headers["Cache-Control"] = "no-store"
    return response


def words(state: MirrorState) -> dict[str, str]:
    """Returns the instants and numbers of the page's head, as people read them."""
    budget = state.budget
    return {
        "now": write_instant(state.now),
        "left": "any number" if budget.left is None else str(budget.left),
        "free_at": written(budget.free_at) or "",
        "sync_since": written(state.sync_since) or "",
    }


def lines(state: MirrorState) -> list[Line]:
    """Returns the lines of the page's table."""
    return [
        Line(
            state=each,
            href=f"{reverse('api-root')}{each.path}/",
            complete_as_of=written(each.complete_as_of) or "",
            age=age_text(each.age),
            due=due_text(each.next_due, state.now),
            is_late=each.is_late,
        )
        for each in state.resources
    ]


def due_text(due: datetime | None, now: datetime) -> str:
    """`in 3 h`; empty if no call is planned."""
    if due is None:
        return ""
    return f"in {age_text(due - now)}" if due > now else "now"
