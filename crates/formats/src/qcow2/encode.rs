use super::extension::{BACKING_FORMAT, ENVELOPE_EXTENSION, LUKS};
use super::feature::Feature;
use super::header::BACKING_NAME_BYTES_MAX;
use super::{Layout, MAGIC, Tail};
use crate::Codec;
use crate::fields::put;

const HEADER_BYTES: usize = 112;
const COPIED: u64 = 1 << 63;
const COMPRESSED: u64 = 1 << 62;

/// What the header says besides the layout.
#[derive(Debug, Clone, Copy)]
pub struct HeaderFields<'a> {
    /// Compression of the clusters that are compressed.
    pub compression: Codec,
    /// Envelope for our extension, already padded to its final length.
    pub envelope: Option<&'a [u8]>,
    /// What lies under the image, for the tools that open it.
    pub backing: Option<Backing<'a>>,
}

/// The backing file as a header names it. Nothing of ours opens a file because a header names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backing<'a> {
    /// Its path, at most 1023 bytes.
    pub name: &'a [u8],
    /// QEMU's name of its format: `qcow2`, `raw`, `luks`, `vpc`.
    pub format: &'a str,
}

/// An L2 entry, as this writer makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct L2Entry(pub u64);

impl L2Entry {
    /// Not allocated: reads as zeros, as there is no backing file.
    pub const UNALLOCATED: Self = Self(0);

    /// A data cluster at byte `host`.
    #[must_use]
    pub fn data(host: u64) -> Self {
        Self(host | COPIED)
    }

    /// A compressed cluster of `len` bytes at byte `host`.
    #[must_use]
    pub fn compressed(layout: &Layout, host: u64, len: u64) -> Self {
        let offset_bits = 70u32.wrapping_sub(layout.cluster_bits);
        let last_sector = host.saturating_add(len.max(1)).wrapping_sub(1).wrapping_div(512);
        let further = last_sector.wrapping_sub(host.wrapping_div(512));
        Self(COMPRESSED | further.wrapping_shl(offset_bits) | host)
    }

    /// The host clusters that the entry uses: first and last index.
    #[must_use]
    pub fn host_clusters(self, layout: &Layout) -> Option<(u64, u64)> {
        if self.0 == 0 {
            return None;
        }
        let cluster = |byte: u64| byte.wrapping_shr(layout.cluster_bits);
        if self.0 & COMPRESSED == 0 {
            let index = cluster(self.0 & !COPIED);
            return Some((index, index));
        }
        let offset_bits = 70u32.wrapping_sub(layout.cluster_bits);
        let descriptor = self.0 & !COMPRESSED;
        let host = descriptor & 1u64.wrapping_shl(offset_bits).wrapping_sub(1);
        let further = descriptor.wrapping_shr(offset_bits);
        let last_sector = host.wrapping_div(512).saturating_add(further);
        Some((cluster(host), cluster(last_sector.saturating_mul(512))))
    }
}

/// Cluster 0: version 3, 16-bit refcounts, header length 112, the LUKS pointer, the envelope.
///
/// Returns the whole cluster and the byte offset of the envelope's data in it.
/// `None`: the envelope or the name of the backing file does not fit the cluster, or the name is longer than QEMU takes.
#[must_use]
pub fn encode_header(layout: &Layout, tail: &Tail, fields: HeaderFields<'_>) -> Option<(Vec<u8>, Option<u64>)> {
    let mut header = vec![0; HEADER_BYTES];
    let zstd = fields.compression == Codec::Zstd;
    let incompatible = if zstd { Feature::CompressionType.mask() } else { 0 };
    put(&mut header, 0, &MAGIC);
    put(&mut header, 4, &3u32.to_be_bytes());
    put(&mut header, 20, &layout.cluster_bits.to_be_bytes());
    put(&mut header, 24, &layout.virtual_size.to_be_bytes());
    put(&mut header, 32, &(if layout.luks.is_some() { 2u32 } else { 0 }).to_be_bytes());
    put(&mut header, 36, &u32::try_from(layout.l1_entries()).ok()?.to_be_bytes());
    put(&mut header, 40, &tail.l1_offset.to_be_bytes());
    put(&mut header, 48, &tail.table_offset.to_be_bytes());
    put(&mut header, 56, &u32::try_from(tail.table_clusters).ok()?.to_be_bytes());
    put(&mut header, 72, &incompatible.to_be_bytes());
    put(&mut header, 96, &4u32.to_be_bytes());
    put(&mut header, 100, &(HEADER_BYTES as u32).to_be_bytes());
    put(&mut header, 104, &[u8::from(zstd)]);
    if let Some(luks) = layout.luks {
        push_extension(&mut header, LUKS, &[luks.offset.to_be_bytes(), luks.len.to_be_bytes()].concat());
    }
    let mut envelope_offset = None;
    if let Some(envelope) = fields.envelope {
        envelope_offset = Some((header.len() as u64).saturating_add(8));
        push_extension(&mut header, ENVELOPE_EXTENSION, envelope);
    }
    if let Some(backing) = fields.backing {
        push_extension(&mut header, BACKING_FORMAT, backing.format.as_bytes());
    }
    push_extension(&mut header, super::extension::END, &[]);
    if let Some(backing) = fields.backing {
        push_backing_name(&mut header, backing.name)?;
    }
    let cluster = usize::try_from(layout.cluster_bytes()).ok()?;
    if header.len() > cluster {
        return None;
    }
    header.resize(cluster, 0);
    Some((header, envelope_offset))
}

/// The name stands behind the extensions, which end there.
fn push_backing_name(header: &mut Vec<u8>, name: &[u8]) -> Option<()> {
    let len = u32::try_from(name.len()).ok().filter(|len| (1..=BACKING_NAME_BYTES_MAX).contains(len))?;
    let offset = header.len() as u64;
    put(header, 8, &offset.to_be_bytes());
    put(header, 16, &len.to_be_bytes());
    header.extend_from_slice(name);
    Some(())
}

fn push_extension(header: &mut Vec<u8>, id: u32, data: &[u8]) {
    header.extend_from_slice(&id.to_be_bytes());
    header.extend_from_slice(&(data.len() as u32).to_be_bytes());
    header.extend_from_slice(data);
    header.resize(header.len().next_multiple_of(8), 0);
}

/// The L1 entries from `first` on, as bytes. `l1_indexes`: which entries have an L2 table,
/// ascending; their tables lie one after the other from `tail.l2_offset` on.
#[must_use]
pub fn encode_l1_window(layout: &Layout, tail: &Tail, l1_indexes: &[u64], first: u64, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count.saturating_mul(8)];
    let (entries, _) = bytes.as_chunks_mut::<8>();
    let start = l1_indexes.partition_point(|&index| index < first);
    for (nth, &index) in l1_indexes.iter().enumerate().skip(start) {
        let Some(entry) = index.checked_sub(first).and_then(|at| entries.get_mut(usize::try_from(at).ok()?)) else {
            break;
        };
        let table = tail.l2_offset.saturating_add((nth as u64).saturating_mul(layout.cluster_bytes()));
        *entry = (table | COPIED).to_be_bytes();
    }
    bytes
}

/// Refcount block `index`, one cluster. `count` says how often a host cluster is used.
#[must_use]
pub fn encode_refcount_block(layout: &Layout, index: u64, count: impl Fn(u64) -> u16) -> Vec<u8> {
    let per_block = layout.refcounts_per_block();
    let first = index.saturating_mul(per_block);
    (first..first.saturating_add(per_block)).flat_map(|cluster| count(cluster).to_be_bytes()).collect()
}

/// The refcount table, whole clusters.
#[must_use]
pub fn encode_refcount_table(layout: &Layout, tail: &Tail) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..tail.block_count)
        .flat_map(|block| tail.blocks_offset.saturating_add(block.saturating_mul(layout.cluster_bytes())).to_be_bytes())
        .collect();
    bytes.resize(usize::try_from(tail.table_clusters.saturating_mul(layout.cluster_bytes())).unwrap_or(bytes.len()), 0);
    bytes
}
