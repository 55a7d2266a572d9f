use super::extension::FeatureName;

/// Incompatible features that this reader knows. Source: qcow2.txt, byte 72.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Feature {
    /// Refcounts may be wrong. L1 and L2 are right, so reading is safe.
    Dirty = 0,
    /// Any metadata may be wrong.
    Corrupt = 1,
    /// Data lies in another file.
    ExternalDataFile = 2,
    /// Byte 104 names the compression.
    CompressionType = 3,
    /// 16-byte L2 entries with 32 subclusters.
    ExtendedL2 = 4,
}

impl Feature {
    /// Whether `bits` has it.
    #[must_use]
    pub fn is_in(self, bits: u64) -> bool {
        bits & self.mask() != 0
    }

    pub(super) fn mask(self) -> u64 {
        1u64.wrapping_shl(self as u32)
    }
}

/// Incompatible bits that this reader does not know, each with the name that
/// the image gives it, as text for an error or a report.
#[must_use]
pub fn unknown_incompatible(bits: u64, names: &[FeatureName]) -> Vec<String> {
    const INCOMPATIBLE: u8 = 0;
    (0..64u8)
        .filter(|bit| *bit > Feature::ExtendedL2 as u8 && bits.wrapping_shr(u32::from(*bit)) & 1 == 1)
        .map(|bit| match names.iter().find(|n| n.kind == INCOMPATIBLE && n.bit == bit) {
            Some(known) => format!("bit {bit} ({})", known.name),
            None => format!("bit {bit}"),
        })
        .collect()
}
