# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Hostile vectors for programs in any language: what comes in, and what a careful one does with it."""
