//! Images in the data directory.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use catalog::{Attendance, Attends, Clock, OpenedFor, SystemClock};
use crypto::{OsRandom, Random};
use ecs::{
    CopyImage, DescribedImage, Ecs, ExportImage, ImageDiskRecord, ImageFilter, ImportDisk, ImportImage, ImportSource,
    Page, PageRequest, ShareImage, VerifiedDisk, Watch,
};
use kms::{DataDir, Scope};
use ram::Permit;
use tokio::runtime::Runtime;

use super::{DiskView, ImageView, Images};
use crate::installation::{Installation, rooms};
use crate::output;
use crate::store::{ServerLock, Store};

/// Rows that are asked for at once.
const PAGE_ROWS: u32 = 100;

/// The images of an installation, with no server beside it: the command itself does the work.
pub(crate) struct LocalImages {
    pub(crate) ecs: Arc<Ecs>,
    regions: Vec<String>,
    pub(crate) runtime: Runtime,
    pub(crate) permit: Permit,
    pub(crate) scope: Scope,
    _lock: ServerLock,
    _attendance: Attendance,
}

impl LocalImages {
    /// Beside other commands.
    pub(crate) fn open(store: &Store, region: Option<&str>) -> Result<Self> {
        Self::open_under(store, region, ServerLock::share)
    }

    /// Alone, for instances: what became of their machines since the last command, or server, is settled first, which no two may do.
    pub(crate) fn open_alone(store: &Store, region: Option<&str>) -> Result<Self> {
        let images = Self::open_under(store, region, ServerLock::take)?;
        images.runtime.block_on(images.ecs.settle_instances())?;
        Ok(images)
    }

    fn open_under(
        store: &Store,
        region: Option<&str>,
        lock: impl FnOnce(&DataDir) -> Result<ServerLock>,
    ) -> Result<Self> {
        let installation = Installation::read(store)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.context("cannot start a runtime")?;
        let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(OsRandom));
        let kms = runtime.block_on(store.kms(OpenedFor::Service, Arc::clone(&clock), Arc::clone(&random)))?;
        let lock = lock(&store.data_dir)?;
        let (rooms, account) = runtime.block_on(rooms(kms, clock, random))?;
        let permit = Permit::for_local_operator(account, rooms.clock.now());
        let ecs = installation.open_images(store, rooms)?;
        let attendance = runtime.block_on(ecs.attend(Attends::Command))?;
        let scope = Scope { account: account.to_string().parse()?, ..Scope::default() };
        let scope = match region {
            Some(region) => Scope { region: region.parse()?, ..scope },
            None => scope,
        };
        Ok(Self {
            ecs,
            regions: installation.regions().to_vec(),
            runtime,
            permit,
            scope,
            _lock: lock,
            _attendance: attendance,
        })
    }

    /// All rows of a list, page by page, as they are shown.
    pub(super) fn all<T, V, F: Future<Output = ecs::Result<Page<T>>>>(
        &self,
        page: impl Fn(PageRequest) -> F,
        view: impl Fn(T) -> V,
    ) -> Result<Vec<V>> {
        let mut request = PageRequest::new(1, PAGE_ROWS).unwrap_or_else(PageRequest::first);
        let mut views = Vec::new();
        loop {
            let found = self.runtime.block_on(page(request))?;
            let is_last = found.items.is_empty();
            views.extend(found.items.into_iter().map(&view));
            if is_last || views.len() as u64 >= found.total_count {
                return Ok(views);
            }
            request = request.next();
        }
    }

    fn scope_in(&self, region: &str) -> Result<Scope> {
        Ok(Scope { region: region.parse()?, ..self.scope.clone() })
    }
}

impl Images for LocalImages {
    fn region(&self) -> &str {
        self.scope.region.as_str()
    }

    /// A path from the root: a later command, or a server, may finish the import.
    fn source(&self, file: &str, _: bool) -> Result<ImportDisk> {
        let path = Path::new(file).canonicalize().with_context(|| format!("cannot open {file}"))?;
        if path.to_str().is_none() {
            bail!("the path of {file} is not text");
        }
        Ok(ImportDisk::of(ImportSource::File(path)))
    }

    fn list(&self, filter: &ImageFilter, region: &str) -> Result<Vec<ImageView>> {
        let scope = self.scope_in(region)?;
        self.all(|page| self.ecs.describe_images(filter, page, &self.permit, &scope), |image| view(&image))
    }

    fn import(&self, new: &ImportImage) -> Result<String> {
        let begun = self.runtime.block_on(self.ecs.import_image(new, None, &self.permit, &self.scope))?;
        Ok(begun.image_id)
    }

    fn copy(&self, copy: &CopyImage) -> Result<String> {
        Ok(self.runtime.block_on(self.ecs.copy_image(copy, None, &self.permit, &self.scope))?)
    }

    fn work_on(&self, image_id: &str) {
        let (ecs, id) = (Arc::clone(&self.ecs), image_id.to_owned());
        self.runtime.spawn(async move {
            if let Err(error) = ecs.finish_image(&id).await {
                output::warning(&format!("the work on image {id} stands still: {error}"));
            }
        });
    }

    fn export(&self, export: &ExportImage) -> Result<String> {
        Ok(self.runtime.block_on(self.ecs.export_image(export, &self.permit, &self.scope))?)
    }

    fn share(&self, share: &ShareImage) -> Result<()> {
        Ok(self.runtime.block_on(self.ecs.share_image(share, &self.permit, &self.scope))?)
    }

    fn cancel_copy(&self, image_id: &str) -> Result<()> {
        Ok(self.runtime.block_on(self.ecs.cancel_copy_image(image_id, &self.permit, &self.scope))?)
    }

    fn delete(&self, image_id: &str) -> Result<()> {
        Ok(self.runtime.block_on(self.ecs.delete_image(image_id, false, &self.permit, &self.scope))?)
    }

    fn verify(&self, image_id: &str, watch: &Watch) -> Result<Vec<VerifiedDisk>> {
        Ok(self.runtime.block_on(self.ecs.verify_image(image_id, watch, &self.permit, &self.scope))?)
    }

    fn regions(&self) -> Result<Vec<String>> {
        Ok(self.regions.clone())
    }
}

fn view(described: &DescribedImage) -> ImageView {
    let image = &described.image;
    ImageView {
        image_id: image.id.clone(),
        name: image.name.clone(),
        description: image.description.clone(),
        region: image.scope.region.to_string(),
        status: image.status.clone(),
        progress: image.progress,
        encrypted: described.is_encrypted(),
        creation_time: output::time(image.created_at),
        os_type: image.os_type.clone(),
        architecture: image.architecture.clone(),
        boot_mode: image.boot_mode.clone(),
        source_image_id: image.source_image_id.clone(),
        source_region: image.source_region.clone(),
        failure: image.failure.clone(),
        disks: described.disks.iter().map(disk_view).collect(),
    }
}

fn disk_view(disk: &ImageDiskRecord) -> DiskView {
    let content = &disk.snapshot.content;
    DiskView {
        device: disk.device.clone(),
        kind: disk.snapshot.disk_type.clone(),
        virtual_bytes: content.virtual_bytes,
        format: content.format.clone(),
        snapshot_id: disk.snapshot.id.clone(),
        key_id: content.key_id.map(|id| id.to_string()).unwrap_or_default(),
        key_version_id: content.key_version_id.map(|id| id.to_string()).unwrap_or_default(),
        mode: content.mode.clone(),
        verified_time: content.verified_at.map(output::time).unwrap_or_default(),
    }
}
