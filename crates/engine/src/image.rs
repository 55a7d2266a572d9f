//! An image file, opened and decoded, not yet unlocked.

use std::cell::OnceCell;
use std::path::Path;
use std::sync::Arc;

use blobs::SourceFile;
use crypto::digest::{Digest, Sha256};
use formats::envelope::{ENVELOPE_BYTES_MAX, Envelope};
use formats::luks1::{self, ENVELOPE_AREA_OFFSET};
use formats::luks2::{self, TOKEN_TYPE};
use formats::probe::{self, Format, PROBE_HEAD_BYTES, PROBE_TAIL_BYTES};
use formats::{Mapping, qcow2, vhd, vhdx, vmdk};

use crate::decide::SourceState;
use crate::error::{EngineError, Result};
use crate::leaves::LEAF_BYTES;
use crate::stack::{Layer, LayerCipher, RawWalk, StackWalk};

/// An image file: what it is, and where its LUKS header and envelope are.
pub(crate) struct Image {
    pub(crate) file: Arc<SourceFile>,
    pub(crate) format: Format,
    pub(crate) container: Container,
    pub(crate) luks: Option<Luks>,
    pub(crate) envelope: Option<FoundEnvelope>,
    /// What the user should know.
    pub(crate) warnings: Vec<String>,
    /// What a copy that writes the image anew leaves out.
    pub(crate) drops: Vec<String>,
}

/// The decoded container.
pub(crate) enum Container {
    Raw,
    Qcow2(Box<qcow2::Header>),
    Vhd(Box<vhd::Image>),
    Vhdx(Box<vhdx::Image>),
    Vmdk(Box<vmdk::Image>),
    Luks1,
    Luks2,
}

/// A LUKS header and where it stands.
pub(crate) struct Luks {
    /// First byte in the file.
    pub offset: u64,
    /// The decoded header.
    pub header: LuksHeader,
    /// Digest of what the header keeps outside of itself, once it was needed: 2 MiB are read and hashed for it.
    pub area_digest: OnceCell<Digest>,
}

impl Luks {
    fn new(offset: u64, header: LuksHeader) -> Self {
        Self { offset, header, area_digest: OnceCell::new() }
    }
}

/// Either version.
pub(crate) enum LuksHeader {
    V1(Box<luks1::Header>),
    V2(Box<luks2::Headers>),
}

/// An envelope as it stands in the file.
pub(crate) struct FoundEnvelope {
    /// Decoded.
    pub envelope: Envelope,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// First byte in the file; for a LUKS2 token that of the JSON area.
    pub offset: u64,
}

/// Files that the caller named for an image, besides the image itself.
#[derive(Default)]
pub(crate) struct Companions {
    pub backing_file: bool,
    pub data_file: Option<SourceFile>,
}

impl Image {
    /// Opens and decodes the file. `claim`: what the user says that it is.
    ///
    /// Errors: not an image, not what it claims to be, or damaged. What can be decoded but not
    /// copied (another file needed, unknown features) is an error only of `layer`.
    pub(crate) fn open(path: &Path, claim: Option<Format>) -> Result<Self> {
        let (file, head, tail) = open_ends(path)?;
        let format = probe::resolve(claim, probe::probe(&head, &tail)).map_err(EngineError::format(path))?;
        if claim.is_none() && format == Format::Raw && Self::scan_envelope(path).is_some() {
            return Err(lost_header(path));
        }
        Self::decode(file, format, &head, &tail)
    }

    /// Opens a file that this program wrote as `format`: nothing is guessed, so a raw disk whose
    /// guest wrote another format's magic stays raw.
    pub(crate) fn open_as(path: &Path, format: Format) -> Result<Self> {
        let (file, head, tail) = open_ends(path)?;
        Self::decode(file, format, &head, &tail)
    }

    fn decode(file: Arc<SourceFile>, format: Format, head: &[u8], tail: &[u8]) -> Result<Self> {
        let mut image = Self {
            file,
            format,
            container: Container::Raw,
            luks: None,
            envelope: None,
            warnings: Vec::new(),
            drops: Vec::new(),
        };
        match format {
            Format::Raw => image.open_raw(),
            Format::Qcow2 => image.open_qcow2()?,
            Format::Luks1 => image.open_luks1(head)?,
            Format::Luks2 => image.open_luks2()?,
            Format::Vhd => image.open_vhd(head, tail)?,
            Format::Vhdx => image.open_vhdx()?,
            Format::Vmdk => image.open_vmdk(head, tail)?,
        }
        Ok(image)
    }

    /// The path that it was opened by.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Bytes of the virtual disk.
    #[must_use]
    pub(crate) fn virtual_size(&self) -> u64 {
        match &self.container {
            // A raw disk is padded to whole sectors, never cut.
            Container::Raw => self.file.len().next_multiple_of(512),
            Container::Qcow2(header) => header.virtual_size,
            Container::Vhd(vhd) => vhd.footer.virtual_size(),
            Container::Vhdx(vhdx) => vhdx.virtual_size,
            Container::Vmdk(vmdk) => vmdk.header.virtual_size,
            Container::Luks1 | Container::Luks2 => self.payload_len(),
        }
    }

    /// Whether it opens with a key only.
    #[must_use]
    pub(crate) fn state(&self) -> SourceState {
        let legacy =
            matches!(&self.container, Container::Qcow2(header) if header.crypt_method != qcow2::CryptMethod::None);
        if self.luks.is_some() || legacy { SourceState::Encrypted } else { SourceState::Plain }
    }

    /// The image as the top of a stack, decrypted with `cipher` if it is encrypted.
    ///
    /// Errors: a feature that must not be read, or files that the caller did not name.
    pub(crate) fn layer(&self, companions: Companions, cipher: Option<LayerCipher>) -> Result<Layer> {
        let wrap = EngineError::format(self.path());
        let file = Arc::clone(&self.file);
        let virtual_size = self.virtual_size();
        let mut unit_bytes = 0;
        let walk: crate::stack::WalkFactory = match &self.container {
            Container::Raw => raw_walk(&file, 0, virtual_size, true),
            Container::Luks1 | Container::Luks2 => raw_walk(&file, self.payload_start(), virtual_size, false),
            Container::Qcow2(header) => {
                let given =
                    qcow2::Given { backing_file: companions.backing_file, data_file: companions.data_file.is_some() };
                header.require_readable(given).map_err(&wrap)?;
                unit_bytes = header.cluster_bytes();
                let (header, file_len) = (header.clone(), file.len());
                let data_len = companions.data_file.as_ref().map(SourceFile::len);
                Box::new(move || Ok(Box::new(qcow2::Mapper::new(&header, file_len, data_len))))
            }
            Container::Vhd(vhd) => {
                let vhd = vhd.clone();
                Box::new(move || Ok(Box::new(vhd::Mapper::new(&vhd))))
            }
            Container::Vhdx(vhdx) => {
                let vhdx = vhdx.clone();
                Box::new(move || Ok(Box::new(vhdx::Mapper::new(&vhdx))))
            }
            Container::Vmdk(vmdk) => {
                unit_bytes = vmdk.header.grain_bytes;
                let vmdk = vmdk.clone();
                Box::new(move || Ok(Box::new(vmdk::Mapper::new(&vmdk))))
            }
        };
        Ok(Layer { file, data_file: companions.data_file, cipher, walk, virtual_size, unit_bytes })
    }

    fn open_raw(&mut self) {
        let len = self.file.len();
        if !len.is_multiple_of(512) {
            self.warnings.push(format!(
                "the file of {len} bytes ends inside a sector; the disk is padded with zeros to {} bytes",
                len.next_multiple_of(512)
            ));
        }
    }

    fn open_vhd(&mut self, head: &[u8], tail: &[u8]) -> Result<()> {
        let vhd = vhd::open(head, tail, self.file.len()).map_err(EngineError::format(self.file.path()))?;
        self.warnings.extend(vhd.warnings.iter().cloned());
        self.container = Container::Vhd(Box::new(vhd));
        Ok(())
    }

    fn open_vhdx(&mut self) -> Result<()> {
        let wrap = EngineError::format(self.file.path());
        let head =
            vhdx::Head::decode(&read_head(&self.file, vhdx::HEAD_BYTES as u64)?, self.file.len()).map_err(&wrap)?;
        let metadata = self.read_at(head.metadata.offset, head.metadata_read_bytes())?;
        let vhdx = vhdx::Image::decode(&head, &metadata).map_err(&wrap)?;
        self.warnings.extend(vhdx.warnings.iter().cloned());
        self.container = Container::Vhdx(Box::new(vhdx));
        Ok(())
    }

    fn open_vmdk(&mut self, head: &[u8], tail: &[u8]) -> Result<()> {
        let vmdk = vmdk::open(head, tail, self.file.len()).map_err(EngineError::format(self.file.path()))?;
        self.warnings.extend(vmdk.warnings.iter().cloned());
        self.container = Container::Vmdk(Box::new(vmdk));
        Ok(())
    }

    fn open_qcow2(&mut self) -> Result<()> {
        let wrap = EngineError::format(self.file.path());
        // Header and extensions lie in the first cluster, which has at most 2 MiB.
        let mut first = read_head(&self.file, 64 << 10)?;
        let mut header = qcow2::Header::decode(&first, self.file.len());
        if first.len() as u64 == 64 << 10 && header.as_ref().map_or(true, |h| h.cluster_bytes() > 64 << 10) {
            first = read_head(&self.file, 2 << 20)?;
            header = qcow2::Header::decode(&first, self.file.len());
        }
        let header = header.map_err(&wrap)?;
        self.warn_about_qcow2(&header);
        if let Some(pointer) = header.luks {
            let area_len = pointer.len.min(self.file.len().saturating_sub(pointer.offset));
            let bytes = self.read_at(pointer.offset, luks1::HEADER_BYTES)?;
            let decoded = luks1::Header::decode(&bytes, area_len)
                .map_err(|e| self.header_error(offset_by(e, pointer.offset), header.envelope.is_some()))?;
            self.luks = Some(Luks::new(pointer.offset, LuksHeader::V1(Box::new(decoded))));
        }
        if let Some(extension) = &header.envelope {
            self.take_envelope(extension.data.clone(), extension.offset)?;
        }
        self.container = Container::Qcow2(Box::new(header));
        Ok(())
    }

    fn warn_about_qcow2(&mut self, header: &qcow2::Header) {
        if header.snapshot_count > 0 {
            self.drops.push(format!("{} internal snapshots; only the active state is copied", header.snapshot_count));
        }
        if header.bitmap_count > 0 {
            self.drops.push(format!("{} persistent bitmaps", header.bitmap_count));
        }
        if qcow2::Feature::Dirty.is_in(header.incompatible) {
            self.warnings
                .push("marked dirty: it was not closed properly; its data is read, its refcounts are not".to_owned());
        }
    }

    fn open_luks1(&mut self, head: &[u8]) -> Result<()> {
        // Looked for whatever the header says of the payload: a header that was replaced must not hide the envelope.
        let area = self.read_up_to(ENVELOPE_AREA_OFFSET, ENVELOPE_BYTES_MAX + 64)?;
        let found = luks1::decode_envelope_area(&area).map_err(EngineError::format(self.file.path()))?;
        if let Some(bytes) = found.map(<[u8]>::to_vec) {
            self.take_envelope(bytes, ENVELOPE_AREA_OFFSET + luks1::ENVELOPE_AREA_HEAD_BYTES as u64)?;
        }
        let header =
            luks1::Header::decode(head, self.file.len()).map_err(|e| self.header_error(e, self.envelope.is_some()))?;
        self.luks = Some(Luks::new(0, LuksHeader::V1(Box::new(header))));
        self.container = Container::Luks1;
        Ok(())
    }

    /// A header that does not decode, of an image that was sealed with one that did, was changed since.
    fn header_error(&self, error: formats::FormatError, sealed: bool) -> EngineError {
        if !sealed {
            return EngineError::format(self.file.path())(error);
        }
        crate::pins::tampered(self, &format!("the LUKS header is not the one that was sealed: {}", error.message))
    }

    fn open_luks2(&mut self) -> Result<()> {
        let wrap = EngineError::format(self.file.path());
        let head = read_head(&self.file, luks2::HEADER_READ_MAX)?;
        let headers = luks2::decode_headers(&head, self.file.len()).map_err(&wrap)?;
        if let Some(damage) = &headers.damage {
            self.warnings.push(format!("{damage}; repair it with cryptsetup repair"));
        }
        let token = headers.metadata.tokens.values().find(|token| token.kind == TOKEN_TYPE);
        if let Some(value) = token.and_then(|token| token.fields.get("envelope")) {
            let bytes = serde_json::to_vec(value).unwrap_or_default();
            self.take_envelope(bytes, luks2::BINARY_HEADER_BYTES as u64)?;
        }
        self.luks = Some(Luks::new(0, LuksHeader::V2(Box::new(headers))));
        self.container = Container::Luks2;
        Ok(())
    }

    fn take_envelope(&mut self, bytes: Vec<u8>, offset: u64) -> Result<()> {
        let envelope = Envelope::decode(&bytes).map_err(|e| EngineError::format(self.file.path())(e.at(offset)))?;
        self.envelope = Some(FoundEnvelope { envelope, bytes, offset });
        Ok(())
    }

    /// First byte of a raw LUKS payload.
    pub(crate) fn payload_start(&self) -> u64 {
        match self.luks.as_ref().map(|luks| &luks.header) {
            Some(LuksHeader::V1(header)) => u64::from(header.payload_offset) * 512,
            Some(LuksHeader::V2(headers)) => headers.metadata.payload().map_or(0, |segment| segment.offset),
            None => 0,
        }
    }

    /// Byte after the LUKS header and its key material; 0 without one.
    pub(crate) fn luks_end(&self) -> u64 {
        self.luks.as_ref().map_or(0, |luks| match &luks.header {
            LuksHeader::V1(header) => luks.offset + header.key_material_end(),
            LuksHeader::V2(_) => self.payload_start(),
        })
    }

    /// Bytes of both LUKS2 headers; 0 for anything else.
    pub(crate) fn luks2_headers_len(&self) -> u64 {
        match self.luks.as_ref().map(|luks| &luks.header) {
            Some(LuksHeader::V2(headers)) => 2 * headers.binary.header_size,
            _ => 0,
        }
    }

    /// The envelope of a file whose LUKS header does not decode any more.
    pub(crate) fn scan_envelope(path: &Path) -> Option<Envelope> {
        let (file, head, _) = open_ends(path).ok()?;
        if let Ok(header) = qcow2::Header::decode(&head, file.len()) {
            return Envelope::decode(&header.envelope?.data).ok();
        }
        let mut area = vec![0; ENVELOPE_BYTES_MAX + 64];
        let read = file.read_up_to_at(&mut area, ENVELOPE_AREA_OFFSET).ok()?;
        let bytes = luks1::decode_envelope_area(&area[..read]).ok()??;
        Envelope::decode(bytes).ok()
    }

    /// Refuses what a copy that writes the image anew would refuse, from its header and its tables. An encrypted image with
    /// a plain part is found here. `companions`: the files that are there besides it.
    pub(crate) fn require_sound(&self, companions: Companions) -> Result<()> {
        let layer = self.layer(companions, None)?;
        if self.luks.is_some() && matches!(self.container, Container::Qcow2(_)) {
            let mut walk = StackWalk::new(Arc::new(vec![layer]))?;
            while walk.next()?.is_some() {}
        }
        Ok(())
    }

    /// Whether its header says that another image lies under it.
    pub(crate) fn names_backing_file(&self) -> bool {
        matches!(&self.container, Container::Qcow2(header) if header.backing_file.is_some())
    }

    /// Host byte, length and guest byte of each run of stored data, whatever it is encrypted with.
    pub(crate) fn data_runs(&self) -> Result<Vec<(u64, u64, u64)>> {
        let layer = Arc::new(vec![self.layer(Companions::default(), None)?]);
        let mut walk = StackWalk::new(layer)?;
        let mut runs = Vec::new();
        while let Some(piece) = walk.next()? {
            if let Mapping::Data(host) = piece.mapping {
                runs.push((host.0, piece.len, piece.guest));
            }
        }
        Ok(runs)
    }

    fn payload_len(&self) -> u64 {
        match self.luks.as_ref().map(|luks| &luks.header) {
            Some(LuksHeader::V2(headers)) => {
                headers.metadata.payload().map_or(0, |segment| segment.len(self.file.len()))
            }
            _ => self.file.len().saturating_sub(self.payload_start()),
        }
    }

    pub(crate) fn read_at(&self, offset: u64, len: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    /// Adds the bytes of a range to a hash, window by window: fresh memory for all of a header costs more than its hash.
    pub(crate) fn hash_range(&self, hash: &mut Sha256, offset: u64, len: u64) -> Result<()> {
        let mut window = vec![0; LEAF_BYTES.min(len) as usize];
        let mut done = 0;
        while done < len {
            let piece = &mut window[..LEAF_BYTES.min(len - done) as usize];
            self.file.read_exact_at(piece, offset + done)?;
            hash.update(piece);
            done += piece.len() as u64;
        }
        Ok(())
    }

    fn read_up_to(&self, offset: u64, len: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        let read = self.file.read_up_to_at(&mut bytes, offset)?;
        bytes.truncate(read);
        Ok(bytes)
    }
}

/// The file, its first and its last bytes.
fn open_ends(path: &Path) -> Result<(Arc<SourceFile>, Vec<u8>, Vec<u8>)> {
    let file = Arc::new(SourceFile::open(path)?);
    let head = read_head(&file, PROBE_HEAD_BYTES as u64)?;
    let tail_start = file.len().saturating_sub(PROBE_TAIL_BYTES as u64);
    let mut tail = vec![0; (file.len() - tail_start) as usize];
    file.read_exact_at(&mut tail, tail_start)?;
    Ok((file, head, tail))
}

fn raw_walk(file: &Arc<SourceFile>, start: u64, virtual_size: u64, holes_are_zeros: bool) -> crate::stack::WalkFactory {
    let file = Arc::clone(file);
    Box::new(move || Ok(Box::new(RawWalk::new(Arc::clone(&file), start, virtual_size, holes_are_zeros))))
}

/// Nobody seals a raw file: one with an envelope is a raw LUKS1 file whose header was overwritten. As a plain disk its
/// ciphertext would be copied for data.
fn lost_header(path: &Path) -> EngineError {
    let reason = "it carries an envelope, but its LUKS header is gone; restore the header with `reseal restore-header`, \
                  or, if it is a plain disk that happens to hold such bytes, say --source-format raw";
    EngineError::Tampered { path: path.to_owned(), reason: reason.to_owned() }
}

fn read_head(file: &SourceFile, len: u64) -> Result<Vec<u8>> {
    let mut head = vec![0; file.len().min(len) as usize];
    file.read_exact_at(&mut head, 0)?;
    Ok(head)
}

fn offset_by(mut error: formats::FormatError, offset: u64) -> formats::FormatError {
    error.offset = error.offset.map(|at| at + offset);
    error
}
