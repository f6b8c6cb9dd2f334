# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who answers an offer: this program at once, or a person. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """Whether this program may answer at all."""

    MANUAL = "MANUAL"
    AUTOMATIC = "AUTOMATIC"


class Ruling(StrEnum):
    """What to do with an offer."""

    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    ASK = "ASK"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptancePolicy:
    """What may be accepted without a person.

    Attributes:
        mode: MANUAL asks a person about everything.
        trusted_registries: Registries whose transfers may be accepted without a person.
        maximum_quantity: Largest such transfer in units; None: no limit.
    """

    mode: Mode = Mode.MANUAL
    trusted_registries: frozenset[str] = frozenset()
    maximum_quantity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the policy looks at.

    Attributes:
        from_registry: Where the units come from.
        quantity: Number of units.
        to_account: The account they are meant for.
        to_account_open: Whether that is an open account of this node.
        warnings: Ids of checks that did not pass and do not invalidate.
    """

    from_registry: str
    quantity: int
    to_account: str
    to_account_open: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with an offer, and why; the reason of a rejection goes to the proposer."""

    ruling: Ruling
    because: str


def decide(policy: AcceptancePolicy, offer: Offer) -> Decision:
    """Decides on an offer; whatever is unusual goes to a person, first match wins."""
    if policy.mode is Mode.MANUAL:
        return Decision(Ruling.ASK, "every offer is put to a person")
    if not offer.to_account_open:
        return Decision(Ruling.REJECT, f"account {offer.to_account!a} is not open here")
    if offer.from_registry not in policy.trusted_registries:
        return Decision(Ruling.ASK, f"{offer.from_registry} is no trusted registry")
    if policy.maximum_quantity is not None and offer.quantity > policy.maximum_quantity:
        return Decision(
            Ruling.ASK, f"{offer.quantity} units are more than {policy.maximum_quantity}"
        )
    if offer.warnings:
        return Decision(Ruling.ASK, f"the verdict warns: {', '.join(offer.warnings)}")
    return Decision(Ruling.ACCEPT, "a trusted registry, within the limit, no warning")
