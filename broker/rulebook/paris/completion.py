# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What can change between the validation of a transaction and its completion, and what then holds.

The protocol's list (chapter 8, rule 6) is this table. What is judged again is judged by the very
checks of the proposal, on the facts of the moment, over what was fixed when it was validated.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from broker.rulebook.check import Finding, Rules, Shared, invalidates
from broker.rulebook.general.looking import gap_of
from broker.rulebook.paris.bookings import Accounting
from broker.rulebook.paris.case import BookingCase, ParisCase, with_bookings
from broker.rulebook.paris.catalogue import CHECKS
from broker.rulebook.paris.view import lots_of


class Rule(StrEnum):
    """What holds when something changed."""

    AGAIN = "judged again"
    FIXED = "fixed by the validation"
    HELD = "cannot happen"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that may change while a transaction waits.

    Attributes:
        what: The change.
        rule: What holds then.
        checks: Checks judged again, or that refuse whoever would change it.
        why: What that means for the transaction.
    """

    what: str
    rule: Rule
    checks: tuple[str, ...]
    why: str


_A, _F, _H = Rule.AGAIN, Rule.FIXED, Rule.HELD

CHANGES: Final[tuple[Change, ...]] = (
    Change("a registry becomes NON_OPERATIONAL", _A, ("REG_OPERATIONAL",),
           "it completes once the registry is back"),
    Change("a registry takes no new transactions, or is in maintenance", _F, (),
           "what was begun before is ended"),
    Change("a registry leaves level TRANSACT", _A, ("REG_SHARING_LEVEL",),
           "no units move there through the clearing-house"),
    Change("a check is switched off or on, or the rulebook changes", _F, (),
           "the verdict names the rules it was given under; checks judged again are those in force"),
    Change("a Party no longer meets the participation criteria", _A, ("REG_PARTY_ELIGIBLE",),
           "it completes once the Party meets them again"),
    Change("an account is closed", _A, ("ACC_EXISTS",),
           "also accounts of allotments; an account with units, or waited for, cannot be closed"),
    Change("an account changes its type, NDC period, metric, entity or role", _H, (),
           "an account keeps its form (`ALREADY_EXISTS`)"),
    Change("units move, are locked, restated or first transferred by another transaction", _H,
           ("ID_LOCKED",), "the units are locked"),
    Change("serials to be issued are issued, or proposed to be", _H, ("ID_NO_OVERLAP_ISSUE",),
           "an issuance that waits reserves its serials"),
    Change("underlying units or CERs come to back other units, or end in their programme", _A,
           ("ID_UNDERLYING_UNIQUE",), "the first to be issued has them"),
    Change("units are bound by a notice", _A, ("NOTIFY_HOST_OF_CANCEL",),
           "only the transaction that names the notice moves them"),
    Change("books and record come to differ on units", _A, ("ID_RECONCILED",),
           "they stay where they are until the case is resolved"),
    Change("the authorization is revoked", _A, ("AUTH_NOT_REVOKED", "AUTH_CHANGE_AFTER_FT"),
           "for units not yet first transferred, and for others where their terms foresaw it"),
    Change("the authorization ends, or its start or end changes", _A, ("AUTH_IN_FORCE",),
           "of units first transferred before, by the version that governs them"),
    Change("the authorized quantity is lowered", _A, ("AUTH_QUANTITY_CAP",),
           "all blocks of the issuance together, and what is issued, against a limit; what others"
           " wait to issue is judged when they complete"),
    Change("others use what is authorized for a purpose", _A, ("AUTH_PURPOSE_CAP",),
           "what waits to be used counts when it completes"),
    Change("purposes, Parties, vintages or years of the authorization change", _F, (),
           "the version named governs these units, as if they had been issued or moved the moment"
           " before; the Party whose letter it is may withdraw or reject"),
    Change("an entity is no longer authorized", _A, ("AUTH_ENTITY",),
           "by letters for entities alone; entities of the letter itself are those of its version"),
    Change("the initial report is withdrawn or dated later", _A, ("AUTH_INITIAL_REPORT",),
           "for units not yet first transferred"),
    Change("a Party leaves the cooperative approach", _A, ("AUTH_PARTY_IN_CA",),
           "it completes once the Party takes part again"),
    Change("metric, sectors, evidence or timing of the cooperative approach, or when an activity was"
           " registered, change", _F, (), "they describe units when these are issued or proposed"),
    Change("first transfer is defined otherwise", _F, (),
           "what is first transferred stands in the verdict; a definition binds by its version"),
    Change("a period becomes final, or is declared final", _A, ("CA_FREEZE",),
           "nothing is booked in it; known days end the transaction before"),
    Change("a Party states another method for its period", _H, ("CA_METHOD_FIXED",),
           "the method of a period stays"),
    Change("a Party states its NDC periods anew", _F, (),
           "years to be booked stay; whether they are final is judged again"),
    Change("the reversal was agreed to, and another one is proposed", _H, ("ID_LOCKED",),
           "the units are locked for the first"),
    Change("totals grow", _H, ("ID_RANGE_ORDER",),
           "no sum of units passes what is stored, see MAX_UNITS in chapter 17"),
    Change("the key that signed the proposal is revoked or ends", _F, (),
           "a signature holds from its place in the log; acceptance and completion need a valid key"),
    Change("a registry gets another node, or a Party designates another", _H, (),
           "registries and designations stay with their node (`ALREADY_EXISTS`)"),
    Change("the deadline passes", _H, ("STATE_TIMEOUT_24H",),
           "the transaction is ended before anything else is looked at"),
)  # fmt: skip
"""In the order of the checks."""

OWN: Final = frozenset({"REG_OPERATIONAL"})
"""Judged again by a rule of its own: completion asks for less than a proposal does."""
_AGAIN: Final = {name for each in CHANGES if each.rule is Rule.AGAIN for name in each.checks} - OWN
RULES: Final = Rules(tuple(check for check in CHECKS if check.id in _AGAIN))


def case_again(case: ParisCase, accounting: Accounting) -> BookingCase:
    """The case of a transaction that waits.

    Args:
        case: As things stand, of the transaction as it was proposed.
        accounting: What it will book, as fixed when it was validated.
    """
    return with_bookings(case, lots_of(case), gap_of(case), accounting)


def judge_completion(case: BookingCase, shared: Shared | None = None) -> Finding | None:
    """The first check that stands against completing a validated transaction now.

    Args:
        case: As things stand, with what it will book.
        shared: What checks come to for whatever is like it.
    """
    findings = RULES.judge(case, case.now.date(), shared)
    if shared is not None and findings is shared.usual and shared.valid:
        return None
    return next(filter(invalidates, findings), None)


def table() -> str:
    """The list of the protocol, in Markdown."""
    rows = ["| what changes | rule | checks | |", "|---|---|---|---|"]
    for each in CHANGES:
        named = " ".join(f"`{name}`" for name in each.checks)
        rows.append(f"| {each.what} | {each.rule} | {named} | {each.why} |")
    return "\n".join(rows)
