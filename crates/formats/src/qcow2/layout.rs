use super::{CLUSTER_BITS_MAX, CLUSTER_BITS_MIN, FORMAT, LuksPointer, VIRTUAL_SIZE_MAX};
use crate::{ErrorKind, FormatError, Result};

/// Bytes of L1 table that QEMU accepts.
const L1_BYTES_MAX: u64 = 32 << 20;
/// We write 16-bit refcounts, as QEMU does by default.
const REFCOUNT_BYTES: u64 = 2;

/// Where the fixed parts of an image that we write lie.
///
/// ```text
///   cluster 0          header, extensions
///   cluster 1 ..       LUKS header and key material, if encrypted
///   data_start ..      data clusters, in the order in which they are taken
///   then (Tail)        L2 tables, L1 table, refcount blocks, refcount table
/// ```
///
/// Nothing before the tail depends on how much data there is, but for the header, which is
/// written last: the file is no image until then, and data can be written while it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Bytes of the virtual disk.
    pub virtual_size: u64,
    /// log2 of the cluster size.
    pub cluster_bits: u32,
    /// The LUKS header, if encrypted.
    pub luks: Option<LuksPointer>,
    /// First byte for data clusters.
    pub data_start: u64,
}

impl Layout {
    /// Lays out an image. `luks_len`: bytes of LUKS header and key material, if encrypted.
    /// `data_align`: the first data cluster begins at a multiple of this power of two.
    ///
    /// Errors: a size that is no multiple of 512, a cluster size that QEMU refuses, or a
    /// disk too large for the cluster size.
    pub fn new(virtual_size: u64, cluster_bits: u32, luks_len: Option<u64>, data_align: u64) -> Result<Self> {
        if !(CLUSTER_BITS_MIN..=CLUSTER_BITS_MAX).contains(&cluster_bits) {
            return Err(unsuitable(
                ErrorKind::Invalid,
                "the cluster size must be a power of two from 512 bytes to 2 MiB",
            ));
        }
        if !virtual_size.is_multiple_of(512) {
            return Err(unsuitable(
                ErrorKind::Invalid,
                format!("a disk of {virtual_size} bytes is not a multiple of 512"),
            ));
        }
        let cluster = 1u64.wrapping_shl(cluster_bits);
        let luks = luks_len.map(|len| LuksPointer { offset: cluster, len });
        let fixed = cluster.saturating_add(luks_len.unwrap_or(0).next_multiple_of(cluster));
        let layout =
            Self { virtual_size, cluster_bits, luks, data_start: fixed.next_multiple_of(data_align.max(cluster)) };
        if virtual_size > VIRTUAL_SIZE_MAX || layout.l1_entries().saturating_mul(8) > L1_BYTES_MAX {
            let message = format!("a disk of {virtual_size} bytes needs larger clusters than {cluster} bytes");
            return Err(unsuitable(ErrorKind::TooLarge, message));
        }
        Ok(layout)
    }

    /// Bytes per cluster.
    #[must_use]
    pub fn cluster_bytes(&self) -> u64 {
        1u64.wrapping_shl(self.cluster_bits)
    }

    /// Entries of an L2 table.
    #[must_use]
    pub fn l2_entries(&self) -> u64 {
        self.cluster_bytes().wrapping_div(8)
    }

    /// Entries of the L1 table.
    #[must_use]
    pub fn l1_entries(&self) -> u64 {
        let covered = self.l2_entries().saturating_mul(self.cluster_bytes());
        self.virtual_size.div_ceil(covered.max(1))
    }

    /// Refcounts in one refcount block.
    #[must_use]
    pub fn refcounts_per_block(&self) -> u64 {
        self.cluster_bytes().wrapping_div(REFCOUNT_BYTES)
    }
}

/// Where the tables lie that follow the data. All offsets and lengths in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// First L2 table; the others follow, one cluster each.
    pub l2_offset: u64,
    /// Number of L2 tables.
    pub l2_count: u64,
    /// L1 table.
    pub l1_offset: u64,
    /// First refcount block; the others follow, one cluster each.
    pub blocks_offset: u64,
    /// Number of refcount blocks.
    pub block_count: u64,
    /// Refcount table.
    pub table_offset: u64,
    /// Clusters of the refcount table.
    pub table_clusters: u64,
    /// Length of the file.
    pub file_len: u64,
}

impl Tail {
    /// Places the tables behind the data, which ends at `data_end` (cluster aligned).
    #[must_use]
    pub fn plan(layout: &Layout, data_end: u64, l2_count: u64) -> Self {
        let cluster = layout.cluster_bytes();
        let clusters = |bytes: u64| bytes.div_ceil(cluster.max(1));
        let l1_offset = data_end.saturating_add(l2_count.saturating_mul(cluster));
        // A disk of no bytes has no L1 table; QEMU would call a cluster kept for one a leak.
        let l1_clusters = clusters(layout.l1_entries().saturating_mul(8));
        let blocks_offset = l1_offset.saturating_add(l1_clusters.saturating_mul(cluster));
        let before = clusters(blocks_offset);
        // Refcount blocks count themselves and their table: repeat until nothing changes.
        let (mut block_count, mut table_clusters) = (0, 0);
        loop {
            let total = before.saturating_add(block_count).saturating_add(table_clusters);
            let blocks = total.div_ceil(layout.refcounts_per_block().max(1));
            let table = clusters(blocks.saturating_mul(8)).max(1);
            if (blocks, table) == (block_count, table_clusters) {
                break;
            }
            (block_count, table_clusters) = (blocks, table);
        }
        let table_offset = blocks_offset.saturating_add(block_count.saturating_mul(cluster));
        let file_len = table_offset.saturating_add(table_clusters.saturating_mul(cluster));
        Self {
            l2_offset: data_end,
            l2_count,
            l1_offset,
            blocks_offset,
            block_count,
            table_offset,
            table_clusters,
            file_len,
        }
    }
}

fn unsuitable(kind: ErrorKind, message: impl Into<String>) -> FormatError {
    FormatError::new(FORMAT, kind, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_example_has_its_tables_where_the_facts_say() {
        let layout = Layout::new(8 << 20, 16, Some(2_068_480), 64 << 10).unwrap();
        assert_eq!(layout.data_start, 0x21_0000);
        let tail = Tail::plan(&layout, 0x23_0000, 1);
        assert_eq!((tail.l2_offset, tail.l1_offset), (0x23_0000, 0x24_0000));
        assert_eq!((tail.blocks_offset, tail.table_offset, tail.file_len), (0x25_0000, 0x26_0000, 2_555_904));
    }

    #[test]
    fn refcount_blocks_count_themselves() {
        for cluster_bits in [9, 12, 16, 21] {
            let layout = Layout::new(1 << 30, cluster_bits, None, 1).unwrap();
            for data_clusters in [0, 1, 255, 256, 257, 65_535, 70_000] {
                let data_end = layout.data_start + data_clusters * layout.cluster_bytes();
                let tail = Tail::plan(&layout, data_end, 3);
                let clusters = tail.file_len / layout.cluster_bytes();
                assert!(tail.block_count * layout.refcounts_per_block() >= clusters, "{cluster_bits} {data_clusters}");
                assert!(
                    tail.table_clusters * layout.cluster_bytes() >= tail.block_count * 8,
                    "{cluster_bits} {data_clusters}"
                );
            }
        }
    }

    #[test]
    fn a_disk_too_large_for_its_clusters_is_refused() {
        assert!(Layout::new(1 << 40, 9, None, 1).is_err());
        assert!(Layout::new(1 << 40, 16, None, 1).is_ok());
        assert!(Layout::new(1000, 16, None, 1).is_err());
    }
}
