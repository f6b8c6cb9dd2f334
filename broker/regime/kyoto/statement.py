# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the operator states of periods, assigned amounts, eligibility and projects."""

from __future__ import annotations

from typing import Final

from broker.regime.fields import day
from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.reading import host_and_number
from broker.regime.regime import Key, Needs
from broker.regime.statement import Books, Statement
from broker.rulebook.kyoto.case import CommitmentPeriod
from itmo import limits
from itmo.identifiers import parse_party_code
from itmo.kyoto.v1 import statements_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason


def read(payload: bytes) -> object:
    """What a recorded statement says under its key."""
    return _stated(statements_pb2.KyotoStatement.FromString(payload))[1]


def _stated(written: statements_pb2.KyotoStatement) -> tuple[Key, object]:
    """Under which key a statement says what.

    Raises:
        ProtocolError: PAYLOAD_INVALID or IDENTIFIER_INVALID.
    """
    match written.WhichOneof("stated"):
        case "period":
            said = written.period
            return stated_keys.period(_number(said.period, "period.period")), _period(said)
        case "assigned_amount":
            amount = written.assigned_amount
            if not 0 < amount.quantity <= limits.MAX_UNITS:
                raise _invalid("assigned_amount.quantity", f"1 to {limits.MAX_UNITS}")
            party = parse_party_code(amount.party, "assigned_amount.party")
            period = _number(amount.period, "assigned_amount.period")
            return stated_keys.assigned_amount(party, period), amount.quantity
        case "eligibility":
            party = parse_party_code(written.eligibility.party, "eligibility.party")
            return stated_keys.eligibility(party), written.eligibility.eligible
        case "project":
            host, number = host_and_number(written.project.project, "project.project")
            return stated_keys.project(parse_party_code(host, "project.project"), number), True
        case None:
            pass
    raise _invalid("stated", "a period, an assigned amount, an eligibility or a project")


def _period(written: statements_pb2.CommitmentPeriod) -> CommitmentPeriod:
    period = CommitmentPeriod(
        first_day=day(written.first_day, "period.first_day"),
        last_day=day(written.last_day, "period.last_day"),
        true_up_ends=day(written.true_up_ends, "period.true_up_ends"),
    )
    if not period.first_day <= period.last_day <= period.true_up_ends:
        raise _invalid("period", "three days in their order")
    return period


def _number(number: int, where: str) -> int:
    if number == 0:
        raise _invalid(where, "the number of a commitment period, from 1")
    return number


def _invalid(where: str, expected: str) -> ProtocolError:
    return ProtocolError(Reason.PAYLOAD_INVALID, f"{where}: expected {expected}", where=where)


def _needs(_: statements_pb2.KyotoStatement) -> Needs:
    return Needs()


def _take(books: Books, written: statements_pb2.KyotoStatement) -> None:
    """Takes in what is stated; it replaces what was stated of the same name.

    Raises:
        ProtocolError: malformed.
    """
    books.state(*_stated(written))


STATEMENT: Final = Statement(
    PayloadKind.KYOTO_STATEMENT, by_operator=True, by_node=False, needs=_needs, take=_take
)
