"""How long a copy takes through the API, from the call until the image is Available, beside the same copy by `reseal copy --verify`;
what depends on the size of an image and what does not; and how fast a catalog of many images is listed."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

import inputs
import rpc
import tools
from groups import Aim
from inputs import GIB, MIB
from process import Failed
from report import Row
from server import Server

PATIENCE_S = 600
PAGE = 100


@dataclass(frozen=True)
class Sizes:
    turns: int
    shares: int
    images: int
    pages: int


FULL = Sizes(turns=5, shares=20, images=10_000, pages=200)
QUICK = Sizes(turns=2, shares=5, images=200, pages=20)


@dataclass(frozen=True)
class Measured:
    """Seconds, unless a name says otherwise."""

    copy_big: list[float]
    file_big: list[float]
    copy_tiny: list[float]
    file_tiny: list[float]
    answer: list[float]
    share_small: list[float]
    share_big: list[float]
    five_in_turn: list[float]
    five_at_once: list[float]
    images: int
    page_ms: list[float]
    peak_mib: float


class Images:
    """A server with the bucket `golden`, seen by a client."""

    def __init__(self, program: Path, folder: Path) -> None:
        golden = folder / "golden"
        self.server = Server(program, folder, ["--import-directory", f"golden={golden}", "--limit-images", "0"])
        self.client = rpc.Client(self.server.address, self.server.key_file)

    def imported(self, name: str) -> str:
        disk = {"DiskDeviceMapping_1_OSSBucket": "golden", "DiskDeviceMapping_1_OSSObject": name}
        return self.available([self.client.call("ImportImage", **disk)["ImageId"]])[0]

    def begin_copy(self, image: str, **parameters: object) -> str:
        return self.client.call("CopyImage", ImageId=image, **parameters)["ImageId"]

    def copy_s(self, image: str, **parameters: object) -> float:
        """Until it is Available. The copy is deleted, which is not timed."""
        started = time.perf_counter()
        copies = self.available([self.begin_copy(image, **parameters)])
        took = time.perf_counter() - started
        self.delete(copies)
        return took

    def delete(self, images: list[str]) -> None:
        for image in images:
            self.client.call("DeleteImage", ImageId=image)

    def available(self, images: list[str]) -> list[str]:
        """Waits for images, at most a page of them."""
        end = time.monotonic() + PATIENCE_S
        wanted = ",".join(images)
        while True:
            found = self.client.call("DescribeImages", ImageId=wanted, Status="ALL", PageSize=PAGE)["Images"]["Image"]
            states = [image["Status"] for image in found]
            if len(states) == len(images) and all(state == "Available" for state in states):
                return images
            if "CreateFailed" in states or time.monotonic() > end:
                raise Failed(f"images became {states}, not Available")
            time.sleep(0.002)

    def peak_mib(self) -> float:
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def __enter__(self) -> Images:
        return self

    def __exit__(self, *_) -> None:
        self.server.stop()


def measure(program: Path, folder: Path, sizes: inputs.Sizes, quick: bool) -> Measured:
    counts = QUICK if quick else FULL
    golden = folder / "golden"
    golden.mkdir(parents=True)
    print("  images: inputs", end="", flush=True)
    _qcow2(golden / "big.qcow2", inputs.big, sizes)
    _qcow2(golden / "tiny.qcow2", inputs.tiny)
    inputs.dense(_empty(golden / "small.raw"), 0, MIB)
    os.truncate(_empty(golden / "wide.raw"), 64 * GIB)
    inputs.dense(golden / "wide.raw", 32 * GIB, 16 * MIB)
    peak = _peak_of_a_wide_copy(program, folder)
    with Images(program, folder) as images:
        print(", copies", end="", flush=True)
        big, tiny, small = (images.imported(name) for name in ("big.qcow2", "tiny.qcow2", "small.raw"))
        copy_big, file_big = _beside_files(images, big, golden / "big.qcow2", folder, counts.turns)
        copy_tiny, file_tiny = _beside_files(images, tiny, golden / "tiny.qcow2", folder, 2 * counts.turns)
        print(", shares", end="", flush=True)
        kept = images.available([images.begin_copy(big, Encrypted="true")])[0]
        share_small, share_big = [], []
        for _ in range(counts.shares):
            share_small.append(images.copy_s(small))
            share_big.append(images.copy_s(kept))
        answer = _answers(images, big, counts.turns)
        print(", five", end="", flush=True)
        in_turn, at_once = _five(images, tiny, counts.turns)
        print(f", {counts.images} images", flush=True)
        page_ms = _pages(images, small, counts)
    shutil.rmtree(folder)
    return Measured(copy_big, file_big, copy_tiny, file_tiny, answer, share_small, share_big, in_turn, at_once,
                    counts.images, page_ms, peak)


def _empty(path: Path) -> Path:
    path.touch()
    return path


def _qcow2(path: Path, make, *arguments) -> None:
    raw = path.with_suffix(".raw")
    make(raw, *arguments)
    tools.call(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", *tools.QEMU_BEST, str(raw), str(path)])
    raw.unlink()


def _peak_of_a_wide_copy(program: Path, folder: Path) -> float:
    """A server of its own, so that its highest memory is that of this copy."""
    with Images(program, folder) as images:
        wide = images.imported("wide.raw")
        images.copy_s(wide, Encrypted="true")
        peak = images.peak_mib()
        images.delete([wide])
    return peak


def _beside_files(images: Images, image: str, file: Path, folder: Path, turns: int) -> tuple[list[float], list[float]]:
    """The same copy on the server and by the command, one after the other."""
    program = str(images.server.program)
    data, target = folder / "file-data", folder / "copy.qcow2"
    command = [program, "--data", str(data), "copy", str(file), str(target), "--encrypt", "--verify", "--quiet"]
    served, by_command = [], []
    for _ in range(turns):
        served.append(images.copy_s(image, Encrypted="true"))
        target.unlink(missing_ok=True)
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        by_command.append(time.perf_counter() - started)
        if done.returncode != 0:
            raise Failed(f"reseal copy: {done.stderr}")
    target.unlink()
    return served, by_command


def _answers(images: Images, image: str, turns: int) -> list[float]:
    """How long CopyImage itself takes, for a copy that moves all bytes."""
    times = []
    for _ in range(turns):
        started = time.perf_counter()
        copy = images.begin_copy(image, Encrypted="true")
        times.append(time.perf_counter() - started)
        images.client.call("CancelCopyImage", ImageId=copy)
    return times


def _five(images: Images, image: str, turns: int) -> tuple[list[float], list[float]]:
    in_turn, at_once = [], []
    for _ in range(turns):
        in_turn.append(sum(images.copy_s(image, Encrypted="true") for _ in range(5)))
        started = time.perf_counter()
        copies = images.available([images.begin_copy(image, Encrypted="true") for _ in range(5)])
        at_once.append(time.perf_counter() - started)
        images.delete(copies)
    return in_turn, at_once


def _pages(images: Images, image: str, counts: Sizes) -> list[float]:
    """Times of pages of 100, from all over a catalog of so many images, in milliseconds."""
    copies = [images.begin_copy(image) for _ in range(counts.images)]
    for start in range(0, len(copies), PAGE):
        images.available(copies[start:start + PAGE])
    times = []
    for turn in range(counts.pages):
        number = 1 + turn * 7 % (counts.images // PAGE)
        started = time.perf_counter()
        images.client.call("DescribeImages", PageNumber=number, PageSize=PAGE)
        times.append((time.perf_counter() - started) * 1000)
    return times


def rows(measured: Measured) -> list[Row]:
    def ratio(work: str, against: str, ours: list[float], peer: list[float], bound: float) -> Row:
        return Row(work, against, ours, peer, "s", median(ours) / median(peer), Aim("ratio", bound))

    return [
        ratio("CopyImage to Available, big image", "reseal copy --verify", measured.copy_big, measured.file_big, 1.15),
        ratio("kept copy, big image", "plain copy, 1 MiB", measured.share_big, measured.share_small, 1.25),
        ratio("five copies at once, 64 MiB", "one after another", measured.five_at_once, measured.five_in_turn, 1.0),
    ]


def table(measured: Measured) -> str:
    cuts = quantiles(measured.page_ms, n=100)
    overhead = [(median(served) - median(by_file)) * 1000 for served, by_file in
                [(measured.copy_big, measured.file_big), (measured.copy_tiny, measured.file_tiny)]]
    lines = [
        f"CopyImage beyond `reseal copy --verify`: {overhead[0]:.0f} ms of {median(measured.copy_big):.2f} s (big image), "
        f"{overhead[1]:.0f} ms of {median(measured.copy_tiny) * 1000:.0f} ms (64 MiB)",
        f"CopyImage answers in {median(measured.answer) * 1000:.1f} ms (big image)",
        f"DescribeImages, {PAGE} of {measured.images} images: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms",
        f"peak memory of a server that imports and encrypts 64 GiB (16 MiB of data): {measured.peak_mib:.0f} MiB",
    ]
    return "\n".join(lines)


def as_json(measured: Measured) -> dict:
    return asdict(measured)
