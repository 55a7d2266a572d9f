//! Decompresses and compresses one unit: a qcow2 cluster or a VMDK grain.

use std::io;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use zstd::stream::raw::{CParameter, DParameter, Decoder, Encoder, InBuffer, Operation, OutBuffer};

use crate::{Codec, ErrorKind, FormatError, Result};

/// QEMU inflates clusters with a window of 2^12 bytes, so nothing may be deflated with a larger one.
const QEMU_DEFLATE_WINDOW_BITS: u8 = 12;
/// Largest zstd window that is accepted: a cluster has at most 2 MiB, so more is an attack on memory.
const ZSTD_WINDOW_LOG_MAX: u32 = 22;
/// QEMU's own levels, which trade ratio for speed as its users expect.
const ZSTD_LEVEL: i32 = 3;

/// Decompresses units one after the other, with memory that is kept between them.
#[derive(Default)]
pub struct Decompressor {
    deflate: Option<Decompress>,
    zlib: Option<Decompress>,
    zstd: Option<Decoder<'static>>,
}

impl Decompressor {
    /// A decompressor that has not taken memory yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Fills `output` from the compressed bytes in `input`. What follows them in `input` is ignored.
    ///
    /// Errors: the data is damaged, or ends before `output` is full. Never zeros in place of data.
    pub fn decompress(&mut self, codec: Codec, input: &[u8], output: &mut [u8]) -> Result<()> {
        match codec {
            Codec::Deflate => inflate(self.deflate.get_or_insert_with(|| Decompress::new(false)), false, input, output),
            Codec::Zlib => inflate(self.zlib.get_or_insert_with(|| Decompress::new(true)), true, input, output),
            Codec::Zstd => {
                let decoder = match &mut self.zstd {
                    Some(decoder) => decoder,
                    empty => empty.insert(new_zstd_decoder().map_err(|e| damaged("zstd", &e.to_string()))?),
                };
                unzstd(decoder, input, output)
            }
        }
    }
}

fn inflate(state: &mut Decompress, zlib_header: bool, input: &[u8], output: &mut [u8]) -> Result<()> {
    state.reset(zlib_header);
    let name = if zlib_header { "zlib" } else { "deflate" };
    match state.decompress(input, output, FlushDecompress::Finish) {
        Ok(_) if state.total_out() == output.len() as u64 => Ok(()),
        Ok(Status::StreamEnd) => Err(damaged(name, "the data ends before the unit is full")),
        Ok(_) => Err(damaged(name, "the data is cut off")),
        Err(e) => Err(damaged(name, &e.to_string())),
    }
}

fn new_zstd_decoder() -> io::Result<Decoder<'static>> {
    let mut decoder = Decoder::new()?;
    decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG_MAX))?;
    Ok(decoder)
}

fn unzstd(decoder: &mut Decoder<'_>, input: &[u8], output: &mut [u8]) -> Result<()> {
    let failed = |e: io::Error| damaged("zstd", &e.to_string());
    decoder.reinit().map_err(failed)?;
    let wanted = output.len();
    let mut input = InBuffer::around(input);
    let mut output = OutBuffer::around(output);
    while output.pos() < wanted {
        let before = (input.pos(), output.pos());
        decoder.run(&mut input, &mut output).map_err(failed)?;
        if (input.pos(), output.pos()) == before {
            return Err(damaged("zstd", "the data is cut off"));
        }
    }
    Ok(())
}

/// Compresses units one after the other.
pub struct Compressor {
    codec: Codec,
    deflate: Compress,
    zstd: Encoder<'static>,
}

impl Compressor {
    /// A compressor for qcow2 clusters.
    ///
    /// Errors: the library could not be set up (out of memory).
    pub fn new(codec: Codec) -> Result<Self> {
        let failed = |e: io::Error| damaged("zstd", &e.to_string());
        let mut zstd = Encoder::new(ZSTD_LEVEL).map_err(failed)?;
        zstd.set_parameter(CParameter::ContentSizeFlag(true)).map_err(failed)?;
        Ok(Self { codec, deflate: new_deflate(codec), zstd })
    }

    /// Compresses `unit` into `output`; returns the bytes used, or `None` when they would be more
    /// than `output` holds: then the unit is better stored as it is.
    pub fn compress(&mut self, unit: &[u8], output: &mut [u8]) -> Result<Option<usize>> {
        match self.codec {
            Codec::Deflate | Codec::Zlib => {
                self.deflate.reset();
                let status = self.deflate.compress(unit, output, FlushCompress::Finish);
                match status.map_err(|e| damaged("deflate", &e.to_string()))? {
                    Status::StreamEnd => Ok(usize::try_from(self.deflate.total_out()).ok()),
                    Status::Ok | Status::BufError => {
                        // Not `reset`: zlib-rs 0.6.8 keeps its place in output that was not taken,
                        // loses that much of its buffer, and panics after some such units.
                        self.deflate = new_deflate(self.codec);
                        Ok(None)
                    }
                }
            }
            Codec::Zstd => {
                let failed = |e: io::Error| damaged("zstd", &e.to_string());
                self.zstd.reinit().map_err(failed)?;
                self.zstd.set_pledged_src_size(Some(unit.len() as u64)).map_err(failed)?;
                let mut input = InBuffer::around(unit);
                let mut output = OutBuffer::around(output);
                self.zstd.run(&mut input, &mut output).map_err(failed)?;
                let left = self.zstd.finish(&mut output, true).map_err(failed)?;
                Ok((left == 0 && input.pos() == unit.len()).then(|| output.pos()))
            }
        }
    }
}

fn new_deflate(codec: Codec) -> Compress {
    Compress::new_with_window_bits(Compression::default(), codec == Codec::Zlib, QEMU_DEFLATE_WINDOW_BITS)
}

fn damaged(codec: &'static str, reason: &str) -> FormatError {
    FormatError::new("compressed data", ErrorKind::Invalid, format!("{codec}: {reason}; the image is damaged"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODECS: [Codec; 3] = [Codec::Deflate, Codec::Zlib, Codec::Zstd];

    fn unit() -> Vec<u8> {
        (0..65_536u32).map(|i| (i / 7 % 251) as u8).collect()
    }

    #[test]
    fn a_unit_comes_back_and_what_follows_it_is_ignored() {
        for codec in CODECS {
            let mut compressed = vec![0xaa; 65_536];
            let len = Compressor::new(codec).unwrap().compress(&unit(), &mut compressed).unwrap().unwrap();
            assert!(len < 32_768, "{codec:?}: {len}");
            let mut decompressor = Decompressor::new();
            for _ in 0..2 {
                let mut output = vec![0; 65_536];
                decompressor.decompress(codec, &compressed[..len + 100], &mut output).unwrap();
                assert_eq!(output, unit(), "{codec:?}");
            }
        }
    }

    #[test]
    fn a_unit_that_is_cut_off_is_an_error_at_every_length() {
        for codec in CODECS {
            let mut compressed = vec![0; 65_536];
            let len = Compressor::new(codec).unwrap().compress(&unit(), &mut compressed).unwrap().unwrap();
            let mut output = vec![0; 65_536];
            // The checksum at the end of a zlib stream is after the data: 16 bytes less is surely short.
            for cut in (0..len - 16).step_by(37) {
                let result = Decompressor::new().decompress(codec, &compressed[..cut], &mut output);
                assert!(result.is_err(), "{codec:?} cut to {cut} of {len} bytes was taken");
            }
        }
    }

    #[test]
    fn a_unit_that_does_not_shrink_is_told() {
        let noise: Vec<u8> =
            (0..4096u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8 ^ (i * i % 251) as u8).collect();
        for codec in CODECS {
            let mut small = vec![0; 100];
            assert_eq!(Compressor::new(codec).unwrap().compress(&noise, &mut small).unwrap(), None, "{codec:?}");
        }
    }

    #[test]
    fn a_bomb_gives_one_unit_at_most() {
        let zeros = vec![0; 2 << 20];
        for codec in CODECS {
            let mut compressed = vec![0; 65_536];
            let len = Compressor::new(codec).unwrap().compress(&zeros, &mut compressed).unwrap().unwrap();
            let mut output = vec![1; 512];
            Decompressor::new().decompress(codec, &compressed[..len], &mut output).unwrap();
            assert!(output.iter().all(|&b| b == 0));
        }
    }
}
