# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Transactions out of a file: its rows are read as the commands for one transaction are."""
