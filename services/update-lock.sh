#!/usr/bin/env bash
# Resolve setup.cfg again into requirements.lock, keeping the versions that still fit (add --upgrade for new ones).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec uv pip compile setup.cfg --all-extras --python-version 3.11 --no-annotate --quiet \
    --custom-compile-command services/update-lock.sh --output-file requirements.lock "$@"
