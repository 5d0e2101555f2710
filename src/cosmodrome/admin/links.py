"""Links from a record's page: to what is published of it, and to the records that refer to it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from cosmodrome.admin.display.names import table_name, table_plural
from cosmodrome.resources.registry import resource_of
from cosmodrome.resources.schema.links import Further, further_links


def published_links(obj: Any) -> SafeString:
    """Links to a record as JSON, and to its subresources."""
    address = reverse(f"{obj._meta.model_name}-detail", args=[obj.pk])
    links = [Further("JSON", f"{address}?format=json"), *further_links(resource_of(type(obj)), address)]
    return format_html_join(" · ", '<a href="{}">{}</a>', ((each.href, each.text) for each in links))


def related_list_link(relation: Any, obj: Any) -> tuple[str, int, str, str]:
    """The list of the rows that refer to `obj`: its url, their number and kind, and the url to add one."""
    model, field = relation.related_model, relation.remote_field
    options = model._meta
    base = f"admin:{options.app_label}_{options.model_name}"
    count = model._default_manager.filter(**{field.name: obj.pk}).count()
    name = table_name(model) if count == 1 else table_plural(model)
    target = obj._meta.pk.name
    return (
        f"{reverse(f'{base}_changelist')}?{field.name}__{target}__exact={obj.pk}",
        count,
        f"{name} ({field.verbose_name})" if field.name != obj._meta.model_name else name,
        f"{reverse(f'{base}_add')}?{field.name}={obj.pk}",
    )
