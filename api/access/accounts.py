"""Who somebody is today: MentorHub's accounts, as far as permissions go."""

from threading import Lock

from cachetools import LRUCache

from api.database.freshness import Watch
from api.database.reader import Reader
from api.requests.carried import Account

MOST = 10_000
"""Accounts kept in memory."""


class Accounts:
    """Asks the database, or remembers what it said as long as the watch hears of changes."""

    def __init__(self, reader: Reader, watch: Watch) -> None:
        self._reader = reader
        self._watch = watch
        self._known: LRUCache[int, Account] = LRUCache(MOST)
        self._lock = Lock()
        watch.on_accounts.append(self._forget)

    def find(self, user_id: int) -> Account | None:
        """None where MentorHub has nobody of this id."""
        with self._lock:
            account, known = self._known.get(user_id), self._known
        if account and self._watch.is_current():
            return account
        row = self._reader.row("account", user_id=user_id)
        if row is None:
            return None
        account = Account(
            user_id,
            row.role == "admin",
            row.is_active,
            row.is_proven,
            tuple(row.mentors),
            row.is_mentor_proven,
        )
        with self._lock:
            # Not into what replaced it meanwhile: the row may be older than the change.
            known[user_id] = account
        return account

    def _forget(self) -> None:
        with self._lock:
            self._known = LRUCache(MOST)
