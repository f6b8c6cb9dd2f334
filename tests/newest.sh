#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
# Runs fast tests on a later Python than that of this machine: the one of Debian's testing release, which is
# unpacked once into a folder of its own (NEWEST, about 700 MB). Needs root, debootstrap, Debian's archive and
# a package index; ends with 77 where that release cannot be unpacked or entered. Arguments go to pytest.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
place=${NEWEST:-/var/tmp/itmo-newest}
python=python3.14
unshare --mount true || exit 77
if [ ! -e "$place/unpacked" ]; then
  # Releases that this debootstrap does not know are unpacked as sid is.
  if ! debootstrap --variant=minbase --include="$python,$python-venv,ca-certificates,openssl" \
    forky "$place" "" /usr/share/debootstrap/scripts/sid >&2; then
    echo "No Debian with $python could be unpacked in $place; debootstrap said why above." >&2
    exit 77
  fi
  touch "$place/unpacked"
fi
# The project as it lies here, beside what its tests read, and with an environment that is kept.
project=$place/project/main
mkdir -p "$project"
find "$project" -mindepth 1 -maxdepth 1 ! -name .venv -exec rm -rf {} +
git -C "$root" ls-files -z | tar -C "$root" --null -T - -cf - | tar -C "$project" -xf -
rm -rf "$place/project/shared"
[ ! -d "$root/../shared" ] || cp -rL "$root/../shared" "$place/project/shared"
cp -L /etc/resolv.conf "$place/etc/resolv.conf"
cp -L /etc/ssl/certs/ca-certificates.crt "$place/etc/ssl/certs/ca-certificates.crt"
[ $# -gt 0 ] || set -- tests/unit tests/contract tests/api tests/scenarios tests/simulation
# What is mounted is seen by these processes only, and gone with them.
exec unshare --mount bash -c '
  set -euo pipefail
  place=$1 && shift
  mount -t proc proc "$place/proc"
  mount --rbind /dev "$place/dev"
  exec env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin ${PIP_INDEX_URL:+PIP_INDEX_URL="$PIP_INDEX_URL"} \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt chroot "$place" bash -c "cd /project/main && exec bash tests/run.sh \"\$@\"" - "$@"
' - "$place" "$@"
