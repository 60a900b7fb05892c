//! All pages and all addresses that take forms, found by walking them.

use rastro::db::Reading;
use rastro::server;
use rastro::web::drawn::{MARK, Mark};
use rastro::web::{Lang, url};
use reqwest::Method;

use super::tab::mark;
use crate::support::everything::{Everybody, addresses, everything};
use crate::support::fill::rows;
use crate::support::{FORM, both_at_once};

/// The mark of each form of a page that is posted, by where it is sent; nothing where there is none.
fn marks(html: &str) -> Vec<(String, Option<Mark>)> {
    let attribute = |text: &str, before: &str| {
        let rest = text.split(before).nth(1)?;
        Some(rest.split('"').next()?.replace("&amp;", "&"))
    };
    let forms = html
        .split("<form ")
        .skip(1)
        .filter(|f| f.split('>').next().unwrap_or_default().contains("method=\"post\""));
    let read = |f: &str| {
        let f = f.split("</form>").next().unwrap_or_default();
        // Nobody is signed in yet, or it is to be somebody else.
        if f.contains("action=\"/es/entrar\"") {
            return None;
        }
        assert_eq!(f.matches(&format!("name=\"{MARK}\"")).count(), 1, "marked once: {f}");
        let mark = attribute(f, &format!("name=\"{MARK}\" value=\""));
        Some((attribute(f, "action=\"").unwrap_or_default(), mark.and_then(|m| m.parse().ok())))
    };
    forms.filter_map(read).collect()
}

#[test]
fn every_form_of_every_page_says_for_whom_it_was_drawn() {
    both_at_once(|lab| async move {
        let mut people = Everybody::of(&lab).await;
        let children = everything(&lab, &mut people).await;
        let mut seen = 0;
        for (login, who) in people.all() {
            for (method, pattern) in server::page_routes() {
                if method != Method::GET {
                    continue;
                }
                for path in addresses(&children, &pattern, &who.id().to_string()) {
                    let path = url(Lang::Es, &path);
                    let answer = who.get(&path).await;
                    let is_page = answer
                        .headers
                        .get("content-type")
                        .is_some_and(|k| k.to_str().unwrap_or_default().starts_with("text/html"));
                    // What is refused is a page too, with the bar's form.
                    for (action, mark) in marks(&answer.text()).iter().filter(|_| is_page) {
                        let at = format!("{login} {path} {action}");
                        let mark = mark.as_ref().unwrap_or_else(|| panic!("{at}: no mark"));
                        assert_eq!(mark.session, who.session.unwrap().0, "{at}");
                        assert_eq!(mark.page, path, "{at}");
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 300, "only {seen} forms were seen");
        // The sign-in page is nobody's.
        let page = lab.nobody().get("/es/entrar").await.expect(200).text();
        assert!(!page.contains(&format!("name=\"{MARK}\"")));
    });
}

#[test]
fn no_address_takes_a_form_that_was_drawn_for_nobody_or_for_somebody_else() {
    both_at_once(|lab| async move {
        let mut people = Everybody::of(&lab).await;
        let children = everything(&lab, &mut people).await;
        let everybody = people.all();
        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        let before = rows(&mut conn);
        let mut walked = 0;
        // One for all addresses: a new client reads every certificate of this machine.
        let nobody = lab.nobody();
        for (i, (login, who)) in everybody.iter().enumerate() {
            let (_, other) = everybody[(i + 1) % everybody.len()];
            for (method, pattern) in server::page_routes() {
                if method != Method::POST || pattern == "/sign-in" {
                    continue;
                }
                let person = other.id().to_string();
                let path = children.iter().find_map(|c| c.fill(&pattern, &person));
                let path = url(Lang::Es, &path.unwrap_or_else(|| panic!("{pattern}: no ids")));
                let at = format!("{login} {path}");
                for body in ["", "a=1", "drawn=", "drawn=x", "drawn=a&drawn=b"] {
                    let answer = who.raw(&path, Some(FORM), body.to_owned()).await;
                    assert_eq!(answer.status, 400, "{at} {body}: {}", answer.text());
                    assert!(answer.text().contains("no dice para quién se abrió"), "{at}");
                }
                // Of no session that ever was.
                let made_up = mark(who, "/es").replacen(char::is_alphanumeric, "f", 1);
                let body = serde_html_form::to_string([(MARK, made_up.as_str())]).unwrap();
                assert_eq!(who.raw(&path, Some(FORM), body).await.status, 400, "{at}");
                for fields in [vec![("a", "1")], vec![]] {
                    let theirs = mark(other, "/es");
                    let mut fields = fields;
                    fields.push((MARK, &theirs));
                    let body = serde_html_form::to_string(&fields).unwrap();
                    let answer = who.raw(&path, Some(FORM), body).await;
                    assert_eq!(answer.status, 409, "{at}: {}", answer.text());
                    assert!(answer.text().contains("Otra persona inició sesión"), "{at}");
                    walked += 1;
                }
                // Not as what no form is sent as, and not without a session.
                let answer = who.raw(&path, None, String::new()).await;
                assert_eq!(answer.status, 415, "{at}: {}", answer.text());
                let answer = nobody.raw(&path, Some(FORM), String::new()).await;
                assert_eq!(answer.status, 303, "{at}");
            }
        }
        assert!(walked > 500, "only {walked} were walked");
        assert_eq!(rows(&mut conn), before, "nothing was saved");
        for (login, who) in &everybody {
            who.get("/api/v1/session").await.expect(200);
            assert!(!login.is_empty());
        }
    });
}

#[test]
fn a_form_of_an_earlier_session_of_the_same_person_is_taken() {
    both_at_once(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        let before = lab.nurse().await;
        lab.clock.advance(31 * 60);
        let again = lab.again(&before, "enfermera").await;
        assert_ne!(before.session, again.session);
        let mark = mark(&before, "/es/pacientes");
        let body = serde_html_form::to_string([("text", "Rodríguez"), (MARK, &mark)]).unwrap();
        again.raw("/es/pacientes/buscar", Some(FORM), body).await.expect(200);
    });
}
