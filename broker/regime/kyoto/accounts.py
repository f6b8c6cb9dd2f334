# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What an account was opened for under Kyoto, in the one form in which it is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from broker.regime.fields import in_words_of
from broker.regime.refusals import NoEffect
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.kyoto.account_types import (
    ACCOUNT_TYPES,
    KEPT_BY,
    TYPE_OF_ROLE,
    AccountRole,
    KyotoAccount,
)
from broker.rulebook.kyoto.cdm import of_cdm
from broker.rulebook.kyoto.tables import KeptBy
from itmo.clearing.v1 import directory_service_pb2
from itmo.core.v1 import statements_pb2
from itmo.kyoto.v1 import terms_pb2
from itmo.parties import CDM_REGISTRY
from itmo.reasons import Reason

ROLES: Final[Mapping[terms_pb2.AccountRole.ValueType, AccountRole]] = {
    terms_pb2.ACCOUNT_ROLE_ADAPTATION_FUND: AccountRole.ADAPTATION_FUND
}
_NUMBER_OF: Final = {role: number for number, role in ROLES.items()}
_KEPT: Final = 4_096
"""Accounts kept as read."""


def account_terms(written: statements_pb2.AccountStatement, registry: RegistryFacts) -> str:
    """What is kept of a statement besides account, registry and type: canonical JSON.

    Raises:
        NoEffect, ProtocolError: in the words of another rulebook, or a commitment period where the
            type has none, or none where it has one, or a type or role that is not of such a
            registry.
    """
    kept = KEPT_BY[written.account_type]
    if kept not in {KeptBy.ANY, KeptBy.CDM if registry.party == CDM_REGISTRY else KeptBy.NATIONAL}:
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            f"account_type {written.account_type}: such accounts are in"
            f" {'the CDM registry' if kept is KeptBy.CDM else 'national registries'} alone",
        )
    said = in_words_of("kyoto", written.terms, "terms").kyoto
    period, role = said.period, _role(said, written.account_type, registry)
    if ACCOUNT_TYPES[written.account_type].final != bool(period):
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            "terms.kyoto.period: accounts of cancellation and retirement are for a commitment period,"
            " and no others are",
        )
    if written.entity:
        raise NoEffect(Reason.PAYLOAD_INVALID, "entity: accounts of this rulebook name none")
    said_of = {"period": period, "role": role}
    stated = {name: value for name, value in said_of.items() if value}
    return json.dumps(stated, separators=(",", ":"), sort_keys=True)


@lru_cache(maxsize=_KEPT)
def kyoto_account(account: AccountFacts) -> KyotoAccount:
    """An account as the rulebook has it."""
    terms = json.loads(account.terms)
    return KyotoAccount(
        account_id=account.account_id,
        registry=account.registry,
        account_type=account.account_type,
        final=account.final,
        listed=account.listed,
        closed=account.closed,
        rulebook=account.rulebook,
        terms=account.terms,
        period=terms.get("period", 0),
        role=AccountRole(terms["role"]) if "role" in terms else None,
    )


def show_account(account: AccountFacts, shown: directory_service_pb2.Account, *, own: bool) -> None:
    """Writes what is kept of an account into what its own node is shown, or others are.

    Everybody is shown which one is the Adaptation Fund's: shares of proceeds go there.
    """
    known = kyoto_account(account)
    if known.period and own:
        shown.terms.kyoto.period = known.period
    if known.role is not None:
        shown.terms.kyoto.role = _NUMBER_OF[known.role]


def _role(
    terms: terms_pb2.AccountTerms, account_type: int, registry: RegistryFacts
) -> AccountRole | None:
    if not terms.role:
        return None
    role = ROLES.get(terms.role)
    if role is None or not of_cdm(registry):
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            "terms.kyoto.role: the Adaptation Fund's account in the registry of the clean development"
            " mechanism has a role, and no other has",
        )
    if account_type != TYPE_OF_ROLE[role]:
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            f"an account of role {role} has type {TYPE_OF_ROLE[role]}, not {account_type}",
        )
    return role
