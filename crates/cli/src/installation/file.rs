//! `server.toml`.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use blobs::StoreConfig;
use serde::Deserialize;

use super::instances::InstancesSection;

/// Longest file; one of a hundred regions has about 30 KiB.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The whole file. What is not said in it is as documented.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct InstallationFile {
    /// The regions; none named: the default ones.
    pub(super) region: BTreeMap<String, RegionSection>,
    pub(super) import_bucket: BTreeMap<String, BucketSection>,
    pub(super) export_bucket: BTreeMap<String, BucketSection>,
    pub(super) policy: PolicySection,
    pub(super) copy: CopySection,
    pub(super) limits: LimitsSection,
    pub(super) instances: InstancesSection,
}

/// `[region.NAME]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RegionSection {
    /// Where its blobs lie.
    pub(super) store: Option<StoreConfig>,
}

/// `[import_bucket.NAME]` and `[export_bucket.NAME]`: in the words of a region's store.
pub(super) type BucketSection = StoreConfig;

/// `[policy]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PolicySection {
    pub(super) encrypted_cross_region_copy: Option<Answer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Answer {
    Allow,
    Deny,
}

/// `[copy]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CopySection {
    pub(super) verify: Option<Verify>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verify {
    /// Each copy is decrypted and compared with its source before it is Available.
    Full,
    Off,
}

/// `[limits]`, each of an account in a region; 0: no limit.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsSection {
    pub(super) images: Option<u32>,
    pub(super) keys: Option<u32>,
    pub(super) aliases: Option<u32>,
    pub(super) key_versions: Option<u32>,
    /// Largest image that is copied without an approved ticket, in GiB.
    pub(super) copy_gib: Option<u64>,
    pub(super) instances: Option<u32>,
    /// Largest file that is uploaded, in GiB.
    pub(super) upload_gib: Option<u64>,
}

impl InstallationFile {
    /// Errors: it cannot be read, or is not as documented; the text names line and field.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let cannot_read = || format!("cannot read {shown}");
        let file = std::fs::File::open(path).with_context(cannot_read)?;
        let mut text = String::new();
        file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).with_context(cannot_read)?;
        if text.len() as u64 > FILE_BYTES_MAX {
            bail!("{shown} is longer than {FILE_BYTES_MAX} bytes");
        }
        let file: Self = toml::from_str(&text).with_context(|| format!("{shown} is not understood"))?;
        let names = file.import_bucket.keys().chain(file.export_bucket.keys());
        if let Some(name) = names.into_iter().find(|name| name.is_empty() || name.contains('/')) {
            bail!("{shown}: `{name}` cannot be the name of a bucket");
        }
        file.instances.check(path)?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "[region.cn-hangzhou.store]\nkind = 'local'\npath = '/srv/blobs'\n[region.cn-beijing]\n\
                         [import_bucket.golden]\nkind = 'local'\npath = '/srv/images'\n\
                         [export_bucket.out]\nkind = 's3'\nendpoint = 'https://s3.example.com'\nbucket = 'out'\nregion = 'x'\n\
                         access_key_id = 'AK'\nsecret_access_key_file = '/etc/secret'\n[policy]\nencrypted_cross_region_copy = 'allow'\n\
                         [copy]\nverify = 'off'\n[limits]\nimages = 0\ncopy_gib = 500\nupload_gib = 9\n";

    /// Every section is read, a file may be empty, and what is not documented is refused.
    #[test]
    fn a_file_is_read_as_documented() {
        let whole = read(WHOLE).unwrap();
        assert_eq!(whole.region.keys().collect::<Vec<_>>(), ["cn-beijing", "cn-hangzhou"]);
        assert!(whole.region["cn-hangzhou"].store.is_some() && whole.region["cn-beijing"].store.is_none());
        let StoreConfig::Local(golden) = &whole.import_bucket["golden"] else { panic!("another kind") };
        assert_eq!(golden.path, Path::new("/srv/images"));
        assert!(matches!(&whole.export_bucket["out"], StoreConfig::S3(bucket) if bucket.bucket == "out"));
        assert_eq!(whole.limits.upload_gib, Some(9));
        assert_eq!(whole.policy.encrypted_cross_region_copy, Some(Answer::Allow));
        assert_eq!(
            (whole.copy.verify, whole.limits.images, whole.limits.copy_gib),
            (Some(Verify::Off), Some(0), Some(500))
        );
        assert!(read("").is_ok_and(|file| file.region.is_empty()));
        for bad in [
            "[regions.x]",
            "[copy]\nverify = 'half'",
            "[limits]\nimages = -1",
            "[import_bucket.'a/b']\nkind = 'local'\npath = '/x'",
        ] {
            read(bad).unwrap_err();
        }
    }

    fn read(text: &str) -> Result<InstallationFile> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        InstallationFile::read(file.path())
    }
}
