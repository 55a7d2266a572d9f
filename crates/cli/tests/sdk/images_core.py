"""Images by the Python SDK of the older generation: imported, copied in each way, refused. Usage: images_core.py HOST:PORT KEY_FILE

The server serves the bucket `golden` with `disk.qcow2`. The images stay, for whoever looks into them.
"""

import time

from aliyunsdkecs.request.v20140526 import CancelCopyImageRequest, CopyImageRequest, DeleteImageRequest, DescribeImagesRequest
from aliyunsdkecs.request.v20140526 import ImportImageRequest
from aliyunsdkkms.request.v20160120 import CreateKeyRequest, DescribeKeyRequest, DisableKeyRequest

from core import call, refused


def main():
    plain = import_plain()
    own, other = new_key(), new_key()
    with_service = copy(plain, Encrypted=True)
    with_own = copy(plain, Encrypted=True, KMSKeyId=own)
    kept = copy(with_own)
    replaced = copy(with_own, Encrypted=True, KMSKeyId=other)
    service = call(DescribeKeyRequest.DescribeKeyRequest(), KeyId="alias/acs/ecs")["KeyMetadata"]["KeyId"]
    for image_id, key in [(with_service, service), (with_own, own), (kept, own), (replaced, other)]:
        disk = image(image_id)["Reseal"]["Disks"]["Disk"][0]
        assert disk["KMSKeyId"] == key, (disk, key)
        assert image(image_id)["DiskDeviceMappings"]["DiskDeviceMapping"][0]["Encrypted"] is True
    key_of_one_disk(with_own, other)
    limits(plain, with_own, own)
    print("images_core: every step passed")


def import_plain():
    request = ImportImageRequest.ImportImageRequest()
    mapping = {"OSSBucket": "golden", "OSSObject": "disk.qcow2", "Format": "QCOW2"}
    made = call(request, ImageName="golden-core", Architecture="x86_64", DiskDeviceMappings=[mapping])
    return wait(made["ImageId"])


def new_key():
    return call(CreateKeyRequest.CreateKeyRequest())["KeyMetadata"]["KeyId"]


def copy(source, **parameters):
    return wait(call(CopyImageRequest.CopyImageRequest(), ImageId=source, **parameters)["ImageId"])


def key_of_one_disk(source, key):
    """Parameters of ours that the SDK's request does not know: it sends them all the same."""
    request = CopyImageRequest.CopyImageRequest()
    for name, value in {"Device": "/dev/xvda", "Encrypted": "true", "KMSKeyId": key}.items():
        request.add_query_param(f"DiskDeviceMapping.1.{name}", value)
    made = wait(call(request, ImageId=source)["ImageId"])
    disk = image(made)["Reseal"]["Disks"]["Disk"][0]
    assert (disk["KMSKeyId"], disk["Mode"]) == (key, "reencrypt"), disk
    call(DeleteImageRequest.DeleteImageRequest(), ImageId=made)


def wait(image_id):
    limit = time.monotonic() + 60
    while image(image_id)["Status"] in ("Creating", "Waiting"):
        assert time.monotonic() < limit, image(image_id)
        time.sleep(0.02)
    assert image(image_id)["Status"] == "Available", image(image_id)
    return image_id


def image(image_id):
    found = call(DescribeImagesRequest.DescribeImagesRequest(), ImageId=image_id, Status="ALL")["Images"]["Image"]
    assert len(found) == 1, found
    return found[0]


def limits(plain, sealed, own):
    disabled = new_key()
    call(DisableKeyRequest.DisableKeyRequest(), KeyId=disabled)
    nobody = "01234567-89ab-4cde-8f01-23456789abcd"
    cases = [
        ("InvalidParameter.EncryptedIllegal", {"ImageId": plain, "KMSKeyId": own}),
        ("InvalidParameter.EncryptedIllegal", {"ImageId": sealed, "KMSKeyId": own}),
        ("InvalidParameter.KMSKeyId.NotFound", {"ImageId": plain, "KMSKeyId": nobody, "Encrypted": True}),
        ("InvalidParameter.KMSKeyId.CMKNotEnabled", {"ImageId": plain, "KMSKeyId": disabled, "Encrypted": True}),
        ("OperationDeined.EncryptedSnapshot", {"ImageId": sealed, "DestinationRegionId": "cn-shanghai"}),
        ("DestinationRegion.NotFound", {"ImageId": plain, "DestinationRegionId": "cn-nowhere"}),
        ("InvalidImageId.NotFound", {"ImageId": "m-00000000000000000000"}),
        ("InvalidImageName.Malformed", {"ImageId": plain, "DestinationImageName": "1 bad name"}),
        ("InvalidImageName.Duplicated", {"ImageId": plain, "DestinationImageName": "golden-core"}),
    ]
    for code, parameters in cases:
        refused(code, lambda given=parameters: call(CopyImageRequest.CopyImageRequest(), **given))
    refused("InvalidImageId.NotFound", lambda: call(DeleteImageRequest.DeleteImageRequest(), ImageId="m-00000000000000000000"))
    refused("InvalidImageId.NotFound", lambda: call(CancelCopyImageRequest.CancelCopyImageRequest(), ImageId="m-00000000000000000000"))


main()
