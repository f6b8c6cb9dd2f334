# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A page token is taken for the list and the filters it was given out for, and nothing else is one."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.api.paging import page_of
from itmo import limits
from itmo.clearing.v1 import directory_service_pb2, meta_registry_service_pb2
from itmo.reasons import ProtocolError, Reason

ASKED = directory_service_pb2.ListAccountsRequest(registry="THA01", page_size=2)


def reason(request: object) -> Reason:
    with pytest.raises(ProtocolError) as refused:
        page_of(request)
    return refused.value.reason


def test_a_token_leads_on() -> None:
    assert page_of(ASKED).after == ""
    token = page_of(ASKED).token("TH05THA0110000000001")
    again = directory_service_pb2.ListAccountsRequest(
        registry="THA01", page_size=7, page_token=token
    )
    assert (page_of(again).after, page_of(again).size) == ("TH05THA0110000000001", 7)


def test_a_token_of_another_list_or_filter_is_none() -> None:
    token = page_of(ASKED).token("5")
    for other in (
        directory_service_pb2.ListAccountsRequest(registry="CHE01", page_token=token),
        directory_service_pb2.ListNodesRequest(page_token=token),
        meta_registry_service_pb2.ListActionsRequest(party="CHE", year=2023, page_token=token),
    ):
        assert reason(other) is Reason.PAGE_TOKEN_INVALID


@given(st.binary(min_size=1, max_size=60))
def test_no_base64_is_a_token_by_chance(raw: bytes) -> None:
    token = urlsafe_b64encode(raw).decode()
    request = directory_service_pb2.ListAccountsRequest(registry="THA01", page_token=token)
    assert reason(request) is Reason.PAGE_TOKEN_INVALID


def test_page_sizes_are_bounded() -> None:
    request = directory_service_pb2.ListAccountsRequest(page_size=limits.MAX_PAGE_SIZE + 1)
    assert reason(request) is Reason.PAGE_SIZE_INVALID
