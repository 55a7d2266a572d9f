//! An instance as the API shows it.

use ::ecs::{DescribedInstance, GUEST_ADDRESS, InstanceRecord, KeyLock, Network, PortForward};
use catalog::Tag;
use serde_json::{Value, json};

use crate::ecs::parameters::written_to_the_minute;

/// The object of DescribeInstances. The vendor shows no encryption in it, and no reason of a failure; ours stand in `Reseal`, which
/// SDKs ignore.
pub(super) fn instance(described: &DescribedInstance, network: &Network) -> Value {
    let mut shown = machine(&described.instance);
    let tag = |tag: &Tag| json!({ "TagKey": tag.key, "TagValue": tag.value });
    let own = json!({
        "KeyPairName": described.key_pair.as_deref().unwrap_or_default(),
        "OperationLocks": { "LockReason": described.locks.iter().map(operation_lock).collect::<Vec<_>>() },
        "Tags": { "Tag": described.tags.iter().map(tag).collect::<Vec<_>>() },
        "Reseal": extension(described),
    });
    for part in [own, place(&described.instance, network)] {
        if let (Some(shown), Value::Object(part)) = (shown.as_object_mut(), part) {
            shown.extend(part);
        }
    }
    shown
}

fn machine(instance: &InstanceRecord) -> Value {
    json!({
        "InstanceId": instance.id,
        "InstanceName": instance.name,
        "Description": instance.description,
        "HostName": instance.host_name,
        "ImageId": instance.image_id,
        "Status": instance.status,
        "InstanceType": instance.instance_type,
        "InstanceTypeFamily": family(&instance.instance_type),
        "Cpu": instance.cpu,
        "Memory": instance.memory_mib,
        "OSType": instance.os_type,
        "OSName": instance.os_name,
        "OSNameEn": instance.os_name,
        "CreationTime": written_to_the_minute(instance.created_at),
        "StartTime": instance.started_at.map(written_to_the_minute).unwrap_or_default(),
        "SerialNumber": instance.id,
        "DeletionProtection": instance.is_protected,
        "DeviceAvailable": true,
        "IoOptimized": true,
        "Recyclable": false,
        "InstanceChargeType": "PostPaid",
        "SpotStrategy": "NoSpot",
        "StoppedMode": if instance.status == "Stopped" { "KeepCharging" } else { "Not-applicable" },
        "ResourceGroupId": "",
    })
}

fn place(instance: &InstanceRecord, network: &Network) -> Value {
    json!({
        "RegionId": instance.scope.region.as_str(),
        "ZoneId": network.zone_id,
        "InstanceNetworkType": "vpc",
        "InternetChargeType": "PayByTraffic",
        "InternetMaxBandwidthIn": 0,
        "InternetMaxBandwidthOut": 0,
        "SecurityGroupIds": { "SecurityGroupId": [network.security_group_id] },
        "VpcAttributes": {
            "VpcId": network.vpc_id,
            "VSwitchId": network.v_switch_id,
            "NatIpAddress": "",
            "PrivateIpAddress": { "IpAddress": [GUEST_ADDRESS] },
        },
        "InnerIpAddress": { "IpAddress": [] },
        "PublicIpAddress": { "IpAddress": [] },
        "EipAddress": { "AllocationId": "", "IpAddress": "", "InternetChargeType": "" },
        "NetworkInterfaces": { "NetworkInterface": [{
            "NetworkInterfaceId": instance.id.replacen("i-", "eni-", 1),
            "MacAddress": instance.mac_address,
            "PrimaryIpAddress": GUEST_ADDRESS,
            "Type": "Primary",
        }] },
    })
}

fn operation_lock(lock: &KeyLock) -> Value {
    json!({ "LockReason": "KeyNotUsable", "LockMsg": lock.reason })
}

/// What the vendor does not tell: why an instance stopped, which key keeps it from being started, and how it is reached.
fn extension(described: &DescribedInstance) -> Value {
    let lock = |lock: &KeyLock| {
        json!({
            "KMSKeyId": lock.key_id.to_string(),
            "KeyState": lock.state.map(|state| state.to_string()).unwrap_or_default(),
            "Reason": lock.reason,
        })
    };
    let forward = |forward: &PortForward| {
        json!({
            "HostAddress": forward.host.ip().to_string(),
            "HostPort": forward.host.port(),
            "GuestPort": forward.guest_port,
        })
    };
    json!({
        "Encrypted": described.disks.iter().any(|disk| disk.key_id.is_some()),
        "Failure": described.instance.failure,
        "Locks": { "Lock": described.locks.iter().map(lock).collect::<Vec<_>>() },
        "Forwards": { "Forward": described.forwards.iter().map(forward).collect::<Vec<_>>() },
    })
}

/// A type without its last part.
fn family(instance_type: &str) -> &str {
    instance_type.rsplit_once('.').map_or(instance_type, |(family, _)| family)
}
