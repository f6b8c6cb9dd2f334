# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Under which keys signed messages state something of Kyoto."""

from __future__ import annotations

from typing import Final

from broker.regime.regime import SEPARATOR, Key

RULEBOOK: Final = "kyoto"
PERIOD: Final = "period"
ASSIGNED_AMOUNT: Final = "assigned_amount"
REMOVAL_ALLOWANCE: Final = "removal_allowance"
ELIGIBILITY: Final = "eligibility"
INVENTORY: Final = "inventory"
COMPLIANCE: Final = "compliance"
PROJECT: Final = "project"
VERIFICATION: Final = "verification"
ISSUANCE_REQUEST: Final = "issuance_request"
FEE_PAYMENT: Final = "fee_payment"
FORWARDING_LETTER: Final = "forwarding_letter"
LOG_NOTICE: Final = "log_notice"
TARGET: Final = "target"
OPENING: Final = "opening"
ARCHIVE_PART: Final = "archive_part"
CLOSING: Final = "closing"
ACTIVITY_MOVE: Final = "activity_move"


def _key(kind: str, *parts: str | int) -> Key:
    return Key(RULEBOOK, kind, SEPARATOR.join(map(str, parts)))


def period(number: int) -> Key:
    """A commitment period."""
    return _key(PERIOD, number)


def assigned_amount(party: str, number: int) -> Key:
    """What a Party may issue for a commitment period."""
    return _key(ASSIGNED_AMOUNT, party, number)


def removal_allowance(party: str, number: int, activity: int) -> Key:
    """How many removal units a Party may issue for a commitment period and an activity."""
    return _key(REMOVAL_ALLOWANCE, party, number, activity)


def eligibility(party: str) -> Key:
    """Whether a Party may take part in the mechanisms."""
    return _key(ELIGIBILITY, party)


def inventory(party: str) -> Key:
    """The last reviewed inventory of a Party."""
    return _key(INVENTORY, party)


def compliance(party: str, number: int) -> Key:
    """Whether compliance of a Party with a commitment period is settled."""
    return _key(COMPLIANCE, party, number)


def project(party: str, number: int) -> Key:
    """A project of a host Party."""
    return _key(PROJECT, party, number)


def verification(party: str, project: int, number: int) -> Key:
    """A verification of a project."""
    return _key(VERIFICATION, f"{party}{project}", number)


def verifications(party: str, project: int) -> Key:
    """All verifications of a project lie under this: under the first part of a name others are found."""
    return _key(VERIFICATION, f"{party}{project}")


def target(party: str, name: str) -> Key:
    """A target of a Party, or one option of it."""
    return _key(TARGET, party, name)


def opening(registry: str) -> Key:
    """What a registry brings along from an archive."""
    return _key(OPENING, registry)


def archive_part(registry: str) -> Key:
    """A part of the trail of a registry's archive; the last one says how far it is on record."""
    return _key(ARCHIVE_PART, registry)


def closing(registry: str) -> Key:
    """That a registry is closed."""
    return _key(CLOSING, registry)


def activity_move(party: str, project: int) -> Key:
    """That an activity moved to the mechanism of Article 6.4."""
    return _key(ACTIVITY_MOVE, party, project)


def issuance_request(party: str, project: int, number: int) -> Key:
    """A request for units of an activity."""
    return _key(ISSUANCE_REQUEST, f"{party}{project}", number)


def issuance_requests(party: str, project: int) -> Key:
    """All of them lie under this."""
    return _key(ISSUANCE_REQUEST, f"{party}{project}")


def fee_payment(party: str, project: int, number: int) -> Key:
    """A payment for an activity."""
    return _key(FEE_PAYMENT, f"{party}{project}", number)


def fee_payments(party: str, project: int) -> Key:
    """All of them lie under this."""
    return _key(FEE_PAYMENT, f"{party}{project}")


def forwarding_letter(taker: str, party: str, project: int) -> Key:
    """The letter by which units of an activity may be forwarded to a Party."""
    return _key(FORWARDING_LETTER, taker, party, project)


def log_notice(number: int) -> Key:
    """A notice of the log; every statement under it counts, the last one not alone."""
    return _key(LOG_NOTICE, number)
