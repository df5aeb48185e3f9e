"""The alert rules: made of the declaration, and rung by Prometheus' own arithmetic."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ops.alarm_rules import rules
from shared import sqlfiles
from shared.alarms import ALARMS

FILE = sqlfiles.ROOT.parent / "docker/prometheus/alerts.yml"

PROMTOOL = shutil.which("promtool")

HOUR = 3600

# as ops asked for them: series, what is fine, what warns, what pages
THRESHOLDS: dict[str, tuple[str, float, float | None, float | None]] = {
    "as_of_old": ('analytics_as_of_share{family="sessions"}', 0.5, 0.6, 1.1),
    "pending_old": ('analytics_pending_age_seconds{family="sessions"}', 5, 6, 61),
    "drift": ('analytics_drift_open_rows{summary="session_day"}', 0, None, 1),
    "audit_old": (
        'analytics_audit_age_seconds{summary="session_day"}',
        26 * HOUR,
        27 * HOUR,
        51 * HOUR,
    ),
    "slot_inactive": ("analytics_slot_inactive_seconds", 60, 61, 301),
    "wal_retained": ("analytics_wal_retained_share", 0.5, 0.51, 0.81),
    "points_refused": ("analytics_points_refused_seconds", 300, 301, None),
    "apply_error": ("analytics_apply_errors", 0, None, 1),
    "rebuild_stuck": ("analytics_rebuild_silent_seconds", 600, 601, 1801),
    "beat_silent": ('analytics_part_silent_seconds{part="beat"}', 6, 9, 21),
    "worker_silent": ('analytics_part_silent_seconds{part="worker"}', 6, 9, 121),
    "streams_full": ("analytics_streams_share", 0.8, 0.81, 0.96),
    "tasks_failing": ("analytics_failed_task_share", 0.05, 0.06, 0.51),
    "database_away": ("analytics_database_away", 0, None, 1),
}


def test_the_file_is_what_the_command_prints() -> None:
    assert FILE.read_text() == rules(), "analytics alerts > docker/prometheus/alerts.yml"


def name_of(alarm: str) -> str:
    return "Analytics" + "".join(map(str.capitalize, alarm.split("_")))


def case(alarm: str, value: float, expected: list[str]) -> dict[str, Any]:
    """Of promtool: two APIs tell the same, for three minutes."""
    series, *_ = THRESHOLDS[alarm]
    name, _, labels = series.partition("{")
    both = [
        f'{name}{{instance="{instance}"{"," * bool(labels)}{labels or "}"}' for instance in "ab"
    ]
    kept = dict(
        pair.split("=") for pair in labels.removesuffix("}").replace('"', "").split(",") if pair
    )
    return {
        "interval": "15s",
        "input_series": [{"series": each, "values": f"{value}x12"} for each in both],
        "alert_rule_test": [
            {
                "eval_time": "3m",
                "alertname": name_of(alarm),
                "exp_alerts": [
                    {"exp_labels": {"alarm": alarm, "severity": level, **kept}}
                    for level in expected
                ],
            }
        ],
    }


def cases(alarm: str) -> list[dict[str, Any]]:
    _, fine, warns, pages = THRESHOLDS[alarm]
    made = [case(alarm, fine, [])]
    if warns is not None:
        made.append(case(alarm, warns, ["warning"]))
    if pages is not None:
        made.append(case(alarm, pages, ["warning"] * (warns is not None) + ["page"]))
    return made


def promtool(*words: str | Path) -> str:
    if not PROMTOOL:
        pytest.skip("There is no promtool: apt-get install prometheus brings it.")
    told = subprocess.run([PROMTOOL, *words], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def test_promtool_takes_the_rules() -> None:
    assert "SUCCESS" in promtool("check", "rules", FILE)


def without_annotations() -> str:
    """Promtool would compare them word for word."""
    lines = FILE.read_text().splitlines()
    texts = ("annotations:", "summary:", "remedy:", "runbook:")
    return "\n".join(line for line in lines if not line.strip().startswith(texts))


def test_each_alarm_rings_at_its_threshold_and_once_for_all_apis(tmp_path: Path) -> None:
    (tmp_path / "alerts.yml").write_text(without_annotations())
    tests = {
        "rule_files": ["alerts.yml"],
        "evaluation_interval": "15s",
        "tests": [each for alarm in THRESHOLDS for each in cases(alarm)],
    }
    (tmp_path / "tests.yml").write_text(json.dumps(tests))
    assert "SUCCESS" in promtool("test", "rules", tmp_path / "tests.yml")


def test_a_change_that_waits_warns_only_when_it_has_lasted_a_minute(tmp_path: Path) -> None:
    (tmp_path / "alerts.yml").write_text(without_annotations())
    made = case("pending_old", 30, [])
    made["alert_rule_test"][0]["eval_time"] = "45s"
    tests = {"rule_files": ["alerts.yml"], "evaluation_interval": "15s", "tests": [made]}
    (tmp_path / "tests.yml").write_text(json.dumps(tests))
    assert "SUCCESS" in promtool("test", "rules", tmp_path / "tests.yml")


def test_every_alarm_that_has_a_reading_has_rules_with_a_sentence_and_its_chapter() -> None:
    text = FILE.read_text()
    for alarm in ALARMS.values():
        assert (f"alarm: {alarm.name}," in text) == bool(alarm.reading), alarm.name
        assert (f"docs/runbook.md#{alarm.name}" in text) == bool(alarm.reading), alarm.name
    assert "{since}" not in text
    assert "{label}" not in text


def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    for file in FILE.parent.iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    (tmp_path / "metrics_token").write_text("x" * 16)
    assert "SUCCESS" in promtool("check", "config", tmp_path / "prometheus.yml")
