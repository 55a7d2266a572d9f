//! Reads a segment: gathers its pieces, decompresses, decrypts.

use std::sync::Arc;

use crypto::sector::SectorCipher;
use formats::codec::Decompressor;
use formats::{Codec, HostOffset, Mapping};

use crate::error::{EngineError, Result};
use crate::segment::Segment;
use crate::stack::{Layer, LayerCipher, Piece};

/// One worker's reader. Holds the key schedules, so it stays in its thread.
pub(crate) struct SegmentReader {
    layers: Arc<Vec<Layer>>,
    ciphers: Vec<Option<LayerReader>>,
    decompressor: Decompressor,
    compressed: Vec<u8>,
    unit: Vec<u8>,
}

struct LayerReader {
    cipher: SectorCipher,
    rule: LayerCipher,
}

impl SegmentReader {
    pub(crate) fn new(layers: Arc<Vec<Layer>>) -> Result<Self> {
        let ciphers = layers
            .iter()
            .map(|layer| {
                let Some(rule) = &layer.cipher else { return Ok(None) };
                let cipher = SectorCipher::new(rule.kind, &rule.key).map_err(EngineError::crypto("data cipher"))?;
                Ok(Some(LayerReader { cipher, rule: rule.clone() }))
            })
            .collect::<Result<_>>()?;
        Ok(Self { layers, ciphers, decompressor: Decompressor::new(), compressed: Vec::new(), unit: Vec::new() })
    }

    /// Fills `buffer[..segment.len]` with the guest's plaintext.
    pub(crate) fn fill(&mut self, segment: &Segment, buffer: &mut [u8]) -> Result<()> {
        let mut done = 0;
        for piece in &segment.pieces {
            let start = (piece.guest - segment.guest) as usize;
            let end = start + piece.len as usize;
            buffer[done..start].fill(0);
            self.read(piece, &mut buffer[start..end])?;
            done = end;
        }
        buffer[done..segment.len as usize].fill(0);
        Ok(())
    }

    fn read(&mut self, piece: &Piece, out: &mut [u8]) -> Result<()> {
        match piece.mapping {
            Mapping::Zero | Mapping::Unallocated => out.fill(0),
            Mapping::Data(host) => self.read_data(piece, host, out)?,
            Mapping::Compressed { host, host_len_max, unit_len, codec } => {
                self.read_unit(piece, host, host_len_max, unit_len, codec)?;
                let skip = piece.skip as usize;
                out.copy_from_slice(&self.unit[skip..skip + out.len()]);
            }
        }
        Ok(())
    }

    fn read_data(&mut self, piece: &Piece, host: HostOffset, out: &mut [u8]) -> Result<()> {
        let layer = &self.layers[piece.layer];
        let file = layer.data_file.as_ref().unwrap_or(&layer.file);
        match &mut self.ciphers[piece.layer] {
            // A plain file may end inside its last cluster or sector: the rest reads as zeros.
            None => {
                let n = file.read_up_to_at(out, host.0)?;
                out[n..].fill(0);
            }
            // Under encryption zeros past the end would decrypt to noise: the file must be whole.
            // A layer above may have smaller units than this one encrypts as one.
            Some(LayerReader { rule, .. }) if !is_whole(piece, rule.sector_bytes as u64) => {
                self.read_around(piece, host, out)?;
            }
            Some(LayerReader { cipher, rule }) => {
                file.read_exact_at(out, host.0)?;
                cipher
                    .decrypt(rule.sector_of(host.0), rule.sector_bytes, out)
                    .map_err(EngineError::crypto("decryption"))?;
            }
        }
        Ok(())
    }

    /// Decrypts the whole units that a piece lies in, and takes its part of them.
    fn read_around(&mut self, piece: &Piece, host: HostOffset, out: &mut [u8]) -> Result<()> {
        let Some(LayerReader { cipher, rule }) = &mut self.ciphers[piece.layer] else { return Ok(()) };
        let unit = rule.sector_bytes as u64;
        let before = piece.guest % unit;
        let start = host.0 - before;
        self.unit.resize((before + piece.len).next_multiple_of(unit) as usize, 0);
        self.layers[piece.layer].file.read_exact_at(&mut self.unit, start)?;
        cipher
            .decrypt(rule.sector_of(start), rule.sector_bytes, &mut self.unit)
            .map_err(EngineError::crypto("decryption"))?;
        out.copy_from_slice(&self.unit[before as usize..before as usize + out.len()]);
        Ok(())
    }

    fn read_unit(&mut self, piece: &Piece, host: HostOffset, len_max: u32, unit_len: u32, codec: Codec) -> Result<()> {
        let layer = &self.layers[piece.layer];
        self.compressed.resize(len_max as usize, 0);
        self.unit.resize(unit_len as usize, 0);
        // Short reads are legal: the last compressed cluster need not fill its sectors.
        let n = layer.file.read_up_to_at(&mut self.compressed, host.0)?;
        self.decompressor
            .decompress(codec, &self.compressed[..n], &mut self.unit)
            .map_err(|e| EngineError::format(layer.file.path())(e.at(host.0)))
    }
}

/// Whether a piece begins and ends with units of this many bytes.
fn is_whole(piece: &Piece, unit: u64) -> bool {
    (piece.guest | piece.len).is_multiple_of(unit)
}
