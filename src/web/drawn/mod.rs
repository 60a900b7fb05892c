//! Forms as they were drawn: each says for whom (in which session) and on which page, so that what
//! one person was shown is never saved as another; and a form can be drawn again as it was left.
//! Nobody writes any of it into a page: every page is marked as a whole on its way out.

mod mark;
mod page;
mod refill;

pub use mark::{MARK, Mark, Secrets, Sent};
pub use page::marked;
pub use refill::{Left, Typed, noticed, refilled};

/// On the answer of a page's shell: who it was drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawnFor {
    /// Key of the session that the page was drawn in.
    pub session: uuid::Uuid,
    /// Key of their account.
    pub person: uuid::Uuid,
}
