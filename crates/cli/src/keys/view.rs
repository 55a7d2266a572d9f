use serde::Serialize;

/// A key as `--json` prints it; names as in the KMS API.
#[derive(Debug, Serialize)]
pub(crate) struct KeyView {
    pub(crate) key_id: String,
    pub(crate) arn: String,
    pub(crate) key_state: String,
    pub(crate) key_spec: String,
    pub(crate) key_usage: String,
    pub(crate) origin: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) description: String,
    /// Empty for a key that a user made.
    pub(crate) service: String,
    pub(crate) creation_date: String,
    pub(crate) delete_date: Option<String>,
    /// When imported material is taken away.
    pub(crate) material_expire_time: Option<String>,
    /// How often it gets a version by itself, such as `604800s`.
    pub(crate) rotation_interval: Option<String>,
}

/// A version of a key, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct VersionView {
    pub(crate) key_id: String,
    pub(crate) key_version_id: String,
    pub(crate) creation_date: String,
}

/// An image under a key, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct ImageView {
    pub(crate) image: String,
    pub(crate) path: String,
    pub(crate) mode: String,
    pub(crate) sealed_at: String,
}
