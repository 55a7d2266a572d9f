use jiff::Timestamp;

use crate::database::{Row, Value, values};
use crate::error::Result;
use crate::names::{Account, Scope};
use crate::page::{Page, PageRequest};
use crate::read::Read;
use crate::writer::Write;

/// A machine of an account. Its disks stand beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceRecord {
    /// `i-…`
    pub id: String,
    /// Owner and region.
    pub scope: Scope,
    /// Name, or empty.
    pub name: String,
    /// Text for people.
    pub description: String,
    /// Host name for the guest, or empty.
    pub host_name: String,
    /// The image that its system disk was made from.
    pub image_id: String,
    /// Its type, like `ecs.g6.large`.
    pub instance_type: String,
    /// Virtual processors.
    pub cpu: u32,
    /// Memory, in MiB.
    pub memory_mib: u32,
    /// `linux` or `windows`.
    pub os_type: String,
    /// Name of the system, or empty.
    pub os_name: String,
    /// Platform, like `Others Linux`.
    pub platform: String,
    /// `x86_64`, `arm64`, `i386`.
    pub architecture: String,
    /// `BIOS`, `UEFI`, `UEFI-Preferred`.
    pub boot_mode: String,
    /// `Pending`, `Starting`, `Running`, `Stopping`, `Stopped`.
    pub status: String,
    /// `making`, `deleting`, `rebooting`, or empty.
    pub doing: String,
    /// Since when these two are as they are.
    pub status_at: Timestamp,
    /// The machine that has its files.
    pub host: String,
    /// Whether it is protected from deletion.
    pub is_protected: bool,
    /// Why it is Stopped where nobody asked for that, or empty.
    pub failure: String,
    /// MAC address of its network card.
    pub mac_address: String,
    /// Ports of the host that lead into the guest, JSON.
    pub forwards: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last started.
    pub started_at: Option<Timestamp>,
}

/// Which instances are wanted. Texts that are empty stand for any.
#[derive(Debug, Clone, Default)]
pub struct InstanceFilter {
    /// Ids, separated by commas.
    pub ids: String,
    /// The image that they were made from.
    pub image_id: String,
    /// Status.
    pub status: String,
    /// Name; a `*` at its end stands for any rest.
    pub name: String,
    /// Type.
    pub instance_type: String,
    /// A key that one of their disks, or what a disk lies on, is under.
    pub key_id: String,
}

impl InstanceRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.value("id")?,
            scope: row.scope()?,
            name: row.value("name")?,
            description: row.value("description")?,
            host_name: row.value("host_name")?,
            image_id: row.value("image_id")?,
            instance_type: row.value("instance_type")?,
            cpu: row.number("cpu")?,
            memory_mib: row.number("memory_mib")?,
            os_type: row.value("os_type")?,
            os_name: row.value("os_name")?,
            platform: row.value("platform")?,
            architecture: row.value("architecture")?,
            boot_mode: row.value("boot_mode")?,
            status: row.value("status")?,
            doing: row.value("doing")?,
            status_at: row.time("status_at")?,
            host: row.value("host")?,
            is_protected: row.truth("is_protected")?,
            failure: row.value("failure")?,
            mac_address: row.value("mac_address")?,
            forwards: row.value("forwards")?,
            created_at: row.time("created_at")?,
            started_at: row.time_or_none("started_at")?,
        })
    }
}

/// Those that nobody was told of yet, or that are being deleted, are not shown.
macro_rules! filtered {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " FROM instances i WHERE i.account = $1 AND i.region = $2 AND i.doing NOT IN ('making', 'deleting')
                AND ($3 = '' OR replace(',' || $3 || ',', ',' || i.id || ',', '') <> ',' || $3 || ',')
                AND ($4 = '' OR i.image_id = $4)
                AND ($5 = '' OR i.status = $5)
                AND ($6 = '' OR i.name = $6)
                AND ($7 = '' OR substr(i.name, 1, length($7)) = $7)
                AND ($8 = '' OR i.instance_type = $8)
                AND ($9 = '' OR EXISTS (SELECT 1 FROM disks d
                                        WHERE d.instance_id = i.id AND (d.key_id = $9 OR d.blob_key_id = $9)))",
            $rest
        )
    };
}

impl InstanceFilter {
    fn values(&self, scope: &Scope) -> Vec<Value> {
        let (name, begin) = match self.name.strip_suffix('*') {
            Some(begin) => ("", begin),
            None => (self.name.as_str(), ""),
        };
        values![
            &scope.account,
            &scope.region,
            &self.ids,
            &self.image_id,
            &self.status,
            name,
            begin,
            &self.instance_type,
            &self.key_id,
        ]
    }
}

impl Read<'_> {
    /// The instance of this id, whatever is being done with it.
    pub async fn instance_by_id(&mut self, id: &str) -> Result<Option<InstanceRecord>> {
        let sql = "SELECT * FROM instances WHERE id = $1";
        self.record("read an instance", sql, values![id], InstanceRecord::from_row).await
    }

    /// Instances of an account in a region, newest first.
    pub async fn instances_page(
        &mut self,
        filter: &InstanceFilter,
        scope: &Scope,
        page: PageRequest,
    ) -> Result<Page<InstanceRecord>> {
        let count = filtered!("SELECT count(*) AS n", "");
        let list = filtered!("SELECT i.*", " ORDER BY i.created_at DESC, i.id LIMIT $10 OFFSET $11");
        self.page("list instances", (count, list), filter.values(scope), page, InstanceRecord::from_row).await
    }

    /// Instances whose files a host has, of all accounts, by id, at most 100 behind `after`.
    pub async fn instances_of_host_after(&mut self, host: &str, after: &str) -> Result<Vec<InstanceRecord>> {
        let sql = "SELECT * FROM instances WHERE host = $1 AND id > $2 ORDER BY id LIMIT 100";
        self.records("list the instances of a host", sql, values![host, after], InstanceRecord::from_row).await
    }

    /// Number of instances of an account in a region, with those that are being made.
    pub async fn instances_count(&mut self, scope: &Scope) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM instances WHERE account = $1 AND region = $2";
        self.count("count instances", sql, values![&scope.account, &scope.region]).await
    }

    /// Ids of the instances of an account that have a disk from an image, at most 100.
    pub async fn instances_of_image(&mut self, image_id: &str, account: &Account) -> Result<Vec<String>> {
        let sql = "SELECT DISTINCT instance_id FROM disks WHERE image_id = $1 AND account = $2
                   ORDER BY instance_id LIMIT 100";
        let values = values![image_id, account];
        self.records("list the instances of an image", sql, values, |row| row.value("instance_id")).await
    }

    /// Number of instances of other accounts that have a disk from an image.
    pub async fn instances_of_image_elsewhere_count(&mut self, image_id: &str, account: &Account) -> Result<u64> {
        let sql = "SELECT count(DISTINCT instance_id) AS n FROM disks WHERE image_id = $1 AND account <> $2";
        self.count("count the instances of an image", sql, values![image_id, account]).await
    }
}

impl Write {
    /// Adds an instance.
    pub async fn instance_insert(&mut self, instance: &InstanceRecord) -> Result<()> {
        let sql = "INSERT INTO instances (id, account, region, name, description, host_name, image_id, instance_type,
                       cpu, memory_mib, os_type, os_name, platform, architecture, boot_mode, status, doing, status_at,
                       host, is_protected, failure, mac_address, forwards, created_at, started_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                       $21, $22, $23, $24, $25)";
        let values = values![
            &instance.id,
            &instance.scope.account,
            &instance.scope.region,
            &instance.name,
            &instance.description,
            &instance.host_name,
            &instance.image_id,
            &instance.instance_type,
            instance.cpu,
            instance.memory_mib,
            &instance.os_type,
            &instance.os_name,
            &instance.platform,
            &instance.architecture,
            &instance.boot_mode,
            &instance.status,
            &instance.doing,
            instance.status_at,
            &instance.host,
            instance.is_protected,
            &instance.failure,
            &instance.mac_address,
            &instance.forwards,
            instance.created_at,
            instance.started_at,
        ];
        self.execute("add an instance", sql, values).await.map(drop)
    }

    /// Writes what can change of an instance. `false` when there is none of this id.
    pub async fn instance_update(&mut self, instance: &InstanceRecord) -> Result<bool> {
        let sql = "UPDATE instances SET name = $2, description = $3, image_id = $4, status = $5, doing = $6,
                       status_at = $7, is_protected = $8, failure = $9, started_at = $10, os_type = $11,
                       os_name = $12, platform = $13, architecture = $14, boot_mode = $15 WHERE id = $1";
        let values = values![
            &instance.id,
            &instance.name,
            &instance.description,
            &instance.image_id,
            &instance.status,
            &instance.doing,
            instance.status_at,
            instance.is_protected,
            &instance.failure,
            instance.started_at,
            &instance.os_type,
            &instance.os_name,
            &instance.platform,
            &instance.architecture,
            &instance.boot_mode,
        ];
        Ok(self.execute("change an instance", sql, values).await? == 1)
    }

    /// Forgets an instance; its disks must be gone.
    pub async fn instance_delete(&mut self, id: &str) -> Result<()> {
        self.execute("forget an instance", "DELETE FROM instances WHERE id = $1", values![id]).await.map(drop)
    }
}
