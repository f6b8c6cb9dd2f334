# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of what every proposal under the rulebook kyoto may say."""

from __future__ import annotations

from typing import Any, Final

from broker.rulebook.general.proposal import TransactionType
from itmo.lifecycle import Completion
from scenarios.fields import Fields
from scenarios.kyoto.model import KyotoBlockSpec, KyotoPropose
from scenarios.names import Names, Sides
from scenarios.proposal_reading import completion, timeout, transaction
from scenarios.values import Value

PROPOSAL: Final = "completion corrective deadline note unknown"
"""Keys that any of them may have."""
_MAX_SUPPLEMENTARY: Final = 99
_MOST_NOTICES: Final = 10**9


def account_of(fields: Fields, key: str, names: Names) -> str:
    """The account under a key."""
    account = fields.need(key, names.account, "")
    names.place(account, "")
    return account


def _notice(value: Value, names: Names) -> int:
    """The number of a notice of the log: by its name, or, where nobody gave it, as it is written."""
    if names.unknown and not value.is_text():
        return value.integer(1, _MOST_NOTICES)
    return names.log_notices.get(names.notice(value), 0)


def propose(
    verb: str,
    kind: TransactionType,
    fields: Fields,
    names: Names,
    giver: str,
    taker: str,
    written: tuple[KyotoBlockSpec, ...],
    **terms: Any,  # noqa: ANN401  # fields of KyotoPropose
) -> KyotoPropose:
    """A proposal from the keys that all of them share."""
    return KyotoPropose(
        verb=verb,
        type=kind,
        id=transaction(fields, names, Sides(names.node_of(giver), names.node_of(taker))),
        from_account=giver,
        to_account=taker,
        blocks=written,
        completion=fields.default("completion", completion, Completion.ON_ACCEPTANCE),
        deadline=fields.maybe("deadline", timeout),
        note=fields.default("note", Value.text, ""),
        corrective=fields.default("corrective", Value.boolean, False),
        log_notice=fields.default("notice", lambda v: _notice(v, names), 0),
        supplementary_type=fields.default(
            "supplementary", lambda v: v.integer(1, _MAX_SUPPLEMENTARY), 0
        ),
        **terms,
    )
