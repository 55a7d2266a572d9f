//! Tags of keys. Source: `../shared/api/kms.md` 5 and 7.

use catalog::{KeyId, KeyRecord, PageRequest, Scope, Tag, TaggedResource, Write};
use ram::Permit;

use crate::action::Action;
use crate::error::{KmsError, Result};
use crate::key_ref::KeyRef;
use crate::keys::find_for;
use crate::kms::Kms;

/// Most tags of a key, and most characters of a tag's key or value. Source: `../shared/api/kms.md` 5.
const TAGS_MAX: usize = 20;
const TAG_CHARS_MAX: usize = 128;

/// What keys are called among the resources that have tags.
const KEY_TYPE: &str = "key";

impl Kms {
    /// Gives keys tags, or other values to those they have. All or none.
    ///
    /// Errors: those of [`Kms::describe_key`]; `KeyNotUsable`, `InvalidTags`.
    pub async fn tag_keys(&self, keys: &[KeyRef], tags: &[Tag], permit: &Permit, scope: &Scope) -> Result<()> {
        check_tags(tags)?;
        let mut write = self.change_keys().await?;
        let done = async {
            for key in keys {
                let key = self.find_in(Action::TagResource, &mut write, key, permit, scope).await?;
                put_tags(&mut write, &key, tags).await?;
            }
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Takes tags from keys; those that a key does not have are no error. All or none.
    ///
    /// Errors: those of [`Kms::describe_key`]; `KeyNotUsable`.
    pub async fn untag_keys(&self, keys: &[KeyRef], tag_keys: &[String], permit: &Permit, scope: &Scope) -> Result<()> {
        let mut write = self.change_keys().await?;
        let done = async {
            for key in keys {
                let key = self.find_in(Action::UntagResource, &mut write, key, permit, scope).await?;
                for tag_key in tag_keys {
                    write.tag_delete(tag_key, &tagged(key.id, &key.scope)).await?;
                }
            }
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Takes all tags from keys.
    ///
    /// Errors: as [`Kms::untag_keys`].
    pub async fn untag_keys_wholly(&self, keys: &[KeyRef], permit: &Permit, scope: &Scope) -> Result<()> {
        let mut write = self.change_keys().await?;
        let done = async {
            for key in keys {
                let key = self.find_in(Action::UntagResource, &mut write, key, permit, scope).await?;
                write.tags_delete_of_resource(&tagged(key.id, &key.scope)).await?;
            }
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Keys of a region that have all of these tags, by id, whoever asks: what a caller needs a right on. An empty value stands for
    /// any. No tags: no keys.
    ///
    /// Errors: `Catalog`.
    pub async fn keys_with_tags(&self, tags: &[Tag], scope: &Scope) -> Result<Vec<KeyId>> {
        let mut found: Option<Vec<KeyId>> = None;
        for tag in tags {
            let with_tag = self.keys_with_tag(tag, scope).await?;
            found = Some(match found {
                None => with_tag,
                Some(before) => before.into_iter().filter(|key| with_tag.contains(key)).collect(),
            });
        }
        let (mut keys, mut read) = (Vec::new(), self.catalog.read());
        for key in found.unwrap_or_default() {
            // The record of a destroyed key keeps its tags.
            if read.key_by_id(key).await?.is_some_and(|key| key.destroyed_at.is_none()) {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    async fn keys_with_tag(&self, tag: &Tag, scope: &Scope) -> Result<Vec<KeyId>> {
        let value = Some(tag.value.as_str()).filter(|value| !value.is_empty());
        let (mut keys, mut page) = (Vec::new(), PageRequest::first());
        loop {
            let found = self.catalog.read().tagged_resources_page(&tag.key, value, KEY_TYPE, scope, page).await?;
            if found.items.is_empty() {
                return Ok(keys);
            }
            // What is not the id of a key was not tagged here.
            keys.extend(found.items.iter().filter_map(|id| id.parse::<KeyId>().ok()));
            page = page.next();
        }
    }

    async fn find_in(
        &self,
        action: Action,
        write: &mut Write,
        key: &KeyRef,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<KeyRecord> {
        find_for(action, &mut write.read(), key, permit, scope, self.clock.now()).await
    }

    /// Tags of a key, by name.
    ///
    /// Errors: those of [`Kms::describe_key`].
    pub async fn list_resource_tags(
        &self,
        key: &KeyRef,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<(KeyRecord, Vec<Tag>)> {
        let mut read = self.catalog.read();
        let key = find_for(Action::ListResourceTags, &mut read, key, permit, scope, self.clock.now()).await?;
        let tags = read.tags_of_resource(&tagged(key.id, &key.scope)).await?;
        Ok((key, tags))
    }
}

async fn put_tags(write: &mut Write, key: &KeyRecord, tags: &[Tag]) -> Result<()> {
    let resource = tagged(key.id, &key.scope);
    for tag in tags {
        write.tag_put(tag, &resource).await?;
    }
    let count = write.read().tags_of_resource(&resource).await?.len();
    if count > TAGS_MAX {
        let why = format!("the key {} would have {count} tags, more than {TAGS_MAX}", key.id);
        return Err(KmsError::InvalidTags { why });
    }
    Ok(())
}

/// A key as something that has tags.
pub(crate) fn tagged(key: KeyId, scope: &Scope) -> TaggedResource {
    TaggedResource { scope: scope.clone(), resource_type: KEY_TYPE.to_owned(), resource_id: key.to_string() }
}

/// Errors: `InvalidTags`.
pub(crate) fn check_tags(tags: &[Tag]) -> Result<()> {
    let refuse = |why: String| Err(KmsError::InvalidTags { why });
    if tags.len() > TAGS_MAX {
        return refuse(format!("{} tags are more than {TAGS_MAX}", tags.len()));
    }
    for (index, tag) in tags.iter().enumerate() {
        let number = index + 1;
        if !(1..=TAG_CHARS_MAX).contains(&tag.key.chars().count()) || tag.value.chars().count() > TAG_CHARS_MAX {
            return refuse(format!("tag {number} has an empty key, or more than {TAG_CHARS_MAX} characters"));
        }
        if tags.iter().take(index).any(|before| before.key == tag.key) {
            return refuse(format!("tag {number} names a key that stands before it already"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_a_number_a_length_and_a_key_of_their_own() {
        let tag = |key: &str, value: &str| Tag { key: key.to_owned(), value: value.to_owned() };
        let long = "x".repeat(TAG_CHARS_MAX);
        assert!(check_tags(&[tag(&long, &long), tag("b", "")]).is_ok());
        let many: Vec<Tag> = (0..=TAGS_MAX).map(|n| tag(&n.to_string(), "")).collect();
        for bad in [vec![tag("", "v")], vec![tag(&(long + "x"), "")], vec![tag("a", ""), tag("a", "")], many] {
            assert!(matches!(check_tags(&bad), Err(KmsError::InvalidTags { .. })), "{bad:?}");
        }
    }
}
