//! The wire as a client sees it: real sockets, raw bytes, exact answers. Behind it stand services in memory, or
//! the real rooms.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

mod actions;
mod answers;
mod authentication;
mod backend;
mod calls;
mod client;
mod connections;
mod coverage;
mod ecs_attributes;
mod ecs_default_encryption;
mod ecs_disk_keys;
mod ecs_export;
mod ecs_images;
mod ecs_imports;
mod ecs_instance_keys;
mod ecs_instances;
mod ecs_key_pairs;
mod ecs_key_states;
mod ecs_permissions;
mod ecs_region_keys;
mod ecs_sharing;
mod ecs_snapshots;
mod ecs_tags;
mod ecs_tasks;
mod ecs_uploads;
mod every_row;
mod failures;
mod kms_account;
mod kms_ciphertexts;
mod kms_debt;
mod kms_import;
mod kms_keys;
mod kms_pairs;
mod kms_permissions;
mod kms_policies;
mod kms_tags;
mod memory;
mod network;
mod openssl;
mod permissions;
mod ram_actions;
mod ram_login_profiles;
mod secrecy;
mod sessions;
mod signing;
mod story;
mod tls;
mod usage_and_audit;
mod vectors;
