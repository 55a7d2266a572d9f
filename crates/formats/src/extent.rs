/// Byte offset on the virtual disk, as the guest sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct GuestOffset(pub u64);

/// Byte offset in the image file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct HostOffset(pub u64);

/// A run of the virtual disk and where its bytes come from.
///
/// A walker yields extents in guest order, without gaps or overlaps, and their
/// lengths add up to the virtual size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// First guest byte.
    pub guest: GuestOffset,
    /// Length in bytes, never 0.
    pub len: u64,
    /// Where the bytes are.
    pub mapping: Mapping,
}

/// Where the bytes of an [`Extent`] come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapping {
    /// Reads as zeros, whatever a backing file says.
    Zero,
    /// Not in this image: from the backing file, or zeros when there is none.
    Unallocated,
    /// Stored one to one from this byte of the file on.
    Data(HostOffset),
    /// Exactly one compressed unit. `len` of the extent is its decompressed
    /// length as far as the virtual disk reaches; `unit_len` the full one.
    Compressed {
        /// First compressed byte in the file.
        host: HostOffset,
        /// Most compressed bytes that may be read; the file may end earlier.
        host_len_max: u32,
        /// Decompressed length of the unit in bytes (a cluster or a grain).
        unit_len: u32,
        /// How it was compressed.
        codec: Codec,
    },
}

/// Compression of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Raw deflate, RFC 1951 (qcow2 compression type 0).
    Deflate,
    /// Zstandard frames (qcow2 compression type 1).
    Zstd,
    /// zlib stream, RFC 1950 (VMDK streamOptimized).
    Zlib,
}
