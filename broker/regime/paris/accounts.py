# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What an account was opened for under Paris, in the one form in which it is kept."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final

from broker.regime.paris.reading import of_paris, years
from broker.regime.refusals import NoEffect
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.paris.account_types import AccountType
from broker.rulebook.paris.accounts import AccountRole, ParisAccount
from broker.rulebook.paris.years import YearSpan
from itmo.core.v1 import statements_pb2
from itmo.identifiers import PartyCode, parse_entity_id, parse_free_text, parse_party_code
from itmo.paris.v1 import terms_pb2
from itmo.parties import MECHANISM_REGISTRY
from itmo.reasons import Reason

ROLES: Final = {
    terms_pb2.ACCOUNT_ROLE_PENDING: AccountRole.PENDING,
    terms_pb2.ACCOUNT_ROLE_ADAPTATION_FUND: AccountRole.ADAPTATION_FUND,
    terms_pb2.ACCOUNT_ROLE_MANDATORY_OMGE: AccountRole.MANDATORY_OMGE,
}
TYPE_OF_ROLE: Final = {
    AccountRole.PENDING: AccountType.HOLDING,
    AccountRole.ADAPTATION_FUND: AccountType.HOLDING,
    AccountRole.MANDATORY_OMGE: AccountType.CANCELLATION_OMGE_VOLUNTARY,
}
"""Common nomenclatures item 52 has no number of its own for mandatory cancellation."""
_KEPT: Final = 4_096
"""Accounts kept as read."""


def account_terms(written: statements_pb2.AccountStatement, registry: RegistryFacts) -> str:
    """What is kept of a statement besides account, registry and type: canonical JSON.

    Raises:
        NoEffect, ProtocolError: malformed, or not for an account of this type or registry.
    """
    said = of_paris(written.terms, "terms").paris
    period = years(said.ndc_period, "ndc_period") if said.HasField("ndc_period") else None
    if written.account_type == AccountType.USE_NDC.value and period is None:
        raise NoEffect("ACC_NDC_PERIOD_SET", "an account of type 200 states its NDC period")
    terms = {
        "ndc_first": period.first if period else None,
        "ndc_last": period.last if period else None,
        "non_ghg_metric": parse_free_text(said.non_ghg_metric, "non_ghg_metric"),
        "entity": parse_entity_id(written.entity, "entity") if written.entity else "",
        "role": _role(said, written.account_type, registry),
        "party": _tied_to(said, registry),
    }
    stated = {name: value for name, value in terms.items() if value}
    return json.dumps(stated, separators=(",", ":"), sort_keys=True)


@lru_cache(maxsize=_KEPT)
def paris_account(account: AccountFacts) -> ParisAccount:
    """An account as the rulebook has it."""
    terms = json.loads(account.terms)
    role, party = terms.get("role"), terms.get("party")
    return ParisAccount(
        account_id=account.account_id,
        registry=account.registry,
        account_type=account.account_type,
        final=account.final,
        listed=account.listed,
        closed=account.closed,
        rulebook=account.rulebook,
        terms=account.terms,
        ndc_period=YearSpan(terms["ndc_first"], terms["ndc_last"])
        if "ndc_first" in terms
        else None,
        non_ghg_metric=terms.get("non_ghg_metric", ""),
        entity=terms.get("entity", ""),
        role=AccountRole(role) if role else None,
        party=PartyCode(party) if party else None,
    )


def _role(
    terms: terms_pb2.AccountTerms, account_type: int, registry: RegistryFacts
) -> AccountRole | None:
    """What an account of the mechanism registry is for (7/CMA.4 annex I paras 32-33)."""
    if not terms.role:
        return None
    role = ROLES.get(terms.role)
    if role is None or registry.party != MECHANISM_REGISTRY:
        raise NoEffect(
            Reason.PAYLOAD_INVALID, "only accounts of the mechanism registry have a role"
        )
    if account_type != TYPE_OF_ROLE[role].value:
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            f"an account of role {role} has type {TYPE_OF_ROLE[role].value}, not {account_type}",
        )
    if terms.party:
        raise NoEffect(Reason.PAYLOAD_INVALID, f"an account of role {role} is tied to no Party")
    return role


def _tied_to(terms: terms_pb2.AccountTerms, registry: RegistryFacts) -> PartyCode | None:
    """The Party whose account it is in the mechanism registry; elsewhere the registry says that."""
    if not terms.party:
        return None
    if registry.party != MECHANISM_REGISTRY or terms.party == MECHANISM_REGISTRY:
        raise NoEffect(
            Reason.PAYLOAD_INVALID, "only accounts of the mechanism registry are tied to a Party"
        )
    return parse_party_code(terms.party, "party")
