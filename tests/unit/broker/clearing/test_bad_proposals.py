# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bad content that the checks judge: a signed verdict names the check, and nothing is moved."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from broker.verifying.verify import verify
from itmo import limits
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.reasons import ProtocolError, Reason
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    ClearingWorld,
    attributes,
    failed,
    issuance,
    stored,
    transfer,
    use,
)
from tests.kit.world_again import trading_again

Proposed = proposal_pb2.ProposedTransaction
Change = Callable[[Proposed], object]
LEDGERS = ("unit_block", "issued_block", "adjustment_entry", "account", "tally")


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    made = await trading_again()
    yield made
    assert broken_invariants(made.connection) == []
    assert verify(made.connection, lambda _: None).problems == ()
    await made.house.stop()


@dataclass(frozen=True)
class Row:
    name: str
    change: Change
    check: str
    issue: bool = False
    soon: bool = True


def put(name: str, value: object) -> Change:
    """Sets a field of the transaction, or of its terms."""
    own = name in proposal_pb2.ProposedTransaction.DESCRIPTOR.fields_by_name
    return lambda made: setattr(made if own else made.terms.paris, name, value)


def ranges(*pairs: tuple[int, int]) -> Change:
    def change(made: Proposed) -> None:
        kept = made.blocks[0].attributes if made.blocks[0].HasField("attributes") else None
        del made.blocks[:]
        for first, last in pairs:
            made.blocks.add(registry="THA01", first=first, last=last, attributes=kept)

    return change


def block(name: str, value: object) -> Change:
    return lambda made: setattr(made.blocks[0], name, value)


def stated(name: str, value: object) -> Change:
    def change(made: Proposed) -> None:
        if not made.blocks[0].HasField("attributes"):
            made.blocks[0].attributes.paris.CopyFrom(attributes())
        setattr(made.blocks[0].attributes.paris, name, value)

    return change


def authorization(value: str) -> Change:
    return lambda made: setattr(made.blocks[0].attributes.paris.authorization, "id", value)


def alike(
    name: str, set_it: Callable[[str], Change], good: str, check: str, *, issue: bool = False
) -> list[Row]:
    """Spellings of a good identifier that look like it and are another one."""
    latin = next(place for place, letter in enumerate(good) if letter in "ACEHTO")
    cyrillic = {
        "A": "\u0410",
        "C": "\u0421",
        "E": "\u0415",
        "H": "\u041d",
        "T": "\u0422",
        "O": "\u041e",
    }
    spellings = {
        "cyrillic": good[:latin] + cyrillic[good[latin]] + good[latin + 1 :],
        "full width": good[:-1] + chr(ord(good[-1]) + 0xFEE0),
        "zero width": good[:2] + "\u200b" + good[2:],
        "soft hyphen": good + "\u00ad",
        "lower case": good.lower(),
        "space": good + " ",
        "NUL": good + "\x00",
        "bidi": "\u202e" + good,
        "line end": good + "\n",
        "SQL": f"{good}' OR '1'='1",
        "empty": "",
    }
    # Of all but the first identifier the fast tests take one spelling that is seen, and one that is not.
    soon = spellings if name == "from account" else ("cyrillic", "zero width")
    return [
        Row(f"{name} {what}", set_it(value), check, issue, soon=what in soon)
        for what, value in spellings.items()
    ]


BIG = 2**63 - 1
THA = make_account_id(RegistryId("THA01"), 100, 1)
CHE = make_account_id(RegistryId("CHE01"), 100, 1)
ROWS = [
    # ranges
    Row("reversed", ranges((5, 1)), "ID_RANGE_ORDER"),
    Row("zero", ranges((0, 5)), "ID_RANGE_ORDER"),
    Row("both zero", ranges((0, 0)), "ID_RANGE_ORDER"),
    Row("last of 2^63-1", ranges((1, BIG)), "ID_RANGE_ORDER"),
    Row("both of 2^63-1", ranges((BIG, BIG)), "ID_RANGE_ORDER"),
    Row("last of 2^64-1", ranges((1, 2**64 - 1)), "ID_RANGE_ORDER"),
    Row("both of 2^64-1", ranges((2**64 - 1, 2**64 - 1)), "ID_RANGE_ORDER"),
    Row("the greatest range", ranges((1, BIG - 1)), "ID_KNOWN_AND_HELD"),
    Row("never issued", ranges((100_001, 100_002)), "ID_KNOWN_AND_HELD"),
    Row("in part never issued", ranges((99_999, 100_001)), "ID_KNOWN_AND_HELD"),
    Row("issued reversed", ranges((200_005, 200_001)), "ID_RANGE_ORDER", issue=True),
    Row("issued zero", ranges((0, 5)), "ID_RANGE_ORDER", issue=True),
    Row("issued 2^63-1", ranges((200_001, BIG)), "ID_RANGE_ORDER", issue=True),
    Row("issued 2^64-1", ranges((200_001, 2**64 - 1)), "ID_RANGE_ORDER", issue=True),
    Row("issued before", ranges((100_000, 100_001)), "ID_NO_OVERLAP_ISSUE", issue=True),
    # quantities
    Row("quantity of zero", block("quantity", 0), "ID_QTY_EQUALS_RANGE"),
    Row("other quantity", block("quantity", 11), "ID_QTY_EQUALS_RANGE"),
    Row("quantity of 2^64-1", block("quantity", 2**64 - 1), "ID_QTY_EQUALS_RANGE"),
    # years
    Row("vintage of 0", stated("vintage", 0), "ID_FORMAT", issue=True),
    Row("vintage of 2020", stated("vintage", 2020), "ID_FORMAT", issue=True),
    Row("vintage of 2^32-1", stated("vintage", 2**32 - 1), "ID_FORMAT", issue=True),
    Row("vintage of 10000", stated("vintage", 10_000), "ID_FORMAT"),
    # identifiers
    *alike("from account", lambda v: put("from_account", v), THA, "ACC_EXISTS"),
    *alike("to account", lambda v: put("to_account", v), CHE, "ACC_EXISTS"),
    *alike("from registry", lambda v: put("from_registry", v), "THA01", "REG_EXISTS"),
    *alike("to registry", lambda v: put("to_registry", v), "CHE01", "REG_EXISTS"),
    *alike("block registry", lambda v: block("registry", v), "THA01", "ID_FORMAT"),
    *alike(
        "approach", lambda v: stated("cooperative_approach", v), "CA0003", "ID_FORMAT", issue=True
    ),
    *alike(
        "party", lambda v: stated("first_transferring_party", v), "THA", "ID_FORMAT", issue=True
    ),
    *[
        Row(f"authorization {what}", authorization(value), "AUTH_EXISTS", issue=True)
        for what, value in (
            ("zero width", "1006.4/2810\u200b"),
            ("full width", "1006.4/281\uff10"),
            ("space", "1006.4/2810 "),
            ("NUL", "1006.4/2810\x00"),
            ("SQL", "1006.4/2810' OR '1'='1"),
        )
    ],
    Row("registry nobody has", put("to_registry", "BRA01"), "REG_EXISTS"),
    Row("registry of another party", block("registry", "CHE01"), "ID_KNOWN_AND_HELD"),
    Row("account of the other side", put("from_account", CHE), "ACC_EXISTS"),
    Row("sector in NUL", stated("sector", "Trans\x00port"), "ID_IMMUTABLE_ATTRS"),
    Row("claimed as no first transfer", put("first_transfer", False), "FT_FLAG_REQUIRED"),
]  # fmt: skip


UNSEEN = ("zero width", "soft hyphen", "NUL", "bidi", "line end")
"""Spellings with characters that nobody sees: they never become a decision."""


@pytest.mark.parametrize(
    "row",
    [pytest.param(row, id=row.name, marks=() if row.soon else pytest.mark.slow) for row in ROWS],
)
async def test_bad_content_ends_in_findings(world: ClearingWorld, row: Row) -> None:
    wanted = issuance(world, "THA01", 200_001, 200_010) if row.issue else transfer(world, 1, 10)
    row.change(wanted)
    before = stored(world.connection)
    if row.name.endswith(UNSEEN):
        with pytest.raises(ProtocolError) as refused:
            await world.senders["tha"].propose(wanted)
        assert refused.value.reason is Reason.PAYLOAD_INVALID
        assert refused.value.message.isprintable()
        return
    verdict = await world.senders["tha"].propose(wanted)
    assert verdict.state == decision_pb2.STATE_INVALIDATED
    assert row.check in failed(verdict), sorted(failed(verdict))
    assert all(text.isprintable() for text in failed(verdict).values())
    after = stored(world.connection)
    assert {name: after[name] for name in LEDGERS} == {name: before[name] for name in LEDGERS}


async def test_a_node_proposes_for_its_own_registries_only(world: ClearingWorld) -> None:
    che = world.senders["che"]
    verdict = await che.propose(transfer(world, 1, 10))
    assert verdict.state == decision_pb2.STATE_INVALIDATED
    assert "MSG_SENDER_IS_FROM_REGISTRY" in failed(verdict)
    verdict = await world.senders["tha"].propose(use(world, 1, 10, 2022))
    assert "MSG_SENDER_IS_FROM_REGISTRY" in failed(verdict)


@pytest.mark.parametrize("year", [0, 2020, 2**32 - 1])
async def test_years_of_use_that_cannot_be(world: ClearingWorld, year: int) -> None:
    wanted = transfer(world, 1, 10)
    await world.senders["tha"].propose(wanted)
    await world.senders["che"].accept(wanted.transaction_id)
    verdict = await world.senders["che"].propose(use(world, 1, 10, year))
    assert verdict.state == decision_pb2.STATE_INVALIDATED


async def test_five_hundred_blocks_are_taken(world: ClearingWorld) -> None:
    wanted = transfer(world, 1, 1)
    ranges(*[(at * 2 + 1, at * 2 + 1) for at in range(500)])(wanted)
    verdict = await world.senders["tha"].propose(wanted)
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    assert (await world.senders["che"].accept(wanted.transaction_id)).quantity == 500


async def test_the_greatest_serial_can_be_issued_and_moved(world: ClearingWorld) -> None:
    last = limits.MAX_UNITS
    tha = world.senders["tha"]
    issued = await tha.propose(issuance(world, "THA01", last - 9, last))
    assert issued.state == decision_pb2.STATE_COMPLETED, failed(issued)
    wanted = transfer(world, last, last)
    assert (await tha.propose(wanted)).state == decision_pb2.STATE_VALIDATED
    assert (await world.senders["che"].accept(wanted.transaction_id)).effective
