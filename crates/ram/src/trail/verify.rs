use catalog::{AuditFilter, AuditRecord, Catalog, CatalogError};
use crypto::Secret;

use super::chain::{Head, checkpoint_text, fits, hash_of};
use super::ledger::{SEAL_NAME, signer};

/// Records that are read at a time.
const PAGE: u32 = 1000;

/// Records that one part of a verification follows: a second or so.
const PART_RECORDS: u64 = 50_000;

/// A chain that is whole, as far as it was followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verified {
    /// The last record, to be kept and given to a later verification.
    pub head: Head,
    /// Checkpoints whose signature was right.
    pub checkpoints: u64,
    /// Whether it was followed to its end, which fits the seal.
    pub is_end: bool,
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
    /// The record to go on from is none, which says nothing about the chain: the position may be wrong, or the record was changed or cut
    /// off since it was given. From the first record on, a verification tells which.
    #[error("the audit has no record {seq} with this hash")]
    NoPosition {
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
    let mut verified = Verified::default();
    while !verified.is_end {
        let part = verify_part(catalog, secret, verified.head, expected).await?;
        verified = Verified { checkpoints: verified.checkpoints + part.checkpoints, ..part };
    }
    match expected.filter(|expected| expected.seq > verified.head.seq) {
        Some(expected) => Err(Broken::Missing { seq: expected.seq }),
        None => Ok(verified),
    }
}

/// Follows a part of the chain that takes no long time, from a record on that an earlier part ended with; from the first one for
/// `Head::default()`.
///
/// Errors: [`Broken`], with the first place that does not fit; `NoPosition` when `from` is not the record of its number.
pub async fn verify_part(
    catalog: &Catalog,
    secret: &Secret,
    from: Head,
    expected: Option<Head>,
) -> Result<Verified, Broken> {
    if !is_record(catalog, &from).await? {
        return Err(Broken::NoPosition { seq: from.seq });
    }
    let (mut head, mut is_end) = (from, false);
    while !is_end && head.seq.saturating_sub(from.seq) < PART_RECORDS {
        let page = catalog.read().audit_page(&AuditFilter::default(), head.seq, PAGE).await?;
        for record in &page {
            head = follow(&head, record)?;
            if expected.is_some_and(|expected| expected.seq == head.seq && expected.hash != head.hash) {
                return Err(Broken::Changed { seq: head.seq });
            }
        }
        // A server may be writing: its seal is ahead of what was read, and then there are more records.
        is_end = page.is_empty() && is_sealed(catalog, secret, &head).await?;
        if page.is_empty() && !is_end && catalog.read().audit_head().await?.seq <= head.seq {
            return Err(Broken::Seal { seq: head.seq });
        }
    }
    let checkpoints = check_checkpoints(catalog, secret, from.seq, &head, is_end).await?;
    Ok(Verified { head, checkpoints, is_end })
}

/// Whether a head that was given is that of a record.
async fn is_record(catalog: &Catalog, head: &Head) -> Result<bool, CatalogError> {
    if *head == Head::default() {
        return Ok(true);
    }
    let before = head.seq.saturating_sub(1);
    let found = catalog.read().audit_page(&AuditFilter::default(), before, 1).await?;
    Ok(found.first().is_some_and(|record| record.seq == head.seq && record.hash == head.hash))
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

/// Checks the checkpoints behind record `after`, up to `head`. Behind the end of a chain there can be none, unless a server has written on
/// since: then their records are there too.
async fn check_checkpoints(
    catalog: &Catalog,
    secret: &Secret,
    mut after: u64,
    head: &Head,
    is_end: bool,
) -> Result<u64, Broken> {
    let public = signer(secret).public_key();
    let mut count = 0;
    loop {
        let page = catalog.read().audit_checkpoints_page(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(count) };
        after = last.seq;
        for checkpoint in &page {
            if checkpoint.seq > head.seq {
                let is_missing = is_end && catalog.read().audit_head().await?.seq < checkpoint.seq;
                return if is_missing { Err(Broken::Missing { seq: checkpoint.seq }) } else { Ok(count) };
            }
            let stated = Head { seq: checkpoint.seq, hash: checkpoint.hash };
            let is_signed = public.verify(&checkpoint_text(&stated, checkpoint.at), &checkpoint.signature);
            if !is_signed || !is_record(catalog, &stated).await? {
                return Err(Broken::Checkpoint { seq: checkpoint.seq });
            }
            count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use catalog::AuditCheckpoint;
    use jiff::Timestamp;

    use super::super::chain::Entry;
    use super::*;

    /// Writes a checkpoint, and with it the records up to number `written`.
    async fn write(catalog: &Catalog, secret: &Secret, written: u64, checkpoint: Head) {
        let mut write = catalog.write().await.unwrap();
        let mut head = write.read().audit_head().await.unwrap();
        while head.seq < written {
            let record = Entry::of_test("r", "c").behind(&head);
            head = Head { seq: record.seq, hash: record.hash };
            write.audit_append(&[record]).await.unwrap();
        }
        let Head { seq, hash } = checkpoint;
        let at = Timestamp::UNIX_EPOCH;
        let signature = signer(secret).sign(&checkpoint_text(&checkpoint, at)).to_vec();
        write.audit_checkpoint_insert(&AuditCheckpoint { seq, hash, signature, at }).await.unwrap();
        write.commit().await.unwrap();
    }

    /// A server writes on between the last record that is read and the checkpoints: theirs are no missing records, unless they are missing.
    #[tokio::test]
    async fn a_checkpoint_that_came_since_is_none_of_a_missing_record() {
        let (dir, secret) = (tempfile::tempdir().unwrap(), Secret::copy_of(&[7; 32]));
        let catalog = Catalog::open(dir.path()).await.unwrap();
        let first = Entry::of_test("r", "c").behind(&Head::default());
        let first = Head { seq: first.seq, hash: first.hash };
        write(&catalog, &secret, 3, first).await;
        write(&catalog, &secret, 3, Head { seq: 3, hash: [3; 32] }).await;
        let checked = check_checkpoints(&catalog, &secret, 0, &first, true).await;
        assert_eq!(checked.unwrap(), 1);
        write(&catalog, &secret, 3, Head { seq: 4, hash: [4; 32] }).await;
        let checked = check_checkpoints(&catalog, &secret, 3, &first, true).await;
        assert!(matches!(checked, Err(Broken::Missing { seq: 4 })), "{checked:?}");
    }
}
