//! Where children are treated and samples analysed: the catalogue's centres, some large, most
//! small, and one that hardly has a child.

use super::super::Failed;
use super::dice::Dice;
use crate::app::App;
use crate::sites::{SiteId, SiteKind};

/// A centre of the invented network.
#[derive(Debug, Clone)]
pub(super) struct Centre {
    pub id: SiteId,
    pub code: String,
    /// What its codes of containers begin with.
    pub allocator: u16,
}

/// Every centre and the laboratory.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// The largest one first; see [`Places::small`].
    pub centres: Vec<Centre>,
    weights: Vec<(usize, u32)>,
    /// The place of the smallest one.
    pub small: usize,
    pub laboratory: SiteId,
    pub laboratory_code: String,
}

/// One child in so many is of the smallest centre.
const RARE: u64 = 300;

impl Places {
    pub(super) fn of(app: &App) -> Result<Self, Failed> {
        let laboratory = app.sites.of_kind(SiteKind::Laboratory).next();
        let laboratory = laboratory.ok_or_else(|| Failed::new("no laboratory"))?;
        let mut centres = vec![];
        for entry in &app.catalogue.centres {
            let site = app.sites.by_code(&entry.code);
            let site = site.ok_or_else(|| Failed::new(format!("no site {}", entry.code)))?;
            let (code, allocator) = (entry.code.clone(), entry.allocator);
            centres.push((site.is_open(), Centre { id: site.id, code, allocator }));
        }
        // Those nobody has confirmed come last: whoever walks belongs to one that may be chosen.
        centres.sort_by_key(|(open, _)| !*open);
        let small = centres.iter().filter(|(open, _)| *open).count().saturating_sub(1);
        let weigh = |i: usize| (i, 1000 / u32::try_from(i + 1).unwrap_or(1) + 60);
        Ok(Self {
            weights: (0..centres.len()).filter(|i| *i != small).map(weigh).collect(),
            centres: centres.into_iter().map(|(_, centre)| centre).collect(),
            small,
            laboratory: laboratory.id,
            laboratory_code: laboratory.code.clone(),
        })
    }
    /// Any centre but the smallest, the large ones more often.
    pub(super) fn any(&self, dice: &mut Dice) -> usize {
        *dice.weighed(&self.weights)
    }
    /// The centre that registers child `n`.
    pub(super) fn of_child(&self, dice: &mut Dice, n: u64) -> usize {
        if n % RARE == 7 { self.small } else { self.any(dice) }
    }
}
