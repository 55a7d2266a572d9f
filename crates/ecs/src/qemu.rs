//! Stands in until branch `driver` is merged.

/// How the hypervisor is found and started.
#[derive(Debug, Clone, Default)]
pub struct HypervisorConfig;

/// What the hypervisor said.
#[derive(Debug, thiserror::Error)]
#[error("the hypervisor is not there")]
pub struct HypervisorError;
