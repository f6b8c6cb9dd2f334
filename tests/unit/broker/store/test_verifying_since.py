# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Verification goes on where the last one ended, and begins anew where that does not fit."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from broker.known_regimes import REGIMES
from broker.store import log_head
from broker.verifying import replay
from broker.verifying.kept import Kept
from broker.verifying.verify import Verified, verify
from itmo.runtime.db.in_use import InUse
from tests.kit.clearing import ClearingWorld, authorize, trading_world, transfer, use
from tests.kit.guards import behind_guards
from tests.kit.many import many


async def trade(world: ClearingWorld, begin: int) -> None:
    """A transfer, part of which is used, and one that stays open."""
    tha, che = world.senders["tha"], world.senders["che"]
    offered = transfer(world, begin, begin + 99)
    await tha.propose(offered)
    await che.accept(offered.transaction_id)
    await che.propose(use(world, begin, begin + 9, 2022))
    await tha.propose(transfer(world, begin + 200, begin + 299))
    await authorize(tha, authorization_id=f"letter {begin}")


def verified(
    world: ClearingWorld, file: Path, *, everything: bool = False
) -> tuple[Verified, list[int]]:
    """A verification with what was kept, and the decisions that were played."""
    played: list[int] = []
    with closing(Kept(file, world.connection, REGIMES, anew=everything)) as kept:
        return verify(world.connection, played.append, REGIMES, kept=kept), played


async def test_only_what_was_decided_since_is_played_again(tmp_path: Path) -> None:
    world, file = await trading_world(), tmp_path / "broker.sqlite.verified"
    await trade(world, 1)
    first, played = verified(world, file)
    size = log_head.log_size(world.connection)
    assert (first.problems, first.verified_before, played[-1]) == ((), 0, size)
    assert file.stat().st_mode & 0o777 == 0o600
    again, played = verified(world, file)
    assert (again.problems, again.verified_before, played) == ((), size, [])
    assert again.log_root == first.log_root
    now = again
    for round_of in range(3):
        before = log_head.log_size(world.connection)
        await trade(world, 1_001 + 1_000 * round_of)
        now, played = verified(world, file)
        assert (now.problems, now.verified_before) == ((), before)
        assert played[0] == before + 1
    whole, played = verified(world, file, everything=True)
    assert (whole.problems, whole.verified_before, played[0]) == ((), 0, 1)
    assert whole.log_root == now.log_root


async def test_no_state_of_the_database_is_looked_at_for_longer_than_a_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changes meanwhile is kept for as long as one is looked at."""
    monkeypatch.setattr(replay, "TURN", 4)
    world, file = await trading_world(), tmp_path / "broker.sqlite.verified"
    await trade(world, 1)
    size, states, played = log_head.log_size(world.connection), set[object](), list[int]()
    in_file = isinstance(world.connection, sqlite3.Connection)
    begun = list[str]()
    if in_file:
        world.connection.set_trace_callback(begun.append)

    def state(done: int) -> None:
        played.append(done)
        # Either engine says which transaction it is in: by how many were begun, or when.
        if in_file:
            states.add(begun.count("BEGIN"))
        else:
            states.add(world.connection.execute("SELECT transaction_timestamp()").fetchone())

    with closing(Kept(file, world.connection, REGIMES, anew=False)) as kept:
        found = verify(world.connection, state, REGIMES, kept=kept)
    assert (found.problems, played) == ((), list(range(1, size + 1)))
    assert len(states) == -(-size // 4)
    assert verified(world, file)[0].verified_before == size


CHANGED_SINCE = {
    "an entry": "UPDATE adjustment_entry SET year = 2029 WHERE entry_id = (SELECT max(entry_id) FROM adjustment_entry)",
    "a holding": "UPDATE unit_block SET state = replace(state, '2022', '2021') WHERE first = 1001",
    "a count": "UPDATE tally SET quantity = quantity + 1 WHERE name LIKE 'first_transferred%'",
    "one row more": "INSERT INTO stated SELECT rulebook, kind, name || 'x', log_index, message_id FROM stated LIMIT 1",
    "an old leaf": "UPDATE log_leaf SET leaf_hash = x'00' WHERE log_index = 2",
    "a statement": "UPDATE statement SET payload = x'00' WHERE sequence = (SELECT max(sequence) FROM statement)",
    "a signature": "UPDATE statement_signature SET signature = x'"
    + 64 * "00"
    + "' WHERE statement_id = (SELECT statement_id FROM statement ORDER BY sequence DESC LIMIT 1)",
}


@pytest.mark.parametrize("damage", many(CHANGED_SINCE, {"a holding", "an old leaf"}))
async def test_what_was_changed_behind_the_brokers_back_is_found(
    tmp_path: Path, damage: str
) -> None:
    world, file = await trading_world(), tmp_path / "kept"
    await trade(world, 1)
    assert verified(world, file)[0].problems == ()
    await trade(world, 1_001)
    await world.house.stop()
    behind_guards(world.connection, CHANGED_SINCE[damage])
    found, _ = verified(world, file)
    assert found.problems
    assert verified(world, file)[0].verified_before == 0, (
        "what did not hold is verified whole the next time"
    )


async def test_old_rows_are_compared_by_all(tmp_path: Path) -> None:
    world, file = await trading_world(), tmp_path / "kept"
    await trade(world, 1)
    assert verified(world, file)[0].problems == ()
    await trade(world, 1_001)
    behind_guards(world.connection, "UPDATE adjustment_entry SET year = 2029 WHERE entry_id = 1")
    assert verified(world, file)[0].problems == (), "nothing that was decided since touches it"
    assert verified(world, file, everything=True)[0].problems


async def test_a_file_that_does_not_fit_is_made_anew(tmp_path: Path) -> None:
    world, other, file = await trading_world(), await trading_world(), tmp_path / "kept"
    await trade(world, 1)
    await trade(other, 5_001)
    assert verified(world, file)[0].problems == ()
    found, _ = verified(other, file)
    assert (found.problems, found.verified_before) == ((), 0), "of another record"
    file.write_bytes(b"no database" * 1_000)
    found, _ = verified(world, file)
    assert (found.problems, found.verified_before) == ((), 0)
    with closing(sqlite3.connect(file)) as kept:
        kept.execute("DELETE FROM looked_through")
        kept.commit()
    found, played = verified(world, file)
    assert (found.problems, found.verified_before, played) == ((), 0, []), "it bears no mark"


async def stopped(
    world: ClearingWorld, file: Path, after: int, *, everything: bool = False
) -> None:
    """A verification that Ctrl-C ends after some decisions."""

    def stop(done: int) -> None:
        if done == after:
            raise KeyboardInterrupt

    kept = Kept(file, world.connection, REGIMES, anew=everything)
    with pytest.raises(KeyboardInterrupt), closing(kept):
        verify(world.connection, stop, REGIMES, kept=kept)


@pytest.mark.parametrize("everything", [True, False])
async def test_one_that_is_stopped_is_gone_on_with(tmp_path: Path, *, everything: bool) -> None:
    """Before, an hour of playing was lost, and what earlier nights had verified with it."""
    world, file = await trading_world(), tmp_path / "kept"
    await trade(world, 1)
    assert verified(world, file)[0].problems == ()
    before = log_head.log_size(world.connection)
    await trade(world, 1_001)
    at = 3 if everything else before + 2
    await stopped(world, file, at, everything=everything)
    await stopped(world, file, at + 1)
    found, played = verified(world, file)
    assert (found.problems, found.verified_before, played[0]) == ((), 0, at + 2)
    assert verified(world, file)[0].verified_before == log_head.log_size(world.connection)


async def test_one_that_is_stopped_before_it_played_loses_nothing(tmp_path: Path) -> None:
    world, file = await trading_world(), tmp_path / "kept"
    await trade(world, 1)
    before = log_head.log_size(world.connection)
    assert verified(world, file)[0].problems == ()
    await trade(world, 1_001)
    with closing(Kept(file, world.connection, REGIMES, anew=False)):
        """It is closed before anything was done."""
    assert verified(world, file)[0].verified_before == before


async def test_one_that_was_killed_is_gone_on_with(tmp_path: Path) -> None:
    """What lies on the disk in the midst of it is taken up, as after a power cut."""
    world, file, left = await trading_world(), tmp_path / "kept", tmp_path / "left"
    await trade(world, 1)
    left.mkdir()

    def copied(done: int) -> None:
        if done == 4:
            for each in file.parent.glob("kept*"):
                shutil.copy(each, left)

    with closing(Kept(file, world.connection, REGIMES, anew=False)) as kept:
        verify(world.connection, copied, REGIMES, kept=kept)
    found, played = verified(world, left / "kept")
    assert (found.problems, found.verified_before, played[0]) == ((), 0, 5)


@pytest.mark.parametrize("damage", many(CHANGED_SINCE, {"an entry", "a signature"}))
async def test_what_was_changed_before_one_was_stopped_is_found_afterwards(
    tmp_path: Path, damage: str
) -> None:
    world, file = await trading_world(), tmp_path / "kept"
    await trade(world, 1_001)
    await world.house.stop()
    size = log_head.log_size(world.connection)
    await stopped(world, file, size - 1)
    behind_guards(world.connection, CHANGED_SINCE[damage])
    assert verified(world, file)[0].problems
    assert not _beside(file)


async def test_what_was_played_and_is_wrong_is_no_finding_of_the_database(tmp_path: Path) -> None:
    world, file = await trading_world(), tmp_path / "kept"
    await trade(world, 1)
    await stopped(world, file, log_head.log_size(world.connection) - 1)
    with closing(sqlite3.connect(file, isolation_level=None)) as kept:
        behind_guards(kept, "UPDATE registry SET party = 'VUT'")
    with closing(Kept(file, world.connection, REGIMES, anew=False)) as again:
        assert verify(world.connection, lambda _: None, REGIMES, kept=again).problems
        assert again.is_doubtful, "so that all is made anew before anybody is told"


async def test_two_are_not_under_way_at_once(tmp_path: Path) -> None:
    world, file = await trading_world(), tmp_path / "kept"
    for everything in (True, False):
        with (
            closing(Kept(file, world.connection, REGIMES, anew=everything)),
            pytest.raises(InUse, match="another verification is under way"),
        ):
            Kept(file, world.connection, REGIMES, anew=everything)
    assert verified(world, file)[0].problems == ()


def _beside(file: Path) -> list[Path]:
    return list(file.parent.iterdir())
