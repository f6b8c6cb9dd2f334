# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Takes in authorizations: every version, each signed by the node its Party designated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import cast

from broker.clearing.desk import Desk, NoEffect
from broker.clearing.knowledge import check_designated
from broker.clearing.received import Received
from broker.regime.paris.statements.authorization import authorization
from broker.regime.paris.tallies import issued, used
from broker.rulebook.paris import authorization_terms
from broker.rulebook.paris.authorization import AuthorizationHistory
from broker.rulebook.paris.purposes import Purpose
from itmo import limits
from itmo.core.v1 import statements_pb2
from itmo.reasons import Reason


def state_authorization(desk: Desk, received: Received) -> None:
    """Takes in a version of an authorization, from the node the Party designated.

    A version never alters what was first transferred under an earlier one, unless the terms, fixed
    beforehand, say so (AUTH_CHANGE_AFTER_FT): which version binds a unit is decided when the unit
    is judged.

    Raises:
        NoEffect, ProtocolError: malformed, out of turn, or against the terms.
    """
    written = cast("statements_pb2.AuthorizationStatement", received.payload)
    stated = authorization(written)
    check_designated(desk, received, stated.party)
    approach = desk.world.approaches.get(stated.cooperative_approach)
    if approach is None:
        raise NoEffect(
            Reason.NOT_FOUND, f"cooperative approach {stated.cooperative_approach} is not known"
        )
    if stated.party not in approach.parties:
        raise NoEffect(
            "AUTH_PARTY_IN_CA",
            f"{stated.party} does not take part in {stated.cooperative_approach}",
        )
    name = (stated.party, stated.id)
    history = desk.world.authorizations.get(name)
    expected = history.latest.version + 1 if history else 1
    if stated.version != expected:
        raise NoEffect(
            "AUTH_VERSION_CURRENT", f"version {stated.version} was stated; {expected} is next"
        )
    ends = stated.revoked and history is not None and not history.latest.revoked
    if stated.version > limits.MAX_AUTHORIZATION_VERSIONS and not ends:
        raise NoEffect(
            "AUTH_VERSION_CURRENT",
            f"an authorization has {limits.MAX_AUTHORIZATION_VERSIONS} versions at most; revoke this one"
            " and state another",
        )
    later: Iterable[authorization_terms.Fault] = ()
    if history is not None:
        counts = desk.world.tallies
        later = authorization_terms.faults_between(
            history.latest,
            stated,
            counts[issued(*name)].quantity,
            {purpose: counts[used(*name, purpose)].quantity for purpose in Purpose},
        )
    for fault in chain(later, authorization_terms.faults_of(stated)):
        raise NoEffect(fault.code, fault.found)
    if history is None:
        desk.world.authorizations[name] = AuthorizationHistory(versions=(stated,))
    else:
        desk.world.authorizations[name] = replace(history, versions=(*history.versions, stated))
    desk.effects.authorizations.append(
        (stated.party, stated.id, stated.version, received.header.message_id)
    )
