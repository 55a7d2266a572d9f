//! Runs one copy into a new file: from the partial file to the committed target.

use std::sync::{Arc, Mutex};

use blobs::{Durability, Identity, PartialFile, remove_own};
use crypto::Random;
use crypto::sector::CipherKind;
use formats::envelope::Mode;
use formats::probe::Format;

use crate::abandoned::image_of;
use crate::error::{EngineError, Result};
use crate::follow::{Follower, target_bytes};
use crate::header_backup::{forget_image, image_id};
use crate::journal::{CopyId, Header, Journal, boot_id, journal_path};
use crate::keys::{KeyService, SealedRecord};
use crate::leaves::LeafWriter;
use crate::luks::LuksKind;
use crate::observe::{Meter, Observer, Phase};
use crate::pipeline::{Pipeline, Tree};
use crate::publish::{Destination, Expected, plain_tree_key, publish, verify_target};
use crate::request::CopyRequest;
use crate::scratch::{guest_store, make_empty, sweep};
use crate::sealed_file::{SealedFile, SealedParts};
use crate::sealing::{Sealing, TreeKeys, is_uuid};
use crate::segment::{Segmenter, Zeros};
use crate::stack::{Layer, LayerCipher, StackWalk};
use crate::target::{Finished, Target};

/// Writes in flight for each core when they bypass the page cache. Two, four and eight on two cores were tried; eight was best.
const WORKERS_PER_CORE_DIRECT: usize = 4;
/// No disk needs more, and each takes a segment's memory.
const WORKERS_DIRECT_MAX: usize = 32;

/// What surrounds a copy: keys, chance, time, and who hears of it.
pub struct Surroundings<'a> {
    /// The key service, bound to the key for new data keys.
    pub service: &'a dyn KeyService,
    /// Source of keys and ids.
    pub random: &'a dyn Random,
    /// The time, RFC 3339, for envelopes.
    pub created: String,
    /// The time in seconds since 1970, for VHD footers.
    pub unix_seconds: u64,
    /// Progress and cancellation.
    pub observer: &'a Observer<'a>,
    /// Who uses the target while it is being made.
    pub follower: Option<&'a dyn Follower>,
}

/// One copy, planned.
pub(crate) struct Transfer<'a> {
    pub request: &'a CopyRequest,
    pub around: &'a Surroundings<'a>,
    pub layers: Arc<Vec<Layer>>,
    /// States of the files of all layers when the copy began.
    pub sources: Vec<Identity>,
    /// What is copied and how, for the journal.
    pub id: CopyId,
    pub pitch: u64,
    /// The keys to make, if the target is encrypted.
    pub seal: Option<(LuksKind, Mode)>,
    /// Record of a copy that keeps a key of ours.
    pub kept: Option<SealedRecord>,
    /// Format as which `--verify` reads the target back; `None`: the bytes of the file are compared.
    pub verify_as: Option<Format>,
}

/// What a transfer came to.
pub(crate) struct Transferred {
    pub sealed: Option<SealedFile>,
    pub file_len: u64,
    pub data_bytes: u64,
    pub resumed_segments: u64,
}

/// Makes the target for a pitch and the keys, if there are any.
pub(crate) type MakeTarget<'a> = &'a dyn Fn(Option<&Sealing>) -> Result<Box<dyn Target>>;

/// A journal and the keys of its copy.
struct Journaled {
    journal: Journal,
    sealing: Option<Sealing>,
    resumed: bool,
}

/// What is on disk while a copy runs.
struct Workspace {
    file: PartialFile,
    journal: Mutex<Journal>,
    sealing: Option<Sealing>,
    guest: Option<Tree>,
    tree: Option<Tree>,
    resumed: bool,
}

impl Transfer<'_> {
    /// Copies, and commits. What an error or a cancellation leaves behind is the request's to say.
    pub(crate) fn run(&self, make_target: MakeTarget<'_>) -> Result<Transferred> {
        let mut space = self.open_workspace()?;
        let unfinished = self.request.unfinished;
        let done = self.fill(&mut space, make_target).and_then(|done| {
            let tree = space.tree.as_ref().map(|tree| &tree.leaves);
            let (to, kept) = (Destination { unfinished, ..self.request.destination() }, self.kept.as_ref());
            publish(&to, self.around.service, &space.file, tree, done.sealed.as_ref(), kept).map(|()| done)
        });
        match done {
            Ok(done) => {
                space.clean_up()?;
                Ok(done)
            }
            Err(error) => {
                if !unfinished.keeps(&error) {
                    space.discard();
                }
                Err(error)
            }
        }
    }

    fn open_workspace(&self) -> Result<Workspace> {
        let file = PartialFile::open(&self.request.target, self.request.overwrite)?;
        let keys = self.forget_earlier(&file).and_then(|()| self.open_journal(&file));
        // Nothing of an earlier run is lost here: a journal that fits was not there, or its key was refused.
        if keys.is_err() && file.is_empty().unwrap_or(false) {
            let _ = remove_own(&journal_path(file.partial()));
            let _ = file.discard();
        }
        let Journaled { journal, sealing, resumed } = keys?;
        let trees = self.open_trees(sealing.as_ref(), resumed);
        if trees.is_err() && !resumed {
            self.undo(&file, sealing.as_ref());
        }
        let (guest, tree) = trees?;
        Ok(Workspace { file, journal: Mutex::new(journal), sealing, guest, tree, resumed })
    }

    /// Of a run that was killed before it wrote anything, or after its target had its name.
    fn forget_earlier(&self, file: &PartialFile) -> Result<()> {
        if file.is_empty()? {
            if let Some((header, _)) = Journal::load(&journal_path(file.partial()), &boot_id())? {
                self.forget_tree(&header);
            }
            sweep(file);
        }
        Ok(())
    }

    /// Removes the files of a copy that could not begin. What cannot be removed is reported by nobody, as an error is
    /// on its way already.
    fn undo(&self, file: &PartialFile, sealing: Option<&Sealing>) {
        let guest = guest_store(&self.request.target);
        let tree = sealing.map(|sealing| crate::leaves::file_tree_path(&self.request.data_dir, sealing.image()));
        for store in [Some(guest), tree].into_iter().flatten() {
            let _ = remove_own(&blobs::partial_path(&store));
        }
        let _ = remove_own(&journal_path(file.partial()));
        let _ = file.discard();
    }

    /// The journal of an interrupted copy of the same thing, with its keys; else a new one with new keys.
    fn open_journal(&self, file: &PartialFile) -> Result<Journaled> {
        let path = journal_path(file.partial());
        if let Some((header, mut journal)) = Journal::load(&path, &boot_id())?
            && header.id == self.id
            && self.can_resume(file, &mut journal)?
            && let Some(sealing) = self.resume_keys(&header)?
            && self.stores_are_there(sealing.as_ref())
        {
            return Ok(Journaled { journal, sealing, resumed: true });
        }
        let Surroundings { service, random, created, .. } = self.around;
        let sealing = match self.seal {
            Some((kind, mode)) => Some(Sealing::create(kind, mode, *service, *random, created)?),
            None => None,
        };
        let earlier = Journal::load(&path, &boot_id())?.and_then(|(header, _)| image_of(&header));
        // A file that never had its name is nobody's, however much was kept of it. What cannot be removed does no harm. Before the file is
        // empty: afterwards nothing tells that it had come so far. A journal may also be left of the copy that the target is.
        if let Some(image) = earlier.filter(|image| image_id(&self.request.target).as_ref() != Some(image)) {
            let _ = forget_image(&self.request.data_dir, &image);
        }
        make_empty(file, self.request.overwrite)?;
        let saved = sealing.as_ref().map(|sealing| sealing.save(*random)).transpose()?;
        let journal = Journal::create(&path, &Header { id: self.id.clone(), boot_id: boot_id(), sealing: saved })?;
        Ok(Journaled { journal, sealing, resumed: false })
    }

    /// Whether what the journal says can be true of the file. The content of a block device may have changed unseen.
    fn can_resume(&self, file: &PartialFile, journal: &mut Journal) -> Result<bool> {
        let devices = self.layers.iter().any(|layer| layer.file.is_block_device());
        Ok(!devices && !file.is_empty()? && journal.records().end() <= file.len()?)
    }

    /// Whether the leaf digests of the segments that are done are still there.
    fn stores_are_there(&self, sealing: Option<&Sealing>) -> bool {
        let needs_guest =
            sealing.is_some() && !self.request.bench.no_digest || sealing.is_none() && self.request.verify;
        let guest = blobs::partial_path(&guest_store(&self.request.target));
        let tree = sealing
            .filter(|_| !self.request.bench.no_digest)
            .map(|sealing| crate::leaves::file_tree_path(&self.request.data_dir, sealing.image()));
        (!needs_guest || guest.exists()) && tree.is_none_or(|tree| tree.exists() || blobs::partial_path(&tree).exists())
    }

    /// Removes the unfinished tree of a copy that will not go on; nothing else knows of it.
    fn forget_tree(&self, header: &Header) {
        if let Some(image) = image_of(header).filter(|image| is_uuid(image)) {
            let tree = crate::leaves::file_tree_path(&self.request.data_dir, &image);
            // It may be gone already, and a file that stays does no harm.
            let _ = std::fs::remove_file(blobs::partial_path(&tree));
        }
    }

    /// `Some(None)`: nothing to resume but data; `None`: the journal's keys do not fit.
    fn resume_keys(&self, header: &Header) -> Result<Option<Option<Sealing>>> {
        match (&header.sealing, self.seal) {
            (None, None) => Ok(Some(None)),
            (Some(saved), Some(_)) => Ok(Sealing::resume(saved, self.around.service)?.map(Some)),
            _ => Ok(None),
        }
    }

    /// The trees over the guest's disk and over the file, as the interrupted copy left them or empty.
    fn open_trees(&self, sealing: Option<&Sealing>, resumed: bool) -> Result<(Option<Tree>, Option<Tree>)> {
        let trees = self.locate_trees(sealing)?;
        if !resumed {
            for tree in [&trees.0, &trees.1].into_iter().flatten() {
                tree.leaves.clear()?;
            }
        }
        Ok(trees)
    }

    fn locate_trees(&self, sealing: Option<&Sealing>) -> Result<(Option<Tree>, Option<Tree>)> {
        let guest_path = guest_store(&self.request.target);
        let Some(sealing) = sealing else {
            let guest = match self.request.verify {
                true => Some(Tree { key: plain_tree_key(), leaves: LeafWriter::open(&guest_path)? }),
                false => None,
            };
            return Ok((guest, None));
        };
        if self.request.bench.no_digest {
            return Ok((None, None));
        }
        let keys = TreeKeys::new(&sealing.master_key);
        let path = crate::leaves::file_tree_path(&self.request.data_dir, sealing.image());
        let guest = Tree { key: keys.guest, leaves: LeafWriter::open(&guest_path)? };
        let tree = Tree { key: keys.file, leaves: LeafWriter::reopen(&path)? };
        Ok((Some(guest), Some(tree)))
    }

    fn fill(&self, space: &mut Workspace, make_target: MakeTarget<'_>) -> Result<Transferred> {
        let target = make_target(space.sealing.as_ref())?;
        target.prepare(&space.file)?;
        if self.request.durability == Durability::Durable {
            space.file.enable_direct();
        }
        let total = self.layers[0].virtual_size;
        let meter = Meter::new(self.around.observer, Phase::Copy, total);
        let resumed_segments = self.copy_data(space, target.as_ref(), &meter)?;
        let journal = space.journal.get_mut().expect("the workers are gone");
        let finished = target.finish(&space.file, &journal.records())?;
        self.clean_gaps(space, &finished)?;
        self.finish_file(space, target.as_ref(), &finished, meter.data_bytes(), resumed_segments)
    }

    fn copy_data(&self, space: &mut Workspace, target: &dyn Target, meter: &Meter<'_>) -> Result<u64> {
        let (done, end) = {
            let records = space.journal.get_mut().expect("no worker has begun").records();
            (records.segments(), records.end())
        };
        target.resume_after(&space.file, end)?;
        self.tell_what_is_there(space, target)?;
        let resumed = done.len() as u64;
        let zeros = if target.writes_zeros() { Zeros::Yield } else { Zeros::Skip };
        let segments =
            Segmenter::new(StackWalk::new(Arc::clone(&self.layers))?, self.layers[0].virtual_size, self.pitch, zeros);
        let pipeline = Pipeline {
            layers: Arc::clone(&self.layers),
            target,
            file: &space.file,
            cipher: self.target_cipher(space.sealing.as_ref()),
            guest_tree: space.guest.as_ref(),
            file_tree: space.tree.as_ref(),
            journal: &space.journal,
            follower: self.around.follower,
            done,
            pitch: self.pitch,
            threads: self.workers(space),
            durability: self.request.durability,
            null_sink: self.request.bench.null_sink,
        };
        pipeline.run(segments, meter)?;
        Ok(resumed)
    }

    /// Before the workers begin to tell of more.
    fn tell_what_is_there(&self, space: &mut Workspace, target: &dyn Target) -> Result<()> {
        let Some(follower) = self.around.follower else { return Ok(()) };
        let records = space.journal.get_mut().expect("no worker has begun").records();
        let mut there = records.taken().map(|(segment, taken)| target.bytes_of(segment, taken));
        Ok(follower.begin(target_bytes(&self.layers)?, &mut there)?)
    }

    /// Workers that write past the page cache wait for the disk most of the time: more of them keep it busy.
    fn workers(&self, space: &Workspace) -> usize {
        let threads = self.request.threads;
        if space.file.is_direct() {
            (threads * WORKERS_PER_CORE_DIRECT).min(threads.max(WORKERS_DIRECT_MAX))
        } else {
            threads
        }
    }

    fn target_cipher(&self, sealing: Option<&Sealing>) -> Option<LayerCipher> {
        let sealing = sealing.filter(|_| !self.request.bench.no_cipher)?;
        let (kind, _) = self.seal?;
        let sector_bytes = match kind {
            LuksKind::Luks2 { sector_bytes } => sector_bytes as usize,
            LuksKind::Luks1 | LuksKind::Luks1InQcow2 => 512,
        };
        let start = if kind == LuksKind::Luks1InQcow2 { 0 } else { sealing.header.payload_start() / 512 };
        let key = Arc::clone(&sealing.master_key);
        Some(LayerCipher { kind: CipherKind::AesXtsPlain64, key, sector_bytes, sector_delta: 0u64.wrapping_sub(start) })
    }

    /// What an interrupted run wrote and did not record becomes zeros again.
    fn clean_gaps(&self, space: &Workspace, finished: &Finished) -> Result<()> {
        if !space.resumed {
            return Ok(());
        }
        for gap in &finished.gaps {
            space.file.punch(gap.offset, gap.len)?;
            if let Some(tree) = &space.tree {
                let first = gap.offset.div_ceil(crate::leaves::LEAF_BYTES);
                let end = (gap.offset + gap.len) / crate::leaves::LEAF_BYTES;
                tree.leaves.clear_range(first, end.saturating_sub(first))?;
            }
        }
        Ok(())
    }

    fn finish_file(
        &self,
        space: &mut Workspace,
        target: &dyn Target,
        finished: &Finished,
        data_bytes: u64,
        resumed_segments: u64,
    ) -> Result<Transferred> {
        let guest = match &space.guest {
            Some(tree) => Some(tree.leaves.root(&tree.key, self.layers[0].virtual_size)?),
            None => None,
        };
        let sealed = match &mut space.sealing {
            None => {
                let (header, _) = target.header(finished, None)?;
                space.file.write_all_at(&header, 0)?;
                None
            }
            Some(sealing) => {
                let parts = SealedParts { file: &space.file, target, finished, tree: space.tree.as_ref(), guest };
                Some(parts.seal(sealing, self.around.random)?)
            }
        };
        if self.request.verify {
            let expected = Expected {
                file: &space.file,
                format: self.verify_as,
                sealed: space.sealing.is_some(),
                virtual_size: self.layers[0].virtual_size,
                guest,
            };
            verify_target(self.request, self.around, &expected)?;
        }
        let now = crate::copy::sources(&self.layers)?;
        if !now.iter().zip(&self.sources).all(|(now, before)| now.has_content_of(before)) {
            return Err(EngineError::SourceChanged { path: self.layers[0].file.path().to_owned() });
        }
        space.file.take_mode_of(&self.layers[0].file)?;
        Ok(Transferred { sealed, file_len: finished.file_len, data_bytes, resumed_segments })
    }
}

impl Workspace {
    /// Removes what only a running copy needs.
    fn clean_up(self) -> Result<()> {
        if let Some(guest) = self.guest {
            guest.leaves.discard()?;
        }
        self.journal.into_inner().expect("the workers are gone").remove()
    }

    /// Removes everything; what cannot be removed is reported by nobody, as an error is on its way already.
    fn discard(self) {
        for tree in [self.guest, self.tree].into_iter().flatten() {
            let _ = tree.leaves.discard();
        }
        if let Ok(journal) = self.journal.into_inner() {
            let _ = journal.remove();
        }
        let _ = self.file.discard();
    }
}
