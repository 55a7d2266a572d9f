//! ECS on the wire: the calls of the room `ecs` under the API's names, parameters and codes. Source: ecs-images.md.
//!
//! ```text
//! OnEcs<CopyImage>: parse ── region of RegionId ── needs: image ARNs, the key that is named ── permit ── ecs::Ecs ── codes
//! ```

mod action;
mod cancel_copy_image;
mod client_token;
mod copy_image;
mod create_image;
mod create_upload;
mod default_encryption;
mod delete_image;
mod describe_images;
mod disks;
mod export_image;
mod family;
mod image;
mod import_image;
mod instances;
mod key_pair_uses;
mod key_pairs;
mod modify_image;
mod paging;
mod parameters;
mod refusal;
mod regions;
mod share_image;
mod snapshots;
mod tag_parameters;
mod tag_resources;
mod tasks;
mod tickets;

use ::ecs::Ecs;

use crate::action::Row;
use crate::services::Rooms;
use action::OnEcs;

/// What ECS on the wire asks of the rooms behind it.
pub trait Images: Rooms {
    /// The images.
    fn ecs(&self) -> &Ecs;
}

/// All actions of ECS, in the order of ecs-images.md.
pub(crate) fn rows<S: Images>() -> Vec<Row<S>> {
    let mut rows = images();
    rows.extend(instances::rows());
    rows.extend(disks::rows());
    rows.extend(key_pairs());
    rows
}

fn key_pairs<S: Images>() -> Vec<Row<S>> {
    vec![
        Row::of::<OnEcs<key_pairs::CreateKeyPair>>(),
        Row::of::<OnEcs<key_pairs::ImportKeyPair>>(),
        Row::of::<OnEcs<key_pairs::DescribeKeyPairs>>(),
        Row::of::<OnEcs<key_pairs::DeleteKeyPairs>>(),
        Row::of::<OnEcs<key_pair_uses::AttachKeyPair>>(),
        Row::of::<OnEcs<key_pair_uses::DetachKeyPair>>(),
    ]
}

fn images<S: Images>() -> Vec<Row<S>> {
    vec![
        Row::of::<OnEcs<copy_image::CopyImage>>(),
        Row::of::<OnEcs<cancel_copy_image::CancelCopyImage>>(),
        Row::of::<OnEcs<describe_images::DescribeImages>>(),
        Row::of::<OnEcs<delete_image::DeleteImage>>(),
        Row::of::<OnEcs<modify_image::ModifyImageAttribute>>(),
        Row::of::<OnEcs<share_image::ModifyImageSharePermission>>(),
        Row::of::<OnEcs<share_image::DescribeImageSharePermission>>(),
        Row::of::<OnEcs<create_image::CreateImage>>(),
        Row::of::<OnEcs<create_upload::CreateUpload>>(),
        Row::of::<OnEcs<import_image::ImportImage>>(),
        Row::of::<OnEcs<export_image::ExportImage>>(),
        Row::of::<OnEcs<family::DescribeImageFromFamily>>(),
        Row::of::<regions::DescribeRegions>(),
        Row::of::<OnEcs<regions::DescribeZones>>(),
        Row::of::<OnEcs<tasks::DescribeTasks>>(),
        Row::of::<OnEcs<tasks::DescribeTaskAttribute>>(),
        Row::of::<OnEcs<tasks::CancelTask>>(),
        Row::of::<OnEcs<tag_resources::TagResources>>(),
        Row::of::<OnEcs<tag_resources::UntagResources>>(),
        Row::of::<OnEcs<tag_resources::ListTagResources>>(),
        Row::of::<OnEcs<snapshots::DescribeSnapshots>>(),
        Row::of::<OnEcs<snapshots::DeleteSnapshot>>(),
        Row::of::<OnEcs<default_encryption::EnableDiskEncryptionByDefault>>(),
        Row::of::<OnEcs<default_encryption::DisableDiskEncryptionByDefault>>(),
        Row::of::<OnEcs<default_encryption::DescribeDiskEncryptionByDefaultStatus>>(),
        Row::of::<OnEcs<default_encryption::ModifyDiskDefaultKMSKeyId>>(),
        Row::of::<OnEcs<default_encryption::DescribeDiskDefaultKMSKeyId>>(),
        Row::of::<OnEcs<default_encryption::ResetDiskDefaultKMSKeyId>>(),
        Row::of::<OnEcs<tickets::CreateTicket>>(),
        Row::of::<OnEcs<tickets::DescribeTickets>>(),
        Row::of::<OnEcs<tickets::ReplyTicket>>(),
        Row::of::<OnEcs<tickets::CloseTicket>>(),
    ]
}
