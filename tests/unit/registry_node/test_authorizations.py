# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Authorizations followed by their node, from the draft to the effect."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from itmo.paris.v1 import authorization_pb2
from itmo.reasons import ProtocolError, Reason
from registry_node.cli.main import main
from registry_node.paris.authorizations import latest_stated
from registry_node.service import RegistryNode
from tests.unit.registry_node.conftest import Scene, paris


def letter(
    quantity: int = 500, *, revoked: bool = False
) -> authorization_pb2.AuthorizationStatement:
    return authorization_pb2.AuthorizationStatement(
        authorization_id="A1",
        party="THA",
        cooperative_approach="CA0003",
        purposes=[authorization_pb2.PURPOSE_NDC],
        quantity=quantity,
        revoked=revoked,
        revocation_reason="fraud" if revoked else "",
        revocation_ground=authorization_pb2.REVOCATION_GROUND_FRAUD
        if revoked
        else authorization_pb2.REVOCATION_GROUND_UNSPECIFIED,
    )


async def standings(node: RegistryNode) -> list[tuple[int, str]]:
    found = await paris(node).tracked()
    return [(each.statement.version, each.standing.value) for each in found]


async def test_a_draft_is_sent_countersigned_superseded_and_revoked(scene: Scene) -> None:
    await paris(scene.tha).draft(letter())
    await paris(scene.tha).draft(letter(600))
    assert await standings(scene.tha) == [(0, "DRAFT")]
    (draft,) = await paris(scene.tha).tracked()
    assert (draft.statement.quantity, draft.countersignature) == (600, None)
    await paris(scene.tha).authorize(draft.statement)
    assert await standings(scene.tha) == [(1, "SENT")]
    await scene.network.settle()
    (effective,) = await paris(scene.tha).tracked()
    assert effective.standing == "IN_EFFECT"
    signed = effective.countersignature
    assert signed is not None
    assert len(signed.receipt_hash) == 32  # SHA-256
    assert signed.keyid
    await paris(scene.tha).authorize(letter(700))
    await scene.network.settle()
    await paris(scene.tha).draft(letter(700, revoked=True))
    expected = [(1, "SUPERSEDED"), (2, "IN_EFFECT"), (0, "DRAFT")]
    assert await standings(scene.tha) == expected
    await paris(scene.tha).authorize(letter(700, revoked=True))
    await scene.network.settle()
    assert await standings(scene.tha) == [(1, "SUPERSEDED"), (2, "SUPERSEDED"), (3, "REVOKED")]
    *_, second, third = await paris(scene.tha).tracked()
    assert second.statement.difference == "Changed: Authorized quantity."
    assert list(third.statement.changed_elements) == [
        authorization_pb2.AUTHORIZATION_ELEMENT_REVOKED
    ]


async def test_a_refused_version_says_why_and_frees_its_number(scene: Scene) -> None:
    scene.network.links["tha-registry"].before = [ProtocolError(Reason.PAYLOAD_INVALID, "no")]
    await paris(scene.tha).authorize(letter())
    await scene.network.settle()
    (refused,) = await paris(scene.tha).tracked()
    assert (refused.standing, refused.code) == ("REFUSED", "PAYLOAD_INVALID")
    assert await scene.tha.work.read(latest_stated) == {}
    await paris(scene.tha).authorize(letter())
    await scene.network.settle()
    assert await standings(scene.tha) == [(1, "IN_EFFECT")]


async def test_a_draft_is_thrown_away_once(scene: Scene) -> None:
    await paris(scene.tha).draft(letter())
    await paris(scene.tha).discard("THA", "A1")
    assert await standings(scene.tha) == []
    with pytest.raises(ProtocolError) as raised:
        await paris(scene.tha).discard("THA", "A1")
    assert raised.value.reason is Reason.NOT_FOUND


def test_step_by_step_needs_a_terminal(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["--dir", str(tmp_path), "authorize"])
    assert ran.exit_code == 2  # usage
    assert "needs a terminal" in ran.output
