//! Tags of keys. Source: `../shared/api/kms.md` 5 and 7.

use catalog::{KeyId, KeyRecord, Scope, Tag, TaggedResource};
use ram::Permit;

use crate::action::Action;
use crate::error::{KmsError, Result};
use crate::key_ref::KeyRef;
use crate::keys::find_for;
use crate::kms::Kms;

/// Most tags of a key, and most characters of a tag's key or value. Source: `../shared/api/kms.md` 5.
const TAGS_MAX: usize = 20;
const TAG_CHARS_MAX: usize = 128;

impl Kms {
    /// Gives a key tags, or other values to those it has. All or none.
    ///
    /// Errors: those of [`Kms::describe_key`]; `KeyNotUsable`, `InvalidTags`.
    pub async fn tag_key(&self, key: &KeyRef, tags: &[Tag], permit: &Permit, scope: &Scope) -> Result<()> {
        check_tags(tags)?;
        let mut write = self.catalog.write().await?;
        let done = async {
            let now = self.clock.now();
            let key = find_for(Action::TagResource, &mut write.read(), key, permit, scope, now).await?;
            let resource = tagged(key.id, &key.scope);
            for tag in tags {
                write.tag_put(tag, &resource).await?;
            }
            let count = write.read().tags_of_resource(&resource).await?.len();
            if count > TAGS_MAX {
                return Err(KmsError::InvalidTags {
                    why: format!("the key would have {count} tags, more than {TAGS_MAX}"),
                });
            }
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Takes tags from a key; those that it does not have are no error.
    ///
    /// Errors: those of [`Kms::describe_key`]; `KeyNotUsable`.
    pub async fn untag_key(&self, key: &KeyRef, tag_keys: &[String], permit: &Permit, scope: &Scope) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = async {
            let now = self.clock.now();
            let key = find_for(Action::UntagResource, &mut write.read(), key, permit, scope, now).await?;
            let resource = tagged(key.id, &key.scope);
            for tag_key in tag_keys {
                write.tag_delete(tag_key, &resource).await?;
            }
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
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

/// A key as something that has tags.
pub(crate) fn tagged(key: KeyId, scope: &Scope) -> TaggedResource {
    TaggedResource { scope: scope.clone(), resource_type: "key".to_owned(), resource_id: key.to_string() }
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
