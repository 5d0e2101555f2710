"""Fragments: records as finished JSON with holes, each stored once and referenced wherever it stands.

A fragment is a row of parts.  A nested record is not written into it: a part references the fragment of
the nested record, so that a change of an agency drops the fragments of that agency, and none of the thousands
that show it.  The assembled form of a fragment that stands in many others is kept too, until anything is
dropped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Protocol
from weakref import WeakValueDictionary

from cosmodrome.rendering.lru import LRU

NULL, COMMA = b"null", b","
BASE, FORMAT = b"\x01", b"\x02"
"""Placeholders for the server's address and for `?format=` in urls: no other JSON holds these bytes."""

FRAGMENT_OVERHEAD = 400
"""Bytes that a fragment takes beside its text, about."""


class Missing(Exception):
    """A fragment or a selection is needed that is not stored, and may not be made."""


class Template(Protocol):
    """Renders the fragments of one shape; see `templates`."""

    height: int
    """How deep the shape nests."""
    model: Any
    """The table whose rows the shape shows."""
    below: frozenset[Any]
    """The tables of all that the shape nests, at any depth."""


class Renderer(Protocol):
    """Renders fragments of the records of one table; see `sources`."""

    def render(self, missing: dict[Any, list[Fragment]], refer: Refer) -> set[Any]:
        """Gives each fragment its parts; `missing` are fragments by template, all of one table.

        Returns the templates of which the fragments are valid only for the current second.
        """


MakeRenderer = Callable[[], Renderer]
"""Makes the renderer of one answer, which is needed only if something is missing."""


class Fragment:
    """One record in one shape."""

    __slots__ = (
        "__weakref__",
        "assembled",
        "assembled_at",
        "complete_at",
        "is_shared",
        "key",
        "parts",
        "template",
    )

    def __init__(self, template: Template, key: Any) -> None:
        self.template, self.key = template, key
        self.parts: tuple[Part, ...] | None = None
        """None until it is rendered; empty if there is no such record, or not enough is known to show it."""
        self.complete_at = -1
        """The invalidation count at which it and everything it references were last known to be rendered."""
        self.is_shared = False
        """Whether it may stand in many others."""
        self.assembled: tuple[bytes | Hole, ...] = ()
        self.assembled_at = -1

    def drop(self) -> None:
        """Forgets what was rendered, wherever the fragment stands."""
        self.parts, self.assembled, self.assembled_at = None, (), -1


Refer = Callable[[Template, Any], Fragment]
"""Returns the fragment of a record, rendered or not."""


class Hole:
    """A value that is another at each instant, filled in when the page is put together."""

    __slots__ = ("at",)

    def __init__(self, at: Callable[[datetime], bytes]) -> None:
        self.at = at


THIS_SECOND = Hole(lambda _now: b"")
"""Marker in a fragment that is valid only for the current second; renders as nothing."""


class FragmentList(tuple[Fragment, ...]):
    """A nested list."""

    __slots__ = ()


class FirstOf(tuple[Fragment, ...]):
    """The first record of a list that can be shown, or null."""

    __slots__ = ()


Part = bytes | Hole | Fragment | FragmentList | FirstOf


class FragmentStore:
    """Fragments that were asked for lately, up to a number of bytes, and all that they reference."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self.known: dict[Template, WeakValueDictionary[Any, Fragment]] = defaultdict(WeakValueDictionary)
        self.recent: LRU[Fragment, None] = LRU()
        self.rendered = 0
        """How many fragments were ever rendered."""
        self.invalidations = 0
        self.momentary: list[Fragment] = []
        self.second: datetime | None = None

    @property
    def size(self) -> int:
        """Bytes that are taken, about."""
        return self.recent.bytes

    def refer(self, template: Template, key: Any) -> Fragment:
        """Returns the fragment of a record, rendered or not."""
        known = self.known[template]
        fragment = known.get(key)
        if fragment is None:
            fragment = known[key] = Fragment(template, key)
        return fragment

    def drop(self, template: Template, keys: Iterable[Any] | None = None) -> None:
        """Drops the fragments of these records, or of all, in one shape."""
        known = self.known.get(template)
        if known is None:
            return
        for fragment in list(known.values()) if keys is None else map(known.get, keys):
            if fragment is not None:
                fragment.drop()
        self.invalidations += 1

    def begin(self, now: datetime) -> None:
        """Drops the fragments that were valid for another second of the clock."""
        second = now.replace(microsecond=0)
        if second != self.second and self.momentary:
            for fragment in self.momentary:
                fragment.drop()
            self.momentary.clear()
            self.invalidations += 1
        self.second = second

    def page(
        self, template: Template, keys: Iterable[Any], make_renderer: MakeRenderer | None
    ) -> list[Fragment]:
        """Returns the fragments of records, complete; records that can't be shown are left out.

        Raises Missing if one is not rendered and no renderer can be made.
        """
        fragments = [self._requested(template, key) for key in keys]
        self._complete(fragments, make_renderer)
        return [fragment for fragment in fragments if fragment.parts]

    def _requested(self, template: Template, key: Any) -> Fragment:
        fragment = self.refer(template, key)
        self.recent.get(fragment)  # which is then the last to be evicted
        return fragment

    def _complete(self, fragments: list[Fragment], make_renderer: MakeRenderer | None) -> None:
        """Renders all that is missing, the records of a table at once."""
        missing: dict[Template, list[Fragment]] = defaultdict(list)
        seen: list[Fragment] = []
        try:
            self._visit(fragments, missing, seen)
            renderer = made(make_renderer) if missing else None
            while renderer and missing:
                model = next_table(missing)
                table = {
                    template: missing.pop(template) for template in [*missing] if template.model is model
                }
                self._render(table, renderer)
                for rendered in table.values():
                    self._visit((below for each in rendered for below in references(each)), missing, seen)
        except BaseException:
            for fragment in seen:
                fragment.complete_at = -1
            raise

    def _visit(
        self, fragments: Iterable[Fragment], missing: dict[Template, list[Fragment]], seen: list[Fragment]
    ) -> None:
        """Collects what is not rendered, below these fragments; visits none twice."""
        ahead = [fragment for fragment in fragments if fragment.complete_at != self.invalidations]
        while ahead:
            fragment = ahead.pop()
            if fragment.complete_at == self.invalidations:
                continue
            fragment.complete_at = self.invalidations
            seen.append(fragment)
            if fragment.parts is None:
                missing[fragment.template].append(fragment)
            else:
                ahead += references(fragment)

    def _render(self, table: dict[Template, list[Fragment]], renderer: Renderer) -> None:
        """Has the fragments of one table rendered, and keeps them."""
        momentary = renderer.render(table, self.refer)
        for template, fragments in table.items():
            if template in momentary:
                self.momentary += fragments
                for fragment in fragments:
                    fragment.parts = (*fragment.parts, THIS_SECOND) if fragment.parts else ()
            self.rendered += len(fragments)
            for fragment in fragments:
                self._keep(fragment)

    def _keep(self, fragment: Fragment) -> None:
        self.recent.remove(fragment)
        self.recent.put(fragment, None, fragment_size(fragment))
        self._evict()

    def _evict(self) -> None:
        """Lets go of the fragments that nobody has asked for the longest, if there are too many bytes."""
        while self.size > self.limit:
            self.recent.remove_oldest()

    def joined(self, fragments: list[Fragment], now: datetime) -> tuple[list[bytes], bool]:
        """Returns the records at `now`, as texts with commas between, and whether any value is growing."""
        parts: list[Any] = []
        for fragment in fragments:
            if parts:
                parts.append(COMMA)
            self._append(fragment, parts)
        holes = [place for place, part in enumerate(parts) if part.__class__ is Hole]
        for place in holes:
            parts[place] = parts[place].at(now)
        self._evict()
        return parts, bool(holes)

    def _append(self, fragment: Fragment, parts: list[bytes | Hole]) -> None:
        """Appends a fragment, with all that it references."""
        for part in fragment.parts or (NULL,):
            if isinstance(part, bytes):  # most are: the others cost more
                parts.append(part)
            elif isinstance(part, Fragment):
                self._append_nested(part, parts)
            elif isinstance(part, FragmentList):
                self._append_list([nested for nested in part if nested.parts], parts)
            elif isinstance(part, FirstOf):
                first = next((nested for nested in part if nested.parts), None)
                parts.append(NULL) if first is None else self._append_nested(first, parts)
            else:
                parts.append(part)

    def _append_list(self, fragments: list[Fragment], parts: list[bytes | Hole]) -> None:
        parts.append(b"[")
        for number, fragment in enumerate(fragments):
            if number:
                parts.append(COMMA)
            self._append_nested(fragment, parts)
        parts.append(b"]")

    def _append_nested(self, fragment: Fragment, parts: list[bytes | Hole]) -> None:
        """Appends a fragment that stands in another; one that stands in many is assembled once."""
        if not fragment.is_shared:
            self._append(fragment, parts)
            return
        if fragment.assembled_at != self.invalidations:
            own: list[bytes | Hole] = []
            self._append(fragment, own)
            before, fragment.assembled = fragment.assembled, tuple(merged(own))
            fragment.assembled_at = self.invalidations
            self.recent.grow(fragment, size_in(fragment.assembled) - size_in(before))
        parts += fragment.assembled


def next_table(missing: Iterable[Template]) -> Any:
    """Returns the table to render next: the one whose records the fewest of the others can still ask for."""
    waiting = {template.model: 0 for template in missing}
    for template in missing:
        for model in template.below & waiting.keys():
            waiting[model] += model is not template.model
    heights = {template.model: template.height for template in sorted(missing, key=lambda each: each.height)}
    return min(waiting, key=lambda model: (waiting[model], -heights[model]))


def made(make_renderer: MakeRenderer | None) -> Renderer:
    """Returns a renderer.  Raises Missing if none can be made."""
    if make_renderer is None:
        raise Missing
    return make_renderer()


def references(fragment: Fragment) -> Iterator[Fragment]:
    """Returns the fragments that one references."""
    for part in fragment.parts or ():
        if isinstance(part, Fragment):
            yield part
        elif isinstance(part, tuple):
            yield from part


def merged(parts: list[bytes | Hole]) -> Iterator[bytes | Hole]:
    """Returns the same parts, neighbouring texts as one."""
    texts: list[bytes] = []
    for part in parts:
        if isinstance(part, bytes):
            texts.append(part)
            continue
        if texts:
            yield b"".join(texts)
            texts.clear()
        yield part
    if texts:
        yield b"".join(texts)


def fragment_size(fragment: Fragment) -> int:
    """Returns how many bytes a fragment takes, about."""
    return FRAGMENT_OVERHEAD + size_in(fragment.parts or ()) + size_in(fragment.assembled)


def size_in(parts: Iterable[Part]) -> int:
    """Returns how many bytes parts take, about."""
    return sum(40 + (len(part) if isinstance(part, bytes) else 0) for part in parts)
