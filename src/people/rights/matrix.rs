//! The table as a file: a changed right is a changed line in a review.

use super::{Right, grants};
use crate::people::Role;

const HEAD: &str = "\
# Rights

Printed by `people::rights::markdown`, held to it by a test: change `src/people/rights/table.rs` first.

A row for each right, a column for each role. A cell says where the role has the right, and its number which role a
person with several acts in, and is written down with: the lowest one that counts at that place. An empty cell is a no.

| word | where |
|---|---|
| `centre` | at the centre that asks or draws |
| `care` | at a centre that treats the child |
| `centre/care` | at either of the two |
| `laboratory` | at the laboratory that analyses |
| `walk-in` | there, of what the laboratory asked for and drew itself |
| `hands` | of what is in one's own hands or is offered to one |
| `network` | anywhere |

What a thing is like just now is not here: whether a tube can be offered, or whether who approves is another person
than who proposed, is in the rules of each capability.

";

/// The text of `docs/rights.md`.
pub fn markdown() -> String {
    let names = Role::ALL.iter().map(Role::to_string);
    let mut text = HEAD.to_owned() + &line("right", names);
    text += &line("---", Role::ALL.iter().map(|_| "---".to_owned()));
    for right in Right::ALL {
        text += &line(right.as_str(), Role::ALL.iter().map(|role| cell(*right, *role)));
    }
    text
}

fn line(first: &str, cells: impl Iterator<Item = String>) -> String {
    let mut text = format!("| {first} |");
    for cell in cells {
        if !cell.is_empty() {
            text.push(' ');
        }
        text += &cell;
        text += " |";
    }
    text + "\n"
}

fn cell(right: Right, role: Role) -> String {
    let held = grants(right).iter().zip(1..).filter(|((r, _), _)| *r == role);
    held.map(|((_, at), n)| format!("{n} {at}")).collect::<Vec<String>>().join(", ")
}
