# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the engine asks of a regime, and the neutral forms in which a regime answers.

The engine knows units, accounts, transactions, adjustments and notices. What else a regime wants
kept is the state of live units, a pointer to the signed message that states something, a tally, or
a key under which issued units are found. The engine keeps, loads and compares these and never looks
inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from broker.ledger.tallies import Tally
from broker.regime.postings import Lookup, Postings, Restate, Units
from broker.rulebook.check import Finding, KnownAs, Rule
from broker.rulebook.general.accounts import AccountFacts, AccountType
from broker.rulebook.general.case import Case
from broker.rulebook.general.ended import EndedUnits
from broker.rulebook.general.message import MessageFacts
from broker.rulebook.general.proposal import Proposed
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.general.reported import ReportedActionType
from itmo.clearing.v1 import directory_service_pb2
from itmo.core.v1 import decision_pb2, proposal_pb2, sharing_pb2, statements_pb2
from itmo.frozen import quickly_made
from itmo.payloads import PayloadKind

if TYPE_CHECKING:
    from broker.regime.statement import Statement

# -- names of what is kept ------------------------------------------------------------------------


SEPARATOR: Final = ":"
"""Between the parts of a name."""


class Key(NamedTuple):
    """What a signed message states under a rulebook, by its kind and by its name among these.

    Names are written in parts, from the widest to the narrowest, with `SEPARATOR` between.
    """

    rulebook: str
    kind: str
    name: str

    def covers(self, other: Key) -> bool:
        """True when the other key's name lies under this one's."""
        begin = f"{self.name}{SEPARATOR}" if self.name else ""
        same = (self.rulebook, self.kind) == (other.rulebook, other.kind)
        return same and other.name.startswith(begin)


@dataclass(frozen=True, slots=True)
class Found:
    """A block that was issued under a lookup.

    Attributes:
        lookup: As it was issued.
        units: The block.
        attributes: What its issuance stated, serialized.
    """

    lookup: Lookup
    units: Units
    attributes: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """A message that speaks of numbers.

    Attributes:
        lookup: The numbers.
        step: How far they lie apart.
        message_id: The message.
    """

    lookup: Lookup
    step: int
    message_id: str


# -- what a judgement may ask for -----------------------------------------------------------------


@dataclass(slots=True)
class Needs:
    """Keys of what a judgement or a statement may ask for; what is not named is not known.

    Attributes:
        stated: Keys of which the last statement is asked for.
        histories: Keys of which every statement is asked for.
        stated_under: Keys under whose name others lie, each with its last statement.
        tallies: Names of tallies.
        lookups: Numbers under which issued units are searched.
        designated: Parties of which it matters which node they designated.
        registrar: Whether it matters which registries the sender speaks for.
        registries: Registries of which it matters who speaks for them.
        programmes: Crediting programmes of which that matters.
    """

    stated: set[Key] = field(default_factory=set)
    histories: set[Key] = field(default_factory=set)
    stated_under: set[Key] = field(default_factory=set)
    tallies: set[str] = field(default_factory=set)
    lookups: set[Lookup] = field(default_factory=set)
    designated: set[str] = field(default_factory=set)
    registrar: bool = False
    registries: set[str] = field(default_factory=set)
    programmes: set[str] = field(default_factory=set)

    def update(self, other: Needs) -> None:
        """Adds another one's keys."""
        self.stated |= other.stated
        self.histories |= other.histories
        self.stated_under |= other.stated_under
        self.tallies |= other.tallies
        self.lookups |= other.lookups
        self.designated |= other.designated
        self.registrar |= other.registrar
        self.registries |= other.registries
        self.programmes |= other.programmes

    def within(self, other: Needs) -> bool:
        """True when the other one names all of this one's keys."""
        return (
            self.stated <= other.stated
            and self.histories <= other.histories
            and self.stated_under <= other.stated_under
            and self.tallies <= other.tallies
            and self.lookups <= other.lookups
            and self.designated <= other.designated
            and self.registrar <= other.registrar
            and self.registries <= other.registries
            and self.programmes <= other.programmes
        )


class Said(NamedTuple):
    """What was stated of some keys.

    Attributes:
        marks: Equal to others where the very same was stated, for as long as somebody keeps `statements`.
        statements: As they were read, once each: whoever keeps marks keeps these, too.
    """

    marks: tuple[int | str, ...]
    statements: tuple[object, ...]


class NotDeclared(Exception):  # noqa: N818  # the name says what happened: a bug of the regime
    """A regime asked for what its needs do not name."""


class Known(Protocol):
    """What is known at this place in the log, limited to the declared keys.

    Every method raises NotDeclared for a key that the needs do not name.
    """

    needs: Needs
    """What was declared."""

    def said(self) -> Said:
        """All that was stated of what was declared."""

    def stated(self, key: Key) -> Any:  # noqa: ANN401  # as the regime itself read it
        """The last statement under a key, as `Regime.read` made it; None where there is none."""

    def history(self, key: Key) -> tuple[Any, ...]:
        """Every statement under a key, oldest first."""

    def under(self, key: Key) -> Iterator[tuple[Key, Any]]:
        """The last statement of each name that lies under a key, in the order of the names."""

    def tally(self, name: str) -> Tally:
        """A tally; zero where nothing was ever counted."""

    def found(self, lookup: Lookup) -> Sequence[Found]:
        """Issued blocks whose numbers overlap those of the lookup."""

    def told(self, lookup: Lookup) -> Sequence[Told]:
        """Messages that speak of numbers which overlap those of the lookup."""

    def designated(self, party: str) -> str | None:
        """The node that a Party designated; None where it designated none."""


class OfAll(NamedTuple):
    """What stands against completing each of some transactions that are alike; None: nothing."""

    against: Finding | None


ToldOfAll = Callable[[], OfAll | None]
"""What stands against completing transactions that are alike, as it stands; None: each is judged."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a regime says of a proposed transaction.

    Attributes:
        findings: One per check, in the order of the catalogue, passed ones included.
        valid: Whether it may be carried out.
        marks: Words for verdict and receipt that say what the transaction is, valid or not.
        postings: What it does; None where it is not valid.
        not_after: The day at whose beginning (UTC) it is too late to complete; None: no such day.
        units: What the verdict states of the units; empty where it is not valid.
        ends: Of the ending of a transition, what the other regime is told of the units.
    """

    findings: tuple[Finding, ...]
    valid: bool
    marks: tuple[str, ...] = ()
    postings: Postings | None = None
    not_after: date | None = None
    units: tuple[decision_pb2.RecordedUnits, ...] = ()
    ends: tuple[EndedUnits, ...] = ()


ToldOfProposed = Callable[[MessageFacts, Proposed], Judgement | None]
"""What is said of one of some proposed transactions that are alike; None: it is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a report states of units in the words of a rulebook.

    Attributes:
        attributes: What is true of every unit, serialized.
        marks: Words for what is so of them.
        listed_under: By what name the regime's own reports look for them; empty: by none.
    """

    attributes: bytes
    marks: frozenset[str] = frozenset()
    listed_under: str = ""


# -- tables ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TransactionType:
    """A type of transaction.

    Attributes:
        name: As messages give it.
        issues: Whether it brings units into being.
        read_again: Whether reports read its proposal again when it has ended; else it may be archived.
    """

    name: str
    issues: bool = False
    read_again: bool = True


class Regime(Protocol):
    """A rulebook and what ties it to the engine."""

    @property
    def name(self) -> str:
        """As messages name the rulebook."""

    @property
    def version(self) -> str:
        """Version of the rulebook."""

    @property
    def catalogue(self) -> bytes:
        """The rulebook described in full, for whoever restores what a verdict states in short."""

    @property
    def digest(self) -> bytes:
        """SHA-256 of the catalogue, which stands in every verdict."""

    @property
    def checks(self) -> Sequence[Rule]:
        """Every check, in the order in which they are judged."""

    @property
    def report_rules(self) -> Sequence[Rule]:
        """Rules on reports and holdings, for lists: no transaction is judged by them."""

    @property
    def known_as(self) -> Mapping[str, KnownAs]:
        """What numbers of others mean here, for lists: every one that the regime has heard of."""

    @property
    def guards(self) -> tuple[str, ...]:
        """SQL of triggers that refuse what the regime forbids: the last guard, behind its checks."""

    @property
    def tells_restated(self) -> bool:
        """Whether receipts say anything of units whose state changed; else `restated` is not asked."""

    @property
    def leads_to(self) -> frozenset[str]:
        """Rulebooks under which units may begin as units of this one end: names, and nothing of them."""

    @property
    def statements(self) -> Mapping[PayloadKind, Statement]:
        """The kinds of message by which something of it is stated."""

    def read(self, key: Key, payload: bytes) -> object:
        """What a recorded message states under a key; it is kept, and never changed."""

    def account_terms(
        self, written: statements_pb2.AccountStatement, registry: RegistryFacts
    ) -> str:
        """What is kept of an account besides its type: canonical JSON.

        Raises:
            NoEffect, NamedTuple, ProtocolError: malformed, or not for an account of this type or registry.
        """

    def show_account(
        self, account: AccountFacts, shown: directory_service_pb2.Account, *, own: bool
    ) -> None:
        """Writes what is kept of an account into what its own node is shown, or others are."""

    @property
    def account_types(self) -> Mapping[int, AccountType]:
        """Account types by number."""

    @property
    def transaction_types(self) -> Mapping[str, TransactionType]:
        """Transaction types by name."""

    def reported(
        self,
        written: sharing_pb2.ReportedHolding | sharing_pb2.ReportedAction,
        kind: ReportedActionType | None,
        where: str,
    ) -> Reported:
        """Reads what a registry that keeps its own ledger reports of units, or of an action.

        Args:
            written: A row of its report; form, registry and serials were looked at.
            kind: What was done; None: the units are held.
            where: The row's place in the report.

        Raises:
            ProtocolError: PAYLOAD_INVALID or IDENTIFIER_INVALID.
        """

    def parts(self, written: proposal_pb2.ProposedTransaction) -> int:
        """How much in the terms of a transaction, read or not, costs as much as a block."""

    def proposed(self, written: proposal_pb2.ProposedTransaction, where: str) -> Proposed:
        """Reads a transaction, with the terms and attributes of the regime.

        Raises:
            ProtocolError: it cannot even be represented; what is merely wrong is left to checks.
        """

    def numbered_by(self, proposed: Proposed, origin: str) -> str:
        """The registry that knows which serial numbers of an origin were used; no stranger does.

        Args:
            proposed: The issuance.
            origin: The registry that they are to be numbered under, which need not exist.
        """

    def lookups(self, proposed: Proposed) -> frozenset[Lookup]:
        """Under which numbers issued units are searched, as a proposal itself names them."""

    def needs(self, case: Case) -> Needs:
        """What judging a transaction may ask for."""

    def judge(
        self, case: Case, known: Known, written: proposal_pb2.ProposedTransaction
    ) -> Judgement:
        """Judges a proposed transaction; never raises but for a bug.

        Args:
            case: What the engine knows of it.
            known: What its needs name.
            written: As its proposer wrote it.
        """

    def restated(self, change: Restate, attributes: bytes) -> decision_pb2.RecordedUnits | None:
        """What a receipt says of units after their state changed; None where no attribute did.

        Args:
            change: Of the whole range; it was carried out.
            attributes: What the issuance of these units stated, serialized.
        """

    def recorded(self, attributes: bytes, state: str, registry: str) -> decision_pb2.RecordedUnits:
        """What verdicts and receipts say of live units: attributes and marks, without serials.

        Args:
            attributes: What their issuance stated, serialized.
            state: What changed of them since.
            registry: Who issued them.
        """

    def totals_class(self, attributes: bytes, state: str, registry: str) -> str:
        """By which class live units are added up when books are compared; see `recorded`."""

    def needs_again(self, case: Case, postings: Postings) -> Needs:
        """What judging a transaction again may ask for that waits."""

    def still_possible(self, case: Case, postings: Postings, known: Known) -> Finding | None:
        """What stands against completing a transaction that waits; None: nothing.

        Args:
            case: What the engine knows of it now; of its terms nothing but what is in its row.
            postings: As they were fixed when it was validated.
            known: What its needs name, now.
        """

    def told_of_alike(self, case: Case, postings: Postings, known: Known) -> ToldOfAll | None:
        """What is found out at once of all that wait like a transaction; None: each is judged.

        Alike is what differs from it in its id, in the serials of its one live range, and in
        quantities, in when the message was made that may complete it, and in nothing else that the engine
        knows or that is in its postings. What is told has to be what `still_possible` would come to for each.

        Args:
            case: What the engine knows of it now.
            postings: As they were fixed when it was validated.
            known: What its needs name, whenever what is told is asked for.
        """

    def told_of_proposed(self, case: Case, known: Known) -> ToldOfProposed | None:
        """What is found out at once of all that are proposed like a transaction; None: each is judged.

        Alike is what differs from it in its id, in serials and quantities of its one block, which lies in
        a live range, in when its message was made, and in which transaction brought the units where they
        are, and in nothing else that the engine knows. What is told has to be what `judge` would come to
        for each.

        Args:
            case: What the engine knows of it now.
            known: What its needs name, whenever what is told is asked for.
        """
