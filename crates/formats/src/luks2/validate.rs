//! What a LUKS2 header must be before a passphrase is tried on it.

use super::metadata::{Keyslot, Metadata, Segment};
use super::{FORMAT, Kdf};
use crate::luks::{ITERATIONS_MAX, STRIPES};
use crate::{ErrorKind, FormatError, Result};

/// Objects of a kind. Source: cryptsetup allows 32 keyslots and tokens.
const OBJECTS_MAX: usize = 32;
/// Most memory that a foreign header may make Argon2 take: cryptsetup's own default is 1 GiB.
const ARGON2_MEMORY_KIB_MAX: u32 = 1 << 20;
/// Most passes at that memory: cryptsetup calibrates to four or so.
const ARGON2_TIME_MAX: u32 = 64;
const ARGON2_CPUS_MAX: u32 = 16;
const BASE64_TEXT_MAX: usize = 128;

pub(super) fn validate(metadata: &Metadata, header_size: u64, file_len: u64) -> Result<()> {
    let counts = [
        metadata.keyslots.len(),
        metadata.tokens.len(),
        metadata.segments.len(),
        metadata.digests.len(),
    ];
    if counts.iter().any(|&count| count > OBJECTS_MAX) {
        return Err(FormatError::new(
            FORMAT,
            ErrorKind::TooLarge,
            "more than 32 objects of a kind",
        ));
    }
    validate_requirements(metadata)?;
    let areas_start = header_size.saturating_mul(2);
    let mut ranges = Vec::new();
    for (name, slot) in &metadata.keyslots {
        ranges.push(validate_keyslot(name, slot, areas_start, file_len)?);
    }
    ranges.sort_unstable();
    for pair in ranges.windows(2) {
        if let [(_, end), (start, _)] = pair
            && start < end
        {
            return Err(invalid(format!("keyslot areas overlap at byte {start}")));
        }
    }
    let mut segments = metadata.segments.values();
    let (Some(segment), None) = (segments.next(), segments.next()) else {
        return Err(unsupported(format!(
            "{} segments; exactly one is supported",
            metadata.segments.len()
        )));
    };
    let areas_end = ranges.last().map_or(areas_start, |(_, end)| *end);
    validate_segment(segment, areas_end, file_len)?;
    let Some(digest) = metadata.payload_digest() else {
        return Err(invalid("no digest covers the payload"));
    };
    digest.hash()?;
    check_iterations("digest", digest.iterations)?;
    for keyslot in digest
        .keyslots
        .iter()
        .filter_map(|name| metadata.keyslots.get(name))
    {
        segment.cipher(keyslot.key_size)?;
    }
    let texts = [&digest.salt, &digest.digest];
    if texts.iter().any(|text| text.len() > BASE64_TEXT_MAX) {
        return Err(invalid("a digest or salt is too long"));
    }
    Ok(())
}

fn validate_requirements(metadata: &Metadata) -> Result<()> {
    let Some(requirements) = &metadata.config.requirements else {
        return Ok(());
    };
    match requirements.mandatory.first() {
        None => Ok(()),
        Some(name) if name.contains("reencrypt") => Err(unsupported(
            "a reencryption is in progress; finish it with cryptsetup reencrypt --resume-only first",
        )),
        Some(name) => Err(unsupported(format!("requirement {name:?} is not known"))),
    }
}

fn validate_keyslot(
    name: &str,
    slot: &Keyslot,
    areas_start: u64,
    file_len: u64,
) -> Result<(u64, u64)> {
    if slot.kind == "reencrypt" {
        return Err(unsupported(
            "a reencryption is in progress; finish it with cryptsetup reencrypt --resume-only first",
        ));
    }
    let (Some(af), Some(kdf)) = (&slot.af, &slot.kdf) else {
        return Err(invalid(format!(
            "keyslot {name} has no splitter or no key derivation"
        )));
    };
    if slot.kind != "luks2"
        || slot.area.kind != "raw"
        || af.kind != "luks1"
        || af.stripes != STRIPES
    {
        return Err(unsupported(format!(
            "keyslot {name} is of a kind that is not known"
        )));
    }
    af.hash()?;
    slot.area.cipher()?;
    validate_kdf(name, kdf)?;
    let needed = u64::from(slot.key_size).saturating_mul(u64::from(STRIPES));
    let end = slot.area.offset.saturating_add(slot.area.size);
    if slot.key_size == 0 || slot.key_size > 64 || slot.area.size < needed {
        return Err(invalid(format!(
            "keyslot {name} has a key of {} bytes in an area of {}",
            slot.key_size, slot.area.size
        )));
    }
    if slot.area.offset < areas_start {
        return Err(invalid(format!(
            "the area of keyslot {name} lies in the headers"
        )));
    }
    if end > file_len {
        let message = format!("the area of keyslot {name} ends after the end of the file");
        return Err(FormatError::new(FORMAT, ErrorKind::Truncated, message).at(slot.area.offset));
    }
    Ok((slot.area.offset, end))
}

fn validate_kdf(name: &str, kdf: &Kdf) -> Result<()> {
    if kdf.salt().len() > BASE64_TEXT_MAX {
        return Err(invalid(format!("the salt of keyslot {name} is too long")));
    }
    match kdf {
        Kdf::Pbkdf2 {
            hash, iterations, ..
        } => {
            super::metadata::parse_hash(hash)?;
            check_iterations(&format!("keyslot {name}"), *iterations)
        }
        Kdf::Argon2i {
            time, memory, cpus, ..
        }
        | Kdf::Argon2id {
            time, memory, cpus, ..
        } => {
            let allowed = (1..=ARGON2_TIME_MAX).contains(time)
                && (1..=ARGON2_MEMORY_KIB_MAX).contains(memory)
                && (1..=ARGON2_CPUS_MAX).contains(cpus);
            if allowed {
                return Ok(());
            }
            let message = format!(
                "keyslot {name} asks Argon2 for {time} passes over {memory} KiB on {cpus} lanes; the limit is {ARGON2_TIME_MAX} over {ARGON2_MEMORY_KIB_MAX} on {ARGON2_CPUS_MAX}"
            );
            Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message))
        }
    }
}

fn validate_segment(segment: &Segment, areas_end: u64, file_len: u64) -> Result<()> {
    if segment.kind != "crypt" || segment.integrity.is_some() || !segment.flags.is_empty() {
        return Err(unsupported(
            "the payload is not a plain crypt segment (linear, integrity or reencryption)",
        ));
    }
    if !matches!(segment.sector_size, 512 | 1024 | 2048 | 4096) {
        return Err(invalid(format!(
            "a sector size of {} bytes is not allowed",
            segment.sector_size
        )));
    }
    if !segment
        .offset
        .is_multiple_of(u64::from(segment.sector_size))
        || segment.offset < areas_end
    {
        return Err(invalid(format!(
            "the payload at byte {} is not possible",
            segment.offset
        )));
    }
    if segment.size != "dynamic" && segment.size.parse::<u64>().is_err() {
        return Err(invalid("the payload's size is no number"));
    }
    if segment.offset.saturating_add(segment.len(file_len)) > file_len || segment.offset > file_len
    {
        let message = "the payload ends after the end of the file";
        return Err(FormatError::new(FORMAT, ErrorKind::Truncated, message).at(segment.offset));
    }
    Ok(())
}

fn check_iterations(what: &str, iterations: u32) -> Result<()> {
    if iterations == 0 {
        return Err(invalid(format!("{what} has 0 iterations")));
    }
    if iterations > ITERATIONS_MAX {
        let message =
            format!("{what} asks for {iterations} iterations; the limit is {ITERATIONS_MAX}");
        return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message));
    }
    Ok(())
}

fn invalid(message: impl Into<String>) -> FormatError {
    FormatError::new(FORMAT, ErrorKind::Invalid, message)
}

fn unsupported(message: impl Into<String>) -> FormatError {
    FormatError::new(FORMAT, ErrorKind::Unsupported, message)
}
