# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's database: schema, loading of facts, writing of decisions, queries for readers."""
