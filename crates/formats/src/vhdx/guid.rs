//! The GUIDs of MS-VHDX. Files keep them in Windows' order: the first three groups little endian.

use uuid::Uuid;

use crate::Result;
use crate::fields::Fields;

pub(crate) const BAT_REGION: Uuid = Uuid::from_u128(0x2dc2_7766_f623_4200_9d64_115e_9bfd_4a08);
pub(crate) const METADATA_REGION: Uuid = Uuid::from_u128(0x8b7c_a206_4790_4b9a_b8fe_575f_050f_886e);

pub(crate) const FILE_PARAMETERS: Uuid = Uuid::from_u128(0xcaa1_6737_fa36_4d43_b3b6_33f0_aa44_e76b);
pub(crate) const VIRTUAL_DISK_SIZE: Uuid = Uuid::from_u128(0x2fa5_4224_cd1b_4876_b211_5dbe_d83b_f4b8);
pub(crate) const VIRTUAL_DISK_ID: Uuid = Uuid::from_u128(0xbeca_12ab_b2e6_4523_93ef_c309_e000_c746);
pub(crate) const LOGICAL_SECTOR_SIZE: Uuid = Uuid::from_u128(0x8141_bf1d_a96f_4709_ba47_f233_a8fa_ab5f);
pub(crate) const PHYSICAL_SECTOR_SIZE: Uuid = Uuid::from_u128(0xcda3_48c7_445d_4471_9cc9_e988_5251_c556);
pub(crate) const PARENT_LOCATOR: Uuid = Uuid::from_u128(0xa8d3_5f2d_b30b_454d_abf7_d3d8_4834_ab0c);

/// The GUID at `offset` of a structure.
pub(crate) fn guid(fields: &Fields<'_>, offset: usize) -> Result<Uuid> {
    Ok(Uuid::from_bytes_le(fields.array(offset)?))
}
