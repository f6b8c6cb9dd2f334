# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From what the engine knows of a transaction, and what Paris may ask for, to the case of Paris."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, Final, TypedDict, TypeVar, cast

from broker.regime.fields import kept_fields
from broker.regime.paris import stated_keys, tallies
from broker.regime.paris.accounts import paris_account
from broker.regime.paris.ending import ended_cers
from broker.regime.paris.lookups import behind_units, kyoto_units, lookup_of, to_be_backing
from broker.regime.paris.postings import accounting_of, entity_of
from broker.regime.paris.reading import stated_attributes
from broker.regime.paris.state import UnitState, read_state
from broker.regime.paris.statements import party
from broker.regime.postings import Postings
from broker.regime.regime import Known
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.blocks import BlockFacts, Segment
from broker.rulebook.general.case import Case, ReversedFacts
from broker.rulebook.general.proposal import Proposed, TransactionType
from broker.rulebook.paris.accounts import ParisAccount
from broker.rulebook.paris.approaches import ApproachFacts, ApproachTotals
from broker.rulebook.paris.attributes import Attributes, AuthorizationRef, Underlying
from broker.rulebook.paris.authorization import AuthorizationHistory, AuthorizationVersion
from broker.rulebook.paris.blocks import ParisBlock, ParisSegment
from broker.rulebook.paris.case import ParisCase, ParisReversed
from broker.rulebook.paris.mechanism import current_type
from broker.rulebook.paris.parties import PartyFacts
from broker.rulebook.paris.proposal import ParisProposed, ParisProposedBlock
from itmo.parties import MECHANISM_REGISTRY
from itmo.serials import SerialRange
from itmo.underlying import UnderlyingRange, unit_id

_KEPT: Final = 16_384
"""Attributes kept as they are today, each of an issued block and a state: a kilobyte each."""
K = TypeVar("K")
V = TypeVar("V")


class _Found(Mapping[K, V]):
    """Facts of one kind, each asked for by its name, and none but those that were declared."""

    def __init__(self, find: Callable[[K], V | None]) -> None:
        self._find = find
        self._kept: dict[K, V | None] = {}

    def __getitem__(self, name: K) -> V:
        found: V | None = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: K, default: Any = None) -> Any:  # noqa: ANN401  # as `Mapping` has it
        """What is known under a name; put together once for a transaction."""
        try:
            found = self._kept[name]
        except KeyError:
            found = self._kept[name] = self._find(name)
        return default if found is None else found

    def __iter__(self) -> Iterator[K]:
        message = "facts are asked for by name, so that their need can be declared"
        raise TypeError(message)

    def __len__(self) -> int:
        return len(list(iter(self)))


def case_of(case: Case, asked: Known) -> ParisCase:
    """Everything that the rulebook may know of a proposed transaction.

    Args:
        case: What the engine knows of it.
        asked: What Paris may ask for.
    """
    return _case(case, cast("ParisProposed", case.proposed), asked, waiting=True)


def case_again(case: Case, proposed: ParisProposed, asked: Known) -> ParisCase:
    """The same of a transaction that waits, with what `proposed_again` restores of its terms.

    Its own reservation is what it completes, and others are judged when they complete: nothing that
    waits counts against what is authorized.
    """
    return _case(case, proposed, asked, waiting=False)


class Named(TypedDict):
    """Facts that a case asks for by name; see `ParisCase`."""

    parties: Mapping[str, PartyFacts]
    approaches: Mapping[str, ApproachFacts]
    approach_totals: Mapping[str, ApproachTotals]
    registrations: Mapping[tuple[str, str], date]


def named(asked: Known) -> Named:
    """What Paris may ask for by name, put together when it is asked for."""

    def known_party(name: str) -> PartyFacts | None:
        return party.as_known(asked.history(stated_keys.party(name))) if name else None

    return Named(
        parties=_Found(known_party),
        approaches=_Found(lambda name: asked.stated(stated_keys.approach(name))),
        approach_totals=_Found(lambda name: _totals(asked, name)),
        registrations=_Found(lambda name: asked.stated(stated_keys.activity(*name))),
    )


def _case(case: Case, proposed: ParisProposed, asked: Known, *, waiting: bool) -> ParisCase:
    return ParisCase(
        now=case.now,
        message=case.message,
        proposed=proposed,
        transaction_known=case.transaction_known,
        from_registry=case.from_registry,
        to_registry=case.to_registry,
        from_account=_account(case.from_account),
        to_account=_account(case.to_account),
        blocks=tuple(
            [
                _block(proposed, each, asked, block)
                for each, block in zip(proposed.blocks, case.blocks, strict=True)
            ]
        ),
        **named(asked),
        authorizations=authorizations(case, asked, waiting=waiting),
        reversed=None if case.reversed is None else _reversed(case.reversed),
        allotment_accounts={
            name: paris_account(each) for name, each in case.named_accounts.items()
        },
        named_accounts=case.named_accounts,
        maintenance=case.maintenance,
        ended=case.ended,
        ended_cers=tuple(map(ended_cers, case.ended)) if case.ended else (),
    )


def _account(account: AccountFacts | None) -> ParisAccount | None:
    return None if account is None else paris_account(account)


def proposed_again(row: Proposed, postings: Postings) -> ParisProposed:
    """A transaction that waits, with what its postings keep of its terms."""
    stated = {each.units: stated_attributes(each.attributes) for each in postings.issues}
    return ParisProposed(
        **kept_fields(row),
        blocks=tuple(
            [
                ParisProposedBlock(
                    registry=units.registry,
                    first=units.range.first,
                    last=units.range.last,
                    attributes=stated.get(units),
                )
                for units in postings.blocks
            ]
        ),
        entity=entity_of(postings),
    )


# -- what was stated and counted ------------------------------------------------------------------


def _totals(asked: Known, approach: str) -> ApproachTotals | None:
    """What became of the units of an approach; None where it is not known."""
    if asked.stated(stated_keys.approach(approach)) is None:
        return None
    transferred = asked.tally(tallies.first_transferred(approach)).quantity
    left = asked.tally(tallies.unspent(approach)).quantity
    return ApproachTotals(first_transferred=transferred, used_or_cancelled=transferred - left)


def authorizations(
    case: Case, asked: Known, *, waiting: bool
) -> Mapping[tuple[str, str], AuthorizationHistory]:
    """Authorizations with what was issued and used under them; those only searched as they are."""
    told: dict[tuple[str, str], AuthorizationHistory] = {}
    for wider in asked.needs.stated_under:
        for key, last in asked.under(wider):
            told[stated_keys.parts(key)] = AuthorizationHistory(versions=(last,))
    for key in asked.needs.histories:
        if key.kind == stated_keys.AUTHORIZATION and (versions := asked.history(key)):
            name = stated_keys.parts(key)
            told[name] = counted(asked, name, versions, waiting=waiting)
    return {name: each for name, each in told.items() if _authorizes(case, asked, name[0])}


def counted(
    asked: Known,
    name: tuple[str, str],
    versions: tuple[AuthorizationVersion, ...],
    *,
    waiting: bool,
) -> AuthorizationHistory:
    """An authorization, by Party and id, with what was counted under it."""
    total = asked.tally(tallies.issued(*name))
    return AuthorizationHistory(
        versions=versions,
        issued_quantity=total.quantity,
        reserved_quantity=total.reserved if waiting else 0,
        used=_Found(lambda each: asked.tally(tallies.used(*name, each)).quantity),
    )


def _authorizes(case: Case, asked: Known, host: str) -> bool:
    """Whether a proposal may be judged by the authorizations of a Party.

    Units come into being in a registry of the Party that authorizes them, of the node that it
    designated, or of the mechanism. Anybody else who tries would learn from the limit of a letter
    how much of it is left, so to others no letter exists to issue under.
    """
    if case.proposed.type is not TransactionType.ISSUANCE:
        return True
    if case.to_registry is None or case.to_registry.registry not in case.message.sender_registries:
        return False
    issuer = case.proposed.to_registry[:3]
    return issuer in {MECHANISM_REGISTRY, host} or (
        asked.designated(host) == case.message.sender_node
    )


# -- units ----------------------------------------------------------------------------------------


def _block(
    proposed: ParisProposed, named: ParisProposedBlock, asked: Known, block: BlockFacts
) -> ParisBlock:
    behind = to_be_backing(proposed, named)
    return ParisBlock(
        proposed=named,
        segments=tuple([_segment(asked, each) for each in block.segments]),
        issued_before=block.issued_before,
        waiting=block.waiting,
        bound=block.bound,
        disputed=block.disputed,
        underlying_taken=_taken(asked, proposed.to_registry, behind) if behind else (),
        underlying_ended=_ended(asked, behind) if behind else (),
        kyoto_units=_on_record(asked, proposed, named),
    )


def _segment(asked: Known, segment: Segment) -> ParisSegment:
    issued, state, today = _as_stored(segment.issued_as, segment.state)
    return ParisSegment(
        registry=segment.registry,
        range=segment.range,
        account_id=segment.account_id,
        account_type=segment.account_type,
        locked_by=segment.locked_by,
        moved_by=segment.moved_by,
        issued_as=segment.issued_as,
        state=segment.state,
        attributes=today,
        first_transferred=state.first_transferred,
        authorized_at_issuance=_for_a_purpose(asked, issued),
        first_transfers_reversed=state.first_transfers_reversed,
    )


def _for_a_purpose(asked: Known, issued: Attributes) -> bool:
    """True for units issued under a letter that named a purpose."""
    named = issued.authorization
    if named is None or not named.id:
        return False
    versions = asked.history(stated_keys.authorization(issued.first_transferring_party, named.id))
    return any(each.version == named.version and each.purposes for each in versions)


@lru_cache(maxsize=_KEPT)
def _as_stored(issued_as: bytes, state: str) -> tuple[Attributes, UnitState, Attributes]:
    """What was stated when units were issued, their state, and their attributes today."""
    issued, read = stated_attributes(issued_as), read_state(state)
    return issued, read, current(issued, read)


def current(issued: Attributes, state: UnitState) -> Attributes:
    """Attributes today: a notice may have changed vintage or authorization since the issuance."""
    authorization = (
        AuthorizationRef(state.authorization_id, state.authorization_version)
        if state.authorization_id
        else None
    )
    if issued.vintage == state.vintage and issued.authorization == authorization:
        return issued
    return replace(
        issued,
        unit_type=current_type(issued.unit_type, authorized=authorization is not None),
        vintage=state.vintage,
        authorization=authorization,
    )


def _on_record(
    asked: Known, proposed: ParisProposed, named: ParisProposedBlock
) -> tuple[SerialRange, ...]:
    """Of CERs to be issued those whose Kyoto units are on record, whoever holds them."""
    if proposed.type is not TransactionType.ISSUANCE or named.attributes is None:
        return ()
    lookup = kyoto_units(named.attributes)
    if lookup is None:
        return ()
    wanted = SerialRange(lookup.low, lookup.high)
    found = (SerialRange(each.lookup.low, each.lookup.high) for each in asked.found(lookup))
    return tuple(shared for each in found if (shared := each.intersection(wanted)) is not None)


def _taken(
    asked: Known, issuer: str, behind: UnderlyingRange
) -> tuple[tuple[Underlying, str], ...]:
    """What backs units already; which ones is told of the issuing registry's own."""
    return tuple(
        (
            _shared(stored, behind),
            f"{each.units.registry}:{each.units.range}"
            if each.units.registry == issuer
            else "other units",
        )
        for each in asked.found(lookup_of(behind.place))
        if (stored := behind_units(each)) is not None
    )


def _ended(asked: Known, behind: UnderlyingRange) -> tuple[tuple[Underlying, str], ...]:
    """What their programme cancelled or saw used, with its message."""
    return tuple(
        (
            _shared(
                UnderlyingRange(*behind.series, each.lookup.low, each.lookup.high, each.step),
                behind,
            ),
            each.message_id,
        )
        for each in asked.told(lookup_of(behind.place))
    )


def _shared(stored: UnderlyingRange, behind: UnderlyingRange) -> Underlying:
    """Of stored underlying units those that are named here; others are no business of the sender's.

    Ranges over batches may cross without a unit in both: then what is named is told.
    """
    both = stored.shared(behind) or behind
    return Underlying(both.registry, unit_id(both, both.first), unit_id(both, both.last))


def _reversed(known: ReversedFacts) -> ParisReversed:
    accounting = accounting_of(cast("Postings", known.done))
    return ParisReversed(
        type=known.type,
        completed=known.completed,
        from_account=known.from_account,
        to_account=known.to_account,
        from_registry=known.from_registry,
        to_registry=known.to_registry,
        blocks=known.blocks,
        agreed=known.agreed,
        reversed_by=known.reversed_by,
        done=known.done,
        first_transfer=accounting.first_transfer,
        entries=accounting.entries,
    )
