use bytemuck::{Pod, Zeroable};

/// Alignment and granularity of [`PageBuffer`], in bytes. Every file system
/// that we met accepts O_DIRECT at this alignment.
pub const PAGE_BYTES: usize = 4096;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(4096))]
struct Page([u8; PAGE_BYTES]);

/// Page-aligned bytes, so that the same buffer serves cached and direct I/O.
pub struct PageBuffer {
    pages: Vec<Page>,
}

impl PageBuffer {
    /// A zeroed buffer of at least `len` bytes, rounded up to whole pages.
    #[must_use]
    pub fn zeroed(len: usize) -> Self {
        Self { pages: vec![Page([0; PAGE_BYTES]); len.div_ceil(PAGE_BYTES)] }
    }

    /// All bytes of the buffer.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.pages)
    }

    /// All bytes of the buffer, to write into.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.pages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_page_aligned_and_whole_pages() {
        let buffer = PageBuffer::zeroed(5000);
        assert_eq!(buffer.bytes().len(), 2 * PAGE_BYTES);
        assert_eq!(buffer.bytes().as_ptr().align_offset(PAGE_BYTES), 0);
    }
}
