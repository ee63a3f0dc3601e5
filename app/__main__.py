"""`python -m app` is the kenh command."""

from __future__ import annotations

import signal


def start() -> None:
    """While we load there is nothing to stop in order: Ctrl-C just ends us, quietly."""
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from app.cli import main

    if interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    main()


if __name__ == "__main__":
    start()
