//! `GetInstanceConsoleOutput`, and the serial console for a terminal of this host.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use catalog::Scope;
use ram::{Action, Permit};

use super::host::Place;
use super::{ConsoleOutput, InstanceError, InstancesConfig};
use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::qemu::{serial_socket, serial_tail};

const GET_INSTANCE_CONSOLE_OUTPUT: Action = Action::new("ecs:GetInstanceConsoleOutput");
const GET_INSTANCE_CONSOLE: Action = Action::new("ecs:GetInstanceConsole");

/// How much of the output is answered. Source: the vendor's limit.
const OUTPUT_BYTES_MAX: usize = 64 << 10;

impl InstancesConfig {
    /// Where the console of an instance of this host is reached while it runs, one terminal at a time; for whoever may read its directory
    /// anyway.
    #[must_use]
    pub fn console_socket(&self, id: &str) -> PathBuf {
        serial_socket(&Place::of(self, id).instance)
    }
}

impl Ecs {
    /// The end of what the guest wrote to its serial console since its last start; also of an instance that is Stopped.
    ///
    /// Asks for `ecs:GetInstanceConsoleOutput` on it. Errors: `NotFound`, `OtherHost`, `Hypervisor`.
    pub async fn console_output(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<ConsoleOutput> {
        require(permit, GET_INSTANCE_CONSOLE_OUTPUT, scope, &format!("instance/{id}"))?;
        let directory = self.directory_of(id, scope).await?;
        let read = tokio::task::spawn_blocking(move || serial_tail(&directory, OUTPUT_BYTES_MAX));
        let said = read.await.map_err(|_| EcsError::Stopping)?;
        let said = said.map_err(|source| InstanceError::Hypervisor { id: id.to_owned(), source })?;
        Ok(ConsoleOutput { base64: BASE64.encode(said), read_at: self.now() })
    }

    /// Ours: where a terminal of this host reaches the serial console of an instance while it runs, one at a time.
    ///
    /// Asks for `ecs:GetInstanceConsole` on it. Errors: `NotFound`, `OtherHost`.
    pub async fn console_socket(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<PathBuf> {
        require(permit, GET_INSTANCE_CONSOLE, scope, &format!("instance/{id}"))?;
        self.directory_of(id, scope).await?;
        Ok(self.config.instances.console_socket(id))
    }

    async fn directory_of(&self, id: &str, scope: &Scope) -> Result<PathBuf> {
        let instance = self.instance(&mut self.catalog.read(), id, scope).await?;
        self.require_here(&instance).await?;
        Ok(Place::of(&self.config.instances, id).instance)
    }
}
