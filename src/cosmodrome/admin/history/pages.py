"""The pages of a record's history: what was changed, revert, and what was deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from cosmodrome.admin.display.names import table_name
from cosmodrome.admin.entry import Entry
from cosmodrome.admin.history.recorder import HistoryRecorder
from cosmodrome.admin.history.restoring import Restoration, deletions
from cosmodrome.admin.history.revisions import (
    Difference,
    differences,
    differences_of,
    entered_values,
    exact_columns,
    facts_after,
    present,
    revisions_of,
    revisions_with_parts,
    row_of,
)
from cosmodrome.admin.history.values import Writer
from cosmodrome.admin.models import Revision
from cosmodrome.admin.records import RecordAdmin, request_change
from cosmodrome.ingest.images import Image
from cosmodrome.time import clock

PER_PAGE = 50
"""Revisions on one page."""

BEGINNING = 0
"""In place of a revision's number: the time before the first."""


class HistoryAdmin(RecordAdmin):
    """The pages of a table, with those of its history."""

    def get_urls(self) -> list[URLPattern]:
        name = self.opts.model_name
        view = self.admin_site.admin_view
        return [
            path("deleted/", view(self.deleted_view), name=f"catalogue_{name}_deleted"),
            path(
                "<path:object_id>/history/<int:number>/",
                view(self.revert_view),
                name=f"catalogue_{name}_revert",
            ),
            *super().get_urls(),
        ]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Shows what people have changed of a record and its parts, the newest first."""
        record = self.record_or_404(request, object_id)
        own = revisions_of((self.model, record.pk))
        relations = [inline.relation for inline in self.parts]
        page = Paginator(revisions_with_parts((self.model, record.pk), relations), PER_PAGE).get_page(
            request.GET.get("p")
        )
        writer = Writer()
        context = {
            **self.page_context(request, f"History: {record}", record),
            "page": page,
            "entries": [self.history_entry(each, writer) for each in page],
            "newest": own.first(),
            "may_revert": self.has_change_permission(request, record),
            "shows_beginning": own.exists()
            and not page.has_next()
            and not own.filter(before__isnull=True).exists(),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/history/list.html", context)

    def history_entry(self, revision: Revision, writer: Writer) -> dict[str, Any]:
        """Returns a revision as a history shows it; of a part, with the address of its own history."""
        table, key = row_of(revision)
        entry = {"revision": revision, "differences": list(differences_of(revision, writer))}
        if table is self.model:
            return entry
        base = f"admin:{table._meta.app_label}_{table._meta.model_name}"
        is_there = table._default_manager.filter(pk=key).exists()
        address = reverse(f"{base}_history", args=[key]) if is_there else reverse(f"{base}_deleted")
        return {**entry, "part": table_name(table), "address": address}

    def revert_view(self, request: Any, object_id: str, number: int) -> HttpResponse:
        """Asks whether a record is to be again what it was after a revision, and makes it that."""
        record = self.record_or_404(request, object_id)
        if not self.has_change_permission(request, record):
            raise PermissionDenied
        row = (self.model, record.pk)
        revision = revisions_of(row).filter(pk=number).first()
        if revision is None and number != BEGINNING:
            raise Http404
        with request_change(self, request):
            facts = facts_after(row, revision)
            changes = list(differences(row, (present(row, facts), facts), Writer(), clock.now()))
            problems = []
            if request.method == "POST" and changes:
                problems = self.revert(request, record, facts, changes)
                if not problems:
                    messages.success(request, f"{record} is reverted: {', '.join(c.label for c in changes)}.")
                    return redirect(f"admin:catalogue_{self.opts.model_name}_change", record.pk)
        context = {
            **self.page_context(request, f"Revert: {record}", record),
            "revision": revision,
            "changes": changes,
            "problems": problems,
        }
        return TemplateResponse(request, "admin/history/revert.html", context)

    def revert(self, request: Any, record: Any, facts: Image, changes: list[Difference]) -> list[str]:
        """Enters facts in the form of a record; returns sentences about what is wrong with them."""
        request.change.listener(HistoryRecorder).how = "reverted"
        wanted = {change.fact for change in changes}
        values = entered_values((self.model, record.pk), facts)
        parts = {name: rows for name, rows in facts.parts.items() if name in wanted}
        entry = Entry(self, request, record, values, parts, may_lack=True)
        if problems := entry.problems():
            return [f"{name}: {text}" if name else text for name, text in problems]
        entry.save(exact_columns(self.model, facts))
        return []

    def deleted_view(self, request: Any) -> HttpResponse:
        """Lists the records that were deleted, and brings one back, with what went with it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = deletions(self.model)
        problems: list[str] = []
        if request.method == "POST":
            deletion = next((each for each in found if str(each.pk) == request.POST.get("revision")), None)
            if not self.has_add_permission(request):
                raise PermissionDenied
            if deletion is None:
                raise Http404
            with request_change(self, request):
                problems = self.bring_back(request, deletion)
            if not problems:
                messages.success(request, f"{deletion.name} is back.")
                return redirect(f"admin:catalogue_{self.opts.model_name}_change", deletion.row)
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("p"))
        title = f"Deleted {self.opts.verbose_name_plural}"
        context = {
            **self.page_context(request, title),
            "page": page,
            "problems": problems,
            "may_bring_back": self.has_add_permission(request),
        }
        return TemplateResponse(request, "admin/history/deleted.html", context)

    def bring_back(self, request: Any, deletion: Revision) -> list[str]:
        """Brings back what a deletion took; returns sentences about what keeps it from coming."""
        restoration = Restoration(deletion)
        for table in {table for table, _ in (*restoration.gone, *restoration.changed)}:
            others = self.admin_site.get_model_admin(table)
            if not (others.has_add_permission(request) and others.has_change_permission(request)):
                raise PermissionDenied
        if problems := restoration.problems():
            return problems
        request.change.listener(HistoryRecorder).how = "brought back"
        restoration.carry_out(request.change)
        return []

    def record_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """Returns the record of a page.  Raises Http404, and PermissionDenied."""
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        return record

    def page_context(self, request: HttpRequest, title: str, record: Any = None) -> dict[str, Any]:
        """Returns what the frame of each page needs."""
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "object": record,
            "module_name": self.opts.verbose_name_plural,
        }
