"""The life of an image beside its copies, by the Python SDK: attributes, tags, snapshots, tasks, shares, exports, defaults.

Usage: image_life.py HOST:PORT KEY_FILE OTHER_KEY_FILE OTHER_ACCOUNT EXPORT_DIR DISK_RAW

The server serves the bucket `golden`, in which `disk.qcow2` holds what DISK_RAW holds, and exports to the bucket `out`, which is EXPORT_DIR.
"""

import subprocess
import sys
import time
from pathlib import Path

from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as Ecs
from alibabacloud_tea_openapi import utils_models

ENDPOINT, KEY_FILE, OTHER_KEY_FILE, OTHER_ACCOUNT, EXPORT_DIR, DISK_RAW = sys.argv[1:]
REGION = "cn-hangzhou"


def client(key_file):
    key_id, secret = Path(key_file).read_text().split()
    return Ecs(utils_models.Config(access_key_id=key_id, access_key_secret=secret, region_id=REGION, endpoint=ENDPOINT, protocol="http"))


OWNER, FRIEND = client(KEY_FILE), client(OTHER_KEY_FILE)


def main():
    plain = import_image()
    sealed = made(OWNER, OWNER.copy_image(ecs.CopyImageRequest(region_id=REGION, image_id=plain, encrypted=True)).body.image_id)
    attributes(plain)
    tags(plain)
    snapshots(plain, sealed)
    shares(plain, sealed)
    exports(plain, sealed)
    defaults()
    print("image life: every step passed")


def refused(code, call, *args):
    try:
        call(*args)
    except Exception as error:  # noqa: BLE001
        found = getattr(error, "code", None)
        assert found == code, f"wanted {code}, got {found}: {error}"
        return
    raise AssertionError(f"not refused with {code}")


def image(of, image_id):
    found = of.describe_images(ecs.DescribeImagesRequest(region_id=REGION, image_id=image_id, status="ALL")).body.images.image
    assert len(found) == 1, (image_id, found)
    return found[0]


def made(of, image_id):
    """The image, when it is Available."""
    limit = time.monotonic() + 60
    while image(of, image_id).status != "Available":
        assert time.monotonic() < limit, image(of, image_id)
        time.sleep(0.02)
    return image_id


def import_image():
    mapping = ecs.ImportImageRequestDiskDeviceMapping(ossbucket="golden", ossobject="disk.qcow2", format="QCOW2")
    done = OWNER.import_image(ecs.ImportImageRequest(region_id=REGION, image_name="life-1", disk_device_mapping=[mapping])).body
    made(OWNER, done.image_id)
    task = OWNER.describe_task_attribute(ecs.DescribeTaskAttributeRequest(region_id=REGION, task_id=done.task_id)).body
    assert (task.task_action, task.task_status, task.task_process) == ("ImportImage", "Finished", "100%"), task
    listed = OWNER.describe_tasks(ecs.DescribeTasksRequest(region_id=REGION, task_ids=done.task_id)).body.task_set.task
    assert [one.resource_id for one in listed] == [done.image_id], listed
    refused("InvalidTaskId.IncorrectTaskStatus", OWNER.cancel_task, ecs.CancelTaskRequest(region_id=REGION, task_id=done.task_id))
    return done.image_id


def attributes(image_id):
    change = ecs.ModifyImageAttributeRequest(region_id=REGION, image_id=image_id, image_name="life-2", image_family="life", description="text")
    OWNER.modify_image_attribute(change)
    found = image(OWNER, image_id)
    assert (found.image_name, found.image_family, found.description) == ("life-2", "life", "text"), found
    family = OWNER.describe_image_from_family(ecs.DescribeImageFromFamilyRequest(region_id=REGION, image_family="life")).body.image
    assert family.image_id == image_id, family
    bad = ecs.ModifyImageAttributeRequest(region_id=REGION, image_id=image_id, image_name="1")
    refused("InvalidImageName.Malformed", OWNER.modify_image_attribute, bad)


def tags(image_id):
    tag = ecs.TagResourcesRequestTag(key="team", value="blue")
    OWNER.tag_resources(ecs.TagResourcesRequest(region_id=REGION, resource_type="image", resource_id=[image_id], tag=[tag]))
    listed = ecs.ListTagResourcesRequest(region_id=REGION, resource_type="image", resource_id=[image_id])
    rows = OWNER.list_tag_resources(listed).body.tag_resources.tag_resource
    assert [(row.resource_id, row.tag_key, row.tag_value) for row in rows] == [(image_id, "team", "blue")], rows
    OWNER.untag_resources(ecs.UntagResourcesRequest(region_id=REGION, resource_type="image", resource_id=[image_id], tag_key=["team"]))
    assert OWNER.list_tag_resources(listed).body.tag_resources.tag_resource == []
    other = ecs.TagResourcesRequest(region_id=REGION, resource_type="eni", resource_id=["eni-1"], tag=[tag])
    refused("InvalidResourceType.NotFound", OWNER.tag_resources, other)


def snapshots(plain, sealed):
    """The key of an image's disk is read at its snapshot; an image that is made from the snapshot is under it, too."""
    snapshot = image(OWNER, sealed).disk_device_mappings.disk_device_mapping[0].snapshot_id
    found = OWNER.describe_snapshots(ecs.DescribeSnapshotsRequest(region_id=REGION, encrypted=True)).body.snapshots.snapshot
    assert [one.snapshot_id for one in found] == [snapshot] and found[0].encrypted and found[0].kmskey_id, found
    assert (found[0].status, found[0].progress, found[0].usage) == ("accomplished", "100%", "image"), found
    new = OWNER.create_image(ecs.CreateImageRequest(region_id=REGION, snapshot_id=snapshot, image_name="from-snapshot")).body.image_id
    shown = image(OWNER, new)
    assert shown.status == "Available" and shown.disk_device_mappings.disk_device_mapping[0].encrypted, shown
    refused("SnapshotCreatedImage", OWNER.delete_snapshot, ecs.DeleteSnapshotRequest(snapshot_id=snapshot))
    OWNER.delete_snapshot(ecs.DeleteSnapshotRequest(snapshot_id="s-00000000000000000000"))
    OWNER.delete_image(ecs.DeleteImageRequest(region_id=REGION, image_id=new))
    assert not image(OWNER, plain).disk_device_mappings.disk_device_mapping[0].encrypted


def shares(plain, sealed):
    share = ecs.ModifyImageSharePermissionRequest(region_id=REGION, image_id=plain, add_account=[OTHER_ACCOUNT])
    OWNER.modify_image_share_permission(share)
    accounts = OWNER.describe_image_share_permission(ecs.DescribeImageSharePermissionRequest(region_id=REGION, image_id=plain)).body
    assert [one.aliyun_id for one in accounts.accounts.account] == [OTHER_ACCOUNT], accounts
    assert image(OWNER, plain).is_self_shared == "True"
    seen = FRIEND.describe_images(ecs.DescribeImagesRequest(region_id=REGION, image_owner_alias="others")).body.images.image
    assert [(one.image_id, one.image_owner_alias) for one in seen] == [(plain, "others")], seen
    across = ecs.CopyImageRequest(region_id=REGION, image_id=plain, destination_region_id="cn-shanghai")
    refused("OperationDenied.SameRegionOnly", FRIEND.copy_image, across)
    made(FRIEND, FRIEND.copy_image(ecs.CopyImageRequest(region_id=REGION, image_id=plain)).body.image_id)
    refused("ImageUseShared", OWNER.delete_image, ecs.DeleteImageRequest(region_id=REGION, image_id=plain))
    secret = ecs.ModifyImageSharePermissionRequest(region_id=REGION, image_id=sealed, add_account=[OTHER_ACCOUNT])
    refused("OperationDeined.EncryptedSnapshot", OWNER.modify_image_share_permission, secret)


def exports(plain, sealed):
    """What stock qemu-img reads of an export is what was imported."""
    for form, driver in [("raw", "raw"), ("qcow2", "qcow2"), ("vhd", "vpc")]:
        request = ecs.ExportImageRequest(region_id=REGION, image_id=plain, ossbucket="out", ossprefix="n", image_format=form)
        task_id = OWNER.export_image(request).body.task_id
        limit = time.monotonic() + 60
        while True:
            task = OWNER.describe_task_attribute(ecs.DescribeTaskAttributeRequest(region_id=REGION, task_id=task_id)).body
            if task.task_status != "Processing":
                break
            assert time.monotonic() < limit, task
            time.sleep(0.02)
        assert task.task_status == "Finished", task
        path = Path(EXPORT_DIR, f"n{plain}_xvda.{form}")
        compared = subprocess.run(["qemu-img", "compare", "-f", "raw", "-F", driver, DISK_RAW, str(path)], capture_output=True, text=True)
        assert compared.returncode == 0, compared
    assert len(list(Path(EXPORT_DIR).iterdir())) == 3, "nothing but the files"
    refused("ImageNotSupported", OWNER.export_image, ecs.ExportImageRequest(region_id=REGION, image_id=sealed, ossbucket="out"))


def defaults():
    status = ecs.DescribeDiskEncryptionByDefaultStatusRequest(region_id=REGION)
    assert OWNER.describe_disk_encryption_by_default_status(status).body.encrypted is False
    OWNER.enable_disk_encryption_by_default(ecs.EnableDiskEncryptionByDefaultRequest(region_id=REGION))
    assert OWNER.describe_disk_encryption_by_default_status(status).body.encrypted is True
    key = OWNER.describe_disk_default_kmskey_id(ecs.DescribeDiskDefaultKMSKeyIdRequest(region_id=REGION)).body.kmskey_id
    assert len(key) == 36, key
    OWNER.disable_disk_encryption_by_default(ecs.DisableDiskEncryptionByDefaultRequest(region_id=REGION))


main()
