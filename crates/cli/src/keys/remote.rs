//! Keys at a server.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crypto::asymmetric::WrappingAlgorithm;
use kms::{AliasName, IfInUse, KeyRef, KeySpec, NewKey, RotationInterval};
use serde::Deserialize;

use super::{ImageView, KeyView, Keys, VersionView, WrappedMaterial, WrappingParameters};
use crate::remote::Remote;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyAnswer {
    key_metadata: Metadata,
}

/// A key as the API shows it; what is not known is an empty text.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    key_id: String,
    arn: String,
    key_state: String,
    key_spec: String,
    key_usage: String,
    origin: String,
    creator: String,
    creation_date: String,
    description: String,
    delete_date: String,
    material_expire_time: String,
    rotation_interval: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyRow {
    key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AliasRow {
    alias_name: String,
    key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VersionAnswer {
    key_version: VersionRow,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VersionRow {
    key_id: String,
    key_version_id: String,
    creation_date: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ImageRow {
    image_id: String,
    path: String,
    mode: String,
    sealed_date: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ImportAnswer {
    public_key: String,
    import_token: String,
}

impl Remote {
    fn describe(&self, key: &str) -> Result<Metadata> {
        let answer: KeyAnswer = self.call("DescribeKey", &[("KeyId", key)])?.read()?;
        Ok(answer.key_metadata)
    }

    fn view(&self, key: &str) -> Result<KeyView> {
        let key = self.describe(key)?;
        let aliases: Vec<AliasRow> =
            self.list("ListAliasesByKeyId", &[("KeyId", &key.key_id)], ("Aliases", "Alias"))?;
        Ok(key.into_view(aliases.into_iter().map(|alias| alias.alias_name).collect()))
    }

    /// Makes a call that changes a key, and shows the key.
    fn change(&self, action: &'static str, key: &KeyRef, parameters: &[(&str, &str)]) -> Result<KeyView> {
        let key = key.to_string();
        self.call(action, &[&[("KeyId", key.as_str())], parameters].concat())?;
        self.view(&key)
    }
}

impl Keys for Remote {
    fn create(&self, new: &NewKey) -> Result<KeyView> {
        let mut parameters = vec![
            ("KeySpec", new.spec.as_str()),
            ("Origin", new.origin.as_str()),
            ("ProtectionLevel", new.protection_level.as_str()),
            ("Description", new.description.as_str()),
        ];
        parameters.extend(new.usage.map(|usage| ("KeyUsage", usage.as_str())));
        let interval = new.rotation.map(seconds);
        if let Some(interval) = &interval {
            parameters.extend([("EnableAutomaticRotation", "true"), ("RotationInterval", interval)]);
        }
        let made: KeyAnswer = self.call("CreateKey", &parameters)?.read()?;
        let id = made.key_metadata.key_id;
        if let Some(alias) = &new.alias {
            let named = self.call("CreateAlias", &[("AliasName", alias.as_str()), ("KeyId", &id)]);
            named.with_context(|| format!("the key {id} was made, but not its alias"))?;
        }
        self.view(&id)
    }

    fn list(&self) -> Result<Vec<KeyView>> {
        let keys: Vec<KeyRow> = Remote::list(self, "ListKeys", &[], ("Keys", "Key"))?;
        let mut names = HashMap::<String, Vec<String>>::new();
        for [alias, key] in self.aliases()? {
            names.entry(key).or_default().push(alias);
        }
        let view = |row: KeyRow| {
            let aliases = names.remove(&row.key_id).unwrap_or_default();
            Ok(self.describe(&row.key_id)?.into_view(aliases))
        };
        keys.into_iter().map(view).collect()
    }

    fn show(&self, key: &KeyRef) -> Result<KeyView> {
        self.view(&key.to_string())
    }

    fn enable(&self, key: &KeyRef) -> Result<KeyView> {
        self.change("EnableKey", key, &[])
    }

    fn disable(&self, key: &KeyRef, if_in_use: IfInUse) -> Result<KeyView> {
        self.change("DisableKey", key, &[force(if_in_use)])
    }

    fn schedule_deletion(&self, key: &KeyRef, days: u16, if_in_use: IfInUse) -> Result<KeyView> {
        let days = days.to_string();
        self.change("ScheduleKeyDeletion", key, &[("PendingWindowInDays", &days), force(if_in_use)])
    }

    fn cancel_deletion(&self, key: &KeyRef) -> Result<KeyView> {
        self.change("CancelKeyDeletion", key, &[])
    }

    fn destroy_due(&self) -> Result<Vec<String>> {
        bail!("a server destroys the keys that are due by itself; `destroy-due` is for a data directory")
    }

    fn set_rotation(&self, key: &KeyRef, interval: Option<RotationInterval>) -> Result<KeyView> {
        match interval.map(seconds) {
            Some(interval) => self.change(
                "UpdateRotationPolicy",
                key,
                &[("EnableAutomaticRotation", "true"), ("RotationInterval", &interval)],
            ),
            None => self.change("UpdateRotationPolicy", key, &[("EnableAutomaticRotation", "false")]),
        }
    }

    fn create_version(&self, key: &KeyRef) -> Result<VersionView> {
        let made: VersionAnswer = self.call("CreateKeyVersion", &[("KeyId", &key.to_string())])?.read()?;
        Ok(made.key_version.into_view())
    }

    fn versions(&self, key: &KeyRef) -> Result<Vec<VersionView>> {
        let key = key.to_string();
        let rows = Remote::list(self, "ListKeyVersions", &[("KeyId", &key)], ("KeyVersions", "KeyVersion"))?;
        Ok(rows.into_iter().map(VersionRow::into_view).collect())
    }

    fn create_alias(&self, alias: &AliasName, key: &KeyRef) -> Result<()> {
        self.call("CreateAlias", &[("AliasName", alias.as_str()), ("KeyId", &key.to_string())])?;
        Ok(())
    }

    fn update_alias(&self, alias: &AliasName, key: &KeyRef) -> Result<()> {
        self.call("UpdateAlias", &[("AliasName", alias.as_str()), ("KeyId", &key.to_string())])?;
        Ok(())
    }

    fn delete_alias(&self, alias: &AliasName) -> Result<()> {
        self.call("DeleteAlias", &[("AliasName", alias.as_str())])?;
        Ok(())
    }

    fn aliases(&self) -> Result<Vec<[String; 2]>> {
        let rows: Vec<AliasRow> = Remote::list(self, "ListAliases", &[], ("Aliases", "Alias"))?;
        Ok(rows.into_iter().map(|row| [row.alias_name, row.key_id]).collect())
    }

    fn usage(&self, key: &KeyRef) -> Result<Vec<ImageView>> {
        let key = key.to_string();
        let rows: Vec<ImageRow> = Remote::list(self, "ListKeyUsage", &[("KeyId", &key)], ("Images", "Image"))?;
        Ok(rows.into_iter().map(ImageRow::into_view).collect())
    }

    fn import_parameters(
        &self,
        key: &KeyRef,
        algorithm: WrappingAlgorithm,
        wrapping_spec: KeySpec,
    ) -> Result<WrappingParameters> {
        let key = key.to_string();
        let parameters = [
            ("KeyId", key.as_str()),
            ("WrappingAlgorithm", algorithm.name()),
            ("WrappingKeySpec", wrapping_spec.as_str()),
        ];
        let answer: ImportAnswer = self.call("GetParametersForImport", &parameters)?.read()?;
        let decoded = |text: &str| BASE64.decode(text).context("the server's answer is not Base64");
        Ok(WrappingParameters {
            public_key: decoded(&answer.public_key)?,
            import_token: decoded(&answer.import_token)?,
        })
    }

    fn import(&self, key: &KeyRef, wrapped: &WrappedMaterial) -> Result<KeyView> {
        let encrypted = BASE64.encode(&wrapped.encrypted);
        let token = BASE64.encode(&wrapped.import_token);
        let expiry = wrapped.expires_at.map_or(0, |at| at.as_second()).to_string();
        self.change(
            "ImportKeyMaterial",
            key,
            &[("EncryptedKeyMaterial", &encrypted), ("ImportToken", &token), ("KeyMaterialExpireUnix", &expiry)],
        )
    }
}

impl Metadata {
    fn into_view(self, aliases: Vec<String>) -> KeyView {
        let some = |text: String| (!text.is_empty()).then_some(text);
        // The API names accounts and services in one field; accounts are numbers.
        let of_account = self.creator.bytes().all(|byte| byte.is_ascii_digit());
        KeyView {
            key_id: self.key_id,
            arn: self.arn,
            key_state: self.key_state,
            key_spec: self.key_spec,
            key_usage: self.key_usage,
            origin: self.origin,
            aliases,
            description: self.description,
            service: if of_account { String::new() } else { self.creator },
            creation_date: self.creation_date,
            delete_date: some(self.delete_date),
            material_expire_time: some(self.material_expire_time),
            rotation_interval: some(self.rotation_interval),
        }
    }
}

impl VersionRow {
    fn into_view(self) -> VersionView {
        VersionView { key_id: self.key_id, key_version_id: self.key_version_id, creation_date: self.creation_date }
    }
}

impl ImageRow {
    fn into_view(self) -> ImageView {
        ImageView { image: self.image_id, path: self.path, mode: self.mode, sealed_at: self.sealed_date }
    }
}

fn force(if_in_use: IfInUse) -> (&'static str, &'static str) {
    match if_in_use {
        IfInUse::Refuse => ("Force", "false"),
        IfInUse::Proceed => ("Force", "true"),
    }
}

fn seconds(interval: RotationInterval) -> String {
    format!("{}s", interval.seconds())
}
