# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Options of transactions under the rulebook kyoto, and what every proposal of it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import click

from itmo.core.v1 import proposal_pb2, rulebooks_pb2, units_pb2
from itmo.kyoto.v1 import attributes_pb2, terms_pb2
from itmo.kyoto_words import ACTIVITIES, TRACKS, UNIT_TYPES
from itmo.runtime.cli.codes import Code
from itmo.runtime.cli.whole_numbers import LARGE_NUMBER_OR_NONE, NUMBER_OR_NONE
from registry_node.cli.sending import propose_one
from registry_node.cli.session import Session

UNIT_TYPE: Final = Code("unit type", UNIT_TYPES)
ACTIVITY: Final = Code("land-use activity", ACTIVITIES)
TRACK: Final = Code("track", TRACKS)
notice_option = click.option(
    "--notice",
    "log_notice",
    type=LARGE_NUMBER_OR_NONE,
    default=0,
    help="Number of the log's notice it answers.",
)
supplementary_option = click.option(
    "--supplementary",
    "supplementary_type",
    type=NUMBER_OR_NONE,
    default=0,
    help="Code of the supplementary transaction type.",
)
corrective_option = click.option(
    "--corrective", is_flag=True, help="It carries out a correction by the Compliance Committee."
)
_TERMS: Final = frozenset(terms_pb2.TransactionTerms.DESCRIPTOR.fields_by_name)


def propose(
    session: Session,
    done: str,
    kind: proposal_pb2.TransactionType.ValueType,
    blocks: Sequence[units_pb2.UnitBlock],
    *,
    become: attributes_pb2.UnitAttributes | None = None,
    **fields: Any,  # noqa: ANN401  # fields of a ProposedTransaction, and of the terms
) -> None:
    """Proposes a transaction of the rulebook; what its terms have goes there."""
    terms = terms_pb2.TransactionTerms(
        become=become, **{name: fields.pop(name) for name in _TERMS & fields.keys()}
    )
    propose_one(
        session,
        done,
        type=kind,
        blocks=blocks,
        rulebook="kyoto",
        terms=rulebooks_pb2.TransactionTerms(kyoto=terms) if terms.ByteSize() else None,
        **fields,
    )
