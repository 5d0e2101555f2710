"""deploy/prometheus and deploy/grafana: what they name there is, and Prometheus' own tool takes it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from cosmodrome.access.rates import Rate
from cosmodrome.mirror.freshness import FRESHNESS
from cosmodrome.mirror.models import ResourceSync
from cosmodrome.mirror.pages import swept_resources
from cosmodrome.monitoring.metrics import report_sizes
from cosmodrome.time import clock
from servers import ROOT

PROMETHEUS, GRAFANA = ROOT / "deploy" / "prometheus", ROOT / "deploy" / "grafana"
RULES = yaml.safe_load((PROMETHEUS / "cosmodrome.rules.yml").read_text(encoding="utf-8"))
CASES = yaml.safe_load((PROMETHEUS / "cosmodrome.rules.test.yml").read_text(encoding="utf-8"))["tests"]
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}
DASHBOARD = json.loads((GRAFANA / "cosmodrome.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
MONITORING = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
UNITS = {"none", "s", "bytes", "reqps", "percentunit", "dateTimeFromNow"}
"""Grafana's names of the units that the dashboard has."""
needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is not installed: apt-get install prometheus"
)


def promtool(*arguments: str | Path, text: str | None = None) -> None:
    """Runs promtool, which must find nothing wrong."""
    done = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def metrics(client: Client, settings: Settings, one_connection: None, tmp_path: Path) -> str:
    """The metrics of a server that has been asked, and is a mirror."""
    settings.UPSTREAM, settings.UPSTREAM_RATE = "https://ll.example.org", Rate(15, 3600)
    settings.DATA_DIR = tmp_path
    for path in swept_resources():
        ResourceSync.objects.create(pk=path, upstream=settings.UPSTREAM, complete_as_of=clock.now())
    FRESHNESS.look()
    report_sizes({"answers": 1})
    assert client.get("/2.3.0/agencies/").status_code == 200
    return client.get("/metrics").content.decode()


def expressions() -> dict[str, str]:
    """The expressions that Prometheus is asked, by the name of the alert, panel or annotation."""
    found = {name: rule["expr"] for name, rule in ALERTS.items()}
    for panel in PANELS:
        found |= {f"{panel['title']} {each['refId']}": each["expr"] for each in panel["targets"]}
    found |= {each["name"]: each["expr"] for each in DASHBOARD["annotations"]["list"]}
    return found


@pytest.mark.django_db(databases="__all__")
def test_every_metric_that_is_named_there_is(metrics: str) -> None:
    families = list(text_string_to_metric_families(metrics))
    samples = {sample.name for family in families for sample in family.samples}
    labels = {name for family in families for sample in family.samples for name in sample.labels}
    asked = " ".join(expressions().values())
    variables = " ".join(json.dumps(each) for each in DASHBOARD["templating"]["list"])
    documented = set(re.findall(r"`(cosmodrome_\w+)", MONITORING))
    assert (set(re.findall(r"\bcosmodrome_\w+", asked + variables)) | documented) - samples == set()
    ours = re.findall(r"[{,] *(\w+)(?:=|!=|=~)\"", asked)
    assert set(ours) - labels == {"job", "instance"}  # Prometheus adds these two


@needs_promtool
@pytest.mark.django_db(databases="__all__")
def test_prometheus_understands_the_metrics(metrics: str) -> None:
    promtool("check", "metrics", text=metrics)


@needs_promtool
def test_prometheus_takes_the_example() -> None:
    promtool("check", "config", PROMETHEUS / "prometheus.yml")


@needs_promtool
@pytest.mark.slow
def test_the_alerts_fire_when_they_should_and_not_else() -> None:
    promtool("test", "rules", PROMETHEUS / "cosmodrome.rules.test.yml")


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_tried_and_explained(alert: str) -> None:
    raised = [
        each
        for case in CASES
        for each in case.get("alert_rule_test", ())
        if each["alertname"] == alert and each["exp_alerts"]
    ]
    assert raised
    assert f"| `{alert}` |" in MONITORING
    assert ALERTS[alert]["labels"]["severity"] in ("critical", "warning", "info")


def test_no_alert_is_explained_that_there_is_not() -> None:
    assert set(re.findall(r"^\| `(Cosmodrome\w+)` \|", MONITORING, re.MULTILINE)) == set(ALERTS)


@needs_promtool
def test_prometheus_understands_what_each_panel_asks(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": re.sub(r"\$__rate_interval", "5m", expression)}
        for number, expression in enumerate(expressions().values())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    promtool("check", "rules", file)


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    assert DASHBOARD["schemaVersion"] >= 36
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    taken = set[tuple[int, int]]()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert all(x < 24 for x, _ in cells)
        taken |= cells
    sources = re.findall(r'"uid": "(\$[^"]*)"', (GRAFANA / "cosmodrome.json").read_text(encoding="utf-8"))
    assert set(sources) == {"${datasource}"}  # it is chosen on import, and is no one's own


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_has_a_title_a_unit_and_an_explanation(panel: dict[str, Any]) -> None:
    assert re.fullmatch(r"[A-Z][\w ,:;]+", panel["title"])
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert all(each["expr"] and each["legendFormat"] for each in panel["targets"])
