"""Instances by the Python SDK of the present generation, from the import of a disk to the deletion of the last instance.

Usage: instances.py HOST:PORT KEY_FILE LINE

The server serves the bucket `golden` with `disk.raw`, whose guest prints LINE on its console and stays.
"""

import json
import re
import sys

from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_kms20160120 import models as kms
from alibabacloud_tea_openapi import models as open_models
from alibabacloud_tea_util import models as util_models

from machines import CLIENT, KEYS, REGION, TYPE, delete, disks, encrypted_copy, heard, image_of, import_disk, instances
from machines import key_of, network, run, run_request, start, stop

LINE = sys.argv[3]
NOT_ENABLED = "InvalidParameter.KMSKeyId.CMKNotEnabled"


def main():
    types = CLIENT.describe_instance_types(ecs.DescribeInstanceTypesRequest(instance_types=[TYPE])).body.instance_types.instance_type
    assert [(found.cpu_core_count, found.memory_size) for found in types] == [(1, 0.5)], types
    place = network()
    key = KEYS.create_key(kms.CreateKeyRequest()).body.key_metadata.key_id
    pair = CLIENT.create_key_pair(ecs.CreateKeyPairRequest(region_id=REGION, key_pair_name="login")).body
    assert pair.private_key_body.startswith("-----BEGIN RSA PRIVATE KEY-----"), "it is answered once"
    sealed = encrypted_copy(import_disk(), key)
    first = run(sealed, place, key_pair_name="login")
    judge(first, sealed, key, place)
    stop(first)
    made = image_of(first, "made")
    assert key_of(made) == key, "an encrypted instance makes an image under the same key"
    second = run(made, place)
    says_its_line(second)
    disabled_key(key, sealed, first, place)
    changes(first)
    for instance in (first, second):
        delete(instance)
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


def says_its_line(instance_id):
    """The guest read the decrypted disk."""
    heard(instance_id, re.escape(LINE))


def judge(instance_id, image_id, key, place):
    [found] = instances([instance_id])
    assert (found.image_id, found.instance_type, found.cpu, found.memory) == (image_id, TYPE, 1, 512), found
    assert found.vpc_attributes.v_switch_id == place["v_switch_id"] and found.key_pair_name == "login", found
    assert found.security_group_ids.security_group_id == [place["security_group_id"]], found
    says_its_line(instance_id)
    [disk] = disks(instance_id)
    assert disk.encrypted and disk.kmskey_id == key and disk.type == "system", disk
    request = ecs.DescribeInstanceStatusRequest(region_id=REGION, instance_id=[instance_id])
    [status] = CLIENT.describe_instance_status(request).body.instance_statuses.instance_status
    assert (status.instance_id, status.status) == (instance_id, "Running")
    refused("InvalidEncrypted.NotMatchSnapshot", CLIENT.run_instances,
            run_request(image_id, place, system_disk=ecs.RunInstancesRequestSystemDisk(encrypted="false")))


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
    says_its_line(instance_id)
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
