"""The seed scenario by the Python SDK of the present generation: images are imported, copied in every way, refused, deleted.

Usage: images.py HOST:PORT KEY_FILE SIGNATURES RESEAL DATA_DIR DISK_RAW

SIGNATURES: v1, v3, or both with a comma between; each goes through the whole scenario. The server serves the bucket `golden`, in which `disk.qcow2` holds what DISK_RAW holds. What the images hold is judged by stock qemu-img,
which gets the key by `reseal exec`. RESEAL_TEST_BUCKET: URL of the bucket whose folder cn-hangzhou holds the blobs of that region, where
they are not in DATA_DIR.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as Ecs
from alibabacloud_kms20160120 import models as kms
from alibabacloud_kms20160120.client import Client as Kms
from alibabacloud_tea_openapi import utils_models

ENDPOINT, KEY_FILE, SIGNATURES, RESEAL, DATA_DIR, DISK_RAW = sys.argv[1:]
ACCESS_KEY_ID, ACCESS_KEY_SECRET = Path(KEY_FILE).read_text().split()
HANGZHOU, SHANGHAI = "cn-hangzhou", "cn-shanghai"
SERVICE_KEY = "alias/acs/ecs"
BUCKET, FOLDER = os.environ.get("RESEAL_TEST_BUCKET"), HANGZHOU
STORE = Path(DATA_DIR, "regions", HANGZHOU)
FETCHED = tempfile.TemporaryDirectory()


CLIENT, KEYS = None, None


def config(signature):
    algorithm = {"v1": "v2", "v3": None}[signature]  # the SDK calls the first signature "v2"
    return utils_models.Config(access_key_id=ACCESS_KEY_ID, access_key_secret=ACCESS_KEY_SECRET, region_id=HANGZHOU,
                               endpoint=ENDPOINT, protocol="http", signature_algorithm=algorithm)


def main():
    global CLIENT, KEYS
    for signature in SIGNATURES.split(","):
        CLIENT, KEYS = Ecs(config(signature)), Kms(config(signature))
        scenario(f"token-{signature}")
    print("images: every step passed")


def scenario(token):
    plain = import_plain()
    own, byok, other = own_key("own"), imported_key(), own_key("other")
    same = copy(plain, name="plain-again")
    assert not encrypted(same) and blob(same) == blob(plain), "a plain copy shares the bytes of its source"
    with_service = copy(plain, encrypted=True)
    with_own = copy(plain, encrypted=True, kmskey_id=own)
    with_byok = copy(plain, encrypted=True, kmskey_id=byok)
    kept = copy(with_own)
    kept_too = copy(with_own, encrypted=True)
    replaced = copy(with_own, encrypted=True, kmskey_id=other)
    for image, key in [(with_own, own), (with_byok, byok), (kept, own), (kept_too, own), (replaced, other)]:
        assert key_of(image) == key, (image, key_of(image), key)
    assert key_of(with_service) == service_key()
    assert blob(kept) == blob(with_own) == blob(kept_too), "a copy that keeps its key shares the bytes of its source"
    assert len({blob(image) for image in (plain, with_service, with_own, with_byok, replaced)}) == 5
    judge_content(plain, [with_service, with_own, with_byok, kept, replaced])
    for key in (own, byok, other):
        assert marked(key), "ECS marks the keys that it uses"
    elsewhere = copy(plain, destination_region_id=SHANGHAI)
    assert not encrypted(elsewhere, SHANGHAI)
    limits(plain, with_own, own)
    tokens(plain, token)
    deletion(plain, same, with_own, kept)


def refused(code, call, *args):
    """The call is refused with this code. Returns the error."""
    try:
        call(*args)
    except Exception as error:  # noqa: BLE001
        found = getattr(error, "code", None)
        assert found == code, f"wanted {code}, got {found}: {error}"
        return error
    raise AssertionError(f"not refused with {code}")


def import_plain():
    mapping = ecs.ImportImageRequestDiskDeviceMapping(ossbucket="golden", ossobject="disk.qcow2", format="QCOW2")
    request = ecs.ImportImageRequest(region_id=HANGZHOU, image_name="golden-1", disk_device_mapping=[mapping], architecture="x86_64")
    done = CLIENT.import_image(request).body
    assert done.task_id.startswith("t-") and done.image_id.startswith("m-"), done
    wait(done.image_id)
    found = image(done.image_id)
    assert (found.image_name, found.progress, found.is_copied) == ("golden-1", "100%", False), found
    assert not encrypted(done.image_id)
    return done.image_id


def own_key(name):
    return KEYS.create_key(kms.CreateKeyRequest(description=name)).body.key_metadata.key_id


def imported_key():
    """A key whose material comes from outside, wrapped by openssl."""
    key = KEYS.create_key(kms.CreateKeyRequest(description="byok", origin="EXTERNAL")).body.key_metadata.key_id
    parameters = KEYS.get_parameters_for_import(kms.GetParametersForImportRequest(
        key_id=key, wrapping_algorithm="RSAES_OAEP_SHA_256", wrapping_key_spec="RSA_2048")).body
    with tempfile.TemporaryDirectory() as place:
        public, material = Path(place, "public.der"), Path(place, "material")
        public.write_bytes(base64.b64decode(parameters.public_key))
        material.write_bytes(bytes(range(32)))
        wrapped = subprocess.run(["openssl", "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", public, "-in", material,
                                  "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256"],
                                 check=True, capture_output=True).stdout
    KEYS.import_key_material(kms.ImportKeyMaterialRequest(
        key_id=key, encrypted_key_material=base64.b64encode(wrapped).decode(), import_token=parameters.import_token,
        key_material_expire_unix=0))
    return key


def start_copy(source, region=HANGZHOU, **more):
    name = more.pop("name", None)
    request = ecs.CopyImageRequest(region_id=region, image_id=source, destination_image_name=name, **more)
    begun = time.monotonic()
    made = CLIENT.copy_image(request).body.image_id
    assert time.monotonic() - begun < 2, "the call waits for nothing but its record"
    return made


def copy(source, **more):
    made = start_copy(source, **more)
    region = more.get("destination_region_id", HANGZHOU)
    found = image(made, region)
    assert found.status in ("Waiting", "Creating", "Available"), found.status
    wait(made, region)
    found = image(made, region)
    assert found.is_copied and found.progress == "100%", found
    return made


def wait(image_id, region=HANGZHOU):
    """Progress never goes back, and is 100 % when the image is Available and not before."""
    before, limit = 0, time.monotonic() + 60
    while time.monotonic() < limit:
        found = image(image_id, region)
        percent = int(found.progress.rstrip("%"))
        assert percent >= before and (percent == 100) == (found.status == "Available"), (before, found.progress, found.status)
        if found.status == "Available":
            listed = CLIENT.describe_images(ecs.DescribeImagesRequest(region_id=region, image_id=image_id)).body.images.image
            assert [one.image_id for one in listed] == [image_id], "the default status is Available"
            return
        assert found.status in ("Waiting", "Creating"), found
        before = percent
        time.sleep(0.02)
    raise AssertionError(f"{image_id} is not Available in 60 s")


def raw_images(image_id, region):
    """The answer as it is on the wire: it shows more than the SDK's model."""
    from alibabacloud_tea_openapi import models as open_models
    from alibabacloud_tea_util import models as util_models
    params = open_models.Params(action="DescribeImages", version="2014-05-26", protocol="HTTP", method="POST", auth_type="AK",
                                style="RPC", pathname="/", req_body_type="json", body_type="json")
    query = {"RegionId": region, "ImageId": image_id, "Status": "ALL"}
    answer = CLIENT.call_api(params, open_models.OpenApiRequest(query=query), util_models.RuntimeOptions())
    return answer["body"]["Images"]["Image"]


def image(image_id, region=HANGZHOU):
    request = ecs.DescribeImagesRequest(region_id=region, image_id=image_id, status="ALL")
    found = CLIENT.describe_images(request).body.images.image
    assert len(found) == 1, (image_id, found)
    return found[0]


def encrypted(image_id, region=HANGZHOU):
    return image(image_id, region).disk_device_mappings.disk_device_mapping[0].encrypted


def extension(image_id, region=HANGZHOU):
    return raw_images(image_id, region)[0]["Reseal"]["Disks"]["Disk"][0]


def key_of(image_id):
    return extension(image_id)["KMSKeyId"]


def blob(image_id):
    return extension(image_id)["BlobId"]


def service_key():
    return KEYS.describe_key(kms.DescribeKeyRequest(key_id=SERVICE_KEY)).body.key_metadata.key_id


def marked(key):
    tags = KEYS.list_resource_tags(kms.ListResourceTagsRequest(key_id=key)).body.tags.tag
    return ("acs:ecs:disk-encryption", "true") in [(tag.tag_key, tag.tag_value) for tag in tags]


def path(image_id):
    """A file with the bytes of the image's disk; of a bucket, as the service gives them."""
    if not BUCKET:
        return Path(STORE, "blobs", blob(image_id))
    fetched = Path(FETCHED.name, blob(image_id))
    if not fetched.exists():
        fetched.write_bytes(asked(f"/{FOLDER}/{blob(image_id)}"))
    return fetched


def asked(target):
    """What the bucket's service answers. It checks no signatures, and wants to see one."""
    signed = "AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    request = urllib.request.Request(BUCKET + target, headers={"Authorization": signed})
    return urllib.request.urlopen(request).read()


def stored():
    """Ids of the blobs in the store of the region."""
    if not BUCKET:
        return {entry.name for entry in Path(STORE, "blobs").iterdir()}
    listed = asked(f"?list-type=2&prefix={FOLDER}/").decode()
    return {key.split("</Key>")[0].split("/")[-1] for key in listed.split("<Key>")[1:]}


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True)


def judge_content(plain, sealed):
    compared = run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", DISK_RAW, path(plain))
    assert compared.returncode == 0, compared
    for image_id in sealed:
        options = f"driver=qcow2,encrypt.key-secret=s0,file.filename={path(image_id)}"
        with_key = run(RESEAL, "exec", "--data", DATA_DIR, path(image_id), "--", "qemu-img", "compare", "--object",
                       "secret,id=s0,file={secret}", "--image-opts", f"driver=raw,file.filename={DISK_RAW}", options)
        assert with_key.returncode == 0 and "identical" in with_key.stdout, with_key
        without = run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", DISK_RAW, path(image_id))
        assert without.returncode > 1 and "encrypt" in without.stderr, without


def limits(plain, sealed, own):
    """Each is refused by its own code, and leaves nothing."""
    before = images_count()
    disabled = own_key("disabled")
    KEYS.disable_key(kms.DisableKeyRequest(key_id=disabled))
    pending = own_key("pending")
    KEYS.schedule_key_deletion(kms.ScheduleKeyDeletionRequest(key_id=pending, pending_window_in_days=7))
    empty = KEYS.create_key(kms.CreateKeyRequest(origin="EXTERNAL")).body.key_metadata.key_id
    pair = KEYS.create_key(kms.CreateKeyRequest(key_spec="RSA_2048", key_usage="ENCRYPT/DECRYPT")).body.key_metadata.key_id
    nobody = "01234567-89ab-4cde-8f01-23456789abcd"
    cases = [
        ("InvalidParameter.EncryptedIllegal", plain, {"kmskey_id": own}),
        ("InvalidParameter.EncryptedIllegal", sealed, {"kmskey_id": own}),
        ("InvalidParameter.EncryptedIllegal", sealed, {"kmskey_id": own, "encrypted": False}),
        ("InvalidParameter.KMSKeyId.NotFound", plain, {"kmskey_id": nobody, "encrypted": True}),
        ("InvalidParameter.KMSKeyId.NotFound", plain, {"kmskey_id": "not a key", "encrypted": True}),
        ("InvalidParameter.KMSKeyId.NotFound", plain, {"kmskey_id": "alias/nowhere", "encrypted": True}),
        ("InvalidParameter.KMSKeyId.NotFound", plain, {"kmskey_id": own, "encrypted": True, "destination_region_id": SHANGHAI}),
        ("InvalidParameter.KMSKeyId.CMKNotEnabled", plain, {"kmskey_id": disabled, "encrypted": True}),
        ("InvalidParameter.KMSKeyId.CMKNotEnabled", plain, {"kmskey_id": pending, "encrypted": True}),
        ("InvalidParameter.KMSKeyId.CMKNotEnabled", plain, {"kmskey_id": empty, "encrypted": True}),
        ("InvalidParameter.KMSKeyId.Kind", plain, {"kmskey_id": pair, "encrypted": True}),
        ("OperationDeined.EncryptedSnapshot", sealed, {"destination_region_id": SHANGHAI}),
        ("OperationDeined.EncryptedSnapshot", sealed, {"destination_region_id": SHANGHAI, "encrypted": True}),
        ("DestinationRegion.NotFound", plain, {"destination_region_id": "cn-nowhere"}),
        ("InvalidImageId.NotFound", "m-00000000000000000000", {}),
        ("InvalidImageName.Malformed", plain, {"destination_image_name": "1 bad name"}),
        ("InvalidImageName.Duplicated", plain, {"destination_image_name": "golden-1"}),
        ("InvalidDescription.Malformed", plain, {"destination_description": "http://x"}),
    ]
    for code, source, more in cases:
        request = ecs.CopyImageRequest(region_id=HANGZHOU, image_id=source, **more)
        error = refused(code, CLIENT.copy_image, request)
        if "kmskey_id" in more and code.startswith("InvalidParameter.KMSKeyId.CMK"):
            assert more["kmskey_id"] in error.message and HANGZHOU in error.message, error.message
        dry = ecs.CopyImageRequest(region_id=HANGZHOU, image_id=source, dry_run=True, **more)
        refused(code, CLIENT.copy_image, dry)
    refused("SourceRegion.NotFound", CLIENT.copy_image, ecs.CopyImageRequest(region_id="cn-nowhere", image_id=plain))
    refused("DryRunOperation", CLIENT.copy_image, ecs.CopyImageRequest(region_id=HANGZHOU, image_id=plain, encrypted=True, dry_run=True))
    in_use = refused("Rejected.StateModifiedFailed", KEYS.disable_key, kms.DisableKeyRequest(key_id=own))
    assert "image/" in in_use.message, in_use.message
    assert images_count() == before, "what is refused leaves nothing"


def images_count():
    return CLIENT.describe_images(ecs.DescribeImagesRequest(region_id=HANGZHOU, status="ALL")).body.total_count


def tokens(plain, token):
    """A call that is sent twice with one token makes one image; another call under it is a mistake."""
    before = images_count()
    first = start_copy(plain, client_token=token)
    assert start_copy(plain, client_token=token) == first
    assert images_count() == before + 1
    request = ecs.CopyImageRequest(region_id=HANGZHOU, image_id=plain, client_token=token, encrypted=True)
    refused("IdempotentParameterMismatch", CLIENT.copy_image, request)
    wait(first)


def deletion(plain, same, with_own, kept):
    """Bytes go with the last image that uses them, and with them the key's usage."""
    shared, plain_bytes = blob(with_own), blob(plain)
    delete(with_own)
    assert shared in stored(), "another image uses these bytes"
    delete(kept)
    for found in CLIENT.describe_images(ecs.DescribeImagesRequest(region_id=HANGZHOU, status="ALL", page_size=100)).body.images.image:
        if found.image_id not in (plain, same):
            delete(found.image_id)
    assert shared not in stored(), "nobody uses these bytes"
    assert plain_bytes in stored()
    refused("InvalidImageId.NotFound", delete, with_own)
    for image_id in (plain, same):
        delete(image_id)
    assert stored() == set(), stored()
    work = list(Path(STORE, "work").iterdir())
    assert work == [], work
    for kept_beside in ("trees", "headers"):
        left = list(Path(DATA_DIR, kept_beside).iterdir())
        assert left == [], left


def delete(image_id):
    CLIENT.delete_image(ecs.DeleteImageRequest(region_id=HANGZHOU, image_id=image_id))


main()
