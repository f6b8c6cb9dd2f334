# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a Kyoto story tells, the tables of a sealed export follow from its signed messages."""

from __future__ import annotations

from broker.cli.kyoto.close_registry import _reports
from broker.reports.kyoto.sealed_export import sealed_export
from broker.reports.kyoto.sealed_verifying import sealed_in
from tests.kit.told import Told, of_kyoto


@of_kyoto
def test_sealed_exports_prove_themselves(told: Told) -> None:
    found: dict[str, tuple[str, ...]] = {}
    today = told.network.clock.now().date()
    for member in told.network.members.values():
        for registry in member.spec.registries:
            # Reports of all years are written by the slowest of writers: those of one story do.
            whole = told.name == "kyoto_tcers_replaced"
            reports = _reports(told.database, registry[:3], today) if whole else {}
            content, _ = sealed_export(told.database, registry, reports, today)
            found[registry] = sealed_in(content).problems
    assert found
    assert {name: problems for name, problems in found.items() if problems} == {}
