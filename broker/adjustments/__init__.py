# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Corresponding adjustments: double entry, methods and balances. Pure arithmetic on whole units."""
