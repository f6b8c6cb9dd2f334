# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Calls between programs: mutual TLS, servers, channels, errors, and the guard on every call."""

from itmo.runtime.rpc.tls_version import require_tls_1_3

require_tls_1_3()
