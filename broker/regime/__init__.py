# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Regimes: each a rulebook and what ties it to the engine.

The engine imports `regime` and no regime; which regimes a broker judges by is in `regimes`.
"""
