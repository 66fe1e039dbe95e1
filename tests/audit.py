"""Hold the packages of a lock against the known vulnerabilities: `python tests/audit.py requirements/dev.lock`.

Exit code: 0 where none is known of any, 1 where one is, 3 where no service answered or one did not know all packages:
a package that was not looked up is not shown to be sound, which pip-audit's own exit code would say.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

NO_ANSWER = 3


def main(lock: str) -> int:
    """Ask one service after the other, on the lock as it stands; nothing is resolved or installed."""
    for service in ("osv", "pypi"):
        command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--progress-spinner", "off", "-f", "json"]
        run = subprocess.run([*command, "-s", service, "-r", lock], capture_output=True, text=True, check=False)
        try:
            packages = json.loads(run.stdout)["dependencies"]
        except (ValueError, KeyError):
            last = (run.stderr.strip() or "no message").splitlines()[-1]
            sys.stderr.write(f"the service {service!r} gave no answer: {last[:160]}\n")
            continue
        if any("skip_reason" not in package for package in packages):
            return told(packages, service)
        sys.stderr.write(f"the service {service!r} knows none of {len(packages)} packages\n")
    sys.stderr.write("NOT AUDITED: no vulnerability service can be reached from here; nothing was shown.\n")
    return NO_ANSWER


def told(packages: list[dict[str, Any]], service: str) -> int:
    """What a service said, a line a finding."""
    asked = [package for package in packages if "skip_reason" not in package]
    bad = [(package, found) for package in asked for found in package["vulns"]]
    for package, found in bad:
        fixed = ", ".join(found.get("fix_versions", ())) or "no version"
        sys.stdout.write(f"{package['name']} {package['version']}: {found['id']}, mended in {fixed}\n")
    sys.stdout.write(f"{service}: {len(asked)} of {len(packages)} packages looked up, {len(bad)} vulnerabilities\n")
    if bad:
        return 1
    return 0 if len(asked) == len(packages) else NO_ANSWER


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
