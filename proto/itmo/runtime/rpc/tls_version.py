# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""TLS 1.3 and nothing below it, on both sides.

Python's gRPC has no switch for it. Its core reads one list of cipher suites, for TLS 1.2 only, from
the environment when it is loaded: with suites that need a key both sides agreed on beforehand, which
none of ours has, no handshake of TLS 1.2 can succeed. Those of TLS 1.3 are not concerned.
"""

import os
import sys
from typing import Final

from itmo.reasons import ProtocolError, Reason

_VARIABLE: Final = "GRPC_SSL_CIPHER_SUITES"
# Known to the library, so that the list is valid, and impossible with certificates.
_IMPOSSIBLE: Final = "ECDHE-PSK-AES128-CBC-SHA"


def require_tls_1_3() -> None:
    """Sets it for this process; an operator's other choice is overruled. To be called early."""
    if "grpc" not in sys.modules:
        os.environ[_VARIABLE] = _IMPOSSIBLE


def check_tls_1_3() -> None:
    """Makes sure that it was set in time.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, where gRPC was loaded before this package.
    """
    if os.environ.get(_VARIABLE) != _IMPOSSIBLE:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            "gRPC was loaded before itmo.runtime.rpc, and would take TLS 1.2; import the latter"
            " first.",
            setting=_VARIABLE,
            found=os.environ.get(_VARIABLE, ""),
            expected=_IMPOSSIBLE,
        )
