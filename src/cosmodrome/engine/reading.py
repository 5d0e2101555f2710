"""What all views of the API have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.request import Request

from cosmodrome.engine import changes
from cosmodrome.engine.travel import one_instant, told_at, travel


class ReadOnly:
    """A view that is read and never written to; stands before DRF's class."""

    travels: ClassVar[bool] = False
    """Whether `?at=` may ask what it answered at another instant."""

    is_counted: ClassVar[bool] = True
    """Whether its calls count against a rate; what only tells about the API is free."""

    @property
    def allowed_methods(self) -> list[str]:
        """What the `Allow` header says, word for word as the original; HEAD and OPTIONS work."""
        return ["GET"]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Each answer tells of one instant."""
        with one_instant():
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc] # DRF's class comes after it

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Before the answer is made: what has changed by the mere passing of time, and when it tells of."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc] # DRF's class comes after it
        if self.is_counted and request.method != "OPTIONS":  # else nothing of the catalogue is shown
            changes.settle(told_at())
        if self.travels:
            travel(request)
