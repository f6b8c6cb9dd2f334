# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From signed payloads to facts. Identifiers a rulebook judges are taken over as they were written.

What cannot even be represented (an unknown enum value, a broken transaction id, too many blocks) is
refused here, before a decision; what is merely wrong is left to the checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from broker.regime.fields import (
    Worded,
    block_fields,
    disjoint,
    in_words_of,
    known,
    short,
    text,
    transaction_fields,
)
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.attributes import (
    Attributes,
    AuthorizationRef,
    Cer,
    Metric,
    MitigationType,
    Underlying,
    UnitType,
)
from broker.rulebook.paris.proposal import (
    Allotment,
    AllotmentPurpose,
    ParisProposed,
    ParisProposedBlock,
)
from broker.rulebook.paris.purposes import FirstTransferDefinition, Purpose
from broker.rulebook.paris.years import YearSpan
from itmo import limits
from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.identifiers import (
    parse_cooperative_approach_id,
)
from itmo.paris.v1 import attributes_pb2, authorization_pb2, terms_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.vintage import FIRST_VINTAGE

_KEPT: Final = 4_096
"""Attributes kept: many blocks of one activity are issued with the same ones."""
TRANSACTION_TYPES: Final[Mapping[int, TransactionType]] = {
    proposal_pb2.TRANSACTION_TYPE_ISSUANCE: TransactionType.ISSUANCE,
    proposal_pb2.TRANSACTION_TYPE_TRANSFER: TransactionType.TRANSFER,
    proposal_pb2.TRANSACTION_TYPE_USE: TransactionType.USE,
    proposal_pb2.TRANSACTION_TYPE_CANCELLATION: TransactionType.CANCELLATION,
    proposal_pb2.TRANSACTION_TYPE_REVERSAL: TransactionType.REVERSAL,
}
UNIT_TYPES: Final[Mapping[int, UnitType | None]] = {
    attributes_pb2.UNIT_TYPE_UNSPECIFIED: None,
    attributes_pb2.UNIT_TYPE_ITMO: UnitType.ITMO,
    attributes_pb2.UNIT_TYPE_UNAUTHORIZED_A64ER: UnitType.UNAUTHORIZED_A64ER,
    attributes_pb2.UNIT_TYPE_MITIGATION_OUTCOME: UnitType.MITIGATION_OUTCOME,
    attributes_pb2.UNIT_TYPE_AMO: UnitType.AMO,
    attributes_pb2.UNIT_TYPE_CER: UnitType.CER,
    attributes_pb2.UNIT_TYPE_MCU: UnitType.MCU,
}
ALLOTMENT_PURPOSES: Final[Mapping[int, AllotmentPurpose]] = {
    terms_pb2.ALLOTMENT_PURPOSE_SHARE_OF_PROCEEDS: AllotmentPurpose.SHARE_OF_PROCEEDS,
    terms_pb2.ALLOTMENT_PURPOSE_OMGE: AllotmentPurpose.OMGE,
}
METRICS: Final[Mapping[int, Metric | None]] = {
    attributes_pb2.METRIC_UNSPECIFIED: None,
    attributes_pb2.METRIC_GHG: Metric.GHG,
    attributes_pb2.METRIC_NON_GHG: Metric.NON_GHG,
}
MITIGATION_TYPES: Final[Mapping[int, MitigationType | None]] = {
    attributes_pb2.MITIGATION_TYPE_UNSPECIFIED: None,
    attributes_pb2.MITIGATION_TYPE_EMISSION_REDUCTIONS: MitigationType.EMISSION_REDUCTIONS,
    attributes_pb2.MITIGATION_TYPE_REMOVALS: MitigationType.REMOVALS,
    attributes_pb2.MITIGATION_TYPE_EMISSION_REDUCTIONS_AND_REMOVALS: (
        MitigationType.EMISSION_REDUCTIONS_AND_REMOVALS
    ),
}
PURPOSES: Final[Mapping[int, Purpose]] = {
    authorization_pb2.PURPOSE_NDC: Purpose.NDC,
    authorization_pb2.PURPOSE_IMP: Purpose.IMP,
    authorization_pb2.PURPOSE_OP: Purpose.OP,
}
DEFINITIONS: Final[Mapping[int, FirstTransferDefinition | None]] = {
    authorization_pb2.FIRST_TRANSFER_DEFINITION_UNSPECIFIED: None,
    authorization_pb2.FIRST_TRANSFER_DEFINITION_AUTHORIZATION: FirstTransferDefinition.AUTHORIZATION,
    authorization_pb2.FIRST_TRANSFER_DEFINITION_ISSUANCE: FirstTransferDefinition.ISSUANCE,
    authorization_pb2.FIRST_TRANSFER_DEFINITION_USE_OR_CANCELLATION: (
        FirstTransferDefinition.USE_OR_CANCELLATION
    ),
}
_LAST_YEAR: Final = 9999


def proposed(written: proposal_pb2.ProposedTransaction, where: str) -> ParisProposed:
    """Reads a proposed transaction.

    Raises:
        ProtocolError: PAYLOAD_INVALID, IDENTIFIER_INVALID or TOO_MANY_BLOCKS.
    """
    stated = transaction_fields(written, where, TRANSACTION_TYPES)
    terms = of_paris(written.terms, f"{where}.terms").paris
    where_terms = f"{where}.terms.paris"
    disjoint((("", a.first, a.last) for a in terms.allotments), f"{where_terms}.allotments")
    return ParisProposed(
        **stated,
        blocks=tuple(_block(b, f"{where}.blocks[{i}]") for i, b in enumerate(written.blocks)),
        first_transfer=terms.first_transfer if terms.HasField("first_transfer") else None,
        year_of_use=terms.year_of_use or None,
        purpose=text(terms.purpose, f"{where_terms}.purpose"),
        entity=short(terms.entity, f"{where_terms}.entity"),
        allotments=_allotments(terms, f"{where_terms}.allotments"),
    )


def _allotments(terms: terms_pb2.TransactionTerms, where: str) -> tuple[Allotment, ...]:
    if len(terms.allotments) > limits.MAX_BLOCKS_PER_PROPOSAL:
        raise ProtocolError(
            Reason.TOO_MANY_BLOCKS,
            f"{where} has {len(terms.allotments)} entries; at most"
            f" {limits.MAX_BLOCKS_PER_PROPOSAL} are taken",
            found=len(terms.allotments),
            limit=limits.MAX_BLOCKS_PER_PROPOSAL,
        )
    return tuple(
        Allotment(
            purpose=known(ALLOTMENT_PURPOSES, each.purpose, f"{where}[{place}].purpose"),
            account=short(each.account, f"{where}[{place}].account"),
            first=each.first,
            last=each.last,
        )
        for place, each in enumerate(terms.allotments)
    )


def _unit_id(written: str, where: str) -> str:
    return short(written, where, limits.MAX_UNIT_ID)


def _block(written: units_pb2.UnitBlock, where: str) -> ParisProposedBlock:
    return ParisProposedBlock(
        **block_fields(written, where),
        attributes=attributes(
            of_paris(written.attributes, f"{where}.attributes").paris, f"{where}.attributes.paris"
        )
        if written.HasField("attributes")
        else None,
    )


@lru_cache(maxsize=_KEPT)
def stated_attributes(issued: bytes) -> Attributes:
    """What was stated of a block when it was issued, as it is stored."""
    return attributes(attributes_pb2.UnitAttributes.FromString(issued), "attributes")


def of_paris(written: Worded, where: str) -> Worded:
    """What is stated under the Paris Agreement; raises as `in_words_of`."""
    return in_words_of("paris", written, where)


def attributes(written: attributes_pb2.UnitAttributes, where: str) -> Attributes:
    """Reads the attributes of a block.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    return Attributes(
        unit_type=known(UNIT_TYPES, written.unit_type, f"{where}.unit_type"),
        cooperative_approach=canonical_approach(
            short(written.cooperative_approach, f"{where}.cooperative_approach")
        ),
        first_transferring_party=short(
            written.first_transferring_party, f"{where}.first_transferring_party"
        ),
        vintage=written.vintage,
        authorization=AuthorizationRef(
            short(written.authorization.id, f"{where}.authorization.id"),
            written.authorization.version,
        )
        if written.HasField("authorization")
        else None,
        metric=known(METRICS, written.metric, f"{where}.metric"),
        non_ghg_metric=short(written.non_ghg_metric, f"{where}.non_ghg_metric"),
        mitigation_type=known(
            MITIGATION_TYPES, written.mitigation_type, f"{where}.mitigation_type"
        ),
        sector=short(written.sector, f"{where}.sector"),
        activity_type=short(written.activity_type, f"{where}.activity_type"),
        underlying=Underlying(
            short(written.underlying.registry, f"{where}.underlying.registry"),
            _unit_id(written.underlying.first_unit_id, f"{where}.underlying.first_unit_id"),
            _unit_id(written.underlying.last_unit_id, f"{where}.underlying.last_unit_id"),
        )
        if written.HasField("underlying")
        else None,
        cer=Cer(
            _unit_id(written.cer.kyoto_serial, f"{where}.cer.kyoto_serial"),
            short(written.cer.project_registration_date, f"{where}.cer.registration"),
            written.cer.temporary,
        )
        if written.HasField("cer")
        else None,
        activity=short(written.activity, f"{where}.activity"),
        outside_ndc_scope=written.outside_ndc_scope,
    )


def canonical_approach(text: str) -> str:
    """Four- and six-digit forms are equal (ID_CA_ALIAS); a broken one is left for ID_FORMAT."""
    try:
        return parse_cooperative_approach_id(text, "cooperative_approach")
    except ProtocolError:
        return text


def years(written: terms_pb2.YearSpan, where: str) -> YearSpan:
    """Reads a span of calendar years.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    if not FIRST_VINTAGE <= written.first <= written.last <= _LAST_YEAR:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{where} is {written.first} to {written.last}; years run from {FIRST_VINTAGE} to"
            f" {_LAST_YEAR}, the first not after the last",
            where=where,
        )
    return YearSpan(written.first, written.last)
