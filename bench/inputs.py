"""The images that are copied. Their data is incompressible, and the same in every run of the benchmark but for the random bytes."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path

from process import in_child

KIB, MIB, GIB, TIB = 1 << 10, 1 << 20, 1 << 30, 1 << 40


@dataclass(frozen=True)
class Sizes:
    """How much is measured. `full` is what the aims are stated for."""

    label: str
    big_data: int
    big_virtual: int
    sparse_extents: int
    copies_at_once: int

    @property
    def disk_needed(self) -> int:
        # Source, its LUKS twin, a copy on XFS, a LUKS2 file, an output (twice while an in-place tool works), and slack.
        return 6 * self.big_data + 3 * GIB

    @property
    def memory_needed(self) -> int:
        # Source and output stay in the page cache. As much again is what the host may be slow to give.
        return 4 * self.big_data + GIB


FULL = Sizes("full", 4 * GIB, 8 * GIB, 5000, 32)
HALF = Sizes("half", 2 * GIB, 4 * GIB, 2500, 32)
QUICK = Sizes("quick", 256 * MIB, 512 * MIB, 400, 8)


def largest_that_fits(disk_free: int, memory_free: int) -> Sizes:
    for sizes in (FULL, HALF, QUICK):
        if sizes.disk_needed <= disk_free and sizes.memory_needed <= memory_free:
            return sizes
    raise SystemExit(f"bench: error: even the small sizes need {QUICK.disk_needed / GIB:.0f} GiB of disk "
                     f"and {QUICK.memory_needed / GIB:.0f} GiB of free memory")


def big(path: Path, sizes: Sizes) -> None:
    """Half data, half holes, in 16 runs."""
    runs = 16
    step, length = sizes.big_virtual // runs, sizes.big_data // runs
    _write(path, sizes.big_virtual, [(index * step, length) for index in range(runs)])


def sparse(path: Path, sizes: Sizes) -> None:
    """Many short extents of 64 KiB to 1 MiB, spread over 8 GiB, about 2 GiB together at full size."""
    numbers = random.Random(5)
    virtual = 8 * GIB * sizes.sparse_extents // FULL.sparse_extents
    slot = virtual // sizes.sparse_extents // (64 * KIB) * (64 * KIB)
    extents = [(index * slot, numbers.randint(1, 12) * 64 * KIB) for index in range(sizes.sparse_extents)]
    _write(path, virtual, extents)


def tiny(path: Path) -> None:
    """64 MiB with 40 MiB of data."""
    _write(path, 64 * MIB, [(0, 20 * MIB), (30 * MIB, 20 * MIB)])


def terabyte(path: Path) -> None:
    """1 TiB with 3 MiB of data: at the start, in the middle, at the end."""
    _write(path, TIB, [(0, MIB), (TIB // 2, MIB), (TIB - MIB, MIB)])


def dense(path: Path, offset: int, length: int) -> None:
    """Random bytes into a file that exists."""
    in_child(_write_extents, path, [(offset, length)])


def _write(path: Path, virtual: int, extents: list[tuple[int, int]]) -> None:
    path.touch()
    os.truncate(path, virtual)
    in_child(_write_extents, path, extents)


def _write_extents(path: Path, extents: list[tuple[int, int]]) -> None:
    with open(path, "r+b", buffering=0) as file:
        for offset, length in extents:
            file.seek(offset)
            for start in range(0, length, MIB):
                file.write(os.urandom(min(MIB, length - start)))
