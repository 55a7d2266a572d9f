use catalog::{AuditFilter, AuditRecord, Catalog, CatalogError};
use crypto::Secret;

use super::chain::{Head, checkpoint_text, fits, hash_of};
use super::ledger::{SEAL_NAME, signer};

/// Records that are read at a time.
const PAGE: u32 = 1000;

/// A chain that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Its end, to be kept and given to a later verification.
    pub head: Head,
    /// Checkpoints whose signature was right.
    pub checkpoints: u64,
}

/// Where a chain is broken.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// A record is missing.
    #[error("record {seq} is missing: the audit was cut or a record was removed")]
    Missing {
        /// Number of the record.
        seq: u64,
    },
    /// A record is not the one that was written.
    #[error("record {seq} is not the one that was written")]
    Changed {
        /// Number of the record.
        seq: u64,
    },
    /// Records at the end are missing, or the seal was changed.
    #[error(
        "the audit ends at record {seq}, and its seal is that of another end: records were cut off, or the seal was changed"
    )]
    Seal {
        /// Number of the last record.
        seq: u64,
    },
    /// A checkpoint does not belong to the chain.
    #[error("the checkpoint at record {seq} is not one of this audit")]
    Checkpoint {
        /// Number of the record.
        seq: u64,
    },
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

/// Follows the chain from its first record to its end. `expected`: an end that an earlier verification gave, which must be part of it.
///
/// Errors: [`Broken`], with the first place that does not fit.
pub async fn verify(catalog: &Catalog, secret: &Secret, expected: Option<Head>) -> Result<Verified, Broken> {
    let mut head = Head::default();
    loop {
        let page = catalog.read().audit_page(&AuditFilter::default(), head.seq, PAGE).await?;
        for record in &page {
            head = follow(&head, record)?;
            if expected.is_some_and(|expected| expected.seq == head.seq && expected.hash != head.hash) {
                return Err(Broken::Changed { seq: head.seq });
            }
        }
        // A server may be writing: its seal is ahead of what was read, and then there are more records.
        if page.is_empty() && is_sealed(catalog, secret, &head).await? {
            break;
        }
        if page.is_empty() && catalog.read().audit_head().await?.seq <= head.seq {
            return Err(Broken::Seal { seq: head.seq });
        }
    }
    if let Some(expected) = expected.filter(|expected| expected.seq > head.seq) {
        return Err(Broken::Missing { seq: expected.seq });
    }
    let checkpoints = check_checkpoints(catalog, secret, &head).await?;
    Ok(Verified { head, checkpoints })
}

fn follow(head: &Head, record: &AuditRecord) -> Result<Head, Broken> {
    let wanted = head.seq.saturating_add(1);
    if record.seq != wanted {
        return Err(Broken::Missing { seq: wanted });
    }
    if record.previous_hash != head.hash || record.hash != hash_of(record) {
        return Err(Broken::Changed { seq: record.seq });
    }
    Ok(Head { seq: record.seq, hash: record.hash })
}

/// An audit that was never written has no seal.
async fn is_sealed(catalog: &Catalog, secret: &Secret, head: &Head) -> Result<bool, Broken> {
    let seal = catalog.read().meta_by_name(SEAL_NAME).await?;
    Ok(seal.map_or(head.seq == 0, |seal| fits(head, &seal, secret)))
}

async fn check_checkpoints(catalog: &Catalog, secret: &Secret, head: &Head) -> Result<u64, Broken> {
    let public = signer(secret).public_key();
    let (mut after, mut count) = (0, 0);
    loop {
        let page = catalog.read().audit_checkpoints_page(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(count) };
        after = last.seq;
        for checkpoint in &page {
            let broken = || Broken::Checkpoint { seq: checkpoint.seq };
            if checkpoint.seq > head.seq {
                return Err(Broken::Missing { seq: checkpoint.seq });
            }
            let before = checkpoint.seq.saturating_sub(1);
            let record = catalog.read().audit_page(&AuditFilter::default(), before, 1).await?;
            let stated = Head { seq: checkpoint.seq, hash: checkpoint.hash };
            let is_there = record.first().is_some_and(|record| record.hash == checkpoint.hash);
            if !is_there || !public.verify(&checkpoint_text(&stated, checkpoint.at), &checkpoint.signature) {
                return Err(broken());
            }
            count += 1;
        }
    }
}
