# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The sealed export of a registry: read-only before, verified by anybody afterwards."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from broker.cli.kyoto.close_registry import WAITING, _reports
from broker.log.merkle import root
from broker.reports.kyoto.held_units import held_units
from broker.reports.kyoto.sealed_closing import CLOSING
from broker.reports.kyoto.sealed_export import (
    DECISIONS,
    LEAVES,
    LOG,
    README,
    SUMS,
    sealed_export,
    with_closing,
)
from broker.reports.kyoto.sealed_tables import TRAIL, UNITS
from broker.reports.kyoto.sealed_verifying import sealed_in
from broker.rulebook.general.registries import OperationalStatus
from itmo.core.v1 import decision_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import statements_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from sef.archive_reading import read_archive
from tests.kit.clearing import ClearingWorld, batch, failed
from tests.kit.kyoto import kyoto, kyoto_world, open_kyoto
from tests.kit.kyoto_archive import filed, past
from tests.unit.broker.cli.kit import broker, join_request, set_up


async def closed_world() -> ClearingWorld:
    """Great Britain issued, gave to Switzerland, and cancelled; then it was made read-only."""
    world = await kyoto_world()
    gbr, che = world.senders["gbr"], world.senders["che"]
    await open_kyoto(gbr, "GBR01", 230, period=1)
    await open_kyoto(che, "CHE01", 230, period=1)
    assert (await gbr.propose(kyoto(world, "ISSUANCE", 1, 500))).state
    moved = kyoto(world, "TRANSFER", 401, 500, taker="CHE01")
    await gbr.propose(moved)
    await che.accept(moved.transaction_id)
    done = await gbr.propose(kyoto(world, "CANCELLATION", 1, 20, to_type=230))
    assert done.state == decision_pb2.STATE_COMPLETED, failed(done)
    await world.operator.set_registry_status(
        "GBR01", OperationalStatus.TRANSACTIONS_DISALLOWED, "the registry closes"
    )
    # What concerns others alone is not in it.
    alone = kyoto(world, "CANCELLATION", 401, 410, giver="CHE01", to_type=230)
    assert (await che.propose(alone)).state == decision_pb2.STATE_COMPLETED
    return world


async def test_a_registry_that_is_read_only_answers_and_takes_nothing() -> None:
    world = await closed_world()
    before = held_units(world.connection, party="GBR")
    for kind, to_type in (("CANCELLATION", 230), ("RETIREMENT", 300)):
        told = await world.senders["gbr"].propose(kyoto(world, kind, 100, 110, to_type=to_type))
        assert told.state == decision_pb2.STATE_INVALIDATED
        assert "REG_OPERATIONAL" in failed(told)
    into = kyoto(world, "TRANSFER", 411, 420, giver="CHE01", taker="GBR01")
    told = await world.senders["che"].propose(into)
    assert "REG_OPERATIONAL" in failed(told)
    assert held_units(world.connection, party="GBR") == before
    assert sum(each.units.quantity for each in before) == 400


async def test_the_same_record_gives_the_same_export_and_it_verifies(tmp_path: Path) -> None:
    world = await closed_world()
    content, seal = sealed_export(world.connection, "GBR01", {})
    assert sealed_export(world.connection, "GBR01", {})[0] == content
    found = sealed_in(content)
    assert found.problems == ()
    assert found.seal == seal
    files = unzipped(content)
    assert "HOW TO VERIFY" in files[README].decode()
    leaves = files[LEAVES].decode().splitlines()
    kept = world.connection.execute("SELECT leaf_hash FROM log_leaf ORDER BY log_index").fetchall()
    assert [bytes.fromhex(each) for each in leaves] == [leaf for (leaf,) in kept]
    # Its own transactions, all statements of Kyoto, and nothing of Switzerland alone.
    assert found.decisions < len(leaves)
    indices = {json.loads(line)["log_index"] for line in files[DECISIONS].splitlines()}
    assert len(leaves) - 1 not in indices
    trail = list(csv.DictReader(io.StringIO(files[TRAIL].decode())))
    assert [each["type"] for each in trail] == ["ISSUANCE", "TRANSFER", "CANCELLATION"]
    assert all(int(each["log_index"]) in indices for each in trail)
    # Its units are an archive that another clearing-house can read.
    (tmp_path / "blocks.csv").write_bytes(files[UNITS])
    archive = read_archive(tmp_path / "blocks.csv")
    assert archive.faults == ()
    lying = {each.account_type: each.quantity for each in archive.blocks}
    assert lying == {100: 380, 230: 20}


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: dict[str, bytes], *, summed: bool) -> bytes:
    if summed:
        listed = {name: content for name, content in sorted(files.items()) if name != SUMS}
        lines = [f"{hashlib.sha256(each).hexdigest()}  {name}\n" for name, each in listed.items()]
        files = files | {SUMS: "".join(lines).encode()}
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return into.getvalue()


def _without_last_decision(files: dict[str, bytes]) -> None:
    files[LEAVES] = b"".join(files[LEAVES].splitlines(keepends=True)[:-1])


def _other_message(files: dict[str, bytes]) -> None:
    lines = [json.loads(line) for line in files[DECISIONS].splitlines()]
    lines[-1]["message"]["payload"] = "AAAA"
    files[DECISIONS] = "".join(json.dumps(each) + "\n" for each in lines).encode()


def _no_signature(files: dict[str, bytes]) -> None:
    lines = [json.loads(line) for line in files[DECISIONS].splitlines()]
    lines[-1]["message"]["signatures"] = []
    files[DECISIONS] = "".join(json.dumps(each) + "\n" for each in lines).encode()


def _no_line(files: dict[str, bytes]) -> None:
    files[DECISIONS] += b"7\n"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_without_last_decision, "the export states"),
        (_other_message, "is not in the log"),
        (_no_signature, "has no signature"),
        (_no_line, "cannot be read"),
    ],
)
async def test_what_was_changed_is_found_even_with_sums_that_fit(
    change: Callable[[dict[str, bytes]], None], told: str
) -> None:
    world = await closed_world()
    content, seal = sealed_export(world.connection, "GBR01", {})
    files = unzipped(content)
    change(files)
    found = sealed_in(zipped(files, summed=True))
    assert found.seal != seal
    assert any(told in each for each in found.problems)
    unsummed = sealed_in(zipped(files, summed=False))
    assert any(SUMS in each for each in unsummed.problems)


async def test_every_table_is_sealed_and_what_is_missing_is_told() -> None:
    world = await closed_world()
    content, _ = sealed_export(world.connection, "GBR01", {})
    for name in (UNITS, TRAIL, README):
        files = unzipped(content)
        files[name] += b" "
        found = sealed_in(zipped(files, summed=False)).problems
        assert f"{name} is not the file that {SUMS} lists" in found
        del files[name]
        assert f"{name} is missing" in sealed_in(zipped(files, summed=False)).problems


def _retired_instead(files: dict[str, bytes]) -> None:
    """Says, in all tables, that what was cancelled for nobody was retired."""
    for name in (UNITS, TRAIL):
        files[name] = files[name].replace(_account(230), _account(300))
    files[TRAIL] = files[TRAIL].replace(b"CANCELLATION", b"RETIREMENT")


def _one_unit_more(files: dict[str, bytes]) -> None:
    before = files[UNITS]
    files[UNITS] = before.replace(b"GBR01,201,300,", b"GBR01,201,301,")
    files[UNITS] = files[UNITS].replace(b"GBR01,301,1000,", b"GBR01,302,1000,")
    assert files[UNITS] != before


def _never_issued(files: dict[str, bytes]) -> None:
    lines = files[TRAIL].splitlines(keepends=True)
    files[TRAIL] = b"".join(lines[:1] + lines[2:])


def _another_report(files: dict[str, bytes]) -> None:
    files["sef/RREG1_GB_2011_1_1.xlsx"] = files["sef/RREG1_GB_2010_1_1.xlsx"]
    files["sef/RREG1_GB_2010_1_1.xlsx"] = b"no report"


def _account(kind: int) -> bytes:
    return make_account_id(RegistryId("GBR01"), kind, 1).encode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_retired_instead, "trail.csv: transaction "),
        (_one_unit_more, "blocks.csv: units GBR01:301-301 in"),
        (_never_issued, "trail.csv: transaction "),
        (_another_report, "sef/RREG1_GB_2010_1_1.xlsx is no report"),
    ],
)
async def test_tables_that_do_not_follow_from_the_messages_are_found_even_with_sums_that_fit(
    change: Callable[[dict[str, bytes]], None], told: str, tmp_path: Path
) -> None:
    world = await past()
    reports = {each.name: each.read_bytes() for each in filed(world, tmp_path)}
    content, _ = sealed_export(world.connection, "GBR01", reports)
    assert sealed_in(content).problems == ()
    files = unzipped(content)
    change(files)
    found = sealed_in(zipped(files, summed=True))
    assert any(told in each for each in found.problems), found.problems


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_export_is_refused(content: bytes) -> None:
    with pytest.raises(ProtocolError, match="no sealed export"):
        sealed_in(content)


async def test_it_is_verified_by_command_with_nothing_but_the_file(tmp_path: Path) -> None:
    world = await closed_world()
    content, seal = sealed_export(world.connection, "GBR01", {})
    file = tmp_path / "gbr.zip"
    file.write_bytes(content)
    log = json.loads(unzipped(content)[LOG])
    ran = broker("kyoto", "verify-export", file, "--seal", seal, "--root", log["root"])
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert "Everything fits." in ran.stdout
    ran = broker("--json", "kyoto", "verify-export", file, "--seal", "00", "--key", "11")
    assert ran.exit_code == 1
    assert len(ran.json["problems"]) == 2


def _other_size(said: dict[str, Any]) -> None:
    said["leaves"].insert(0, "00" * 32)


def _unsigned(said: dict[str, Any]) -> None:
    said["decision"]["message"]["signatures"] = []


def _another_message(said: dict[str, Any]) -> None:
    said["decision"]["message"]["payload"] = said["decision"]["statements"][0]["payload"]


async def test_the_closing_is_in_the_log_and_what_does_not_fit_is_told() -> None:
    world = await closed_world()
    content, seal = sealed_export(world.connection, "GBR01", {})
    log = json.loads(unzipped(content)[LOG])
    said = statements_pb2.RegistryClosing(
        registry="GBR01",
        seal=bytes.fromhex(seal),
        log_size=log["size"],
        log_root=bytes.fromhex(log["root"]),
    )
    # Something else comes in between.
    che = world.senders["che"]
    between = kyoto(world, "CANCELLATION", 411, 412, giver="CHE01", to_type=230)
    assert (await che.propose(between)).state == decision_pb2.STATE_COMPLETED
    stated = statements_pb2.KyotoStatement(closing=said)
    receipt = await world.operator.state(PayloadKind.KYOTO_STATEMENT, stated)
    whole = with_closing(world.connection, content, "GBR01", log["size"], receipt.log_index)
    found = sealed_in(whole)
    assert found.problems == ()
    assert found.seal == seal
    assert found.closed is not None
    assert (found.closed.log_index, found.closed.at) == (log["size"] + 1, world.clock.now())
    leaves = world.connection.execute("SELECT leaf_hash FROM log_leaf ORDER BY log_index")
    assert found.closed.root == root([leaf for (leaf,) in leaves]).hex()
    files = unzipped(whole)
    for change, told in (
        (_other_size, "not in the log"),
        (_unsigned, "the closing has no signature"),
        (_another_message, "cannot be read"),
    ):
        changed = json.loads(files[CLOSING])
        change(changed)
        again = files | {CLOSING: json.dumps(changed).encode()}
        problems = sealed_in(zipped(again, summed=False)).problems
        assert any(told in each for each in problems), (told, problems)
    files[README] += b"."
    problems = sealed_in(zipped(files, summed=True)).problems
    assert any(f"states seal {seal}, not" in each for each in problems)


def test_a_registry_is_closed_by_command_once_it_is_read_only(tmp_path: Path) -> None:
    place, out = set_up(tmp_path / "broker", "--rulebook", "kyoto"), tmp_path / "gbr.zip"
    request = join_request(tmp_path, "gbr", "GBR01")
    admitted = broker(
        "--dir", place, "admit", request, "--out", tmp_path / "admission.json", "--yes"
    )
    assert admitted.exit_code == 0, admitted.stderr
    words = ("--dir", place, "--json", "kyoto", "close-registry")
    open_still = broker(*words, "GBR01", "--out", out)
    assert open_still.exit_code == 2
    assert "broker suspend GBR01 --only-new" in open_still.stderr
    assert broker(*words, "FRA01", "--out", out).exit_code == 2
    assert not out.exists()
    suspended = broker("--dir", place, "suspend", "GBR01", "--only-new", "--reason", "it closes")
    assert suspended.exit_code == 0, suspended.stderr
    ran = broker(*words, "GBR01", "--out", out)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    said = ran.json
    verified = broker("--json", "kyoto", "verify-export", out, "--seal", said["seal"])
    assert verified.exit_code == 0, verified.stdout
    assert verified.json["closed_by"] == said["closed_by"] == said["log_size"]
    assert [each.name for each in tmp_path.glob("*.zip*")] == ["gbr.zip"]
    assert broker("--dir", place, "verify").exit_code == 0


@pytest.mark.parametrize("together", [True, False], ids=["one proposal", "three"])
async def test_transactions_that_were_answered_together_are_in_it(*, together: bool) -> None:
    """The receipts of an acceptance of many are one statement, which is about no single one of them."""
    world = await kyoto_world()
    gbr, che = world.senders["gbr"], world.senders["che"]
    await gbr.propose(kyoto(world, "ISSUANCE", 1, 500))
    moved = [kyoto(world, "TRANSFER", at, at + 9, taker="CHE01") for at in (1, 11, 21)]
    if together:
        await batch(gbr, moved)
    else:
        for each in moved:
            await gbr.propose(each)
    assert (await che.accept_together([e.transaction_id for e in reversed(moved)])).answers
    for registry, quantity in (("GBR01", 470), ("CHE01", 30)):
        content, _ = sealed_export(world.connection, registry, {})
        assert sealed_in(content).problems == ()
        rows = csv.DictReader(io.StringIO(unzipped(content)[UNITS].decode()))
        assert sum(int(e["last"]) - int(e["first"]) + 1 for e in rows) == quantity


async def test_nothing_waits_where_a_registry_is_closed() -> None:
    world = await kyoto_world()
    gbr = world.senders["gbr"]
    await gbr.propose(kyoto(world, "ISSUANCE", 1, 500))
    names = {"registry": "CHE01"}
    assert world.connection.execute(WAITING, names).fetchone() == (0,)
    offered = kyoto(world, "TRANSFER", 1, 10, taker="CHE01")
    assert (await gbr.propose(offered)).state == decision_pb2.STATE_VALIDATED
    assert world.connection.execute(WAITING, names).fetchone() == (1,)


@pytest.mark.slow
async def test_reports_of_the_years_on_record_are_in_it() -> None:
    world = await past()
    assert sorted(_reports(world.connection, "GBR", date(2012, 1, 1)))[:2] == [
        "RREG1_GB_2010_1_1.xlsx",
        "RREG1_GB_2011_1_1.xlsx",
    ]
