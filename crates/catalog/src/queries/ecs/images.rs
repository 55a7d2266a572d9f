use jiff::Timestamp;

use crate::database::{Row, Value, values};
use crate::error::Result;
use crate::names::Scope;
use crate::page::{Page, PageRequest};
use crate::queries::Tag;
use crate::read::Read;
use crate::writer::Write;

/// A custom image. Its disks stand beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRecord {
    /// `m-…`
    pub id: String,
    /// Owner and region.
    pub scope: Scope,
    /// Name, or empty; unique in the scope.
    pub name: String,
    /// Text for people.
    pub description: String,
    /// Family, or empty.
    pub family: String,
    /// Version, or empty.
    pub version: String,
    /// `Waiting`, `Creating`, `Available`, `UnAvailable`, `CreateFailed`, `Deprecated`.
    pub status: String,
    /// Percent; never goes back.
    pub progress: u32,
    /// Seconds that the rest will take, where that can be told.
    pub remain_s: Option<u32>,
    /// Whether CopyImage made it.
    pub is_copied: bool,
    /// What it was copied from, or empty.
    pub source_image_id: String,
    /// Where that is, or empty.
    pub source_region: String,
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
    /// `BYOL`, or empty.
    pub license_type: String,
    /// `supported`, `unsupported`, or empty.
    pub nvme_support: String,
    /// `v1`, `v2`, or empty.
    pub imds_support: String,
    /// Of `CreateFailed`: why, for people.
    pub failure: String,
    /// When it was begun.
    pub created_at: Timestamp,
}

/// Whose images are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImageOwner {
    /// The account's own.
    #[default]
    Own,
    /// Those of others that are shared with the account.
    Others,
    /// Both.
    Any,
}

/// What a list of images is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImageSort {
    /// When they were begun.
    #[default]
    Created,
    /// Their names, or ids where there are none; capitals do not count.
    Name,
    /// Their statuses.
    Status,
    /// The bytes of all of their disks.
    Size,
    /// How many of their disks are encrypted.
    Encryption,
}

/// The order of a list of images. The default: the newest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImageOrder {
    /// By what.
    pub by: ImageSort,
    /// Whether the least comes first.
    pub is_ascending: bool,
}

/// Which images are wanted, in which order. Texts that are empty stand for any.
#[derive(Debug, Clone, Default)]
pub struct ImageFilter {
    /// Whose.
    pub owner: ImageOwner,
    /// Statuses, separated by commas.
    pub statuses: String,
    /// Ids, separated by commas.
    pub ids: String,
    /// What the name contains, case counts; `*` and `%` have no meaning.
    pub name_part: String,
    /// Family.
    pub family: String,
    /// A snapshot that one of its disks is from.
    pub snapshot_id: String,
    /// `linux` or `windows`.
    pub os_type: String,
    /// Architecture.
    pub architecture: String,
    /// Key that one of its disks is under.
    pub key_id: String,
    /// Account that owns them.
    pub owner_id: String,
    /// Tags of the account on them, all of these; an empty value stands for any.
    pub tags: Vec<Tag>,
    /// Whether a disk of an instance of the account is made of them; `None`: either.
    pub is_used: Option<bool>,
    /// From when on they were made.
    pub created_from: Option<Timestamp>,
    /// Until when.
    pub created_to: Option<Timestamp>,
    /// A part of the name or of the id; capitals do not count.
    pub search: String,
    /// Whether one of their disks is encrypted; `None`: either.
    pub is_encrypted: Option<bool>,
    /// What they were copied from.
    pub source_image_id: String,
    /// In which order.
    pub order: ImageOrder,
}

impl ImageRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.value("id")?,
            scope: row.scope()?,
            name: row.value("name")?,
            description: row.value("description")?,
            family: row.value("family")?,
            version: row.value("version")?,
            status: row.value("status")?,
            progress: row.number("progress")?,
            remain_s: row.number_or_none("remain_s")?,
            is_copied: row.truth("is_copied")?,
            source_image_id: row.value("source_image_id")?,
            source_region: row.value("source_region")?,
            os_type: row.value("os_type")?,
            os_name: row.value("os_name")?,
            platform: row.value("platform")?,
            architecture: row.value("architecture")?,
            boot_mode: row.value("boot_mode")?,
            license_type: row.value("license_type")?,
            nvme_support: row.value("nvme_support")?,
            imds_support: row.value("imds_support")?,
            failure: row.value("failure")?,
            created_at: row.time("created_at")?,
        })
    }
}

/// Both engines find a text in another by `replace`, and by nothing else in the same words. The words of a comma list are found
/// between commas, as no id or status holds one.
macro_rules! filtered {
    ($select:literal $(, $rest:literal)*) => {
        concat!(
            $select,
            " FROM images i WHERE i.region = $2
                AND ($13 = 1 AND i.account = $1 OR $14 = 1 AND EXISTS (
                    SELECT 1 FROM image_shares h WHERE h.image_id = i.id AND h.account = $1))
                AND ($3 = '' OR replace(',' || $3 || ',', ',' || i.status || ',', '') <> ',' || $3 || ',')
                AND ($4 = '' OR replace(',' || $4 || ',', ',' || i.id || ',', '') <> ',' || $4 || ',')
                AND ($5 = '' OR replace(i.name, $5, '') <> i.name)
                AND ($6 = '' OR i.family = $6)
                AND ($7 = '' OR EXISTS (SELECT 1 FROM image_disks d WHERE d.image_id = i.id AND d.snapshot_id = $7))
                AND ($8 = '' OR i.os_type = $8)
                AND ($9 = '' OR i.architecture = $9)
                AND ($10 = '' OR EXISTS (SELECT 1 FROM image_disks d JOIN snapshots s ON s.id = d.snapshot_id
                                         WHERE d.image_id = i.id AND s.key_id = $10))
                AND ($11 = 0 OR i.created_at >= $11) AND ($12 = 0 OR i.created_at <= $12)
                AND ($15 = '' OR i.account = $15)
                AND ($16 = 0 OR $16 = (
                    SELECT count(*) FROM tags t
                    WHERE t.account = $1 AND t.region = $2 AND t.resource_type = 'image' AND t.resource_id = i.id
                      AND (replace($17, $18 || t.tag_key || $19 || t.tag_value || $18, '') <> $17
                           OR replace($17, $18 || t.tag_key || $18, '') <> $17)))
                AND ($20 = '' OR ($20 = 'instance') = EXISTS (SELECT 1 FROM disks u
                                                                   WHERE u.image_id = i.id AND u.account = $1))
                AND ($21 = '' OR replace(lower(i.name), lower($21), '') <> lower(i.name) OR replace(i.id, lower($21), '') <> i.id)
                AND ($22 = '' OR ($22 = 'yes') = EXISTS (SELECT 1 FROM image_disks d JOIN snapshots s ON s.id = d.snapshot_id
                                                         WHERE d.image_id = i.id AND s.key_id IS NOT NULL))
                AND ($23 = '' OR i.source_image_id = $23)"
            $(, $rest)*
        )
    };
}

/// The list in each order that there is: an order cannot be a value of a statement.
macro_rules! ordered {
    ($order:expr; $($by:ident: $expression:literal;)+) => {
        match ($order.by, $order.is_ascending) {
            $(
                (ImageSort::$by, true) => {
                    filtered!("SELECT i.*", " ORDER BY ", $expression, ", i.id LIMIT $24 OFFSET $25")
                }
                (ImageSort::$by, false) => {
                    filtered!("SELECT i.*", " ORDER BY ", $expression, " DESC, i.id LIMIT $24 OFFSET $25")
                }
            )+
        }
    };
}

impl ImageOrder {
    /// The query for a page of a list in this order.
    fn list(self) -> &'static str {
        ordered! { self;
            Created: "i.created_at";
            Name: "lower(CASE WHEN i.name = '' THEN i.id ELSE i.name END)";
            Status: "i.status";
            Size: "(SELECT coalesce(sum(s.virtual_bytes), 0) FROM image_disks d JOIN snapshots s ON s.id = d.snapshot_id
                    WHERE d.image_id = i.id)";
            Encryption: "(SELECT count(*) FROM image_disks d JOIN snapshots s ON s.id = d.snapshot_id
                          WHERE d.image_id = i.id AND s.key_id IS NOT NULL)";
        }
    }
}

/// What stands around a wanted tag, and between its name and its value: control characters, which no name or value has.
const BETWEEN_TAGS: &str = "\u{1e}";
const WITHIN_TAG: &str = "\u{1f}";

impl ImageFilter {
    /// The tags as texts that are found in each other. A name that is wanted with a value is not wanted without one, too.
    fn wanted_tags(&self) -> Vec<String> {
        let mut wanted: Vec<(&str, &str)> =
            self.tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let text = |(key, value): &(&str, &str)| match *value {
            "" => format!("{BETWEEN_TAGS}{key}{BETWEEN_TAGS}"),
            value => format!("{BETWEEN_TAGS}{key}{WITHIN_TAG}{value}{BETWEEN_TAGS}"),
        };
        let is_covered =
            |one: &(&str, &str)| one.1.is_empty() && wanted.iter().any(|other| other.0 == one.0 && other != one);
        wanted.iter().filter(|one| !is_covered(one)).map(text).collect()
    }

    fn values(&self, scope: &Scope) -> Vec<Value> {
        let millis = |time: Option<Timestamp>| time.map_or(0, Timestamp::as_millisecond);
        let wanted = self.wanted_tags();
        values![
            &scope.account,
            &scope.region,
            &self.statuses,
            &self.ids,
            &self.name_part,
            &self.family,
            &self.snapshot_id,
            &self.os_type,
            &self.architecture,
            &self.key_id,
            millis(self.created_from),
            millis(self.created_to),
            self.owner != ImageOwner::Others,
            self.owner != ImageOwner::Own,
            &self.owner_id,
            wanted.len() as u64,
            wanted.concat(),
            BETWEEN_TAGS,
            WITHIN_TAG,
            self.is_used.map_or("", |is_used| if is_used { "instance" } else { "none" }),
            &self.search,
            self.is_encrypted.map_or("", |is_encrypted| if is_encrypted { "yes" } else { "no" }),
            &self.source_image_id,
        ]
    }
}

impl Read<'_> {
    /// The image of this id.
    pub async fn image_by_id(&mut self, id: &str) -> Result<Option<ImageRecord>> {
        let sql = "SELECT * FROM images WHERE id = $1";
        self.record("read an image", sql, values![id], ImageRecord::from_row).await
    }

    /// The image of this name.
    pub async fn image_by_name(&mut self, name: &str, scope: &Scope) -> Result<Option<ImageRecord>> {
        let sql = "SELECT * FROM images WHERE account = $1 AND region = $2 AND name = $3 AND name <> ''";
        self.record("read an image", sql, values![&scope.account, &scope.region, name], ImageRecord::from_row).await
    }

    /// Images of an account in a region, or shared with it there, in the filter's order.
    pub async fn images_page(
        &mut self,
        filter: &ImageFilter,
        scope: &Scope,
        page: PageRequest,
    ) -> Result<Page<ImageRecord>> {
        let queries = (filtered!("SELECT count(*) AS n"), filter.order.list());
        self.page("list images", queries, filter.values(scope), page, ImageRecord::from_row).await
    }

    /// Number of images of an account in a region; those that failed do not count.
    pub async fn images_count(&mut self, scope: &Scope) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM images WHERE account = $1 AND region = $2 AND status <> 'CreateFailed'";
        self.count("count images", sql, values![&scope.account, &scope.region]).await
    }

    /// Ids of the unfinished copies of an image, at most 100.
    pub async fn image_copies_in_progress(&mut self, source_image_id: &str) -> Result<Vec<String>> {
        let sql = "SELECT id FROM images WHERE source_image_id = $1 AND status IN ('Waiting', 'Creating')
                   ORDER BY id LIMIT 100";
        self.records("list copies of an image", sql, values![source_image_id], |row| row.value("id")).await
    }
}

impl Write {
    /// Adds an image. `false` when its name is taken.
    pub async fn image_insert(&mut self, image: &ImageRecord) -> Result<bool> {
        let sql = "INSERT INTO images (id, account, region, name, description, family, version, status, progress,
                       remain_s, is_copied, source_image_id, source_region, os_type, os_name, platform, architecture,
                       boot_mode, failure, created_at, license_type, nvme_support, imds_support)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                       $21, $22, $23)
                   ON CONFLICT DO NOTHING";
        let values = values![
            &image.id,
            &image.scope.account,
            &image.scope.region,
            &image.name,
            &image.description,
            &image.family,
            &image.version,
            &image.status,
            image.progress,
            image.remain_s,
            image.is_copied,
            &image.source_image_id,
            &image.source_region,
            &image.os_type,
            &image.os_name,
            &image.platform,
            &image.architecture,
            &image.boot_mode,
            &image.failure,
            image.created_at,
            &image.license_type,
            &image.nvme_support,
            &image.imds_support,
        ];
        Ok(self.execute("add an image", sql, values).await? == 1)
    }

    /// Writes what can change of an image. `false` when there is none of this id.
    ///
    /// Errors: the database's, when the new name is taken.
    pub async fn image_update(&mut self, image: &ImageRecord) -> Result<bool> {
        let sql = "UPDATE images SET name = $2, description = $3, family = $4, status = $5, progress = $6,
                       remain_s = $7, boot_mode = $8, failure = $9, license_type = $10, nvme_support = $11,
                       imds_support = $12
                   WHERE id = $1";
        let values = values![
            &image.id,
            &image.name,
            &image.description,
            &image.family,
            &image.status,
            image.progress,
            image.remain_s,
            &image.boot_mode,
            &image.failure,
            &image.license_type,
            &image.nvme_support,
            &image.imds_support,
        ];
        Ok(self.execute("change an image", sql, values).await? == 1)
    }

    /// Moves the progress of an image that is being made; it never goes back.
    pub async fn image_advance(&mut self, id: &str, progress: u32, remain_s: Option<u32>) -> Result<()> {
        let sql = "UPDATE images SET progress = $2, remain_s = $3
                   WHERE id = $1 AND status = 'Creating' AND progress <= $2";
        self.execute("move the progress of an image", sql, values![id, progress, remain_s]).await.map(drop)
    }

    /// Forgets an image; its disks must be gone.
    pub async fn image_delete(&mut self, id: &str) -> Result<()> {
        self.execute("forget an image", "DELETE FROM images WHERE id = $1", values![id]).await.map(drop)
    }
}
