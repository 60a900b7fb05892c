//! Who may do what, and where: one table, asked by rules, services and pages alike. Pure.
//!
//! [`grants`] is the table, `docs/rights.md` its print. [`may`] asks it for somebody signed in and is the only way to
//! a [`Granted`], which says in which role the thing is done; a function that needs a right takes a [`Proof`] of it:
//!
//! ```ignore
//! type MaySign = Proof<{ Right::SignResult as usize }>;
//! let may = MaySign::of(&caller.scope, Place::of(head.centre_id, head.laboratory_id))
//!     .ok_or(Denied::NotAllowed)?;
//! sign_one(tx, &may, version)
//! ```
//!
//! The table knows people and places. What a thing is like just now (its state, who said it first, whether two people
//! are two) is for the rules of its capability, and what is in reach is for its store.

mod matrix;
mod table;
#[cfg(test)]
mod tests;

use super::{Person, Role, RoleSet, Scope, UserId};
use crate::sites::SiteId;

pub use matrix::markdown;
pub use table::{Grant, Right, Where, grants};

/// Where the thing is that somebody wants to do something with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    centre: Option<SiteId>,
    laboratory: Option<SiteId>,
    is_treated: bool,
    is_held: bool,
}

impl Place {
    /// Of the network: only who has a right anywhere has it there.
    pub const NETWORK: Self =
        Self { centre: None, laboratory: None, is_treated: false, is_held: false };

    /// Of a request, a tube or a result: who asks or draws, and who analyses.
    pub const fn of(centre: SiteId, laboratory: SiteId) -> Self {
        Self { centre: Some(centre), laboratory: Some(laboratory), ..Self::NETWORK }
    }
    /// Of one site, of whichever kind: a printer, or where a child is registered.
    pub const fn at(site: SiteId) -> Self {
        Self::of(site, site)
    }
    /// Inside a laboratory alone: of what was made there no centre has a right.
    pub const fn inside(laboratory: SiteId) -> Self {
        Self { laboratory: Some(laboratory), ..Self::NETWORK }
    }
    /// Of a child whom one of the asker's centres treats, or not: `patients::reach::treats` looks it up, once the
    /// rest of the place gives nothing.
    pub const fn treated(self, is_treated: bool) -> Self {
        Self { is_treated, ..self }
    }
    /// In the hands of who is asked about, or offered to them.
    pub const fn held(self, is_held: bool) -> Self {
        Self { is_held, ..self }
    }
}

/// Who is asked about: in which roles, at which sites.
#[derive(Clone, Copy)]
struct Asked<'a> {
    roles: &'a RoleSet,
    centres: &'a [SiteId],
    laboratories: &'a [SiteId],
}

impl Asked<'_> {
    fn is_at(self, place: Place, at: Where) -> bool {
        let centre = place.centre.is_some_and(|site| self.centres.contains(&site));
        let laboratory = place.laboratory.is_some_and(|site| self.laboratories.contains(&site));
        match at {
            Where::Centre => centre,
            Where::Care => place.is_treated,
            Where::CentreOrCare => centre || place.is_treated,
            Where::Laboratory => laboratory,
            Where::WalkIn => laboratory && place.centre == place.laboratory,
            Where::Hands => place.is_held,
            Where::Network => true,
        }
    }
    /// The role to act in and where: the first one of the table that is held and that counts there.
    fn grant(self, right: Right, place: Place) -> Option<Grant> {
        let held = |(role, at): &&Grant| self.roles.has(*role) && self.is_at(place, *at);
        grants(right).iter().find(held).copied()
    }
    fn role(self, right: Right, place: Place) -> Option<Role> {
        self.grant(right, place).map(|(role, _)| role)
    }
    /// Which of the place's sites that is, if it is one.
    fn site(self, place: Place, at: Where) -> Option<SiteId> {
        match at {
            Where::Centre => place.centre,
            Where::CentreOrCare => place.centre.filter(|site| self.centres.contains(site)),
            Where::Laboratory | Where::WalkIn => place.laboratory,
            Where::Care | Where::Hands | Where::Network => None,
        }
    }
}

fn asked(scope: &Scope) -> Asked<'_> {
    Asked { roles: scope.roles(), centres: scope.centres(), laboratories: scope.laboratories() }
}

/// That somebody has a right at a place, and the role they act in. Only [`may`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    right: Right,
    place: Place,
    user: UserId,
    role: Role,
    site: Option<SiteId>,
}

impl Granted {
    /// Which right.
    pub fn right(self) -> Right {
        self.right
    }
    /// Where it was asked for.
    pub fn place(self) -> Place {
        self.place
    }
    /// Who has it.
    pub fn user(self) -> UserId {
        self.user
    }
    /// The role to write down.
    pub fn acting_as(self) -> Role {
        self.role
    }
    /// Where they act: the site of the place at which the right counts. None of what is in one's hands or of the
    /// network, and of what another centre asked for.
    pub fn site(self) -> Option<SiteId> {
        self.site
    }
}

/// Whether this person has a right at a place.
pub fn may(scope: &Scope, right: Right, place: Place) -> Option<Granted> {
    let (role, at) = asked(scope).grant(right, place)?;
    let site = asked(scope).site(place, at);
    Some(Granted { right, place, user: scope.user(), role, site })
}

/// A [`Granted`] of exactly one right, the `N`th, for functions that do nothing without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof<const N: usize>(Granted);

impl<const N: usize> Proof<N> {
    /// Of which right it is.
    pub const RIGHT: Right = Right::ALL[N];

    /// The proof, for who has the right at this place.
    pub fn of(scope: &Scope, place: Place) -> Option<Self> {
        may(scope, Self::RIGHT, place).map(Self)
    }
    /// What it says.
    pub fn granted(self) -> Granted {
        self.0
    }
}

/// Whether this person has a right at any place: where a menu leads, and whether a list is theirs at all.
pub fn holds(scope: &Scope, right: Right) -> bool {
    let somewhere = |at: Where| match at {
        Where::Centre | Where::Care | Where::CentreOrCare => !scope.centres().is_empty(),
        Where::Laboratory | Where::WalkIn => !scope.laboratories().is_empty(),
        Where::Hands | Where::Network => true,
    };
    grants(right).iter().any(|(role, at)| scope.has(*role) && somewhere(*at))
}

/// Whether a right of this person counts for a child because one of their centres treats it, whoever asked.
pub fn in_care(scope: &Scope, right: Right) -> bool {
    asked(scope).role(right, Place::NETWORK.treated(!scope.centres().is_empty())).is_some()
        && asked(scope).role(right, Place::NETWORK).is_none()
}

/// How far a right of somebody reaches, for stores: what they look for in statements of their own, and what they ask
/// of one row, is by this alone, so that a list shows just what can be opened.
#[derive(Debug, Clone, Copy)]
pub struct Reach<'a> {
    scope: &'a Scope,
    right: Right,
}

impl<'a> Reach<'a> {
    /// That of a right to see or read something.
    pub fn of(scope: &'a Scope, right: Right) -> Self {
        Self { scope, right }
    }
    fn has(self, places: &[Where]) -> bool {
        grants(self.right).iter().any(|(role, at)| places.contains(at) && self.scope.has(*role))
    }
    fn at(self, places: &[Where], sites: &'a [SiteId]) -> &'a [SiteId] {
        if self.has(places) { sites } else { &[] }
    }
    /// Whether it reaches everything, wherever it is.
    pub fn is_network(self) -> bool {
        self.has(&[Where::Network])
    }
    /// The centres of which it reaches what they asked for or drew.
    pub fn centres(self) -> &'a [SiteId] {
        self.at(&[Where::Centre, Where::CentreOrCare], self.scope.centres())
    }
    /// The laboratories of which it reaches what they analyse.
    pub fn laboratories(self) -> &'a [SiteId] {
        self.at(&[Where::Laboratory], self.scope.laboratories())
    }
    /// The centres of which it reaches the children they treat, whoever asked.
    pub fn carers(self) -> &'a [SiteId] {
        self.at(&[Where::Care, Where::CentreOrCare], self.scope.centres())
    }
    /// Who has it for what is in their own hands, or offered to them.
    pub fn hands(self) -> Option<UserId> {
        self.has(&[Where::Hands]).then(|| self.scope.user())
    }
    /// Whether it reaches what is there.
    pub fn holds(self, place: Place) -> bool {
        may(self.scope, self.right, place).is_some()
    }
}

/// The sites of this person at which they have a right: which of them a form offers.
pub fn sites(scope: &Scope, right: Right) -> Vec<SiteId> {
    let own = scope.centres().iter().chain(scope.laboratories()).copied();
    own.filter(|site| asked(scope).role(right, Place::at(*site)).is_some()).collect()
}

/// In which role somebody who is not asking could do their part: whom to offer a tube to, who stands by as a witness.
/// Nobody could whose account is closed. It proves nothing: who is named has not said so.
pub fn could(person: &Person, right: Right, place: Place) -> Option<Role> {
    let of = Asked { roles: &person.roles, centres: &person.sites, laboratories: &person.sites };
    of.role(right, place).filter(|_| person.disabled_at.is_none())
}

/// The roles that have a right anywhere: whom to look for where somebody is to be named.
pub fn roles(right: Right) -> impl Iterator<Item = Role> {
    grants(right).iter().map(|(role, _)| *role)
}
