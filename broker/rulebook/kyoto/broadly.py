# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is broadly alike in transactions: forms, not names, and nothing that is there in one of them only.

Of accounts it has the type and the period, not which they are; of units what they are, not their
serials. A check that asks for what is left out, or for what is counted, looks at each.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from broker.rulebook.general.message import MessageFacts
from broker.rulebook.general.outline import Sketch, SomeMoment, SomeSerials
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.account_types import KyotoAccount
from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.case import KyotoBlock, KyotoCase, KyotoSegment
from broker.rulebook.kyoto.proposal import KyotoProposed, KyotoProposedBlock
from itmo.serials import SerialRange

MAX_PIECES: Final = 16
"""Pieces of a transaction of which a kind is made: with more of them each check takes its time anyway."""

CASE: Final = Sketch(
    KyotoCase,
    ("transaction_known", "from_registry", "to_registry"),
    ("reversed", "named_accounts", "maintenance", "ended"),
)
STATED: Final = (
    *("periods", "assigned", "allowances", "eligible", "inventories", "compliance", "projects"),
    *("verifications", "requests", "payments", "letters", "notices", "moves", "openings"),
    "closings",
)
"""Fields of the case that have what was stated."""
MESSAGE: Final = Sketch(MessageFacts, ("sender_node", "sender_registries"))
PROPOSED: Final = Sketch(
    KyotoProposed,
    (
        "type",
        "from_registry",
        "to_registry",
        "rulebook",
        "project",
        "track",
        "period",
        "expiry",
        "supplementary_type",
        "log_notice",
        "activity",
        "corrective",
        "opening",
        "had_left",
        "were_replaced",
    ),
    (
        "deadline",
        "reverses",
        "notice_id",
        "begins",
        "purpose",
        "beneficiary",
        "share",
        "reissued_in",
        "monitored",
    ),
)
ACCOUNT: Final = Sketch(
    KyotoAccount,
    ("registry", "account_type", "closed", "final", "listed", "rulebook", "period", "role"),
)
BLOCK: Final = Sketch(KyotoBlock, (), ("issued_before", "waiting", "bound", "disputed"))
PROPOSED_BLOCK: Final = Sketch(
    KyotoProposedBlock, ("registry", "role"), ("declared_quantity", "attributes")
)
ATTRIBUTES: Final = Sketch(
    KyotoAttributes,
    (
        "unit_type",
        "original_period",
        "applicable_period",
        "activity",
        "project",
        "track",
        "expiry",
        "transferred",
        "for_share",
    ),
    ("changed_by", "replaced_by"),
)
SEGMENT: Final = Sketch(KyotoSegment, ("registry", "account_type"), ("locked_by",))


def key_of(case: KyotoCase) -> Hashable | None:
    """By what a transaction is broadly like others; None where it is like no other.

    What was stated is not in it: whoever compares keys has to know that it is the same.
    """
    pieces = [each for block in case.blocks for each in block.segments]
    if not 0 < len(case.blocks) <= MAX_PIECES or len(pieces) > MAX_PIECES:
        return None
    if case.ended or any(block.proposed.range is None for block in case.blocks):
        return None
    giving, taking = case.from_account, case.to_account
    issues = case.proposed.type is TransactionType.ISSUANCE
    places: dict[tuple[str, SerialRange | None], int] = {}
    return (
        case.now.date(),
        CASE.key(case),
        MESSAGE.key(case.message),
        PROPOSED.key(case.proposed),
        None if giving is None else ACCOUNT.key(giving),
        None if taking is None else ACCOUNT.key(taking),
        tuple([_block_key(each, places, issues=issues) for each in case.blocks]),
    )


def _block_key(
    block: KyotoBlock, places: dict[tuple[str, SerialRange | None], int], *, issues: bool
) -> Hashable:
    named, stated = block.proposed, block.proposed.attributes
    return (
        BLOCK.key(block),
        PROPOSED_BLOCK.key(named),
        places.setdefault((named.registry, named.range), len(places)),
        ATTRIBUTES.key(stated) if issues and stated is not None else None,
        tuple(
            [
                (
                    SEGMENT.key(each),
                    ATTRIBUTES.key(each.attributes),
                    places.setdefault((each.registry, each.range), len(places)),
                )
                for each in block.segments
            ]
        ),
    )


def outline_of(case: KyotoCase) -> KyotoCase:
    """What a case shares with others that have the same key, where the same was stated."""
    serials: dict[tuple[str, SerialRange | None], SomeSerials] = {}
    issues = case.proposed.type is TransactionType.ISSUANCE
    blocks = tuple([_block(each, serials, issues=issues) for each in case.blocks])
    giving, taking = case.from_account, case.to_account
    return CASE.outline(
        case,
        now=SomeMoment(case.now.date()),
        message=MESSAGE.outline(case.message),
        proposed=PROPOSED.outline(case.proposed, blocks=tuple([each.proposed for each in blocks])),
        from_account=None if giving is None else ACCOUNT.outline(giving),
        to_account=None if taking is None else ACCOUNT.outline(taking),
        blocks=blocks,
        **{name: getattr(case, name) for name in STATED},
    )


def _block(
    block: KyotoBlock, serials: dict[tuple[str, SerialRange | None], SomeSerials], *, issues: bool
) -> KyotoBlock:
    named, stated = block.proposed, block.proposed.attributes
    known: dict[str, object] = {
        "range": serials.setdefault((named.registry, named.range), SomeSerials())
    }
    if issues and stated is not None:
        known["attributes"] = ATTRIBUTES.outline(stated)
    return BLOCK.outline(
        block,
        proposed=PROPOSED_BLOCK.outline(named, **known),
        segments=tuple(
            [
                SEGMENT.outline(
                    each,
                    range=serials.setdefault((each.registry, each.range), SomeSerials()),
                    attributes=ATTRIBUTES.outline(each.attributes),
                )
                for each in block.segments
            ]
        ),
    )
