//! KMS on the wire: the calls of the room `kms` under the API's names, parameters and codes.
//!
//! ```text
//! OnKms<EnableKey>: parse ── account has KMS? ── needs: ARN, policy and tags of each key ── permit ── kms::Kms ── codes
//! ```
//!
//! The files bear the names of those in `kms`. Source of everything: kms.md.

mod account;
mod action;
mod aliases;
mod asymmetric;
mod billing;
mod ciphertexts;
mod create;
mod data_keys;
mod export;
mod filters;
mod import;
mod keys;
mod metadata;
mod needs;
mod page;
mod parameters;
mod policy;
mod refusal;
mod regions;
mod root_key;
mod tag_resources;
mod tags;
mod usage;
mod versions;

use ::kms::Kms;

use crate::action::Row;
use crate::services::Rooms;
use action::OnKms;

/// What KMS on the wire asks of the rooms behind it. Whether an account has KMS stands with the account, in `ram`.
pub trait Keys: Rooms {
    /// The keys.
    fn kms(&self) -> &Kms;
}

/// All actions of KMS, in the order of kms.md.
pub(crate) fn rows<S: Keys>() -> Vec<Row<S>> {
    vec![
        Row::of::<OnKms<create::CreateKey>>(),
        Row::of::<OnKms<keys::DescribeKey>>(),
        Row::of::<OnKms<keys::DescribeKeys>>(),
        Row::of::<OnKms<keys::ListKeys>>(),
        Row::of::<OnKms<keys::EnableKey>>(),
        Row::of::<OnKms<keys::DisableKey>>(),
        Row::of::<OnKms<keys::UpdateKeyDescription>>(),
        Row::of::<OnKms<keys::ScheduleKeyDeletion>>(),
        Row::of::<OnKms<keys::CancelKeyDeletion>>(),
        Row::of::<OnKms<keys::SetDeletionProtection>>(),
        Row::of::<OnKms<versions::CreateKeyVersion>>(),
        Row::of::<OnKms<versions::ListKeyVersions>>(),
        Row::of::<OnKms<versions::DescribeKeyVersion>>(),
        Row::of::<OnKms<versions::UpdateRotationPolicy>>(),
        Row::of::<OnKms<aliases::CreateAlias>>(),
        Row::of::<OnKms<aliases::UpdateAlias>>(),
        Row::of::<OnKms<aliases::DeleteAlias>>(),
        Row::of::<OnKms<aliases::ListAliases>>(),
        Row::of::<OnKms<aliases::ListAliasesByKeyId>>(),
        Row::of::<OnKms<usage::ListKeyUsage>>(),
        Row::of::<OnKms<ciphertexts::Encrypt>>(),
        Row::of::<OnKms<ciphertexts::Decrypt>>(),
        Row::of::<OnKms<ciphertexts::ReEncrypt>>(),
        Row::of::<OnKms<data_keys::GenerateDataKey>>(),
        Row::of::<OnKms<data_keys::GenerateDataKeyWithoutPlaintext>>(),
        Row::of::<OnKms<export::ExportDataKey>>(),
        Row::of::<OnKms<export::GenerateAndExportDataKey>>(),
        Row::of::<OnKms<asymmetric::AsymmetricEncrypt>>(),
        Row::of::<OnKms<asymmetric::AsymmetricDecrypt>>(),
        Row::of::<OnKms<asymmetric::AsymmetricSign>>(),
        Row::of::<OnKms<asymmetric::AsymmetricVerify>>(),
        Row::of::<OnKms<asymmetric::GetPublicKey>>(),
        Row::of::<OnKms<import::GetParametersForImport>>(),
        Row::of::<OnKms<import::ImportKeyMaterial>>(),
        Row::of::<OnKms<import::DeleteKeyMaterial>>(),
        Row::of::<OnKms<tags::TagResource>>(),
        Row::of::<OnKms<tags::UntagResource>>(),
        Row::of::<OnKms<tags::ListResourceTags>>(),
        Row::of::<OnKms<tag_resources::TagResources>>(),
        Row::of::<OnKms<tag_resources::UntagResources>>(),
        Row::of::<OnKms<tag_resources::ListTagResources>>(),
        Row::of::<OnKms<policy::GetKeyPolicy>>(),
        Row::of::<OnKms<policy::SetKeyPolicy>>(),
        Row::of::<regions::DescribeRegions>(),
        Row::of::<account::OpenKmsService>(),
        Row::of::<account::DescribeAccountKmsStatus>(),
        Row::of::<OnKms<billing::DescribeUsage>>(),
        Row::of::<OnKms<root_key::DescribeRootKey>>(),
    ]
}
