//! A centre that nobody has verified can't be chosen until one person has confirmed it on a page and
//! another has approved that. Over HTTP on both engines, and in Chromium.

use crate::support::browser::Browser;
use crate::support::checks::Checks;
use crate::support::tamper::conn;
use crate::support::{Answer, Client, Lab, PASSWORD, both, one};
use diesel::connection::SimpleConnection;
use fantoccini::key::Key;
use rastro::access::service::{NewPerson, add_person};
use rastro::app::Settings;
use rastro::catalogue::{Catalogue, SiteStatus};
use rastro::db::Clock;
use rastro::people::{PeopleError, Role};
use rastro::server;
use rastro::sites::SiteKind;
use rastro::web::{Fault, Lang};
use serde_json::json;

const WHY: &str = "Oficio 123/2026 de la delegación, del 3 de marzo";
const NAME: &str = "HGR 251 Metepec";

fn confirm(name: &str) -> Vec<(&str, &str)> {
    let place = [("city", "Metepec"), ("state", "Estado de México")];
    let mut fields = vec![("name", name), ("clues", "MCIMS000012"), ("reason", WHY)];
    fields.extend(place);
    fields
}

/// The proposal that waits, as the page's own form would send it.
async fn waiting(who: &Client, page: &str) -> String {
    let text = who.get(page).await.expect(200).text();
    let id = text.split("name=\"proposal\" value=\"").nth(1).and_then(|t| t.split('"').next());
    id.unwrap_or_else(|| panic!("no proposal on {page}")).to_owned()
}

const PAGE: &str = "/es/centros/MET";

async fn proposes(who: &Client) -> Answer {
    who.form(&format!("{PAGE}/proponer"), &confirm(NAME)).await
}

async fn approves(who: &Client, proposal: &str) -> Answer {
    let fields = [("proposal", proposal), ("password", PASSWORD)];
    who.form(&format!("{PAGE}/aprobar"), &fields).await
}

/// An account at a site: what refuses it, if anything does.
async fn account_at(lab: &Lab, login: &str, site: &str) -> Result<(), Vec<(String, String)>> {
    let new = NewPerson {
        login: login.to_owned(),
        name: "Enf. Nueva".to_owned(),
        roles: vec![Role::Collector],
        sites: vec![site.to_owned()],
        lang: Lang::Es,
        password: PASSWORD.to_owned(),
        licence: String::new(),
        keep_password: true,
    };
    match add_person(&lab.app, None, new).await {
        Ok(_) => Ok(()),
        Err(e @ PeopleError::Fields(_)) => {
            Err(e.fields().into_iter().map(|f| (f.code.to_owned(), f.text(Lang::Es))).collect())
        }
        Err(e) => panic!("{e}"),
    }
}

async fn people(lab: &Lab) -> (Client, Client, Client) {
    (
        lab.person("coordina", &[Role::Coordinator], &[]).await,
        lab.person("jefa", &[Role::LabHead], &["LAB"]).await,
        lab.person("admin", &[Role::Admin], &[]).await,
    )
}

#[test]
fn the_shipped_list_marks_what_no_source_says() {
    let catalogue = Catalogue::embedded();
    for c in &catalogue.centres {
        let unverified = c.source.contains("unverified") || c.source.contains("implied: unit");
        let doubted = c.status == SiteStatus::Candidate;
        assert!(!(unverified || c.name.contains('?')) || doubted, "{} is offered", c.code);
    }
    let candidates = catalogue.centres.iter().filter(|c| c.status == SiteStatus::Candidate);
    assert_eq!(candidates.count(), 21);
}

#[test]
fn a_candidate_is_offered_nowhere_and_refused_by_name() {
    both(|lab| async move {
        let lab = lab;
        let (coordinator, _, admin) = people(&lab).await;
        for path in
            ["/es/administracion/usuarios", "/es/impresoras/nuevo", "/es/agentes-de-impresion"]
        {
            let text = admin.get(path).await.expect(200).text();
            assert!(text.contains("value=\"LRZ\""), "{path}: {text}");
            for code in ["MET", "CUU", "AGS"] {
                assert!(!text.contains(&format!("value=\"{code}\"")), "{path} offers {code}");
            }
        }
        let refused = account_at(&lab, "nueva", "MET").await.unwrap_err();
        assert_eq!(refused[0].0, "site-candidate");
        assert!(refused[0].1.contains("MET") && refused[0].1.contains("Metepec"), "{refused:?}");
        let nurse = lab.nurse().await;
        let roles = format!("/es/administracion/usuarios/{}/papeles", nurse.id());
        let fields = [("roles", "collector"), ("sites", "CUU")];
        let text = admin.form(&roles, &fields).await.expect(422).text();
        assert!(text.contains("CUU (HGR 1 Chihuahua) es un candidato"), "{text}");
        let mut printer = crate::support::printing::zebra("MET", "Zebra");
        let answer = admin.post("/api/v1/printers", &printer).await.expect(422);
        assert_eq!(answer.json["errors"][0]["code"], "site-candidate");
        printer["site"] = json!("NONE");
        let answer = admin.post("/api/v1/printers", &printer).await.expect(422);
        assert_eq!(answer.json["errors"][0]["code"], "print-site");
        let agent = json!({ "site": "TGZ", "name": "Farmacia" });
        let answer = admin.post("/api/v1/print-agents", &agent).await.expect(422);
        assert_eq!(answer.json["errors"][0]["code"], "site-candidate");
        assert!(lab.app.sites.of_kind(SiteKind::Centre).all(|s| s.confirmed));
        // The list says what is missing, in both languages.
        let list = coordinator.get("/es/centros").await.expect(200).text();
        assert!(list.contains("Faltan por confirmar 21 centros"), "{list}");
        assert!(list.contains("El número del hospital no está en ninguna fuente"));
        let list = coordinator.get("/en/centres").await.expect(200).text();
        assert!(list.contains("The number of the hospital is not in any source"));
    });
}

#[test]
fn one_person_confirms_a_centre_and_another_approves_it() {
    both(|lab| async move {
        let lab = lab;
        let (coordinator, head, admin) = people(&lab).await;
        let second = lab.another_server().await;
        for who in [&head, &admin] {
            proposes(who).await.expect(403);
        }
        for (field, value) in [
            ("name", "HGR 251?"),
            ("clues", "251"),
            ("city", ""),
            ("reason", "sí"),
            ("state", "\u{7}x"),
        ] {
            let mut fields = confirm(NAME);
            fields.iter_mut().find(|f| f.0 == field).unwrap().1 = value;
            let refused = coordinator.form(&format!("{PAGE}/proponer"), &fields).await.expect(422);
            assert!(refused.text().contains(&format!("href=\"#f-{field}\"")), "{field}");
        }
        proposes(&coordinator).await.expect(303);
        // Proposed is not confirmed, and there is one proposal at a time.
        assert!(account_at(&lab, "nueva", "MET").await.is_err());
        proposes(&coordinator).await.expect(422);
        let proposal = waiting(&head, PAGE).await;
        let own = approves(&coordinator, &proposal).await.expect(422).text();
        assert!(own.contains("Usted lo propuso"), "{own}");
        let wrong = [("proposal", proposal.as_str()), ("password", "otra cosa")];
        head.form(&format!("{PAGE}/aprobar"), &wrong).await.expect(422);
        for who in [lab.nurse().await, lab.validator().await] {
            who.get(PAGE).await.expect(404);
            approves(&who, &proposal).await.expect(404);
        }
        assert!(account_at(&lab, "nueva", "MET").await.is_err());

        approves(&head, &proposal).await.expect(303);
        account_at(&lab, "nueva", "MET").await.unwrap();
        assert_eq!(approves(&admin, &proposal).await.status, 422, "decided once");
        let page = admin.get(PAGE).await.expect(200).text();
        for said in [NAME, "MCIMS000012", "Confirmado", WHY, "Persona coordina", "Persona jefa"] {
            assert!(page.contains(said), "{said}");
        }
        // Another server of the database knows it after its next look.
        assert!(account_at(&second, "otra", "MET").await.is_err());
        rastro::reference::service::refresh_sites(&second.app).await.unwrap();
        account_at(&second, "otra", "MET").await.unwrap();
        assert_eq!(second.app.sites.by_code("MET").unwrap().name, NAME);
        second.app.db.close().await;
        // What the centre is called stays, though the list still doubts it.
        let third = lab.another_server().await;
        let met = third.app.sites.by_code("MET").unwrap();
        assert!(met.is_open() && met.name == NAME && met.clues.as_deref() == Some("MCIMS000012"));
        third.app.db.close().await;
    });
}

#[test]
fn a_proposal_can_be_declined_or_taken_back_and_nothing_is_ever_changed() {
    both(|lab| async move {
        let lab = lab;
        let (coordinator, head, admin) = people(&lab).await;
        proposes(&coordinator).await.expect(303);
        let first = waiting(&head, PAGE).await;
        let to = |what: &str| format!("{PAGE}/{what}");
        let why = [("proposal", first.as_str()), ("reason", "Falta el número del oficio")];
        coordinator.form(&to("rechazar"), &why).await.expect(422);
        head.form(&to("retirar"), &[("proposal", &first)]).await.expect(403);
        admin.form(&to("rechazar"), &why).await.expect(303);
        assert!(account_at(&lab, "nueva", "MET").await.is_err());
        proposes(&coordinator).await.expect(303);
        let again = waiting(&head, PAGE).await;
        assert_ne!(first, again);
        coordinator.form(&to("retirar"), &[("proposal", &again)]).await.expect(303);
        assert_eq!(approves(&head, &again).await.status, 422);
        let page = head.get(PAGE).await.expect(200).text();
        assert!(page.contains("Falta el número del oficio") && page.contains("Candidato"));
        let mut conn = conn(&lab);
        for table in
            ["reference_proposals", "reference_decisions", "site_events", "catalogue_versions"]
        {
            let column = match table {
                "reference_proposals" => "subject",
                "reference_decisions" => "reason",
                "site_events" => "detail",
                _ => "server",
            };
            for sql in
                [format!("UPDATE {table} SET {column} = 'x'"), format!("DELETE FROM {table}")]
            {
                let refused = conn.batch_execute(&sql).expect_err(&sql).to_string();
                assert!(refused.contains("append-only"), "{sql}: {refused}");
            }
        }
    });
}

/// Types into what has the focus.
async fn types(b: &Browser, text: &str) {
    let field = b.c.active_element().await.unwrap();
    field.send_keys(text).await.unwrap();
}

/// A picture at both widths, to look at.
async fn shot(b: &Browser, name: &str) {
    for width in [1366, 390] {
        b.width(width, 900).await;
        let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("centres");
        std::fs::create_dir_all(&dir).unwrap();
        let png = b.c.screenshot().await.unwrap();
        std::fs::write(dir.join(format!("{name}-{width}.png")), png).unwrap();
    }
    b.cdp("Emulation.clearDeviceMetricsOverride", json!({})).await;
}

#[test]
fn the_centres_hold_in_a_browser_and_are_confirmed_by_keyboard() {
    one(|lab| async move {
        let lab = lab;
        let (coordinator, ..) = people(&lab).await;
        let Some(b) = Browser::start(&lab).await else { return };
        let mut checks = Checks::new();
        b.sign_in("coordina").await;
        for path in ["/es/centros", "/en/centres", PAGE, "/es/centros/LRZ", "/es/catalogo"] {
            b.open(path).await;
            checks.page(&b, path).await;
        }
        b.open(PAGE).await;
        // Without a mouse: from the name to the button.
        b.js("document.getElementById('f-name').focus()").await;
        b.js("document.getElementById('f-name').select()").await;
        types(&b, NAME).await;
        for _ in 0..4 {
            b.key(Key::Tab).await;
        }
        types(&b, WHY).await;
        shot(&b, "centre").await;
        b.key(Key::Tab).await;
        b.key(Key::Enter).await;
        b.until("the proposal", "return document.body.innerText.includes('Lo que se propone')")
            .await;
        checks.page(&b, "proposed").await;
        let seen = coordinator.get(PAGE).await.expect(200).text();
        assert!(seen.contains("Espera aprobación") && seen.contains(WHY));
        b.sign_in("jefa").await;
        b.open(PAGE).await;
        checks.page(&b, "to approve").await;
        shot(&b, "approve").await;
        b.open("/es/centros").await;
        shot(&b, "centres").await;
        // A version of somebody's own, with other windows, waits.
        let dir = lab.dir().join("own");
        std::fs::create_dir_all(&dir).unwrap();
        for (file, text) in Catalogue::embedded().files.iter() {
            std::fs::write(dir.join(file), text.replace("24,48,72", "12,24,36")).unwrap();
        }
        std::fs::write(dir.join("VERSION"), "2099.1").unwrap();
        let settings = Settings { catalogue_dir: Some(dir), ..(*lab.app.settings).clone() };
        let own = server::open(settings, Clock::system()).await.unwrap();
        own.db.close().await;
        for path in ["/es/catalogo", "/en/catalogue"] {
            b.open(path).await;
            checks.page(&b, path).await;
        }
        b.open("/es/catalogo").await;
        shot(&b, "catalogue").await;
        checks.finish();
    });
}
