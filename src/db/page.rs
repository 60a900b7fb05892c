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
    /// Puts `more` among `rows`, both newest first by `key`, each row once.
    pub fn mix<K: Ord>(rows: &mut Vec<T>, more: Vec<T>, key: impl Fn(&T) -> K) {
        if more.is_empty() {
            return;
        }
        rows.extend(more);
        rows.sort_by_key(|row| std::cmp::Reverse(key(row)));
        rows.dedup_by(|a, b| key(a) == key(b));
    }
    /// The keys of a page and of the row that probes for the next, out of all keys.
    pub fn newest<K: Ord>(mut keys: Vec<K>, limit: Limit) -> Vec<K> {
        keys.sort_unstable_by(|a, b| b.cmp(a));
        keys.truncate(limit.rows() + 1);
        keys
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

    #[test]
    fn two_lists_mix_into_one_page_with_each_row_once() {
        let limit = Limit::new(2).unwrap();
        let mut rows = vec![9, 5, 3];
        Page::mix(&mut rows, vec![7, 5], |n| *n);
        assert_eq!(rows, [9, 7, 5, 3]);
        assert_eq!(Page::cut(rows, limit, |n| n.to_string()).items, [9, 7]);
        assert_eq!(Page::<i32>::newest(vec![1, 4, 2, 3], limit), [4, 3, 2]);
    }
}
