#!/usr/bin/env bash
# Lint, format, types, the library's tests, then all tests with the services they need.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
for python in python3.11 python3 python3.12 python3.13; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$python" -m services.run_tests "$@"
    fi
done
echo "FAILED: Python 3.11 or newer is needed. As root: apt-get install python3 python3-venv" >&2
exit 1
