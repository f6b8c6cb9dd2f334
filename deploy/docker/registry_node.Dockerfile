# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
# A registry node. It listens on nothing: it only dials out. Build from the root of the repository:
#   docker build --file deploy/docker/registry_node.Dockerfile --tag itmo/registry-node .
# The root file system may be read-only; everything that changes lies in /var/lib/itmo.

ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE requirements.lock ./
COPY proto/itmo proto/itmo
COPY aef aef
COPY broker broker
COPY registry_node registry_node
COPY scenarios scenarios
COPY office office
RUN python -m venv /opt/itmo && /opt/itmo/bin/python -m pip install --no-cache-dir --constraint requirements.lock .

FROM ${PYTHON_IMAGE}
# A fixed number, so that volumes keep their owner from one image to the next.
RUN groupadd --gid 10001 itmo \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/itmo --shell /usr/sbin/nologin itmo \
 && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/itmo
COPY --from=build /opt/itmo /opt/itmo
ENV PATH=/opt/itmo/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ITMO_NODE_DIR=/var/lib/itmo
USER 10001:10001
WORKDIR /var/lib/itmo
VOLUME /var/lib/itmo
STOPSIGNAL SIGTERM
# Asks over the operator's socket, so it needs no certificate.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["registry-node", "status", "--health"]
ENTRYPOINT ["registry-node"]
CMD ["serve"]
