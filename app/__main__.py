"""`python -m app` is the kenh command."""

from __future__ import annotations

import signal


def start() -> None:
    """Until the command can stop in order there is nothing to stop: Ctrl-C just ends us."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from app.cli import main

    main()


if __name__ == "__main__":
    start()
