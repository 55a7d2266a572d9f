//! Puts an image together from our encoders, in memory, as the engine does on disk.

use std::collections::BTreeMap;

use formats::Codec;
use formats::codec::Compressor;
use formats::qcow2::{
    HeaderFields, L2Entry, Layout, Tail, encode_header, encode_l1_window, encode_refcount_block, encode_refcount_table,
};

/// An image that grows while its clusters are placed.
pub(crate) struct MadeImage {
    pub(crate) layout: Layout,
    file: Vec<u8>,
    /// L2 entry of each guest cluster that has one.
    entries: BTreeMap<u64, L2Entry>,
    compression: Codec,
}

impl MadeImage {
    pub(crate) fn new(layout: Layout, compression: Codec) -> Self {
        let file = vec![0; layout.data_start as usize];
        Self { layout, file, entries: BTreeMap::new(), compression }
    }

    /// An image of a whole disk. With `compressor`, clusters that shrink are compressed and lie
    /// one after the other, so that several share a host cluster.
    pub(crate) fn of_disk(disk: &[u8], layout: Layout, compression: Codec, mut compressor: Option<Compressor>) -> Self {
        let cluster = layout.cluster_bytes() as usize;
        let mut image = Self::new(layout, compression);
        let mut room = vec![0; cluster];
        for (guest, bytes) in (0..).zip(disk.chunks(cluster)) {
            if bytes.iter().all(|&b| b == 0) {
                continue;
            }
            let mut unit = bytes.to_vec();
            unit.resize(cluster, 0);
            let shrunk = compressor.as_mut().and_then(|c| c.compress(&unit, &mut room).expect("memory"));
            match shrunk.filter(|&len| len < cluster) {
                Some(len) => image.put_compressed(guest, &room[..len]),
                None => image.put_data(guest, &unit),
            }
        }
        image
    }

    /// Places a whole cluster.
    pub(crate) fn put_data(&mut self, guest: u64, unit: &[u8]) {
        self.fill_cluster();
        self.entries.insert(guest, L2Entry::data(self.file.len() as u64));
        self.file.extend_from_slice(unit);
    }

    fn put_compressed(&mut self, guest: u64, bytes: &[u8]) {
        let host = self.file.len() as u64;
        let entry = L2Entry::compressed(&self.layout, host, bytes.len() as u64);
        self.entries.insert(guest, entry);
        self.file.extend_from_slice(bytes);
    }

    /// Writes the tables and the header; returns the file and where the envelope lies in it.
    pub(crate) fn finish(mut self, envelope: Option<&[u8]>) -> (Vec<u8>, Option<u64>) {
        self.fill_cluster();
        let layout = self.layout.clone();
        let mut tables: BTreeMap<u64, Vec<L2Entry>> = BTreeMap::new();
        for (guest, entry) in &self.entries {
            let empty = || vec![L2Entry::UNALLOCATED; layout.l2_entries() as usize];
            let table = tables.entry(guest / layout.l2_entries()).or_insert_with(empty);
            table[(guest % layout.l2_entries()) as usize] = *entry;
        }
        let tail = Tail::plan(&layout, self.file.len() as u64, tables.len() as u64);
        let mut file = std::mem::take(&mut self.file);
        for table in tables.values() {
            let bytes: Vec<u8> = table.iter().flat_map(|entry| entry.0.to_be_bytes()).collect();
            append(&mut file, &layout, &bytes);
        }
        assert_eq!(file.len() as u64, tail.l1_offset);
        let indexes: Vec<u64> = tables.into_keys().collect();
        // In two windows: nobody holds a large L1 table in memory.
        let half = layout.l1_entries() / 2;
        let mut l1 = encode_l1_window(&layout, &tail, &indexes, 0, half as usize);
        l1.extend(encode_l1_window(&layout, &tail, &indexes, half, (layout.l1_entries() - half) as usize));
        append(&mut file, &layout, &l1);
        file.resize(tail.blocks_offset as usize, 0);
        let counts = self.refcounts(&layout, &tail);
        for block in 0..tail.block_count {
            let count = |cluster: u64| counts.get(cluster as usize).copied().unwrap_or(0);
            append(&mut file, &layout, &encode_refcount_block(&layout, block, count));
        }
        assert_eq!(file.len() as u64, tail.table_offset);
        file.extend(encode_refcount_table(&layout, &tail));
        assert_eq!(file.len() as u64, tail.file_len);
        let fields = HeaderFields { compression: self.compression, envelope, backing: None };
        let (header, envelope_offset) = encode_header(&layout, &tail, fields).expect("the envelope fits");
        file[..header.len()].copy_from_slice(&header);
        (file, envelope_offset)
    }

    /// One for each cluster of the file; a cluster of compressed units counts its users.
    fn refcounts(&self, layout: &Layout, tail: &Tail) -> Vec<u16> {
        let cluster = layout.cluster_bytes();
        let mut counts = vec![1; (tail.file_len / cluster) as usize];
        counts[(layout.data_start / cluster) as usize..(tail.l2_offset / cluster) as usize].fill(0);
        // Clusters between header, LUKS area and aligned data are not used.
        let fixed = layout.luks.map_or(cluster, |luks| luks.offset + luks.len).div_ceil(cluster);
        counts[fixed as usize..(layout.data_start / cluster) as usize].fill(0);
        for (first, last) in self.entries.values().filter_map(|entry| entry.host_clusters(layout)) {
            for count in &mut counts[first as usize..=last as usize] {
                *count += 1;
            }
        }
        counts
    }

    fn fill_cluster(&mut self) {
        append(&mut self.file, &self.layout, &[]);
    }
}

/// Appends bytes, and zeros up to the end of their cluster.
fn append(file: &mut Vec<u8>, layout: &Layout, bytes: &[u8]) {
    file.extend_from_slice(bytes);
    file.resize(file.len().next_multiple_of(layout.cluster_bytes() as usize), 0);
}
