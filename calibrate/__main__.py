"""`python -m calibrate`, and the console script: starts as little as the arguments need."""

import os
import sys


def main() -> int:
    """Run the command line; the exit code (see README)."""
    if sys.argv[1:] == ["--version"] and _said_version():
        return 0
    _end_by_interruption()
    import gc

    # A start makes many objects and no garbage: looking for some after every 700 of them costs 10 ms.
    gc.set_threshold(50_000, 20, 20)
    from calibrate.blas import VARIABLES

    # Products by several threads change the last bits, and starting the threads costs more than a small fit.
    for name in VARIABLES:
        os.environ[name] = "1"
    from calibrate.cli.start import start

    return start(sys.argv[1:], last=True)


def _end_by_interruption() -> None:
    """Until `start` listens, Ctrl-C ends the process at once: there is nothing to clean, and no traceback to show."""
    import signal

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where a shell or nohup has it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _said_version() -> bool:
    """A line, at the cost of starting Python: nothing is imported for it; where it fails, the full command says how."""
    from calibrate import __version__

    try:
        os.write(1, f"calibrate {__version__}\n".encode())
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
