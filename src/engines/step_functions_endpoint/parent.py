"""Ends this process when the one that started it is gone."""

from __future__ import annotations

import os
import threading


def exit_when_stdin_closes() -> None:
    """Watches standard input, whose other end the parent holds: the kernel closes it when the parent ends."""

    def watch() -> None:
        # Not sys.stdin: a thread that blocks in it makes the interpreter abort at the end.
        while os.read(0, 4096):
            pass
        # Not sys.exit: that would end only this thread.
        os._exit(0)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
