"""What scenarios of instances have in common: clients, images, instances. Their first arguments are HOST:PORT and KEY_FILE.

The server serves the bucket `golden` with `disk.raw`.
"""

import base64
import json
import re
import sys
import time
from pathlib import Path

from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as Ecs
from alibabacloud_kms20160120.client import Client as Kms
from alibabacloud_tea_openapi import utils_models

ENDPOINT, KEY_FILE = sys.argv[1:3]
ACCESS_KEY_ID, ACCESS_KEY_SECRET = Path(KEY_FILE).read_text().split()
REGION = "cn-hangzhou"
TYPE = "ecs.t5-lc2m1.nano"
# Longer than any step takes on a loaded machine.
PATIENCE_S = 100


def config():
    return utils_models.Config(access_key_id=ACCESS_KEY_ID, access_key_secret=ACCESS_KEY_SECRET, region_id=REGION,
                               endpoint=ENDPOINT, protocol="http")


CLIENT, KEYS = Ecs(config()), Kms(config())


def eventually(look, found_instead):
    """The first answer of `look` that is true."""
    end = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < end, f"it does not come in time: {found_instead()}"
        time.sleep(0.05)
    return found


def network():
    vpc = CLIENT.describe_vpcs(ecs.DescribeVpcsRequest(region_id=REGION)).body.vpcs.vpc[0]
    switch = CLIENT.describe_vswitches(ecs.DescribeVSwitchesRequest(region_id=REGION, vpc_id=vpc.vpc_id)).body.v_switches.v_switch[0]
    groups = CLIENT.describe_security_groups(ecs.DescribeSecurityGroupsRequest(region_id=REGION, vpc_id=vpc.vpc_id))
    group = groups.body.security_groups.security_group[0]
    return {"v_switch_id": switch.v_switch_id, "security_group_id": group.security_group_id}


def import_disk():
    mapping = ecs.ImportImageRequestDiskDeviceMapping(ossbucket="golden", ossobject="disk.raw", format="RAW")
    request = ecs.ImportImageRequest(region_id=REGION, image_name="plain", disk_device_mapping=[mapping])
    return wait_for_image(CLIENT.import_image(request).body.image_id)


def encrypted_copy(plain, key):
    request = ecs.CopyImageRequest(region_id=REGION, image_id=plain, encrypted=True, kmskey_id=key)
    return wait_for_image(CLIENT.copy_image(request).body.image_id)


def image_of(instance_id, name):
    request = ecs.CreateImageRequest(region_id=REGION, instance_id=instance_id, image_name=name)
    return wait_for_image(CLIENT.create_image(request).body.image_id)


def image(image_id):
    request = ecs.DescribeImagesRequest(region_id=REGION, image_id=image_id, status="Creating,Waiting,Available,CreateFailed")
    return CLIENT.describe_images(request).body.images.image[0]


def wait_for_image(image_id):
    def is_available():
        found = image(image_id)
        assert found.status in ("Creating", "Waiting", "Available"), found
        return found.status == "Available"

    eventually(is_available, lambda: image(image_id))
    return image_id


def key_of(image_id):
    snapshot = image(image_id).disk_device_mappings.disk_device_mapping[0].snapshot_id
    request = ecs.DescribeSnapshotsRequest(region_id=REGION, snapshot_ids=json.dumps([snapshot]))
    return CLIENT.describe_snapshots(request).body.snapshots.snapshot[0].kmskey_id


def run_request(image_id, place, **more):
    return ecs.RunInstancesRequest(region_id=REGION, image_id=image_id, instance_type=TYPE, **place, **more)


def run(image_id, place, **more):
    [instance_id] = CLIENT.run_instances(run_request(image_id, place, **more)).body.instance_id_sets.instance_id_set
    until(instance_id, "Running")
    return instance_id


def instances(ids=None):
    request = ecs.DescribeInstancesRequest(region_id=REGION, instance_ids=json.dumps(ids) if ids else None)
    return CLIENT.describe_instances(request).body.instances.instance


def disks(instance_id=None):
    return CLIENT.describe_disks(ecs.DescribeDisksRequest(region_id=REGION, instance_id=instance_id)).body.disks.disk


def until(instance_id, status):
    eventually(lambda: instances([instance_id])[0].status == status, lambda: instances([instance_id]))


def stop(instance_id, force=True):
    CLIENT.stop_instance(ecs.StopInstanceRequest(instance_id=instance_id, force_stop=force))
    until(instance_id, "Stopped")


def start(instance_id):
    CLIENT.start_instance(ecs.StartInstanceRequest(instance_id=instance_id))


def delete(instance_id):
    CLIENT.delete_instance(ecs.DeleteInstanceRequest(instance_id=instance_id, force=True))


def console(instance_id):
    """What the guest has said since its start."""
    request = ecs.GetInstanceConsoleOutputRequest(region_id=REGION, instance_id=instance_id)
    return base64.b64decode(CLIENT.get_instance_console_output(request).body.console_output).decode(errors="replace")


def heard(instance_id, pattern):
    """What fits the pattern of all that the guest says, when it has said it."""
    return eventually(lambda: re.search(pattern, console(instance_id)), lambda: console(instance_id))
