# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Views: what is stored, put together for people and programs. Nothing here changes anything."""
