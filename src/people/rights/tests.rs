//! Holds the table to `domain.md` section 14, its print to the table, and what is granted to both.

use super::*;
use crate::sites::SiteKind;

/// `domain.md` section 14, word for word.
const DOMAIN: &str = "\
| Action | Collector/sender | Oncologist | Courier | Reception | Bench | Analyst | Validator | Lab head | Coordinator | Quality | Auditor | Admin |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
| Create request / patient | OWN | OWN | - | LAB (walk-in, flagged) | - | - | - | - | - | - | - | - |
| Print / void label | OWN | - | - | reprint only | child labels | child | - | - | - | - | - | - |
| Collect, pack, offer | OWN | - | - | LAB (returns) | - | - | - | - | - | - | - | - |
| Accept hand-over | OWN | - | own boxes | LAB | - | - | - | - | - | - | - | - |
| Receive, hold, accept | - | - | - | LAB | - | - | - | LAB | - | - | - | - |
| Reject / override | - | - | - | per table | - | - | - | LAB | - | co-sign | - | - |
| Derive, stain, acquire | - | - | - | - | LAB | LAB | - | - | - | - | - | - |
| Enter counts, draft report | - | - | - | - | - | LAB | - | LAB | - | - | - | - |
| Validate / release (not own draft) | - | - | - | - | - | - | LAB | LAB | - | - | - | - |
| Read result | - | OWN (care relation) | - | status only | status only | LAB | LAB | LAB | NET | case by reason | reason, logged | - |
| Acknowledge critical | OWN centre duty | OWN | - | - | - | - | - | - | NET escalated | - | - | - |
| Dashboards | OWN | OWN | - | LAB | - | LAB | LAB | LAB | NET | NET | NET | - |
| Edit protocols/windows/codes | - | - | - | - | - | - | propose | approve | approve (2nd) | - | - | load file |
| Manage users | - | - | - | - | - | - | - | - | - | - | - | all, no clinical read |
| Audit trail | - | - | - | - | - | - | - | LAB | - | ALL | ALL read-only | - |
";

/// The rights that an action of section 14 stands for; none of what is not built.
const ACTIONS: [(&str, &[Right]); 15] = [
    ("Create request / patient", &[Right::RegisterPatient, Right::RequestStudy]),
    (
        "Print / void label",
        &[Right::IssueLabel, Right::ReprintLabel, Right::PrintDerivedLabel, Right::VoidLabel],
    ),
    ("Collect, pack, offer", &[Right::Collect, Right::ReportNotCollected, Right::OfferHandover]),
    ("Accept hand-over", &[Right::TakeHandover]),
    ("Receive, hold, accept", &[Right::ReceiveSample, Right::HoldSample, Right::AcceptSample]),
    ("Reject / override", &[Right::RejectSample, Right::OverrideCatalogue]),
    ("Derive, stain, acquire", &[Right::WorkAtBench]),
    ("Enter counts, draft report", &[Right::EnterResult]),
    ("Validate / release (not own draft)", &[Right::SignResult]),
    ("Read result", &[Right::ReadResult, Right::FollowCriticals]),
    ("Acknowledge critical", &[Right::AcknowledgeResult]),
    ("Dashboards", &[]),
    (
        "Edit protocols/windows/codes",
        &[
            Right::ProposeProtocol,
            Right::ApproveProtocol,
            Right::ProposeCatalogue,
            Right::DecideCatalogue,
        ],
    ),
    ("Manage users", &[Right::ManageUsers]),
    ("Audit trail", &[Right::ReadAudit]),
];

/// Rights that section 14 has no row for.
const BESIDE: &[Right] = &[
    Right::SeeIdentity,
    Right::CorrectIdentity,
    Right::TransferCare,
    Right::AnswerCare,
    Right::EndCare,
    Right::FollowCare,
    Right::CancelRequest,
    Right::CorrectRequest,
    Right::AttachReport,
    Right::SettleDuePoint,
    Right::PrintRoll,
    Right::UsePrinter,
    Right::TestPrinter,
    Right::ManagePrinters,
    Right::SeeSample,
    Right::DisposeSample,
    Right::WitnessDisposal,
    Right::WitnessDiscard,
    Right::DeclareLost,
    Right::CorrectCentreScan,
    Right::CorrectLaboratoryScan,
    Right::CorrectCollectionTime,
    Right::OpenDoubt,
    Right::WriteInDoubt,
    Right::CloseDoubt,
    Right::ReadDraft,
    Right::ProposeCentre,
    Right::DecideCentre,
    Right::ProposeLabel,
    Right::DecideLabel,
    Right::SeeReference,
];

/// Where the table says otherwise than section 14, and why.
const OTHERWISE: [(&str, &[Role], &str); 11] = [
    ("Print / void label", &[Role::Reception], "the first label of its walk-ins has no other hand"),
    ("Collect, pack, offer", &[Role::Oncologist], "a physician draws the marrow and hands it on"),
    (
        "Collect, pack, offer",
        &[Role::Courier, Role::Bench, Role::Analyst, Role::LabHead],
        "who holds a tube can pass it on",
    ),
    (
        "Accept hand-over",
        &[Role::Oncologist, Role::Bench, Role::Analyst, Role::LabHead],
        "who works with tubes at either end can be given one",
    ),
    (
        "Receive, hold, accept",
        &[Role::Bench, Role::Analyst, Role::Validator, Role::Quality],
        "whoever sees that a tube is wrong holds it (section 5, QUARANTINED)",
    ),
    ("Reject / override", &[Role::Quality], "no second signature of an override is built"),
    ("Read result", &[Role::Quality, Role::Auditor], "no reading of a case by reason is built"),
    (
        "Acknowledge critical",
        &[Role::Collector, Role::Coordinator],
        "delivered is what an oncologist of the child has taken note of; coordination calls them",
    ),
    (
        "Edit protocols/windows/codes",
        &[Role::Validator],
        "a proposal has room for two people, and both the head and the coordination must be of them",
    ),
    (
        "Edit protocols/windows/codes",
        &[Role::LabHead, Role::Coordinator],
        "it is decided by one of each, whoever of them proposed it",
    ),
    (
        "Edit protocols/windows/codes",
        &[Role::Admin],
        "a file is loaded with the server, by no page",
    ),
];

const AT_CENTRE: &[Where] = &[Where::Centre, Where::Care, Where::CentreOrCare, Where::Hands];
const AT_LABORATORY: &[Where] = &[Where::Laboratory, Where::WalkIn, Where::Hands];

/// Whether what a role has of an action is what its cell says.
fn agrees(cell: &str, has: &[(Right, Where)]) -> bool {
    let only = |rights: &[Right]| has.iter().map(|(right, _)| *right).eq(rights.iter().copied());
    let all_at =
        |places: &[Where]| !has.is_empty() && has.iter().all(|(_, at)| places.contains(at));
    match cell {
        "-" | "status only" => has.is_empty(),
        "reprint only" => only(&[Right::ReprintLabel]),
        "child labels" | "child" => only(&[Right::PrintDerivedLabel]),
        "per table" => only(&[Right::RejectSample]) && all_at(AT_LABORATORY),
        "own boxes" => all_at(&[Where::Hands]),
        "propose" => only(&[Right::ProposeProtocol, Right::ProposeCatalogue]),
        "approve" | "approve (2nd)" => only(&[Right::ApproveProtocol, Right::DecideCatalogue]),
        // Of these nothing is built: what a role has here is something else.
        "co-sign" | "case by reason" | "reason, logged" | "load file" => false,
        _ => match cell.split([' ', ',']).next() {
            Some("OWN") => all_at(AT_CENTRE),
            Some("LAB") => all_at(AT_LABORATORY),
            Some("NET" | "ALL" | "all") => all_at(&[Where::Network]),
            _ => panic!("{cell}: what does it say?"),
        },
    }
}

/// What a role has of these rights, and where.
fn held(role: Role, rights: &[Right]) -> Vec<(Right, Where)> {
    let of = |right: &Right| {
        let right = *right;
        grants(right).iter().filter(move |(r, _)| *r == role).map(move |(_, at)| (right, *at))
    };
    rights.iter().flat_map(of).collect()
}

#[test]
fn the_table_is_section_14() {
    let rows: Vec<Vec<&str>> = DOMAIN
        .lines()
        .skip(2)
        .map(|l| l.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let named: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(named, ACTIONS.map(|(action, _)| action));
    for (row, (action, rights)) in rows.iter().zip(ACTIONS) {
        assert_eq!(row.len(), 1 + Role::ALL.len(), "{action}");
        for (cell, role) in row[1..].iter().zip(Role::ALL).filter(|_| !rights.is_empty()) {
            let has = held(*role, rights);
            let is_other = OTHERWISE.iter().any(|(a, of, _)| *a == action && of.contains(role));
            assert_eq!(agrees(cell, &has), !is_other, "{action}, {role}: {cell}, and has {has:?}");
        }
    }
}

#[test]
fn every_right_is_of_section_14_or_named_beside_it() {
    let mut all: Vec<Right> = ACTIONS.iter().flat_map(|(_, rights)| rights.to_vec()).collect();
    all.extend_from_slice(BESIDE);
    all.sort_unstable();
    assert_eq!(all, Right::ALL);
}

#[test]
fn a_role_has_a_right_once_and_where_it_can_be() {
    for right in Right::ALL {
        for (role, at) in grants(*right) {
            assert_eq!(held(*role, &[*right]).len(), 1, "{right}, {role}");
            let kind = match at {
                Where::Centre | Where::Care | Where::CentreOrCare => Some(SiteKind::Centre),
                Where::Laboratory | Where::WalkIn => Some(SiteKind::Laboratory),
                Where::Hands | Where::Network => continue,
            };
            assert_eq!(role.site_kind(), kind, "{right}, {role}");
        }
    }
}

/// `domain.md` section 14: nobody holds administration and clinical reading.
#[test]
fn administration_has_nothing_of_a_child() {
    let admin: Vec<Right> = held(Role::Admin, Right::ALL).into_iter().map(|(r, _)| r).collect();
    let nothing_clinical = [
        Right::TestPrinter,
        Right::ManagePrinters,
        Right::DecideCentre,
        Right::ProposeLabel,
        Right::SeeReference,
        Right::ManageUsers,
    ];
    assert_eq!(admin, nothing_clinical);
}

#[test]
fn the_print_is_of_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rights.md");
    let (kept, made) = (std::fs::read_to_string(path).unwrap(), markdown());
    assert!(kept == made, "docs/rights.md should be:\n{made}");
}

fn site(n: u128) -> SiteId {
    SiteId(uuid::Uuid::from_u128(n))
}

fn scope(roles: &[Role], centres: &[SiteId], laboratories: &[SiteId]) -> Scope {
    let roles = roles.iter().copied().collect();
    Scope::new(UserId::new(), "Ana".into(), roles, centres.to_vec(), laboratories.to_vec())
}

#[test]
fn a_right_counts_where_it_is_held() {
    let (centre, other, laboratory) = (site(1), site(2), site(3));
    let nurse = scope(&[Role::Collector], &[centre], &[]);
    assert!(may(&nurse, Right::Collect, Place::of(centre, laboratory)).is_some());
    let there = Place::of(other, laboratory);
    assert!(may(&nurse, Right::Collect, there).is_none());
    assert!(may(&nurse, Right::OpenDoubt, there).is_none());
    assert!(may(&nurse, Right::OpenDoubt, there.treated(true)).is_some());
    assert!(may(&nurse, Right::OfferHandover, there).is_none());
    assert!(may(&nurse, Right::OfferHandover, there.held(true)).is_some());
    assert!(may(&nurse, Right::SignResult, Place::of(centre, laboratory)).is_none());
}

/// What a store looks for by a reach is what may be opened one by one: of each right to see something, for everybody
/// of up to two roles, at every place.
#[test]
fn a_reach_is_the_sum_of_the_places_where_the_right_counts() {
    let (centres, laboratories) = ([site(1), site(2)], [site(3), site(4)]);
    let mut places = vec![Place::NETWORK];
    for (centre, laboratory) in centres.iter().flat_map(|c| laboratories.map(|l| (*c, l))) {
        places.extend([Place::of(centre, laboratory), Place::inside(laboratory)]);
    }
    let flags = [(false, false), (false, true), (true, false), (true, true)];
    let places: Vec<Place> =
        flags.iter().flat_map(|(t, h)| places.iter().map(|p| p.treated(*t).held(*h))).collect();
    let mut reached = 0;
    for (one, two) in Role::ALL.iter().flat_map(|r| Role::ALL.iter().map(|s| (*r, *s))) {
        for n in 0..4 {
            // Who is of no centre has no child that one of their centres treats.
            let scope = scope(&[one, two], &centres[..n.min(2)], &laboratories[..n / 2]);
            for right in [Right::SeeIdentity, Right::SeeSample, Right::ReadResult] {
                let reach = Reach::of(&scope, right);
                for place in places.iter().filter(|p| !p.is_treated || n > 0) {
                    let is_there = reach.is_network()
                        || place.centre.is_some_and(|site| reach.centres().contains(&site))
                        || place.laboratory.is_some_and(|l| reach.laboratories().contains(&l))
                        || place.is_treated && !reach.carers().is_empty()
                        || place.is_held && reach.hands().is_some();
                    assert_eq!(is_there, may(&scope, right, *place).is_some(), "{right} {place:?}");
                    assert_eq!(is_there, reach.holds(*place));
                    reached += usize::from(is_there);
                }
            }
        }
    }
    assert!(reached > 1000, "{reached}");
}

#[test]
fn a_walk_in_is_of_the_laboratory_alone() {
    let (centre, laboratory) = (site(1), site(3));
    let reception = scope(&[Role::Reception], &[], &[laboratory]);
    assert!(may(&reception, Right::IssueLabel, Place::of(centre, laboratory)).is_none());
    assert!(may(&reception, Right::IssueLabel, Place::of(laboratory, laboratory)).is_some());
    assert_eq!(sites(&reception, Right::RegisterPatient), [laboratory]);
}

#[test]
fn one_acts_in_the_role_that_counts_there() {
    let (centre, laboratory) = (site(1), site(3));
    let both = scope(&[Role::Collector, Role::LabHead], &[centre], &[laboratory]);
    let right = Right::CorrectCollectionTime;
    let role = |place| may(&both, right, place).map(Granted::acting_as);
    assert_eq!(role(Place::of(centre, site(4))), Some(Role::Collector));
    assert_eq!(role(Place::of(centre, laboratory)), Some(Role::LabHead));
    assert_eq!(role(Place::NETWORK), None);
    // And where that is: of what one holds it is told by the tube.
    let site = |right, place| may(&both, right, place).and_then(Granted::site);
    assert_eq!(site(right, Place::of(centre, self::site(4))), Some(centre));
    assert_eq!(site(right, Place::of(centre, laboratory)), Some(laboratory));
    let care = Place::of(self::site(5), self::site(4)).treated(true);
    assert_eq!(site(Right::OpenDoubt, care), None);
    assert_eq!(site(Right::OfferHandover, care.held(true)), None);
    // Reception makes no tube out of another: the bench does.
    let two = scope(&[Role::Reception, Role::Bench], &[], &[laboratory]);
    let made = may(&two, Right::WorkAtBench, Place::of(centre, laboratory));
    assert_eq!(made.map(Granted::acting_as), Some(Role::Bench));
}

#[test]
fn a_menu_leads_where_a_right_is_held_at_all() {
    let (centre, laboratory) = (site(1), site(3));
    let nurse = scope(&[Role::Collector, Role::Reception], &[centre], &[laboratory]);
    assert_eq!(sites(&nurse, Right::RegisterPatient), [centre, laboratory]);
    assert!(holds(&nurse, Right::Collect) && !holds(&nurse, Right::ReadResult));
    assert!(!holds(&scope(&[Role::Collector], &[], &[]), Right::Collect));
    assert!(holds(&scope(&[Role::Quality], &[], &[]), Right::CloseDoubt));
}

#[test]
fn a_proof_is_of_one_right() {
    type MayClose = Proof<{ Right::CloseDoubt as usize }>;
    assert_eq!(MayClose::RIGHT, Right::CloseDoubt);
    let quality = scope(&[Role::Quality], &[], &[]);
    let granted = MayClose::of(&quality, Place::NETWORK).unwrap().granted();
    assert_eq!((granted.right(), granted.user()), (Right::CloseDoubt, quality.user()));
    assert_eq!((granted.acting_as(), granted.place()), (Role::Quality, Place::NETWORK));
    assert!(MayClose::of(&scope(&[Role::Auditor], &[], &[]), Place::NETWORK).is_none());
}

/// That somebody belongs to a laboratory is not enough.
#[test]
fn a_witness_works_there() {
    let (centre, laboratory) = (site(1), site(3));
    let person = |role: Role, disabled_at| Person {
        id: UserId::new(),
        login: "ana".into(),
        name: "Ana".into(),
        roles: [role].into_iter().collect(),
        sites: vec![laboratory],
        lang: crate::web::Lang::Es,
        must_change_password: false,
        disabled_at,
        created_at: crate::db::Instant::from_us(0).unwrap(),
        licence: None,
    };
    let place = Place::of(centre, laboratory);
    let witness = |p: &Person| could(p, Right::WitnessDisposal, place);
    assert_eq!(witness(&person(Role::Validator, None)), Some(Role::Validator));
    for role in [Role::Admin, Role::Auditor, Role::Courier, Role::Quality, Role::Collector] {
        assert_eq!(witness(&person(role, None)), None, "{role}");
    }
    let gone = crate::db::Instant::from_us(1);
    assert_eq!(witness(&person(Role::Validator, gone)), None);
    assert!(roles(Right::WitnessDisposal).all(|r| r.site_kind() == Some(SiteKind::Laboratory)));
}
