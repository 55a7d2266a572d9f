use jiff::Timestamp;

use crate::database::{Row, Value, values};
use crate::error::Result;
use crate::names::{KeyId, KeyVersionId, Scope};
use crate::page::{Page, PageRequest};
use crate::queries::ids::of_ids;
use crate::read::Read;
use crate::writer::Write;

/// A disk of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskRecord {
    /// `d-…`
    pub id: String,
    /// Owner and region.
    pub scope: Scope,
    /// Whose disk.
    pub instance_id: String,
    /// 0: the system disk.
    pub position: u32,
    /// Device name, like `/dev/xvda`.
    pub device: String,
    /// Name, or empty.
    pub name: String,
    /// Text for people.
    pub description: String,
    /// The API's word for its kind, like `cloud_essd`.
    pub category: String,
    /// `Creating`, `In_use`.
    pub status: String,
    /// Bytes of the virtual disk.
    pub virtual_bytes: u64,
    /// Its file in the directory of the instance.
    pub file: String,
    /// The image that it was made from, or empty.
    pub image_id: String,
    /// The snapshot that it was made from, or empty.
    pub snapshot_id: String,
    /// What it lies on; `None` for a disk that began empty.
    pub blob_id: Option<String>,
    /// Format of the blob, or empty.
    pub blob_format: String,
    /// The key that the blob is under; `None` for a plain one.
    pub blob_key_id: Option<KeyId>,
    /// The key that it is under; `None` for a plain disk.
    pub key_id: Option<KeyId>,
    /// Version of that key.
    pub key_version_id: Option<KeyVersionId>,
    /// Id in its envelope; empty for a plain disk, and while it is being made.
    pub sealed_id: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Which disks are wanted. Texts that are empty stand for any.
#[derive(Debug, Clone, Default)]
pub struct DiskFilter {
    /// Ids, separated by commas.
    pub ids: String,
    /// Whose.
    pub instance_id: String,
    /// Whether they are under a key.
    pub encrypted: Option<bool>,
    /// The key that they are under.
    pub key_id: String,
    /// The snapshot that they were made from.
    pub snapshot_id: String,
    /// `Creating`, `In_use`, …
    pub status: String,
    /// `system` or `data`.
    pub disk_type: String,
    /// Category.
    pub category: String,
    /// Name.
    pub name: String,
}

impl DiskRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.value("id")?,
            scope: row.scope()?,
            instance_id: row.value("instance_id")?,
            position: row.number("position")?,
            device: row.value("device")?,
            name: row.value("name")?,
            description: row.value("description")?,
            category: row.value("category")?,
            status: row.value("status")?,
            virtual_bytes: row.count("virtual_bytes")?,
            file: row.value("file")?,
            image_id: row.value("image_id")?,
            snapshot_id: row.value("snapshot_id")?,
            blob_id: row.value("blob_id")?,
            blob_format: row.value("blob_format")?,
            blob_key_id: row.parsed_or_none("blob_key_id")?,
            key_id: row.parsed_or_none("key_id")?,
            key_version_id: row.parsed_or_none("key_version_id")?,
            sealed_id: row.value("sealed_id")?,
            created_at: row.time("created_at")?,
        })
    }
}

macro_rules! filtered {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " FROM disks d JOIN instances i ON i.id = d.instance_id
                WHERE d.account = $1 AND d.region = $2 AND i.doing NOT IN ('making', 'deleting')
                AND ($3 = '' OR replace(',' || $3 || ',', ',' || d.id || ',', '') <> ',' || $3 || ',')
                AND ($4 = '' OR d.instance_id = $4)
                AND ($5 = '' OR $5 = CASE WHEN d.key_id IS NULL THEN 'plain' ELSE 'encrypted' END)
                AND ($6 = '' OR d.key_id = $6)
                AND ($7 = '' OR d.snapshot_id = $7)
                AND ($8 = '' OR d.status = $8)
                AND ($9 = '' OR $9 = CASE WHEN d.position = 0 THEN 'system' ELSE 'data' END)
                AND ($10 = '' OR d.category = $10)
                AND ($11 = '' OR d.name = $11)",
            $rest
        )
    };
}

impl DiskFilter {
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
            &self.instance_id,
            encrypted,
            &self.key_id,
            &self.snapshot_id,
            &self.status,
            &self.disk_type,
            &self.category,
            &self.name,
        ]
    }
}

impl Read<'_> {
    /// The disk of this id.
    pub async fn disk_by_id(&mut self, id: &str) -> Result<Option<DiskRecord>> {
        let sql = "SELECT * FROM disks WHERE id = $1";
        self.record("read a disk", sql, values![id], DiskRecord::from_row).await
    }

    /// Disks of an instance, the system disk first; with those that are being made.
    pub async fn disks_of_instance(&mut self, instance_id: &str) -> Result<Vec<DiskRecord>> {
        self.disks_of_instances(&[instance_id]).await
    }

    /// The same of several instances, those of one behind the other.
    pub async fn disks_of_instances(&mut self, instance_ids: &[&str]) -> Result<Vec<DiskRecord>> {
        let sql = of_ids!("SELECT * FROM disks WHERE instance_id", " ORDER BY instance_id, position, created_at, id");
        self.records_of_ids("list the disks of instances", sql, (instance_ids, values![]), DiskRecord::from_row).await
    }

    /// Ids of the instances of a host that have disks which no machine has: those are being made, or wait to be removed.
    pub async fn instances_with_loose_disks(&mut self, host: &str) -> Result<Vec<String>> {
        let sql = "SELECT DISTINCT i.id FROM instances i JOIN disks d ON d.instance_id = i.id
                   WHERE i.host = $1 AND d.status <> 'In_use'";
        self.records("look for disks to remove", sql, values![host], |row| row.value("id")).await
    }

    /// Disks of an account in a region, newest first, and those of one instance by their position.
    pub async fn disks_page(
        &mut self,
        filter: &DiskFilter,
        scope: &Scope,
        page: PageRequest,
    ) -> Result<Page<DiskRecord>> {
        let count = filtered!("SELECT count(*) AS n", "");
        let list =
            filtered!("SELECT d.*", " ORDER BY d.created_at DESC, d.instance_id, d.position LIMIT $12 OFFSET $13");
        self.page("list disks", (count, list), filter.values(scope), page, DiskRecord::from_row).await
    }
}

impl Write {
    /// Adds a disk. Its instance stands in the catalog already.
    pub async fn disk_insert(&mut self, disk: &DiskRecord) -> Result<()> {
        let sql = "INSERT INTO disks (id, account, region, instance_id, position, device, name, description, category,
                       status, virtual_bytes, file, image_id, snapshot_id, blob_id, blob_format, blob_key_id, key_id,
                       key_version_id, sealed_id, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                       $21)";
        let values = values![
            &disk.id,
            &disk.scope.account,
            &disk.scope.region,
            &disk.instance_id,
            disk.position,
            &disk.device,
            &disk.name,
            &disk.description,
            &disk.category,
            &disk.status,
            disk.virtual_bytes,
            &disk.file,
            &disk.image_id,
            &disk.snapshot_id,
            &disk.blob_id,
            &disk.blob_format,
            disk.blob_key_id,
            disk.key_id,
            disk.key_version_id,
            &disk.sealed_id,
            disk.created_at,
        ];
        self.execute("add a disk", sql, values).await.map(drop)
    }

    /// Writes what can change of a disk: its status, its file, and the key that it is under. `false` when there is none of this id.
    pub async fn disk_update(&mut self, disk: &DiskRecord) -> Result<bool> {
        let sql = "UPDATE disks SET status = $2, file = $3, key_id = $4, key_version_id = $5, sealed_id = $6
                   WHERE id = $1";
        let values = values![&disk.id, &disk.status, &disk.file, disk.key_id, disk.key_version_id, &disk.sealed_id];
        Ok(self.execute("change a disk", sql, values).await? == 1)
    }

    /// Forgets a disk; its blob stays until it is dropped.
    pub async fn disk_delete(&mut self, id: &str) -> Result<()> {
        self.execute("forget a disk", "DELETE FROM disks WHERE id = $1", values![id]).await.map(drop)
    }
}
