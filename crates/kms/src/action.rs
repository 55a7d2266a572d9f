//! The calls on a key.

use std::fmt;

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident = $permission:literal,)+) => {
        /// A call on a key, with the name of the API. ReEncrypt is two: one on each key.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $action,)+
        }

        impl Action {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$action),+];

            /// The right that it needs on the key.
            pub fn permission(self) -> ram::Action {
                match self {
                    $(Self::$action => ram::Action::new($permission),)+
                }
            }
        }
    };
}

actions! {
    /// Encrypt a small text.
    Encrypt = "kms:Encrypt",
    /// Open a ciphertext blob.
    Decrypt = "kms:Decrypt",
    /// Open a blob, to seal it under another key.
    ReEncryptFrom = "kms:ReEncryptFrom",
    /// Seal what was under another key.
    ReEncryptTo = "kms:ReEncryptTo",
    /// Make and wrap a data key.
    GenerateDataKey = "kms:GenerateDataKey",
    /// Make a data key and answer it wrapped only.
    GenerateDataKeyWithoutPlaintext = "kms:GenerateDataKeyWithoutPlaintext",
    /// Wrap a data key under a public key of the caller's.
    ExportDataKey = "kms:ExportDataKey",
    /// Make a data key and wrap it under both.
    GenerateAndExportDataKey = "kms:GenerateAndExportDataKey",
    /// Encrypt under a public key.
    AsymmetricEncrypt = "kms:AsymmetricEncrypt",
    /// Decrypt with a private key.
    AsymmetricDecrypt = "kms:AsymmetricDecrypt",
    /// Sign a digest.
    AsymmetricSign = "kms:AsymmetricSign",
    /// Check a signature.
    AsymmetricVerify = "kms:AsymmetricVerify",
    /// Read a public key.
    GetPublicKey = "kms:GetPublicKey",
    /// Remember an image under the key. Ours: a key that was disabled during a copy gets no image any more. It is part of making an image under the key.
    RecordImage = "kms:GenerateDataKey",
    /// Add a version.
    CreateKeyVersion = "kms:CreateKeyVersion",
    /// Decide how often a version is added.
    UpdateRotationPolicy = "kms:UpdateRotationPolicy",
    /// Read the record.
    DescribeKey = "kms:DescribeKey",
    /// List its versions.
    ListKeyVersions = "kms:ListKeyVersions",
    /// Read one version.
    DescribeKeyVersion = "kms:DescribeKeyVersion",
    /// List its names.
    ListAliasesByKeyId = "kms:ListAliasesByKeyId",
    /// List its tags.
    ListResourceTags = "kms:ListResourceTags",
    /// Read who may use it.
    GetKeyPolicy = "kms:GetKeyPolicy",
    /// Change the text for people.
    UpdateKeyDescription = "kms:UpdateKeyDescription",
    /// Add tags.
    TagResource = "kms:TagResource",
    /// Remove tags.
    UntagResource = "kms:UntagResource",
    /// Say who may use it.
    SetKeyPolicy = "kms:SetKeyPolicy",
    /// Allow use.
    EnableKey = "kms:EnableKey",
    /// Forbid use.
    DisableKey = "kms:DisableKey",
    /// Forbid or allow deletion.
    SetDeletionProtection = "kms:SetDeletionProtection",
    /// Destroy after a waiting time.
    ScheduleKeyDeletion = "kms:ScheduleKeyDeletion",
    /// Call the deletion off.
    CancelKeyDeletion = "kms:CancelKeyDeletion",
    /// Give it a name.
    CreateAlias = "kms:CreateAlias",
    /// Point a name at it.
    UpdateAlias = "kms:UpdateAlias",
    /// Take a name from it.
    DeleteAlias = "kms:DeleteAlias",
    /// Bring material.
    ImportKeyMaterial = "kms:ImportKeyMaterial",
    /// Prepare to bring material.
    GetParametersForImport = "kms:GetParametersForImport",
    /// Destroy material that can be brought again.
    DeleteKeyMaterial = "kms:DeleteKeyMaterial",
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The variants have the names of the API.
        fmt::Debug::fmt(self, f)
    }
}
