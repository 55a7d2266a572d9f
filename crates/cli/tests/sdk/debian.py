"""A Debian guest by the Python SDK: what it wrote to its disk is in the image that is made of it, and in what runs from that.

Usage: debian.py HOST:PORT KEY_FILE

The guest of `disk.raw` writes a file on its first boot and says its checksum (READY); later boots say what they find (FOUND). It hears the
power button (GOODBYE). The server gives it time for that.
"""

from alibabacloud_kms20160120 import models as kms

from machines import KEYS, console, delete, disks, encrypted_copy, heard, image_of, import_disk, instances, key_of, network, run, stop


def main():
    place = network()
    key = KEYS.create_key(kms.CreateKeyRequest()).body.key_metadata.key_id
    first = run(encrypted_copy(import_disk(), key), place)
    written = says(first, "READY")
    # As if its plug were pulled: what the guest had brought to the disk is there.
    stop(first, force=True)
    made = image_of(first, "made")
    assert key_of(made) == key, "an encrypted instance makes an image under the same key"
    second = run(made, place)
    assert says(second, "FOUND") == written, "the file is what it was"
    assert [disk.kmskey_id for disk in disks(second)] == [key]
    stop(second, force=False)
    assert "GUEST-GOODBYE" in console(second), "the guest switched itself off"
    for instance in (first, second):
        delete(instance)
    assert instances() == [] and disks() == [], "nothing is left"
    print("debian: every step passed")


def says(instance_id, word):
    """The checksum of the guest's file."""
    return heard(instance_id, rf"GUEST-{word} sha256=([0-9a-f]{{64}})\r?\n")[1]


main()
