"""The common part of all views of the API."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any, ClassVar

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import APIException, NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from cosmodrome.changes.allowance import MOST_SECONDS, SpentError, allowance, is_spent, lift
from cosmodrome.changes.snapshots import VALIDITY, Validity, settled_snapshot
from cosmodrome.resources.schema.ignored import IGNORED, as_header, ignored_names, refuse_ignored
from cosmodrome.time.as_of import fixed_instant, use_requested

DATA_VERSION = "X-Data-Version"
AS_OF = "X-As-Of"
"""The instant that an answer to `?at=` is about, or `present`."""


class TooMuchWork(APIException):
    """An answer would take too much of the server's time."""

    status_code = 400
    default_detail = (
        f"This answer takes more than {MOST_SECONDS:.0f} seconds of the server's processor: ask for fewer "
        "records with limit, for fewer keys with fields, or without at."
    )
    default_code = "too_much_work"


class ReadOnly:
    """A view that is read and never written to; stands before DRF's class."""

    is_counted: ClassVar[bool] = True
    """Whether its calls count against a rate; a view that describes the API is free and reads no rows."""

    validity: Validity | None = None
    """The version that the answer is made of, and until when it is valid; set after DRF's checks."""

    left_out: int = 0
    """Records of a page that the answer does not show, since its format has no room for them."""

    answered_as_of: str | None = None
    """The value of the header `X-As-Of`; None: the request names no instant, or none is taken."""

    @classmethod
    def takes_as_of(cls) -> bool:
        """Whether `?at=` may name the instant of the answer; else it is ignored."""
        return False

    def is_historic(self) -> bool:
        """Whether anything of what the request asks for is known to have been other at another instant."""
        return True

    @classmethod
    def is_cacheable(cls) -> bool:
        """Whether equal requests get equal answers, whoever sends them, while the catalogue stays."""
        return True

    @classmethod
    def taken_names(cls, is_record: bool) -> Iterable[str]:
        """Returns the parameters that it takes, without `mode`, `format` and those beyond the contract."""
        del is_record
        return ()

    @classmethod
    def may_read_more(cls) -> bool:
        """Whether code that overrides DRF's may read parameters that are declared nowhere."""
        return False

    @property
    def is_record(self) -> bool:
        """Whether the request is for one record of a list."""
        return getattr(self, "action", None) == "retrieve"

    @property
    def allowed_methods(self) -> list[str]:
        """The methods of the `Allow` header, word for word as the original; HEAD and OPTIONS work."""
        return ["GET"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Returns the finished answer with its data version; tells the response cache of its validity."""
        with ExitStack() as self.open:
            self.open.enter_context(fixed_instant())
            response: Response = super().dispatch(request, *args, **kwargs)  # type: ignore[misc] # of the view it stands before
            response.render()  # before the snapshot ends
        if ignored := as_header(ignored_names(type(self), request.GET, self.is_record)):
            response.headers[IGNORED] = ignored
        if self.validity:
            response.headers[DATA_VERSION] = str(self.validity.version)
            if self.is_cacheable():
                request.META[VALIDITY] = self.validity
        if self.answered_as_of:
            response.headers[AS_OF] = self.answered_as_of
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Runs DRF's checks, then opens the snapshot of which the answer is made."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc] # likewise
        if self.is_counted and request.method != "OPTIONS":  # else nothing of the catalogue is shown
            self.validity = self.open.enter_context(settled_snapshot())
            self.open.enter_context(allowance())
        if self.takes_as_of():
            self.answered_as_of = use_requested(request, self.is_historic())
        if request.method != "OPTIONS":
            refuse_ignored(type(self), request.query_params, self.is_record)

    def handle_exception(self, exc: Exception) -> Response:
        """Answers an error; that of an answer which has taken all of its time with a sentence about that."""
        if isinstance(exc, (SpentError, DatabaseError)) and is_spent():
            lift()
            exc = TooMuchWork()
        response: Response = super().handle_exception(exc)  # type: ignore[misc] # likewise
        return response


VIEW_NAMES = frozenset([*ReadOnly.__annotations__, "takes_as_of", "is_historic", "taken_names"])
"""The names that the declaration of any view may have."""


class FormatFirst(DefaultContentNegotiation):
    """DRF's, but a format that the url asks for is given even where `Accept` leaves it out.

    A link with `format=api` opened by a program, or one with `format=json` by a browser, would else be a 406.
    """

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            asked = request.query_params.get(str(self.settings.URL_FORMAT_OVERRIDE))
            if not asked:
                raise
            renderer = next(iter(self.filter_renderers(renderers, asked)))
            return renderer, renderer.media_type
