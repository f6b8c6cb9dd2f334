# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What loading a group asks next, asked in one trip where an answer takes one.

A database in a file answers each question as it is asked. On a server every trip waits for the server
and for the interpreter's lock; here is known which questions do not hang on each other's answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from broker.clearing.path.received import Received
from broker.ledger.units import UnitRow
from broker.regime.regimes import Regimes
from broker.rulebook.general.registries import RegistryFacts
from broker.store import sql
from broker.store.log_head import LAST_LEAF
from broker.store.needs import Needs
from broker.store.notices import BOUND, MAINTENANCE
from broker.store.reconciliation import QUARANTINE
from broker.store.sharing import SHARING
from broker.store.stated import StatedReader
from broker.store.tallies import NAMED_TALLIES
from broker.store.timekeeping import ACCEPTED
from broker.store.weighing import runs
from broker.store.weighing_together import asked_first, countable
from itmo.runtime.db.connection import Connection, Question, ahead

_Wanted = tuple[str, Collection[Any]]


def question(query: str, wanted: Iterable[Any]) -> Question:
    """A query for names, or for rows of one width."""
    return query, {"wanted": json.dumps(sorted(set(wanted)))}


def due(now_ms: int, most: int, aside: frozenset[str]) -> Question:
    """Transactions that are due, some of which are left aside."""
    return sql.DUE, {"now": now_ms, "most": most + len(aside)}


def crossed(needs: Needs) -> list[tuple[str, int, int]]:
    """Units of which every row is loaded, whoever holds it."""
    return runs({*needs.ranges, *needs.locked})


def beside(needs: Needs) -> set[tuple[str, int, int]]:
    """Units whose neighbours may become one with them.

    Between those that lie side by side and are loaded whole there is no other one. Of what is moved only
    the sender's own rows are loaded, so those of others beside each are asked for.
    """
    return {*crossed(needs), *(each[2:] for each in needs.moved)}


def parties(needs: Needs, registries: Mapping[str, RegistryFacts]) -> set[str]:
    """Parties of which it matters which node they designated."""
    needs.parties.update(each.party for each in registries.values())
    needs.parties.update(needs.asked.designated)
    return needs.parties


def of_group(picked: Sequence[tuple[int, Received]], regimes: Regimes) -> list[Question]:
    """Of the messages of a group, as if all were new, and where the log ends."""
    names = (received.header.message_id for _, received in picked)
    told = [question(sql.RECORDED, names)] if picked else []
    return [(LAST_LEAF, ()), (ACCEPTED, ()), *told, *asked_first(countable(picked), regimes)]


def before_units(
    connection: Connection,
    needs: Needs,
    due_now: Question,
    now_ms: int,
    locked: Collection[tuple[str, int, int]] = (),
) -> None:
    """Before it is known which units there are.

    Args:
        connection: Whom is asked.
        needs: Of the group.
        due_now: What is due.
        now_ms: The moment of the decision.
        locked: Units, weighed already, that are locked by what is answered: most probably no others are.
    """
    _ask(
        connection,
        lambda: (
            (sql.TRANSACTIONS, needs.transactions),
            (sql.HELD, runs(needs.moved)),
            (sql.UNITS, runs({*needs.ranges, *locked})),
        ),
        lambda: [(QUARANTINE, ()), (sql.LAST_ENTRY, ()), due_now, (MAINTENANCE, {"now": now_ms})],
    )


def of_units(connection: Connection, needs: Needs, units: Collection[UnitRow]) -> None:
    """Of what units there are."""
    _ask(
        connection,
        lambda: (
            (sql.ACCOUNTS, needs.accounts),
            (sql.ISSUED, {(unit.registry, unit.issued_first) for unit in units}),
            (sql.NEIGHBOURS, beside(needs)),
            (sql.RESERVED, needs.issued),
            (BOUND, runs({(unit.registry, unit.first, unit.last) for unit in units})),
            # Most probably accounts bring no others.
            (sql.REGISTRIES, needs.registries),
            (SHARING, needs.registries),
        ),
    )


def of_registries(connection: Connection, needs: Needs) -> None:
    """Of registries, once all are known."""
    _ask(connection, lambda: ((sql.REGISTRIES, needs.registries), (SHARING, needs.registries)))


def of_asked(connection: Connection, needs: Needs, registries: Mapping[str, RegistryFacts]) -> None:
    """Of what regimes ask for, and of the nodes that are most probably needed."""
    nodes = needs.nodes | {each.node for each in registries.values()}
    _ask(
        connection,
        lambda: (
            (NAMED_TALLIES, needs.asked.tallies | needs.tallies),
            (sql.DESIGNATIONS, parties(needs, registries)),
            *_about_nodes(needs, nodes),
        ),
        lambda: StatedReader.asks(needs.asked),
    )


def of_nodes(connection: Connection, needs: Needs) -> None:
    """Of nodes, once all are known."""
    _ask(connection, lambda: _about_nodes(needs, needs.nodes))


def _about_nodes(needs: Needs, nodes: set[str]) -> tuple[_Wanted, ...]:
    about = (sql.SENDERS, sql.NODES, sql.MAILBOXES)
    return ((sql.KEYS, needs.keyids), *((each, nodes) for each in about))


def _ask(
    connection: Connection,
    wanted: Callable[[], Iterable[_Wanted]],
    besides: Callable[[], list[Question]] = list,
) -> None:
    ahead(connection, lambda: [*(question(*each) for each in wanted() if each[1]), *besides()])
