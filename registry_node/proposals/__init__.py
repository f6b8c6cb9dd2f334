# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Proposals, pure: from an operator's wish to a transaction, and who answers an offer."""
