//! What people who do this job stumbled on, as tests: the reports of ../shared/reports.md that concern files.
//! Each test is named after its report, and shows the behaviour that the report wanted.

#[path = "../fixture/mod.rs"]
mod fixture;
#[path = "../support/mod.rs"]
mod support;

mod r14_copies_at_once;
mod r15_sparse;
mod r16_zstd;
mod r17_features;
mod r18_external_data;
mod r19_backing_file;
mod r20_huge_work;
mod r21_odd_sizes;
mod r25_rekey;
mod r26_header;
mod r28_guest_size;
mod r29_passphrase;

mod damage;
mod key_states;
mod sources;
