//! A small sound image, whose every byte is known, to be damaged by tests.

use formats::Codec;
use formats::qcow2::Layout;

use crate::made_image::MadeImage;

/// 64 KiB clusters; version 3; a disk of 1 MiB with data in guest clusters 0, 1 and 3.
#[derive(Clone)]
pub(crate) struct Crafted(pub(crate) Vec<u8>);

/// Places of its parts.
pub(crate) const CLUSTER: u64 = 64 << 10;
pub(crate) const DATA: u64 = CLUSTER;
pub(crate) const L2: u64 = 4 * CLUSTER;
pub(crate) const L1: u64 = 5 * CLUSTER;
pub(crate) const FILE_LEN: u64 = 8 * CLUSTER;
/// First byte after the header proper.
pub(crate) const EXTENSIONS: u64 = 112;

impl Crafted {
    pub(crate) fn new() -> Self {
        let layout = Layout::new(1 << 20, 16, None, 1).expect("a layout");
        let mut image = MadeImage::new(layout, Codec::Deflate);
        for guest in [0, 1, 3] {
            image.put_data(guest, &[0x11; CLUSTER as usize]);
        }
        let (file, _) = image.finish(None);
        assert_eq!(file.len() as u64, FILE_LEN, "the constants above");
        assert_eq!(file[L1 as usize..][..8], (L2 | 1 << 63).to_be_bytes());
        assert_eq!(file[L2 as usize..][..8], (DATA | 1 << 63).to_be_bytes());
        Self(file)
    }

    pub(crate) fn put(mut self, offset: u64, bytes: &[u8]) -> Self {
        let offset = offset as usize;
        let end = offset + bytes.len();
        if end > self.0.len() {
            self.0.resize(end, 0);
        }
        self.0[offset..end].copy_from_slice(bytes);
        self
    }

    pub(crate) fn put_u32(self, offset: u64, value: u32) -> Self {
        self.put(offset, &value.to_be_bytes())
    }

    pub(crate) fn put_u64(self, offset: u64, value: u64) -> Self {
        self.put(offset, &value.to_be_bytes())
    }

    /// Replaces the extensions.
    pub(crate) fn extensions(mut self, extensions: &[(u32, &[u8])]) -> Self {
        let mut at = EXTENSIONS;
        for (id, data) in extensions.iter().chain(&[(0, &[][..])]) {
            self = self.put_u32(at, *id).put_u32(at + 4, data.len() as u32).put(at + 8, data);
            at += 8 + (data.len() as u64).next_multiple_of(8);
        }
        self
    }

    /// A name of a backing file at the end of the first cluster.
    pub(crate) fn backing(self, name: &str) -> Self {
        let at = 32 << 10;
        self.put_u64(8, at).put_u32(16, name.len() as u32).put(at, name.as_bytes())
    }

    pub(crate) fn version_2(self) -> Self {
        self.put_u32(4, 2)
    }
}
