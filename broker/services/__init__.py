# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""gRPC services of one regime each; the composition root adds them to those of the engine."""
