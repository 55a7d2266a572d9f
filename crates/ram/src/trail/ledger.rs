//! Writes calls down, many at a time: whoever waits shares one change of the catalog, and with it one flush.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::{AuditCheckpoint, Catalog, CatalogError, Clock, Meter, NoncesTaken, Write};
use crypto::Secret;
use crypto::ed25519::Ed25519Key;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::chain::{Entry, Head, checkpoint_text, seal};

/// Name of the seal in the catalog.
pub(super) const SEAL_NAME: &str = "audit_seal";

/// Calls that wait at most; more make their callers wait.
const QUEUE_MAX: usize = 4096;

/// Calls that are written in one change.
const BATCH_MAX: usize = 256;

/// Records between two checkpoints.
const CHECKPOINT_RECORDS: u64 = 1000;

/// Nonces that an access key may hold: those of 35 minutes at 2,400 requests a second.
const NONCES_MAX: u32 = 5_000_000;

/// A nonce that was used, and until when it must be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce {
    /// The nonce.
    pub nonce: String,
    /// Whose.
    pub access_key_id: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Why a call could not be written down.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LedgerError {
    /// The catalog failed, for all whose calls were to be written together.
    #[error("the audit could not be written: {0}")]
    Catalog(#[source] Arc<CatalogError>),
    /// The ledger was stopped.
    #[error("the audit is closed")]
    Closed,
}

/// The audit of one catalog, with its meters and nonces. Several processes may write one.
pub struct Ledger {
    queue: mpsc::Sender<Job>,
}

struct Job {
    entry: Entry,
    meters: Vec<Meter>,
    nonce: Option<Nonce>,
    done: oneshot::Sender<Result<(), LedgerError>>,
}

struct Scribe {
    catalog: Arc<Catalog>,
    clock: Arc<dyn Clock>,
    secret: Secret,
    signer: Ed25519Key,
}

impl Ledger {
    /// A ledger on `catalog`. `secret`: 32 bytes of the service, the same in every process. Its task ends when the ledger is dropped
    /// and everything taken is written.
    pub fn new(catalog: Arc<Catalog>, secret: Secret, clock: Arc<dyn Clock>) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let signer = signer(&secret);
        tokio::spawn(Scribe { catalog, clock, secret, signer }.run(jobs));
        Self { queue }
    }

    /// Writes a call down, counts it in each of `meters`, and remembers its nonce: all or none, durable when this returns.
    ///
    /// Errors: `Catalog`, `Closed`.
    pub async fn record(&self, entry: Entry, meters: Vec<Meter>, nonce: Option<Nonce>) -> Result<(), LedgerError> {
        let (done, written) = oneshot::channel();
        let job = Job { entry, meters, nonce, done };
        self.queue.send(job).await.map_err(|_| LedgerError::Closed)?;
        written.await.map_err(|_| LedgerError::Closed)?
    }
}

/// The key that signs checkpoints.
pub(super) fn signer(secret: &Secret) -> Ed25519Key {
    Ed25519Key::derive(secret, "audit checkpoint")
}

impl Scribe {
    async fn run(self, mut jobs: mpsc::Receiver<Job>) {
        let mut batch = Vec::new();
        while jobs.recv_many(&mut batch, BATCH_MAX).await > 0 {
            let (work, waiting): (Vec<_>, Vec<_>) =
                batch.drain(..).map(|Job { entry, meters, nonce, done }| ((entry, meters, nonce), done)).unzip();
            let result = self.write(work).await.map_err(|error| LedgerError::Catalog(Arc::new(error)));
            for done in waiting {
                // Whoever went away meanwhile needs no answer.
                let _ = done.send(result.clone());
            }
        }
    }

    async fn write(&self, work: Vec<(Entry, Vec<Meter>, Option<Nonce>)>) -> Result<(), CatalogError> {
        let mut write = self.catalog.write().await?;
        let done = self.append(&mut write, work).await;
        write.finish(done).await
    }

    async fn append(
        &self,
        write: &mut Write,
        work: Vec<(Entry, Vec<Meter>, Option<Nonce>)>,
    ) -> Result<(), CatalogError> {
        let mut head = write.read().audit_head().await?;
        let first = head.seq;
        let mut records = Vec::with_capacity(work.len());
        let mut calls: BTreeMap<Meter, u32> = BTreeMap::new();
        let mut nonces: BTreeMap<String, Vec<(String, Timestamp)>> = BTreeMap::new();
        for (entry, meters, nonce) in work {
            let record = entry.behind(&head);
            head = Head { seq: record.seq, hash: record.hash };
            records.push(record);
            for meter in meters {
                *calls.entry(meter).or_default() += 1;
            }
            if let Some(Nonce { nonce, access_key_id, expires_at }) = nonce {
                nonces.entry(access_key_id).or_default().push((nonce, expires_at));
            }
        }
        write.audit_append(&records).await?;
        keep_nonces(write, nonces).await?;
        for (meter, count) in calls {
            write.meter_add(&meter, count).await?;
        }
        let sealed = seal(&head, &self.secret);
        if !write.meta_update(SEAL_NAME, &sealed).await? {
            write.meta_insert(SEAL_NAME, &sealed).await?;
        }
        if first / CHECKPOINT_RECORDS != head.seq / CHECKPOINT_RECORDS {
            self.checkpoint(write, head).await?;
        }
        Ok(())
    }

    async fn checkpoint(&self, write: &mut Write, head: Head) -> Result<(), CatalogError> {
        let at = self.clock.now();
        let signature = self.signer.sign(&checkpoint_text(&head, at)).to_vec();
        write.audit_checkpoint_insert(&AuditCheckpoint { seq: head.seq, hash: head.hash, signature, at }).await?;
        // A good moment: the table of nonces must not grow for ever.
        write.nonces_purge(at).await?;
        Ok(())
    }
}

async fn keep_nonces(
    write: &mut Write,
    nonces: BTreeMap<String, Vec<(String, Timestamp)>>,
) -> Result<(), CatalogError> {
    for (access_key_id, nonces) in nonces {
        let NoncesTaken { replayed, left_out, .. } = write.nonces_take(&access_key_id, &nonces, NONCES_MAX).await?;
        if replayed + left_out > 0 {
            tracing::warn!(
                access_key.id = access_key_id,
                replayed,
                left_out,
                "nonces could not be kept: another process took them, or there are too many"
            );
        }
    }
    Ok(())
}
