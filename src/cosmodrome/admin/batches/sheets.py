"""The pages that take a table of records in from a CSV file, and give one out."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from cosmodrome.admin.batches.bulk import BulkAdmin
from cosmodrome.admin.batches.files import (
    MOST_BYTES,
    MOST_LINES,
    FileError,
    columns_of,
    read_file,
    text_of,
    written_file,
)
from cosmodrome.admin.batches.importing import MOST_PROBLEMS, enter_lines
from cosmodrome.admin.batches.undoing import Outcome, answered, undone
from cosmodrome.admin.history.recorder import HistoryRecorder
from cosmodrome.admin.records import request_change
from cosmodrome.shapes.meanings import meaning_of


class SheetAdmin(BulkAdmin):
    """The pages of a table, with those for files."""

    def get_urls(self) -> list[URLPattern]:
        view, prefix = self.admin_site.admin_view, f"catalogue_{self.opts.model_name}"
        return [
            path("export/", view(self.export_view), name=f"{prefix}_export"),
            path("import/", view(self.import_view), name=f"{prefix}_import"),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Gives out the records of the list as it is filtered and searched."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_changelist_instance(request).get_queryset(request)
        name = str(self.opts.verbose_name_plural).lower().replace(" ", "_")
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return HttpResponse(written_file(rows), content_type="text/csv; charset=utf-8", headers=headers)

    def import_view(self, request: Any) -> Any:
        """Asks for a file, shows what it would change, and changes that."""
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        context = {
            **self.page_context(request, f"Import {self.opts.verbose_name_plural}"),
            "columns": [(name, meaning_of(self.model, name)) for name in columns_of(self.model)],
            "most_bytes": f"{MOST_BYTES:,}",
            "most_lines": MOST_LINES,
        }
        if request.method != "POST":
            return TemplateResponse(request, "admin/batches/import.html", context)
        try:
            data = sent_file(request)
            lines = read_file(self.model, text_of(data))
        except FileError as error:
            return TemplateResponse(request, "admin/batches/import.html", {**context, "error": error})
        return answered(lambda: self.entered(request, {**context, "data": b64encode(data).decode()}, lines))

    def entered(self, request: Any, context: dict[str, Any], lines: Any) -> Any:
        """Enters a file in one change, which stays if the person has seen just this before."""
        with request_change(self, request):
            problems = enter_lines(self, request, lines)
            outcome = Outcome(request.change.listener(HistoryRecorder))
            seen = request.POST.get("digest")
            if problems or not outcome.changes or seen != outcome.digest():
                context |= {"problems": problems[:MOST_PROBLEMS], "outcome": outcome, "is_shown": True}
                context["is_other"] = seen not in (None, outcome.digest())
                undone(TemplateResponse(request, "admin/batches/import.html", context))
        messages.success(request, f"Imported: {outcome.made} made, {outcome.changed} changed.")
        return redirect(f"admin:catalogue_{self.opts.model_name}_changelist")


def sent_file(request: HttpRequest) -> bytes:
    """Returns the file that was chosen, or that was shown before.  Raises FileError."""
    if file := request.FILES.get("file"):
        data: bytes = file.read()
        return data
    try:
        return b64decode(request.POST["data"], validate=True)
    except (KeyError, ValueError):
        raise FileError("Choose a file first.") from None
