use super::{
    ConsoleOutput, DescribedInstance, InstanceType, InstanceTypeFilter, KeyNeed, ModifyInstance, NewInstances,
};
use crate::disks::{CreateSnapshot, DescribedDisk, ReplaceSystemDisk};
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use catalog::{DiskFilter, InstanceFilter, Page, PageRequest, Scope, Tag};
use ram::Permit;
use std::path::PathBuf;

impl Ecs {
    /// RunInstances: made and started; ids. Asks for `ecs:RunInstances` on `instance/*` and `image/<id>`, and the keys of `keys_of_new_instances`.
    pub async fn run_instances(
        &self,
        request: &NewInstances,
        token: Option<&str>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Vec<String>> {
        let _ = (request, token, permit, scope);
        Err(EcsError::Stopping)
    }
    /// DryRun of it.
    pub async fn check_run_instances(&self, request: &NewInstances, permit: &Permit, scope: &Scope) -> Result<()> {
        let _ = (request, permit, scope);
        Err(EcsError::Stopping)
    }
    /// CreateInstance: made, Stopped. Asks for `ecs:CreateInstance` likewise.
    pub async fn create_instance(
        &self,
        request: &NewInstances,
        token: Option<&str>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<String> {
        let _ = (request, token, permit, scope);
        Err(EcsError::Stopping)
    }
    /// DryRun of it.
    pub async fn check_create_instance(&self, request: &NewInstances, permit: &Permit, scope: &Scope) -> Result<()> {
        let _ = (request, permit, scope);
        Err(EcsError::Stopping)
    }
    /// Rights on keys that RunInstances and CreateInstance ask the caller for.
    pub async fn keys_of_new_instances(&self, request: &NewInstances, scope: &Scope) -> Result<Vec<KeyNeed>> {
        let _ = (request, scope);
        Err(EcsError::Stopping)
    }
    /// Rights on keys that StartInstance and RebootInstance ask the caller for.
    pub async fn keys_of_instance(&self, id: &str, scope: &Scope) -> Result<Vec<KeyNeed>> {
        let _ = (id, scope);
        Err(EcsError::Stopping)
    }
    /// Rights on keys that ReplaceSystemDisk asks the caller for.
    pub async fn keys_of_system_disk(&self, request: &ReplaceSystemDisk, scope: &Scope) -> Result<Vec<KeyNeed>> {
        let _ = (request, scope);
        Err(EcsError::Stopping)
    }
    /// Where an instance of the account is: some calls name no region. `scope` for one that is not there.
    pub async fn scope_of_instance(&self, id: &str, scope: &Scope) -> Result<Scope> {
        let _ = (id, scope);
        Err(EcsError::Stopping)
    }
    /// The same of a disk.
    pub async fn scope_of_disk(&self, id: &str, scope: &Scope) -> Result<Scope> {
        let _ = (id, scope);
        Err(EcsError::Stopping)
    }
    /// StartInstance; Running when it returns. `ecs:StartInstance` on `instance/<id>`.
    pub async fn start_instance(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        let _ = (id, permit, scope);
        Err(EcsError::Stopping)
    }
    /// DryRun of it.
    pub async fn check_start_instance(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        let _ = (id, permit, scope);
        Err(EcsError::Stopping)
    }
    /// StopInstance; Stopping when it returns, with `force` Stopped. `ecs:StopInstance` on `instance/<id>`.
    pub async fn stop_instance(&self, id: &str, force: bool, permit: &Permit, scope: &Scope) -> Result<()> {
        let _ = (id, force, permit, scope);
        Err(EcsError::Stopping)
    }
    /// DryRun of it.
    pub async fn check_stop_instance(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        let _ = (id, permit, scope);
        Err(EcsError::Stopping)
    }
    /// RebootInstance; `force`: a reset at once. `ecs:RebootInstance` on `instance/<id>`.
    pub async fn reboot_instance(&self, id: &str, force: bool, permit: &Permit, scope: &Scope) -> Result<()> {
        let _ = (id, force, permit, scope);
        Err(EcsError::Stopping)
    }
    /// DryRun of it.
    pub async fn check_reboot_instance(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        let _ = (id, permit, scope);
        Err(EcsError::Stopping)
    }
    /// DeleteInstance; gone when it returns. `ecs:DeleteInstance` on `instance/<id>`.
    pub async fn delete_instance(&self, id: &str, force: bool, permit: &Permit, scope: &Scope) -> Result<()> {
        let _ = (id, force, permit, scope);
        Err(EcsError::Stopping)
    }
    /// DryRun of it.
    pub async fn check_delete_instance(&self, id: &str, force: bool, permit: &Permit, scope: &Scope) -> Result<()> {
        let _ = (id, force, permit, scope);
        Err(EcsError::Stopping)
    }
    /// ModifyInstanceAttribute. `ecs:ModifyInstanceAttribute` on `instance/<id>`.
    pub async fn modify_instance(&self, request: &ModifyInstance, permit: &Permit, scope: &Scope) -> Result<()> {
        let _ = (request, permit, scope);
        Err(EcsError::Stopping)
    }
    /// DescribeInstances. `ecs:DescribeInstances` on `instance/*`.
    pub async fn describe_instances(
        &self,
        filter: &InstanceFilter,
        tags: &[Tag],
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<DescribedInstance>> {
        let _ = (filter, tags, page, permit, scope);
        Err(EcsError::Stopping)
    }
    /// DescribeInstanceStatus: ids and statuses. `ecs:DescribeInstanceStatus` on `instance/*`.
    pub async fn instance_statuses(
        &self,
        filter: &InstanceFilter,
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<(String, String)>> {
        let _ = (filter, page, permit, scope);
        Err(EcsError::Stopping)
    }
    /// DescribeInstanceTypes. `ecs:DescribeInstanceTypes` on `*`.
    pub fn describe_instance_types(
        &self,
        filter: &InstanceTypeFilter,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Vec<InstanceType>> {
        let _ = (filter, permit, scope);
        Err(EcsError::Stopping)
    }
    /// GetInstanceConsoleOutput. `ecs:GetInstanceConsoleOutput` on `instance/<id>`.
    pub async fn console_output(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<ConsoleOutput> {
        let _ = (id, permit, scope);
        Err(EcsError::Stopping)
    }
    /// Ours: the socket of the serial console of a running instance, for a terminal of this host. `ecs:GetInstanceConsole` on `instance/<id>`.
    pub async fn console_socket(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<PathBuf> {
        let _ = (id, permit, scope);
        Err(EcsError::Stopping)
    }
    /// DescribeDisks. `ecs:DescribeDisks` on `disk/*`.
    pub async fn describe_disks(
        &self,
        filter: &DiskFilter,
        tags: &[Tag],
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<DescribedDisk>> {
        let _ = (filter, tags, page, permit, scope);
        Err(EcsError::Stopping)
    }
    /// ReplaceSystemDisk: id of the new disk. `ecs:ReplaceSystemDisk` on `instance/<id>` and `image/<id>`.
    pub async fn replace_system_disk(
        &self,
        request: &ReplaceSystemDisk,
        token: Option<&str>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<String> {
        let _ = (request, token, permit, scope);
        Err(EcsError::Stopping)
    }
    /// ReInitDisk. `ecs:ReInitDisk` on `disk/<id>`.
    pub async fn reinit_disk(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        let _ = (id, permit, scope);
        Err(EcsError::Stopping)
    }
    /// CreateSnapshot of a disk whose instance is Stopped: id of the snapshot, which a job makes. `ecs:CreateSnapshot` on `disk/<id>` and `snapshot/*`.
    pub async fn create_snapshot(
        &self,
        request: &CreateSnapshot,
        token: Option<&str>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<String> {
        let _ = (request, token, permit, scope);
        Err(EcsError::Stopping)
    }
}
