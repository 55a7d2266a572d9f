use super::SECTOR_BYTES;

/// Most that the fields hold by the specification: about 127.5 GiB.
const CYLINDERS_MAX: u64 = 65_535;
const HEADS_MAX: u64 = 16;
const SECTORS_MAX: u64 = 255;
/// Cylinders that an old BIOS could address.
const BIOS_CYLINDERS: u64 = 1024;

/// Cylinders, heads and sectors per track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Cylinders.
    pub cylinders: u16,
    /// Heads, or tracks per cylinder.
    pub heads: u8,
    /// Sectors per track.
    pub sectors: u8,
}

impl Geometry {
    /// The largest one. It says nothing about the size of a disk: readers take the size field then.
    pub const MAX: Self = Self { cylinders: 65_535, heads: 16, sectors: 255 };

    /// Bytes that it addresses.
    #[must_use]
    pub fn bytes(self) -> u64 {
        let tracks = u64::from(self.cylinders).saturating_mul(u64::from(self.heads));
        tracks.saturating_mul(u64::from(self.sectors)).saturating_mul(SECTOR_BYTES)
    }

    /// What the specification's algorithm gives for a disk of `size` bytes. It addresses at most
    /// `size`, mostly a little less.
    #[must_use]
    pub fn nearest(size: u64) -> Self {
        let total = size.wrapping_div(SECTOR_BYTES).min(CYLINDERS_MAX.saturating_mul(HEADS_MAX * SECTORS_MAX));
        let (sectors, heads) = if total >= CYLINDERS_MAX.saturating_mul(HEADS_MAX * 63) {
            (SECTORS_MAX, HEADS_MAX)
        } else {
            small_disk(total)
        };
        let cylinders = total.checked_div(sectors.saturating_mul(heads)).unwrap_or(0);
        Self {
            cylinders: u16::try_from(cylinders).unwrap_or(u16::MAX),
            heads: u8::try_from(heads).unwrap_or(u8::MAX),
            sectors: u8::try_from(sectors).unwrap_or(u8::MAX),
        }
    }

    /// The geometry to write: the specification's one where it is exact, else the largest.
    ///
    /// QEMU before 10 (7.2 was seen) takes the size from the geometry when it does not know the
    /// creator, and would cut the disk; with the largest geometry every version takes the size field.
    #[must_use]
    pub fn exact(size: u64) -> Self {
        let nearest = Self::nearest(size);
        if nearest.bytes() == size { nearest } else { Self::MAX }
    }
}

/// Sectors per track and heads, in the order in which the specification tries them.
fn small_disk(total: u64) -> (u64, u64) {
    let tracks = total.wrapping_div(17);
    let heads = tracks.div_ceil(BIOS_CYLINDERS).max(4);
    if heads <= HEADS_MAX && tracks < heads.saturating_mul(BIOS_CYLINDERS) {
        return (17, heads);
    }
    if total.wrapping_div(31) < HEADS_MAX.saturating_mul(BIOS_CYLINDERS) { (31, HEADS_MAX) } else { (63, HEADS_MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chs(cylinders: u16, heads: u8, sectors: u8) -> Geometry {
        Geometry { cylinders, heads, sectors }
    }

    /// Values that qemu-img 10.0.2 wrote, which rounds sizes up until the geometry addresses them.
    #[test]
    fn geometries_are_those_of_the_specification() {
        let cases = [
            (0, chs(0, 4, 17)),
            (8_390_656, chs(241, 4, 17)),
            (104_865_792, chs(1004, 12, 17)),
            (209_764_352, chs(826, 16, 31)),
            (629_637_120, chs(1220, 16, 63)),
            (10_737_893_376, chs(20_806, 16, 63)),
            (130 << 30, Geometry::MAX),
            (2040 << 30, Geometry::MAX),
        ];
        for (size, expected) in cases {
            assert_eq!(Geometry::nearest(size), expected, "{size} bytes");
        }
    }

    /// Never more than the disk has, so that no reader looks behind its end.
    #[test]
    fn the_nearest_geometry_never_addresses_more_than_the_disk() {
        for size in (0..400u64).map(|n| n * n * n * 40_960) {
            assert!(Geometry::nearest(size).bytes() <= size, "{size} bytes");
        }
    }

    /// A size that the geometry cannot say is left to the size field.
    #[test]
    fn only_exact_geometries_are_written() {
        assert_eq!(Geometry::exact(8_390_656), chs(241, 4, 17));
        assert_eq!(Geometry::exact(8 << 20), Geometry::MAX);
    }
}
