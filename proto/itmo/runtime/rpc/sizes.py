# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How large calls and answers may be; servers and channels agree on it."""

from typing import Final

from itmo import limits as protocol_limits

# The largest message of the protocol; also caps what a compressed message may unfold to.
MAX_RECEIVE_BYTES: Final = protocol_limits.MAX_MESSAGE_BYTES
# Answers quote several envelopes of the permitted size: proposal, acceptance, verdict, receipts.
MAX_SEND_BYTES: Final = 4 * protocol_limits.MAX_MESSAGE_BYTES
# On a socket file a list may be asked for whole, as of one moment: 390 000 ranges of units, or 250 000 transfers that
# wait.
MAX_LOCAL_SEND_BYTES: Final = 64 * protocol_limits.KIB * protocol_limits.KIB
# Nothing of ours travels in metadata but trailers of errors; those of proxies fit in 16 KiB.
MAX_METADATA_BYTES: Final = 16 * protocol_limits.KIB
