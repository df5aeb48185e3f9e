"""Alert rules for Prometheus, made of shared/alarms.py: docker/prometheus/alerts.yml."""

import json
import re
from collections.abc import Iterator

from shared.alarms import ALARMS, Alarm
from shared.readings import READINGS

RUNBOOK = "docs/runbook.md"

JOB = "mentorhub-analytics"
"""How docker/prometheus/prometheus.yml calls the APIs that it asks."""

_HEAD = f"""\
# Written by `analytics alerts`: the alarms of shared/alarms.py. {RUNBOOK} has a chapter for each.
groups:
  - name: mentorhub-analytics
    rules:
"""


def rules() -> str:
    """YAML; warning and page are two rules of one alarm."""
    return _HEAD + "".join(rule for alarm in ALARMS.values() for rule in _rules(alarm))


def _rules(alarm: Alarm) -> Iterator[str]:
    if alarm.name == "api_silent":
        # nobody tells of it then but Prometheus itself
        yield _rule(alarm, "page", f'max by (job) (up{{job="{JOB}"}}) == 0', 120)
    elif alarm.reading:
        for severity, most in (("warning", alarm.warning), ("page", alarm.page)):
            if most is not None:
                wait = alarm.holds if severity == "warning" else 0
                yield _rule(alarm, severity, f"{_selected(alarm)} > {most:g}", wait)


def _selected(alarm: Alarm) -> str:
    """Each API gives the same number of a stack, as it read it."""
    label, _ = READINGS.get(alarm.reading or "", ("", ""))
    one = f'{{{label}="{alarm.label}"}}' if alarm.label else ""
    by = f"max by ({label}) " if label else "max"
    return f"{by}(analytics_{alarm.reading}{one})"


def _rule(alarm: Alarm, severity: str, expression: str, wait: int) -> str:
    name = "".join(word.capitalize() for word in ["analytics", *alarm.name.split("_")])
    annotations = {
        "summary": _template(alarm),
        "remedy": alarm.remedy.format(label=_label(alarm)) or "analytics status",
        "runbook": f"{RUNBOOK}#{alarm.name}",
    }
    lines = [
        f"      - alert: {name}",
        f"        expr: {json.dumps(expression)}",
        *([f"        for: {wait}s"] if wait else []),
        f"        labels: {{alarm: {alarm.name}, severity: {severity}}}",
        "        annotations:",
        *(f"          {key}: {json.dumps(text)}" for key, text in annotations.items()),
    ]
    return "\n".join(lines) + "\n"


def _label(alarm: Alarm) -> str:
    label, _ = READINGS.get(alarm.reading or "", ("", ""))
    return f"{{{{ $labels.{label} }}}}"


_IN_GO = {
    "{value:.0%}": "{{ $value | humanizePercentage }}",
    "{value:,.0f}": "{{ $value | humanize }}",
    "{age}": "{{ $value | humanizeDuration }}",
}


def _template(alarm: Alarm) -> str:
    """The sentence as Prometheus fills it in, which knows no moments."""
    says = re.sub(r"[;,][^;,]*\{since\}", "", alarm.says)
    for ours, theirs in (_IN_GO | {"{label}": _label(alarm)}).items():
        says = says.replace(ours, theirs)
    return says
