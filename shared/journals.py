"""What MentorHub overwrites and we remember: when each of its states came, in schema `kept`."""

from typing import NamedTuple


class Journal(NamedTuple):
    """A table of `kept` whose entries add up to what there is, as sql/journal defines it.

    `keys`: of whom; `measures`: what an entry adds.
    `stated`: the measure of which an entry says, too, what it becomes: in the column `becomes`.
    """

    name: str
    keys: tuple[str, ...]
    measures: tuple[str, ...]
    stated: str | None = None

    @property
    def written(self) -> tuple[str, ...]:
        """What an entry says besides when, and how it was found."""
        return (*self.keys, *self.measures, *(["becomes"] if self.stated else []))

    @property
    def added(self) -> tuple[str, ...]:
        """What a metric may be counted from."""
        return ("happened_at", *self.written)


JOURNALS = {
    journal.name: journal
    for journal in (
        Journal("payment_journal", ("payment_id", "currency"), ("earned", "refunded")),
        Journal("subscription_journal", ("subscription_id", "currency"), ("amount",), "amount"),
    )
}
"""By its name."""
