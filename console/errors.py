"""Every error the console raises on purpose.

The tree says who has to act:

    ConsoleError                 says what happened, to what, and what to do next
    |-- ConfigurationError       a person has to mend a file, a setting or a right
    |   |-- PlantFileError       the plant file: carries every problem at once
    |   `-- SecretMissing        a referenced secret is not to be had
    |-- EnvironmentFault         the surroundings: disk, database, network; tried again
    |   |-- StoreUnavailable     the ledger or telemetry store cannot be used now
    |   |   `-- DiskFull         nothing more can be written; nothing written is lost
    |   |-- StoreTooNew          the ledger was made by a newer program
    |   |-- StoreLocation        the ledger stands where SQLite is not safe
    |   `-- LeaseHeld            another edge holds the device group
    |-- DecisionError            a person's action that cannot be taken as asked
    |   |-- AlreadyDecided       somebody (or something) was faster
    |   |-- NotAllowed           the role does not permit it
    |   |-- SignInFailed         name or PIN are not right, or the account is locked
    |   `-- InvalidDecision      the content is incomplete or contradicts a rule
    `-- OdooError                in console.odoo.errors: classified answers of Odoo

Anything else that surfaces is our bug, and is reported as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ConsoleError(Exception):
    """Base of all errors that are shown to people.

    Attributes:
        what: what happened, and to what, in one plain sentence.
        remedy: what to do next; may be empty where nothing can be done.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what} {remedy}".strip())
        self.what = what
        self.remedy = remedy


class ConfigurationError(ConsoleError):
    """A file, setting or right that a person has to mend."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file: where it stands and what to do.

    Attributes:
        line: line number from 1; 0 where no line can be named.
        where: the key as written, for example ``machines.filler1.counters.good``.
        message: what is wrong, with a suggestion where one is near.
    """

    line: int
    where: str
    message: str


class PlantFileError(ConfigurationError):
    """The plant file cannot be used. Carries every problem found, in line order."""

    def __init__(self, path: str, problems: Sequence[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(problems, key=lambda p: (p.line, p.where)))
        listing = "\n".join(f"  {path}:{p.line}: {p.where}: {p.message}" for p in self.problems)
        noun = "problem" if len(self.problems) == 1 else "problems"
        super().__init__(f"The plant file has {len(self.problems)} {noun}:\n{listing}")


class SecretMissing(ConfigurationError):
    """A secret that the configuration refers to cannot be had."""


class EnvironmentFault(ConsoleError):
    """The surroundings fail: disk, database, network. Nothing is lost; it is tried again."""


class StoreUnavailable(EnvironmentFault):
    """The ledger or the telemetry store cannot be used now."""


class DiskFull(StoreUnavailable):
    """The disk under the store is full."""


class StoreTooNew(EnvironmentFault):
    """The ledger was written by a newer program than this one."""


class StoreLocation(EnvironmentFault):
    """The ledger stands on a place where an embedded database is not safe (network share)."""


class LeaseHeld(EnvironmentFault):
    """Another process holds the lease for this device group."""


class DecisionError(ConsoleError):
    """A person's action that cannot be taken as asked; nothing was changed."""


class AlreadyDecided(DecisionError):
    """Somebody was faster, or the thing changed since it was shown."""


class NotAllowed(DecisionError):
    """The signed-in person's roles do not permit the action."""


class SignInFailed(DecisionError):
    """The name or PIN are not right, or the account is locked for a while."""


class InvalidDecision(DecisionError):
    """The decision is incomplete, or a rule forbids it."""
