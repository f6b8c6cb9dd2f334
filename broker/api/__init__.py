# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""gRPC servicers: parse, call the clearing-house, render. The call guard turns errors into status."""
