"""The guard: looks at replication every few seconds, and mends what needs no human."""

import time
from typing import NoReturn, Self

import psycopg
import structlog
from psycopg import OperationalError, errors

from shared.database import Connection, connect, flags, one, run
from shared.errors import ConfigurationError, ServerUnavailableError
from shared.settings import Settings
from workers import before, comparison, mentorhub, mirror
from workers.pulse import Pulse

log = structlog.get_logger("analytics")

PAUSE = 2.0
"""Seconds between two looks."""

LONGEST_PAUSE = 10.0
"""Where mending fails, it is tried again after twice the time, up to this: somebody may be at work
on what is in its way, and looks whether that helped."""

ERRORS = 3
"""So many errors without progress are no passing trouble."""

IDLE_LOOKS = 5
"""So many looks at a slot that nobody reads are no reconnecting."""

LONGEST_STEP = 90.0
"""Seconds: longer than any one answer takes, 60 for a lock of ours, or for a slot at MentorHub."""

_DUTY = "SELECT pg_try_advisory_lock(hashtext('mentorhub_analytics guard'))"


class Guard:
    """Holds a connection to either server; while another guard is on duty, it does nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._our_url, self._source_url = settings.analytics_url(), settings.source_url()
        self._names = mentorhub.names_of(settings.mapping)
        self._ours: Connection | None = None
        self._source: Connection | None = None
        self._pulse = Pulse(settings, "guard")
        self._said: str | None = None
        self._failures = 0
        self._looked = 0.0
        self._forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in (self._ours, self._source):
            if connection:
                connection.close()

    def run(self) -> NoReturn:
        # in a thread: to put a large mirror right takes minutes, but no statement of it does
        self._pulse.keep(LONGEST_STEP)
        while True:
            self.look()
            time.sleep(self.pause())

    def pause(self) -> float:
        """Seconds until the next look."""
        return min(PAUSE * 2**self._failures, LONGEST_PAUSE)

    def look(self) -> None:
        """Look once, mend, say and write down what is wrong; whoever is away is no error."""
        try:
            ours = self._on_duty()
            if ours and mirror.hold_replication(ours, wait=False):
                try:
                    self._write_down(ours, self._mend(ours))
                    before.drop_unread(ours)
                finally:
                    mirror.release_replication(ours)
        except errors.DiskFull as error:
            self._say(f"The analytics server's disk is full: {error.diag.message_primary}.")
        except (OperationalError, ServerUnavailableError):
            if self._ours:
                self._ours.close()
            self._ours = None
            self._say("The analytics server does not answer.")

    def _on_duty(self) -> Connection | None:
        """Our connection, if nobody else is on duty and there is something to guard."""
        if self._ours is None:
            self._ours = connect(
                self._our_url, options=flags(mirror.BOUNDS), on_answer=self._pulse.progress
            )
        is_on_duty = one(self._ours, _DUTY)
        is_installed = one(self._ours, "SELECT to_regclass('control.health') IS NOT NULL")
        return self._ours if is_on_duty and is_installed else None

    def _mend(self, ours: Connection) -> str | None:
        """What is wrong and stays so; None when all is well."""
        finding = ""
        try:
            source = self._their_line()
            # first: where nothing can be mended, MentorHub keeps more and more WAL for us
            self._note_slot(ours, source)
            self._stand_aside(ours, source)
            names = self._names.without(mirror.missing(ours))
            columns = mentorhub.check(source, names)
            finding = mirror.loss(ours, source, columns, names) or self._stuck(ours) or ""
            if finding:
                self._doubt(ours, finding)
                mirror.begin_anew(ours, source, self._source_url, names)
                self._forget()
            elif mirror.is_elsewhere(ours, self._source_url):
                log.warning("Analytics: SOURCE_DATABASE_URL is another: replication follows it")
                mirror.follow(ours, source, self._source_url)
            self._prove(ours, source, has_begun=bool(finding))
            sentence = self._watch(ours, source)
        except ServerUnavailableError as error:
            return f"MentorHub's server does not answer. {error}"
        except ConfigurationError as error:
            return self._failed(f"{finding} {error}")
        except psycopg.Error as error:
            if ours.broken:
                raise
            return self._failed(f"{finding} {self._reason(error)}")
        self._failures = 0
        return sentence

    def _their_line(self) -> Connection:
        """That still works: MentorHub's server may have been restarted since the last look."""
        if self._source:
            try:
                self._source.execute("SELECT")
            except OperationalError:
                self._source.close()
        if self._source is None or self._source.closed:
            self._source = mentorhub.reach(self._source_url, self._pulse.progress)
        return self._source

    def _prove(self, ours: Connection, source: Connection, *, has_begun: bool) -> None:
        """Compare what is not proven any more, as soon as somebody reads the slot."""
        there = mentorhub.witness(source)
        if not there and not has_begun:
            return
        reason = comparison.retract(ours, there)
        if not comparison.unproven(ours):
            return
        if reason and not has_begun:
            self._doubt(ours, f"Changes may have been lost: {reason}.")
        names = self._names.without(mirror.missing(ours))
        changed = comparison.prove(ours, source, names, lambda _: self._still_looks(ours))
        log.warning("Analytics: the mirror is proven", rows_changed=changed)

    def _doubt(self, ours: Connection, finding: str) -> None:
        if not self._failures:
            self._write_down(ours, f"{finding} The mirror is compared with MentorHub.")

    def _still_looks(self, ours: Connection) -> None:
        """A comparison of many rows takes a while."""
        if time.monotonic() > self._looked + PAUSE:
            self._write_down(ours, self._said)

    def _watch(self, ours: Connection, source: Connection) -> str | None:
        """What is there and whole is also to run; returns what stays wrong."""
        subscription = mirror.subscription(ours)
        if subscription and not subscription.enabled:
            mirror.enable(ours)
            log.warning("Analytics: the subscription was disabled, and is enabled again")
        elif subscription and not subscription.is_at_work and self._is_idle_again():
            mirror.subscribe_again(ours, self._source_url)
            log.warning("Analytics: nobody began to read MentorHub's changes, and does now")
        if subscription and subscription.applied:
            run(ours, "mirror/reached", [subscription.applied])
        self._idle = 0 if mentorhub.is_read(source) else self._idle + 1
        return mentorhub.UNREAD if self._idle >= IDLE_LOOKS else None

    def _stand_aside(self, ours: Connection, source: Connection) -> None:
        """Read nothing as long as MentorHub's commits would wait for us: no sentence is in time."""
        subscription = mirror.subscription(ours)
        if subscription and mentorhub.waits_for_readers(source):
            if subscription.enabled:
                mirror.disable(ours)
            mentorhub.end_reader(source)

    def _note_slot(self, ours: Connection, source: Connection) -> None:
        """For alarms; the slot may be gone by now, or there was none to begin with."""
        row = run(source, "source/retained").fetchone()
        retained, most = row or (None, None)
        subscription = mirror.subscription(ours)
        errors = subscription.errors if subscription else 0
        noted = {
            "active": mentorhub.is_read(source),
            "retained": retained,
            "most": most,
            "errors": max(0, errors - (errors if self._errors is None else self._errors)),
        }
        run(ours, "mirror/slot", noted)

    def _is_idle_again(self) -> bool:
        """Every so many looks: what did not help may help later."""
        return self._idle % IDLE_LOOKS == IDLE_LOOKS - 1

    def _stuck(self, ours: Connection) -> str | None:
        subscription = mirror.subscription(ours)
        if subscription is None:
            return None
        applied, errors = subscription.applied or 0, subscription.errors
        if self._errors is None or applied > self._farthest or errors < self._errors:
            self._farthest, self._errors = applied, errors
        if errors - self._errors < ERRORS:
            return None
        return mirror.REFUSED

    def _forget(self) -> None:
        self._farthest = 0
        self._errors: int | None = None
        self._idle = 0

    def _failed(self, sentence: str) -> str:
        self._failures += 1
        return sentence.strip()

    def _reason(self, error: psycopg.Error) -> str:
        if self._source and self._source.broken:
            return "MentorHub's server went away."
        return f"The mirror can't be repaired: {error.diag.message_primary}."

    def _write_down(self, ours: Connection, sentence: str | None) -> None:
        run(ours, "mirror/health", {"sentence": sentence})
        self._looked = time.monotonic()
        self._say(sentence)

    def _say(self, sentence: str | None) -> None:
        """In the log, once."""
        if sentence and sentence != self._said:
            log.warning("Analytics: %s", sentence)
        elif self._said and not sentence:
            log.info("Analytics: replication is well again")
        self._said = sentence
