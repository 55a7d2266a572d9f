//! `CreateSnapshot` of a disk, and who reads the disks of an instance. Source: ecs-images.md 7.
//!
//! The instance must be Stopped (ours: the vendor takes snapshots of running ones), because what a guest has not written yet is on no disk.

use catalog::{DiskContent, DiskRecord, InstanceRecord, NewJob, Read, Scope, SnapshotRecord};
use ram::{Action, Permit};

use super::request::CreateSnapshot;
use crate::arn::{self, require};
use crate::copy_image::in_flight;
use crate::ecs::Ecs;
use crate::error::Result;
use crate::instances::{Call, InstanceError};
use crate::jobs::spec::{CREATE_IMAGE, CREATE_SNAPSHOT, ReadDisk, ReadSpec};
use crate::names::{check_description, check_name};
use crate::new_image::insert_tags;
use crate::tags::ResourceKind;
use crate::tokens::{CallToken, Token};

const CREATE_SNAPSHOT_ACTION: Action = Action::new("ecs:CreateSnapshot");

impl Ecs {
    /// Begins a snapshot of a disk whose instance is Stopped; its id is valid at once. A snapshot of an encrypted disk is under the disk's
    /// key.
    ///
    /// Asks for `ecs:CreateSnapshot` on the disk and on `snapshot/*`. Errors: `MalformedName`, `MalformedDescription`, `DiskNotFound`,
    /// `OtherHost`, `Status`; those of the disk's keys; `InDebt`; `InvalidClientToken`, `ClientTokenMismatch`.
    pub async fn create_snapshot(
        &self,
        request: &CreateSnapshot,
        token: Option<&CallToken>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<String> {
        require(permit, CREATE_SNAPSHOT_ACTION, scope, &format!("disk/{}", request.disk_id))?;
        require(permit, CREATE_SNAPSHOT_ACTION, scope, "snapshot/*")?;
        let token = Token::of(token, CREATE_SNAPSHOT, scope)?;
        if let Some(token) = &token
            && let Some(answer) = token.earlier_answer(&mut self.catalog.read()).await?
        {
            return Ok(answer);
        }
        check_name(&request.name)?;
        check_description(&request.description)?;
        let disk = self.disk(&mut self.catalog.read(), &request.disk_id, scope).await?;
        let _turn = self.host.turn(&disk.instance_id).await;
        let instance = self.instance_for(Call::ReadDisks, &disk.instance_id, scope).await?;
        let disks = self.attached_disks(&instance.id).await?;
        let disk = self.disk(&mut self.catalog.read(), &request.disk_id, scope).await?;
        self.require_keys_work(&instance, &disks).await?;
        self.rooms.kms.require_credit(&scope.account).await?;
        let snapshot = SnapshotRecord {
            name: request.name.clone(),
            description: request.description.clone(),
            ..self.snapshot_of_disk(&disk)
        };
        let read = self.disk_to_read(&disk, 0, &snapshot);
        let spec = ReadSpec { instance: disk.instance_id.clone(), disks: vec![read] };
        let mut write = self.catalog.write().await?;
        let done = async {
            if let Some(token) = &token
                && let Some(answer) = token.earlier_answer(&mut write.read()).await?
            {
                return Ok(answer);
            }
            write.snapshot_insert(&snapshot).await?;
            if let (Some(key), Some(version)) = (disk.key_id, disk.key_version_id) {
                let path = arn::snapshot(scope, &snapshot.id);
                write.sealed_image_insert(&in_flight((&snapshot.id, path), (key, version), self.now())).await?;
            }
            insert_tags(&mut write, &request.tags, &ResourceKind::Snapshot.tagged(&snapshot.id, scope)).await?;
            write.job_insert(&self.job_that_reads(CREATE_SNAPSHOT, &snapshot.id, &spec, &instance)?).await?;
            if let Some(token) = &token {
                token.remember(&mut write, &snapshot.id, snapshot.created_at).await?;
            }
            Ok(snapshot.id.clone())
        };
        let done: Result<String> = done.await;
        let id = write.finish(done).await?;
        self.board.wake();
        Ok(id)
    }

    /// A snapshot of a disk, before its bytes are made.
    pub(crate) fn snapshot_of_disk(&self, disk: &DiskRecord) -> SnapshotRecord {
        let now = self.now();
        SnapshotRecord {
            id: self.new_id("s"),
            scope: disk.scope.clone(),
            name: String::new(),
            description: String::new(),
            status: "progressing".to_owned(),
            disk_type: if disk.position == 0 { "system" } else { "data" }.to_owned(),
            image_id: String::new(),
            source_disk_id: disk.id.clone(),
            content: DiskContent { virtual_bytes: disk.virtual_bytes, key_id: disk.key_id, ..DiskContent::default() },
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) fn disk_to_read(&self, disk: &DiskRecord, position: u32, snapshot: &SnapshotRecord) -> ReadDisk {
        ReadDisk {
            position,
            disk: disk.id.clone(),
            snapshot: snapshot.id.clone(),
            blob: self.new_blob_id().to_string(),
            key: disk.key_id,
        }
    }

    /// A job that makes `made` of disks of an instance.
    pub(crate) fn job_that_reads(
        &self,
        action: &str,
        made: &str,
        spec: &ReadSpec,
        instance: &InstanceRecord,
    ) -> Result<NewJob> {
        Ok(NewJob {
            id: self.new_id("t"),
            scope: instance.scope.clone(),
            place: instance.host.clone(),
            action: action.to_owned(),
            image_id: made.to_owned(),
            spec: spec.to_json()?,
            created_at: self.now(),
        })
    }

    /// Refuses an instance whose disks are being read.
    ///
    /// Errors: `BeingRead`.
    pub(crate) async fn require_not_read(&self, read: &mut Read<'_>, instance: &InstanceRecord) -> Result<()> {
        let (mut made, mut behind) = (Vec::new(), 0);
        loop {
            let jobs = read.jobs_unfinished_after(behind).await?;
            let Some(last) = jobs.last() else { break };
            behind = last.sequence;
            for job in jobs.iter().filter(|job| matches!(job.job.action.as_str(), CREATE_IMAGE | CREATE_SNAPSHOT)) {
                if ReadSpec::read(&job.job.spec)?.instance == instance.id {
                    made.push(job.job.image_id.clone());
                }
            }
        }
        if made.is_empty() {
            return Ok(());
        }
        Err(InstanceError::BeingRead { id: instance.id.clone(), made: made.join(", ") }.into())
    }
}
