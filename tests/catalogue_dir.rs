//! A catalogue of one's own: checked whole or not used, its centres taken over by version, what
//! decides about samples only once the head of the laboratory and the coordination have approved it.
//! On both engines.

use std::path::PathBuf;

use crate::support::course::{PROTOCOL, approved};
use crate::support::process::rastro;
use crate::support::story::mrd_request;
use crate::support::tamper::conn;
use crate::support::{Client, Lab, PASSWORD, both, one};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rastro::app::{App, Settings};
use rastro::audit::{Action, store as audit_store};
use rastro::catalogue::Catalogue;
use rastro::db::{Clock, Limit};
use rastro::people::Role;
use rastro::reference::{SiteEventKind, store as reference};
use rastro::schema::{allocators, sites};
use rastro::server;
use rastro::sites::SiteId;
use serde_json::json;

const NEW: &str =
    "ZZT,Hospital de Prueba,Tlaxcala,Tlaxcala,,America/Mexico_City,777,confirmed,,,prueba\n";

/// A copy of the built-in catalogue, changed.
struct Own(PathBuf);

impl Own {
    fn of(lab: &Lab, name: &str, version: &str) -> Self {
        let dir = lab.dir().join(name);
        std::fs::create_dir_all(&dir).unwrap();
        for (file, text) in Catalogue::embedded().files.iter() {
            std::fs::write(dir.join(file), text).unwrap();
        }
        let own = Self(dir);
        own.write("VERSION", version);
        own
    }
    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.join(file)).unwrap()
    }
    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.0.join(file), text).unwrap();
    }
    fn change(&self, file: &str, from: &str, to: &str) -> &Self {
        let text = self.read(file);
        assert!(text.contains(from), "{file} lacks {from}");
        self.write(file, &text.replacen(from, to, 1));
        self
    }
    /// Without the line that begins so.
    fn without(&self, file: &str, start: &str) -> &Self {
        let text = self.read(file);
        let kept: Vec<&str> = text.lines().filter(|l| !l.starts_with(start)).collect();
        assert!(kept.len() < text.lines().count());
        self.write(file, &(kept.join("\n") + "\n"));
        self
    }
    fn with(&self, file: &str, line: &str) -> &Self {
        self.write(file, &(self.read(file) + line));
        self
    }
}

fn settings(lab: &Lab, own: Option<&Own>) -> Settings {
    let catalogue_dir = own.map(|o| o.0.clone());
    Settings { catalogue_dir, ..(*lab.app.settings).clone() }
}

/// What keeps a server from starting.
async fn refused(lab: &Lab, own: Option<&Own>) -> String {
    match server::open(settings(lab, own), Clock::system()).await {
        Err(e) => e.to_string(),
        Ok(app) => {
            app.db.close().await;
            panic!("it starts")
        }
    }
}

/// What a server that starts works with.
async fn starts(lab: &Lab, own: Option<&Own>) -> App {
    let app = server::open(settings(lab, own), Clock::system()).await;
    let app = app.unwrap_or_else(|e| panic!("{e}"));
    app.db.close().await;
    app
}

fn site(lab: &Lab, code: &str) -> (SiteId, String, bool) {
    let columns = (sites::id, sites::name, sites::active);
    sites::table.filter(sites::code.eq(code)).select(columns).first(&mut conn(lab)).unwrap()
}

fn state(lab: &Lab) -> (Vec<(String, String, bool)>, Vec<i32>, usize) {
    let mut conn = conn(lab);
    let all = sites::table
        .order(sites::code)
        .select((sites::code, sites::name, sites::active))
        .load(&mut conn)
        .unwrap();
    let numbers =
        allocators::table.order(allocators::number).select(allocators::number).load(&mut conn);
    (all, numbers.unwrap(), reference::versions(&mut conn).unwrap().len())
}

#[test]
fn a_broken_catalogue_starts_no_server_and_each_mistake_is_named() {
    both(|lab| async move {
        let lab = lab;
        let before = state(&lab);
        let own = Own::of(&lab, "own", "2099.1");
        own.change("stability_windows.csv", "24,48,72", "49,48,72").with("centres.csv", NEW);
        own.change("centres.csv", "America/Tijuana", "America/Macondo");
        let said = refused(&lab, Some(&own)).await;
        assert!(said.contains("stability_windows.csv:2: window-ascends"), "{said}");
        assert!(said.contains("centres.csv:12: zone-known"), "{said}");
        std::fs::remove_file(own.0.join("containers.csv")).unwrap();
        assert!(refused(&lab, Some(&own)).await.contains("containers.csv:0: file-missing"));
        let nowhere = Own(lab.dir().join("nowhere"));
        assert!(refused(&lab, Some(&nowhere)).await.contains("nowhere"));
        assert_eq!(state(&lab), before, "nothing is half-loaded");
    });
}

#[test]
fn the_command_names_the_setting_and_ends() {
    one(|lab| async move {
        let own = Own::of(&lab, "own", "version uno");
        let mut command = rastro(&["serve", "--listen", "127.0.0.1:0", "--data-dir"]);
        command.arg(lab.dir()).env("RASTRO_CATALOGUE_DIR", &own.0);
        let out = command.output().unwrap();
        let said = String::from_utf8(out.stderr).unwrap();
        assert!(!out.status.success());
        assert!(
            said.contains("setting `catalogue_dir`") && said.contains("version-form"),
            "{said}"
        );
    });
}

#[test]
fn centres_are_added_renamed_retired_and_opened_again_by_version() {
    both(|lab| async move {
        let lab = lab;
        let was = site(&lab, "TIJ");
        let own = Own::of(&lab, "own", "2099.1");
        own.with("centres.csv", NEW).without("centres.csv", "TIJ,");
        own.change("centres.csv", "HGZ 1 Oaxaca,", "HGZ 1 “Dr. Demetrio Mayoral Pardo”,");
        let oaxaca = site(&lab, "OAX");
        let app = starts(&lab, Some(&own)).await;
        assert!(app.sites.choose("sites", "ZZT").is_ok());
        assert_eq!(app.sites.choose("sites", "TIJ").unwrap_err().code, "site-retired");
        assert_eq!(site(&lab, "TIJ"), (was.0, was.1.clone(), false));
        let renamed = site(&lab, "OAX");
        assert!(renamed.0 == oaxaca.0 && renamed.1.contains("Demetrio"));
        // Only sites changed: what decides about samples, and its approvals, go on.
        assert_eq!(app.catalogue.version, Catalogue::embedded().version);

        own.write("VERSION", "2099.2");
        let tijuana = Catalogue::embedded().files["centres.csv"].clone();
        own.with(
            "centres.csv",
            &(tijuana.lines().find(|l| l.starts_with("TIJ,")).unwrap().to_owned() + "\n"),
        );
        starts(&lab, Some(&own)).await;
        assert_eq!(site(&lab, "TIJ"), was, "the same site, not another one");
        let events = reference::site_events(&mut conn(&lab), was.0).unwrap();
        let told: Vec<_> =
            events.iter().map(|e| (e.kind, e.catalogue_version.as_deref())).collect();
        assert_eq!(
            told,
            [
                (SiteEventKind::Added, Some(&*Catalogue::embedded().version)),
                (SiteEventKind::Retired, Some("2099.1")),
                (SiteEventKind::Reopened, Some("2099.2")),
            ]
        );
        let versions = reference::versions(&mut conn(&lab)).unwrap();
        let taken: Vec<_> = versions.iter().map(|v| v.version.as_str()).collect();
        assert_eq!(taken, [&*Catalogue::embedded().version, "2099.1", "2099.2"]);
        assert!(versions.iter().all(|v| v.server == lab.app.ledger.signer().unwrap().name));
        let all = Limit::new(200).unwrap();
        let rows = lab.app.db.read(move |c| audit_store::list(c, None, None, all)).await.unwrap();
        let rows = rows.items.into_iter().filter(|r| r.action == Action::ManageCatalogue);
        let details: Vec<String> = rows.filter_map(|r| r.detail).collect();
        for said in ["site-added ZZT 2099.1", "site-retired TIJ 2099.1", "site-reopened TIJ 2099.2"]
        {
            assert!(details.iter().any(|d| d == said), "{said}: {details:?}");
        }
    });
}

#[test]
fn an_allocator_is_never_given_to_another_centre() {
    both(|lab| async move {
        let lab = lab;
        // Tijuana is retired, and its number with it.
        let own = Own::of(&lab, "own", "2099.1");
        own.without("centres.csv", "TIJ,");
        starts(&lab, Some(&own)).await;
        let before = state(&lab);
        own.write("VERSION", "2099.2");
        own.with("centres.csv", &NEW.replace(",777,", ",011,"));
        let said = refused(&lab, Some(&own)).await;
        assert!(said.contains("allocator 11 of ZZT was given to TIJ"), "{said}");
        assert_eq!(state(&lab), before, "nothing is half-loaded");
        // Nor does a centre become a laboratory.
        own.without("centres.csv", "ZZT,").without("centres.csv", "OAX,");
        own.with("laboratories.csv", &NEW.replace("ZZT", "OAX"));
        let said = refused(&lab, Some(&own)).await;
        assert!(said.contains("OAX was a centre before"), "{said}");
        assert_eq!(state(&lab), before);
    });
}

#[test]
fn servers_with_different_catalogues_do_not_take_the_sites_from_each_other() {
    both(|lab| async move {
        let lab = lab;
        let own = Own::of(&lab, "own", "2099.1");
        own.with("centres.csv", NEW).without("centres.csv", "TIJ,");
        starts(&lab, Some(&own)).await;
        let after = state(&lab);
        // A command or server with the built-in one keeps what the newer one said.
        let app = starts(&lab, None).await;
        assert!(app.sites.choose("sites", "ZZT").is_ok());
        assert_eq!(state(&lab), after);
        // A directory that is behind, or another one under the same version, is named.
        let older = Own::of(&lab, "older", "2099.0");
        let said = refused(&lab, Some(&older)).await;
        assert!(said.contains("2099.0") && said.contains("older than 2099.1"), "{said}");
        let twin = Own::of(&lab, "twin", "2099.1");
        let said = refused(&lab, Some(&twin)).await;
        assert!(said.contains("centres.csv differ from the 2099.1"), "{said}");
        assert!(said.contains(&lab.app.ledger.signer().unwrap().name), "{said}");
        let edited = Own::of(&lab, "edited", &Catalogue::embedded().version);
        edited.change("rejection_reasons.csv", "Unlabelled tube", "Tube without label");
        let said = refused(&lab, Some(&edited)).await;
        assert!(said.contains("rejection_reasons.csv differ"), "{said}");
        assert_eq!(state(&lab), after);
        // Both at once on the next version: one takes it over, the other agrees.
        own.write("VERSION", "2099.3");
        let (one, two) = (settings(&lab, Some(&own)), settings(&lab, Some(&own)));
        let (one, two) =
            tokio::join!(server::open(one, Clock::system()), server::open(two, Clock::system()));
        for app in [one.unwrap(), two.unwrap()] {
            app.db.close().await;
        }
        assert_eq!(state(&lab).2, after.2 + 1);
    });
}

#[test]
fn a_retired_centres_people_are_told_and_begin_nothing_new() {
    both(|lab| async move {
        let lab = lab;
        let nurse = lab.nurse().await;
        let technician = lab.technician().await;
        let patient = nurse.registers(1).await;
        let study = nurse.requests(&patient).await;
        let sent = nurse.requests(&patient).await;
        let code = nurse.labels(&sent).await;
        let own = Own::of(&lab, "own", "2099.1");
        own.without("centres.csv", "LRZ,");
        starts(&lab, Some(&own)).await;
        rastro::reference::service::refresh_sites(&lab.app).await.unwrap();
        let nurse = lab.again(&nurse, "enfermera").await;

        let page = nurse.get("/es/pacientes").await.expect(200).text();
        assert!(page.contains("LRZ ya no está en la lista de centros de la red"), "{page}");
        assert!(!technician.get("/es/pacientes").await.text().contains("ya no está en la lista"));
        let refusals = [
            nurse.post(&format!("/api/v1/patients/{patient}/studies"), &mrd_request()).await,
            nurse
                .post(
                    &format!("/api/v1/studies/{study}/containers"),
                    &json!({ "id": crate::support::story::id(), "tube": 1, "code": "" }),
                )
                .await,
            nurse.post("/api/v1/code-rolls", &json!({ "n": 10 })).await,
        ];
        for answer in refusals {
            let answer = answer.expect(422);
            assert_eq!(answer.json["errors"][0]["code"], "site-retired", "{:?}", answer.json);
        }
        // Its history stays, and what is on its way arrives.
        nurse.get(&format!("/es/pacientes/{patient}")).await.expect(200);
        nurse.collects(&lab, &code).await;
        technician.does(&lab, &code, "receive", json!({})).await;
        let filter = technician.get("/es/solicitudes?centre=LRZ").await.expect(200).text();
        assert!(filter.contains("value=\"LRZ\" selected"), "{filter}");
    });
}

#[test]
fn a_list_that_doubts_a_centre_shuts_nobody_out_who_works_there() {
    both(|lab| async move {
        let lab = lab;
        let nurse = lab.nurse().await;
        let own = Own::of(&lab, "own", "2099.1");
        for code in ["LRZ", "TIJ"] {
            let text = own.read("centres.csv");
            let line = text.lines().find(|l| l.starts_with(&format!("{code},"))).unwrap();
            own.change(
                "centres.csv",
                line,
                &line.replace(",confirmed,,,", ",candidate,Falta,Missing,"),
            );
        }
        let app = starts(&lab, Some(&own)).await;
        assert_eq!(app.sites.choose("site", "TIJ").unwrap_err().code, "site-candidate");
        assert!(app.sites.choose("site", "LRZ").is_ok(), "children are cared for there");
        assert!(app.sites.by_code("LRZ").unwrap().doubt.is_some(), "and the doubt is shown");
        nurse.registers(1).await;
    });
}

async fn decides(lab: &Lab, who: &Client, version: &str, word: &str) -> u16 {
    let page = who.get("/es/catalogo").await.expect(200).text();
    assert!(page.contains(&format!("La versión {version} espera dos aprobaciones")), "{page}");
    let id = page.split("name=\"proposal\" value=\"").nth(1).and_then(|t| t.split('"').next());
    let id = id.unwrap_or_else(|| panic!("no form: {page}")).to_owned();
    let fields = [("proposal", id.as_str()), ("password", PASSWORD)];
    let _ = lab;
    who.form(&format!("/es/catalogo/{word}"), &fields).await.status.as_u16()
}

#[test]
fn what_decides_about_samples_waits_for_the_laboratory_and_the_coordination() {
    both(|lab| async move {
        let lab = lab;
        approved(&lab, &[PROTOCOL]).await;
        let head = lab.person("la-jefa", &[Role::LabHead], &["LAB"]).await;
        let other = lab.person("el-jefe", &[Role::LabHead], &["LAB"]).await;
        let coordinator = lab.person("la-coordinadora", &[Role::Coordinator], &[]).await;
        let before = Catalogue::embedded().version.clone();
        let own = Own::of(&lab, "own", "2099.1");
        own.change(
            "stability_windows.csv",
            "BM,EDTA,mrd_fcm,18,25,24,48,72",
            "BM,EDTA,mrd_fcm,18,25,12,24,36",
        );
        own.with("centres.csv", NEW);

        // Centres are taken over; the windows stay what they were.
        let hours =
            |app: &App| app.catalogue.stability("BM", "EDTA", "mrd_fcm").unwrap().hard_max_s / 3600;
        let app = starts(&lab, Some(&own)).await;
        assert!(app.sites.choose("sites", "ZZT").is_ok());
        assert_eq!((app.catalogue.version.clone(), hours(&app)), (before.clone(), 72));
        let page = head.get("/es/catalogo").await.expect(200).text();
        let in_use = format!("En uso: {before}");
        for said in [&*in_use, "stability_windows.csv", "12,24,36", "24,48,72"] {
            assert!(page.contains(said), "{said}: {page}");
        }
        assert!(!page.contains("Hospital de Prueba"), "centres need no approval");

        let first = [("version", "2099.1"), ("reason", "Lo pide el comité de calidad")];
        for who in [lab.nurse().await, lab.validator().await] {
            who.form("/es/catalogo/proponer", &first).await.expect(404);
        }
        let admin = lab.person("admin", &[Role::Admin], &[]).await;
        admin.form("/es/catalogo/proponer", &first).await.expect(403);
        let wrong = [("version", "2098.1"), first[1]];
        head.form("/es/catalogo/proponer", &wrong).await.expect(422);
        head.form("/es/catalogo/proponer", &first).await.expect(303);
        // One approval is none; two of the same office are none.
        assert_eq!(hours(&starts(&lab, Some(&own)).await), 72);
        // Who can't give the second is not asked for a password, and is told who can.
        let page = other.get("/es/catalogo").await.expect(200).text();
        assert!(!page.contains("name=\"password\"") && page.contains("Ya tiene una aprobación"));
        assert_eq!(decides(&lab, &other, "2099.1", "aprobar").await, 422);
        assert_eq!(hours(&starts(&lab, Some(&own)).await), 72);
        assert_eq!(decides(&lab, &coordinator, "2099.1", "aprobar").await, 303);
        let page = head.get("/es/catalogo").await.expect(200).text();
        assert!(page.contains(&format!("Este servidor sigue con la versión {before}")), "{page}");

        // From the next start on, also on a server that came with the built-in one.
        for from in [Some(&own), None] {
            let app = starts(&lab, from).await;
            assert_eq!((app.catalogue.version.clone(), hours(&app)), ("2099.1".to_owned(), 36));
        }
        // The protocols' own approvals are of the version that they were given for.
        let kept = rastro::protocols::store::approved(&mut conn(&lab), &before).unwrap();
        assert_eq!(kept, [PROTOCOL]);
    });
}

#[test]
fn a_row_that_says_approved_for_other_contents_is_no_approval() {
    both(|lab| async move {
        let lab = lab;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let coordinator = lab.person("coordina", &[Role::Coordinator], &[]).await;
        let own = Own::of(&lab, "own", "2099.1");
        own.change("stability_windows.csv", "24,48,72", "12,24,36");
        starts(&lab, Some(&own)).await;
        let first = [("version", "2099.1"), ("reason", "Lo pide el comité de calidad")];
        head.form("/es/catalogo/proponer", &first).await.expect(303);
        assert_eq!(decides(&lab, &coordinator, "2099.1", "aprobar").await, 303);
        // A later version, changed again, waits for approvals of its own.
        own.write("VERSION", "2099.2");
        own.change("stability_windows.csv", "12,24,36", "10,20,30");
        let app = starts(&lab, Some(&own)).await;
        assert_eq!(app.catalogue.version, "2099.1");
        let sql = "DELETE FROM reference_decisions";
        assert!(conn(&lab).batch_execute(sql).is_err());
    });
}
