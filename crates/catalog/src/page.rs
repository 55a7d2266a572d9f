/// Most items a page may have. Source: KMS `ListKeys`, PageSize.
const PAGE_SIZE_MAX: u32 = 100;

/// Which part of a list is wanted. Pages count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    number: u32,
    size: u32,
}

impl PageRequest {
    /// Page `number` (from 1) of `size` items (1..=100). `None` outside of these.
    pub fn new(number: u32, size: u32) -> Option<Self> {
        (number >= 1 && (1..=PAGE_SIZE_MAX).contains(&size)).then_some(Self { number, size })
    }

    /// The first page at its largest size.
    pub fn first() -> Self {
        Self { number: 1, size: PAGE_SIZE_MAX }
    }

    /// The page after this one.
    pub fn next(self) -> Self {
        Self { number: self.number.saturating_add(1), size: self.size }
    }

    pub(crate) fn limit(self) -> i64 {
        self.size.into()
    }

    pub(crate) fn offset(self) -> i64 {
        i64::from(self.number - 1) * i64::from(self.size)
    }
}

/// One part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of this page, in the order of the whole list.
    pub items: Vec<T>,
    /// Number of items in the whole list.
    pub total_count: u64,
}
