"""How fast the server answers: signed calls over connections that stay open, with the settings that users get (all that is answered is on
disk, every call in the audit), and how fast it starts and how much memory it takes.

The load generator is `crates/api/examples/load`. Server and generator share the machine, so the rates are those of both together; the
server's own processor time a call stands beside them, which a busy machine changes less.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles

from groups import Aim
from process import Failed
from report import Row

ACTIONS = ["CreateKey", "Encrypt", "Decrypt", "GenerateDataKey"]
CLIENTS = [1, 8, 64, 256]
KEYS_MANY = 100_000
START_PATIENCE_S = 30
FLUSHES = 100
MIB = 1 << 20


@dataclass(frozen=True)
class Sizes:
    seconds: float
    turns: int
    keys: int
    starts: int


FULL = Sizes(seconds=2, turns=3, keys=KEYS_MANY, starts=5)
QUICK = Sizes(seconds=0.5, turns=1, keys=2000, starts=2)


@dataclass(frozen=True)
class Cell:
    """One action with so many clients, in the best of its turns: whoever else works on the machine can only slow it down."""

    action: str
    clients: int
    per_second: float
    p50_ms: float
    p99_ms: float
    server_cpu_us: float
    fdatasync_p50_ms: float
    fdatasync_p99_ms: float
    rates: list[float]


@dataclass(frozen=True)
class Measured:
    cells: list[Cell]
    starts_empty_s: list[float]
    starts_many_s: list[float]
    keys_many: int
    rss_many_mib: list[float]

    def rate(self, action: str, clients: int) -> list[float]:
        return next(cell.rates for cell in self.cells if (cell.action, cell.clients) == (action, clients))


class Server:
    """A server on a data directory, with an access key of the benchmark's own."""

    def __init__(self, program: Path, folder: Path, further: Sequence[str] = ()) -> None:
        self.program = program
        self.data, self.key_file, self.log = folder / "data", folder / "access-key", folder / "server.log"
        folder.mkdir(parents=True, exist_ok=True)
        if not self.key_file.exists():
            self.key_file.touch(0o600)
            self.key_file.write_text(f"LTAI{secrets.token_hex(10)}\n{secrets.token_hex(15)}\n")
        limits = [word for name in ("keys", "aliases", "key-versions") for word in (f"--limit-{name}", "0")]
        command = [program, "--data", self.data, "serve", "--listen", "127.0.0.1:0", *limits, *further,
                   "--bootstrap-access-key", self.key_file]
        started = time.perf_counter()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        self.address = self._address(started)
        self.start_s = time.perf_counter() - started

    def _address(self, started: float) -> str:
        for line in self.process.stdout:
            if line.startswith("listening on http://"):
                return line.split("://", 1)[1].strip()
            if time.perf_counter() - started > START_PATIENCE_S:
                break
        raise Failed(f"the server did not start; see {self.log}")

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self) -> float:
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MIB

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_) -> None:
        self.stop()


def measure(program: Path, load: Path, folder: Path, quick: bool) -> Measured:
    sizes = QUICK if quick else FULL
    print("  server: starts", end="", flush=True)
    empty = [_start(program, folder / f"empty-{turn}") for turn in range(sizes.starts)]
    print(", calls ", end="", flush=True)
    with Server(program, folder / "calls") as server:
        cells = [_cell(server, load, action, clients, sizes) for action in ACTIONS for clients in CLIENTS]
    print(f", {sizes.keys} keys", flush=True)
    with Server(program, folder / "many") as server:
        _load(load, server, "CreateKey", 64, str(sizes.keys))
    many = [_start(program, folder / "many") for _ in range(sizes.starts)]
    return Measured(cells, [start_s for start_s, _ in empty], [start_s for start_s, _ in many], sizes.keys, [rss for _, rss in many])


def _start(program: Path, folder: Path) -> tuple[float, float]:
    """Seconds until it listens, and its memory a moment later, when what it does in the background is done."""
    with Server(program, folder) as server:
        time.sleep(1)
        return server.start_s, server.rss_mib()


def _cell(server: Server, load: Path, action: str, clients: int, sizes: Sizes) -> Cell:
    flush_p50, flush_p99 = _fdatasync_ms(server.data.parent)
    runs = []
    for _ in range(sizes.turns):
        cpu_before = server.cpu_s()
        run = _load(load, server, action, clients, f"{sizes.seconds}s")
        runs.append((run, (server.cpu_s() - cpu_before) / run["calls"] * 1e6))
    print(".", end="", flush=True)
    best, cpu_us = max(runs, key=lambda pair: pair[0]["per_second"])
    return Cell(action, clients, best["per_second"], best["p50_ms"], best["p99_ms"], cpu_us, flush_p50, flush_p99,
                [run["per_second"] for run, _ in runs])


def _load(load: Path, server: Server, action: str, clients: int, work: str) -> dict:
    command = [load, server.address, server.key_file, action, str(clients), work]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Failed(f"the load generator failed: {done.stderr}")
    run = json.loads(done.stdout)
    if run["errors"] or not run["calls"]:
        raise Failed(f"{action} with {clients} clients: {run['errors']} errors, {run['calls']} calls; {run['first_error']}")
    return run


def _fdatasync_ms(folder: Path) -> tuple[float, float]:
    """What one flush costs here: 4 KiB appended to a file and made durable, again and again."""
    path, times = folder / "flushed", []
    with open(path, "wb", buffering=0) as file:
        for _ in range(FLUSHES):
            file.write(bytes(4096))
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - started) * 1000)
    path.unlink()
    cuts = quantiles(times, n=100)
    return cuts[49], cuts[98]


def rows(measured: Measured) -> list[Row]:
    def row(work: str, values: list[float], unit: str, aim: Aim) -> Row:
        return Row(work, "–", values, None, unit, max(values) if aim.kind == "floor" else min(values), aim)

    create_64, create_256 = (measured.rate("CreateKey", clients) for clients in (64, 256))
    keys = f"{measured.keys_many} keys"
    return [
        row("Decrypt, 64 clients", measured.rate("Decrypt", 64), "/s", Aim("floor", 5000)),
        row("CreateKey, 64 clients", create_64, "/s", Aim("floor", 2000)),
        row("CreateKey, 256 clients, as at 64", create_256, "/s", Aim("floor", 0.95 * max(create_64))),
        row("start, empty directory", measured.starts_empty_s, "s", Aim("limit", 1)),
        row(f"start, {keys}", measured.starts_many_s, "s", Aim("limit", 1)),
        row(f"memory after the start, {keys}", measured.rss_many_mib, "MiB", Aim("limit", 200)),
    ]


def table(measured: Measured) -> str:
    heads = ["action", "clients", "calls/s", "p50 ms", "p99 ms", "server CPU µs/call", "fdatasync p50 – p99 ms"]
    lines = [heads]
    for cell in measured.cells:
        lines.append([cell.action, str(cell.clients), f"{cell.per_second:.0f}", f"{cell.p50_ms:.2f}", f"{cell.p99_ms:.2f}",
                      f"{cell.server_cpu_us:.0f}", f"{cell.fdatasync_p50_ms:.2f} – {cell.fdatasync_p99_ms:.2f}"])
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    texts = ["  ".join(cell.rjust(width) if column else cell.ljust(width)
                       for column, (cell, width) in enumerate(zip(line, widths))) for line in lines]
    return "\n".join([texts[0], "-" * len(texts[0]), *texts[1:]])


def as_json(measured: Measured) -> dict:
    return asdict(measured)
