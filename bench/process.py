"""Runs one command and says what it took: wall time, CPU time, peak memory, space.

The peak memory that the kernel reports has a floor: a new process starts as a copy of this one. So this process stays small, and
all heavy work (making inputs, touching memory) happens in children.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import asdict, dataclass


@dataclass
class Run:
    wall_s: float
    cpu_s: float
    rss_mib: float
    output_mib: float = 0.0
    volume_mib: float = 0.0

    def as_json(self) -> dict:
        return {name: round(value, 6) for name, value in asdict(self).items()}


class Failed(Exception):
    """A command of the benchmark ended with an error."""


def run_at_once(commands: list[list[str]], log: str) -> Run:
    """Starts all commands together and waits for the last one. CPU times add up; memory is that of the largest."""
    started = time.perf_counter()
    children = [_spawn(command, log) for command in commands]
    cpu_s, rss_kib, broken = 0.0, 0, []
    for child, command in zip(children, commands):
        _, status, usage = os.wait4(child, 0)
        cpu_s += usage.ru_utime + usage.ru_stime
        rss_kib = max(rss_kib, usage.ru_maxrss)
        if status != 0:
            broken.append(command)
    wall_s = time.perf_counter() - started
    if broken:
        raise Failed(f"failed: {' '.join(broken[0])}\n{_tail(log)}")
    return Run(wall_s, cpu_s, rss_kib / 1024)


def run(command: list[str], log: str) -> Run:
    return run_at_once([command], log)


def in_child(work, *arguments) -> None:
    """Calls a Python function in a process of its own, so that its memory does not count as ours."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work(*arguments)
            code = 0
        except BaseException as error:  # the child must end here, whatever happened
            print(f"bench: {work.__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(code)
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise Failed(f"{work.__name__} failed")


def _spawn(command: list[str], log: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, flags, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, log, flags, 0o600),
    ]
    return os.posix_spawnp(command[0], command, os.environ, file_actions=actions)


def _tail(log: str) -> str:
    with open(log, "rb") as file:
        return file.read()[-2000:].decode(errors="replace")
