use jiff::Timestamp;

use crate::database::{Row, Value, values};
use crate::error::Result;
use crate::names::{KeyId, KeyVersionId, Scope};
use crate::page::{Page, PageRequest};
use crate::read::Read;
use crate::writer::Write;

/// The content of one disk at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRecord {
    /// `s-…`
    pub id: String,
    /// Owner and region.
    pub scope: Scope,
    /// Name, or empty.
    pub name: String,
    /// Text for people.
    pub description: String,
    /// `progressing`, `accomplished`, `failed`.
    pub status: String,
    /// `system` or `data`.
    pub disk_type: String,
    /// The image that it was made for and goes with, or empty.
    pub image_id: String,
    /// The disk that it was made of, or empty.
    pub source_disk_id: String,
    /// What is on it, and how it came there.
    pub content: DiskContent,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The bytes of a disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiskContent {
    /// Bytes of the virtual disk.
    pub virtual_bytes: u64,
    /// Format of the blob: `qcow2`, `raw`, …
    pub format: String,
    /// The blob; `None` while it is being made.
    pub blob_id: Option<String>,
    /// The key that it is under; `None` for a plain disk.
    pub key_id: Option<KeyId>,
    /// Version of that key.
    pub key_version_id: Option<KeyVersionId>,
    /// How the bytes came to be: `import`, `keep`, `encrypt`, `reencrypt`, `rewrap`.
    pub mode: String,
    /// When the blob was read back and found to hold what its source holds.
    pub verified_at: Option<Timestamp>,
}

impl SnapshotRecord {
    pub(super) fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.value("id")?,
            scope: row.scope()?,
            name: row.value("name")?,
            description: row.value("description")?,
            status: row.value("status")?,
            disk_type: row.value("disk_type")?,
            image_id: row.value("image_id")?,
            source_disk_id: row.value("source_disk_id")?,
            content: DiskContent::from_row(row)?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl DiskContent {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            virtual_bytes: row.count("virtual_bytes")?,
            format: row.value("format")?,
            blob_id: row.value("blob_id")?,
            key_id: row.parsed_or_none("key_id")?,
            key_version_id: row.parsed_or_none("key_version_id")?,
            mode: row.value("mode")?,
            verified_at: row.time_or_none("verified_at")?,
        })
    }
}

/// Which snapshots are wanted. Texts that are empty stand for any.
#[derive(Debug, Clone, Default)]
pub struct SnapshotFilter {
    /// Ids, separated by commas.
    pub ids: String,
    /// `progressing`, `accomplished` or `failed`.
    pub status: String,
    /// Whether they are under a key.
    pub encrypted: Option<bool>,
    /// The key that they are under.
    pub key_id: String,
    /// `system` or `data`.
    pub disk_type: String,
    /// `image` for those that an image has a disk from, `none` for the others.
    pub usage: String,
    /// Name.
    pub name: String,
    /// The disk that they were made of.
    pub disk_id: String,
    /// From when on they were made.
    pub created_from: Option<Timestamp>,
}

macro_rules! filtered {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " FROM snapshots s WHERE s.account = $1 AND s.region = $2
                AND ($3 = '' OR replace(',' || $3 || ',', ',' || s.id || ',', '') <> ',' || $3 || ',')
                AND ($4 = '' OR s.status = $4)
                AND ($5 = '' OR $5 = CASE WHEN s.key_id IS NULL THEN 'plain' ELSE 'encrypted' END)
                AND ($6 = '' OR s.key_id = $6)
                AND ($7 = '' OR s.disk_type = $7)
                AND ($8 = '' OR $8 = CASE WHEN EXISTS (SELECT 1 FROM image_disks d WHERE d.snapshot_id = s.id)
                                     THEN 'image' ELSE 'none' END)
                AND ($9 = '' OR s.name = $9)
                AND ($10 = '' OR s.source_disk_id = $10)
                AND ($11 = 0 OR s.created_at >= $11)",
            $rest
        )
    };
}

impl SnapshotFilter {
    fn values(&self, scope: &Scope) -> Vec<Value> {
        let encrypted = match self.encrypted {
            None => "",
            Some(true) => "encrypted",
            Some(false) => "plain",
        };
        values![
            &scope.account,
            &scope.region,
            &self.ids,
            &self.status,
            encrypted,
            &self.key_id,
            &self.disk_type,
            &self.usage,
            &self.name,
            &self.disk_id,
            self.created_from.map_or(0, Timestamp::as_millisecond),
        ]
    }
}

impl Read<'_> {
    /// The snapshot of this id.
    pub async fn snapshot_by_id(&mut self, id: &str) -> Result<Option<SnapshotRecord>> {
        let sql = "SELECT * FROM snapshots WHERE id = $1";
        self.record("read a snapshot", sql, values![id], SnapshotRecord::from_row).await
    }

    /// Snapshots of an account in a region, newest first.
    pub async fn snapshots_page(
        &mut self,
        filter: &SnapshotFilter,
        scope: &Scope,
        page: PageRequest,
    ) -> Result<Page<SnapshotRecord>> {
        let count = filtered!("SELECT count(*) AS n", "");
        let list = filtered!("SELECT s.*", " ORDER BY s.created_at DESC, s.id LIMIT $12 OFFSET $13");
        self.page("list snapshots", (count, list), filter.values(scope), page, SnapshotRecord::from_row).await
    }
}

impl Write {
    /// Adds a snapshot.
    pub async fn snapshot_insert(&mut self, snapshot: &SnapshotRecord) -> Result<()> {
        let sql = "INSERT INTO snapshots (id, account, region, name, description, status, disk_type, image_id,
                       source_disk_id, virtual_bytes, format, blob_id, key_id, key_version_id, mode, verified_at,
                       created_at, updated_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
        let SnapshotRecord { id, scope, name, description, status, disk_type, content, .. } = snapshot;
        let values = values![
            id,
            &scope.account,
            &scope.region,
            name,
            description,
            status,
            disk_type,
            &snapshot.image_id,
            &snapshot.source_disk_id,
            content.virtual_bytes,
            &content.format,
            &content.blob_id,
            content.key_id,
            content.key_version_id,
            &content.mode,
            content.verified_at,
            snapshot.created_at,
            snapshot.updated_at,
        ];
        self.execute("add a snapshot", sql, values).await.map(drop)
    }

    /// Writes status and content of a snapshot. `false` when there is none of this id.
    pub async fn snapshot_update(&mut self, snapshot: &SnapshotRecord) -> Result<bool> {
        let sql = "UPDATE snapshots SET name = $2, description = $3, status = $4, virtual_bytes = $5, format = $6,
                       blob_id = $7, key_id = $8, key_version_id = $9, mode = $10, verified_at = $11, updated_at = $12
                   WHERE id = $1";
        let content = &snapshot.content;
        let values = values![
            &snapshot.id,
            &snapshot.name,
            &snapshot.description,
            &snapshot.status,
            content.virtual_bytes,
            &content.format,
            &content.blob_id,
            content.key_id,
            content.key_version_id,
            &content.mode,
            content.verified_at,
            snapshot.updated_at,
        ];
        Ok(self.execute("change a snapshot", sql, values).await? == 1)
    }

    /// Forgets a snapshot; its blob stays until it is dropped.
    pub async fn snapshot_delete(&mut self, id: &str) -> Result<()> {
        self.execute("forget a snapshot", "DELETE FROM snapshots WHERE id = $1", values![id]).await.map(drop)
    }
}
