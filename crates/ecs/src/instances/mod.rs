//! Instances: machines of accounts that run from images on this host.

mod config;
mod error;
mod request;
mod signatures;
mod types;

pub use config::{ForwardConfig, InstancesConfig, OnKeyDisabled};
pub use error::InstanceError;
pub use request::{
    ConsoleOutput, DescribedInstance, InstanceTypeFilter, KeyLock, KeyNeed, ModifyInstance, NewInstances, PortForward,
};
pub use types::{InstanceType, default_types};
