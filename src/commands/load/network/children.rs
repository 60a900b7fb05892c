//! Children, each registered with its first request; a few are treated by a second centre later.

use serde_json::json;

use super::dice::{About, Dice};
use super::names;
use super::people::At;
use super::rows::{CareSite, Rows};
use super::size::{REQUESTS, day_of};
use super::story::Network;
use crate::codes::{PatientFolio, Sex};
use crate::db::{Day, Instant};
use crate::patients::relation::{
    CareEvent, CareEventId, CareEventKind, CareKind, CareRequest, CareRequestId, CareState, Sees,
};
use crate::patients::store::{IdentityEvent, IdentityEventId};
use crate::patients::{BirthPrecision, Patient, PatientId, PersonName};
use crate::people::Role;

/// A child as far as others must know it: made anew wherever it is needed.
pub(super) struct Child {
    pub n: u64,
    pub id: PatientId,
    pub centre: usize,
    pub registered_at: Instant,
    sex: Sex,
    name: PersonName,
    born: Day,
    dice: Dice,
}

impl Child {
    /// The `n`-th child of the network.
    pub(super) fn of(network: &Network, n: u64) -> Self {
        let mut dice = Dice::of(network.size.seed, About::Child, n);
        let registered_at = network.size.request_at(n * REQUESTS);
        let id = PatientId(dice.key(registered_at));
        let centre = network.places.of_child(&mut dice, n);
        let sex = if dice.chance(55, 100) { Sex::Male } else { Sex::Female };
        let name = names::name(&mut dice, sex);
        let born = day_of(registered_at).plus_days(-dice.between(200, 6200));
        Self { n, id, centre, registered_at, sex, name, born, dice }
    }

    /// Adds its rows: the identity, who treats it, and the event that says so.
    pub(super) fn tell(mut self, network: &Network, rows: &mut Rows) {
        let (at, site) = (self.registered_at, network.places.centres[self.centre].id);
        let who = network.staff.any(&mut self.dice, Role::Collector, At::Centre(self.centre));
        let (year, number) = network.size.number(self.n, REQUESTS);
        let curp = self.dice.chance(7, 10);
        let curp =
            curp.then(|| names::curp(&mut self.dice, &self.name, self.born, self.sex, self.n));
        let patient = Patient {
            id: self.id,
            folio: PatientFolio::new(year, number),
            folded_name: self.name.folded(),
            given_names: self.name.given.clone(),
            surname1: self.name.surname1.clone(),
            surname2: self.name.surname2.clone(),
            birth_date: self.born,
            sex: self.sex,
            curp: curp.flatten(),
            nss: None,
            agregado: None,
            multiple_birth: false,
            registered_at: at,
            registered_by: who,
            registered_site: site,
            event_count: 1,
            birth_precision: BirthPrecision::Day,
            latin_given: None,
            latin_surname1: None,
            latin_surname2: None,
            proposal: None,
            merged_into: None,
        };
        let record = record_number(network, &self);
        let event = IdentityEvent {
            patient_id: self.id,
            seq: 1,
            event_id: IdentityEventId(self.dice.key(at)),
            kind: "registered".into(),
            recorded_at: at,
            actor_id: who,
            site_id: site,
            data: json!({
                "folio": patient.folio, "given_names": patient.given_names,
                "surname1": patient.surname1, "surname2": patient.surname2,
                "birth_date": patient.birth_date, "sex": patient.sex, "curp": patient.curp,
                "nss": null, "agregado": null, "multiple_birth": false, "record_number": record,
                "decision": null, "elsewhere": null, "decided_about": [],
            })
            .to_string(),
        };
        let to = self.moves_to(network);
        let own = CareSite {
            patient_id: self.id,
            site_id: site,
            record_number: Some(record),
            since: at,
            sees: Sees::Course,
            shared: to.is_some(),
            folded_name: patient.folded_name.clone(),
        };
        rows.child(at, patient, event, own);
        if let Some(to) = to {
            self.transfer(network, to, rows);
        }
    }

    /// The centre that treats the child too from some day on: three of a hundred have one.
    fn moves_to(&mut self, network: &Network) -> Option<usize> {
        let moves = self.dice.chance(3, 100);
        let to = network.places.of_child(&mut self.dice, self.n + 1);
        let in_time = self.registered_at.plus_seconds(TRANSFER) < network.size.end;
        (moves && in_time && to != self.centre).then_some(to)
    }

    /// The first centre lets another one in.
    fn transfer(mut self, network: &Network, to: usize, rows: &mut Rows) {
        let at = self.registered_at.plus_seconds(TRANSFER);
        let site = network.places.centres[to].id;
        let who = network.staff.any(&mut self.dice, Role::Oncologist, At::Centre(self.centre));
        let id = CareRequestId(self.dice.key(at));
        let request = CareRequest {
            id,
            kind: CareKind::Transfer,
            state: CareState::Granted,
            patient_id: Some(self.id),
            provisional_id: None,
            site_id: site,
            asked_by: who,
            asked_at: at,
            due_at: at,
            likeness: None,
            reason: "Cambio de domicilio de la familia".into(),
            in_charge: None,
            typed: "{}".into(),
            held_curp: None,
            registration: None,
            answered_by: None,
            answered_at: None,
            answer: None,
        };
        let event = CareEvent {
            event_id: CareEventId(self.dice.key(at)),
            patient_id: self.id,
            request_id: id,
            kind: CareEventKind::Transfer,
            site_id: site,
            actor_id: who,
            recorded_at: at,
            data: json!({ "reason": request.reason }).to_string(),
        };
        let care = CareSite {
            patient_id: self.id,
            site_id: site,
            record_number: None,
            since: at,
            sees: Sees::Course,
            shared: true,
            folded_name: self.name.folded(),
        };
        rows.care(at, request, event, care);
    }
}

/// Seconds from the registration to a change of hospital.
const TRANSFER: i64 = 20 * 86_400;

/// The number of a child's record at its centre.
pub(super) fn record_number(network: &Network, child: &Child) -> String {
    let centre = &network.places.centres[child.centre].code;
    format!("{centre}-{:02}-{:05}", day_of(child.registered_at).0.year() % 100, child.n % 100_000)
}
