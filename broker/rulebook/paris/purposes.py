# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""For what units may be used, and when that first transfers them."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """For what units may be used (2/CMA.3 annex para 1(d), (f))."""

    NDC = "NDC"
    IMP = "IMP"
    OP = "OP"


class FirstTransferDefinition(StrEnum):
    """What first transfer is for other international mitigation purposes (2/CMA.3 annex para 2(b))."""

    AUTHORIZATION = "AUTHORIZATION"
    ISSUANCE = "ISSUANCE"
    USE_OR_CANCELLATION = "USE_OR_CANCELLATION"
