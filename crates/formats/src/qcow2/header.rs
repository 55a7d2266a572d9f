use super::extension::{self, Extension, FeatureName, LuksPointer};
use super::feature::{Feature, unknown_incompatible};
use super::{CLUSTER_BITS_MAX, CLUSTER_BITS_MIN, FORMAT, MAGIC, VIRTUAL_SIZE_MAX};
use crate::fields::Fields;
use crate::{Codec, ErrorKind, FormatError, Result};

/// QEMU refuses larger L1 tables.
const L1_BYTES_MAX: u64 = 32 << 20;
/// QEMU refuses larger refcount tables.
const REFCOUNT_TABLE_BYTES_MAX: u64 = 8 << 20;
/// QEMU refuses more snapshots.
const SNAPSHOTS_MAX: u32 = 65_536;
/// QEMU refuses longer names of backing files.
pub(super) const BACKING_NAME_BYTES_MAX: u32 = 1023;
const V2_HEADER_BYTES: u32 = 72;
const V3_HEADER_BYTES_MIN: u32 = 104;

/// How the payload is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CryptMethod {
    /// Not at all.
    None,
    /// Legacy AES-CBC with a predictable IV; refused.
    Aes,
    /// LUKS1, header at the [`LuksPointer`].
    Luks,
}

/// Files besides the image that the caller opened for it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given {
    /// A backing file.
    pub backing_file: bool,
    /// An external data file.
    pub data_file: bool,
}

/// The decoded first cluster of an image: everything that a report can say. Whether the
/// image can be read is a second question, see [`Header::require_readable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// 2 or 3.
    pub version: u32,
    /// log2 of the cluster size, 9 to 21.
    pub cluster_bits: u32,
    /// Bytes of the virtual disk, a multiple of 512 (QEMU rounds down).
    pub virtual_size: u64,
    /// Encryption of the payload.
    pub crypt_method: CryptMethod,
    /// Entries of the L1 table.
    pub l1_entries: u32,
    /// Byte offset of the L1 table.
    pub l1_offset: u64,
    /// Byte offset of the refcount table.
    pub refcount_table_offset: u64,
    /// Clusters of the refcount table.
    pub refcount_table_clusters: u32,
    /// Number of internal snapshots.
    pub snapshot_count: u32,
    /// Byte offset of the snapshot table.
    pub snapshots_offset: u64,
    /// Incompatible feature bits.
    pub incompatible: u64,
    /// Compatible feature bits.
    pub compatible: u64,
    /// Autoclear feature bits.
    pub autoclear: u64,
    /// Bits per refcount, 1 to 64.
    pub refcount_bits: u32,
    /// Bytes of the header proper.
    pub header_bytes: u32,
    /// How compressed clusters are compressed.
    pub compression: Codec,
    /// Name of the backing file, as text for people; never opened.
    pub backing_file: Option<String>,
    /// Name of an external data file, as text for people; never opened.
    pub data_file: Option<String>,
    /// Persistent bitmaps.
    pub bitmap_count: u32,
    /// The LUKS header.
    pub luks: Option<LuksPointer>,
    /// The KMS envelope.
    pub envelope: Option<Extension>,
    /// Extensions that neither QEMU 10 nor this reader knows.
    pub unknown_extensions: Vec<Extension>,
    /// Names of feature bits.
    pub feature_names: Vec<FeatureName>,
}

impl Header {
    /// Decodes the header and its extensions.
    ///
    /// `first`: the start of the file, at least the first cluster as far as the file has one.
    /// Errors: a field that breaks the specification or QEMU's limits.
    pub fn decode(first: &[u8], file_len: u64) -> Result<Self> {
        let fields = Fields::new(first, FORMAT, "header");
        if fields.bytes(0, 4)? != MAGIC {
            return Err(invalid("no qcow2 magic", 0));
        }
        let version = fields.be_u32(4)?;
        if version != 2 && version != 3 {
            let message = format!("version {version} is not supported; versions 2 and 3 are");
            return Err(FormatError::new(FORMAT, ErrorKind::Unsupported, message).at(4));
        }
        let cluster_bits = fields.be_u32(20)?;
        if !(CLUSTER_BITS_MIN..=CLUSTER_BITS_MAX).contains(&cluster_bits) {
            return Err(invalid(format!("cluster_bits is {cluster_bits}; 9 to 21 are allowed"), 20));
        }
        let v3 = version == 3;
        let header_bytes = if v3 { fields.be_u32(100)? } else { V2_HEADER_BYTES };
        let mut header = Self {
            version,
            cluster_bits,
            virtual_size: fields.be_u64(24)? & !511,
            crypt_method: decode_crypt_method(fields.be_u32(32)?)?,
            l1_entries: fields.be_u32(36)?,
            l1_offset: fields.be_u64(40)?,
            refcount_table_offset: fields.be_u64(48)?,
            refcount_table_clusters: fields.be_u32(56)?,
            snapshot_count: fields.be_u32(60)?,
            snapshots_offset: fields.be_u64(64)?,
            incompatible: if v3 { fields.be_u64(72)? } else { 0 },
            compatible: if v3 { fields.be_u64(80)? } else { 0 },
            autoclear: if v3 { fields.be_u64(88)? } else { 0 },
            refcount_bits: decode_refcount_bits(if v3 { fields.be_u32(96)? } else { 4 })?,
            header_bytes,
            compression: Codec::Deflate,
            backing_file: None,
            data_file: None,
            bitmap_count: 0,
            luks: None,
            envelope: None,
            unknown_extensions: Vec::new(),
            feature_names: Vec::new(),
        };
        header.compression = header.decode_compression(&fields)?;
        header.check_sizes(file_len)?;
        header.decode_names(&fields, file_len)?;
        Ok(header)
    }

    /// Bytes per cluster.
    #[must_use]
    pub fn cluster_bytes(&self) -> u64 {
        1u64.wrapping_shl(self.cluster_bits)
    }

    /// Whether it has 16-byte L2 entries with subclusters.
    #[must_use]
    pub fn has_extended_l2(&self) -> bool {
        Feature::ExtendedL2.is_in(self.incompatible)
    }

    /// Bytes of an L2 entry.
    #[must_use]
    pub fn l2_entry_bytes(&self) -> u64 {
        if self.has_extended_l2() { 16 } else { 8 }
    }

    /// Refuses what must not be read: unknown features, corrupt images, legacy encryption, and
    /// data in files that the caller did not hand in.
    ///
    /// Errors: the feature by name, and what to do.
    pub fn require_readable(&self, given: Given) -> Result<()> {
        let unknown = unknown_incompatible(self.incompatible, &self.feature_names);
        if !unknown.is_empty() {
            let message = format!(
                "unknown incompatible feature: {}; convert the image with a QEMU that knows it",
                unknown.join(", ")
            );
            return Err(FormatError::new(FORMAT, ErrorKind::Unsupported, message).at(72));
        }
        if Feature::Corrupt.is_in(self.incompatible) {
            let message =
                "marked corrupt (incompatible feature bit 1); run qemu-img check -r all on a copy of it first";
            return Err(FormatError::new(FORMAT, ErrorKind::Unsupported, message).at(72));
        }
        if self.crypt_method == CryptMethod::Aes {
            let message =
                "legacy AES encryption (crypt_method 1) is not supported; convert it with qemu-img convert first";
            return Err(FormatError::new(FORMAT, ErrorKind::Unsupported, message).at(32));
        }
        if self.luks.is_some() && self.crypt_method == CryptMethod::None {
            let message = "has a LUKS header, but says that it is not encrypted; QEMU refuses it too";
            return Err(FormatError::new(FORMAT, ErrorKind::Invalid, message).at(32));
        }
        let external = Feature::ExternalDataFile.is_in(self.incompatible);
        if self.crypt_method == CryptMethod::Luks {
            self.require_sealed(external)?;
        }
        if external && !given.data_file {
            let name = self.data_file.as_deref().unwrap_or("(no name)");
            let message = format!(
                "its data lies in another file, {name:?}; files that an image names are not opened: name it with --data-file"
            );
            return Err(FormatError::new(FORMAT, ErrorKind::NeedsOtherFile, message).at(72));
        }
        if let Some(name) = &self.backing_file
            && !given.backing_file
        {
            let message = format!(
                "it is an overlay on the backing file {name:?}; files that an image names are not opened: name it with --backing-file"
            );
            return Err(FormatError::new(FORMAT, ErrorKind::NeedsOtherFile, message).at(8));
        }
        Ok(())
    }

    /// An encrypted image whose clusters may come from a plain file is no encrypted image. What lies under an encrypted
    /// overlay is the business of whoever hands it in, like any other backing file.
    fn require_sealed(&self, external: bool) -> Result<()> {
        let message = if self.luks.is_none() {
            "encrypted with LUKS, but the header extension that says where the LUKS header lies is missing"
        } else if external {
            "encrypted, but its data lies in an external data file; convert it with qemu-img convert first"
        } else {
            return Ok(());
        };
        Err(FormatError::new(FORMAT, ErrorKind::Unsupported, message))
    }

    fn decode_compression(&self, fields: &Fields<'_>) -> Result<Codec> {
        let flagged = Feature::CompressionType.is_in(self.incompatible);
        let kind = if self.header_bytes > V3_HEADER_BYTES_MIN { fields.u8(104)? } else { 0 };
        match (kind, flagged) {
            (0, false) => Ok(Codec::Deflate),
            (1, true) => Ok(Codec::Zstd),
            (0 | 1, _) => Err(invalid(
                format!("compression type {kind} and incompatible feature bit 3 contradict each other"),
                104,
            )),
            _ => {
                let message = format!("compression type {kind} is not supported; deflate and zstd are");
                Err(FormatError::new(FORMAT, ErrorKind::Unsupported, message).at(104))
            }
        }
    }

    fn check_sizes(&self, file_len: u64) -> Result<()> {
        let cluster = self.cluster_bytes();
        if self.version == 3
            && (self.header_bytes < V3_HEADER_BYTES_MIN
                || !self.header_bytes.is_multiple_of(8)
                || u64::from(self.header_bytes) > cluster)
        {
            return Err(invalid(
                format!("header length {} is not a multiple of 8 between 104 and the cluster size", self.header_bytes),
                100,
            ));
        }
        if self.has_extended_l2() && self.cluster_bits < 14 {
            return Err(invalid("extended L2 entries need clusters of 16 KiB or more", 72));
        }
        if self.virtual_size > VIRTUAL_SIZE_MAX {
            let message = format!("virtual size of {} bytes is beyond the limit of 1 PiB", self.virtual_size);
            return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message).at(24));
        }
        self.check_table(
            "L1 table",
            self.l1_offset,
            u64::from(self.l1_entries).saturating_mul(8),
            L1_BYTES_MAX,
            file_len,
            40,
        )?;
        let covered_by_l2 = cluster.checked_div(self.l2_entry_bytes()).unwrap_or(0).saturating_mul(cluster);
        let needed = self.virtual_size.div_ceil(covered_by_l2.max(1));
        if u64::from(self.l1_entries) < needed {
            return Err(invalid(
                format!("L1 table has {} entries, but the virtual size needs {needed}", self.l1_entries),
                36,
            ));
        }
        let table_bytes = u64::from(self.refcount_table_clusters).saturating_mul(cluster);
        if table_bytes == 0 {
            return Err(invalid("no refcount table", 56));
        }
        // Only its place: the table itself is not read, and QEMU may leave its tail unwritten.
        self.check_table(
            "refcount table",
            self.refcount_table_offset,
            table_bytes.min(8),
            REFCOUNT_TABLE_BYTES_MAX,
            file_len,
            48,
        )?;
        if table_bytes > REFCOUNT_TABLE_BYTES_MAX {
            let message = format!("refcount table of {table_bytes} bytes is beyond QEMU's limit of 8 MiB");
            return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message).at(56));
        }
        if self.snapshot_count > SNAPSHOTS_MAX {
            let message = format!("{} snapshots are beyond QEMU's limit of 65536", self.snapshot_count);
            return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message).at(60));
        }
        if self.snapshot_count > 0 {
            self.check_table("snapshot table", self.snapshots_offset, 40, u64::MAX, file_len, 64)?;
        }
        Ok(())
    }

    fn check_table(&self, name: &str, offset: u64, len: u64, max: u64, file_len: u64, field: u64) -> Result<()> {
        if len > max {
            let message = format!("{name} of {len} bytes is beyond QEMU's limit of {max}");
            return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message).at(field));
        }
        if len == 0 {
            return Ok(());
        }
        let aligned = offset & self.cluster_bytes().wrapping_sub(1) == 0;
        if !aligned || offset == 0 {
            return Err(invalid(format!("{name} at {offset:#x} is not at the start of a cluster"), field));
        }
        if offset.checked_add(len).is_none_or(|end| end > file_len) {
            let message = format!("{name} at {offset:#x} ends after the end of the file ({file_len} bytes)");
            return Err(FormatError::new(FORMAT, ErrorKind::Truncated, message).at(field));
        }
        Ok(())
    }

    fn decode_names(&mut self, fields: &Fields<'_>, file_len: u64) -> Result<()> {
        let (backing_offset, backing_len) = (fields.be_u64(8)?, fields.be_u32(16)?);
        let cluster = self.cluster_bytes();
        // A name of length 0 is no name: the specification leaves the size undefined without one.
        let has_backing = backing_offset != 0 && backing_len != 0;
        if has_backing {
            let end = backing_offset.saturating_add(u64::from(backing_len));
            if backing_len > BACKING_NAME_BYTES_MAX || end > cluster {
                return Err(invalid(format!("backing file name of {backing_len} bytes does not fit the header"), 16));
            }
            let name = fields.bytes(usize::try_from(backing_offset).unwrap_or(usize::MAX), backing_len as usize)?;
            self.backing_file = Some(extension::safe_text(name));
        }
        let end = if backing_offset != 0 { backing_offset.min(cluster) } else { cluster };
        let available = fields.len() as u64;
        for extension in extension::decode_extensions(fields.all(), u64::from(self.header_bytes), end.min(available))? {
            self.take_extension(extension, file_len)?;
        }
        Ok(())
    }

    fn take_extension(&mut self, extension: Extension, file_len: u64) -> Result<()> {
        match extension.id {
            extension::BACKING_FORMAT => {}
            extension::FEATURE_NAMES => self.feature_names = extension::decode_feature_names(&extension),
            extension::DATA_FILE => self.data_file = Some(extension::safe_text(&extension.data)),
            extension::BITMAPS => {
                self.bitmap_count = Fields::new(&extension.data, FORMAT, "bitmaps extension").be_u32(0)?;
            }
            extension::LUKS => {
                let pointer = extension::decode_luks_pointer(&extension)?;
                self.luks = Some(self.checked_luks(pointer, extension.offset, file_len)?);
            }
            extension::ENVELOPE_EXTENSION => self.envelope = Some(extension),
            _ => self.unknown_extensions.push(extension),
        }
        Ok(())
    }

    fn checked_luks(&self, pointer: LuksPointer, at: u64, file_len: u64) -> Result<LuksPointer> {
        let aligned = pointer.offset & self.cluster_bytes().wrapping_sub(1) == 0;
        if pointer.offset == 0 || !aligned || pointer.len < 592 {
            return Err(invalid(
                format!("LUKS header at {:#x}, {} bytes, is not possible", pointer.offset, pointer.len),
                at,
            ));
        }
        if pointer.offset.checked_add(pointer.len).is_none_or(|end| end > file_len) {
            let message = format!(
                "LUKS header at {:#x}, {} bytes, ends after the end of the file ({file_len} bytes)",
                pointer.offset, pointer.len
            );
            return Err(FormatError::new(FORMAT, ErrorKind::Truncated, message).at(at));
        }
        Ok(pointer)
    }
}

fn decode_crypt_method(method: u32) -> Result<CryptMethod> {
    match method {
        0 => Ok(CryptMethod::None),
        1 => Ok(CryptMethod::Aes),
        2 => Ok(CryptMethod::Luks),
        _ => {
            let message = format!("crypt_method {method} is not known");
            Err(FormatError::new(FORMAT, ErrorKind::Unsupported, message).at(32))
        }
    }
}

fn decode_refcount_bits(order: u32) -> Result<u32> {
    if order > 6 {
        return Err(invalid(format!("refcount_order is {order}; 0 to 6 are allowed"), 96));
    }
    Ok(1u32.wrapping_shl(order))
}

fn invalid(message: impl Into<String>, offset: u64) -> FormatError {
    FormatError::new(FORMAT, ErrorKind::Invalid, message).at(offset)
}
