"""What the numbers were measured on, and how memory is brought into the state that perf.md asks for."""

from __future__ import annotations

import mmap
import os
import platform
import resource
import subprocess
from pathlib import Path

from process import in_child


def describe(reseal: Path, work: Path) -> dict:
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(_meminfo("MemTotal") / 2**30, 1),
        "kernel": platform.release(),
        "file_system": _output("stat", "-f", "-c", "%T", str(work)),
        "reseal": _output(str(reseal), "--version"),
        "commit": _output("git", "rev-parse", "--short", "HEAD"),
        "qemu_img": _output("qemu-img", "--version"),
        "cryptsetup": _output("cryptsetup", "--version"),
    }


def memory_free() -> int:
    return _meminfo("MemAvailable")


def memory_floor_mib() -> float:
    """What the kernel reports for a child that takes less memory than this process, which it starts as a copy of."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def warm(length: int, sources: list[Path]) -> None:
    """Touches memory that the host may have taken back, then reads the sources into the page cache; outside of what is timed.

    Without this, a first touch costs 0.4 GB/s instead of 2 to 5, and whoever runs first pays (perf.md, measuring rules).
    """
    os.sync()
    in_child(_touch, length)
    in_child(_read, sources)


def _touch(length: int) -> None:
    with mmap.mmap(-1, length) as memory:
        block = b"\1" * (1 << 20)
        for _ in range(length >> 20):
            memory.write(block)


def _read(sources: list[Path]) -> None:
    buffer = bytearray(1 << 20)
    for source in sources:
        with open(source, "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _meminfo(name: str) -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"bench: error: /proc/meminfo has no {name}")


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[0].strip() if done.stdout else "unknown"
