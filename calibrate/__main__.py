"""`python -m calibrate`, and the console script: starts as little as the arguments need."""

import os
import sys


def main() -> int:
    """Run the command line; the exit code (see README)."""
    if sys.argv[1:] == ["--version"]:
        return _version()
    # Products by several threads change the last bits, and starting the threads costs more than a small fit.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    from calibrate.cli.start import start

    return start(sys.argv[1:], last=True)


def _version() -> int:
    """A line, at the cost of starting Python: nothing is imported for it."""
    from calibrate import __version__

    try:
        os.write(1, f"calibrate {__version__}\n".encode())
    except OSError:
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
