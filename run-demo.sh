#!/usr/bin/env bash
# From nothing to FITS files in a record with a DOI, found by TAP clients. --check verifies every result, --stop stops.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
for python in python3.11 python3 python3.12 python3.13; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$python" -m services.run_demo "$@"
    fi
done
echo "FAILED: Python 3.11 or newer is needed. As root: apt-get install python3 python3-venv" >&2
exit 1
