# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Plumbing that both programs share: calls, databases, logs. It knows no word of the trade."""
