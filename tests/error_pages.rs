//! What a person sees when a page can't be shown or a form was not taken: a page of the product in
//! their language, with what happened, what to do next and the request's number.

use crate::support::{Answer, Client, Lab, both, one};
use diesel::connection::SimpleConnection;
use rastro::db::DbError;
use rastro::people::Role;

/// Sends a form to an address and gives the page that comes back.
async fn form(client: &Client, path: &str, fields: &[(&str, &str)], status: u16) -> String {
    client.form(path, fields).await.expect(status).text()
}

/// That `answer` is a whole page in its language, with its number and the ways on.
#[track_caller]
fn is_page(answer: &Answer, lang: &str, says: &[&str]) {
    let text = answer.text();
    let id = answer.headers["x-request-id"].to_str().unwrap().to_owned();
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    let (tag, home, twin) = match lang {
        "es" => ("<html lang=\"es-MX\">", "href=\"/es\"", "hreflang=\"en\""),
        _ => ("<html lang=\"en\">", "href=\"/en\"", "hreflang=\"es-MX\""),
    };
    for part in ["base.css", "class=\"brand\"", "<h1>", &id, tag, home, twin].iter().chain(says) {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[test]
fn an_error_is_a_page_in_both_languages() {
    both(|lab| async move {
        let (nobody, courier) = (lab.nobody(), lab.courier().await);
        for (who, path, status, lang, says) in [
            (&nobody, "/es/nada", 404, "es", "No se encontró"),
            (&nobody, "/en/nothing/at/all", 404, "en", "Not found"),
            (&courier, "/es/pacientes/nuevo", 403, "es", "Su función no lo permite"),
            (&courier, "/en/patients/new", 403, "en", "Your role does not allow"),
            (&courier, "/es/pacientes/buscar", 405, "es", "Así no se abre"),
            (&courier, "/en/patients/search", 405, "en", "be opened like that"),
            (&courier, "/es/pacientes?x=1", 422, "es", "Hay datos por corregir"),
            (&courier, "/en/studies?state=x", 422, "en", "Some data needs correcting"),
        ] {
            let answer = who.get(path).await.expect(status);
            is_page(&answer, lang, &[says]);
            let navigates = answer.text().contains("class=\"name\"");
            assert_eq!(navigates, who.token.is_some(), "{path}: the bar of who is signed in");
        }
    });
}

#[test]
fn a_mistyped_address_is_a_page_in_a_browser_and_json_for_a_program() {
    one(|lab| async move {
        let at = format!("http://{}/nada", lab.address);
        let asked = reqwest::Client::new().get(&at).header("accept", "text/html,*/*;q=0.8");
        let page = asked.header("accept-language", "en").send().await.unwrap();
        assert_eq!(page.status(), 404);
        assert!(page.text().await.unwrap().contains("<html lang=\"en\">"));
        assert_eq!(lab.nobody().get("/nada").await.expect(404).code(), "not-found");
        assert_eq!(lab.nobody().get("/api/v1/nada").await.expect(404).code(), "not-found");
    });
}

#[test]
fn a_fault_of_ours_is_a_page_and_shows_nothing_of_the_database() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let broken = "ALTER TABLE due_points RENAME TO gone";
        lab.app.db.write(|tx| Ok::<_, DbError>(tx.batch_execute(broken)?)).await.unwrap();
        for (lang, path) in [("es", "pacientes"), ("en", "patients")] {
            let answer = nurse.get(&format!("/{lang}/{path}/{patient}")).await.expect(500);
            is_page(&answer, lang, &["class=\"name\""]);
            let text = answer.text();
            for inner in ["due_points", "SELECT", "no such table", "Rodr"] {
                assert!(!text.contains(inner), "{inner}: {text}");
            }
        }
    });
}

#[test]
fn what_was_typed_and_not_saved_is_said() {
    one(|lab| async move {
        let nurse = lab.nurse().await;
        let text =
            form(&nurse, "/es/pacientes/nuevo", &[("surname1", "A"), ("apodo", "B")], 422).await;
        for part in ["apodo", "Este campo no existe", "Lo que escribió no se guardó"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let long = "x".repeat(1_100_000);
        let text = form(&nurse, "/en/patients/new", &[("surname1", &long)], 413).await;
        assert!(text.contains("It is too large") && text.contains("What you typed was not saved"));
        let stranger = lab.courier().await;
        let text = form(&stranger, "/es/pacientes/nuevo", &[("surname1", "Rodríguez")], 403).await;
        assert!(text.contains("Lo que escribió no se guardó"), "{text}");
        // Reading loses nothing.
        let text = nurse.get("/es/nada").await.text();
        assert!(!text.contains("no se guardó"));
    });
}

#[test]
fn after_the_session_ended_the_sign_in_page_says_what_was_lost() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        let nurse = lab.nurse().await;
        lab.clock.advance(31 * 60);
        // What no page drew is nobody's to keep; the other forms are in tests/drawn_for.
        let lost = |path: &'static str, body: &'static str| {
            nurse.raw(path, Some(crate::support::FORM), body.to_owned())
        };
        let to = sent_to_sign_in(&lost("/es/pacientes/nuevo", "surname1=A").await);
        let page = lab.nobody().get(&to).await.expect(200).text();
        assert!(page.contains("lo que escribió no se guardó"), "{page}");
        assert!(page.contains("value=\"/es/pacientes/nuevo\""), "leads back to the form: {page}");

        // An address that only takes forms is no place to come back to.
        let to = sent_to_sign_in(&lost("/en/patients/search", "text=A").await);
        let page = lab.nobody().get(&to).await.expect(200).text();
        assert!(page.contains("what you typed was not saved"), "{page}");
        assert!(page.contains("name=\"next\" value=\"\""), "{page}");

        let to = sent_to_sign_in(&nurse.get("/es/pacientes").await);
        let page = lab.nobody().get(&to).await.expect(200).text();
        assert!(page.contains("Su sesión terminó. Entre de nuevo"), "{page}");

        // Who never was here, or wants to leave, has lost nothing.
        let to = sent_to_sign_in(&lab.nobody().get("/es/pacientes").await);
        assert!(!lab.nobody().get(&to).await.text().contains("sesión terminó"));
        let to = sent_to_sign_in(&nurse.form("/es/salir", &[]).await);
        assert!(!lab.nobody().get(&to).await.text().contains("no se guardó"));
    });
}

#[track_caller]
fn sent_to_sign_in(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let to = answer.headers["location"].to_str().unwrap().to_owned();
    assert!(to.contains("/entrar") || to.contains("/sign-in"), "{to}");
    to
}

#[test]
fn signing_in_leads_only_to_pages_of_ours() {
    one(|lab: Lab| async move {
        lab.account("ana", &[Role::Collector], &["LRZ"]).await;
        for (next, leads_to) in [
            ("/es/pacientes/nuevo", "/es/pacientes/nuevo"),
            ("https://otro.example/es/", "/es"),
            ("//otro.example/es/", "/es"),
            ("/es//otro.example", "/es"),
            ("/es/\\otro.example", "/es"),
            ("", "/es"),
        ] {
            let fields = [("login", "ana"), ("password", crate::support::PASSWORD), ("next", next)];
            let answer = lab.nobody().form("/es/entrar", &fields).await.expect(303);
            assert_eq!(answer.headers["location"], leads_to);
        }
    });
}
