//! `CopyImage`: a copy adds a key, keeps it or replaces it. Source: ecs-images.md 2, DESIGN.md 1.
//!
//! Everything that can be refused is refused by the call, before anything is made; `checks.rs` has the order. The work is a job's.

pub(crate) mod checks;
mod insert;
mod parts;
mod run;

use catalog::{Scope, Tag};
use engine::Decision;
use kms::{KeyFacts, KeyRef};
use ram::{Action, Permit};
use std::sync::Arc;

pub use run::{Check, FoundDisk};

use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::tokens::{CallToken, Token};
pub(crate) use insert::in_flight;

const COPY_IMAGE: Action = Action::new("ecs:CopyImage");

/// What is to be copied where, and how.
#[derive(Debug, Clone, Default)]
pub struct CopyImage {
    /// The source.
    pub image_id: String,
    /// Region of the copy; empty: that of the source.
    pub destination_region: String,
    /// Name of the copy; empty: none.
    pub name: String,
    /// Text for people; empty: none.
    pub description: String,
    /// Whether the copy is to be encrypted. Not so, an encrypted source stays encrypted.
    pub encrypted: bool,
    /// The key for the copy, of the destination region: an id, an alias or an ARN. Counts for all disks but those that are listed.
    pub key: Option<String>,
    /// Ours: disks that have a key of their own.
    pub disks: Vec<DiskKey>,
    /// Ours: only the key is replaced, not the data encrypted anew.
    pub rewrap: bool,
    /// Tags of the copy.
    pub tags: Vec<Tag>,
}

/// The key of one disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiskKey {
    /// Which disk of the source, by its device name.
    pub device: String,
    /// Whether it is to be encrypted; so it is, too, where the whole copy is to be.
    pub encrypted: bool,
    /// Its key, as that of the copy. `None`: the key that it has, or the service key; never that of the copy.
    pub key: Option<String>,
}

impl Ecs {
    /// Begins a copy; its id is valid at once. `scope`: account, and region of the source. A call that is repeated with its token
    /// makes nothing new.
    ///
    /// Asks for `ecs:CopyImage` on the source and on `image/*` of the destination. Errors: those of the checks, in their order;
    /// `InvalidClientToken`, `ClientTokenMismatch`.
    pub async fn copy_image(
        &self,
        request: &CopyImage,
        token: Option<&CallToken>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<String> {
        let token = Token::of(token, "CopyImage", scope)?;
        self.permit_copy(request, permit, scope)?;
        if let Some(token) = &token
            && let Some(answer) = token.earlier_answer(&mut self.catalog.read()).await?
        {
            return Ok(answer);
        }
        let planned = match self.plan_copy(request, scope).await {
            Ok(planned) => planned,
            // The same call may have been done meanwhile, and is what this one is refused for.
            Err(refusal) => return self.earlier_answer_or(token.as_ref(), refusal).await,
        };
        planned.parts.iter().try_for_each(|part| part.key.require(permit))?;
        let image = self.insert_copy(request, planned, token.as_ref()).await?;
        self.board.wake();
        Ok(image)
    }

    /// What the earlier call with this token was answered, or the refusal.
    pub(crate) async fn earlier_answer_or(&self, token: Option<&Token>, refusal: EcsError) -> Result<String> {
        let earlier = match token {
            Some(token) => token.earlier_answer(&mut self.catalog.read()).await?,
            None => None,
        };
        earlier.ok_or(refusal)
    }

    /// Runs every check and changes nothing: what a copy would be refused for.
    ///
    /// Errors: `NotPermitted`, and failures of the catalog.
    pub async fn check_copy(&self, request: &CopyImage, permit: &Permit, scope: &Scope) -> Result<Vec<Check>> {
        self.permit_copy(request, permit, scope)?;
        self.all_copy_checks(request, scope).await
    }

    /// The keys that are named for a copy, each once, for whoever decides about the caller's right to them. Without the service key, and
    /// without what names no key to have a right on.
    ///
    /// Errors: failures of the catalog.
    pub async fn keys_of_copy(&self, request: &CopyImage, scope: &Scope) -> Result<Vec<Arc<KeyFacts>>> {
        let Ok(destination) = self.destination(request, scope) else { return Ok(Vec::new()) };
        let of_disks = request.disks.iter().filter_map(|disk| disk.key.as_ref());
        let mut keys: Vec<Arc<KeyFacts>> = Vec::new();
        for key in request.key.iter().chain(of_disks).filter_map(|key| key.parse::<KeyRef>().ok()) {
            let found = self.own_key(&key, &destination).await?;
            keys.extend(found.filter(|found| keys.iter().all(|known| known.key.id != found.key.id)));
        }
        Ok(keys)
    }

    /// Account and region of the copy.
    ///
    /// Errors: `DestinationRegionNotFound`.
    pub fn destination(&self, request: &CopyImage, scope: &Scope) -> Result<Scope> {
        if request.destination_region.is_empty() {
            return Ok(scope.clone());
        }
        self.scope_in(&request.destination_region, scope).map_err(|error| match error {
            EcsError::RegionNotFound(region) => EcsError::DestinationRegionNotFound(region),
            error => error,
        })
    }

    fn permit_copy(&self, request: &CopyImage, permit: &Permit, scope: &Scope) -> Result<()> {
        self.store(&scope.region)?;
        require(permit, COPY_IMAGE, scope, &format!("image/{}", request.image_id))?;
        require(permit, COPY_IMAGE, &self.destination(request, scope)?, "image/*")
    }
}

/// What happens to one disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DiskPlan {
    /// The copy shares the blob.
    Share,
    /// The bytes go to the store of another region as they are.
    Move,
    /// The engine makes a new blob.
    Make(Decision),
}

impl DiskPlan {
    /// How the image says that it was made.
    pub(crate) fn mode(self) -> &'static str {
        match self {
            Self::Share | Self::Move | Self::Make(Decision::Keep) => "keep",
            Self::Make(Decision::Encrypt) => "encrypt",
            Self::Make(Decision::Reencrypt) => "reencrypt",
            Self::Make(Decision::Rewrap) => "rewrap",
        }
    }
}
