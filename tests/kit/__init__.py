# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What tests share: a clearing-house in memory and senders that speak to it."""
