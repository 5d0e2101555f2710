"""What all views of the API have in common."""

from __future__ import annotations

from typing import ClassVar


class ReadOnly:
    """A view that is read and never written to; stands before DRF's class."""

    is_counted: ClassVar[bool] = True
    """Whether its calls count against a rate; what only tells about the API is free."""

    @property
    def allowed_methods(self) -> list[str]:
        """What the `Allow` header says, word for word as the original; HEAD and OPTIONS work."""
        return ["GET"]
