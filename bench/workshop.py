"""The folder where the benchmark works: inputs, keys, outputs, a volume with reflinks. All of it goes away at the end."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import inputs
import tools
from inputs import Sizes

KEY_A, KEY_B = "alias/bench-a", "alias/bench-b"
# cryptsetup puts the data of a LUKS2 file behind 16 MiB of headers.
LUKS2_DATA_OFFSET = 16 << 20
VOLUME_SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "xfs-volume.sh"


class Workshop:
    def __init__(self, folder: Path, sizes: Sizes, reseal: tools.Reseal) -> None:
        self.folder, self.sizes, self.reseal = folder, sizes, reseal
        self.big, self.big_luks = folder / "big.qcow2", folder / "big.luks.qcow2"
        self.sparse = folder / "sparse.qcow2"
        self.tiny, self.tiny_luks = folder / "tiny.qcow2", folder / "tiny.luks.qcow2"
        self.terabyte = folder / "terabyte.qcow2"
        self.luks2 = folder / "in-place.luks2"
        self.output = folder / "output.qcow2"
        self.volume = folder / "mnt"
        self.volume_big_luks, self.volume_tiny = self.volume / "big.luks.qcow2", self.volume / "tiny.qcow2"
        self.volume_output = self.volume / "output.qcow2"
        # Passphrases for the peers: two of our own making, and the one that opens our twin of `big`.
        self.key, self.new_key, self.twin_key = folder / "key", folder / "new-key", folder / "twin-key"
        self.log = str(folder / "log.txt")

    def build(self, wanted: set[str]) -> None:
        """Makes what the wanted groups need. Not timed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in (self.key, self.new_key):
            file.touch(0o600)
            file.write_text(secrets.token_hex(32))
        self.reseal.make_key("bench-a")
        self.reseal.make_key("bench-b")
        self._image(self.tiny, inputs.tiny)
        self._twin(self.tiny, self.tiny_luks)
        if wanted & {"encrypt", "durable", "reencrypt", "reencrypt-durable", "rewrap", "copy", "share", "cores"}:
            self._image(self.big, inputs.big, self.sizes)
            self._twin(self.big, self.big_luks)
            self.reseal.write_passphrase(self.big_luks, self.twin_key)
        if "sparse" in wanted:
            self._image(self.sparse, inputs.sparse, self.sizes)
        if "terabyte" in wanted:
            self._image(self.terabyte, inputs.terabyte)
        if "reencrypt-durable" in wanted:
            self._in_place_luks2()
        if wanted & {"rewrap", "share"}:
            self._volume()

    def remove(self) -> None:
        if (self.folder / "xfs.img").exists():
            tools.call([str(VOLUME_SCRIPT), "remove", str(self.folder)])
        shutil.rmtree(self.folder, ignore_errors=True)

    def _image(self, image: Path, make, *arguments) -> None:
        print(f"  making {image.name}", flush=True)
        raw = image.with_suffix(".raw")
        make(raw, *arguments)
        tools.call(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", *tools.QEMU_BEST, str(raw), str(image)])
        raw.unlink()

    def _twin(self, plain: Path, luks: Path) -> None:
        print(f"  making {luks.name}, and comparing it by qemu-img", flush=True)
        tools.call(self.reseal.encrypt(plain, luks, KEY_A, "--no-sync"))
        self.reseal.prove_equal(luks, plain)

    def _in_place_luks2(self) -> None:
        print(f"  making {self.luks2.name}", flush=True)
        self.luks2.touch()
        with open(self.luks2, "r+b") as file:
            file.truncate(LUKS2_DATA_OFFSET + self.sizes.big_data)
        tools.call(tools.cryptsetup_format(self.luks2, self.key))
        inputs.dense(self.luks2, LUKS2_DATA_OFFSET, self.sizes.big_data)

    def _volume(self) -> None:
        print("  making an XFS volume with reflinks", flush=True)
        size = self.sizes.big_data + inputs.GIB + inputs.GIB // 2
        tools.call([str(VOLUME_SCRIPT), "create", str(self.folder), str(size)])
        tools.call(tools.cp(self.big_luks, self.volume_big_luks))
        tools.call(tools.cp(self.tiny, self.volume_tiny))
