"""Every metric: `sql/metric/NAME.sql` is one SELECT over signed rows, under what SQL can't say."""

from shared import sqlfiles
from shared.metrics.header import load
from shared.metrics.model import ADMINS, CHARTS, Key, Measure, Metric

__all__ = ["ADMINS", "CHARTS", "METRICS", "Key", "Measure", "Metric", "load"]

METRICS = {path.stem: load(path) for path in sorted((sqlfiles.ROOT / "metric").glob("*.sql"))}
"""By its name."""
