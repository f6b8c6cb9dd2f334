# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Old payloads go into files and are read from there; what depends on them stays as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from broker.archiving.putting_away import Asked, PutAway, put_away
from broker.known_regimes import ALL_REGIMES, REGIMES
from broker.reports.audit import broken_invariants
from broker.reports.explanation import Explanation, explain
from broker.reports.paris.timeline import Timeline
from broker.reports.signed_with import signed_with
from broker.store import mailboxes, messages
from broker.store.archived import archives
from broker.verifying.kept import Kept
from broker.verifying.verify import Verified, verify
from itmo.clock import to_ms
from itmo.envelope import Envelope
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from tests.kit.clearing import ClearingWorld, transfer, use
from tests.kit.guards import behind_guards
from tests.kit.world_again import trading_again

SMALL = 2_048


async def lived() -> tuple[ClearingWorld, list[str], str]:
    """A house with ended transfers, whose nodes have read everything; and one that is open."""
    world = await trading_again()
    tha, che = world.senders["tha"], world.senders["che"]
    ended = []
    for begin in (1, 1_001, 2_001):
        offered = transfer(world, begin, begin + 99)
        offered.note = f"note {begin}"
        await tha.propose(offered)
        await che.accept(offered.transaction_id)
        ended.append(offered.transaction_id)
    await che.propose(use(world, 1, 10, 2022))
    world.clock.advance(timedelta(days=1))
    still = transfer(world, 5_000, 5_099)
    await tha.propose(still)
    await read_all(world)
    return world, ended, still.transaction_id


async def read_all(world: ClearingWorld) -> None:
    """Every node acknowledges what is in its mailbox."""
    for sender in world.senders.values():
        standing = await world.house.mailbox(sender.node)
        after, last = standing.acknowledged_sequence, standing.last_sequence
        await world.house.deliveries(sender.node, after, 100)  # signs what is handed out
        await world.house.acknowledge(sender.node, last)


def away(world: ClearingWorld, folder: Path, **asked: object) -> PutAway:
    wanted = Asked(folder=folder, before=to_ms(world.clock.now()), now=7, **asked)  # type: ignore[arg-type]  # fields of it
    return put_away(world.connection, wanted, REGIMES)


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def take_away(folder: Path) -> None:
    for each in folder.iterdir():
        each.unlink()


def spoil(folder: Path, place: float) -> None:
    """Changes one bit of the one file."""
    (file,) = folder.iterdir()
    content = bytearray(file.read_bytes())
    content[int(len(content) * place)] ^= 1
    file.write_bytes(content)


def left(connection: sqlite3.Connection) -> set[str]:
    """Kinds of payloads that are in the database."""
    query = "SELECT kind FROM {} WHERE length(payload) > 0"
    return {row[0] for t in ("message", "statement") for row in connection.execute(query.format(t))}


def told(world: ClearingWorld, name: str) -> Explanation:
    found = explain(world.connection, name, ALL_REGIMES.checks)
    assert found is not None
    return found


async def test_what_went_is_read_from_its_file_as_before(tmp_path: Path) -> None:
    world, ended, still = await lived()
    explained = [told(world, name) for name in (*ended, still)]
    said = [await world.house.transaction(world.senders["tha"].node, name) for name in ended]
    deliveries = mailboxes.deliveries(world.connection, "che", 0, 100)
    own = messages.own_messages(world.connection, "tha", 0, 100)
    signed = list(signed_with(world.connection, said[0][1][0].signatures[0].keyid))
    done = away(world, tmp_path, file_bytes=SMALL)
    assert done.files > 2
    assert done.payloads > 12
    assert [told(world, name) for name in (*ended, still)] == explained
    assert [
        await world.house.transaction(world.senders["tha"].node, name) for name in ended
    ] == said
    assert mailboxes.deliveries(world.connection, "che", 0, 100) == deliveries
    assert messages.own_messages(world.connection, "tha", 0, 100) == own
    assert list(signed_with(world.connection, said[0][1][0].signatures[0].keyid)) == signed
    assert broken_invariants(world.connection, ()) == []
    again = away(world, tmp_path, file_bytes=SMALL)
    assert (again.files, again.payloads) == (0, 0)


async def test_what_is_judged_by_or_open_or_unread_stays(tmp_path: Path) -> None:
    world, *_ = await lived()
    world.clock.advance(timedelta(minutes=1))  # what is open is old, too
    dry = away(world, tmp_path / "none", dry_run=True)
    assert not (tmp_path / "none").exists()
    assert away(world, tmp_path).payloads == dry.payloads > 0
    kinds = left(world.connection)
    assert {"node-statement", "account-statement", "authorization-statement", "proposal"} <= kinds
    assert not kinds & {"acceptance", "proposal-batch"}
    types = world.connection.execute(
        "SELECT t.type, t.state, length(m.payload) > 0 FROM transaction_record t"
        " JOIN message m ON m.message_id = t.message_id"
    ).fetchall()
    assert set(types) == {
        ("ISSUANCE", "COMPLETED", 1), ("USE", "COMPLETED", 1),
        ("TRANSFER", "COMPLETED", 0), ("TRANSFER", "VALIDATED", 1),
    }  # fmt: skip


async def test_a_delivery_that_nobody_acknowledged_keeps_its_payloads(tmp_path: Path) -> None:
    world, _, still = await lived()
    tha, che = world.senders["tha"], world.senders["che"]
    await che.accept(still)
    read = (await world.house.mailbox(tha.node)).last_sequence
    await world.house.deliveries(che.node, 0, 100)
    await tha.propose(transfer(world, 8_000, 8_099))  # signatures are stored with the next group
    await world.house.acknowledge(tha.node, read)
    world.clock.advance(timedelta(days=1))
    done = away(world, tmp_path)
    assert done.kept > 0
    standing = await world.house.mailbox(che.node)
    assert standing.acknowledged_sequence < standing.last_sequence
    take_away(tmp_path)
    assert mailboxes.deliveries(world.connection, "che", standing.acknowledged_sequence, 100)
    await read_all(world)
    assert away(world, tmp_path).payloads > 0


STEPS = ("write", "verify", "empty", "commit", "next")


@pytest.mark.parametrize("at", STEPS)
async def test_it_goes_on_after_a_kill_at_each_step(tmp_path: Path, at: str) -> None:
    world, ended, _ = await lived()
    explained = [told(world, name) for name in ended]
    asked = Asked(folder=tmp_path, before=to_ms(world.clock.now()), now=7, file_bytes=SMALL)
    seen: list[str] = []

    def killed(step: str) -> None:
        seen.append(step)
        if seen.count(at) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put_away(world.connection, asked, REGIMES, step=killed)
    assert [told(world, name) for name in ended] == explained
    noted = {Path(each.path).name for each in archives(world.connection)}
    assert len(noted) == (2 if at == "next" else 1)
    put_away(world.connection, asked, REGIMES)
    assert [told(world, name) for name in ended] == explained
    rows = archives(world.connection)
    assert {Path(each.path).name for each in rows} == names(tmp_path)
    whole = tmp_path / "at once"
    other, _, _ = await lived()
    put_away(other.connection, replace(asked, folder=whole), REGIMES)
    assert names(whole) == {Path(each.path).name for each in rows}
    assert verified(world, None).problems == ()


async def test_a_file_that_does_not_hold_what_was_written_empties_nothing(tmp_path: Path) -> None:
    world, *_ = await lived()
    before = left(world.connection)

    def damaged(step: str) -> None:
        if step == "verify":
            (file,) = tmp_path.iterdir()
            file.write_bytes(file.read_bytes()[:-1] + b"x")

    asked = Asked(folder=tmp_path, before=to_ms(world.clock.now()), now=7)
    with pytest.raises(ProtocolError) as told_of:
        put_away(world.connection, asked, REGIMES, step=damaged)
    assert told_of.value.reason is Reason.LEDGER_AUDIT_FAILED
    assert (left(world.connection), archives(world.connection)) == (before, [])


def verified(world: ClearingWorld, file: Path | None, *, everything: bool = False) -> Verified:
    if file is None:
        return verify(world.connection, lambda _: None, REGIMES)
    with closing(Kept(file, world.connection, REGIMES, anew=everything)) as kept:
        return verify(world.connection, lambda _: None, REGIMES, kept=kept)


async def test_it_verifies_with_the_archive_and_says_where_it_is_not_at_hand(
    tmp_path: Path,
) -> None:
    world, ended, still = await lived()
    file, folder = tmp_path / "kept", tmp_path / "files"
    before = verified(world, file)
    assert (before.problems, before.archives) == ((), ())
    away(world, folder, file_bytes=SMALL)
    with_it = verified(world, file, everything=True)
    assert (with_it.problems, with_it.not_at_hand) == ((), ())
    assert (with_it.log_root, with_it.archives) == (
        before.log_root,
        tuple(each.path for each in archives(world.connection)),
    )
    moved = tmp_path / "elsewhere"
    folder.rename(moved)
    whole = verified(world, None)
    assert (whole.problems, whole.archives, whole.log_root) == ((), (), before.log_root)
    assert len(whole.not_at_hand) == len(with_it.archives)
    await world.senders["che"].accept(still)
    since = verified(world, file)
    assert (since.problems, since.not_at_hand) == ((), ())
    assert since.decisions == since.verified_before + 1
    found = told(world, ended[0])
    assert (found.content.blocks, found.verdict, found.transaction.state) == ((), None, "COMPLETED")
    assert any(each.digest.hex() in found.archived for each in archives(world.connection))
    with pytest.raises(ProtocolError) as refused:
        await world.house.transaction(world.senders["tha"].node, ended[0])
    assert refused.value.reason is Reason.PAYLOAD_ARCHIVED
    assert away(world, moved).found == len(with_it.archives)
    assert told(world, ended[0]).content.note == "note 1"
    assert verified(world, None).problems == ()


async def test_a_damaged_file_is_found_and_not_handed_out(tmp_path: Path) -> None:
    world, ended, _ = await lived()
    before = [told(world, name) for name in ended]
    sent = (
        messages.own_messages(world.connection, "tha", 0, 100),
        mailboxes.deliveries(world.connection, "che", 0, 100),
    )
    away(world, tmp_path)
    missing = refused = 0
    for place in range(5, 100, 5):
        spoil(tmp_path, place / 100)
        for name, known in zip(ended, before, strict=True):
            shown = told(world, name)
            assert shown.archived or shown == known
            missing += bool(shown.archived)
        try:
            assert messages.own_messages(world.connection, "tha", 0, 100) == sent[0]
            assert mailboxes.deliveries(world.connection, "che", 0, 100) == sent[1]
        except ProtocolError as error:
            refused += error.reason is Reason.PAYLOAD_ARCHIVED
        spoil(tmp_path, place / 100)
    assert missing > 0
    assert refused > 5
    spoil(tmp_path, 0.5)
    assert any("another digest" in each for each in verified(world, None).problems)


@pytest.mark.parametrize("column", ["payloads", "payload_bytes"])
async def test_a_file_at_hand_has_what_the_database_says_of_it(tmp_path: Path, column: str) -> None:
    world, *_ = await lived()
    away(world, tmp_path)
    assert verified(world, None).problems == ()
    behind_guards(world.connection, f"UPDATE archive_file SET {column} = {column} + 1")
    problems = verified(world, None).problems
    assert any("does not state what the database says" in each for each in problems)


async def test_a_repeated_message_whose_answer_is_not_at_hand_gets_a_reason(tmp_path: Path) -> None:
    world, *_ = await lived()
    tha = world.senders["tha"]
    sent: list[Envelope] = messages.own_messages(world.connection, "tha", 0, 100)[0]
    proposals = [each for each in sent if each.payload_type == PayloadKind.PROPOSAL.label]
    answers = [await world.house.submit(tha.node, each) for each in proposals]
    away(world, tmp_path)
    assert [await world.house.submit(tha.node, each) for each in proposals] == answers
    take_away(tmp_path)
    with pytest.raises(ProtocolError) as refused:
        await world.house.submit(tha.node, proposals[1])
    assert refused.value.reason is Reason.PAYLOAD_ARCHIVED
    world.clock.advance(timedelta(minutes=1))
    assert (await tha.propose(transfer(world, 9_000, 9_009))).state  # the next one is decided


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE message SET payload = x'' WHERE log_index = (SELECT max(log_index) FROM message)",
        "UPDATE message SET payload = x'00' WHERE log_index = 0",
        "UPDATE message SET kind = 'receipt', payload = x''",
        "UPDATE statement SET payload_hash = x''",
        "UPDATE statement SET payload = x'00'",
        "DELETE FROM statement",
    ],
)
async def test_the_database_empties_only_what_lies_in_a_file(tmp_path: Path, change: str) -> None:
    world, *_ = await lived()
    away(world, tmp_path)
    with pytest.raises(sqlite3.IntegrityError):
        world.connection.execute(change)


async def test_the_timeline_and_all_that_follows_need_no_archive(tmp_path: Path) -> None:
    world, *_ = await lived()
    before = list(Timeline().read_all(world.connection).execute("SELECT * FROM lived"))
    away(world, tmp_path)
    take_away(tmp_path)
    assert list(Timeline().read_all(world.connection).execute("SELECT * FROM lived")) == before
