# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The services of Paris together, as a server takes them."""

from __future__ import annotations

from typing import Final

import grpc

from broker.api.regime_services import RegimeServices
from broker.clearing.path.house import ClearingHouse
from broker.reports.paris.timeline import Timeline
from broker.reports.paris.timeline_file import beside
from broker.services.paris.adjustments import AdjustmentServicer
from broker.services.paris.aefs import AefServicer
from broker.services.paris.authorizations import AuthorizationServicer
from broker.services.paris.meta_registry import MetaRegistryServicer
from broker.services.paris.reading_on import ReadingOn
from itmo.clearing.v1 import (
    adjustment_service_pb2_grpc,
    aef_service_pb2_grpc,
    authorization_service_pb2_grpc,
    meta_registry_service_pb2_grpc,
)


def _add(server: grpc.aio.Server, house: ClearingHouse) -> None:
    timeline = Timeline(beside(house.books) if house.books else None)
    reading = ReadingOn(timeline, house.questions)
    authorization_service_pb2_grpc.add_AuthorizationServiceServicer_to_server(
        AuthorizationServicer(house), server
    )
    adjustment_service_pb2_grpc.add_AdjustmentServiceServicer_to_server(
        AdjustmentServicer(house, reading), server
    )
    meta_registry_service_pb2_grpc.add_MetaRegistryServiceServicer_to_server(
        MetaRegistryServicer(house, reading), server
    )
    aef_service_pb2_grpc.add_AefServiceServicer_to_server(AefServicer(house, reading), server)


PARIS_SERVICES: Final = RegimeServices(
    names=(
        "itmo.clearing.v1.AuthorizationService",
        "itmo.clearing.v1.AdjustmentService",
        "itmo.clearing.v1.MetaRegistryService",
        "itmo.clearing.v1.AefService",
    ),
    add=_add,
)
