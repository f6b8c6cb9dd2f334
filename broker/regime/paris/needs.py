# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What Paris has to know to judge a transaction: keys only."""

from __future__ import annotations

from broker.regime.paris import keys, tallies
from broker.regime.paris.reading import canonical_approach
from broker.regime.regime import Key, Needs
from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.proposal import ParisProposed


def party(needs: Needs, name: str) -> None:
    """A Party, with every method that was stated for a period."""
    needs.histories.add(keys.party(name))
    needs.designated.add(name)


def approach(needs: Needs, name: str) -> None:
    """A cooperative approach and its counts."""
    needs.stated.add(keys.approach(name))
    needs.tallies.update(tallies.of_approach(name))


def authorization(needs: Needs, party_code: str, authorization_id: str) -> None:
    """An authorization with all its versions and its counts; nothing where units are under none."""
    if not authorization_id:
        return
    needs.histories.add(keys.authorization(party_code, authorization_id))
    needs.tallies.update(tallies.of_authorization(party_code, authorization_id))


def letters(needs: Needs) -> None:
    """Every letter of the hosts whose authorizations are asked for: an entity acts."""
    asked = {key for key in needs.histories if key.kind == keys.AUTHORIZATION}
    needs.stated_under.update(Key(keys.AUTHORIZATION, keys.parts(key)[0]) for key in asked)


def attributes(needs: Needs, stated: Attributes) -> None:
    """What units are judged by, as a block or a proposal states it."""
    host, named = stated.first_transferring_party, stated.cooperative_approach
    party(needs, host)
    approach(needs, named)
    if stated.activity:
        needs.stated.add(keys.activity(canonical_approach(named), stated.activity))
    if stated.authorization is not None:
        authorization(needs, host, stated.authorization.id)


def proposed(needs: Needs, transaction: ParisProposed) -> None:
    """What the blocks of a proposal state."""
    for block in transaction.blocks:
        if block.attributes is not None:
            attributes(needs, block.attributes)
