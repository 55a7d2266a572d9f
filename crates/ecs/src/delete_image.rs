//! `DeleteImage`. Source: ecs-images.md 5.
//!
//! Snapshots that CopyImage and ImportImage made go with the last image that has them (ours: the vendor leaves them); others stay.

use catalog::Scope;
use ram::{Action, Permit};

use crate::arn::require;
use crate::cancel_copy::WAIT_AT_MOST;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::instances::InstanceError;
use crate::jobs::spec::CREATE_IMAGE;

const DELETE_IMAGE: Action = Action::new("ecs:DeleteImage");

impl Ecs {
    /// Deletes an image. Its bytes go when nothing else uses them. `force`: also one that is shared, or that instances have
    /// disks of; copies of it and these disks stay. One that is being made of an instance is not made.
    ///
    /// Asks for `ecs:DeleteImage` on it. Errors: `ImageNotFound`; `BeingCopied` for one that is the source or the result of an
    /// unfinished copy; `BeingImported`; `BeingExported`; `ImageShared`; `ImageInUse`.
    pub async fn delete_image(&self, image_id: &str, force: bool, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, DELETE_IMAGE, scope, &format!("image/{image_id}"))?;
        if self.is_made_of_instance(image_id, scope).await? {
            let job = self.forget_unfinished(image_id, scope).await?;
            self.board.stop(&job, WAIT_AT_MOST).await;
            return Ok(());
        }
        let mut write = self.catalog.write().await?;
        let done = async {
            let found = write.read().image_by_id(image_id).await?.filter(|image| image.scope == *scope);
            let image = found
                .ok_or_else(|| EcsError::ImageNotFound { id: image_id.to_owned(), region: scope.region.clone() })?;
            if matches!(image.status.as_str(), "Creating" | "Waiting") {
                let id = image.id;
                return Err(match image.is_copied {
                    true => EcsError::BeingCopied { copies: id.clone(), id },
                    false => EcsError::BeingImported { id },
                });
            }
            let copies = write.read().image_copies_in_progress(image_id).await?;
            if !copies.is_empty() {
                return Err(EcsError::BeingCopied { id: image.id, copies: copies.join(", ") });
            }
            if write.read().image_is_exported(image_id).await? {
                return Err(EcsError::BeingExported { id: image.id });
            }
            if !force && write.read().image_shares_count(image_id).await? > 0 {
                return Err(EcsError::ImageShared { id: image.id });
            }
            let mut read = write.read();
            let own = read.instances_of_image(image_id, &scope.account).await?;
            let others = read.instances_of_image_elsewhere_count(image_id, &scope.account).await?;
            if !force && let Some(instances) = users(own, others) {
                return Err(InstanceError::ImageInUse { image: image.id, instances }.into());
            }
            self.forget_image(&mut write, image_id, scope).await
        };
        let done = done.await;
        write.finish(done).await?;
        self.remove_dropped_soon().await;
        Ok(())
    }

    /// Whether an image is still being made of the disks of an instance: then its deletion ends that.
    async fn is_made_of_instance(&self, image_id: &str, scope: &Scope) -> Result<bool> {
        let mut read = self.catalog.read();
        let found = read.image_by_id(image_id).await?.filter(|image| image.scope == *scope);
        if !found.is_some_and(|image| matches!(image.status.as_str(), "Creating" | "Waiting")) {
            return Ok(false);
        }
        let job = read.job_that_makes(image_id).await?;
        Ok(job.is_some_and(|job| job.job.action == CREATE_IMAGE && job.finished_at.is_none()))
    }
}

/// Who uses an image, for its owner: the names of other accounts' instances are not theirs to know. `None`: nobody.
fn users(own: Vec<String>, others: u64) -> Option<String> {
    let counted = match others {
        0 => None,
        1 => Some("an instance of another account".to_owned()),
        _ => Some(format!("{others} instances of other accounts")),
    };
    let users: Vec<String> = own.into_iter().chain(counted).collect();
    (!users.is_empty()).then(|| users.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Own instances are named, others are counted.
    #[test]
    fn only_own_instances_are_named() {
        let own = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(users(own(&[]), 0), None);
        assert_eq!(users(own(&["i-1", "i-2"]), 0).unwrap(), "i-1, i-2");
        assert_eq!(users(own(&[]), 1).unwrap(), "an instance of another account");
        assert_eq!(users(own(&["i-1"]), 2).unwrap(), "i-1, 2 instances of other accounts");
    }
}
