"""The text of `cosmodrome describe`: what a resource declares, and what follows from it."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from cosmodrome.rendering.tables import TablePlan, tables_of
from cosmodrome.rendering.templates import templates_reached
from cosmodrome.resources.pagination import Pagination
from cosmodrome.resources.parameters import extensions_of
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.resources import Resource
from cosmodrome.resources.schema.addresses import Address, asked, shapes_by_mode
from cosmodrome.shapes.graph import Nesting, nested_shape
from cosmodrome.shapes.shapes import Shape, shape_model


def summaries() -> Table:
    """Returns a table with a line for each resource."""
    table = Table("path", "modes", "filters", "search", "ordering", box=None, pad_edge=False)
    for path, resource in RESOURCES.items():
        modes = ", ".join(resource.modes)
        counts = [resource.filter_names(), resource.search_fields, resource.ordering_fields or []]
        table.add_row(path, modes, *(str(len(names) or "") for names in counts))
    return table


def description(resource: type[Resource], address: Address | None = None) -> Iterator[RenderableType]:
    """Yields what the declaration of a resource says, and the queries that follow from it.

    For an address, says what its parameters are, and describes only the shape that it asks for.
    """
    shapes = address.shapes(resource) if address else shapes_by_mode(resource)
    yield f"[bold]/2.3.0/{resource.path}/[/bold], rows of {resource.model().__name__}"
    yield way_of_answering(resource)
    if address and address.query:
        yield ""
        yield "[bold]asked for[/bold]"
        yield asked(resource, address)
    for name, shape in shapes.items():
        yield ""
        yield shape_tree(shape(), f"[bold]{name}[/bold]  {shape.component}")
    yield ""
    yield "[bold]parameters[/bold]"
    yield parameters(resource)
    for name, shape in shapes.items():
        yield ""
        yield f"[bold]queries of {name}[/bold], after the one that counts"
        for line in statements(shape):
            yield "  " + escape(line)


def statements(shape: type[Shape]) -> Iterator[str]:
    """Yields a line for each statement of a page of which nothing is in the store, table by table."""
    tables = tables_of((shape,), is_historic=False)
    reached = sorted(templates_reached([shape]), key=lambda template: -template.height)
    keys = [key for template in reached for key in template.nested]
    own = {shape_model(shape)} | {key.table for key in keys if takes_rows(key, tables)}
    for model in dict.fromkeys(template.model for template in reached):
        if model in own:
            yield rows_line(f"{model.__name__} by id", tables[model])
        lists = {key.relation.name: key for key in keys if key.owner is model and not key.is_pointer}
        links = [name for name, key in lists.items() if key.relation.many_to_many]
        if links:
            yield f"{model.__name__}: links of {', '.join(links)}"
        for name, key in lists.items():
            if not key.relation.many_to_many and name not in tables[model].along:
                yield rows_line(f"{model.__name__}.{name}", tables[key.table])


def takes_rows(key: Nesting, tables: Mapping[Any, TablePlan]) -> bool:
    """Whether the nested rows are read by their ids, and not joined or read with the list itself."""
    is_along = not key.via and key.relation.name in tables[key.owner].along
    return not is_along and (key.is_pointer or key.relation.many_to_many)


def rows_line(rows: str, table: TablePlan) -> str:
    """Returns what is read, and what is joined to it."""
    return f"{rows}, joining {', '.join(table.joined)}" if table.joined else rows


def way_of_answering(resource: type[Resource]) -> str:
    """Whether fragments answer, and whether answers are cached; and why not, where DRF does."""
    if reason := resource.reason_for_drf():
        return f"answered by DRF's serializers and not cached: {reason}"
    if names := resource.overridden():
        return f"answered from fragments and not cached: it overrides {', '.join(sorted(names))}."
    return "answered from fragments and cached"


def parameters(resource: type[Resource]) -> Table:
    """Returns a table of the parameters of an endpoint."""
    table = Table.grid("", "", padding=(0, 2))
    rows = {
        "mode": list(resource.modes) if len(resource.modes) > 1 else [],
        "filters": resource.filter_names(),
        "search": sorted(resource.search_fields),
        "ordering": sorted(resource.ordering_fields or ["any key of the shape"]),
        "limit, offset": [f"{Pagination.default_limit} records by default, {Pagination.max_limit} at most"],
        "format": [str(renderer.format) for renderer in resource.formats()],
        **{each.name: [each.values] for each in extensions_of(resource)},
    }
    for name, values in rows.items():
        if values:
            table.add_row("  " + name, ", ".join(values))
    return table


def shape_tree(shape: Shape, label: str) -> Tree:
    """Returns the keys of a shape as a tree, nested ones below the key that nests them."""
    tree = Tree(label)
    add_keys(tree, shape)
    return tree


def add_keys(tree: Tree, shape: Shape) -> None:
    """Adds the keys of `shape` to `tree`."""
    for name, field in shape.fields.items():
        nested = nested_shape(field)
        if nested is None:
            tree.add(f"{name}  [dim]{type(field).__name__}[/dim]")
            continue
        many = escape("[]") if hasattr(field, "child") else ""
        add_keys(tree.add(f"{name}{many}  [cyan]{nested.component}[/cyan]"), nested)
