# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""NoticeService: notices that came to the node or went out from it."""

from __future__ import annotations

import json
from typing import Final

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from itmo.core.v1 import decision_pb2, notices_pb2, statements_pb2
from itmo.paris.v1 import programmes_pb2, unit_notices_pb2
from itmo.payloads import MESSAGE_OF, STATED_UNDER_A_RULEBOOK, PayloadKind
from itmo.registry.v1 import notice_service_pb2 as api
from itmo.registry.v1 import notice_service_pb2_grpc
from itmo.runtime.rpc.callers import Context
from itmo.timestamps import timestamp
from registry_node.api.naming import whole_id
from registry_node.api.operator_service import outcome_of, read_page_size, read_page_token
from registry_node.commands.trip import from_ms
from registry_node.damage import damaged, decoded, of_rows
from registry_node.service import RegistryNode
from registry_node.store.rows import NoticeRow


class NoticeServicer(notice_service_pb2_grpc.NoticeServiceServicer):
    """NoticeService over one node."""

    def __init__(self, node: RegistryNode) -> None:
        self._node = node

    async def WriteMessage(
        self, request: api.WriteMessageRequest, context: Context
    ) -> api.WriteMessageResponse:
        """Writes to other administrators."""
        submitted = await self._node.write_to(request.message)
        return api.WriteMessageResponse(
            outcome=await outcome_of(self._node, submitted, request.wait_ms)
        )

    async def Acknowledge(
        self, request: api.AcknowledgeRequest, context: Context
    ) -> api.AcknowledgeResponse:
        """Says that a notice was read."""
        submitted = await self._node.acknowledge(
            await whole_id(request.notice_id, self._node), request.note
        )
        return api.AcknowledgeResponse(
            outcome=await outcome_of(self._node, submitted, request.wait_ms)
        )

    async def ListNotices(
        self, request: api.ListNoticesRequest, context: Context
    ) -> api.ListNoticesResponse:
        """Lists notices, newest first."""
        size = read_page_size(request.page_size)
        rows = await self._node.notices(
            before=read_page_token(request.page_token), most=size + 1, only_open=request.open
        )
        page = rows[:size]
        return api.ListNoticesResponse(
            notices=[_notice(row, self._node.identity.node) for row in page],
            next_page_token=str(page[-1].number) if len(rows) > size else "",
        )


add_to_server: Final = notice_service_pb2_grpc.add_NoticeServiceServicer_to_server


@of_rows
def _notice(row: NoticeRow, own: str) -> api.Notice:
    written = api.Notice(
        notice_id=row.notice_id,
        sender=row.node,
        own=row.node == own,
        time=timestamp(from_ms(row.received_at)),
        units=decoded(decision_pb2.Receipt, row.receipt).noticed,
        acknowledge_time=None
        if row.acknowledged_at is None
        else timestamp(from_ms(row.acknowledged_at)),
        read_by=row.read_by.split(),
    )
    match row.kind:
        case PayloadKind.UNIT_NOTICE:
            written.unit_notice.CopyFrom(decoded(unit_notices_pb2.UnitNotice, row.payload))
        case PayloadKind.PROGRAMME_EVENT:
            written.programme_event.CopyFrom(decoded(programmes_pb2.ProgrammeEvent, row.payload))
        case PayloadKind.ADMINISTRATOR_MESSAGE:
            written.administrator_message.CopyFrom(
                decoded(notices_pb2.AdministratorMessage, row.payload)
            )
        case PayloadKind.MAINTENANCE_STATEMENT:
            written.maintenance.CopyFrom(decoded(notices_pb2.MaintenanceStatement, row.payload))
        case PayloadKind.REGISTRY_STATEMENT:
            written.registry_status.CopyFrom(decoded(statements_pb2.RegistryStatement, row.payload))
        case kind if kind in STATED_UNDER_A_RULEBOOK:
            written.stated = _in_words(decoded(MESSAGE_OF[kind], row.payload))
        case _:
            raise damaged(f"a notice is of the kind {row.kind}")
    return written


def _in_words(message: Message) -> str:
    """What a message says besides its header, as JSON."""
    message.ClearField("header")
    said = MessageToDict(message, preserving_proto_field_name=True)
    return json.dumps(said, separators=(",", ":"))
