# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`registry-node reconcile` against a running node: text, JSON and exit status."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from itmo.identifiers import NodeId
from itmo.runtime.rpc.callers import identify_as
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.server import add_unix_port, make_server, stop_gracefully
from registry_node.api import reconciliation_service
from registry_node.api.operator_service import OPERATOR_LIMITS, OperatorServicer, add_to_server
from registry_node.cli import main
from tests.kit.commands import ran
from tests.kit.reconciliation import reconcile_all
from tests.unit.registry_node.test_reconciling import Traded, traded


async def run(story: Traded, folder: Path, *words: str) -> tuple[int, str]:
    """Runs a command; whenever the node says something, all talk."""
    changed, ended = asyncio.Event(), asyncio.Event()
    store = story.network.members[NodeId("tha")].store
    store.listen(changed.set)

    async def talk() -> None:
        while not ended.is_set():
            await changed.wait()
            changed.clear()
            if not ended.is_set():
                await reconcile_all(story.network)
                await story.network.settle()

    talking = asyncio.create_task(talk())
    done = await ran(main, "--dir", folder, *words)
    ended.set()
    changed.set()
    await talking
    store.forget(changed.set)
    return done.exit_code, done.stdout or done.stderr


async def test_books_are_compared_by_hand(tmp_path: Path) -> None:
    async with traded() as story:
        await reconcile_all(story.network)
        node = story.node()
        (tmp_path / "node.toml").write_text("[node]\nid = 'tha'\n")
        identify = identify_as(node.identity.network_id, node.identity.node)
        guard = CallGuard(identify=identify, limits=OPERATOR_LIMITS)
        server = make_server(interceptors=[guard])
        add_to_server(OperatorServicer(node), server)
        servicer = reconciliation_service.ReconciliationServicer(node)
        reconciliation_service.add_to_server(servicer, server)
        add_unix_port(server, tmp_path / "node.sock")
        await server.start()
        try:
            code, text = await run(story, tmp_path, "reconcile")
            assert (code, "THA01: books and record agree, as of place" in text) == (0, True), text
            await story.sql("UPDATE holding SET last = last - 10")
            code, text = await run(story, tmp_path, "--json", "reconcile", "--registry", "THA01")
            standing = json.loads(text)["standing"]
            assert (code, standing["result"]) == (1, "RECONCILIATION_RESULT_DIFFERS")
            (difference,) = standing["cases"][0]["differences"]
            assert difference["units"] == {"registry": "THA01", "first": "4991", "last": "5000"}
            code, text = await run(story, tmp_path, "reconcile", "--last")
            assert code == 1
            assert f"THA01:4991-5000 are in {story.accounts['tha-holding']} by the record" in text
            assert f"registry-node --dir {tmp_path} verify" in text
            _, text = await run(story, tmp_path, "status")
            assert "THA01: books and record differ" in text
            code, text = await run(story, tmp_path, "reconcile", "--registry", "CHE01")
            assert (code, "NOT_FOUND" in text or "speaks for" in text) == (1, True), text
        finally:
            await stop_gracefully(server, guard=guard, grace_seconds=0)
