//! `ModifyInstanceAttribute`.

use catalog::Scope;
use ram::{Action, Permit};

use super::ModifyInstance;
use super::plan::check_instance_name;
use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::Result;
use crate::names::check_description;

const MODIFY_INSTANCE_ATTRIBUTE: Action = Action::new("ecs:ModifyInstanceAttribute");

impl Ecs {
    /// Changes what is known of an instance, whatever its status.
    ///
    /// Asks for `ecs:ModifyInstanceAttribute` on it. Errors: `MalformedName`, `MalformedDescription`, `NotFound`.
    pub async fn modify_instance(&self, request: &ModifyInstance, permit: &Permit, scope: &Scope) -> Result<()> {
        let id = &request.instance_id;
        require(permit, MODIFY_INSTANCE_ATTRIBUTE, scope, &format!("instance/{id}"))?;
        check_instance_name(request.name.as_deref().unwrap_or_default())?;
        check_description(request.description.as_deref().unwrap_or_default())?;
        let mut write = self.catalog.write().await?;
        let done = async {
            let mut instance = self.instance(&mut write.read(), id, scope).await?;
            instance.name = request.name.clone().unwrap_or(instance.name);
            instance.description = request.description.clone().unwrap_or(instance.description);
            instance.is_protected = request.is_protected.unwrap_or(instance.is_protected);
            write.instance_update(&instance).await?;
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
    }
}
