//! What every account is born with: system policies and the roles of services.

pub use policies::{SYSTEM_POLICIES, SystemPolicy};
pub use service_roles::{DISK_ENCRYPT_ROLE, SERVICE_ROLES, ServiceRole};

mod policies;
mod service_roles;
