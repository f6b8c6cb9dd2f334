# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What an account was opened for under Kyoto, in the one form in which it is kept."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final

from broker.regime.fields import in_words_of
from broker.regime.refusals import NoEffect
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.kyoto.account_types import ACCOUNT_TYPES, KEPT_BY, KyotoAccount
from broker.rulebook.kyoto.tables import KeptBy
from itmo.core.v1 import statements_pb2
from itmo.parties import CDM_REGISTRY
from itmo.reasons import Reason

_KEPT: Final = 4_096
"""Accounts kept as read."""


def account_terms(written: statements_pb2.AccountStatement, registry: RegistryFacts) -> str:
    """What is kept of a statement besides account, registry and type: canonical JSON.

    Raises:
        NoEffect, ProtocolError: in the words of another rulebook, or a commitment period where the
            type has none, or none where it has one, or a type that is not of such a registry.
    """
    kept = KEPT_BY[written.account_type]
    if kept not in {KeptBy.ANY, KeptBy.CDM if registry.party == CDM_REGISTRY else KeptBy.NATIONAL}:
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            f"account_type {written.account_type}: such accounts are in"
            f" {'the CDM registry' if kept is KeptBy.CDM else 'national registries'} alone",
        )
    period = in_words_of("kyoto", written.terms, "terms").kyoto.period
    if ACCOUNT_TYPES[written.account_type].final != bool(period):
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            "terms.kyoto.period: accounts of cancellation and retirement are for a commitment period,"
            " and no others are",
        )
    if written.entity:
        raise NoEffect(Reason.PAYLOAD_INVALID, "entity: accounts of this rulebook name none")
    return json.dumps({"period": period} if period else {}, separators=(",", ":"))


@lru_cache(maxsize=_KEPT)
def kyoto_account(account: AccountFacts) -> KyotoAccount:
    """An account as the rulebook has it."""
    return KyotoAccount(
        account_id=account.account_id,
        registry=account.registry,
        account_type=account.account_type,
        final=account.final,
        listed=account.listed,
        closed=account.closed,
        rulebook=account.rulebook,
        terms=account.terms,
        period=json.loads(account.terms).get("period", 0),
    )
