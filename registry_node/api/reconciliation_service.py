# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""ReconciliationService: whether the books of the node's registries are those of the record."""

from __future__ import annotations

from typing import Any, TypeAlias

import grpc

from itmo.registry.v1 import reconciliation_service_pb2 as api
from itmo.registry.v1 import reconciliation_service_pb2_grpc
from registry_node.api import writing
from registry_node.api.operator_service import MAX_WAIT_MS
from registry_node.commands.comparing import Compared
from registry_node.service import RegistryNode

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class ReconciliationServicer(reconciliation_service_pb2_grpc.ReconciliationServiceServicer):
    """ReconciliationService over one node."""

    def __init__(self, node: RegistryNode) -> None:
        self._node = node

    async def Reconcile(
        self, request: api.ReconcileRequest, context: Context
    ) -> api.ReconcileResponse:
        """Compares the books of a registry now."""
        seconds = min(request.wait_ms, MAX_WAIT_MS) / 1000
        row = await self._node.reconcile(request.registry, seconds)
        for each in await self._node.compared():
            if each.registry == row.registry:
                found = Compared(each.registry, row, each.cases)
                return api.ReconcileResponse(standing=writing.reconciliation(found))
        return api.ReconcileResponse(
            standing=writing.reconciliation(Compared(row.registry, row, ()))
        )

    async def GetReconciliations(
        self, request: api.GetReconciliationsRequest, context: Context
    ) -> api.GetReconciliationsResponse:
        """Shows how the books stood."""
        found = await self._node.compared()
        return api.GetReconciliationsResponse(registries=map(writing.reconciliation, found))


def add_to_server(servicer: ReconciliationServicer, server: grpc.aio.Server) -> None:
    """Registers the service."""
    reconciliation_service_pb2_grpc.add_ReconciliationServiceServicer_to_server(servicer, server)
