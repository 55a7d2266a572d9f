use std::os::unix::ffi::OsStrExt;

use blobs::PartialFile;
use crypto::Random;
use formats::Codec;
use formats::luks1::KEY_MATERIAL_END;
use formats::qcow2::{
    Backing, HeaderFields, Layout, Tail, encode_header, encode_refcount_block, encode_refcount_table,
};

use super::create::{Below, DiskRequest};
use crate::error::{EngineError, Result};
use crate::header_backup::HeaderBackup;
use crate::sealed_file::{SealedFile, area_digest, record};
use crate::sealing::Sealing;

/// Clusters of 64 KiB: QEMU's default, and that of our copies.
const CLUSTER_BITS: u32 = 16;

/// A qcow2 without data clusters: its length follows from the size of the L1 table alone.
///
/// ```text
///   cluster 0        header, extensions, name of the backing file
///   cluster 1 ..     LUKS header and key material, if sealed
///   then             L1 table (zeros, a hole), refcount block, refcount table
/// ```
pub(super) struct EmptyDisk {
    layout: Layout,
    tail: Tail,
    below: Option<Below>,
}

impl EmptyDisk {
    /// Errors: a size that qcow2 cannot have, or a name of the backing file that its header cannot hold.
    pub(super) fn plan(request: &DiskRequest<'_>, below: Option<Below>) -> Result<Self> {
        let luks_len = request.seal.is_some().then_some(KEY_MATERIAL_END);
        let layout =
            Layout::new(request.virtual_size, CLUSTER_BITS, luks_len, 1).map_err(EngineError::format(&request.path))?;
        let tail = Tail::plan(&layout, layout.data_start, 0);
        let empty = Self { layout, tail, below };
        empty.header(None)?;
        Ok(empty)
    }

    /// Length of the file.
    pub(super) fn file_bytes(&self) -> u64 {
        self.tail.file_len
    }

    /// Makes the file as long as it will be, which makes the L1 table, and counts its clusters.
    pub(super) fn write_tables(&self, file: &PartialFile) -> Result<()> {
        file.set_len(self.tail.file_len)?;
        let cluster = self.layout.cluster_bytes();
        let used = self.tail.file_len / cluster;
        for block in 0..self.tail.block_count {
            let bytes = encode_refcount_block(&self.layout, block, |index| u16::from(index < used));
            file.write_all_at(&bytes, self.tail.blocks_offset + block * cluster)?;
        }
        Ok(file.write_all_at(&encode_refcount_table(&self.layout, &self.tail), self.tail.table_offset)?)
    }

    /// Writes LUKS header and key material, then the qcow2 header with the envelope.
    pub(super) fn seal(&self, file: &PartialFile, sealing: &mut Sealing, random: &dyn Random) -> Result<SealedFile> {
        let luks = self.layout.luks.map_or(0, |luks| luks.offset);
        let material = sealing.key_material(random)?;
        let header = sealing.header.encode(&[], random)?;
        file.write_all_at(&header, luks)?;
        file.write_all_at(&material, luks + sealing.header.key_material_offset())?;
        let envelope = sealing.complete(None, &area_digest(&sealing.header, &material)?)?;
        self.write_header(file, Some(&envelope))?;
        let backup = HeaderBackup::new(sealing.image(), luks, &header, &sealing.header, &material);
        Ok(SealedFile::new(backup, record(sealing, &envelope)))
    }

    /// Writes the qcow2 header, which makes the file an image: the last of all.
    pub(super) fn write_header(&self, file: &PartialFile, envelope: Option<&[u8]>) -> Result<()> {
        Ok(file.write_all_at(&self.header(envelope)?, 0)?)
    }

    fn header(&self, envelope: Option<&[u8]>) -> Result<Vec<u8>> {
        let backing =
            self.below.as_ref().map(|below| Backing { name: below.path.as_os_str().as_bytes(), format: below.driver });
        let fields = HeaderFields { compression: Codec::Deflate, envelope, backing };
        let (header, _) = encode_header(&self.layout, &self.tail, fields).ok_or_else(|| {
            EngineError::Unsuitable("the path of the image is longer than the 1023 bytes that qcow2 holds".to_owned())
        })?;
        Ok(header)
    }
}
