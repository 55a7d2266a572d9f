#!/usr/bin/env python3
"""Makes the seeds of the kept corpus, with stock qemu-img and cryptsetup. Run it again only to add kinds of images.

Seeds that a fuzzer found are kept beside these and are not made here. Big files are stored as pieces: fuzz/src/file.rs says how.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
import subprocess
import tempfile
import urllib.parse
from pathlib import Path

CORPUS = Path(__file__).resolve().parent
SECTOR = 512
# What lies in a data cluster does not matter to a decoder; the start of each run of bytes is enough.
RUN_BYTES_MAX = 2048


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        os.chdir(work)  # names that images store must not be those of this machine
        (work / "key").write_text("a passphrase for seeds")
        content(work / "disk.raw", 64 << 10)
        qcow2(work)
        luks1(work)
        luks2(work)
        envelopes()
        other_formats(work)
        wire()
        imports(work)
        ssh_keys(work)
    total = sum(file.stat().st_size for file in CORPUS.rglob("*") if file.is_file())
    print(f"{total} bytes of corpus")


def qcow2(work: Path) -> None:
    small = "cluster_size=512"
    for name, options in {
        "plain": [small],
        "version2": [small, "compat=0.10"],
        "refcount1": [small, "refcount_bits=1"],
        "refcount64": [small, "refcount_bits=64"],
        "lazy": [small, "lazy_refcounts=on"],
        "preallocated": [small, "preallocation=metadata"],
    }.items():
        convert(work, "qcow2", options)
        flat("qcow2", name, work / "out")
    convert(work, "qcow2", ["cluster_size=16384", "extended_l2=on"])
    pieces("qcow2", "extended_l2", work / "out")
    for codec in ("zlib", "zstd"):
        convert(work, "qcow2", ["cluster_size=4096", f"compression_type={codec}"], "-c")
        flat("qcow2", f"compressed_{codec}", work / "out")
    convert(work, "qcow2", [small])
    run("qemu-img", "snapshot", "-c", "before", str(work / "out"))
    run("qemu-io", "-c", "write -z 8k 8k", "-c", "discard 20k 4k", str(work / "out"))
    flat("qcow2", "snapshot_and_zeros", work / "out")
    run("qemu-img", "bitmap", "--add", str(work / "out"), "changes")
    flat("qcow2", "bitmap", work / "out")
    convert(work, "qcow2", [small, "encrypt.format=luks", "encrypt.key-secret=k", "encrypt.iter-time=10"], *secret(work))
    pieces("qcow2", "luks", work / "out")
    run("qemu-img", "create", "-q", "-f", "qcow2", "-o", f"{small},backing_file=base.raw,backing_fmt=raw", "-u", str(work / "out"), "64k")
    flat("qcow2", "overlay", work / "out")
    run("qemu-img", "create", "-q", "-f", "qcow2", "-o", f"{small},data_file=data,data_file_raw=on", str(work / "out"), "64k")
    flat("qcow2", "external_data", work / "out")


def luks1(work: Path) -> None:
    header_bytes = 592
    run("qemu-img", "create", "-q", *secret(work), "-f", "luks", "-o", "key-secret=k,iter-time=10", str(work / "out"), "1M")
    keep("luks1", "qemu", (work / "out").read_bytes()[:header_bytes])
    for name, cipher, key_bits in (("xts", "aes-xts-plain64", 512), ("xts128", "aes-xts-plain64", 256), ("cbc", "aes-cbc-essiv:sha256", 256)):
        luks_format(work, "luks1", "--cipher", cipher, "--key-size", str(key_bits))
        keep("luks1", f"cryptsetup_{name}", (work / "out").read_bytes()[:header_bytes])
    header, area = (CORPUS / "luks1" / "qemu").read_bytes(), envelope()
    keep("luks1", "with_envelope", header + b"KENV1\0\0\0" + struct.pack(">I", len(area)) + area + hashlib.sha256(area).digest())


def luks2(work: Path) -> None:
    small = ["--luks2-metadata-size", "16k"]
    luks_format(work, "luks2", *small, "--pbkdf", "pbkdf2")
    head = (work / "out").read_bytes()[: 32 << 10]
    keep("luks2_json", "headers_pbkdf2", head)
    keep("luks2_json", "json_pbkdf2", json_of(head))
    token = {"type": "seed", "keyslots": ["0"], "note": "of a token"}
    run("cryptsetup", "token", "import", "--json-file", "-", str(work / "out"), stdin=json.dumps(token))
    keep("luks2_json", "json_token", json_of((work / "out").read_bytes()[: 32 << 10]))
    luks_format(work, "luks2", *small, "--pbkdf", "argon2id", "--pbkdf-memory", "1024", "--pbkdf-parallel", "1", "--sector-size", "4096",
                iterations="4")
    keep("luks2_json", "json_argon2id_4096", json_of((work / "out").read_bytes()[: 32 << 10]))


def envelopes() -> None:
    keep("envelope", "full", envelope())
    keep("envelope", "padded", envelope().ljust(1024))
    keep("envelope", "least", json.dumps({"v": 1, "kms": "x", "key_id": "k", "wrapped": ""}).encode())


def envelope() -> bytes:
    return json.dumps({
        "v": 1, "kms": "reseal", "key_id": "key-0123", "key_version": "v1", "alg": "AES-256-GCM",
        "wrapped": base64.b64encode(bytes(range(92))).decode(),
        "ctx": {"image": "i-1", "luks_uuid": "00000000-0000-4000-8000-000000000000", "mk_digest": "00" * 20},
        "mode": "encrypt",
        "digest": {"alg": "blake3", "leaf_bytes": 65536, "file_bytes": 1048576, "file_root": "11" * 32, "guest_root": "22" * 32},
        "header_area": "33" * 32, "created": "2026-11-25T00:00:00Z", "mac": "44" * 32,
    }, separators=(",", ":")).encode()


def other_formats(work: Path) -> None:
    for target, name, options in (
        ("vpc", "dynamic", []), ("vpc", "dynamic_exact", ["force_size=on"]), ("vpc", "fixed", ["subformat=fixed"]),
        ("vhdx", "dynamic", ["block_size=1M"]), ("vhdx", "fixed", ["subformat=fixed", "block_size=1M"]),
        ("vmdk", "sparse", ["subformat=monolithicSparse"]), ("vmdk", "stream", ["subformat=streamOptimized"]),
    ):
        convert(work, target, options)
        pieces("vhd" if target == "vpc" else target, name, work / "out")
    move_directory_to_the_end(work / "out")
    pieces("vmdk", "stream_footer", work / "out")


def move_directory_to_the_end(stream: Path) -> None:
    """A streamOptimized VMDK as VMware writes it: the header says that a footer has the place of the grain directory."""
    image = bytearray(stream.read_bytes())
    header = bytes(image[:SECTOR])
    image[56:64] = b"\xff" * 8
    marker = struct.pack("<QII", 1, 0, 3).ljust(SECTOR, b"\0")
    end_of_stream = bytes(SECTOR)
    # QEMU ends its stream with a footer of its own, which this one replaces in its role.
    stream.write_bytes(bytes(image) + marker + header + end_of_stream)


def content(path: Path, length: int) -> None:
    """Data, zeros, data: the same bytes in every run."""
    block = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(128))
    path.write_bytes((block + bytes(3 * len(block))) * (length // (4 * len(block))))


def convert(work: Path, target: str, options: list[str], *arguments: str) -> None:
    flags = ["-o", ",".join(options)] if options else []
    run("qemu-img", "convert", "-f", "raw", "-O", target, *arguments, *flags, str(work / "disk.raw"), str(work / "out"))


def secret(work: Path) -> list[str]:
    return ["--object", f"secret,id=k,file={work}/key"]


def luks_format(work: Path, kind: str, *options: str, iterations: str = "1000") -> None:
    with open(work / "out", "wb") as file:
        file.truncate(32 << 20)
    run("cryptsetup", "luksFormat", "-q", "--type", kind, "--pbkdf-force-iterations", iterations, "--key-file", str(work / "key"),
        *options, str(work / "out"))


def json_of(head: bytes) -> bytes:
    return head[4096 : 16 << 10].rstrip(b"\0")


def flat(target: str, name: str, file: Path) -> None:
    keep(target, name, file.read_bytes())


def pieces(target: str, name: str, file: Path) -> None:
    """A big file by its runs of sectors that are not empty."""
    length = file.stat().st_size
    seed = struct.pack("<I", length // SECTOR)
    start, run_bytes = 0, b""
    with open(file, "rb") as source:
        for index in range(length // SECTOR + 1):
            sector = source.read(SECTOR) if index < length // SECTOR else b""
            if sector.strip(b"\0"):
                start = start if run_bytes else index
                run_bytes += sector
            elif run_bytes:
                kept = run_bytes[:RUN_BYTES_MAX].rstrip(b"\0")
                seed += struct.pack("<IH", start, len(kept)) + kept
                run_bytes = b""
    keep(target, name, seed)


def keep(target: str, name: str, seed: bytes) -> None:
    (CORPUS / target).mkdir(exist_ok=True)
    (CORPUS / target / name).write_bytes(seed)


def wire() -> None:
    """Calls with the signatures of the official signing code, policies and contexts."""
    vectors = json.loads((CORPUS.parents[1] / "crates/api/tests/vectors/signature-vectors.json").read_text())
    for vector in vectors["v1"]:
        seed("parameters", vector["name"], urllib.parse.urlencode(vector["query"] | {"Signature": vector["signature"]}) + "\n"
             + urllib.parse.urlencode(vector["form"]))
    for vector in vectors["v3"]:
        headers = vector["headers"] | {"authorization": vector["authorization"]}
        lines = [urllib.parse.urlencode(vector["query"]), *(f"{name}: {value}" for name, value in headers.items())]
        if vector["body"]:
            lines.append("content-type: application/x-www-form-urlencoded")
        seed("signature_v3", vector["name"], "\n".join(lines) + "\n\n" + vector["body"])
    allow = {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:*Key"], "Resource": "acs:kms:*:*:key/*"}
    conditions = {"StringEquals": {"kms:tag/team": ["blue", "red"]}, "IpAddress": {"acs:SourceIp": "203.0.113.0/24"},
                  "DateLessThan": {"acs:CurrentTime": "2030-01-01T00:00:00Z"}, "Bool": {"acs:SecureTransport": "true"}}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": ["acs:ram::1111111111111111:root"]}}
    for name, statements in {
        "identity": [allow, allow | {"Effect": "Deny", "NotAction": "kms:*", "Condition": conditions}],
        "conditions": [allow | {"Condition": conditions}],
        "key": [{"Sid": "one", "Effect": "Allow", "Principal": {"RAM": ["acs:ram::1111111111111111:*"]}, "Action": ["kms:*"], "Resource": ["*"]}],
        "trust": [trust | {"Condition": {"StringEquals": {"sts:ExternalId": "customer/42"}}}],
        "service": [trust | {"Principal": {"Service": "ecs.aliyuncs.com"}}],
    }.items():
        for statement in statements:
            if "NotAction" in statement:
                del statement["Action"]
        seed("policy", name, json.dumps({"Version": "1", "Statement": statements}))
    for name, context in {"one": {"disk": "d-1"}, "none": {}, "texts": {"é\n\u0000": "\u2028", "": " ", "a": "x" * 100}}.items():
        seed("encryption_context", name, json.dumps(context))


def imports(work: Path) -> None:
    """Material wrapped with openssl for the key in keys/, which protects nothing."""
    key = CORPUS.parent / "keys/import.pkcs8"
    if not key.exists():
        run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "key.pem")
        run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", "key.pem", "-outform", "DER", "-out", str(key))
    (work / "material").write_bytes(b"thirty-two bytes of key material")
    paddings = [["pkcs1"], ["oaep", "rsa_oaep_md:sha1", "rsa_mgf1_md:sha1"], ["oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256"]]
    for number, (padding, *digests) in enumerate(paddings):
        options = [word for option in (f"rsa_padding_mode:{padding}", *digests) for word in ("-pkeyopt", option)]
        run("openssl", "pkeyutl", "-encrypt", "-keyform", "DER", "-inkey", str(key), "-in", "material", "-out", "wrapped", *options)
        seed("import", f"{padding}{number}", bytes([number]) + (work / "wrapped").read_bytes())


def ssh_keys(work: Path) -> None:
    """Public halves of keys that are thrown away."""
    for kind, bits in [("rsa", 2048), ("ed25519", 256), ("ecdsa", 256)]:
        run("ssh-keygen", "-q", "-t", kind, "-b", str(bits), "-N", "", "-C", "a comment", "-f", kind)
        seed("ssh_key", kind, (work / f"{kind}.pub").read_bytes())


def seed(target: str, name: str, content: str | bytes) -> None:
    folder = CORPUS / target
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def run(*command: str, stdin: str = "") -> None:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"make.py: {' '.join(command)}\n{done.stderr}")


if __name__ == "__main__":
    main()
