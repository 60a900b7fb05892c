//! What a signed-in person can reach. Made only from a session; every store function that can
//! return patient data takes one and filters by it in SQL.

use super::rights::{Place, Right, holds, may};
use super::{Role, RoleSet, UserId};
use crate::sites::SiteId;

/// Who asks, in which roles, for which sites.
#[derive(Debug, Clone)]
pub struct Scope {
    user: UserId,
    name: String,
    roles: RoleSet,
    centres: Vec<SiteId>,
    laboratories: Vec<SiteId>,
    retired: Vec<String>,
}

impl Scope {
    /// Only a session may make one.
    pub(super) fn new(
        user: UserId,
        name: String,
        roles: RoleSet,
        centres: Vec<SiteId>,
        laboratories: Vec<SiteId>,
    ) -> Self {
        Self { user, name, roles, centres, laboratories, retired: vec![] }
    }

    /// For the rules' tests.
    #[cfg(test)]
    pub fn of(
        user: UserId,
        roles: RoleSet,
        centres: Vec<SiteId>,
        laboratories: Vec<SiteId>,
    ) -> Self {
        Self::new(user, "Ana".into(), roles, centres, laboratories)
    }

    /// Of whose sites these, by code, are no longer in the network's list.
    pub(super) fn with_retired(self, retired: Vec<String>) -> Self {
        Self { retired, ..self }
    }

    /// Codes of the person's sites that are no longer in the network's list.
    pub fn retired(&self) -> &[String] {
        &self.retired
    }

    /// The account that asks.
    pub fn user(&self) -> UserId {
        self.user
    }
    /// Printed name, as on signatures.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// In which roles.
    pub fn roles(&self) -> &RoleSet {
        &self.roles
    }
    /// Whether `role` is held.
    pub fn has(&self, role: Role) -> bool {
        self.roles.has(role)
    }
    /// Whether any of `roles` is held.
    pub fn has_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|r| self.roles.has(*r))
    }
    /// The centres whose patients are in reach (OWN): empty unless a role of a centre is held.
    pub fn centres(&self) -> &[SiteId] {
        &self.centres
    }
    /// The laboratories whose samples are in reach (LAB): empty unless a role of a laboratory is
    /// held.
    pub fn laboratories(&self) -> &[SiteId] {
        &self.laboratories
    }
    /// The site events of this person happen at when the device does not say: the first one.
    pub fn home(&self) -> Option<SiteId> {
        self.centres.first().or(self.laboratories.first()).copied()
    }
    /// Where an event of these two sites is recorded to have happened, if a person does it who is of one of them: at
    /// the centre, else at the laboratory; else where they are at home.
    pub fn site_of(&self, centre: SiteId, laboratory: SiteId) -> SiteId {
        if self.centres.contains(&centre) {
            centre
        } else if self.laboratories.contains(&laboratory) {
            laboratory
        } else {
            self.home().unwrap_or(centre)
        }
    }
    /// Whether the tubes, doubts and transfers of the whole network are in reach, without whose they are: for
    /// coordination and quality, who see where something is late or wrong.
    pub fn sees_network(&self) -> bool {
        may(self, Right::SeeSample, Place::NETWORK).is_some()
    }
    /// Whether results may be read (`domain.md` 14, "Read result").
    pub fn reads_results(&self) -> bool {
        holds(self, Right::ReadResult)
    }
    /// Whether a child's identity (name, birth date) may be seen at all.
    pub fn sees_identity(&self) -> bool {
        holds(self, Right::SeeIdentity)
    }
}
