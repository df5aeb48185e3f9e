"""How fresh and how right the numbers are, and who is at work: a verdict first.

To say more: a query in sql/status, a question in `questions.py`, and a function in `sections.py`
that makes lines of what it found.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from ops.local import lives
from ops.servers import database
from ops.status import questions, sections
from ops.status.moments import age
from ops.status.questions import Found, Status
from shared import timezones
from shared.alarms import SILENT
from shared.errors import ServerUnavailableError
from shared.settings import Settings
from workers.mentorhub import as_bytes, names_of


class DatabaseAwayError(ServerUnavailableError):
    """Our database doesn't answer; `known` is what can be said without it, as `collect` does.

    `found`: what it had said before it ended or fell silent.
    """

    def __init__(
        self, sentence: str, found: Found, broker: dict[str, Any], *, api: bool | None
    ) -> None:
        super().__init__(sentence)
        self.lines = sections.away(sentence, found, broker, api=api)
        problems = sections.problems(self.lines)
        self.known: Status = {
            "verdict": sections.verdict({}, problems),
            "problems": problems,
            "api": api,
            **broker,
        }


def replicated_until(settings: Settings) -> str | None:
    """Up to when MentorHub's commits have arrived; None while they don't."""
    with database(settings, row_factory=dict_row) as connection:
        return questions.rows(connection, "status/replication")[0]["replicated_until"]


def collect(settings: Settings) -> Status:
    """`verdict`: the first of `problems`, or that there is none.

    `summaries`: one entry each. `parts`: worker, beat, relay, guard and API, by their last sign of
    life. `replicated_until`: None while the mirror is behind or cut off; `refusal`: what MentorHub
    answered instead, if it did; `trouble`: what the guard says of it.
    `blockers`, `snapshots`: who keeps us waiting in our own database, a sentence each.
    `disk`: that ours is full.
    `readings`: what the alarms look at.
    `unusable`: rows set aside, by table and reason; `as_bytes`: a sentence where it is text.
    `journals`: what of the last 30 days was found later than it happened.
    `zone`: the reporting zone, and how the server's rules for it differ from `tz_release`.
    `unanswered`: what could not be asked, and why; `forbidden`: what this role may not.
    Raises ConfigurationError where analytics is not installed, DatabaseAwayError where it doesn't
    answer.
    """
    with ThreadPoolExecutor() as pool:
        broker = pool.submit(questions.broker, settings)
        api = pool.submit(questions.api_answers, settings)
        replica = pool.submit(questions.seen_at_replica, settings)
        found: Found = {}
        try:
            unanswered, forbidden = questions.ask_all(settings, found)
        except ServerUnavailableError as error:
            sentence = f"{questions.full_disk(settings)}{error}"
            raise DatabaseAwayError(sentence, found, broker.result(), api=api.result()) from None
    parts = {row.pop("name"): row for row in found["parts"]}
    _add_replica(replica.result(), parts)
    for part, row in parts.items():
        process = lives.process(part, row["host"], row["pid"])
        # what is stopped here is known before its signs of life are missed
        row["alive"] = row["alive"] and process != lives.STOPPED
        row["process"] = None if row["alive"] else process
    names = names_of(settings.mapping)
    for row in found["unusable"]:
        row["as_bytes"] = as_bytes(row["table"], row["reason"], row["ids"], names)
    status: Status = {
        "summaries": found["summaries"],
        "parts": parts,
        "workers": parts.get("worker", {}).get("hosts", []),
        "last_beat": parts.get("beat", {}).get("seen_at"),
        "relay": parts.get("relay", {}).get("alive", False),
        **broker.result(),
        **(found["mirror"] or [_NO_MIRROR])[0],
        **(found["replication"] or [{"replicated_until": None, "refusal": None}])[0],
        "disk": found["disk"],
        "blockers": found["blockers"],
        "snapshots": found["snapshots"],
        "unusable": found["unusable"],
        "journals": found["journals"],
        "zone": (found["zone"] or [None])[0],
        "tz_release": timezones.RELEASE,
        "readings": found["readings"],
        "unanswered": unanswered,
        "forbidden": forbidden,
    }
    problems = sections.problems(sections.lines(status))
    return {"verdict": sections.verdict(status, problems), "problems": problems, **status}


def _add_replica(seen: list[tuple[str, datetime]], parts: dict[str, dict[str, Any]]) -> None:
    """An API that reads a replica is seen there."""
    if "api" not in parts:
        return
    for host, moment in seen:
        alive = age(moment.isoformat()) < SILENT
        parts["api"] = {"seen_at": moment.isoformat(), "alive": alive, "hosts": [host] * alive}
        parts["api"] |= {"host": host, "pid": None}


_NO_MIRROR: dict[str, Any] = {
    "looked_at": None,
    "trouble": None,
    "trouble_since": None,
    "mirror_audited_at": None,
    "mirror_incidents": 0,
    "open_mirror_incidents": 0,
}
