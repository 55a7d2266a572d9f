/// Alignment and granularity of [`PageBuffer`], in bytes. Every file system
/// that we met accepts O_DIRECT at this alignment.
pub const PAGE_BYTES: usize = 4096;

/// Page-aligned bytes, so that the same buffer serves cached and direct I/O.
pub struct PageBuffer {
    /// A page more than is used, for the alignment. Never grows, so it stays where it is.
    memory: Box<[u8]>,
    start: usize,
}

impl PageBuffer {
    /// A zeroed buffer of at least `len` bytes, rounded up to whole pages. Pages that nobody writes to take no memory.
    #[must_use]
    pub fn zeroed(len: usize) -> Self {
        let memory = vec![0; len.next_multiple_of(PAGE_BYTES) + PAGE_BYTES].into_boxed_slice();
        let start = memory.as_ptr().align_offset(PAGE_BYTES);
        Self { memory, start }
    }

    /// All bytes of the buffer.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.memory[self.start..self.start + self.memory.len() - PAGE_BYTES]
    }

    /// All bytes of the buffer, to write into.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let end = self.start + self.memory.len() - PAGE_BYTES;
        &mut self.memory[self.start..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_page_aligned_and_whole_pages() {
        let mut buffer = PageBuffer::zeroed(5000);
        assert_eq!(buffer.bytes().len(), 2 * PAGE_BYTES);
        assert_eq!(buffer.bytes().as_ptr().align_offset(PAGE_BYTES), 0);
        assert_eq!(buffer.bytes_mut().len(), 2 * PAGE_BYTES);
    }
}
