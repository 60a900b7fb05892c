//! Tubes from their label to their end, what is made of them, and every event on the way.

use serde_json::json;

use super::dice::{About, Dice};
use super::people::At;
use super::printers::{self, Job};
use super::rows::Rows;
use super::story::{Fate, Network, Request};
use crate::codes::{Accession, CodeKind, ContainerCode};
use crate::containers::{Container, ContainerId, Flags, Status};
use crate::custody::{ActId, CustodyEvent, CustodyEventId, EventKind, Outcome, Source};
use crate::db::Instant;
use crate::labels::Format;
use crate::people::{Role, UserId};
use crate::printing::PrintId;
use crate::printing::store::Print;
use crate::sites::SiteId;

/// A container as it is at the end, and how it came there.
pub(super) struct Told {
    pub tube: Container,
    /// Its label was taken back: nobody will draw it.
    pub withdrawn: bool,
    events: Vec<CustodyEvent>,
    print: Option<(Print, Option<Job>)>,
}

impl Told {
    pub(super) fn add(self, rows: &mut Rows) {
        if self.events.is_empty() {
            return;
        }
        rows.tube(self.tube, self.events);
        if let Some((print, job)) = self.print {
            rows.print(print, job);
        }
    }
}

/// Something that happens to a container: what, seconds after its label, who, in which role, and
/// where it then stands.
type Step = (EventKind, i64, (Role, UserId), Status);

const HOUR: i64 = 3600;
const DAY: i64 = 86_400;
/// Seconds from the request to the label.
const LABEL: i64 = 600;
/// Seconds from the label until the tube is on the bench and can be measured.
pub(super) const ON_BENCH: i64 = 24 * HOUR;

/// Who has a tube in hand, one after the other.
struct Hands {
    nurse: (Role, UserId),
    courier: (Role, UserId),
    reception: (Role, UserId),
    bench: (Role, UserId),
    head: (Role, UserId),
}

impl Hands {
    fn of(network: &Network, dice: &mut Dice, centre: usize) -> Self {
        let mut any = |role, at| (role, network.staff.any(dice, role, at));
        Self {
            nurse: any(Role::Collector, At::Centre(centre)),
            courier: any(Role::Courier, At::Centre(centre)),
            reception: any(Role::Reception, At::Laboratory),
            bench: any(Role::Bench, At::Laboratory),
            head: any(Role::LabHead, At::Laboratory),
        }
    }
}

/// The tube of a request, and the aliquots made of it; the tube comes first.
pub(super) fn tell(network: &Network, request: &Request) -> Vec<Told> {
    let mut dice = Dice::of(network.size.seed, About::Tube, request.n);
    let hands = Hands::of(network, &mut dice, request.centre);
    let labelled = request.study.requested_at.plus_seconds(LABEL);
    let planned = planned(network, request, &mut dice, hands.nurse.1, labelled);
    let aliquots = match request.fate {
        Fate::Answered | Fate::Kept => dice.below(4).saturating_sub(1).min(2),
        _ => 0,
    };
    let life = Life { network, request, planned: &planned };
    let steps = steps(request.fate, &hands, aliquots, &mut dice);
    let mut all = vec![life.play(&planned, &steps, &mut dice)];
    all[0].print = print(network, request, &all[0].tube, &mut dice);
    for nth in 0..aliquots {
        let start = labelled.plus_seconds(ON_BENCH + HOUR);
        let aliquot = life.aliquot(nth, hands.bench.1, start, &mut dice);
        all.push(life.play(&aliquot, &aliquot_steps(&hands, &mut dice), &mut dice));
    }
    all
}

/// The steps of a tube as drawn.
fn steps(fate: Fate, h: &Hands, aliquots: u64, dice: &mut Dice) -> Vec<Step> {
    use EventKind as K;
    use Status as S;
    let mut all = vec![(K::LabelIssued, 0, h.nurse, S::Planned)];
    match fate {
        Fate::Withdrawn => {
            all.push((K::LabelVoided, HOUR, h.nurse, S::Void));
            return all;
        }
        Fate::NotDrawn => {
            all.push((K::CollectionFailed, HOUR, h.nurse, S::NotCollected));
            return all;
        }
        _ => {}
    }
    // Box by box: some couriers leave at once, some with the next morning's flight.
    let ride = dice.between(4, 20) * HOUR;
    all.push((K::Collected, HOUR, h.nurse, S::Collected));
    all.push((K::HandoverOffered, 2 * HOUR, h.nurse, S::Offered));
    all.push((K::HandoverAccepted, 2 * HOUR + 900, h.courier, S::InTransit));
    if fate == Fate::Lost {
        all.push((K::DeclaredLost, 9 * DAY, h.head, S::Lost));
        return all;
    }
    let door = 2 * HOUR + ride;
    all.push((K::Arrived, door, h.reception, S::Arrived));
    all.push((K::Received, door + 600, h.reception, S::Received));
    match fate {
        Fate::Held => all.push((K::Held, door + 900, h.reception, S::Quarantined)),
        Fate::Rejected => {
            all.push((K::Rejected, door + 900, h.head, S::Rejected));
            all.push((K::Disposed, 15 * DAY, h.bench, S::Disposed));
        }
        _ => on_the_bench(&mut all, door + 900, h, aliquots, dice),
    }
    all
}

/// What the laboratory does with a tube that is fit.
fn on_the_bench(all: &mut Vec<Step>, at: i64, h: &Hands, aliquots: u64, dice: &mut Dice) {
    use EventKind as K;
    use Status as S;
    all.push((K::Accepted, at, h.reception, S::Accepted));
    all.push((K::StepStarted, ON_BENCH, h.bench, S::InProcess));
    for n in (0..).take(usize::try_from(aliquots).unwrap_or(0)) {
        all.push((K::Derived, ON_BENCH + HOUR + n * 60, h.bench, S::InProcess));
    }
    all.push((K::Stored, ON_BENCH + 5 * HOUR, h.bench, S::Stored));
    let out = 20 * DAY + dice.between(0, 10 * DAY);
    all.push((K::Confirmed, 10 * DAY, h.bench, S::Stored));
    all.push((K::Retrieved, out, h.bench, S::InProcess));
    all.push((K::Disposed, out + 2 * HOUR, h.bench, S::Disposed));
}

fn aliquot_steps(h: &Hands, dice: &mut Dice) -> Vec<Step> {
    use EventKind as K;
    use Status as S;
    let out = dice.between(2, 30) * DAY;
    vec![
        (K::Created, 0, h.bench, S::InProcess),
        (K::Stored, 2 * HOUR, h.bench, S::Stored),
        (K::Retrieved, out, h.bench, S::InProcess),
        (K::StepStarted, out + HOUR, h.bench, S::InProcess),
        (K::Depleted, out + 3 * HOUR, h.bench, S::Depleted),
    ]
}

fn planned(
    network: &Network,
    request: &Request,
    dice: &mut Dice,
    by: UserId,
    at: Instant,
) -> Container {
    let study = &request.study;
    let id = ContainerId(dice.key(at));
    Container {
        id,
        code: code(network, request, CodeKind::Primary, request.n + 1),
        kind: CodeKind::Primary,
        parent_id: None,
        root_id: id,
        study_id: Some(study.id),
        patient_id: Some(study.patient_id),
        centre_id: study.centre_id,
        laboratory_id: study.laboratory_id,
        specimen: if dice.chance(1, 8) { "PB" } else { "BM" }.into(),
        container_type: "EDTA".into(),
        status: Status::Planned,
        custodian_id: None,
        custodian_since: None,
        site_id: Some(study.centre_id),
        place: None,
        location: None,
        event_count: 0,
        last_event_at: None,
        collected_at: None,
        collected_by: None,
        pull: None,
        volume_ul: None,
        offered_to: None,
        offered_at: None,
        offer_expires_at: None,
        received_at: None,
        accession: None,
        copies: 1,
        flags: Flags::default(),
        created_at: at,
        created_by: by,
    }
}

/// The code of a container; `serial` is below 800,000, which no network here passes.
fn code(network: &Network, request: &Request, kind: CodeKind, serial: u64) -> ContainerCode {
    let allocator = network.places.centres[request.centre].allocator;
    let serial = u32::try_from(serial).unwrap_or(u32::MAX);
    ContainerCode::new(kind, allocator, serial).expect("the size of a network bounds its codes")
}

/// What happens to the containers of one request.
struct Life<'a> {
    network: &'a Network,
    request: &'a Request,
    planned: &'a Container,
}

impl Life<'_> {
    fn aliquot(&self, nth: u64, by: UserId, at: Instant, dice: &mut Dice) -> Container {
        let tube = self.planned;
        Container {
            id: ContainerId(dice.key(at)),
            code: code(self.network, self.request, CodeKind::Derived, self.request.n * 2 + nth),
            kind: CodeKind::Derived,
            parent_id: Some(tube.id),
            specimen: "ALQ-DNA".into(),
            container_type: "CRYO".into(),
            site_id: Some(tube.laboratory_id),
            collected_at: Some(tube.created_at.plus_seconds(HOUR)),
            volume_ul: Some(100),
            created_at: at,
            created_by: by,
            ..tube.clone()
        }
    }

    /// Lets happen to `new` what happens until the end.
    fn play(&self, new: &Container, steps: &[Step], dice: &mut Dice) -> Told {
        let (mut tube, mut events) = (new.clone(), vec![]);
        for (kind, after, by, status) in steps {
            let at = new.created_at.plus_seconds(*after);
            if at >= self.network.size.end {
                break;
            }
            let before = tube.clone();
            self.happen(&mut tube, *kind, at, *by, *status);
            events.push(event(&before, &tube, *kind, at, *by, dice));
        }
        let withdrawn = tube.status == Status::Void;
        Told { tube, withdrawn, events, print: None }
    }

    fn happen(
        &self,
        c: &mut Container,
        kind: EventKind,
        at: Instant,
        (role, who): (Role, UserId),
        status: Status,
    ) {
        c.status = status;
        c.event_count += 1;
        c.last_event_at = Some(at);
        (c.offered_to, c.offered_at, c.offer_expires_at) = (None, None, None);
        let holder = status.has_custodian().then_some(who);
        if holder != c.custodian_id {
            (c.custodian_id, c.custodian_since) = (holder, holder.map(|_| at));
        }
        c.site_id = Some(place_of(c, role));
        match kind {
            EventKind::Collected => {
                (c.collected_at, c.collected_by) = (Some(at), Some(who));
                (c.pull, c.volume_ul) = (Some(1), Some(3000));
            }
            EventKind::HandoverOffered => {
                let centre = At::Centre(self.request.centre);
                c.offered_to = Some(self.network.staff.first(Role::Courier, centre));
                (c.offered_at, c.offer_expires_at) = (Some(at), Some(at.plus_seconds(DAY)));
            }
            EventKind::Received => c.received_at = Some(at),
            EventKind::Accepted => {
                let (year, n) = self.network.size.number(self.request.n, 1);
                c.accession = Some(Accession::new(year, n));
            }
            EventKind::Rejected => c.flags = c.flags.with("rejected"),
            EventKind::Stored => c.location = Some("CONG-1/A/01".into()),
            _ => {}
        }
    }
}

/// Where somebody in this role has a container in hand.
fn place_of(c: &Container, role: Role) -> SiteId {
    match role {
        Role::Collector | Role::Courier => c.centre_id,
        _ => c.laboratory_id,
    }
}

fn event(
    before: &Container,
    after: &Container,
    kind: EventKind,
    at: Instant,
    (role, who): (Role, UserId),
    dice: &mut Dice,
) -> CustodyEvent {
    let reason = match kind {
        EventKind::Held => Some("R06"),
        EventKind::Rejected => Some("R01"),
        EventKind::DeclaredLost => Some("La paquetería no lo encuentra"),
        _ => None,
    };
    CustodyEvent {
        container_id: after.id,
        seq: after.event_count,
        event_id: CustodyEventId(dice.key(at)),
        kind,
        outcome: Outcome::Accepted,
        occurred_at: at.plus_seconds(-2),
        recorded_at: at,
        actor_id: who,
        actor_role: role,
        on_behalf_of: None,
        site_id: after.site_id,
        place: None,
        device: None,
        device_seq: None,
        counterparty_id: after.offered_to,
        source: Source::Wedge,
        from_status: before.status,
        to_status: after.status,
        custodian_id: after.custodian_id,
        reason: reason.map(str::to_owned),
        flags: Flags::default(),
        corrects: None,
        data: snapshot(before).into(),
        request_hash: dice.hash().to_vec(),
        caused_by: Some(ActId(dice.key(at))),
        act_seq: Some(1),
    }
}

/// As long as what a scan keeps of the container before it.
fn snapshot(c: &Container) -> String {
    json!({ "before": {
        "status": c.status, "custodian": c.custodian_id, "custodian_since": c.custodian_since,
        "offered_to": c.offered_to, "offered_at": c.offered_at,
        "offer_expires_at": c.offer_expires_at, "received_at": c.received_at,
        "location": c.location, "place": c.place, "site": c.site_id, "flags": c.flags.as_str(),
    } })
    .to_string()
}

/// The label of a tube as drawn; one in five went to the centre's printer, the others to a sheet.
fn print(
    network: &Network,
    request: &Request,
    tube: &Container,
    dice: &mut Dice,
) -> Option<(Print, Option<Job>)> {
    let print = Print {
        id: PrintId(dice.key(tube.created_at)),
        container_id: tube.id,
        copy: 1,
        recorded_at: tube.created_at,
        actor_id: tube.created_by,
        reason: None,
        template_id: "edta-50x25".into(),
        template_version: 1,
        fields: json!({ "code": tube.code.as_str(), "study": request.study.number }).to_string(),
        format: Format::Zpl,
        dpi: 203,
        sha256: dice.hash().to_vec(),
        layout_sha256: Some(dice.hash().to_vec()),
        number: Some(1),
    };
    let sent = dice.chance(1, 5);
    let job = sent.then(|| printers::job(&network.size, dice, &print, tube, request.centre));
    Some((print, job))
}
