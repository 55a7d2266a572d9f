//! What a LUKS2 header must be before a passphrase is tried on it.

use super::metadata::{Config, Digest, Keyslot, Metadata, Requirements, Segment, parse_encryption, parse_number};
use super::{BINARY_HEADER_BYTES, FORMAT, Kdf};
use crate::luks::{ITERATIONS_MAX, STRIPES};
use crate::{ErrorKind, FormatError, Result};

/// Objects of a kind. Source: cryptsetup allows 32 keyslots and tokens.
const OBJECTS_MAX: usize = 32;
/// Most memory that a foreign header may make Argon2 take: cryptsetup's own default is 1 GiB.
const ARGON2_MEMORY_KIB_MAX: u32 = 1 << 20;
/// Most KiB that it may pass over: 64 times that memory, about a minute. Passes alone are no measure:
/// on 1 MiB cryptsetup calibrates to a thousand, on 1 GiB to four.
const ARGON2_WORK_KIB_MAX: u64 = 64 << 20;
const ARGON2_CPUS_MAX: u32 = 16;
/// Largest keyslot area, which is read whole: cryptsetup makes 258,048 bytes for the largest key.
const AREA_BYTES_MAX: u64 = 1 << 20;
const BASE64_TEXT_MAX: usize = 128;
/// Longest name of a cipher, a hash or a requirement. None has more than 40 characters.
const NAME_BYTES_MAX: usize = 64;
/// Number texts of objects, such as `31`.
const NUMBER_BYTES_MAX: usize = 3;
/// Keyslot areas are placed and sized in such units. Source: cryptsetup.
const AREA_UNIT_BYTES: u64 = 4096;
const REENCRYPTION: &str = "a reencryption is in progress; finish it with cryptsetup reencrypt --resume-only first";

pub(super) fn validate(metadata: &Metadata, header_size: u64, file_len: u64) -> Result<()> {
    let counts = [metadata.keyslots.len(), metadata.tokens.len(), metadata.segments.len(), metadata.digests.len()];
    if counts.iter().any(|&count| count > OBJECTS_MAX) {
        return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, "more than 32 objects of a kind"));
    }
    validate_names(metadata)?;
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
    let mut segments = metadata.segments.iter();
    let (Some((name, segment)), None) = (segments.next(), segments.next()) else {
        return Err(unsupported(format!("{} segments; exactly one is supported", metadata.segments.len())));
    };
    let areas_end = ranges.last().map_or(areas_start, |(_, end)| *end);
    let payload_min = validate_config(&metadata.config, header_size, areas_end)?;
    validate_segment(segment, payload_min, file_len)?;
    let mut covering = metadata.digests.values().filter(|digest| digest.segments.contains(name));
    let (Some(digest), None) = (covering.next(), covering.next()) else {
        return Err(invalid("exactly one digest must cover the payload"));
    };
    validate_digest(digest, metadata, segment)
}

/// Before anything else is looked at: an unknown requirement may change what all the rest means.
pub(super) fn validate_requirements(requirements: &Requirements) -> Result<()> {
    match requirements.mandatory.first() {
        None => Ok(()),
        Some(name) if name.contains("reencrypt") => Err(unsupported(REENCRYPTION)),
        Some(name) => {
            check_name(name)?;
            Err(unsupported(format!("requirement {name:?} is not known")))
        }
    }
}

/// Names of objects are numbers, and what they call by name is short and printable. After this, names
/// may stand in errors.
fn validate_names(metadata: &Metadata) -> Result<()> {
    let numbers = metadata
        .keyslots
        .keys()
        .chain(metadata.tokens.keys())
        .chain(metadata.segments.keys())
        .chain(metadata.digests.keys());
    for number in numbers {
        if number.is_empty() || number.len() > NUMBER_BYTES_MAX || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(invalid("the name of an object is no number"));
        }
    }
    for slot in metadata.keyslots.values() {
        check_name(&slot.area.encryption)?;
        if let Some(af) = &slot.af {
            check_name(&af.hash)?;
        }
        if let Some(Kdf::Pbkdf2 { hash, .. }) = &slot.kdf {
            check_name(hash)?;
        }
    }
    for segment in metadata.segments.values() {
        check_name(&segment.encryption)?;
    }
    for digest in metadata.digests.values() {
        check_name(&digest.hash)?;
    }
    Ok(())
}

fn check_name(name: &str) -> Result<()> {
    if name.len() > NAME_BYTES_MAX || !name.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(invalid("a name in the metadata is too long or not printable"));
    }
    Ok(())
}

/// Returns the first byte that the payload may have.
fn validate_config(config: &Config, header_size: u64, areas_end: u64) -> Result<u64> {
    if config.json_size != header_size.saturating_sub(BINARY_HEADER_BYTES as u64) {
        return Err(invalid(format!(
            "the metadata says that it has {} bytes; the header says {header_size} with its own 4096",
            config.json_size
        )));
    }
    let end = header_size.saturating_mul(2).saturating_add(config.keyslots_size);
    if !config.keyslots_size.is_multiple_of(AREA_UNIT_BYTES) || areas_end > end {
        return Err(invalid(format!(
            "keyslot areas end at byte {areas_end}; their {} bytes end at {end}",
            config.keyslots_size
        )));
    }
    Ok(end)
}

fn validate_digest(digest: &Digest, metadata: &Metadata, segment: &Segment) -> Result<()> {
    if digest.kind != "pbkdf2" {
        return Err(unsupported("the digest of the payload is not of PBKDF2"));
    }
    digest.hash()?;
    check_iterations("digest", digest.iterations)?;
    // An erased header has no keyslot any more: a size that every mode has shows whether the cipher is known.
    if digest.keyslots.is_empty() {
        parse_encryption(&segment.encryption, 32)?;
    }
    for name in &digest.keyslots {
        let Some(keyslot) = metadata.keyslots.get(name) else {
            return Err(invalid("the digest names a keyslot that does not exist"));
        };
        segment.cipher(keyslot.key_size)?;
    }
    let texts = [&digest.salt, &digest.digest];
    if texts.iter().any(|text| text.len() > BASE64_TEXT_MAX) {
        return Err(invalid("a digest or salt is too long"));
    }
    Ok(())
}

fn validate_keyslot(name: &str, slot: &Keyslot, areas_start: u64, file_len: u64) -> Result<(u64, u64)> {
    if slot.kind == "reencrypt" {
        return Err(unsupported(REENCRYPTION));
    }
    let (Some(af), Some(kdf)) = (&slot.af, &slot.kdf) else {
        return Err(invalid(format!("keyslot {name} has no splitter or no key derivation")));
    };
    if slot.kind != "luks2" || slot.area.kind != "raw" || af.kind != "luks1" || af.stripes != STRIPES {
        return Err(unsupported(format!("keyslot {name} is of a kind that is not known")));
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
        return Err(invalid(format!("the area of keyslot {name} lies in the headers")));
    }
    if end > file_len {
        let message = format!("the area of keyslot {name} ends after the end of the file");
        return Err(FormatError::new(FORMAT, ErrorKind::Truncated, message).at(slot.area.offset));
    }
    if slot.area.size > AREA_BYTES_MAX {
        let message = format!("the area of keyslot {name} has {} bytes; the limit is {AREA_BYTES_MAX}", slot.area.size);
        return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message));
    }
    Ok((slot.area.offset, end))
}

fn validate_kdf(name: &str, kdf: &Kdf) -> Result<()> {
    if kdf.salt().len() > BASE64_TEXT_MAX {
        return Err(invalid(format!("the salt of keyslot {name} is too long")));
    }
    match kdf {
        Kdf::Pbkdf2 { hash, iterations, .. } => {
            super::metadata::parse_hash(hash)?;
            check_iterations(&format!("keyslot {name}"), *iterations)
        }
        Kdf::Argon2i { time, memory, cpus, .. } | Kdf::Argon2id { time, memory, cpus, .. } => {
            let work_kib = u64::from(*time).saturating_mul(u64::from(*memory));
            let allowed = (1..=ARGON2_MEMORY_KIB_MAX).contains(memory)
                && (1..=ARGON2_WORK_KIB_MAX).contains(&work_kib)
                && (1..=ARGON2_CPUS_MAX).contains(cpus);
            if allowed {
                return Ok(());
            }
            let message = format!(
                "keyslot {name} asks Argon2 for {time} passes over {memory} KiB on {cpus} lanes; the limit is {ARGON2_MEMORY_KIB_MAX} KiB, {ARGON2_WORK_KIB_MAX} KiB in all passes, {ARGON2_CPUS_MAX} lanes"
            );
            Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message))
        }
    }
}

fn validate_segment(segment: &Segment, payload_min: u64, file_len: u64) -> Result<()> {
    if segment.kind != "crypt" || segment.integrity.is_some() || !segment.flags.is_empty() {
        return Err(unsupported("the payload is not a plain crypt segment (linear, integrity or reencryption)"));
    }
    if !matches!(segment.sector_size, 512 | 1024 | 2048 | 4096) {
        return Err(invalid(format!("a sector size of {} bytes is not allowed", segment.sector_size)));
    }
    if !segment.offset.is_multiple_of(u64::from(segment.sector_size)) || segment.offset < payload_min {
        return Err(invalid(format!("the payload at byte {} is not possible", segment.offset)));
    }
    let unit = u64::from(segment.sector_size);
    let is_whole = |size: u64| size > 0 && size.is_multiple_of(unit);
    if segment.size != "dynamic" && !parse_number(&segment.size).is_some_and(is_whole) {
        return Err(invalid("the payload's size is no number of whole sectors"));
    }
    if segment.offset.saturating_add(segment.len(file_len)) > file_len || segment.offset > file_len {
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
        let message = format!("{what} asks for {iterations} iterations; the limit is {ITERATIONS_MAX}");
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
