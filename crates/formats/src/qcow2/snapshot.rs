use super::FORMAT;
use super::extension::safe_text;
use crate::Result;
use crate::fields::Fields;

/// Bytes of the snapshot table that a report needs: the first names of any sane table.
pub const SNAPSHOT_TABLE_READ_MAX: u64 = 64 << 10;

/// Fixed part of an entry. Source: qcow2.txt, "Snapshots".
const ENTRY_BYTES: usize = 40;

/// An internal snapshot. Its data is not read; it is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Unique id, as text for people.
    pub id: String,
    /// Name, as text for people.
    pub name: String,
    /// Bytes of VM state.
    pub vm_state_bytes: u64,
}

/// Decodes as many entries as `bytes` holds, at most `count`.
///
/// A table that goes on after `bytes` is no error: the list is for a report.
#[must_use]
pub fn decode_snapshots(bytes: &[u8], count: u32) -> Vec<Snapshot> {
    let mut snapshots = Vec::new();
    let mut at = 0;
    while (snapshots.len() as u64) < u64::from(count) {
        let Some(Ok((snapshot, len))) = bytes.get(at..).map(decode_entry) else {
            break;
        };
        snapshots.push(snapshot);
        at = at.saturating_add(len);
    }
    snapshots
}

fn decode_entry(bytes: &[u8]) -> Result<(Snapshot, usize)> {
    let fields = Fields::new(bytes, FORMAT, "snapshot table");
    let id_len = usize::from(fields.be_u16(12)?);
    let name_len = usize::from(fields.be_u16(14)?);
    let mut vm_state_bytes = u64::from(fields.be_u32(32)?);
    let extra_len = fields.be_u32(36)? as usize;
    // Version 3 tables carry the 64-bit size in the extra data.
    if extra_len >= 8 {
        vm_state_bytes = fields.be_u64(ENTRY_BYTES)?;
    }
    let id_at = ENTRY_BYTES.saturating_add(extra_len);
    let name_at = id_at.saturating_add(id_len);
    let snapshot = Snapshot {
        id: safe_text(fields.bytes(id_at, id_len)?),
        name: safe_text(fields.bytes(name_at, name_len)?),
        vm_state_bytes,
    };
    Ok((snapshot, name_at.saturating_add(name_len).next_multiple_of(8)))
}
