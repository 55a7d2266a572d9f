//! Every call on a key through its public door, with arguments that are right: what is refused then is refused for the key's state or
//! for the permit.

use std::cell::OnceCell;

use catalog::Tag;
use crypto::asymmetric::{Oaep, PublicKey, SignatureAlgorithm, WrappingAlgorithm};
use kms::{
    Action, AliasName, Ciphertext, IfInUse, ImportParameters, KeyRef, KeySpec, KeyUsage, KeyVersionId, Material,
    PageRequest, PairRef, Receiver, Result,
};
use ram::Permit;

use crate::support::{Bench, context, id_of, sealed_image};

pub(crate) const OAEP: WrappingAlgorithm = WrappingAlgorithm::Oaep(Oaep::Sha256);

/// The material of all external keys here.
pub(crate) const MATERIAL: [u8; 32] = [0x5a; 32];

/// A key with everything that the calls need around it.
pub(crate) struct Subject {
    pub(crate) key: KeyRef,
    /// Another enabled key, the other side of a ReEncrypt.
    pub(crate) spare: KeyRef,
    /// Names the key; absent for the key of a service.
    pub(crate) alias: Option<AliasName>,
    /// Names the spare key.
    pub(crate) spare_alias: AliasName,
    /// Free.
    pub(crate) free_alias: AliasName,
    version: KeyVersionId,
    /// Something under the key, or bytes that look so.
    blob: Vec<u8>,
    spare_blob: Vec<u8>,
    /// Right for an external key.
    parameters: Option<ImportParameters>,
    receiver: Receiver,
}

/// A kind of key that `action` succeeds on, when its state allows it.
pub(crate) async fn fitting_key(action: Action, bench: &Bench) -> KeyRef {
    match action {
        Action::AsymmetricEncrypt | Action::AsymmetricDecrypt => {
            bench.pair(KeySpec::Rsa2048, KeyUsage::EncryptDecrypt).await
        }
        Action::AsymmetricSign | Action::AsymmetricVerify | Action::GetPublicKey => {
            bench.pair(KeySpec::EcP256, KeyUsage::SignVerify).await
        }
        Action::ImportKeyMaterial | Action::GetParametersForImport | Action::DeleteKeyMaterial => {
            imported_key(bench).await
        }
        _ => bench.key().await,
    }
}

/// An enabled external key.
pub(crate) async fn imported_key(bench: &Bench) -> KeyRef {
    let key = bench.external_key(KeySpec::Aes256).await;
    import(bench, &key, &MATERIAL, None).await.expect("material for a new key");
    key
}

/// Asks for parameters, wraps and imports.
pub(crate) async fn import(
    bench: &Bench,
    key: &KeyRef,
    material: &[u8],
    expires_at: Option<catalog::Timestamp>,
) -> Result<()> {
    let parameters = parameters_for(bench, key).await?;
    import_with(bench, key, &parameters, material, expires_at).await
}

pub(crate) async fn parameters_for(bench: &Bench, key: &KeyRef) -> Result<ImportParameters> {
    bench.kms.parameters_for_import(key, OAEP, KeySpec::Rsa2048, &bench.permit, &bench.scope).await
}

pub(crate) async fn import_with(
    bench: &Bench,
    key: &KeyRef,
    parameters: &ImportParameters,
    material: &[u8],
    expires_at: Option<catalog::Timestamp>,
) -> Result<()> {
    let encrypted = wrap(parameters, material);
    let material = Material { encrypted: &encrypted, import_token: &parameters.import_token, expires_at };
    bench.kms.import_key_material(key, material, &bench.permit, &bench.scope).await
}

fn wrap(parameters: &ImportParameters, material: &[u8]) -> Vec<u8> {
    let public = PublicKey::from_spki(&parameters.public_key).expect("a public key");
    public.encrypt(OAEP, material).expect("32 bytes fit")
}

impl Subject {
    /// Surrounds an enabled key with what `action` needs.
    pub(crate) async fn new(action: Action, key: KeyRef, bench: &Bench) -> Self {
        let Bench { kms, permit, scope, .. } = bench;
        let record = bench.describe(&key).await;
        let number = kms.list_aliases(PageRequest::first(), permit, scope).await.expect("aliases").total_count;
        let name = |what: &str| -> AliasName { format!("alias/{what}-{number}").parse().expect("an alias") };
        let spare = bench.key().await;
        let spare_alias = name("spare");
        kms.create_alias(&spare_alias, &spare, permit, scope).await.expect("a free name");
        let mut alias = None;
        if record.service.is_empty() {
            let of_key = alias.insert(name("key"));
            kms.create_alias(of_key, &key, permit, scope).await.expect("a free name");
        }
        let looks_sealed = || [record.primary_version.to_string().as_bytes(), &[0; 60]].concat();
        let sealed = kms.encrypt(&key, b"text", &context(&[]), permit, scope).await;
        let spare_blob = kms.encrypt(&spare, b"text", &context(&[]), permit, scope).await.expect("an enabled key").blob;
        let wants_parameters = action == Action::ImportKeyMaterial && record.origin == "EXTERNAL";
        let parameters = match wants_parameters {
            true => Some(parameters_for(bench, &key).await.expect("an external key")),
            false => None,
        };
        Self {
            key,
            spare,
            alias,
            spare_alias,
            free_alias: name("free"),
            version: record.primary_version,
            blob: sealed.map_or_else(|_| looks_sealed(), |sealed| sealed.blob),
            spare_blob,
            parameters,
            receiver: receiver(),
        }
    }
}

/// Calls `action` on the subject.
pub(crate) async fn call(action: Action, subject: &Subject, permit: &Permit, bench: &Bench) -> Result<()> {
    let Bench { kms, scope, .. } = bench;
    let Subject { key, spare, receiver, blob, .. } = subject;
    let pair = PairRef { key, version: subject.version };
    let (none, page) = (context(&[]), PageRequest::first());
    match action {
        Action::Encrypt => kms.encrypt(key, b"text", &none, permit, scope).await.map(drop),
        Action::Decrypt => kms.decrypt(blob, &none, permit, scope).await.map(drop),
        Action::ReEncryptFrom => kms.re_encrypt(blob, &none, spare, &none, permit, scope).await.map(drop),
        Action::ReEncryptTo => kms.re_encrypt(&subject.spare_blob, &none, key, &none, permit, scope).await.map(drop),
        Action::GenerateDataKey => kms.generate_data_key(key, &none, 32, permit, scope).await.map(drop),
        Action::GenerateDataKeyWithoutPlaintext => {
            kms.generate_data_key_without_plaintext(key, &none, 32, permit, scope).await.map(drop)
        }
        Action::ExportDataKey => kms.export_data_key(blob, &none, receiver, permit, scope).await.map(drop),
        Action::GenerateAndExportDataKey => {
            kms.generate_and_export_data_key(key, &none, 32, receiver, permit, scope).await.map(drop)
        }
        Action::AsymmetricEncrypt => kms.asymmetric_encrypt(pair, Oaep::Sha256, b"text", permit, scope).await.map(drop),
        Action::AsymmetricDecrypt => {
            let sealed = kms.asymmetric_encrypt(pair, Oaep::Sha256, b"text", &bench.permit, scope).await;
            let sealed = sealed.map_or(vec![0; 256], |sealed| sealed.value);
            kms.asymmetric_decrypt(pair, Oaep::Sha256, sealed, permit, scope).await.map(drop)
        }
        Action::AsymmetricSign => {
            kms.asymmetric_sign(pair, SignatureAlgorithm::EcdsaSha256, [7; 32], permit, scope).await.map(drop)
        }
        Action::AsymmetricVerify => {
            let algorithm = SignatureAlgorithm::EcdsaSha256;
            kms.asymmetric_verify(pair, algorithm, [7; 32], b"no signature", permit, scope).await.map(drop)
        }
        Action::GetPublicKey => kms.public_key(pair, permit, scope).await.map(drop),
        Action::RecordImage => {
            let wrapped = Ciphertext { blob: Vec::new(), key_id: id_of(key), key_version_id: subject.version };
            kms.record_image(&sealed_image(&wrapped, "/images/a.qcow2"), permit, scope).await
        }
        Action::CreateKeyVersion => kms.create_key_version(key, permit, scope).await.map(drop),
        Action::UpdateRotationPolicy => {
            let interval = "30d".parse().expect("an interval");
            kms.update_rotation_policy(key, Some(interval), permit, scope).await.map(drop)
        }
        Action::DescribeKey => kms.describe_key(key, permit, scope).await.map(drop),
        Action::ListKeyVersions => kms.list_key_versions(key, page, permit, scope).await.map(drop),
        Action::DescribeKeyVersion => kms.describe_key_version(key, subject.version, permit, scope).await.map(drop),
        Action::ListAliasesByKeyId => kms.list_aliases_by_key(key, page, permit, scope).await.map(drop),
        Action::ListResourceTags => kms.list_resource_tags(key, permit, scope).await.map(drop),
        Action::GetKeyPolicy => kms.key_policy(key, permit, scope).await.map(drop),
        Action::UpdateKeyDescription => kms.update_key_description(key, "new", permit, scope).await.map(drop),
        Action::TagResource => {
            let tag = Tag { key: "team".to_owned(), value: "storage".to_owned() };
            kms.tag_keys(std::slice::from_ref(key), &[tag], permit, scope).await
        }
        Action::UntagResource => kms.untag_keys(std::slice::from_ref(key), &["team".to_owned()], permit, scope).await,
        Action::SetKeyPolicy => {
            let policy = kms.key_facts(key, scope).await?.policy.clone();
            kms.set_key_policy(key, &policy, permit, scope).await
        }
        Action::EnableKey => kms.enable_key(key, permit, scope).await.map(drop),
        Action::DisableKey => kms.disable_key(key, IfInUse::Refuse, permit, scope).await.map(drop),
        Action::SetDeletionProtection => kms.set_deletion_protection(key, true, "", permit, scope).await.map(drop),
        Action::ScheduleKeyDeletion => {
            kms.schedule_key_deletion(key, 7, IfInUse::Refuse, permit, scope).await.map(drop)
        }
        Action::CancelKeyDeletion => kms.cancel_key_deletion(key, permit, scope).await.map(drop),
        Action::CreateAlias => kms.create_alias(&subject.free_alias, key, permit, scope).await,
        Action::UpdateAlias => kms.update_alias(&subject.spare_alias, key, permit, scope).await,
        Action::DeleteAlias => {
            let of_service: AliasName = "alias/acs/ecs".parse().expect("an alias");
            kms.delete_alias(subject.alias.as_ref().unwrap_or(&of_service), permit, scope).await
        }
        Action::ImportKeyMaterial => {
            let wrapped = subject.parameters.as_ref().map(|parameters| wrap(parameters, &MATERIAL));
            let token = subject.parameters.as_ref().map(|parameters| parameters.import_token.as_slice());
            let material = Material {
                encrypted: &wrapped.unwrap_or_default(),
                import_token: token.unwrap_or_default(),
                expires_at: None,
            };
            kms.import_key_material(key, material, permit, scope).await
        }
        Action::GetParametersForImport => {
            kms.parameters_for_import(key, OAEP, KeySpec::Rsa2048, permit, scope).await.map(drop)
        }
        Action::DeleteKeyMaterial => kms.delete_key_material(key, permit, scope).await,
    }
}

/// Somebody with an RSA key: the same for a whole thread, because making one takes its time.
fn receiver() -> Receiver {
    thread_local!(static KEY: OnceCell<PublicKey> = const { OnceCell::new() });
    let make = || crypto::asymmetric::generate(crypto::asymmetric::KeySpec::Rsa2048, &crypto::OsRandom);
    let public_key = KEY.with(|key| key.get_or_init(|| make().expect("a key").public).clone());
    Receiver { public_key, algorithm: OAEP }
}
