"""The command lines of both sides. The flags of the peers are the best ones that perf.md found, and what a user types by default."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

# Lowest PBKDF effort that qemu-img offers, and its parallel, unordered writing.
QEMU_BEST = ["-W", "-m", "16"]
QEMU_DURABLE = [*QEMU_BEST, "-t", "none", "-T", "none"]
ITER_TIME_LOWEST = "encrypt.iter-time=10"


@dataclass(frozen=True)
class Reseal:
    """Our side. The data directory comes from RESEAL_DATA, set once by run.py."""

    program: Path

    def copy(self, source: Path, target: Path, *flags: str) -> list[str]:
        return [str(self.program), "copy", str(source), str(target), "--quiet", *flags]

    def encrypt(self, source: Path, target: Path, key: str, *flags: str) -> list[str]:
        return self.copy(source, target, "--encrypt", "--key", key, *flags)

    def exec(self, image: Path, *command: str) -> list[str]:
        return [str(self.program), "exec", str(image), "--", *command]

    def make_key(self, alias: str) -> None:
        call([str(self.program), "key", "create", "--alias", alias])

    def write_passphrase(self, image: Path, file: Path) -> None:
        """Hands the passphrase of our image to a peer that must read it: a file of the benchmark, mode 0600."""
        file.touch(0o600)
        call(self.exec(image, "sh", "-c", 'cat "$1" >"$2"', "sh", "{secret}", str(file)))

    def prove_equal(self, image: Path, plain: Path) -> None:
        """Stock qemu-img reads our image with its key and compares it with the source: speed without that means nothing."""
        call(self.exec(image, "qemu-img", "compare", *secret("s0", "{secret}"), "--image-opts",
                       luks_source(image, "s0"), f"driver=qcow2,file.filename={plain}"))


def call(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise SystemExit(f"bench: error: {' '.join(command)}\n{done.stdout}{done.stderr}")


def secret(name: str, file: Path | str) -> list[str]:
    return ["--object", f"secret,id={name},file={file}"]


def luks_source(image: Path, key: str) -> str:
    return f"driver=qcow2,file.filename={image},encrypt.key-secret={key}"


def qemu_plain(source: Path, target: Path) -> list[str]:
    return ["qemu-img", "convert", "-f", "qcow2", "-O", "qcow2", *QEMU_BEST, str(source), str(target)]


def qemu_encrypt(source: Path, target: Path, key: Path, flags: list[str], *options: str) -> list[str]:
    return ["qemu-img", "convert", *secret("k", key), "-f", "qcow2", "-O", "qcow2",
            "-o", ",".join(["encrypt.format=luks", "encrypt.key-secret=k", *options]), *flags, str(source), str(target)]


def qemu_reencrypt(source: Path, target: Path, old: Path, new: Path, flags: list[str]) -> list[str]:
    return ["qemu-img", "convert", *secret("k", old), *secret("n", new), "-O", "qcow2",
            "-o", f"encrypt.format=luks,encrypt.key-secret=n,{ITER_TIME_LOWEST}", *flags,
            "--image-opts", luks_source(source, "k"), str(target)]


def qemu_rewrap(source: Path, target: Path, old: Path, new: Path) -> list[str]:
    """The fair peer of a rewrap: share the blocks, add the new passphrase, drop the old one."""
    return ["sh", "-ec", """
        cp --reflink=always "$1" "$2"
        qemu-img amend --object secret,id=k,file="$3" --object secret,id=n,file="$4" \
            -o encrypt.state=active,encrypt.new-secret=n,encrypt.iter-time=10 \
            --image-opts driver=qcow2,file.filename="$2",encrypt.key-secret=k
        qemu-img amend --object secret,id=k,file="$3" --object secret,id=n,file="$4" \
            -o encrypt.state=inactive,encrypt.old-secret=k \
            --image-opts driver=qcow2,file.filename="$2",encrypt.key-secret=n
        """, "sh", str(source), str(target), str(old), str(new)]


def cp(source: Path, target: Path, reflink: str = "never") -> list[str]:
    return ["cp", f"--reflink={reflink}", str(source), str(target)]


def dd_durable(source: Path, target: Path) -> list[str]:
    return ["dd", f"if={source}", f"of={target}", "bs=1M", "conv=fdatasync", "status=none"]


_LUKS2_EFFORT = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]


def cryptsetup_format(image: Path, key: Path) -> list[str]:
    return ["cryptsetup", "luksFormat", "-q", "--type", "luks2", *_LUKS2_EFFORT, "--key-file", str(key), str(image)]


def cryptsetup_reencrypt(image: Path, key: Path) -> list[str]:
    """In place, so it can be repeated on the same file. This kernel has no dm-crypt: cryptsetup works in user space."""
    return ["cryptsetup", "reencrypt", "-q", "--force-offline-reencrypt", "--resilience", "none", *_LUKS2_EFFORT,
            "--key-file", str(key), str(image)]
