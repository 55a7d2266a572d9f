"""What is measured and against what. A group runs its sides in turn on the same inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import tools
from workshop import KEY_A, KEY_B, Workshop


@dataclass(frozen=True)
class Side:
    name: str
    commands: list[list[str]]  # started together
    outputs: list[Path] = field(default_factory=list)  # removed before each run
    sink: str | None = None  # for ours: which limit of memory it has to keep
    repeats: int | None = None  # fewer than the group, where one run takes very long


@dataclass(frozen=True)
class Aim:
    """`times`: the peer takes at least `bound` times as long. `ratio`: we take at most `bound` of the peer. `limit`: at most `bound`.
    `floor`: at least `bound`."""

    kind: str
    bound: float
    metric: str = "wall_s"


@dataclass(frozen=True)
class Claim:
    work: str
    ours: str
    peer: str | None
    aim: Aim


@dataclass(frozen=True)
class Group:
    name: str
    sides: list[Side]
    claims: list[Claim]
    sources: list[Path]
    repeats: int = 5
    settle: bool = True  # bring the sources into the page cache, and run once uncounted, whose output leaves memory that is at hand
    volume: Path | None = None  # where to watch the free space


def all_groups(shop: Workshop) -> list[Group]:
    makers = [_encrypt, _durable, _reencrypt, _reencrypt_durable, _rewrap, _copy, _share, _tiny, _sparse, _terabyte, _many, _cores, _open]
    return [make(shop) for make in makers]


def _times(bound: float) -> Aim:
    return Aim("times", bound)


def _ratio(bound: float, metric: str = "wall_s") -> Aim:
    return Aim("ratio", bound, metric)


def _limit(bound: float, metric: str = "wall_s") -> Aim:
    return Aim("limit", bound, metric)


def _encrypt(shop: Workshop) -> Group:
    def ours(name: str, *flags: str) -> Side:
        return Side(name, [shop.reseal.encrypt(shop.big, shop.output, KEY_A, "--no-sync", *flags)], [shop.output], "buffered")

    def qemu(name: str, flags: list[str], *options: str, repeats: int | None = None) -> Side:
        command = tools.qemu_encrypt(shop.big, shop.output, shop.key, flags, *options)
        return Side(name, [command], [shop.output], repeats=repeats)

    work = "plain → LUKS qcow2, no sync"
    return Group("encrypt", [
        ours("reseal"),
        ours("reseal, cipher off", "--cipher-off"),
        ours("reseal, no digest tree", "--no-digest"),
        Side("cp", [tools.cp(shop.big, shop.output)], [shop.output]),
        qemu("qemu-img best flags", tools.QEMU_BEST, tools.ITER_TIME_LOWEST),
        qemu("qemu-img default flags", [], repeats=5),
    ], [
        Claim(work, "reseal", "qemu-img best flags", _times(7)),
        Claim(work, "reseal", "qemu-img default flags", _times(13)),
        Claim(work, "reseal", "cp", _ratio(0.7)),
        Claim(work, "reseal", "reseal, cipher off", _ratio(1.15)),
        Claim("digest tree on", "reseal", "reseal, no digest tree", _ratio(1.15)),
    ], [shop.big], repeats=9)


def _durable(shop: Workshop) -> Group:
    work = "plain → LUKS qcow2, durable (default)"
    qemu = tools.qemu_encrypt(shop.big, shop.output, shop.key, tools.QEMU_DURABLE, tools.ITER_TIME_LOWEST)
    return Group("durable", [
        Side("reseal", [shop.reseal.encrypt(shop.big, shop.output, KEY_A)], [shop.output], "durable"),
        Side("dd conv=fdatasync", [tools.dd_durable(shop.big, shop.output)], [shop.output]),
        Side("qemu-img -t none -T none", [qemu], [shop.output]),
    ], [
        Claim(work, "reseal", "qemu-img -t none -T none", _times(3.8)),
        Claim(work, "reseal", "dd conv=fdatasync", _ratio(0.65)),
        Claim(work + ", CPU", "reseal", "qemu-img -t none -T none", _ratio(1 / 6, "cpu_s")),
    ], [shop.big])


def _reencrypt(shop: Workshop) -> Group:
    return Group("reencrypt", [
        Side("reseal", [shop.reseal.encrypt(shop.big_luks, shop.output, KEY_B, "--no-sync")], [shop.output], "buffered"),
        Side("qemu-img best flags", [tools.qemu_reencrypt(shop.big_luks, shop.output, shop.twin_key, shop.new_key, tools.QEMU_BEST)],
             [shop.output]),
    ], [Claim("LUKS → LUKS, new master key, no sync", "reseal", "qemu-img best flags", _times(8))], [shop.big_luks], repeats=7)


def _reencrypt_durable(shop: Workshop) -> Group:
    work = "LUKS → LUKS, new master key, durable"
    return Group("reencrypt-durable", [
        Side("reseal", [shop.reseal.encrypt(shop.big_luks, shop.output, KEY_B)], [shop.output], "durable"),
        Side("qemu-img -t none -T none",
             [tools.qemu_reencrypt(shop.big_luks, shop.output, shop.twin_key, shop.new_key, tools.QEMU_DURABLE)], [shop.output]),
        Side("cryptsetup reencrypt", [tools.cryptsetup_reencrypt(shop.luks2, shop.key)], [shop.output]),
    ], [
        Claim(work, "reseal", "qemu-img -t none -T none", _times(3.5)),
        Claim(work, "reseal", "cryptsetup reencrypt", _times(3)),
    ], [shop.big_luks, shop.luks2])


def _rewrap(shop: Workshop) -> Group:
    source, target = shop.volume_big_luks, shop.volume_output
    work = "rewrap on a reflink file system"
    return Group("rewrap", [
        Side("reseal", [shop.reseal.encrypt(source, target, KEY_B, "--rekey", "rewrap")], [target], "durable"),
        Side("cp --reflink, qemu-img amend", [tools.qemu_rewrap(source, target, shop.twin_key, shop.new_key)], [target]),
    ], [
        Claim(work, "reseal", "cp --reflink, qemu-img amend", _times(80)),
        Claim(work, "reseal", None, _limit(0.015)),
    ], [source], volume=shop.volume)


def _copy(shop: Workshop) -> Group:
    """Without reflinks (ext4) a copy of the bytes is the best that can be had."""
    return Group("copy", [
        Side("reseal, plain", [shop.reseal.copy(shop.big, shop.output, "--no-sync")], [shop.output], "buffered"),
        Side("cp, plain", [tools.cp(shop.big, shop.output)], [shop.output]),
        Side("reseal, keep key", [shop.reseal.copy(shop.big_luks, shop.output, "--no-sync")], [shop.output], "buffered"),
        Side("cp, keep key", [tools.cp(shop.big_luks, shop.output)], [shop.output]),
    ], [
        Claim("plain copy, no reflink", "reseal, plain", "cp, plain", _ratio(1.0)),
        Claim("keep-key copy, no reflink", "reseal, keep key", "cp, keep key", _ratio(1.0)),
    ], [shop.big, shop.big_luks], repeats=7)


def _share(shop: Workshop) -> Group:
    """With reflinks a copy takes no space; that shows that the blocks are shared."""
    target = shop.volume_output
    return Group("share", [
        Side("reseal, plain", [shop.reseal.copy(shop.volume_tiny, target)], [target], "durable"),
        Side("reseal, keep key", [shop.reseal.copy(shop.volume_big_luks, target)], [target], "durable"),
        Side("cp --reflink=always", [tools.cp(shop.volume_big_luks, target, "always")], [target]),
    ], [
        Claim("plain copy by reflink, new space", "reseal, plain", None, _limit(1, "volume_mib")),
        Claim("keep-key copy by reflink, new space", "reseal, keep key", None, _limit(1, "volume_mib")),
    ], [], settle=False, volume=shop.volume)


def _tiny(shop: Workshop) -> Group:
    work = "64 MiB image, whole process"

    def qemu(*options: str) -> list[str]:
        return tools.qemu_encrypt(shop.tiny, shop.output, shop.key, tools.QEMU_BEST if options else [], *options)

    return Group("tiny", [
        Side("reseal", [shop.reseal.encrypt(shop.tiny, shop.output, KEY_A, "--no-sync")], [shop.output], "buffered"),
        Side("qemu-img without encryption", [tools.qemu_plain(shop.tiny, shop.output)], [shop.output]),
        Side("qemu-img iter-time=10", [qemu(tools.ITER_TIME_LOWEST)], [shop.output]),
        Side("qemu-img default", [qemu()], [shop.output], repeats=5),
    ], [
        Claim(work, "reseal", "qemu-img iter-time=10", _times(50)),
        Claim(work, "reseal", "qemu-img default", _times(150)),
        Claim(work, "reseal", "qemu-img without encryption", _ratio(1.2)),
    ], [shop.tiny], repeats=10)


def _sparse(shop: Workshop) -> Group:
    qemu = tools.qemu_encrypt(shop.sparse, shop.output, shop.key, tools.QEMU_BEST, tools.ITER_TIME_LOWEST)
    return Group("sparse", [
        Side("reseal", [shop.reseal.encrypt(shop.sparse, shop.output, KEY_A, "--no-sync")], [shop.output], "buffered"),
        Side("qemu-img best flags", [qemu], [shop.output]),
    ], [Claim("sparse, many short extents, no sync", "reseal", "qemu-img best flags", _times(8))], [shop.sparse], repeats=9)


def _terabyte(shop: Workshop) -> Group:
    work = "1 TiB virtual, 3 MiB data"
    return Group("terabyte", [
        Side("reseal", [shop.reseal.encrypt(shop.terabyte, shop.output, KEY_A)], [shop.output], "durable"),
    ], [
        Claim(work, "reseal", None, _limit(0.1)),
        Claim(work + ", on disk", "reseal", None, _limit(8, "output_mib")),
    ], [shop.terabyte], settle=False)


def _many(shop: Workshop) -> Group:
    count = shop.sizes.copies_at_once
    outputs = [shop.folder / f"output-{index}.qcow2" for index in range(count)]
    return Group("many", [
        Side("reseal", [shop.reseal.encrypt(shop.tiny, output, KEY_A, "--no-sync") for output in outputs], outputs, "buffered"),
        Side("qemu-img iter-time=10",
             [tools.qemu_encrypt(shop.tiny, output, shop.key, tools.QEMU_BEST, tools.ITER_TIME_LOWEST) for output in outputs],
             outputs, repeats=3),
    ], [Claim(f"{count} small copies at once", "reseal", "qemu-img iter-time=10", _times(50))], [shop.tiny])


def _cores(shop: Workshop) -> Group:
    def threads(count: int) -> Side:
        command = shop.reseal.encrypt(shop.big, shop.output, KEY_A, "--no-sync", "--null-sink", "--threads", str(count))
        return Side(f"reseal, {count} thread{'s' if count > 1 else ''}", [command], [shop.output], "buffered")

    return Group("cores", [threads(1), threads(2)], [
        Claim("1 → 2 threads, null sink", "reseal, 2 threads", "reseal, 1 thread", _times(1.8)),
    ], [shop.big])


def _open(shop: Workshop) -> Group:
    """`exec` of a command that does nothing: the program starts, tests itself, opens the file and has its key unwrapped."""
    return Group("open", [
        Side("reseal exec … true", [shop.reseal.exec(shop.tiny_luks, "true")]),
    ], [Claim("self test + open + key unwrap", "reseal exec … true", None, _limit(0.030))], [shop.tiny_luks], repeats=20, settle=False)
