//! A disk as a stack of layers: the image, and the backing files that the caller named.
//!
//! No layer opens another file: the caller opened each of them, in order.

use std::sync::Arc;

use blobs::SourceFile;
use crypto::Secret;
use crypto::sector::CipherKind;
use formats::{Extent, GuestOffset, HostOffset, Mapping, Step, Walk};

use crate::error::{EngineError, Result};

/// Makes a new walker over a layer's allocation map.
pub(crate) type WalkFactory = Box<dyn Fn() -> Result<Box<dyn Walk>> + Send + Sync>;

/// One opened image.
pub(crate) struct Layer {
    /// The image file: tables and, unless `data_file` is there, data.
    pub file: Arc<SourceFile>,
    /// External data file, when the caller handed it in.
    pub data_file: Option<SourceFile>,
    /// How the data is encrypted.
    pub cipher: Option<LayerCipher>,
    /// Makes walkers.
    pub walk: WalkFactory,
    /// Bytes of the virtual disk.
    pub virtual_size: u64,
    /// Largest compressed unit, in bytes; 0 without compression.
    pub unit_bytes: u64,
}

/// How to decrypt the data of a layer.
#[derive(Clone)]
pub(crate) struct LayerCipher {
    /// Algorithm and IV rule.
    pub kind: CipherKind,
    /// The LUKS master key.
    pub key: Arc<Secret>,
    /// Bytes per encryption unit: 512 to 4096.
    pub sector_bytes: usize,
    /// Number of the first sector minus `host offset / 512`, wrapping: 0 in qcow2, where the
    /// tweak is the host offset; `iv_tweak - payload offset / 512` in raw LUKS.
    pub sector_delta: u64,
}

impl LayerCipher {
    /// Number (in 512-byte sectors) from which the tweak of the unit at `host` is made.
    pub(crate) fn sector_of(&self, host: u64) -> u64 {
        (host / 512).wrapping_add(self.sector_delta)
    }
}

/// A run of the disk, and the layer that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// First guest byte.
    pub guest: u64,
    /// Bytes.
    pub len: u64,
    /// Index into the stack, 0 is the top.
    pub layer: usize,
    /// Where in that layer. `Compressed`: `skip` bytes into its unit.
    pub mapping: Mapping,
    /// Bytes of a compressed unit that lie before `guest`.
    pub skip: u64,
}

impl Piece {
    /// The part before guest byte `at`, and the rest if there is one.
    pub(crate) fn split_at(self, at: u64) -> (Self, Option<Self>) {
        if self.guest + self.len <= at {
            return (self, None);
        }
        let head = at - self.guest;
        let rest = Self { guest: at, len: self.len - head, mapping: self.mapping, skip: self.skip, ..self };
        let rest = match self.mapping {
            Mapping::Data(host) => Self { mapping: Mapping::Data(HostOffset(host.0 + head)), ..rest },
            Mapping::Compressed { .. } => Self { skip: self.skip + head, ..rest },
            Mapping::Zero | Mapping::Unallocated => rest,
        };
        (Self { len: head, ..self }, Some(rest))
    }
}

/// Walks a stack from the top in guest order.
pub(crate) struct StackWalk {
    layers: Arc<Vec<Layer>>,
    cursors: Vec<Cursor>,
    /// Ranges still to be resolved, innermost last: (layer, guest, end).
    open: Vec<(usize, u64, u64)>,
}

/// Position in one layer. Layers are asked in ascending guest order only.
struct Cursor {
    walk: Box<dyn Walk>,
    current: Option<Extent>,
    buffer: Vec<u8>,
}

impl StackWalk {
    pub(crate) fn new(layers: Arc<Vec<Layer>>) -> Result<Self> {
        let cursors = layers.iter().map(Cursor::new).collect::<Result<_>>()?;
        let open = vec![(0, 0, layers[0].virtual_size)];
        Ok(Self { layers, cursors, open })
    }

    /// The next run of the top layer as it stands there, for a report.
    pub(crate) fn next_unresolved(&mut self) -> Result<Option<Piece>> {
        let Some((layer, guest, end)) = self.open.pop().filter(|(_, guest, end)| guest < end) else { return Ok(None) };
        let extent = self.cursors[layer].at(guest, &self.layers[layer])?;
        self.open.push((layer, extent.guest.0 + extent.len, end));
        Ok(Some(Piece { guest: extent.guest.0, len: extent.len, layer, mapping: extent.mapping, skip: 0 }))
    }

    /// The next run of the disk.
    pub(crate) fn next(&mut self) -> Result<Option<Piece>> {
        while let Some((layer, guest, end)) = self.open.pop() {
            if guest >= end {
                continue;
            }
            // A backing file may be shorter than the disk above it: the rest is zeros.
            if layer == self.layers.len() || guest >= self.layers[layer].virtual_size {
                return Ok(Some(Piece { guest, len: end - guest, layer: 0, mapping: Mapping::Zero, skip: 0 }));
            }
            let extent = self.cursors[layer].at(guest, &self.layers[layer])?;
            let extent_end = (extent.guest.0 + extent.len).min(end);
            self.open.push((layer, extent_end, end));
            let before = Piece { guest: extent.guest.0, len: extent.len, layer, mapping: extent.mapping, skip: 0 };
            let from_here = if before.guest < guest { before.split_at(guest).1 } else { Some(before) };
            let Some(from_here) = from_here else { continue };
            let (piece, _) = from_here.split_at(extent_end);
            if piece.mapping == Mapping::Unallocated {
                self.open.push((layer + 1, guest, extent_end));
                continue;
            }
            return Ok(Some(piece));
        }
        Ok(None)
    }
}

impl Cursor {
    fn new(layer: &Layer) -> Result<Self> {
        Ok(Self { walk: (layer.walk)()?, current: None, buffer: Vec::new() })
    }

    /// The extent that holds guest byte `guest`.
    fn at(&mut self, guest: u64, layer: &Layer) -> Result<Extent> {
        loop {
            if let Some(extent) = self.current
                && guest < extent.guest.0 + extent.len
            {
                return Ok(extent);
            }
            match self.step(layer)? {
                Some(extent) => self.current = Some(extent),
                // The walker ended before its own virtual size: cannot happen by its contract,
                // and zeros in place of data would be the worst answer.
                None => {
                    return Err(EngineError::Unsuitable(format!(
                        "{}: the allocation map ends at byte {guest} of {}",
                        layer.file.path().display(),
                        layer.virtual_size
                    )));
                }
            }
        }
    }

    fn step(&mut self, layer: &Layer) -> Result<Option<Extent>> {
        let wrap = EngineError::format(layer.file.path());
        loop {
            match self.walk.step().map_err(&wrap)? {
                Step::Read { offset, len } => {
                    self.buffer.resize(len, 0);
                    layer.file.read_exact_at(&mut self.buffer, offset)?;
                    self.walk.supply(&self.buffer).map_err(&wrap)?;
                }
                Step::Extent(extent) => return Ok(Some(extent)),
                Step::End => return Ok(None),
            }
        }
    }
}

/// Walks a raw image: data where the file system has data, holes elsewhere.
///
/// The one map that is not in the file's bytes, so it lives here and not in `formats`.
pub(crate) struct RawWalk {
    file: Arc<SourceFile>,
    /// First byte of the disk in the file.
    start: u64,
    virtual_size: u64,
    guest: u64,
    /// Holes read as zeros. False under encryption, where a hole decrypts to noise.
    holes_are_zeros: bool,
}

impl RawWalk {
    pub(crate) fn new(file: Arc<SourceFile>, start: u64, virtual_size: u64, holes_are_zeros: bool) -> Self {
        Self { file, start, virtual_size, guest: 0, holes_are_zeros }
    }

    fn extent(&mut self, end: u64, mapping: Mapping) -> Step {
        let extent = Extent { guest: GuestOffset(self.guest), len: end - self.guest, mapping };
        self.guest = end;
        Step::Extent(extent)
    }
}

impl Walk for RawWalk {
    fn step(&mut self) -> formats::Result<Step> {
        if self.guest >= self.virtual_size {
            return Ok(Step::End);
        }
        let host = self.start + self.guest;
        if !self.holes_are_zeros {
            return Ok(self.extent(self.virtual_size, Mapping::Data(HostOffset(host))));
        }
        // A file that fails to tell its holes is read whole; a real fault shows at the read.
        let (start, end) = match self.file.next_data(host) {
            Ok(Some(run)) => run,
            Ok(None) => return Ok(self.extent(self.virtual_size, Mapping::Zero)),
            Err(_) => (host, self.start + self.virtual_size),
        };
        if start > host {
            let end = (start - self.start).min(self.virtual_size);
            return Ok(self.extent(end, Mapping::Zero));
        }
        // The last sector of an odd-sized raw file is padded: the run may end past the file.
        let end = if end == self.file.len() { self.virtual_size } else { end - self.start };
        Ok(self.extent(end.min(self.virtual_size), Mapping::Data(HostOffset(host))))
    }

    fn supply(&mut self, _bytes: &[u8]) -> formats::Result<()> {
        Ok(())
    }
}
