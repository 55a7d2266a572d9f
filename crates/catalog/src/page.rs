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

    /// This part of a list that is there as a whole.
    pub fn of<T>(self, all: Vec<T>) -> Page<T> {
        let total_count = all.len() as u64;
        let before = (self.number as usize - 1).saturating_mul(self.size as usize);
        Page { items: all.into_iter().skip(before).take(self.size as usize).collect(), total_count }
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

/// Most items that a list behind a name may give. Source: RAM `ListUsers`, MaxItems.
const ITEMS_MAX: u32 = 1000;

/// Which part of a list that is ordered by name is wanted: what comes behind a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AfterName {
    name: String,
    max: u32,
}

impl AfterName {
    /// Up to `max` (1..=1000) items behind `name`; an empty name begins at the start. `None` for another `max`.
    pub fn new(name: impl Into<String>, max: u32) -> Option<Self> {
        (1..=ITEMS_MAX).contains(&max).then(|| Self { name: name.into(), max })
    }

    /// The first items, as many as a list may give.
    pub fn start() -> Self {
        Self::behind(String::new())
    }

    /// What comes behind `name`, as many items as a list may give.
    pub fn behind(name: String) -> Self {
        Self { name, max: ITEMS_MAX }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// One more than is wanted, which shows whether there are more.
    pub(crate) fn limit(&self) -> u32 {
        self.max + 1
    }

    pub(crate) fn listed<T>(&self, mut items: Vec<T>, name: impl Fn(&T) -> String) -> Listed<T> {
        let is_truncated = items.len() > self.max as usize;
        items.truncate(self.max as usize);
        let marker = items.last().filter(|_| is_truncated).map(name);
        Listed { items, marker }
    }
}

/// One part of a list that is ordered by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The items, by name.
    pub items: Vec<T>,
    /// The name behind which the list goes on; `None` at its end.
    pub marker: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of a list that is there as a whole are those that a query would give: the last one is shorter, and behind it is nothing.
    #[test]
    fn a_whole_list_has_pages() {
        for (number, size, wanted) in
            [(1, 2, "ab"), (2, 2, "cd"), (3, 2, "e"), (4, 2, ""), (1, 100, "abcde"), (u32::MAX, 100, "")]
        {
            let page = PageRequest::new(number, size).unwrap().of("abcde".chars().collect());
            assert_eq!((page.items.iter().collect::<String>().as_str(), page.total_count), (wanted, 5), "{number}");
        }
    }
}
