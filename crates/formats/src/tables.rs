//! What the walkers of VHD, VHDX and VMDK share: tables that are read in windows, runs that grow.

use crate::{ErrorKind, Extent, FormatError, Mapping, Result, Step, Walk};

/// Bytes of a table that are in memory at once.
pub(crate) const WINDOW_BYTES: u64 = 64 << 10;

/// Consecutive bytes of the file that hold entries of a table.
#[derive(Debug, Default)]
pub(crate) struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// `len` bytes at byte `at` of the file, if they are here.
    pub(crate) fn bytes(&self, at: u64, len: usize) -> Option<&[u8]> {
        let from = usize::try_from(at.checked_sub(self.start)?).ok()?;
        self.bytes.get(from..from.checked_add(len)?)
    }

    fn array<const N: usize>(&self, at: u64) -> Option<[u8; N]> {
        self.bytes(at, N)?.try_into().ok()
    }

    pub(crate) fn be_u32(&self, at: u64) -> Option<u32> {
        self.array(at).map(u32::from_be_bytes)
    }

    pub(crate) fn le_u32(&self, at: u64) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    pub(crate) fn le_u64(&self, at: u64) -> Option<u64> {
        self.array(at).map(u64::from_le_bytes)
    }

    fn fill(&mut self, start: u64, bytes: &[u8]) {
        self.start = start;
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
    }
}

/// A part of a table that has to be read: from `at` to the end of the table, a window at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need<T> {
    pub(crate) table: T,
    pub(crate) at: u64,
    pub(crate) len: usize,
}

impl<T> Need<T> {
    /// `end`: first byte after the table, which lies inside the file.
    pub(crate) fn until(table: T, at: u64, end: u64) -> Self {
        Self { table, at, len: end.saturating_sub(at).min(WINDOW_BYTES) as usize }
    }
}

/// What a look at the tables came to.
pub(crate) enum Found<T> {
    Need(Need<T>),
    Extent(Extent),
    End,
}

/// The part of a walk that differs from format to format.
pub(crate) trait Tables: Send {
    const FORMAT: &'static str;
    /// Names the tables.
    type Table: Copy + Send;

    /// The next piece of the disk in guest order, or what must be read to know it.
    fn find(&mut self) -> Result<Found<Self::Table>>;

    fn window(&mut self, table: Self::Table) -> &mut Window;
}

/// Turns pieces into runs, and needs into reads.
pub(crate) struct Walker<T: Tables> {
    tables: T,
    asked: Option<Need<T::Table>>,
    /// The run that still grows.
    run: Option<Extent>,
}

impl<T: Tables> Walker<T> {
    pub(crate) fn new(tables: T) -> Self {
        Self { tables, asked: None, run: None }
    }
}

impl<T: Tables> Walk for Walker<T> {
    fn step(&mut self) -> Result<Step> {
        loop {
            match self.tables.find()? {
                Found::Need(need) => {
                    self.asked = Some(need);
                    return Ok(Step::Read { offset: need.at, len: need.len });
                }
                Found::End => return Ok(self.run.take().map_or(Step::End, Step::Extent)),
                Found::Extent(next) => match self.run.replace(next) {
                    None => {}
                    Some(run) => match merge(&run, &next) {
                        Some(merged) => self.run = Some(merged),
                        None => return Ok(Step::Extent(run)),
                    },
                },
            }
        }
    }

    fn supply(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(need) = self.asked.take() else { return Ok(()) };
        if bytes.len() != need.len {
            let message = format!("table read gave {} of {} bytes", bytes.len(), need.len);
            return Err(FormatError::new(T::FORMAT, ErrorKind::Truncated, message).at(need.at));
        }
        self.tables.window(need.table).fill(need.at, bytes);
        Ok(())
    }
}

/// The run that two neighbours make together, if they are of one kind.
pub(crate) fn merge(first: &Extent, second: &Extent) -> Option<Extent> {
    let same = match (first.mapping, second.mapping) {
        (Mapping::Zero, Mapping::Zero) | (Mapping::Unallocated, Mapping::Unallocated) => true,
        (Mapping::Data(a), Mapping::Data(b)) => a.0.checked_add(first.len) == Some(b.0),
        _ => false,
    };
    same.then(|| Extent { len: first.len.saturating_add(second.len), ..*first })
}

/// Counts the bytes that table entries claim for themselves.
///
/// Entries of a sound image never overlap, so their claims fit into the file. Without this
/// limit a small file whose entries all name one block would be work without end (R20).
#[derive(Debug)]
pub(crate) struct Claims {
    left: u64,
}

impl Claims {
    pub(crate) fn new(file_len: u64) -> Self {
        Self { left: file_len }
    }

    /// Takes `len` bytes of the file; `false` when entries must overlap.
    #[must_use]
    pub(crate) fn take(&mut self, len: u64) -> bool {
        match self.left.checked_sub(len) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GuestOffset, HostOffset};

    fn extent(guest: u64, len: u64, mapping: Mapping) -> Extent {
        Extent { guest: GuestOffset(guest), len, mapping }
    }

    /// Only neighbours of one kind, and of consecutive bytes, are one run.
    #[test]
    fn runs_merge_only_when_nothing_is_lost() {
        let data = |host| Mapping::Data(HostOffset(host));
        let cases = [
            (Mapping::Zero, Mapping::Zero, true),
            (Mapping::Unallocated, Mapping::Unallocated, true),
            (Mapping::Zero, Mapping::Unallocated, false),
            (data(512), data(1024), true),
            (data(512), data(1536), false),
            (data(512), Mapping::Zero, false),
            (data(u64::MAX), data(511), false),
        ];
        for (first, second, is_one) in cases {
            let merged = merge(&extent(0, 512, first), &extent(512, 512, second));
            assert_eq!(merged, is_one.then(|| extent(0, 1024, first)), "{first:?} and {second:?}");
        }
    }

    /// Bytes outside of the window are not invented.
    #[test]
    fn a_window_gives_only_what_it_holds() {
        let mut window = Window::default();
        assert_eq!(window.be_u32(0), None);
        window.fill(100, &[1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(window.be_u32(100), Some(0x0102_0304));
        assert_eq!(window.le_u32(104), Some(0x0807_0605));
        for at in [0, 96, 99, 105, u64::MAX] {
            assert_eq!(window.be_u32(at), None, "at {at}");
        }
    }

    /// Claims end where the file ends.
    #[test]
    fn claims_beyond_the_file_are_told() {
        let mut claims = Claims::new(1000);
        assert!(claims.take(600) && claims.take(400));
        assert!(!claims.take(1));
    }
}
