# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How deliveries are fetched in service."""

from enum import StrEnum


class DeliveryMode(StrEnum):
    """A stream is quicker; polling passes where streams do not."""

    STREAM = "STREAM"
    POLL = "POLL"
