//! `RunInstances` and `CreateInstance`. Source: ecs-images.md 9.
//!
//! ```text
//!   checks ─ one change: instances `making`, disks, use of the keys ─ files ─ keys opened, machine ─ one change: Running, token ─ answered
//! ```
//!
//! Nobody is told of an instance before the last change. What is refused or fails before leaves nothing, and what a crash leaves is
//! removed when the server is back.

use catalog::{Scope, Write};
use ram::{Action, Permit};

use super::make::Made;
use super::plan::{Plan, require_keys, require_named};
use super::{InstanceError, NewInstances};
use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::tokens::{CallToken, Token};

const RUN_INSTANCES: Action = Action::new("ecs:RunInstances");
const CREATE_INSTANCE: Action = Action::new("ecs:CreateInstance");

/// What becomes of new instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// RunInstances.
    Run,
    /// CreateInstance: they are Stopped.
    Stay,
}

impl Then {
    fn action(self) -> Action {
        match self {
            Self::Run => RUN_INSTANCES,
            Self::Stay => CREATE_INSTANCE,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Run => "RunInstances",
            Self::Stay => "CreateInstance",
        }
    }
}

impl Ecs {
    /// Makes instances and starts them; they run when this returns. All, or at least `min_amount`; what could not be made leaves nothing.
    /// A call that is repeated with its token makes nothing new. Returns their ids.
    ///
    /// Asks for `ecs:RunInstances` on `instance/*` and the image, and for the rights of [`Ecs::keys_of_new_instances`]. Errors: those of
    /// the checks, in their order; of a key that does not open; `Tampered`; `Hypervisor`; `InvalidClientToken`, `ClientTokenMismatch`.
    pub async fn run_instances(
        &self,
        request: &NewInstances,
        token: Option<&CallToken>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Vec<String>> {
        self.make_instances(request, token, Then::Run, permit, scope).await
    }

    /// Makes one instance, which is Stopped. Returns its id.
    ///
    /// Asks for `ecs:CreateInstance`, else as [`Ecs::run_instances`].
    pub async fn create_instance(
        &self,
        request: &NewInstances,
        token: Option<&CallToken>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<String> {
        let one = NewInstances { amount: 1, min_amount: None, ..request.clone() };
        let made = self.make_instances(&one, token, Then::Stay, permit, scope).await?;
        made.into_iter().next().ok_or_else(|| EcsError::Damaged("one instance was asked for, and none made".to_owned()))
    }

    /// Runs every check of RunInstances and changes nothing.
    ///
    /// Errors: as [`Ecs::run_instances`].
    pub async fn check_run_instances(&self, request: &NewInstances, permit: &Permit, scope: &Scope) -> Result<()> {
        self.permitted_plan(request, Then::Run, permit, scope).await.map(drop)
    }

    /// Runs every check of CreateInstance and changes nothing.
    ///
    /// Errors: as [`Ecs::create_instance`].
    pub async fn check_create_instance(&self, request: &NewInstances, permit: &Permit, scope: &Scope) -> Result<()> {
        let one = NewInstances { amount: 1, min_amount: None, ..request.clone() };
        self.permitted_plan(&one, Then::Stay, permit, scope).await.map(drop)
    }

    fn permit_new(&self, request: &NewInstances, then: Then, permit: &Permit, scope: &Scope) -> Result<()> {
        self.store(&scope.region)?;
        require(permit, then.action(), scope, "instance/*")?;
        require(permit, then.action(), scope, &format!("image/{}", request.image_id))
    }

    async fn permitted_plan(&self, request: &NewInstances, then: Then, permit: &Permit, scope: &Scope) -> Result<Plan> {
        self.permit_new(request, then, permit, scope)?;
        let plan = self.plan_instances(request, scope).await?;
        require_keys(&self.keys_of_new_instances(request, scope).await?, permit)?;
        require_named(&plan.disks, permit)?;
        Ok(plan)
    }

    async fn make_instances(
        &self,
        request: &NewInstances,
        token: Option<&CallToken>,
        then: Then,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Vec<String>> {
        self.permit_new(request, then, permit, scope)?;
        let token = Token::of(token, then.name(), scope)?;
        // The same call may be on its way: it is waited for, and its answer given.
        let _turn = match &token {
            Some(token) => Some(self.host.turn(&token.name()).await),
            None => None,
        };
        if let Some(token) = &token
            && let Some(answer) = token.earlier_answer(&mut self.catalog.read()).await?
        {
            return Ok(answer.split(',').map(str::to_owned).collect());
        }
        let plan = self.permitted_plan(request, then, permit, scope).await?;
        let begun = self.insert_making(request, &plan, scope).await?;
        let (made, refused) = self.bring_up(begun, then == Then::Run).await;
        let min = request.min_amount.unwrap_or(request.amount);
        let answered = match refused {
            Some(error) if made.len() < min as usize => Err(error),
            _ => match self.answer(&made, token.as_ref(), then).await {
                // The change was made, and its answer lost.
                Err(_) if self.are_known(&made).await? => Ok(ids_of(&made)),
                answered => answered,
            },
        };
        if answered.is_err() {
            for one in &made {
                self.unmake(&one.instance.id).await;
            }
        }
        answered
    }

    /// Makes the files of each, and starts it with `start`. Returns those that came to be, and why the first of the others did not.
    async fn bring_up(&self, begun: Vec<Made>, start: bool) -> (Vec<Made>, Option<EcsError>) {
        let (mut made, mut refused) = (Vec::new(), None);
        for mut one in begun {
            match self.make_one(&mut one, start).await {
                Ok(()) => made.push(one),
                Err(error) => {
                    // While it is nobody else's turn.
                    self.unmake(&one.instance.id).await;
                    refused.get_or_insert(error);
                }
            }
        }
        (made, refused)
    }

    async fn make_one(&self, one: &mut Made, start: bool) -> Result<()> {
        self.make_files(one).await?;
        if start { self.power_on(&one.instance, &one.disks).await } else { Ok(()) }
    }

    /// The change that makes the instances known.
    async fn answer(&self, made: &[Made], token: Option<&Token>, then: Then) -> Result<Vec<String>> {
        let ids = ids_of(made);
        let mut write = self.catalog.write().await?;
        let done = async {
            for one in made {
                self.make_known(&mut write, one, then).await?;
            }
            if let Some(token) = token {
                token.remember(&mut write, &ids.join(","), self.now()).await?;
            }
            Ok(ids)
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Whether the change was made, behind every change that is on its way.
    async fn are_known(&self, made: &[Made]) -> Result<bool> {
        let Some(first) = made.first() else { return Ok(false) };
        let mut write = self.catalog.write().await?;
        let found = write.read().instance_by_id(&first.instance.id).await;
        let found = write.finish(found).await?;
        Ok(found.is_some_and(|instance| instance.doing.is_empty()))
    }

    async fn make_known(&self, write: &mut Write, made: &Made, then: Then) -> Result<()> {
        for disk in &made.disks {
            self.finish_disk_record(write, disk).await?;
        }
        let mut instance = made.instance.clone();
        instance.doing = String::new();
        instance.status_at = self.now();
        instance.status = match then {
            Then::Run => "Running",
            Then::Stay => "Stopped",
        }
        .to_owned();
        instance.started_at = (then == Then::Run).then_some(instance.status_at);
        if write.instance_update(&instance).await? {
            return Ok(());
        }
        Err(InstanceError::NotFound { id: instance.id, region: instance.scope.region }.into())
    }
}

fn ids_of(made: &[Made]) -> Vec<String> {
    made.iter().map(|one| one.instance.id.clone()).collect()
}
