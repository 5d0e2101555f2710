"""Rules about people: their lives, their flights, and what their record says of these."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value

from cosmodrome.catalogue.crews import Astronaut, AstronautFlight
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.derived.aggregates import difference
from cosmodrome.derived.definitions.craft import NET
from cosmodrome.doctor.conditions import DAY, DEATH_STATUSES, LIVING_STATUSES, is_named, shifted
from cosmodrome.doctor.rules import ERROR, WARNING, Check, rule

YEAR = timedelta(days=365.25)
OLDEST = 123 * YEAR
"""Nobody has become older than 122."""
YOUNGEST = 18 * YEAR
CREW_LISTS = ("launch_crew", "onboard_crew", "landing_crew")

rule(
    "died-before-birth",
    ERROR,
    "A person died before birth.",
    "Correct the date that is wrong.",
    Check(
        Astronaut,
        Q(date_of_death__lt=F("date_of_birth")),
        "{id} was born on {date_of_birth}, but died on {date_of_death}.",
    ),
)

UP = "roles__launch_flights"

rule(
    "flew-after-death",
    ERROR,
    "A person was launched, or went on a spacewalk, after death.",
    "Correct the date of death, or take the person from the crew.",
    Check(
        Astronaut,
        Q(date_of_death__lt=shifted(f"{UP}__{NET}", -2 * DAY)),
        "{id} died on {date_of_death}, but is in the launch crew of {flight}, launched at {net}.",
        {"flight": UP, "net": f"{UP}__{NET}"},
    ),
    Check(
        Astronaut,
        Q(date_of_death__lt=shifted("roles__spacewalks__start", -2 * DAY)),
        "{id} died on {date_of_death}, but went on {walk} at {start}.",
        {"walk": "roles__spacewalks", "start": "roles__spacewalks__start"},
    ),
    symptom_of=("died-before-birth",),
    once=True,
)

rule(
    "flew-before-birth",
    ERROR,
    "A person was launched before birth.",
    "Correct the date of birth, or take the person from the crew.",
    Check(
        Astronaut,
        Q(date_of_birth__gt=F(f"{UP}__{NET}")),
        "{id} was born on {date_of_birth}, but is in the launch crew of {flight}, launched at {net}.",
        {"flight": UP, "net": f"{UP}__{NET}"},
    ),
    Check(
        Astronaut,
        Q(date_of_birth__gt=F("first_flight")),
        "{id} was born on {date_of_birth}, but flew first at {first_flight}.",
    ),
    symptom_of=("died-before-birth",),
    once=True,
)

rule(
    "flew-as-a-child",
    WARNING,
    "A person was launched before the age of 18.",
    "Look up the date of birth.",
    Check(
        Astronaut,
        Q(date_of_birth__gt=shifted("first_flight", -YOUNGEST)) & ~Q(type__name__icontains="non-human"),
        "{id} was born on {date_of_birth}, and flew first at {first_flight}.",
    ),
    symptom_of=("died-before-birth", "flew-before-birth"),
)

rule(
    "very-old",
    WARNING,
    "A person without a date of death would be older than anybody has become.",
    "Look up the date of birth, and whether the person is alive.",
    Check(
        Astronaut,
        lambda now: Q(date_of_birth__lt=now - OLDEST, date_of_death=None),
        "{id} was born on {date_of_birth}, and no date of death is known.",
    ),
)

rule(
    "dead-without-a-date",
    WARNING,
    "A person's status says that they died, but no date of death is known.",
    "Enter the date of death.",
    Check(
        Astronaut,
        is_named("status", DEATH_STATUSES) & Q(date_of_death=None),
        "The status of {id} is {status_name}, but no date of death is known.",
        {"status_name": "status__name"},
    ),
    symptom_of=("very-old",),
)

rule(
    "dead-but-active",
    WARNING,
    "A person has a date of death, but the status of the living.",
    "Correct the status.",
    Check(
        Astronaut,
        is_named("status", LIVING_STATUSES) & Q(date_of_death__isnull=False),
        "{id} died on {date_of_death}, but the status is {status_name}.",
        {"status_name": "status__name"},
    ),
    symptom_of=("died-before-birth", "flew-after-death"),
)

rule(
    "in-space-after-death",
    ERROR,
    "A person who has died is in space.",
    "Enter the landing, or correct the date of death.",
    Check(
        Astronaut,
        lambda now: Q(in_space=True, date_of_death__lt=now - 2 * DAY),
        "{id} died on {date_of_death}, but is in space.",
        {"in_space": "in_space"},
    ),
    symptom_of=("died-before-birth",),
)

rule(
    "person-in-space-without-a-flight",
    ERROR,
    "A person is in space, but has never been launched, or has landed as often as flown.",
    "Enter the flight, or correct `in_space`.",
    Check(
        Astronaut,
        Q(in_space=True) & (Q(flights_count=0) | Q(landings_count__gte=F("flights_count"))),
        "{id} is in space, but has flights_count {flights_count} and landings_count {landings_count}.",
        {"in_space": "in_space"},
    ),
    symptom_of=("in-space-after-death",),
)

rule(
    "more-landings-than-flights",
    ERROR,
    "A person has landed more often than flown.",
    "Enter the missing flight, or take the person from a landing crew.",
    Check(
        Astronaut,
        Q(landings_count__gt=F("flights_count"), flights_count__gt=0),
        "{id} has landings_count {landings_count}, but flights_count {flights_count} only.",
    ),
    symptom_of=("person-in-space-without-a-flight",),
)

rule(
    "flight-time-of-a-person-too-long",
    ERROR,
    "A person was in space longer than since the first flight, or on spacewalks longer than in space.",
    "Correct the duration, or the date of the first flight.",
    Check(
        Astronaut,
        lambda now: Astronaut.objects.annotate(
            since=difference(Value(now, output_field=DateTimeField()), "first_flight")
        ).filter(first_flight__lte=now, time_in_space__gt=F("since"), time_in_space_since=None),
        "{id} has been in space for {time_in_space}, but flew first at {first_flight}.",
    ),
    Check(
        Astronaut,
        Q(eva_time__gt=F("time_in_space"), time_in_space_since=None, eva_time_since=None),
        "{id} was on spacewalks for {eva_time}, but in space for {time_in_space} only.",
    ),
    symptom_of=("flew-before-birth",),
)


def never_flew() -> Q:
    """Whether, as far as is known of the outer row's seat, the person has never been launched.

    Either it is published, or the person's own page was read, which has the type, and no first flight.
    """
    uncounted = Q(flights_count=0) | Q(flights_count=None)
    was_read = Q(flights_count=0, totals_read_at__isnull=False) | Q(type__isnull=False)
    return uncounted & was_read & Q(first_flight=None)


def by_someone_on_the_ground(crew: str, when: str) -> QuerySet[Astronaut]:
    """People who did something, at the end of a path from a seat, before they were ever launched."""
    launched = AstronautFlight.objects.filter(astronaut=OuterRef("pk"), launch_flights__isnull=False)
    read = Q(totals_read_at=None) | Q(totals_read_at__gte=F(f"roles__{crew}__{when}"))
    return Astronaut.objects.filter(
        never_flew() & read & ~Exists(launched), **{f"roles__{crew}__{when}__isnull": False}
    )


rule(
    "landed-without-launch",
    WARNING,
    "A person has landed, but was never launched.",
    "Enter the flight on which the person was launched.",
    Check(
        Astronaut,
        lambda _now: by_someone_on_the_ground("landing_flights", "mission_end"),
        "{id} landed with {flight} at {landed}, but was never launched.",
        {"flight": "roles__landing_flights", "landed": "roles__landing_flights__mission_end"},
    ),
    symptom_of=("more-landings-than-flights", "person-in-space-without-a-flight"),
)

rule(
    "spacewalk-without-launch",
    WARNING,
    "A person went on a spacewalk, but was never launched.",
    "Enter the flight on which the person was launched, or take the person from the spacewalk.",
    Check(
        Astronaut,
        lambda _now: by_someone_on_the_ground("spacewalks", "start"),
        "{id} went on spacewalk {walk} at {start}, but was never launched.",
        {"walk": "roles__spacewalks", "start": "roles__spacewalks__start"},
    ),
    symptom_of=("landed-without-launch", "person-in-space-without-a-flight"),
)

rule(
    "spacewalk-time-without-spacewalk",
    WARNING,
    "A person has spent time on spacewalks, but went on none.",
    "Correct the counter or the duration.",
    Check(
        Astronaut,
        Q(spacewalks_count=0, eva_time__gt=timedelta(0)),
        "{id} has eva_time {eva_time}, but spacewalks_count {spacewalks_count}.",
    ),
)


def on_two_flights(now: datetime) -> Any:
    """The condition for a flight with someone in its crew who is launched again before its end."""
    del now
    other = "launch_crew__astronaut__roles__launch_flights"
    again = Q(**{f"{other}__rocket__launch__net__gt": F(NET)}) | Q(
        **{f"{other}__rocket__launch__net": F(NET), f"{other}__pk__gt": F("pk")}
    )
    still_up = Q(mission_end__gt=F(f"{other}__rocket__launch__net"))
    return again & still_up & ~landed_between(other)


def landed_between(other: str) -> Exists:
    """Whether the person of the outer flight's crew landed, with any craft, before being launched again."""
    return Exists(
        SpacecraftFlight.objects.filter(
            landing_crew__astronaut=OuterRef("launch_crew__astronaut"),
            mission_end__gte=OuterRef(NET),
            mission_end__lte=OuterRef(f"{other}__rocket__launch__net"),
        )
    )


rule(
    "two-craft-at-once",
    ERROR,
    "A person was launched while in space on another craft.",
    "Take the person from one of the two crews, or correct the end of the first mission.",
    Check(
        SpacecraftFlight,
        on_two_flights,
        "{who} was launched with {id} at {net}, and again with {other} at {again}, before the "
        "end of the first mission at {mission_end}.",
        {
            "who": "launch_crew__astronaut",
            "net": NET,
            "again": "launch_crew__astronaut__roles__launch_flights__rocket__launch__net",
        },
        other="launch_crew__astronaut__roles__launch_flights__pk",
    ),
    symptom_of=("flew-before-birth", "flew-after-death", "crew-listed-twice"),
)

rule(
    "more-crew-than-seats",
    WARNING,
    "More people are in a crew than the craft can carry.",
    "Correct the crew, or the capacity of the craft's configuration.",
    *(
        Check(
            SpacecraftFlight,
            lambda _now, crew=crew: SpacecraftFlight.objects.annotate(  # type: ignore[misc] # bound by the loop
                people=Count(f"{crew}__astronaut", distinct=True)
            ).filter(people__gt=F("spacecraft__spacecraft_config__crew_capacity")),
            f"{{people}} people are in the {crew} of {{id}}, but {{craft_config}} carries {{crew_capacity}}.",
            {
                "craft_config": "spacecraft__spacecraft_config",
                "crew_capacity": "spacecraft__spacecraft_config__crew_capacity",
            },
        )
        for crew in CREW_LISTS
    ),
)

rule(
    "crew-in-a-cargo-craft",
    WARNING,
    "People were launched in a craft that is not made for people.",
    "Correct `human_rated` of the configuration, or take the people from the crew.",
    Check(
        SpacecraftFlight,
        Q(
            launch_crew__isnull=False,
            spacecraft__spacecraft_config__human_rated=False,
            spacecraft__spacecraft_config__crew_capacity__isnull=False,
        )
        & Q(spacecraft__spacecraft_config__crew_capacity__gt=0)
        & ~Q(launch_crew__astronaut__type__name__icontains="non-human"),
        "{id} was launched with a crew, but {craft_config} is not human_rated.",
        {
            "craft_config": "spacecraft__spacecraft_config",
            "human_rated": "spacecraft__spacecraft_config__human_rated",
        },
    ),
    symptom_of=("more-crew-than-seats",),
)
