//! Keyset paging: a list says where it stopped, never how many there are (`count(*)` on a big
//! table is a scan).

use serde::{Deserialize, Serialize};

use super::kept::{Kept, Unreadable};

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
    /// Rows that belong on this page and can't be read: damaged ones, each told by its key.
    pub unreadable: Vec<Unreadable>,
    /// Pass it as `after` to get the next page; `null` on the last.
    pub next: Option<Cursor>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { items: vec![], unreadable: vec![], next: None }
    }
}

impl<T> Page<T> {
    /// Cuts the probing row off `rows` and names the last kept row's key as the cursor: the last
    /// that has one, so that a row without a key that can be read hides nothing after it.
    pub fn cut<K: Clone + ToString>(
        mut rows: Vec<Kept<T, K>>,
        limit: Limit,
        key: impl Fn(&T) -> K,
    ) -> Self {
        let more = rows.len() > limit.rows();
        rows.truncate(limit.rows());
        let last = rows.iter().rev().find_map(|row| row.key(&key));
        let next = last.filter(|_| more).map(|key| key.to_string());
        let (items, unreadable) = Kept::apart(rows);
        Self { items, unreadable, next }
    }
    /// All rows of a short list at once.
    pub fn whole<K>(rows: Vec<Kept<T, K>>) -> Self {
        let (items, unreadable) = Kept::apart(rows);
        Self { items, unreadable, next: None }
    }
    /// The page with each row changed by `f`.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        let Self { items, unreadable, next } = self;
        Page { items: items.into_iter().map(f).collect(), unreadable, next }
    }
    /// The page with all its rows changed at once.
    ///
    /// # Errors
    /// What `f` returned.
    pub fn try_over<U, E>(self, f: impl FnOnce(Vec<T>) -> Result<Vec<U>, E>) -> Result<Page<U>, E> {
        let Self { items, unreadable, next } = self;
        Ok(Page { items: f(items)?, unreadable, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(of: &[i32]) -> Vec<Kept<i32, i32>> {
        of.iter().copied().map(Kept::Row).collect()
    }

    fn broken(key: Option<i32>) -> Kept<i32, i32> {
        let id = key.map(|k| k.to_string());
        let why = Unreadable { table: "tubes".into(), id, column: "status".into() };
        Kept::Unreadable(key, why)
    }

    #[test]
    fn the_probing_row_becomes_the_next_cursor() {
        let limit = Limit::new(2).unwrap();
        let page = Page::cut(rows(&[1, 2, 3]), limit, |n| *n);
        assert_eq!((page.items, page.next.as_deref()), (vec![1, 2], Some("2")));
        let last = Page::cut(rows(&[1, 2]), limit, |n| *n);
        assert_eq!((last.items, last.next), (vec![1, 2], None));
        assert_eq!(Page::cut(rows(&[]), limit, |n| *n).next, None);
        assert!(Limit::new(0).is_none() && Limit::new(201).is_none());
    }

    #[test]
    fn two_lists_mix_into_one_page_with_each_row_once() {
        let limit = Limit::new(2).unwrap();
        let mut mixed = rows(&[9, 5, 3]);
        Kept::mix(&mut mixed, rows(&[7, 5]), |n| *n);
        assert_eq!(Kept::apart(mixed.clone()).0, [9, 7, 5, 3]);
        assert_eq!(Page::cut(mixed, limit, |n| *n).items, [9, 7]);
    }

    #[test]
    fn a_row_that_cannot_be_read_takes_its_place_and_hides_no_other() {
        let limit = Limit::new(2).unwrap();
        let keys =
            |of: &[Option<i32>]| -> Vec<Kept<i32, i32>> { of.iter().map(|k| broken(*k)).collect() };
        // The last of a page: the next begins after it.
        let mut mixed = rows(&[9, 5]);
        Kept::mix(&mut mixed, keys(&[Some(7)]), |n| *n);
        let page = Page::cut(mixed, limit, |n| *n);
        assert_eq!((page.items, page.next.as_deref()), (vec![9], Some("7")));
        assert_eq!(page.unreadable[0].id.as_deref(), Some("7"));
        // Without a key: told once, and the next page begins after the last that has one.
        let mut rest = rows(&[9]);
        rest.extend(keys(&[None]));
        rest.extend(rows(&[5]));
        let page = Page::cut(rest, limit, |n| *n);
        assert_eq!(
            (page.items, page.unreadable.len(), page.next.as_deref()),
            (vec![9], 1, Some("9"))
        );
        // Found by two ways, it is told once; two without keys are two.
        let mut twice = keys(&[Some(7), None]);
        Kept::mix(&mut twice, keys(&[Some(7), None]), |n| *n);
        assert_eq!(Kept::apart(twice).1.len(), 3);
    }
}
