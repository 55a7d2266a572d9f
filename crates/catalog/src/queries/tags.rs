use crate::database::{Row, Value, values};
use crate::error::Result;
use crate::names::Scope;
use crate::page::{Page, PageRequest};
use crate::queries::ids::of_ids;
use crate::read::Read;
use crate::writer::Write;

/// Something that can have tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedResource {
    /// Owner and region.
    pub scope: Scope,
    /// Such as `key`.
    pub resource_type: String,
    /// Its id.
    pub resource_id: String,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name; a resource has it once.
    pub key: String,
    /// Its value, maybe empty.
    pub value: String,
}

/// A tag of a resource, and where a list of them goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagPosition {
    /// Id of the resource.
    pub resource_id: String,
    /// Name of the tag.
    pub tag_key: String,
}

impl Tag {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { key: row.value("tag_key")?, value: row.value("tag_value")? })
    }
}

impl TaggedResource {
    fn values(&self) -> Vec<Value> {
        values![&self.scope.account, &self.scope.region, &self.resource_type, &self.resource_id]
    }
}

impl Read<'_> {
    /// Tags of a resource, by name.
    pub async fn tags_of_resource(&mut self, resource: &TaggedResource) -> Result<Vec<Tag>> {
        let sql = "SELECT tag_key, tag_value FROM tags WHERE account = $1 AND region = $2 AND resource_type = $3
                   AND resource_id = $4 ORDER BY tag_key";
        self.records("list tags", sql, resource.values(), Tag::from_row).await
    }

    /// Tags of these resources of a type, each with the id of its resource, by id and name.
    pub async fn tags_of_resources(
        &mut self,
        (resource_type, ids): (&str, &[&str]),
        scope: &Scope,
    ) -> Result<Vec<(String, Tag)>> {
        let sql = of_ids!(
            "SELECT resource_id, tag_key, tag_value FROM tags WHERE account = $101 AND region = $102
             AND resource_type = $103 AND resource_id",
            " ORDER BY resource_id, tag_key"
        );
        let more = values![&scope.account, &scope.region, resource_type];
        let from_row = |row: &Row| Ok((row.value("resource_id")?, Tag::from_row(row)?));
        self.records_of_ids("list tags", sql, (ids, more), from_row).await
    }

    /// Tags of the resources of a type behind a position, by id and name, at most `max`. `ids`: of these resources only, separated by
    /// commas; empty: of all.
    pub async fn tags_after(
        &mut self,
        after: &TagPosition,
        (resource_type, ids): (&str, &str),
        scope: &Scope,
        max: u32,
    ) -> Result<Vec<(TagPosition, Tag)>> {
        let sql = "SELECT resource_id, tag_key, tag_value FROM tags
                   WHERE account = $1 AND region = $2 AND resource_type = $3
                   AND (resource_id > $4 OR resource_id = $4 AND tag_key > $5)
                   AND ($6 = '' OR replace(',' || $6 || ',', ',' || resource_id || ',', '') <> ',' || $6 || ',')
                   ORDER BY resource_id, tag_key LIMIT $7";
        let TagPosition { resource_id, tag_key } = after;
        let values = values![&scope.account, &scope.region, resource_type, resource_id, tag_key, ids, max];
        let from_row = |row: &Row| {
            let tag = Tag::from_row(row)?;
            Ok((TagPosition { resource_id: row.value("resource_id")?, tag_key: tag.key.clone() }, tag))
        };
        self.records("list tags", sql, values, from_row).await
    }

    /// Ids of the resources of a type that have a tag; with `value`, those that have it with this value. By id.
    pub async fn tagged_resources_page(
        &mut self,
        tag_key: &str,
        value: Option<&str>,
        resource_type: &str,
        scope: &Scope,
        page: PageRequest,
    ) -> Result<Page<String>> {
        let count = "SELECT count(*) AS n FROM tags WHERE account = $1 AND region = $2 AND resource_type = $3
                     AND tag_key = $4 AND ($5 = 1 OR tag_value = $6)";
        let list = "SELECT resource_id FROM tags WHERE account = $1 AND region = $2 AND resource_type = $3
                    AND tag_key = $4 AND ($5 = 1 OR tag_value = $6) ORDER BY resource_id LIMIT $7 OFFSET $8";
        let any_value = value.is_none();
        let values =
            values![&scope.account, &scope.region, resource_type, tag_key, any_value, value.unwrap_or_default()];
        self.page("list tagged resources", (count, list), values, page, |row| row.value("resource_id")).await
    }
}

impl Write {
    /// Gives a resource a tag, or another value to the tag it has.
    pub async fn tag_put(&mut self, tag: &Tag, resource: &TaggedResource) -> Result<()> {
        let sql = "INSERT INTO tags (account, region, resource_type, resource_id, tag_key, tag_value)
                   VALUES ($1, $2, $3, $4, $5, $6)
                   ON CONFLICT (account, region, resource_type, resource_id, tag_key)
                   DO UPDATE SET tag_value = excluded.tag_value";
        let mut values = resource.values();
        values.extend(values![&tag.key, &tag.value]);
        self.execute("add a tag", sql, values).await.map(drop)
    }

    /// Takes a tag from a resource. `false` when it has no such tag.
    pub async fn tag_delete(&mut self, tag_key: &str, resource: &TaggedResource) -> Result<bool> {
        let sql = "DELETE FROM tags WHERE account = $1 AND region = $2 AND resource_type = $3 AND resource_id = $4
                   AND tag_key = $5";
        let mut values = resource.values();
        values.push(tag_key.into());
        Ok(self.execute("remove a tag", sql, values).await? == 1)
    }

    /// Takes all tags from a resource.
    pub async fn tags_delete_of_resource(&mut self, resource: &TaggedResource) -> Result<()> {
        let sql = "DELETE FROM tags WHERE account = $1 AND region = $2 AND resource_type = $3 AND resource_id = $4";
        self.execute("remove the tags of a resource", sql, resource.values()).await.map(drop)
    }
}
