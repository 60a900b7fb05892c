//! A label printer at each centre, and the jobs that some labels went to it as.

use diesel::prelude::*;

use super::dice::Dice;
use super::people::{At, Staff};
use super::places::Places;
use super::size::Size;
use crate::codes::ContainerCode;
use crate::containers::Container;
use crate::db::{DbError, Instant, Tx};
use crate::people::{Role, UserId};
use crate::printing::job::{JobId, JobState, What};
use crate::printing::printer::{AgentId, Language, PrinterId, Reach, Status};
use crate::printing::store::Print;
use crate::printing::{BatchId, PrintId};
use crate::schema::{print_agents, print_jobs, printers};
use crate::sites::SiteId;

/// A label on its way to a printer.
#[derive(Debug, Insertable)]
#[diesel(table_name = print_jobs, treat_none_as_default_value = false)]
pub(super) struct Job {
    id: JobId,
    what: What,
    print_id: Option<PrintId>,
    container_id: Option<crate::containers::ContainerId>,
    printer_id: PrinterId,
    site_id: SiteId,
    batch_id: Option<BatchId>,
    place: i32,
    state: JobState,
    attempts: i32,
    queued_at: Instant,
    queued_by: UserId,
    changed_at: Instant,
    code: Option<ContainerCode>,
    copy: i32,
    template_id: Option<String>,
    template_version: Option<i32>,
    asked_at: Instant,
}

impl Job {
    /// Its key, and that of what it was sent with.
    pub(super) fn keys(&self) -> (String, String) {
        (self.id.to_string(), self.batch_id.map(|b| b.to_string()).unwrap_or_default())
    }
}

/// The printer of the centre at this place.
pub(super) fn printer_of(size: &Size, centre: usize) -> PrinterId {
    let of = u64::try_from(centre).unwrap_or(0);
    let mut dice = Dice::of(size.seed ^ 0x7072_696e, super::dice::About::Person, of);
    PrinterId(dice.key(size.begin))
}

/// Adds an agent and a printer at each centre.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    size: &Size,
    places: &Places,
    staff: &Staff,
) -> Result<(), DbError> {
    let (by, at) = (staff.first(Role::Admin, At::Network), size.begin);
    for (place, centre) in places.centres.iter().enumerate() {
        let printer = printer_of(size, place);
        let agent = AgentId(printer.0);
        diesel::insert_into(print_agents::table)
            .values((
                print_agents::id.eq(agent),
                print_agents::site_id.eq(centre.id),
                print_agents::name.eq("Farmacia PC 3"),
                print_agents::created_at.eq(at),
                print_agents::created_by.eq(by),
            ))
            .execute(&mut **tx)?;
        diesel::insert_into(printers::table)
            .values((
                printers::id.eq(printer),
                printers::site_id.eq(centre.id),
                printers::name.eq("Zebra de enfermería"),
                printers::language.eq(Language::Zpl),
                printers::dpi.eq(203),
                printers::media.eq("50x25"),
                printers::offset_x_um.eq(0),
                printers::offset_y_um.eq(0),
                printers::reach.eq(Reach::AgentTcp),
                printers::address.eq("10.0.0.9:9100"),
                printers::status.eq(Status::Ready),
                printers::created_at.eq(at),
                printers::created_by.eq(by),
                printers::agent_id.eq(Some(agent)),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Whoever sent a label says within weeks whether it came out, or its tube is scanned.
const ASKED_FOR_SECONDS: i64 = 4 * 7 * 24 * 3600;

fn settled(state: JobState, age_s: i64) -> JobState {
    match state {
        JobState::Unconfirmed if age_s > ASKED_FOR_SECONDS => JobState::Printed,
        state => state,
    }
}

/// The job of a label; nearly all of them are over, a few wait for somebody.
pub(super) fn job(
    size: &Size,
    dice: &mut Dice,
    print: &Print,
    tube: &Container,
    centre: usize,
) -> Job {
    const STATES: &[(JobState, u32)] = &[
        (JobState::Printed, 970),
        (JobState::Cancelled, 20),
        (JobState::Failed, 8),
        (JobState::Unconfirmed, 2),
    ];
    Job {
        id: JobId(dice.key(print.recorded_at)),
        what: What::Label,
        print_id: Some(print.id),
        container_id: Some(tube.id),
        printer_id: printer_of(size, centre),
        site_id: tube.centre_id,
        batch_id: Some(BatchId(dice.key(print.recorded_at))),
        place: 0,
        state: settled(*dice.weighed(STATES), size.end.seconds_since(print.recorded_at)),
        attempts: 1,
        queued_at: print.recorded_at,
        queued_by: print.actor_id,
        changed_at: print.recorded_at.plus_seconds(9),
        code: Some(tube.code),
        copy: print.copy,
        template_id: Some(print.template_id.clone()),
        template_version: Some(print.template_version),
        asked_at: print.recorded_at,
    }
}
