//! Every row of KMS refuses a user without rights, and says who may not do what on which resource; the rights that it names are
//! enough.

use serde_json::Value;

use api::{Permission, Product};

use crate::backend::Backend;
use crate::memory::{ACCOUNT, NOBODY};
use crate::story::{STRANGER, Story, USER, encoded, text};

/// What sample calls are about: keys of each kind and a ciphertext.
pub(crate) struct Samples {
    key: String,
    pair: String,
    pair_version: String,
    external: String,
    blob: String,
    public_key: String,
}

impl Samples {
    pub(crate) async fn make(story: &Story) -> Self {
        let key = story.key_id().await;
        story.ok("CreateAlias", &[("AliasName", "alias/sample"), ("KeyId", &key)]).await;
        let pair = story.key(&[("KeySpec", "EC_P256")]).await;
        let external = story.key(&[("Origin", "EXTERNAL")]).await;
        let blob = story.ok("Encrypt", &[("KeyId", &key), ("Plaintext", "aGVsbG8=")]).await;
        let external = text(&external["KeyId"]);
        let import =
            [("KeyId", &*external), ("WrappingAlgorithm", "RSAES_OAEP_SHA_256"), ("WrappingKeySpec", "RSA_2048")];
        let public_key = story.ok("GetParametersForImport", &import).await;
        Self {
            key,
            pair: text(&pair["KeyId"]),
            pair_version: text(&pair["PrimaryKeyVersion"]),
            external,
            blob: text(&blob["CiphertextBlob"]),
            public_key: text(&public_key["PublicKey"]),
        }
    }

    /// A call that can be read. A new row needs its sample here.
    pub(crate) fn of(&self, action: &str) -> Vec<(&'static str, String)> {
        let text = str::to_owned;
        let (key, blob) = (("KeyId", self.key.clone()), ("CiphertextBlob", self.blob.clone()));
        let pair = |more: &[(&'static str, &str)]| {
            let mut call = vec![("KeyId", self.pair.clone()), ("KeyVersionId", self.pair_version.clone())];
            call.extend(more.iter().map(|(name, value)| (*name, text(value))));
            call
        };
        let receiver = [
            ("PublicKeyBlob", self.public_key.clone()),
            ("WrappingAlgorithm", text("RSAES_OAEP_SHA_256")),
            ("WrappingKeySpec", text("RSA_2048")),
        ];
        let external = ("KeyId", self.external.clone());
        let (digest, zero) = (encoded([7; 32]), encoded([0; 8]));
        let resources =
            [("RegionId", text("cn-hangzhou")), ("ResourceType", text("key")), ("ResourceId.1", self.key.clone())];
        match action {
            "CreateKey"
            | "ListKeys"
            | "ListAliases"
            | "OpenKmsService"
            | "DescribeAccountKmsStatus"
            | "DescribeUsage"
            | "DescribeRootKey" => vec![],
            "DescribeKey"
            | "EnableKey"
            | "DisableKey"
            | "CancelKeyDeletion"
            | "CreateKeyVersion"
            | "ListKeyUsage"
            | "ListKeyVersions"
            | "ListAliasesByKeyId"
            | "GenerateDataKey"
            | "GenerateDataKeyWithoutPlaintext"
            | "ListResourceTags"
            | "GetKeyPolicy" => vec![key],
            "DescribeKeys" => vec![("KeyIds", format!("[\"{}\"]", self.key))],
            "UpdateKeyDescription" => vec![key, ("Description", text("d"))],
            "ScheduleKeyDeletion" => vec![key, ("PendingWindowInDays", text("7"))],
            "SetDeletionProtection" => vec![key, ("EnableDeletionProtection", text("true"))],
            "DescribeKeyVersion" => vec![key, ("KeyVersionId", self.pair_version.clone())],
            "UpdateRotationPolicy" => vec![key, ("EnableAutomaticRotation", text("false"))],
            "CreateAlias" => vec![key, ("AliasName", text("alias/new"))],
            "UpdateAlias" => vec![key, ("AliasName", text("alias/sample"))],
            "DeleteAlias" => vec![("AliasName", text("alias/sample"))],
            "Encrypt" => vec![key, ("Plaintext", text("aGVsbG8="))],
            "Decrypt" => vec![blob],
            "ReEncrypt" => vec![blob, ("DestinationKeyId", self.key.clone())],
            "ExportDataKey" => [vec![blob], receiver.to_vec()].concat(),
            "GenerateAndExportDataKey" => [vec![key], receiver.to_vec()].concat(),
            "AsymmetricEncrypt" => pair(&[("Algorithm", "RSAES_OAEP_SHA_256"), ("Plaintext", "aGVsbG8=")]),
            "AsymmetricDecrypt" => pair(&[("Algorithm", "RSAES_OAEP_SHA_256"), ("CiphertextBlob", "aGVsbG8=")]),
            "AsymmetricSign" => pair(&[("Algorithm", "ECDSA_SHA_256"), ("Digest", &digest)]),
            "AsymmetricVerify" => pair(&[("Algorithm", "ECDSA_SHA_256"), ("Digest", &digest), ("Value", &zero)]),
            "GetPublicKey" => pair(&[]),
            "GetParametersForImport" => [vec![external], receiver[1..].to_vec()].concat(),
            "ImportKeyMaterial" => vec![external, ("EncryptedKeyMaterial", zero.clone()), ("ImportToken", zero)],
            "DeleteKeyMaterial" => vec![external],
            "TagResource" => vec![key, ("Tags", text(r#"[{"TagKey":"a","TagValue":"1"}]"#))],
            "UntagResource" => vec![key, ("TagKeys", text("a"))],
            "TagResources" => [resources.to_vec(), vec![("Tag.1.Key", text("a"))]].concat(),
            "UntagResources" => [resources.to_vec(), vec![("TagKey.1", text("a"))]].concat(),
            "ListTagResources" => resources.to_vec(),
            "SetKeyPolicy" => {
                let root = format!("acs:ram::{ACCOUNT}:*");
                let statement = format!(
                    r#"{{"Effect":"Allow","Principal":{{"RAM":["{root}"]}},"Action":["kms:*"],"Resource":["*"]}}"#
                );
                vec![key, ("Policy", format!(r#"{{"Version":"1","Statement":[{statement}]}}"#))]
            }
            other => panic!("no sample for {other}"),
        }
    }
}

/// Rows of KMS that need a right.
pub(crate) fn rows() -> Vec<&'static str> {
    let table = api::table::<Backend>();
    let specs = table.specs().filter(|spec| spec.product == Product::Kms);
    let rows: Vec<_> =
        specs.filter(|spec| spec.permission != Permission::SignatureOnly).map(|spec| spec.name).collect();
    assert!(rows.len() >= 43, "only {} rows seen", rows.len());
    rows
}

#[tokio::test]
async fn every_row_refuses_who_has_no_right() {
    let story = Story::begin().await;
    let samples = Samples::make(&story).await;
    for action in rows() {
        let call = samples.of(action);
        let call: Vec<(&str, &str)> = call.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = story.call(STRANGER, action, &call).await;
        let value: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (403, "Forbidden.NoPermission"),
            "{action}: {}",
            answer.body
        );
        let (message, detail) = (text(&value["Message"]), &value["AccessDeniedDetail"]);
        let who = format!("acs:ram::{ACCOUNT}:user/{NOBODY}");
        let right = text(&detail["AuthAction"]);
        assert!(right.starts_with("kms:") && message.contains(&right) && message.contains(&who), "{action}: {message}");
        let resource = text(&detail["AuthResource"]);
        assert!(resource.starts_with(&format!("acs:kms:cn-hangzhou:{ACCOUNT}:")), "{action}: {resource}");
        assert!(message.contains(&resource), "{action}: {message}");
    }
    let journal = story.running.journal();
    assert!(journal.iter().any(|line| line.contains("needs [kms:ReEncryptFrom@") && line.contains("kms:ReEncryptTo@")));
    assert!(
        journal.iter().any(|line| line.contains("kms:DeleteAlias@") && line.contains("alias/sample, kms:DeleteAlias@"))
    );
}

/// Each call is done, or refused for another reason, when its user is given the rights that the denials ask for, one by one.
#[tokio::test]
async fn the_rights_that_a_denial_names_are_enough() {
    let story = Story::begin().await;
    let samples = Samples::make(&story).await;
    for action in rows() {
        let call = samples.of(action);
        let call: Vec<(&str, &str)> = call.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut statements: Vec<String> = Vec::new();
        story.running.services.allow(r#"[{"Effect":"Allow","Action":"ecs:None","Resource":"*"}]"#).await;
        loop {
            let answer = story.call(USER, action, &call).await;
            let value: Value = serde_json::from_str(&answer.body).unwrap();
            if answer.status != 403 {
                break;
            }
            let (right, on) =
                (&value["AccessDeniedDetail"]["AuthAction"], &value["AccessDeniedDetail"]["AuthResource"]);
            assert!(statements.len() < 2, "{action} asks for more: {}", answer.body);
            statements.push(format!(r#"{{"Effect":"Allow","Action":{right},"Resource":{on}}}"#));
            story.running.services.allow(&format!("[{}]", statements.join(","))).await;
        }
        let two = ["CreateAlias", "UpdateAlias", "DeleteAlias", "ReEncrypt"].contains(&action);
        assert_eq!(statements.len(), if two { 2 } else { 1 }, "{action}: {statements:?}");
    }
}
