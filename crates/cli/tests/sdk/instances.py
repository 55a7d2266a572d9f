"""Instances by the Python SDK of the present generation, from the import of a disk to the deletion of the last instance.

Usage: instances.py HOST:PORT KEY_FILE LINE

The server serves the bucket `golden` with `disk.raw`, whose guest prints LINE on its console and stays.
"""

import base64
import json
import sys
import time
from pathlib import Path

from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as Ecs
from alibabacloud_kms20160120 import models as kms
from alibabacloud_kms20160120.client import Client as Kms
from alibabacloud_tea_openapi import models as open_models
from alibabacloud_tea_openapi import utils_models
from alibabacloud_tea_util import models as util_models

ENDPOINT, KEY_FILE, LINE = sys.argv[1:]
ACCESS_KEY_ID, ACCESS_KEY_SECRET = Path(KEY_FILE).read_text().split()
REGION = "cn-hangzhou"
TYPE = "ecs.t5-lc2m1.nano"
NOT_ENABLED = "InvalidParameter.KMSKeyId.CMKNotEnabled"


def config():
    return utils_models.Config(access_key_id=ACCESS_KEY_ID, access_key_secret=ACCESS_KEY_SECRET, region_id=REGION,
                               endpoint=ENDPOINT, protocol="http")


CLIENT, KEYS = Ecs(config()), Kms(config())


def main():
    place = network()
    key = KEYS.create_key(kms.CreateKeyRequest()).body.key_metadata.key_id
    pair = CLIENT.create_key_pair(ecs.CreateKeyPairRequest(region_id=REGION, key_pair_name="login")).body
    assert pair.private_key_body.startswith("-----BEGIN RSA PRIVATE KEY-----"), "it is answered once"
    sealed = encrypted_copy(import_disk(), key)
    first = run(sealed, place, key_pair_name="login")
    judge(first, sealed, key, place)
    stop(first)
    made = CLIENT.create_image(ecs.CreateImageRequest(region_id=REGION, instance_id=first, image_name="made")).body.image_id
    wait_for_image(made)
    assert key_of(made) == key, "an encrypted instance makes an image under the same key"
    second = run(made, place)
    assert LINE in console(second)
    disabled_key(key, sealed, first, place)
    changes(first)
    for instance in (first, second):
        CLIENT.delete_instance(ecs.DeleteInstanceRequest(instance_id=instance, force=True))
    assert instances() == [] and disks() == [], "nothing is left"
    CLIENT.delete_key_pairs(ecs.DeleteKeyPairsRequest(region_id=REGION, key_pair_names='["login"]'))
    print("instances: every step passed")


def refused(code, call, *args):
    """The call is refused with this code. Returns the error."""
    try:
        call(*args)
    except Exception as error:  # noqa: BLE001
        found = getattr(error, "code", None)
        assert found == code, f"wanted {code}, got {found}: {error}"
        return error
    raise AssertionError(f"not refused with {code}")


def network():
    vpc = CLIENT.describe_vpcs(ecs.DescribeVpcsRequest(region_id=REGION)).body.vpcs.vpc[0]
    switch = CLIENT.describe_vswitches(ecs.DescribeVSwitchesRequest(region_id=REGION, vpc_id=vpc.vpc_id)).body.v_switches.v_switch[0]
    groups = CLIENT.describe_security_groups(ecs.DescribeSecurityGroupsRequest(region_id=REGION, vpc_id=vpc.vpc_id))
    group = groups.body.security_groups.security_group[0]
    types = CLIENT.describe_instance_types(ecs.DescribeInstanceTypesRequest(instance_types=[TYPE])).body
    found = types.instance_types.instance_type[0]
    assert (found.cpu_core_count, found.memory_size) == (1, 0.5), found
    return {"v_switch_id": switch.v_switch_id, "security_group_id": group.security_group_id}


def import_disk():
    mapping = ecs.ImportImageRequestDiskDeviceMapping(ossbucket="golden", ossobject="disk.raw", format="RAW")
    request = ecs.ImportImageRequest(region_id=REGION, image_name="plain", disk_device_mapping=[mapping])
    return wait_for_image(CLIENT.import_image(request).body.image_id)


def encrypted_copy(plain, key):
    request = ecs.CopyImageRequest(region_id=REGION, image_id=plain, encrypted=True, kmskey_id=key)
    return wait_for_image(CLIENT.copy_image(request).body.image_id)


def image(image_id):
    request = ecs.DescribeImagesRequest(region_id=REGION, image_id=image_id, status="Creating,Waiting,Available,CreateFailed")
    return CLIENT.describe_images(request).body.images.image[0]


def wait_for_image(image_id):
    for _ in range(600):
        found = image(image_id)
        if found.status == "Available":
            return image_id
        assert found.status in ("Creating", "Waiting"), found
        time.sleep(0.05)
    raise AssertionError(f"{image_id} is not finished in time")


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
    for _ in range(400):
        [found] = instances([instance_id])
        if found.status == status:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{instance_id} is not {status} in time: {found}")


def console(instance_id):
    for _ in range(400):
        request = ecs.GetInstanceConsoleOutputRequest(region_id=REGION, instance_id=instance_id)
        said = base64.b64decode(CLIENT.get_instance_console_output(request).body.console_output).decode(errors="replace")
        if "sum32=" in said and said.rstrip("\r\n") != said:
            return said
        time.sleep(0.05)
    raise AssertionError(f"the guest said only: {said}")


def judge(instance_id, image_id, key, place):
    [found] = instances([instance_id])
    assert (found.image_id, found.instance_type, found.cpu, found.memory) == (image_id, TYPE, 1, 512), found
    assert found.vpc_attributes.v_switch_id == place["v_switch_id"] and found.key_pair_name == "login", found
    assert found.security_group_ids.security_group_id == [place["security_group_id"]], found
    assert LINE in console(instance_id), "the guest read the decrypted disk"
    [disk] = disks(instance_id)
    assert disk.encrypted and disk.kmskey_id == key and disk.type == "system", disk
    request = ecs.DescribeInstanceStatusRequest(region_id=REGION, instance_id=[instance_id])
    [status] = CLIENT.describe_instance_status(request).body.instance_statuses.instance_status
    assert (status.instance_id, status.status) == (instance_id, "Running")
    refused("InvalidEncrypted.NotMatchSnapshot", CLIENT.run_instances,
            run_request(image_id, place, system_disk=ecs.RunInstancesRequestSystemDisk(encrypted="false")))


def stop(instance_id):
    CLIENT.stop_instance(ecs.StopInstanceRequest(instance_id=instance_id, force_stop=True))
    until(instance_id, "Stopped")


def start(instance_id):
    CLIENT.start_instance(ecs.StartInstanceRequest(instance_id=instance_id))


def disable(key):
    """Ours: what is in use is disabled only with Force, which the SDK does not know."""
    refused("Rejected.StateModifiedFailed", KEYS.disable_key, kms.DisableKeyRequest(key_id=key))
    params = open_models.Params(action="DisableKey", version="2016-01-20", protocol="HTTP", method="POST", auth_type="AK",
                                style="RPC", pathname="/", req_body_type="json", body_type="json")
    query = {"KeyId": key, "Force": "true"}
    KEYS.call_api(params, open_models.OpenApiRequest(query=query), util_models.RuntimeOptions())


def disabled_key(key, image_id, instance_id, place):
    before = len(instances())
    disable(key)
    for error in (refused(NOT_ENABLED, CLIENT.run_instances, run_request(image_id, place)),
                  refused(NOT_ENABLED, start, instance_id)):
        for word in (key, "Disabled", REGION):
            assert word in str(error), f"{word} is not told: {error}"
    assert len(instances()) == before, "no instance is left of a call that was refused"
    [locked] = instances([instance_id])
    assert key in locked.operation_locks.lock_reason[0].lock_msg, locked
    KEYS.enable_key(kms.EnableKeyRequest(key_id=key))
    start(instance_id)
    assert LINE in console(instance_id)
    stop(instance_id)


def changes(instance_id):
    request = ecs.ModifyInstanceAttributeRequest(instance_id=instance_id, instance_name="renamed", deletion_protection=True)
    CLIENT.modify_instance_attribute(request)
    assert instances([instance_id])[0].instance_name == "renamed"
    refused("InvalidOperation.DeletionProtection", CLIENT.delete_instance, ecs.DeleteInstanceRequest(instance_id=instance_id))
    CLIENT.modify_instance_attribute(ecs.ModifyInstanceAttributeRequest(instance_id=instance_id, deletion_protection=False))
    refused("IncorrectInstanceStatus", stop, instance_id)
    [result] = CLIENT.detach_key_pair(ecs.DetachKeyPairRequest(
        region_id=REGION, key_pair_name="login", instance_ids=json.dumps([instance_id]))).body.results.result
    assert result.success == "true" and not instances([instance_id])[0].key_pair_name


main()
