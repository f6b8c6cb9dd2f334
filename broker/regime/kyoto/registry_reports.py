# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What reports of registries state of Kyoto units."""

from __future__ import annotations

from broker.regime.fields import in_words_of
from broker.regime.kyoto import reading
from broker.regime.regime import Reported
from broker.rulebook.general.reported import ReportedActionType
from broker.rulebook.kyoto.account_types import ACCOUNT_TYPES
from itmo.core.v1 import sharing_pb2
from itmo.reasons import ProtocolError, Reason


def reported(
    written: sharing_pb2.ReportedHolding | sharing_pb2.ReportedAction,
    kind: ReportedActionType | None,
    where: str,
) -> Reported:
    """See `Regime.reported`."""
    left = kind is ReportedActionType.TRANSFER
    if written.account_type not in ([0] if left else ACCOUNT_TYPES):
        raise _invalid(f"{where}.account_type", "0 of units that left, else a type of account")
    if written.marks:
        raise _invalid(f"{where}.marks", "none under this rulebook")
    place = f"{where}.block.attributes"
    signed = in_words_of("kyoto", written.block.attributes, place).kyoto
    reading.attributes(signed, written.block.registry, f"{place}.kyoto")
    return Reported(attributes=signed.SerializeToString(deterministic=True))


def _invalid(where: str, expected: str) -> ProtocolError:
    return ProtocolError(
        Reason.PAYLOAD_INVALID, f"{where}: expected {expected}", where=where, expected=expected
    )
