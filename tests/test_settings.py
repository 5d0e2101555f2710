"""Settings: all optional, and an unknown or senseless one is refused in a sentence."""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from cosmodrome.access.rates import Rate
from cosmodrome.environment import PREFIX, SETTINGS, Environment, SettingsError
from cosmodrome.environment.rows import Setting
from cosmodrome.time import clock
from servers import ROOT

SENSELESS = "a part of its path is empty, dots alone, or has a blank"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DATABSE_URL": "x"}, "COSMODROME_DATABSE_URL is not a setting of Cosmodrome: did you mean COSMODROME_DATABASE_URL?"),
        ({"FLAVOUR": "x"}, "COSMODROME_FLAVOUR is not a setting of Cosmodrome: there are COSMODROME_DATABASE_URL,"),
        ({"PORT": "http"}, "COSMODROME_PORT is 'http': write a number from 1 to 65535."),
        ({"PORT": "70000"}, "COSMODROME_PORT is '70000': write a number from 1 to 65535."),
        ({"CACHE": "perhaps"}, "COSMODROME_CACHE is 'perhaps': write on or off."),
        ({"CACHE_BYTES": "0"}, "COSMODROME_CACHE_BYTES is '0': write a number of bytes from 1000000, as 40000000; to keep nothing, set COSMODROME_CACHE=off."),
        ({"CACHE_BYTES": "64MB"}, "COSMODROME_CACHE_BYTES is '64MB': write a number of bytes"),
        ({"CACHE_BYTES": "9" * 18}, "COSMODROME_CACHE_BYTES is '999999999999999999': write a number of bytes"),
        ({"ANSWER_BYTES": "5"}, "COSMODROME_ANSWER_BYTES is '5': write a number of bytes from 1000000, as 250000000."),
        ({"LOAD_BYTES": "1e9"}, "COSMODROME_LOAD_BYTES is '1e9': write a number of bytes from 1000000"),
        ({"PROXY_HEADER": "Host"}, "COSMODROME_PROXY_HEADER is 'Host', which has a meaning of its own: write another name"),
        ({"PROXY_HEADER": "X-Real-IP"}, "COSMODROME_PROXY_HEADER is 'X-Real-IP': write a name of letters and digits alone"),
        ({"PORT": "0000655350"}, "COSMODROME_PORT is '0000655350': write a number from 1 to 65535."),
        ({"WORKERS": "0"}, "COSMODROME_WORKERS is '0': write a number from 1 to 64."),
        ({"NOW": "yesterday"}, "COSMODROME_NOW: 'yesterday' is not an instant: write one like 2024-05-01T00:00:00Z"),
        ({"NOW": "+P1M"}, "COSMODROME_NOW: '+P1M' is not a shift of the clock: write one like +P30D or -PT6H"),
        ({"NOW": "-P999999999D"}, "COSMODROME_NOW: '-P999999999D' is not a shift of the clock"),
        ({"CLOCK_SINCE": "then"}, "COSMODROME_CLOCK_SINCE: 'then' is not an instant"),
        ({"CLOCK_SPEED": "fast"}, "COSMODROME_CLOCK_SPEED: 'fast' is not a speed: write a number above 0, as 60"),
        ({"CLOCK_SPEED": "0"}, "COSMODROME_CLOCK_SPEED: '0' is not a speed"),
        ({"CLOCK_SPEED": "nan"}, "COSMODROME_CLOCK_SPEED: 'nan' is not a speed"),
        ({"ANONYMOUS_RATE": "15"}, "COSMODROME_ANONYMOUS_RATE: '15' is not a rate: write calls a second, minute, hour or"),
        ({"ANONYMOUS_RATE": "0/h"}, "COSMODROME_ANONYMOUS_RATE: '0/h' can't be held to: write a number of calls from 1 to"),
        ({"LOG": "loud"}, "COSMODROME_LOG is 'loud': write debug, info, warning or error."),
        ({"ACCESS_LOG": "on"}, "COSMODROME_ACCESS_LOG is 'on': write off, common or json."),
        ({"METRICS": "all"}, "COSMODROME_METRICS is 'all': write local, for this machine alone, or public, for everyone."),
        ({"DATABASE_URL": "mysql://u:secret@h/n"}, "COSMODROME_DATABASE_URL begins with 'mysql': write sqlite:"),
        ({"DATABASE_URL": "postgres://h:5432"}, "COSMODROME_DATABASE_URL names no database"),
        ({"DATABASE_URL": "u-secret@h"}, "COSMODROME_DATABASE_URL begins with 'no scheme': write sqlite:"),
        ({"DATABASE_URL": "postgres://u:secret/x@h/n"}, "COSMODROME_DATABASE_URL can't be read: write sqlite:"),
        ({"DATABASE_URL": "postgres://u:12/secret@h/n"}, "COSMODROME_DATABASE_URL can't be read: write sqlite:"),
        ({"DATABASE_URL": "postgres://u:[secret@h/n"}, "COSMODROME_DATABASE_URL can't be read: write sqlite:"),
        ({"PUBLIC_URL": "space.example"}, "COSMODROME_PUBLIC_URL is 'space.example': write the address people see"),
        *(
            ({"PUBLIC_URL": f"https://space.example/{path}"}, f"COSMODROME_PUBLIC_URL is 'https://space.example/{path}': {SENSELESS}")
            for path in ("a b", "a%20b/", "a/../b", "a/%2e%2E", "./a", "/", "a//b", "a%E3%80%80")
        ),
        ({"PUBLIC_URL": "https://space.example:x"}, "COSMODROME_PUBLIC_URL is 'https://space.example:x': Port could not be cast"),
        ({"PUBLIC_URL": "https://u:secret@space.example"}, "COSMODROME_PUBLIC_URL holds a user or a password"),
        ({"PUBLIC_URL": "ftp://u:secret@space.example"}, "COSMODROME_PUBLIC_URL holds a user or a password"),
        ({"PUBLIC_URL": "https://u:secret/x@space.example"}, "COSMODROME_PUBLIC_URL holds a user or a password"),
        ({"UPSTREAM": "space.example"}, "COSMODROME_UPSTREAM is 'space.example': write the address of a service, as"),
        ({"UPSTREAM": "https://u:secret@space.example"}, "COSMODROME_UPSTREAM holds a user or a password: write the"),
        ({"UPSTREAM_TOKEN": "Token secret"}, "COSMODROME_UPSTREAM_TOKEN holds a blank or a letter that no header can"),
        ({"UPSTREAM_RATE": "often"}, "COSMODROME_UPSTREAM_RATE: 'often' is not a rate: write calls a second"),
        ({"ALLOWED_HOSTS": "https://space.example/"}, "COSMODROME_ALLOWED_HOSTS has 'https://space.example/': write"),
    ],
)  # fmt: skip
def test_a_senseless_setting_is_refused(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Environment.read({f"COSMODROME_{name}": value for name, value in variables.items()})
    assert str(refused.value).startswith(sentence)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("", "/folder"),
        ("sqlite:////folder/file", "/folder/file"),
        ("postgres://u:secret@space.example/name", "space.example/name"),
    ],
)
def test_the_place_of_the_catalogue_is_told_as_it_is(url: str, place: str) -> None:
    environment = Environment.read({"COSMODROME_DATA_DIR": "/folder", "COSMODROME_DATABASE_URL": url})
    assert environment.database_place == place


def test_nothing_needs_to_be_set() -> None:
    environment = Environment.read({"PATH": "/bin"})
    assert (environment.host, environment.port) == ("127.0.0.1", 8000)
    assert (environment.stopped_at, environment.simulated_clock) == (None, None)
    assert environment.data_dir == Path("cosmodrome-data").absolute()
    assert environment.database()["NAME"] == str(environment.data_dir / "cosmodrome.sqlite3")
    assert environment.anonymous_rate is None
    assert environment.metrics == "local"
    assert environment.databases()["counts"]["NAME"] == str(
        environment.data_dir / "cosmodrome-counts.sqlite3"
    )
    assert environment.allowed_hosts == ["localhost", "127.0.0.1", "[::1]", "127.0.0.1"]


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert Environment.read(dict.fromkeys((PREFIX + name for name in SETTINGS), "")) == Environment.read({})


@pytest.mark.parametrize("written", ["äther/", "%C3%A4ther", "%c3%a4ther/"])
def test_a_public_path_is_percent_encoded(written: str) -> None:
    environment = Environment.read({"COSMODROME_PUBLIC_URL": f"https://space.example/{written}"})
    assert environment.public_url == "https://space.example/%C3%A4ther"


def test_what_is_set_is_what_holds(tmp_path: Path) -> None:
    environment = Environment.read(
        {
            "COSMODROME_DATABASE_URL": "postgres://me:pass@db.example:5433/catalogue",
            "COSMODROME_DATA_DIR": str(tmp_path),
            "COSMODROME_HOST": "0.0.0.0",  # noqa: S104 - a setting, nothing is bound
            "COSMODROME_PORT": "8080",
            "COSMODROME_ALLOWED_HOSTS": "a.example, .b.example",
            "COSMODROME_PUBLIC_URL": "https://space.example/library/",
            "COSMODROME_ANONYMOUS_RATE": "15/hour",
            "COSMODROME_NOW": "2024-05-01T02:00:00+02:00",
        }
    )
    assert environment.database()["HOST"] == "db.example"
    assert environment.stopped_at == datetime(2024, 5, 1, tzinfo=UTC)
    assert environment.public_url == "https://space.example/library"
    assert environment.anonymous_rate == Rate(15, 3600)
    assert list(environment.databases()) == ["default"]
    assert environment.allowed_hosts[-3:] == ["space.example", "a.example", ".b.example"]
    assert socket.gethostname().lower() in environment.allowed_hosts
    assert environment.served_at[0] == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("variables", "shown", "a_minute_later"),
    [
        ({"NOW": "2024-05-01"}, "2024-05-01T00:00:00Z", "2024-05-01T00:00:00Z"),
        ({"NOW": "2024-05-01", "CLOCK_SPEED": "60"}, "2024-05-01T00:00:00Z", "2024-05-01T01:00:00Z"),
        ({"NOW": "+P30D"}, "2026-05-31T12:00:00Z", "2026-05-31T12:01:00Z"),
        ({"NOW": "-PT6H", "CLOCK_SPEED": "0.5"}, "2026-05-01T06:00:00Z", "2026-05-01T06:00:30Z"),
        ({"CLOCK_SPEED": "3600"}, "2026-05-01T12:00:00Z", "2026-05-04T00:00:00Z"),
        ({"CLOCK_SPEED": "1000000", "NOW": "9999-12-29"}, "9999-12-29T00:00:00Z", "9999-12-30T00:00:00Z"),
    ],
)
def test_the_clock_stands_is_shifted_or_goes_faster(
    variables: dict[str, str],
    shown: str,
    a_minute_later: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    since = datetime(2026, 5, 1, 12, tzinfo=UTC)
    given = {"COSMODROME_CLOCK_SINCE": since.isoformat()}
    environment = Environment.read(
        {**given, **{f"COSMODROME_{name}": text for name, text in variables.items()}}
    )
    settings.CLOCK_STOPPED_AT, settings.SIMULATED_CLOCK = environment.stopped_at, environment.simulated_clock
    for passed, expected in ((0, shown), (60, a_minute_later)):
        monkeypatch.setattr(clock, "real_now", lambda passed=passed: since + timedelta(seconds=passed))
        assert clock.write_instant(clock.now()) == expected


def test_the_secret_key_is_made_once_and_kept(tmp_path: Path) -> None:
    environment = Environment.read({"COSMODROME_DATA_DIR": str(tmp_path / "new" / "folder")})
    assert environment.secret_key() != environment.secret_key(), "not kept before it is prepared"
    environment.prepare()
    kept = environment.secret_key()
    environment.prepare()
    assert len(kept) >= 50
    assert environment.secret_key() == kept


def test_a_shift_of_the_clock_that_its_start_does_not_allow_is_refused() -> None:
    environment = Environment.read({"COSMODROME_NOW": "-P1D", "COSMODROME_CLOCK_SINCE": "0001-01-01"})
    with pytest.raises(SettingsError, match=r"^COSMODROME_NOW: '-P1D' is not a shift of the clock"):
        _ = environment.simulated_clock


def documented() -> dict[str, str]:
    """The last column of each row of the table in docs/settings.md, by variable."""
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `(COSMODROME_\w+)` \|.*\| ([^|]+) \|$", text, flags=re.MULTILINE))


def test_the_documentation_has_a_row_for_each_setting() -> None:
    assert documented().keys() == {PREFIX + name for name in SETTINGS}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=lambda setting: setting.name)
def test_the_documentation_says_what_holds_without_a_setting(setting: Setting) -> None:
    assert documented()[PREFIX + setting.name].startswith(f"`{setting.default}`" if setting.default else "")


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=lambda setting: setting.name)
def test_a_setting_says_what_it_means_and_has_a_default_that_can_be_read(setting: Setting) -> None:
    assert setting.help
    setting.value({})
