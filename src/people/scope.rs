//! What a signed-in person can reach. Made only from a session; every store function that can
//! return patient data takes one and filters by it in SQL.

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
    /// Whether the patients of the whole network are in reach. Coordinators see where samples are
    /// late, quality sees cases by reason; neither of them by name through this.
    pub fn sees_network(&self) -> bool {
        self.has_any(&[Role::Coordinator, Role::Quality])
    }
    /// Whether results may be read (`domain.md` 14, "Read result").
    pub fn reads_results(&self) -> bool {
        self.has_any(&[Role::Oncologist, Role::Analyst, Role::Validator, Role::LabHead])
    }
    /// Whether a child's identity (name, birth date) may be seen at all.
    pub fn sees_identity(&self) -> bool {
        !self.centres.is_empty() || !self.laboratories.is_empty()
    }
}
