# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Corresponding adjustments: methods, balances and the structured summary. Pure."""
