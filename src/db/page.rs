//! Keyset paging: a list says where it stopped, never how many there are (`count(*)` on a big
//! table is a scan).

use serde::{Deserialize, Serialize};

/// How many rows a list may return at once: 1 to 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    /// The most rows of one page.
    pub const MAX: u16 = 200;
    /// `n` if it is from 1 to 200.
    pub fn new(n: u16) -> Option<Self> {
        (1..=Self::MAX).contains(&n).then_some(Self(n))
    }
    /// The rows to return.
    pub fn rows(self) -> usize {
        self.0.into()
    }
    /// The rows to ask the database for: one more tells whether there is a next page.
    pub fn probe(self) -> i64 {
        i64::from(self.0) + 1
    }
}
impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

/// Where a list stopped; opaque to clients.
pub type Cursor = String;

/// One page of a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// Pass it as `after` to get the next page; `null` on the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Cuts the probing row off `rows` and names the last kept row as the cursor.
    pub fn cut(mut rows: Vec<T>, limit: Limit, cursor: impl FnOnce(&T) -> Cursor) -> Self {
        let more = rows.len() > limit.rows();
        rows.truncate(limit.rows());
        let next = if more { rows.last().map(cursor) } else { None };
        Self { items: rows, next }
    }
    /// The page with each row changed by `f`.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probing_row_becomes_the_next_cursor() {
        let limit = Limit::new(2).unwrap();
        let page = Page::cut(vec![1, 2, 3], limit, |n| n.to_string());
        assert_eq!((page.items, page.next.as_deref()), (vec![1, 2], Some("2")));
        let last = Page::cut(vec![1, 2], limit, |n| n.to_string());
        assert_eq!((last.items, last.next), (vec![1, 2], None));
        assert_eq!(Page::cut(Vec::<i32>::new(), limit, |n| n.to_string()).next, None);
        assert!(Limit::new(0).is_none() && Limit::new(201).is_none());
    }
}
