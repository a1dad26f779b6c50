#!/usr/bin/env python3
"""Kills the console with SIGKILL at random moments and looks whether what it kept is still there.

    cargo build && python3 tools/kill_console.py target/debug/coroner [KILLS]

Each round opens the demo in a terminal of its own, writes notes one after the other, and kills the console at a random
moment. A note counts as kept once the journal holds it. Ends with exit code 1 at the first kept note that a later
console has lost, at the first line of the journal that is no JSON, and at the first word of a panic.
"""

import json
import os
import pathlib
import pty
import random
import select
import signal
import struct
import sys
import tempfile
import time

import fcntl
import termios

OPENED = b"checks done in"


def read(master: int, until: float) -> bytes:
    """Everything the terminal is sent until an instant."""
    out = b""
    while (left := until - time.monotonic()) > 0:
        if not select.select([master], [], [], left)[0]:
            break
        try:
            out += os.read(master, 65536)
        except OSError:
            break
    return out


def console(program: str, home: pathlib.Path) -> tuple[int, int]:
    """Starts the console; the process and its terminal."""
    pid, master = pty.fork()
    if pid == 0:
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        os.execve(program, [program, "demo", "false-alarm"], environment)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    return pid, master


def main() -> int:
    program, kills = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200
    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        kept: list[str] = []
        for round_ in range(kills):
            pid, master = console(program, home)
            seen = b""
            opened_by = time.monotonic() + 60
            while OPENED not in seen and time.monotonic() < opened_by:
                seen += read(master, time.monotonic() + 0.05)
            end = time.monotonic() + dice.uniform(0.0, 1.5)
            number = 0
            while time.monotonic() < end:
                word = f"note-{round_}-{number}"
                number += 1
                # The digit of the open screen would open its page, where nothing can be noted.
                os.write(master, b"21i\x15" + word.encode() + b"\r")
                answer = read(master, min(end, time.monotonic() + 0.15))
                seen += answer
                if journal_holds(home, word):
                    kept.append(word)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(master)
            if b"panicked" in seen:
                print(f"round {round_}: a panic")
                return 1
            missing = [word for word in kept if not journal_holds(home, word)]
            if missing:
                print(f"round {round_}: lost {missing[:3]}")
                return 1
            for line in lines(home):
                json.loads(line)
            if (round_ + 1) % 20 == 0:
                print(f"{round_ + 1} kills, {len(kept)} kept notes", file=sys.stderr, flush=True)
        print(f"{kills} kills, {len(kept)} kept notes, none lost")
    return 0


def lines(home: pathlib.Path) -> list[bytes]:
    """The whole lines of all journals."""
    journals = (home / ".local/state/coroner").glob("*.jsonl")
    return [line for journal in journals for line in journal.read_bytes().splitlines() if line]


def journal_holds(home: pathlib.Path, word: str) -> bool:
    return any(f'"{word}"'.encode() in line for line in lines(home))


if __name__ == "__main__":
    sys.exit(main())
