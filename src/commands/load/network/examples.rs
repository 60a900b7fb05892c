//! Which children, tubes and jobs are asked for by name. The generator knows the keys of what it
//! made: nothing is looked up for them.

use super::rows::Rows;
use super::size::REQUESTS;
use super::story::Network;
use crate::db::DbError;

/// The keys and words of one child and of its first request.
#[derive(Debug, Clone, Default)]
pub(super) struct Example {
    pub patient: String,
    /// As lists of children are sorted.
    pub name: String,
    pub folio: String,
    pub curp: Option<String>,
    pub record: String,
    pub study: String,
    pub number: String,
    pub code: String,
    pub due: String,
    pub event: String,
    /// A job of the centre's printer and what it was sent with, where its label was printed.
    pub job: Option<(String, String)>,
    /// Where the child is treated by a second centre.
    pub care: Option<String>,
    pub is_answered: bool,
}

/// `many` children spread over all years: of the centre at place `centre`, or of any.
pub(super) fn spread(
    network: &Network,
    centre: Option<usize>,
    many: u64,
) -> Result<Vec<Example>, DbError> {
    let children = network.size.children;
    let mut found: Vec<Example> = vec![];
    for nth in 0..many {
        let (from, to) = (children * nth / many, children * (nth + 1) / many);
        if let Some(one) = first(network, centre, from..to, |e| e.is_answered)? {
            found.push(one);
        }
    }
    if found.is_empty() {
        // So few children that no part of the years has one with an answer.
        found.extend(first(network, centre, 0..children, |e| e.is_answered)?);
    }
    Ok(found)
}

/// The first child of a centre that `fits`.
pub(super) fn first(
    network: &Network,
    centre: Option<usize>,
    mut children: std::ops::Range<u64>,
    fits: impl Fn(&Example) -> bool,
) -> Result<Option<Example>, DbError> {
    let own = |n: &u64| centre.is_none_or(|c| network.centre_of(*n) == c);
    let told = |n| {
        let mut rows = Rows::default();
        network.tell(n * REQUESTS, &mut rows)?;
        Ok::<_, DbError>(rows.example(network.due_of(n * REQUESTS)?))
    };
    loop {
        let Some(n) = children.find(|n| own(n)) else { return Ok(None) };
        if let Some(one) = told(n)?
            && fits(&one)
        {
            return Ok(Some(one));
        }
    }
}
