# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What ties the toy's rulebook to the engine: see `broker.regime.regime.Regime`.

Units remember whether they ever moved to another registry; the first such transfer is marked, and
its reversal undoes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Final, cast

from broker.regime.fields import block_fields, transaction_fields
from broker.regime.postings import Issue, Lookup, Move, Postings, Restate, Units
from broker.regime.regime import (
    Judgement,
    Key,
    Known,
    Needs,
    Reported,
    ToldOfAll,
    ToldOfProposed,
    TransactionType,
)
from broker.regime.statement import Books, Statement
from broker.rulebook.check import Finding, KnownAs, accepts, invalidates
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.case import Case
from broker.rulebook.general.proposal import Proposed, ProposedBlock
from broker.rulebook.general.proposal import TransactionType as Type
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.general.reported import ReportedActionType
from itmo.clearing.v1 import directory_service_pb2
from itmo.core.v1 import (
    decision_pb2,
    proposal_pb2,
    rulebooks_pb2,
    sharing_pb2,
    statements_pb2,
)
from itmo.kyoto.v1 import statements_pb2 as kyoto
from itmo.payloads import PayloadKind
from tests.kit.toy.case import ACCOUNT_TYPES, ToyCase
from tests.kit.toy.rulebook import AGAIN, CATALOGUE, CHECKS, DIGEST, RULES, VERSION

NAME: Final = "toy"
FRESH, MOVED = '{"moved":false}', '{"moved":true}'
FIRST_MOVE: Final = "FIRST_MOVE"
_GUARD: Final = f"""CREATE TRIGGER toy_states BEFORE UPDATE OF state ON unit_block
    WHEN NEW.state NOT IN ('{FRESH}', '{MOVED}')
    BEGIN SELECT RAISE(ABORT, 'units moved or did not'); END"""
_TYPES: Final[Mapping[int, Type]] = {
    proposal_pb2.TRANSACTION_TYPE_ISSUANCE: Type.ISSUANCE,
    proposal_pb2.TRANSACTION_TYPE_TRANSFER: Type.TRANSFER,
    proposal_pb2.TRANSACTION_TYPE_RETIREMENT: Type.RETIREMENT,
    proposal_pb2.TRANSACTION_TYPE_REVERSAL: Type.REVERSAL,
}


def allowance(party: str) -> Key:
    return Key(NAME, "allowance", party)


def issued(party: str) -> str:
    return f"toy-issued:{party}"


def read_allowance(payload: bytes) -> int:
    return kyoto.KyotoStatement.FromString(payload).assigned_amount.quantity


def take(books: Books, written: kyoto.KyotoStatement) -> None:
    amount = written.assigned_amount
    books.state(allowance(amount.party), amount.quantity)


STATEMENT: Final = Statement(
    kind=PayloadKind.KYOTO_STATEMENT,  # the wire has no kind of the toy's own
    by_operator=True,
    by_node=False,
    needs=lambda written: Needs(stated={allowance(written.assigned_amount.party)}),
    take=take,
)


class ToyRegime:
    """See `broker.regime.regime.Regime`."""

    name: Final = NAME
    version: Final = VERSION
    catalogue: Final = CATALOGUE
    digest: Final = DIGEST
    tells_restated: Final = False
    checks: Final = CHECKS
    report_rules: Final = ()
    known_as: Final[Mapping[str, KnownAs]] = {}
    guards: Final = (_GUARD,)
    leads_to: Final[frozenset[str]] = frozenset()
    statements: Final[Mapping[PayloadKind, Statement]] = {STATEMENT.kind: STATEMENT}
    account_types: Final = ACCOUNT_TYPES
    transaction_types: Final = {
        each.value: TransactionType(each.value, issues=each is Type.ISSUANCE)
        for each in _TYPES.values()
    }

    def read(self, key: Key, payload: bytes) -> object:
        return read_allowance(payload)

    def account_terms(
        self, written: statements_pb2.AccountStatement, registry: RegistryFacts
    ) -> str:
        return "{}"

    def show_account(
        self, account: AccountFacts, shown: directory_service_pb2.Account, *, own: bool
    ) -> None:
        """Nothing is kept of an account."""

    def parts(self, written: proposal_pb2.ProposedTransaction) -> int:
        return 0

    def proposed(self, written: proposal_pb2.ProposedTransaction, where: str) -> Proposed:
        return Proposed(
            **transaction_fields(written, where, _TYPES),
            blocks=tuple(
                ProposedBlock(
                    **block_fields(block, f"{where}.blocks[{place}]"),
                    attributes=block.attributes if block.HasField("attributes") else None,
                )
                for place, block in enumerate(written.blocks)
            ),
        )

    def reported(
        self,
        written: sharing_pb2.ReportedHolding | sharing_pb2.ReportedAction,
        kind: ReportedActionType | None,  # the interface's
        where: str,  # the interface's
    ) -> Reported:
        """See `Regime`: a report of toy units says nothing besides their numbers."""
        return Reported(attributes=written.block.attributes.SerializeToString())

    def numbered_by(self, proposed: Proposed, origin: str) -> str:
        return origin

    def lookups(self, proposed: Proposed) -> frozenset[Lookup]:
        return frozenset()

    def needs(self, case: Case) -> Needs:
        if case.proposed.type is not Type.ISSUANCE or case.to_registry is None:
            return Needs()
        party = case.to_registry.party
        return Needs(stated={allowance(party)}, tallies={issued(party)})

    def judge(
        self, case: Case, known: Known, written: proposal_pb2.ProposedTransaction
    ) -> Judgement:
        toy = _toy_case(case, known)
        findings = RULES.judge(toy, case.now.date())
        restates = tuple(_restates(case))
        return Judgement(
            findings=findings,
            valid=accepts(findings),
            marks=(FIRST_MOVE,) if any(each.after == MOVED for each in restates) else (),
            postings=_postings(case, restates, written) if accepts(findings) else None,
        )

    def restated(self, change: Restate, attributes: bytes) -> decision_pb2.RecordedUnits | None:
        return None

    def recorded(self, attributes: bytes, state: str, registry: str) -> decision_pb2.RecordedUnits:
        return decision_pb2.RecordedUnits(
            attributes=rulebooks_pb2.UnitAttributes.FromString(attributes),
            marks=[FIRST_MOVE] if state == MOVED else [],
        )

    def totals_class(self, attributes: bytes, state: str, registry: str) -> str:
        return "moved" if state == MOVED else "fresh"

    def needs_again(self, case: Case, postings: Postings) -> Needs:
        return Needs()

    def still_possible(self, case: Case, postings: Postings, known: Known) -> Finding | None:
        """What waits keeps its units, or what it reserved; but books may have come to differ."""
        return next(filter(invalidates, AGAIN.judge(_toy_case(case, known), case.now.date())), None)

    def told_of_alike(self, case: Case, postings: Postings, known: Known) -> ToldOfAll | None:
        return None

    def told_of_proposed(self, case: Case, known: Known) -> ToldOfProposed | None:
        return None


def _toy_case(case: Case, known: Known) -> ToyCase:
    same = {each.name: getattr(case, each.name) for each in fields(Case)}
    if not known.needs.tallies or case.to_registry is None:
        return ToyCase(**same)
    counted = known.tally(issued(case.to_registry.party))
    return ToyCase(
        **same,
        allowed=known.stated(allowance(case.to_registry.party)),
        issued=counted.quantity + counted.reserved,
    )


def _restates(case: Case) -> Iterator[Restate]:
    if case.reversed is not None:
        for each in cast("Postings", case.reversed.done).restates:
            yield Restate(each.units, each.after, each.before)
    elif case.proposed.type is Type.TRANSFER and case.proposed.between_registries:
        for held in (held for block in case.blocks for held in block.segments):
            if held.state == FRESH:
                yield Restate(Units(held.registry, held.range), FRESH, MOVED)


def _postings(
    case: Case, restates: tuple[Restate, ...], written: proposal_pb2.ProposedTransaction
) -> Postings:
    giver, taker = case.proposed.from_account, case.proposed.to_account
    named = [Units(each.registry, each.range) for each in case.proposed.blocks if each.range]
    if case.proposed.type is Type.ISSUANCE and case.to_registry is not None:
        party, count = case.to_registry.party, sum(each.range.quantity for each in named)
        return Postings(
            issues=tuple(
                Issue(units, taker, block.attributes.SerializeToString(), FRESH)
                for units, block in zip(named, written.blocks, strict=True)
            ),
            tallies=((issued(party), count),),
            reserves=((issued(party), count),),
        )
    return Postings(
        moves=tuple(Move(units, giver, taker) for units in named),
        restates=restates,
        reverses=case.proposed.reverses or "",
    )


TOY: Final = ToyRegime()
