"""What MentorHub overwrites and we remember: when each of its states came, in schema `kept`."""

from typing import NamedTuple


class Journal(NamedTuple):
    """A table of `kept` whose entries add up to what there is, as sql/journal defines it.

    `keys`: of whom; `measures`: what an entry adds.
    """

    name: str
    keys: tuple[str, ...]
    measures: tuple[str, ...]

    @property
    def added(self) -> tuple[str, ...]:
        """What a metric may be counted from."""
        return ("happened_at", *self.keys, *self.measures)


JOURNALS = {
    journal.name: journal
    for journal in (Journal("payment_journal", ("payment_id", "currency"), ("earned", "refunded")),)
}
"""By its name."""
