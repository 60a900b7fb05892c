//! What a row was from one moment on, as the log binds it. Pure.

use std::collections::BTreeMap;

use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::tables::{Bound, Rule};
use crate::db::Instant;
use crate::db::columns::Cells;
use crate::schema::row_states;

/// The `log` member of these bodies.
pub const LOG: &str = "row";

crate::id_type! {
    /// A row's state, as an event of the log.
    RowEventId
}

/// What the log binds of a state.
pub struct RowBody(String);

impl RowBody {
    /// The text whose bytes the log has bound.
    pub fn to_json(&self) -> String {
        self.0.clone()
    }
}

/// A row of `row_states`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = row_states)]
pub struct RowState {
    /// Of which table.
    pub of_table: String,
    /// The row's key: the texts of its columns with `/` between them.
    pub row_key: String,
    /// Which state of that row, from 1.
    pub n: i64,
    /// Key of the event.
    pub event_id: RowEventId,
    /// When, by the server's clock.
    pub recorded_at: Instant,
    /// What the digests of this state are made with; empty where it has none.
    pub salt: Vec<u8>,
    /// The columns with their texts, a JSON object; `null` where the row is gone.
    pub state: String,
}

impl RowState {
    /// The body that the log binds: every column but the salt. Its members stand in order, so that the text is
    /// the same for whoever writes it.
    pub fn body(&self) -> RowBody {
        let n = self.n;
        let (at, id) = (self.recorded_at.to_string(), self.event_id.to_string());
        let texts: BTreeMap<&str, &str> = BTreeMap::from([
            ("at", at.as_str()),
            ("id", id.as_str()),
            ("key", self.row_key.as_str()),
            ("log", LOG),
            ("state", self.state.as_str()),
            ("table", self.of_table.as_str()),
        ]);
        let mut all: BTreeMap<&str, serde_json::Value> =
            texts.into_iter().map(|(k, v)| (k, v.into())).collect();
        all.insert("n", n.into());
        all.insert("v", 1.into());
        RowBody(serde_json::to_string(&all).unwrap_or_default())
    }

    /// The columns that were changed beside the program before this state was bound.
    pub fn found_beside(&self) -> Option<String> {
        self.mark(BESIDE)
    }

    /// Since when the row waited, where it was written while the log took nothing in.
    pub(super) fn waited(&self) -> Option<Instant> {
        self.mark(WAITED)?.parse().ok()
    }

    /// A member that is no column. Nearly no state has one, and all of them are looked at.
    fn mark(&self, name: &str) -> Option<String> {
        let there = self.state.contains(name);
        there.then(|| self.members())?.and_then(|mut all| all.remove(name)).flatten()
    }

    /// Whether the row was there by this state.
    pub fn is_there(&self) -> bool {
        self.members().is_some_and(|all| all.keys().any(|name| !MARKS.contains(&name.as_str())))
    }

    pub(super) fn members(&self) -> Option<BTreeMap<String, Option<String>>> {
        serde_json::from_str(&self.state).unwrap_or_default()
    }

    /// The row as this state says it. What the log has by a digest is taken from the first of `found`, rows of that key
    /// from wherever there are any, that has what the digest is of; what it does not have at all, from the first one.
    ///
    /// # Errors
    /// The columns of which nothing that was found is what the log says.
    pub fn written(&self, bound: &Bound, found: &[&Cells]) -> Result<Cells, Vec<&'static str>> {
        let said = self.members().unwrap_or_default();
        let mut lacks = vec![];
        let mut cell = |at: usize, name: &'static str| {
            let fits = |is: &str, text: &String| digest(&self.salt, name, text) == is;
            let here = match (bound.rule(name), said.get(name)) {
                (Rule::Text, Some(text)) => return text.clone(),
                (Rule::Digest, Some(None)) => return None,
                (Rule::Digest, Some(Some(is))) => {
                    let mut all = found.iter().filter_map(|row| row.get(at)?.as_ref());
                    all.find(|text| fits(is, text)).map(|text| Some(text.clone()))
                }
                _ => found.first().and_then(|row| row.get(at).cloned()),
            };
            here.unwrap_or_else(|| {
                lacks.push(name);
                None
            })
        };
        let columns = bound.table.columns.iter().enumerate();
        let row = columns.map(|(at, column)| cell(at, column.name)).collect();
        if lacks.is_empty() { Ok(row) } else { Err(lacks) }
    }

    /// The columns whose text is not what this state says; of a row that should be gone, or that can't be read
    /// here, its key.
    pub fn unlike(&self, bound: &Bound, cells: &Cells) -> Vec<&'static str> {
        let Some(said) = self.members().filter(|_| self.is_there()) else {
            return bound.table.key.to_vec();
        };
        let now = texts(bound, cells, &self.salt);
        // A column that is younger than this state is bound from the row's next one on.
        let differs = |(name, text): (&'static str, Option<String>)| {
            said.get(name).is_some_and(|was| *was != text).then_some(name)
        };
        now.into_iter().filter_map(differs).collect()
    }
}

/// The member of a state that names what was changed beside the program. No column is called so.
const BESIDE: &str = "!beside";

/// The member of a state that says since when the row waited. No column is called so.
const WAITED: &str = "!waited";

/// What of a state is no column.
const MARKS: [&str; 2] = [BESIDE, WAITED];

/// The state of a row, as text.
pub(super) fn text(
    bound: &Bound,
    cells: Option<&Cells>,
    salt: &[u8],
    beside: &[&'static str],
    waited: Option<Instant>,
) -> String {
    let mut state = cells.map(|cells| texts(bound, cells, salt));
    if !beside.is_empty() {
        state.get_or_insert_default().insert(BESIDE, Some(beside.join(", ")));
    }
    if let Some(since) = waited {
        state.get_or_insert_default().insert(WAITED, Some(since.to_string()));
    }
    serde_json::to_string(&state).unwrap_or_default()
}

/// What is bound of a row: its texts, and of what must not stand in the log a digest.
fn texts(bound: &Bound, cells: &Cells, salt: &[u8]) -> BTreeMap<&'static str, Option<String>> {
    let columns = bound.table.columns.iter().zip(cells);
    let kept = columns.filter_map(|(column, cell)| match bound.rule(column.name) {
        Rule::LeftOut => None,
        Rule::Text => Some((column.name, cell.clone())),
        Rule::Digest => Some((column.name, cell.as_ref().map(|c| digest(salt, column.name, c)))),
    });
    kept.collect()
}

/// SHA-256 of salt, column and text, in hexadecimal.
fn digest(salt: &[u8], column: &str, text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(column);
    hash.update([0]);
    hash.update(text);
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}
