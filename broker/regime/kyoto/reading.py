# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From signed payloads to facts of Kyoto, and back: what units are, as it travels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Final, cast

from broker.regime.fields import (
    TransactionFields,
    block_fields,
    day,
    in_words_of,
    known,
    short,
    text,
    transaction_fields,
)
from broker.rulebook.general.proposal import TransactionType, serials_of
from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.codes import Track, UnitType
from broker.rulebook.kyoto.effects.of_transaction import TRANSACTION_TYPES as OWN_TYPES
from broker.rulebook.kyoto.proposal import KyotoProposed, KyotoProposedBlock, Share
from broker.rulebook.kyoto.tables import ACTIVITIES
from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.kyoto.v1 import attributes_pb2, terms_pb2
from itmo.reasons import ProtocolError, Reason

TRANSACTION_TYPES: Final[Mapping[int, TransactionType]] = {
    proposal_pb2.TransactionType.Value(f"TRANSACTION_TYPE_{each.value}"): each for each in OWN_TYPES
}
UNIT_TYPES: Final[Mapping[int, UnitType | None]] = {
    0: None,
    **{each.value: each for each in UnitType},
}
_ACTIVITIES: Final[Mapping[int, int]] = {code: code for code in (0, *ACTIVITIES)}
TRACKS: Final[Mapping[int, Track | None]] = {0: None, **{each.value: each for each in Track}}
_PROJECT: Final = re.compile(r"([A-Z]{3})([1-9][0-9]{0,6})")
_HOST: Final = 3
"""Letters of a Party's code, with which the code of a registry begins."""
_KEPT: Final = 4_096
"""Attributes kept: many blocks are issued with the same ones."""
_BECOME: Final[Mapping[TransactionType, frozenset[str]]] = {
    TransactionType.CONVERSION: frozenset({"project", "track"}),
    TransactionType.CARRY_OVER: frozenset({"applicable_period"}),
    TransactionType.EXPIRY_DATE_CHANGE: frozenset({"expiry_date"}),
}
"""What a transaction states that its units become; the rest follows from what they were."""
_NAMING: Final = frozenset({TransactionType.REPLACEMENT})
"""What names units besides those that act."""


_ONLY_IN: Final[Mapping[str, TransactionType]] = {
    "share": TransactionType.ISSUANCE,
    "purpose": TransactionType.CANCELLATION,
    "beneficiary": TransactionType.CANCELLATION,
    "reissued_in": TransactionType.CANCELLATION,
    "opening": TransactionType.ISSUANCE,
    "had_left": TransactionType.ISSUANCE,
    "were_replaced": TransactionType.ISSUANCE,
    "monitored_from": TransactionType.ISSUANCE,
    "monitored_to": TransactionType.ISSUANCE,
}
"""Terms of one type of transaction."""
_UNCORRECTED: Final = frozenset({TransactionType.CARRY_OVER, TransactionType.EXPIRY_DATE_CHANGE})
"""What no table of corrections has a row for."""
_OF_AN_OPENING: Final = frozenset({"had_left", "were_replaced"})
_OF_OTHERS: Final = ("reverses", "notice_id")
"""What transactions of other rulebooks state."""


def proposed(written: proposal_pb2.ProposedTransaction, where: str) -> KyotoProposed:
    """Reads a proposed transaction.

    Raises:
        ProtocolError: PAYLOAD_INVALID, IDENTIFIER_INVALID or TOO_MANY_BLOCKS.
    """
    stated = transaction_fields(written, where, TRANSACTION_TYPES)
    for field in _OF_OTHERS:
        if getattr(written, field):
            raise ProtocolError(
                Reason.PAYLOAD_INVALID,
                f"{where}.{field} is stated; no transaction of this rulebook has one: leave it out",
                where=f"{where}.{field}",
            )
    terms = in_words_of("kyoto", written.terms, f"{where}.terms").kyoto
    place = f"{where}.terms.kyoto"
    _refuse_terms_of_others(stated["type"], terms, place)
    become = terms.become
    return KyotoProposed(
        **stated,
        blocks=tuple(
            _marked(
                _block(each, f"{where}.blocks[{number}]", names=stated["type"] in _NAMING),
                stated,
                terms,
            )
            for number, each in enumerate(written.blocks)
        ),
        project=_project(become.project, stated["from_registry"], f"{place}.become.project"),
        track=known(TRACKS, become.track, f"{place}.become.track"),
        period=become.applicable_period,
        expiry=day(become.expiry_date, f"{place}.become.expiry_date")
        if become.expiry_date
        else None,
        supplementary_type=terms.supplementary_type,
        log_notice=terms.log_notice,
        activity=terms.net_source_activity,
        corrective=terms.corrective,
        purpose=text(terms.purpose, f"{place}.purpose"),
        beneficiary=text(terms.beneficiary, f"{place}.beneficiary"),
        share=_share(terms),
        reissued_in=text(terms.reissued_in, f"{place}.reissued_in"),
        opening=terms.opening.hex(),
        had_left=terms.had_left,
        were_replaced=terms.were_replaced,
        monitored=_monitored(terms, place),
    )


def _refuse_terms_of_others(
    kind: TransactionType, terms: terms_pb2.TransactionTerms, place: str
) -> None:
    """Refuses what a transaction of a type does not state."""
    allowed = _BECOME.get(kind, frozenset())
    told = {field.name for field, _ in terms.become.ListFields()}
    if not told <= allowed:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{place}.become has {', '.join(sorted(told))}; a transaction of type {kind}"
            f" states {' and '.join(sorted(allowed)) or 'nothing'} there",
            where=f"{place}.become",
        )
    told = {field.name for field, _ in terms.ListFields()}
    if told & _OF_AN_OPENING and not terms.opening:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{place}.opening is empty; only units of an archive {' and '.join(sorted(_OF_AN_OPENING))}",
            where=f"{place}.opening",
        )
    for field in sorted(told & _ONLY_IN.keys()):
        if kind is not _ONLY_IN[field]:
            raise ProtocolError(
                Reason.PAYLOAD_INVALID,
                f"{place}.{field}: only a transaction of type {_ONLY_IN[field]} states it; this one is"
                f" a {kind}",
                where=f"{place}.{field}",
            )
    if terms.corrective and kind in _UNCORRECTED:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{place}.corrective: a {kind} corrects nothing that a report shows: leave it out",
            where=f"{place}.corrective",
        )


def _marked(
    block: KyotoProposedBlock, stated: TransactionFields, terms: terms_pb2.TransactionTerms
) -> KyotoProposedBlock:
    """A block of an archive with what became of its units before: of others there is nothing to tell."""
    if not terms.opening or block.attributes is None:
        return block
    # Units that another Party numbered have left that Party, or they would not be here.
    foreign = block.registry[:_HOST] != stated["to_registry"][:_HOST]
    return replace(
        block,
        attributes=replace(
            block.attributes,
            transferred=terms.had_left or foreign,
            replaced_by=stated["transaction_id"] if terms.were_replaced else "",
        ),
    )


def _monitored(terms: terms_pb2.TransactionTerms, where: str) -> tuple[date, date] | None:
    if not (terms.monitored_from or terms.monitored_to):
        return None
    said = (
        day(terms.monitored_from, f"{where}.monitored_from"),
        day(terms.monitored_to, f"{where}.monitored_to"),
    )
    if said[0] > said[1]:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{where}.monitored_to: expected a day not before monitored_from",
            where=f"{where}.monitored_to",
        )
    return said


def _share(terms: terms_pb2.TransactionTerms) -> Share | None:
    if not terms.HasField("share"):
        return None
    return Share(terms.share.account, serials_of(terms.share.first, terms.share.last))


def _block(written: units_pb2.UnitBlock, where: str, *, names: bool) -> KyotoProposedBlock:
    said = in_words_of("kyoto", written.attributes, f"{where}.attributes").kyoto
    return KyotoProposedBlock(
        **block_fields(written, where, names=names),
        attributes=attributes(said, written.registry, f"{where}.attributes.kyoto")
        if written.HasField("attributes")
        else None,
    )


def attributes(
    written: attributes_pb2.UnitAttributes, registry: str, where: str
) -> KyotoAttributes:
    """Reads what is stated of units that a registry issues.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    return KyotoAttributes(
        unit_type=known(UNIT_TYPES, written.unit_type, f"{where}.unit_type"),
        original_period=written.original_period,
        applicable_period=written.applicable_period,
        activity=known(_ACTIVITIES, written.lulucf_activity, f"{where}.lulucf_activity"),
        project=_project(written.project, registry, f"{where}.project"),
        track=known(TRACKS, written.track, f"{where}.track"),
        expiry=day(written.expiry_date, f"{where}.expiry_date") if written.expiry_date else None,
    )


@lru_cache(maxsize=_KEPT)
def issued_attributes(issued: bytes, registry: str) -> KyotoAttributes:
    """What was stated of a block when it was issued, as it is stored."""
    written = attributes_pb2.UnitAttributes.FromString(issued)
    return attributes(written, registry, "attributes")


def written_attributes(units: KyotoAttributes, registry: str) -> attributes_pb2.UnitAttributes:
    """What units of a registry are, as it travels."""
    return attributes_pb2.UnitAttributes(
        unit_type=cast("attributes_pb2.UnitType.ValueType", units.unit_type or 0),
        original_period=units.original_period,
        applicable_period=units.applicable_period,
        lulucf_activity=cast("attributes_pb2.LulucfActivity.ValueType", units.activity),
        project=f"{registry[:_HOST]}{units.project}" if units.project else "",
        track=cast("attributes_pb2.Track.ValueType", units.track or 0),
        expiry_date=units.expiry.isoformat() if units.expiry else "",
    )


def host_and_number(text: str, where: str) -> tuple[str, int]:
    """Host Party and number of a project.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    parts = _PROJECT.fullmatch(short(text, where))
    if parts is None:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{where} is {text[:20]!a}; write the code of the host Party and the number, such as"
            " UKR1000022",
            where=where,
        )
    return parts[1], int(parts[2])


def _project(text: str, registry: str, where: str) -> int:
    """The number of a project of the Party whose registry it is; 0 where none is named."""
    if not text:
        return 0
    host, number = host_and_number(text, where)
    if host != registry[:_HOST]:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{where} is of {host}; units of registry {registry[:10]!a} are of its projects alone",
            where=where,
        )
    return number
