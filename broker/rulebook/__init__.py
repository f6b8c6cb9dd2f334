# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Rulebooks: pure judgement over facts. What a transaction means, which checks apply, what it books."""
