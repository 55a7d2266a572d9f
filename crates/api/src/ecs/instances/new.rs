//! Parameters of new instances, which RunInstances and CreateInstance share.

use ::ecs::{Encryption, NetworkWanted, NewDataDisk, NewInstances, NewSystemDisk};

use crate::ecs::parameters::{NAME, TAG, tags};
use crate::errors::{self, Refusal};
use crate::parameters::{
    Declares, Flag, Ignored, Integer, Name, NumberedRecord, Optional, Parameters, Records, Refused, Required, Text,
};

const ID: Name = Name { length: (1, 64), also: "-" };
const IMAGE_ID: Required<Name> = Required::new("ImageId", ID);
const INSTANCE_TYPE: Required<Name> = Required::new("InstanceType", Name { length: (1, 64), also: "-." });
const SECURITY_GROUP_ID: Optional<Name> = Optional::new("SecurityGroupId", ID);
const V_SWITCH_ID: Optional<Name> = Optional::new("VSwitchId", ID);
const ZONE_ID: Optional<Name> = Optional::new("ZoneId", ID);
const INSTANCE_NAME: Optional<Text> = Optional::new("InstanceName", NAME);
const DESCRIPTION: Optional<Text> = Optional::new("Description", NAME);
const HOST_NAME: Optional<Text> = Optional::new("HostName", NAME);
const KEY_PAIR_NAME: Optional<Text> = Optional::new("KeyPairName", Text { length: (1, 128) });
const DELETION_PROTECTION: Optional<Flag> = Optional::new("DeletionProtection", Flag);
const SYSTEM_CATEGORY: Optional<Name> = Optional::new("SystemDisk.Category", Name { length: (1, 64), also: "_" });
const SYSTEM_SIZE: Optional<Integer> = Optional::new("SystemDisk.Size", SIZE);
const SYSTEM_NAME: Optional<Text> = Optional::new("SystemDisk.DiskName", NAME);
const SYSTEM_DESCRIPTION: Optional<Text> = Optional::new("SystemDisk.Description", NAME);
/// Of RunInstances alone.
pub(super) const SYSTEM_ENCRYPTED: Optional<Flag> = Optional::new("SystemDisk.Encrypted", Flag);
pub(super) const SYSTEM_KMS_KEY_ID: Optional<Text> = Optional::new("SystemDisk.KMSKeyId", Text { length: (1, 512) });
const DATA_DISK: Records = Records {
    name: "DataDisk",
    fields: &["Category", "Size", "DiskName", "Description", "Device", "SnapshotId", "Encrypted", "KMSKeyId"],
    items_max: 16,
};

/// What a size may be is `ecs`'s to say.
const SIZE: Integer = Integer { min: 0, max: 1 << 32 };

/// What is not given to guests, as there is no metadata service and no agent in them.
const USER_DATA: Refused = Refused { name: "UserData", row: &errors::ECS_NOT_OFFERED };
const PASSWORD: Refused = Refused { name: "Password", row: &errors::ECS_NOT_OFFERED };
const RAM_ROLE_NAME: Refused = Refused { name: "RamRoleName", row: &errors::ECS_NOT_OFFERED };
const LAUNCH_TEMPLATE_ID: Refused = Refused { name: "LaunchTemplateId", row: &errors::ECS_NOT_OFFERED };
const LAUNCH_TEMPLATE_NAME: Refused = Refused { name: "LaunchTemplateName", row: &errors::ECS_NOT_OFFERED };
const DEDICATED_HOST_ID: Refused = Refused { name: "DedicatedHostId", row: &errors::ECS_NOT_OFFERED };
const REFUSED: [&Refused; 6] =
    [&USER_DATA, &PASSWORD, &RAM_ROLE_NAME, &LAUNCH_TEMPLATE_ID, &LAUNCH_TEMPLATE_NAME, &DEDICATED_HOST_ID];

/// What both calls take.
macro_rules! parameters {
    ($($more:expr),+ $(,)?) => {
        &[
            &crate::ecs::parameters::REGION_ID,
            &IMAGE_ID,
            &INSTANCE_TYPE,
            &SECURITY_GROUP_ID,
            &V_SWITCH_ID,
            &ZONE_ID,
            &INSTANCE_NAME,
            &DESCRIPTION,
            &HOST_NAME,
            &KEY_PAIR_NAME,
            &DELETION_PROTECTION,
            &SYSTEM_CATEGORY,
            &SYSTEM_SIZE,
            &SYSTEM_NAME,
            &SYSTEM_DESCRIPTION,
            &DATA_DISK,
            &TAG,
            &crate::ecs::parameters::CLIENT_TOKEN,
            &crate::ecs::parameters::DRY_RUN,
            &USER_DATA,
            &PASSWORD,
            &RAM_ROLE_NAME,
            &LAUNCH_TEMPLATE_ID,
            &LAUNCH_TEMPLATE_NAME,
            &DEDICATED_HOST_ID,
            &Ignored("ImageFamily"),
            &Ignored("InstanceChargeType"),
            &Ignored("InternetChargeType"),
            &Ignored("InternetMaxBandwidthIn"),
            &Ignored("InternetMaxBandwidthOut"),
            &Ignored("IoOptimized"),
            &Ignored("NetworkType"),
            &Ignored("PasswordInherit"),
            &Ignored("PrivateIpAddress"),
            &Ignored("ResourceGroupId"),
            &Ignored("SecurityEnhancementStrategy"),
            &Ignored("SpotStrategy"),
            &Ignored("SystemDisk.PerformanceLevel"),
            $($more),+
        ]
    };
}

pub(super) const OF_RUN: &[&dyn Declares] =
    parameters![&SYSTEM_ENCRYPTED, &SYSTEM_KMS_KEY_ID, &super::make::AMOUNT, &super::make::MIN_AMOUNT];
pub(super) const OF_CREATE: &[&dyn Declares] = parameters![&Ignored("VlanId"), &Ignored("NodeControllerId")];

/// New instances, and what the use case does not know of them.
pub(super) struct New {
    pub(super) request: NewInstances,
    pub(super) place: NetworkWanted,
}

impl New {
    /// Reads one instance without encryption of its system disk: what RunInstances knows beyond that it reads itself.
    pub(super) fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        REFUSED.iter().try_for_each(|refused| refused.check(parameters))?;
        let text = |parameter: &Optional<Text>| Ok::<_, Refusal>(parameter.read(parameters)?.unwrap_or_default());
        let id = |parameter: &Optional<Name>| Ok::<_, Refusal>(parameter.read(parameters)?.unwrap_or_default());
        let records = DATA_DISK.read(parameters)?;
        let request = NewInstances {
            image_id: IMAGE_ID.read(parameters)?,
            instance_type: INSTANCE_TYPE.read(parameters)?,
            name: text(&INSTANCE_NAME)?,
            description: text(&DESCRIPTION)?,
            host_name: text(&HOST_NAME)?,
            system_disk: NewSystemDisk {
                category: id(&SYSTEM_CATEGORY)?,
                size_gib: SYSTEM_SIZE.read(parameters)?,
                name: text(&SYSTEM_NAME)?,
                description: text(&SYSTEM_DESCRIPTION)?,
                encryption: Encryption::default(),
            },
            data_disks: records.iter().map(|disk| data_disk(disk, parameters)).collect::<Result<_, _>>()?,
            amount: 1,
            min_amount: None,
            key_pair: KEY_PAIR_NAME.read(parameters)?,
            is_protected: DELETION_PROTECTION.read(parameters)? == Some(true),
            tags: tags(parameters)?,
        };
        let place = NetworkWanted {
            zone_id: id(&ZONE_ID)?,
            v_switch_id: id(&V_SWITCH_ID)?,
            security_group_id: id(&SECURITY_GROUP_ID)?,
        };
        Ok(Self { request, place })
    }
}

fn data_disk(record: &NumberedRecord, parameters: &Parameters) -> Result<NewDataDisk, Refusal> {
    let invalid = |field| DATA_DISK.invalid(parameters, record.number, field);
    let text = |field| record.text(field).unwrap_or_default().to_owned();
    let snapshot_id = text("SnapshotId");
    if !snapshot_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(invalid("SnapshotId"));
    }
    let encrypted = DATA_DISK.flag(parameters, record, "Encrypted")?;
    let size_gib = record.text("Size").map(|size| size.parse().map_err(|_| invalid("Size"))).transpose()?;
    Ok(NewDataDisk {
        category: text("Category"),
        size_gib,
        name: text("DiskName"),
        description: text("Description"),
        device: text("Device"),
        snapshot_id,
        encryption: Encryption { encrypted, key: record.text("KMSKeyId").map(str::to_owned) },
    })
}
