"""What clients ask: kinds of requests, each with a share of the load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from urllib.parse import quote, urlencode

from .records import Question
from .stage import Stage

KEPT = [
    "/2.3.0/agencies/?limit=10",
    "/2.3.0/agencies/?mode=list&limit=50",
    "/2.3.0/config/launch_statuses/?limit=50",
    "/2.3.0/launches/previous/?mode=list&limit=10",
    "/2.3.0/launches/upcoming/?limit=5",
    "/2.3.0/pads/?limit=5",
]
"""Pages that are asked for again and again; nothing in them moves but by changes and events."""
MOVING = [
    "/2.3.0/spacecraft/?ordering=-time_in_space&limit=5",
    "/2.3.0/spacecraft/?mode=detailed&limit=3&in_space=true",
    "/2.3.0/astronauts/?in_space=true&limit=5",
    "/2.3.0/space_stations/?limit=3&mode=detailed",
]
"""Pages with durations that grow."""
LISTS = ["agencies", "astronauts", "docking_events", "events", "launches", "pads", "spacecraft", "spacewalks"]
ASKED_AT = [
    *("spacecraft", "astronauts", "launches", "launches/upcoming", "launches/previous", "docking_events"),
    *("agencies", "space_stations", "expeditions", "launcher_configurations"),
]
CODINGS = ["identity", "gzip", "zstd, gzip", "gzip, deflate, br"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Catalogue:
    """What of the catalogue clients ask for."""

    keys: dict[str, list[object]]
    """Ids of records, by the path of their list."""
    words: list[str]
    agencies: list[object]

    @classmethod
    def of(cls, stage: Stage) -> Catalogue:
        """Reads it from the server."""
        pages = {path: stage.records(path, "limit=100&mode=list") for path in LISTS}
        names = " ".join(str(record.get("name", "")) for record in pages["launches"])
        words = sorted({word for word in names.split() if word.isalnum() and len(word) > 2})
        keys = {path: [record["id"] for record in page if "id" in record] for path, page in pages.items()}
        return cls(keys, words or ["soyuz"], keys["agencies"])


@dataclass
class Asker:
    """Makes up the requests of one client."""

    random: Random
    catalogue: Catalogue
    now: Callable[[], datetime]
    token: str
    kinds: list[str]

    def question(self) -> Question:
        """The next request."""
        kind = self.random.choices(self.kinds, [KINDS[kind][0] for kind in self.kinds])[0]
        return KINDS[kind][1](self)

    def read(self, kind: str, path: str, **parameters: object) -> Question:
        """A read of the catalogue, in some coding."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        headers = {"Accept-Encoding": self.random.choice(CODINGS)}
        method = self.random.choices(["GET", "HEAD"], [30, 1])[0]
        return Question(kind, f"/2.3.0/{path}/{query}", method, headers, judged=method == "GET")

    def kept(self) -> Question:
        return Question("kept", self.random.choice(KEPT), headers=self.coded())

    def moving(self) -> Question:
        return Question("moving", self.random.choice(MOVING), headers=self.coded())

    def coded(self) -> dict[str, str]:
        return {"Accept-Encoding": self.random.choice(CODINGS)}

    def after(self) -> Question:
        """The flagship's request: no two are alike."""
        bound = self.now() + timedelta(seconds=self.random.uniform(-86400, 86400))
        mode = self.random.choice(["normal", "list", "detailed"])
        instant = bound.isoformat().replace("+00:00", "Z")
        return self.read("after", "launches", net__gt=instant, limit=4, ordering="net", mode=mode)

    def since(self) -> Question:
        """An instant that is counted from now: one address for all clients."""
        bound = self.random.choice(["now", "now-PT1H", "now+P1D", "now-P7D"])
        return self.read("since", "launches", net__gte=bound, limit=4, ordering="net")

    def of_agency(self) -> Question:
        several = self.random.choice(["lsp__id", "rocket__configuration__manufacturers__id"])
        return self.read("of agency", "launches", **{several: self.random.choice(self.catalogue.agencies)})

    def search(self) -> Question:
        word = self.random.choice(self.catalogue.words)
        path = self.random.choice(["launches", "spacecraft", "agencies", "astronauts", "events"])
        return self.read("search", path, search=word[: self.random.randint(2, len(word))], limit=5)

    def at(self) -> Question:
        instant = self.now() - timedelta(seconds=self.random.randint(60, 20 * 365 * 86400))
        path = self.random.choice(ASKED_AT)
        asked = instant.replace(microsecond=0).isoformat().replace("+00:00", "Z")
        return self.read("at", path, at=asked, limit=self.random.randint(1, 5))

    def page(self) -> Question:
        """The browsable page."""
        path = self.random.choice(LISTS)
        return self.read("page", path, format="api", limit=self.random.randint(1, 5))

    def detailed(self) -> Question:
        path = self.random.choice(LISTS)
        return self.read(
            "detailed",
            path,
            mode="detailed",
            limit=self.random.randint(1, 20),
            offset=self.random.randint(0, 9),
        )

    def chosen(self) -> Question:
        fields = self.random.choice(["id,name", "name,status.name", "id,last_updated", "url"])
        return self.read("chosen", "launches", fields=fields, limit=5, offset=self.random.randint(0, 30))

    def record(self) -> Question:
        path = self.random.choice(LISTS)
        return self.read("record", f"{path}/{self.random.choice(self.catalogue.keys[path] or [1])}")

    def calendar(self) -> Question:
        return self.read("calendar", "launches/upcoming", format="ics", limit=self.random.randint(1, 20))

    def missing(self) -> Question:
        path = self.random.choice(["launches/nothing", "agencies/999999", "spacecrafts", "launch/upcoming"])
        return self.read("missing", path)

    def schema(self) -> Question:
        return Question("schema", "/2.3.0/schema/", headers=self.coded(), judged=False)

    def probe(self) -> Question:
        return Question("probe", self.random.choice(["/healthz", "/readyz"]), judged=False)

    def limited(self) -> Question:
        """A caller with a rate, who asks for more."""
        headers = {"Authorization": f"Token {self.token}"}
        return Question("limited", self.random.choice(KEPT), headers=headers, judged=False)

    def log_in(self) -> Question:
        """A guess at a password."""
        if self.random.random() < 0.7:
            return Question("admin", "/admin/login/", judged=False)
        sent = f"username={quote(self.random.choice(['ada', 'bob']))}&password=guess{self.random.random()}"
        return Question("admin", "/admin/login/", "POST", FORM, sent.encode(), judged=False)

    def unfinished(self) -> Question:
        """A body of which the end does not come."""
        headers = {**FORM, "Content-Length": "100000"}
        return Question("unfinished", "/admin/login/", "POST", headers, b"username=", judged=False)

    def cut(self) -> Question:
        """A client that has gone before the answer comes."""
        return Question("cut", "/2.3.0/launches/?mode=detailed&limit=50", judged=False)


KINDS: dict[str, tuple[float, Callable[[Asker], Question]]] = {
    "kept": (40, Asker.kept),
    "moving": (6, Asker.moving),
    "after": (12, Asker.after),
    "since": (4, Asker.since),
    "of agency": (5, Asker.of_agency),
    "search": (5, Asker.search),
    "at": (4, Asker.at),
    "page": (1, Asker.page),
    "detailed": (3, Asker.detailed),
    "chosen": (3, Asker.chosen),
    "record": (6, Asker.record),
    "calendar": (2, Asker.calendar),
    "missing": (2, Asker.missing),
    "schema": (0.3, Asker.schema),
    "probe": (2, Asker.probe),
    "limited": (1, Asker.limited),
    "admin": (0.5, Asker.log_in),
    "unfinished": (0.2, Asker.unfinished),
    "cut": (1, Asker.cut),
}
"""Each kind of request: its share of the load, and who makes it up."""
