//! Tasks: jobs as the API shows them. Source: ecs-images.md 6.

use catalog::{JobFilter, JobRecord, Page, PageRequest, Scope};
use ram::{Action, Permit};

use crate::arn::require;
use crate::cancel_copy::WAIT_AT_MOST;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::jobs::spec::EXPORT_IMAGE;

const DESCRIBE_TASKS: Action = Action::new("ecs:DescribeTasks");
const DESCRIBE_TASK_ATTRIBUTE: Action = Action::new("ecs:DescribeTaskAttribute");
/// The API's words for what can be followed and cancelled as a task, with commas between. Copies are not among the vendor's; they are listed when
/// they are asked for by name.
pub const TASK_ACTIONS: &str = "ImportImage,ExportImage";

const CANCEL_TASK: Action = Action::new("ecs:CancelTask");

impl Ecs {
    /// Tasks of an account in a region, newest first.
    ///
    /// Asks for `ecs:DescribeTasks` on everything. Errors: `RegionNotFound`.
    pub async fn describe_tasks(
        &self,
        filter: &JobFilter,
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<JobRecord>> {
        self.store(&scope.region)?;
        require(permit, DESCRIBE_TASKS, scope, "*")?;
        Ok(self.catalog.read().jobs_page(filter, scope, page).await?)
    }

    /// One task.
    ///
    /// Asks for `ecs:DescribeTaskAttribute` on everything. Errors: `RegionNotFound`, `TaskNotFound`.
    pub async fn describe_task(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<JobRecord> {
        self.store(&scope.region)?;
        require(permit, DESCRIBE_TASK_ATTRIBUTE, scope, "*")?;
        self.task(id, scope).await
    }

    /// Cancels an import or an export: of an import nothing is left when this returns, of an export no file that is not complete.
    ///
    /// Asks for `ecs:CancelTask` on everything. Errors: `RegionNotFound`, `TaskNotFound`; `TaskKind` for a copy, which
    /// CancelCopyImage cancels; `TaskOver`.
    pub async fn cancel_task(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        self.store(&scope.region)?;
        require(permit, CANCEL_TASK, scope, "*")?;
        let task = self.task(id, scope).await?;
        let over = |state: &str| EcsError::TaskOver { id: id.to_owned(), state: state.to_owned() };
        match task.job.action.as_str() {
            "ImportImage" => {
                let forgotten = self.forget_unfinished(&task.job.image_id, scope).await;
                forgotten.map_err(|error| match error {
                    EcsError::ImageStatus { .. } | EcsError::ImageNotFound { .. } => over(&task.state),
                    error => error,
                })?;
            }
            EXPORT_IMAGE => {
                let mut write = self.catalog.write().await?;
                let ended = write.job_end(id, None, "Cancelled", ("", ""), self.now()).await;
                if !write.finish(ended).await? {
                    return Err(over(&task.state));
                }
            }
            _ => return Err(EcsError::TaskKind { id: id.to_owned(), kind: task.job.action }),
        }
        self.board.stop(id, WAIT_AT_MOST).await;
        self.remove_uploads_soon().await;
        Ok(())
    }

    async fn task(&self, id: &str, scope: &Scope) -> Result<JobRecord> {
        let found = self.catalog.read().job_by_id(id).await?.filter(|job| job.job.scope == *scope);
        found.ok_or_else(|| EcsError::TaskNotFound { id: id.to_owned(), region: scope.region.clone() })
    }
}
