# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Printed totals of the Kyoto registries, played again as signed transactions that meet at once."""
