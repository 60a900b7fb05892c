//! What `rastro demo` tells: children whose samples stand in every state, made by the same use
//! cases that people use, on a clock that is moved back and then let go. Each child's story waits
//! for its turn, so that all of them together are written in the order of the clock, as a log is.
//! All names are invented.

use uuid::Uuid;

use super::Failed;
use super::courses::{COURSES, UNSIGNED, Waits, course, mrd};
use super::turns::{DemoClock, Told, Turns, in_order};
use crate::access;
use crate::app::App;
use crate::custody::issue::{self, NewContainer};
use crate::custody::{Batch, Command, Outcome, Scan, Source, When, service as custody};
use crate::demo::PASSWORD;
use crate::patients::service::Registration;
use crate::patients::{self, PatientId, RegisterPatient};
use crate::people::{Caller, RequestId, UserId, service as people, store as people_store};
use crate::results::{EnterResult, Meaning, TypedPopulation, service as results};
use crate::studies::{self, RequestStudy, StudyId};
use crate::web::Lang;

/// The people of a story, signed in anew whenever the clock was moved.
pub(super) struct Cast<'a> {
    pub(super) app: &'a App,
    pub(super) turns: Turns,
}

impl Cast<'_> {
    pub(super) async fn caller(&self, login: &str) -> Result<Caller, Failed> {
        caller(self.app, login).await
    }

    pub(super) async fn child(
        &self,
        names: [&str; 3],
        birth: &str,
        sex: &str,
    ) -> Result<PatientId, Failed> {
        let nurse = self.caller("enfermera").await?;
        let input = RegisterPatient {
            surname1: names[0].into(),
            surname2: names[1].into(),
            given_names: names[2].into(),
            birth_date: birth.into(),
            sex: sex.into(),
            record_number: record_number(birth),
            ..RegisterPatient::default()
        };
        match patients::service::register(self.app, &nurse, input).await? {
            Registration::Registered(done) => Ok(done.id),
            Registration::Opened(_) | Registration::Asked(_) => {
                Err(Failed::new("the story's child is known elsewhere".to_owned()))
            }
        }
    }

    pub(super) async fn request(
        &self,
        patient: PatientId,
        ask: &Ask<'_>,
    ) -> Result<StudyId, Failed> {
        let nurse = self.caller("enfermera").await?;
        let no = || "no".to_owned();
        let [protocol, timepoint, day1] = ask.point.unwrap_or_default();
        let or = |new: &str, treated: &str| if ask.is_new { new } else { treated }.to_owned();
        let input = RequestStudy {
            kind: ask.kind.into(),
            protocol: protocol.into(),
            timepoint: timepoint.into(),
            day1: day1.into(),
            outside_reason: if ask.point.is_some() { "" } else { ask.why }.into(),
            diagnosis: or("Sospecha de leucemia aguda", "LLA-B"),
            lineage: or("unknown", "b-all"),
            phase: or("diagnosis", ""),
            down: or("no", ""),
            anti_cd19: no(),
            anti_cd22: no(),
            anti_cd20: no(),
            car_t: no(),
            anti_cd38: no(),
            transplant: no(),
            gcsf: no(),
            steroids: or("no", "yes"),
            wbc: or("48.6", "3.2"),
            blood_blasts: or("34", "unknown"),
            diagnostic_reference: or("", "Informe externo 25-000991"),
            requester: "Dra. Elena Vidal Ochoa".into(),
            requester_licence: "7654321".into(),
            critical_phone: "+52 55 5555 0101".into(),
            urgent: no(),
            tubes: vec![ask.tube.to_owned()],
            ..RequestStudy::default()
        };
        Ok(studies::service::request(self.app, &nurse, patient, input).await?.id)
    }

    async fn scan(&self, login: &str, scan: Scan) -> Result<(), Failed> {
        let caller = self.caller(login).await?;
        let what = format!("{} of {}", scan.action(), scan.code);
        let batch = Batch { device: None, device_now: None, person: None, scans: vec![scan] };
        let answers = custody::scan(self.app, &caller, batch).await?;
        match answers.first() {
            Some(a) if a.outcome == Outcome::Refused => {
                Err(Failed::new(format!("{what}: {}", a.text)))
            }
            _ => Ok(()),
        }
    }

    fn of(&self, code: &str, command: Command) -> Scan {
        let scan = Scan::new(Uuid::now_v7(), code, command, self.app.now());
        Scan { source: Some(Source::Wedge), ..scan }
    }

    /// A labelled tube of `what` (`BM/EDTA`), collected `hours` ago and moved on as far as `until`.
    pub(super) async fn tube(
        &self,
        study: StudyId,
        what: &str,
        hours: i64,
        until: Until,
    ) -> Result<String, Failed> {
        self.turns.hours_ago(hours).await?;
        let nurse = self.caller("enfermera").await?;
        let new = NewContainer {
            id: Uuid::now_v7(),
            tube: 1,
            code: String::new(),
            extra_reason: String::new(),
        };
        let code = issue::register(self.app, &nurse, study, new).await?.code.to_string();
        if until == Until::Labelled {
            return Ok(code);
        }
        let collect = Command::Collect {
            identifiers_confirmed: true,
            // Only marrow is pulled.
            pull: what.starts_with("BM").then_some(1),
            volume_ul: Some(3000),
            container_type: None,
            reason: None,
        };
        let collect = Scan::told(Uuid::now_v7(), &code, collect, When::Now(self.app.now()));
        self.scan("enfermera", collect).await?;
        if until == Until::Collected {
            return Ok(code);
        }
        let courier = id_of(self.app, "mensajero").await?;
        let offer = Command::Offer { to: courier, waybill: None };
        self.scan("enfermera", self.of(&code, offer)).await?;
        if until == Until::Offered {
            return Ok(code);
        }
        self.scan("mensajero", self.of(&code, Command::AcceptHandover { seal_ok: None })).await?;
        if until == Until::InTransit {
            return Ok(code);
        }
        self.turns.hours_ago(hours.saturating_sub(20).max(1)).await?;
        let receive = Command::Receive { condition: vec![], temperature_c10: None };
        self.scan("recepcion", self.of(&code, receive)).await?;
        if until == Until::Held {
            let hold = Command::Hold { reason: "R06".into() };
            self.scan("recepcion", self.of(&code, hold)).await?;
        } else if until == Until::Accepted {
            self.scan("recepcion", self.of(&code, Command::Accept { reason: None })).await?;
        }
        Ok(code)
    }

    /// Enters a result and lets it go as far as who it waits for.
    pub(super) async fn answered(
        &self,
        study: StudyId,
        input: EnterResult,
        waits: Waits,
    ) -> Result<(), Failed> {
        let analyst = self.caller("analista").await?;
        let version = results::enter(self.app, &analyst, study, input).await?;
        if waits == Waits::Signature {
            return Ok(());
        }
        let validator = self.caller("validador").await?;
        results::sign(self.app, &validator, version, Meaning::Released, PASSWORD, "").await?;
        if waits == Waits::Nobody {
            let oncologist = self.caller("oncologa").await?;
            results::acknowledge(self.app, &oncologist, version).await?;
        }
        Ok(())
    }
}

/// The number that the centre's own record has: the demonstration makes it of the birth date.
pub(super) fn record_number(birth: &str) -> String {
    format!("LR-{}", birth.replace('-', ""))
}

/// How far a tube has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    Labelled,
    Collected,
    Offered,
    InTransit,
    Received,
    Held,
    Accepted,
}

/// What a request asks for.
pub(super) struct Ask<'a> {
    pub(super) kind: &'a str,
    /// Specimen and container: `BM/EDTA`.
    pub(super) tube: &'a str,
    /// Protocol, time point and day 1.
    pub(super) point: Option<[&'a str; 3]>,
    /// The child fell ill now: nothing is known of its cells yet.
    pub(super) is_new: bool,
    /// Why, outside of a protocol.
    pub(super) why: &'a str,
}

/// Hours ago that the server of the demonstration was started first: before anything of its stories.
pub(super) const BEGINS: i64 = 600 * 24;

/// Tells the story.
pub(super) async fn tell(app: &App, clock: &DemoClock) -> Result<(), Failed> {
    approve(app).await?;
    let cast = |turns| Cast { app, turns };
    let mut stories = vec![
        Told::begin(|turns| diagnosis(cast(turns))),
        Told::begin(|turns| waiting_for_a_signature(cast(turns))),
    ];
    for c in &COURSES {
        stories.push(Told::begin(move |turns| course(cast(turns), c)));
    }
    for child in CHILDREN {
        stories.push(Told::begin(|turns| one_in_a_state(cast(turns), child)));
    }
    in_order(clock, stories).await?;
    clock.set_hours_ago(0);
    Ok(())
}

/// The two protocols that the demonstration uses, approved by two people.
async fn approve(app: &App) -> Result<(), Failed> {
    let people = (id_of(app, "jefa").await?, id_of(app, "coordinadora").await?);
    let (catalogue, now) = (app.catalogue.clone(), app.now());
    app.db
        .write(move |tx| {
            for id in ["AIEOP-BFM-ALL-2009", "SJ-TOTAL-XVI"] {
                if let Some(protocol) = catalogue.protocol(id) {
                    studies::store::approve(tx, protocol, &catalogue.version, people, now)?;
                }
            }
            Ok::<_, crate::db::DbError>(())
        })
        .await?;
    Ok(())
}

/// A person who has just signed in.
async fn caller(app: &App, login: &str) -> Result<Caller, Failed> {
    let request = RequestId::new();
    let agent = access::service::Browser::of_program("rastro demo");
    let done = access::service::sign_in(app, login, PASSWORD, agent, request).await?;
    let now = app.now();
    let session = people::resume(&app.people(), &done.token, now).await?;
    Ok(Caller {
        scope: session.scope,
        now,
        lang: Lang::Es,
        request,
        session: session.id,
        path: String::new(),
        stand: app.ledger.standing().get(),
    })
}

async fn id_of(app: &App, login: &'static str) -> Result<UserId, Failed> {
    let found = app.db.read(move |c| people_store::find_by_login(c, login)).await?;
    found.map(|p| p.id).ok_or_else(|| Failed::new(format!("no account {login}")))
}

/// Name, birth, sex, how far the tube has come, and hours since it was labelled.
type Child = ([&'static str; 3], &'static str, &'static str, Until, i64);

const CHILDREN: [Child; 7] = [
    (["Cruz", "Domínguez", "Iker"], "2020-11-21", "male", Until::Labelled, 1),
    (["López", "Ávila", "Sofía"], "2017-02-14", "female", Until::Collected, 3),
    (["Núñez", "Peña", "Tadeo"], "2021-07-30", "male", Until::Offered, 2),
    (["Morales", "Güemes", "Renata"], "2016-09-09", "female", Until::InTransit, 26),
    (["Santos", "Ibarra", "Emilio"], "2019-12-01", "male", Until::Received, 22),
    (["Vargas", "Luján", "Camila"], "2015-04-17", "female", Until::Held, 23),
    (["Rojas", "Téllez", "Mateo"], "2022-01-05", "male", Until::Accepted, 25),
];

async fn one_in_a_state(cast: Cast<'_>, child: Child) -> Result<(), Failed> {
    let (names, birth, sex, until, hours) = child;
    cast.turns.hours_ago(hours + 2).await?;
    let patient = cast.child(names, birth, sex).await?;
    let why = "seguimiento";
    let ask = Ask { kind: "mrd", tube: "BM/EDTA", point: None, is_new: false, why };
    let study = cast.request(patient, &ask).await?;
    cast.tube(study, ask.tube, hours, until).await?;
    Ok(())
}

/// An MRD that was entered and waits for a validator.
async fn waiting_for_a_signature(cast: Cast<'_>) -> Result<(), Failed> {
    cast.turns.hours_ago(54).await?;
    let patient = cast.child(["Fuentes", "Arce", "Valentina"], "2014-08-25", "female").await?;
    mrd(&cast, patient, &UNSIGNED, None).await
}

/// A new diagnosis: critical until somebody acknowledges it by name.
async fn diagnosis(cast: Cast<'_>) -> Result<(), Failed> {
    cast.turns.hours_ago(50).await?;
    let patient = cast.child(["Ortega", "Silva", "Bruno"], "2021-03-12", "male").await?;
    let (kind, why) = ("immunophenotype", "diagnóstico inicial");
    let ask = Ask { kind, tube: "BM/EDTA", point: None, is_new: true, why };
    let study = cast.request(patient, &ask).await?;
    let code = cast.tube(study, ask.tube, 48, Until::Accepted).await?;
    let mut blasts = TypedPopulation::of(
        "Blastos",
        "82.5",
        &[
            ("CD19", "sm", "STRONG"),
            ("CD10", "sm", "STRONG"),
            ("CD34", "sm", "POS"),
            ("CD58", "sm", "STRONG"),
            ("CD66c", "sm", "POS"),
            ("CD79a", "cy", "STRONG"),
            ("CD45", "sm", "WEAK"),
            ("CD3", "cy", "NEG"),
            ("MPO", "cy", "NEG"),
        ],
    );
    for marker in &mut blasts.markers {
        marker.aberrant = ["CD58", "CD66c"].contains(&&*marker.marker);
    }
    let input = EnterResult {
        container: code,
        evaluable: "yes".into(),
        conclusion: "B-ALL-BII".into(),
        denominator: "NUCLEATED_CELLS".into(),
        populations: vec![blasts],
        panels: vec!["EF-ALOT".into()],
        viability: "95".into(),
        ..EnterResult::default()
    };
    cast.answered(study, input, Waits::Oncologist).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::demo::add_accounts;
    use crate::db::Limit;
    use crate::server;
    use crate::studies::{StudyKind, pages::what, store::Filter};

    /// Each request says of its child what is so: who falls ill now is not followed up.
    #[tokio::test]
    async fn a_new_diagnosis_is_no_follow_up() {
        let dir = tempfile::tempdir().unwrap();
        let source =
            crate::app::Source { data_dir: Some(dir.path().to_owned()), ..Default::default() };
        let clock = DemoClock::default();
        let app = server::open(source.finish().unwrap(), clock.clock()).await.unwrap();
        add_accounts(&app).await.unwrap();
        in_order(&clock, vec![Told::begin(|turns| diagnosis(Cast { app: &app, turns }))])
            .await
            .unwrap();
        let scope = caller(&app, "validador").await.unwrap().scope;
        let all = move |c: &mut crate::db::Reading| {
            studies::store::list(c, &scope, &Filter::default(), None, Limit::default())
        };
        let found = app.db.read(all).await.unwrap().items;
        app.db.close().await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].kind, StudyKind::Immunophenotype);
        assert_eq!(what(Lang::Es, &found[0]), "Inmunofenotipo · diagnóstico inicial");
        assert_eq!(found[0].diagnosis, "Sospecha de leucemia aguda");
    }
}
