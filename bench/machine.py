"""What the numbers were measured on, and how sources come into the page cache."""

from __future__ import annotations

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


def read(sources: list[Path]) -> None:
    """Brings the sources into the page cache; outside of what is timed.

    Memory is not touched beforehand: what is freed so is given back to the host before anybody can use it, and a first touch costs
    0.4 GB/s instead of 2 to 5 (perf.md, measuring rules). On this kernel runs after it took 7 to 10 s instead of 2 to 5.
    """
    os.sync()
    in_child(_read, sources)


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
