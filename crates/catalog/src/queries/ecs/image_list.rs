use std::collections::BTreeSet;

use jiff::Timestamp;

use super::images::ImageRecord;
use crate::database::{Composed, values};
use crate::error::Result;
use crate::names::Scope;
use crate::page::{Page, PageRequest};
use crate::queries::Tag;
use crate::read::Read;

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

impl ImageOrder {
    /// What the list is sorted by. Images that are alike in it come by their ids, so that no page shows one twice.
    fn clause(self) -> &'static str {
        macro_rules! either_way {
            ($expression:literal) => {
                match self.is_ascending {
                    true => concat!(" ORDER BY ", $expression, ", i.id"),
                    false => concat!(" ORDER BY ", $expression, " DESC, i.id"),
                }
            };
        }
        match self.by {
            ImageSort::Created => either_way!("i.created_at"),
            ImageSort::Name => either_way!("lower(CASE WHEN i.name = '' THEN i.id ELSE i.name END)"),
            ImageSort::Status => either_way!("i.status"),
            ImageSort::Size => either_way!(
                "(SELECT coalesce(sum(s.virtual_bytes), 0) FROM image_disks d JOIN snapshots s ON s.id = d.snapshot_id
                  WHERE d.image_id = i.id)"
            ),
            ImageSort::Encryption => either_way!(
                "(SELECT count(*) FROM image_disks d JOIN snapshots s ON s.id = d.snapshot_id
                  WHERE d.image_id = i.id AND s.key_id IS NOT NULL)"
            ),
        }
    }
}

impl ImageFilter {
    /// ` FROM images i WHERE …`, with a condition for each wish. Both engines find a text in another by `replace`, and by nothing
    /// else in the same words.
    fn wanted(&self, scope: &Scope) -> Composed {
        let mut wanted = Composed::new(" FROM images i");
        wanted.push(" WHERE i.region = ?", values![&scope.region]);
        match self.owner {
            ImageOwner::Own => wanted.push(" AND i.account = ?", values![&scope.account]),
            ImageOwner::Others => wanted.push(
                " AND EXISTS (SELECT 1 FROM image_shares h WHERE h.image_id = i.id AND h.account = ?)",
                values![&scope.account],
            ),
            ImageOwner::Any => wanted.push(
                " AND (i.account = ?
                       OR EXISTS (SELECT 1 FROM image_shares h WHERE h.image_id = i.id AND h.account = ?))",
                values![&scope.account, &scope.account],
            ),
        }
        one_of(&mut wanted, " AND i.status IN (?", &self.statuses);
        one_of(&mut wanted, " AND i.id IN (?", &self.ids);
        self.push_texts(&mut wanted);
        self.push_uses(&mut wanted, scope);
        self.push_tags(&mut wanted, scope);
        wanted
    }

    /// Wishes that compare one text.
    fn push_texts(&self, wanted: &mut Composed) {
        for (condition, text) in [
            (" AND i.account = ?", &self.owner_id),
            (" AND replace(i.name, ?, '') <> i.name", &self.name_part),
            (" AND i.family = ?", &self.family),
            (" AND i.os_type = ?", &self.os_type),
            (" AND i.architecture = ?", &self.architecture),
            (" AND i.source_image_id = ?", &self.source_image_id),
            (
                " AND EXISTS (SELECT 1 FROM image_disks d WHERE d.image_id = i.id AND d.snapshot_id = ?)",
                &self.snapshot_id,
            ),
            (
                " AND EXISTS (SELECT 1 FROM image_disks d JOIN snapshots s ON s.id = d.snapshot_id
                              WHERE d.image_id = i.id AND s.key_id = ?)",
                &self.key_id,
            ),
        ] {
            if !text.is_empty() {
                wanted.push(condition, values![text]);
            }
        }
        if !self.search.is_empty() {
            // ASCII alone has capitals that do not count: only there both engines agree on what `lower` does.
            let search = self.search.to_ascii_lowercase();
            wanted.push(
                " AND (replace(lower(i.name), ?, '') <> lower(i.name) OR replace(i.id, ?, '') <> i.id)",
                values![&search, &search],
            );
        }
    }

    /// When they were made, whether instances are made of them, and whether they are encrypted.
    fn push_uses(&self, wanted: &mut Composed, scope: &Scope) {
        if let Some(from) = self.created_from {
            wanted.push(" AND i.created_at >= ?", values![from]);
        }
        if let Some(to) = self.created_to {
            wanted.push(" AND i.created_at <= ?", values![to]);
        }
        if let Some(is_used) = self.is_used {
            wanted.push(if is_used { " AND" } else { " AND NOT" }, []);
            wanted.push(
                " EXISTS (SELECT 1 FROM disks u WHERE u.image_id = i.id AND u.account = ?)",
                values![&scope.account],
            );
        }
        if let Some(is_encrypted) = self.is_encrypted {
            wanted.push(if is_encrypted { " AND" } else { " AND NOT" }, []);
            wanted.push(
                " EXISTS (SELECT 1 FROM image_disks d JOIN snapshots s ON s.id = d.snapshot_id
                          WHERE d.image_id = i.id AND s.key_id IS NOT NULL)",
                [],
            );
        }
    }

    fn push_tags(&self, wanted: &mut Composed, scope: &Scope) {
        for tag in &self.tags {
            wanted.push(
                " AND EXISTS (SELECT 1 FROM tags t WHERE t.account = ? AND t.region = ? AND t.resource_type = 'image'
                              AND t.resource_id = i.id AND t.tag_key = ?",
                values![&scope.account, &scope.region, &tag.key],
            );
            if !tag.value.is_empty() {
                wanted.push(" AND t.tag_value = ?", values![&tag.value]);
            }
            wanted.push(")", []);
        }
    }
}

/// `begin` and as many further `, ?` as a comma list has different words.
fn one_of(wanted: &mut Composed, begin: &'static str, list: &str) {
    if list.is_empty() {
        return;
    }
    let words: BTreeSet<&str> = list.split(',').collect();
    for (position, word) in words.into_iter().enumerate() {
        wanted.push(if position == 0 { begin } else { ", ?" }, values![word]);
    }
    wanted.push(")", []);
}

impl Read<'_> {
    /// Images of an account in a region, or shared with it there, in the filter's order.
    ///
    /// The rows of a page are read when it is known which they are: to pass over the pages before it takes an index only.
    pub async fn images_page(
        &mut self,
        filter: &ImageFilter,
        scope: &Scope,
        page: PageRequest,
    ) -> Result<Page<ImageRecord>> {
        const ACTION: &str = "list images";
        let wanted = filter.wanted(scope);
        let order = filter.order.clause();
        let count = Composed::new("SELECT count(*) AS n").then(&wanted);
        let mut list = Composed::new("SELECT i.* FROM images i JOIN (SELECT i.id AS id").then(&wanted);
        list.push(order, []);
        list.push(" LIMIT ? OFFSET ?) p ON p.id = i.id", values![page.limit(), page.offset()]);
        list.push(order, []);
        let total_count = self.one_count(ACTION, count.statement()).await?;
        let rows = self.fetch(ACTION, list.statement()).await?;
        Ok(Page { items: rows.iter().map(ImageRecord::from_row).collect::<Result<_>>()?, total_count })
    }
}
