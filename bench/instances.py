"""How long it takes from RunInstances to the first word of the guest, with a key and without, beside QEMU started by hand; and how long it
takes to make an instance of a small and of a large image.

The guest is the boot sector of the tests, which reads 1 MiB of its disk and says what it saw. The image is as small as it gets: what is
left is what the service adds.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import inputs
import tools
from groups import Aim
from images import Images
from inputs import GIB, MIB
from process import Failed
from report import Row

TURNS = 10
PATIENCE_S = 60
WORD = b"INSTANCE-BOOTED"
TYPE, CPUS, MEMORY_MIB = "ecs.t5-lc2m1.nano", 1, 512
BOOT = Path(__file__).resolve().parent.parent / "crates" / "ecs" / "tests" / "guest" / "boot.S"


@dataclass(frozen=True)
class Measured:
    """Seconds."""

    by_hand: list[float]
    plain: list[float]
    encrypted: list[float]
    create_small: list[float]
    create_large: list[float]


def measure(program: Path, folder: Path, quick: bool) -> Measured:
    turns = 3 if quick else TURNS
    golden = folder / "golden"
    golden.mkdir(parents=True)
    print("  instances: ", end="", flush=True)
    _guest(golden / "guest.raw")
    large = golden / "large.raw"
    large.touch()
    os.truncate(large, 40 * GIB)
    inputs.dense(large, 20 * GIB, 16 * MIB)
    by_hand, plain, encrypted, small_s, large_s = [], [], [], [], []
    with Images(program, folder) as images:
        guest, wide = images.imported("guest.raw"), images.imported("large.raw")
        sealed, wide_sealed = images.available([images.begin_copy(image, Encrypted="true") for image in (guest, wide)])
        # The first one has the server look which accelerator works.
        _run(images, guest)
        for _ in range(turns):
            by_hand.append(_by_hand(golden / "guest.raw", folder))
            plain.append(_run(images, guest))
            encrypted.append(_run(images, sealed))
            small_s.append(_create(images, sealed))
            large_s.append(_create(images, wide_sealed))
            print(".", end="", flush=True)
        print(flush=True)
    shutil.rmtree(folder)
    return Measured(by_hand, plain, encrypted, small_s, large_s)


def _guest(path: Path) -> None:
    made, sector = path.with_suffix(".o"), path.with_suffix(".bin")
    tools.call(["as", "--32", "-o", str(made), str(BOOT)])
    tools.call(["ld", "-m", "elf_i386", "-Ttext", "0x7c00", "--oformat", "binary", "-o", str(sector), str(made)])
    path.write_bytes(sector.read_bytes() + os.urandom(MIB) + bytes(MIB - 512))
    made.unlink()
    sector.unlink()


def _run(images: Images, image: str) -> float:
    """From the call to the guest's word in the console output."""
    started = time.perf_counter()
    instance = images.client.call("RunInstances", ImageId=image, InstanceType=TYPE)["InstanceIdSets"]["InstanceIdSet"][0]
    end = time.monotonic() + PATIENCE_S
    while WORD not in base64.b64decode(images.client.call("GetInstanceConsoleOutput", InstanceId=instance)["ConsoleOutput"]):
        if time.monotonic() > end:
            raise Failed("the guest said nothing")
        time.sleep(0.002)
    took = time.perf_counter() - started
    images.client.call("DeleteInstance", InstanceId=instance, Force="true")
    return took


def _create(images: Images, image: str) -> float:
    """An instance that is not started: its records and its disk."""
    started = time.perf_counter()
    instance = images.client.call("CreateInstance", ImageId=image, InstanceType=TYPE)["InstanceId"]
    took = time.perf_counter() - started
    images.client.call("DeleteInstance", InstanceId=instance, Force="true")
    return took


def _by_hand(disk: Path, folder: Path) -> float:
    """The same machine on the raw disk, without a service."""
    console = folder / "console"
    console.unlink(missing_ok=True)
    command = [
        "qemu-system-x86_64", "-machine", "pc", "-accel", "tcg", "-cpu", "max", "-smp", str(CPUS), "-m", f"{MEMORY_MIB}M", "-display", "none",
        "-nodefaults", "-no-user-config", "-serial", f"file:{console}", "-netdev", "user,id=net",
        "-device", "virtio-net-pci,netdev=net,romfile=", "-object", "rng-builtin,id=rng", "-device", "virtio-rng-pci,rng=rng",
        "-blockdev", f"driver=raw,node-name=disk,read-only=on,file.driver=file,file.filename={disk}", "-device", "virtio-blk-pci,drive=disk",
    ]
    started = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as machine:
        end = time.monotonic() + PATIENCE_S
        while not console.exists() or WORD not in console.read_bytes():
            if time.monotonic() > end:
                machine.kill()
                raise Failed("the guest that was started by hand said nothing")
            time.sleep(0.002)
        took = time.perf_counter() - started
        machine.kill()
    return took


def rows(measured: Measured) -> list[Row]:
    beyond = [run - median(measured.by_hand) for run in measured.plain]
    return [
        Row("RunInstances to the guest's word, encrypted", "plain", measured.encrypted, measured.plain, "s",
            median(measured.encrypted) / median(measured.plain), Aim("ratio", 1.25)),
        Row("RunInstances beyond QEMU by hand", "–", beyond, None, "s", median(beyond), Aim("limit", 0.05)),
        Row("CreateInstance, encrypted image of 40 GiB", "2 MiB", measured.create_large, measured.create_small, "s",
            median(measured.create_large) / median(measured.create_small), Aim("ratio", 1.25)),
    ]


def as_json(measured: Measured) -> dict:
    return asdict(measured)
