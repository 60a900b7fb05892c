//! What was typed when the session was over, or another person's, by then.

use rastro::db::{Conn, Reading};
use rastro::people::Role;
use rastro::web::drawn::MARK;

use super::tab::{Tab, key_of, mark_of};
use crate::support::fill::{lines, rows};
use crate::support::{Lab, PASSWORD, both};

const NEW: &str = "/es/pacientes/nuevo";

/// A nurse's form with a name typed in it, as the fields that her browser sends.
struct Typed {
    id: String,
    mark: String,
}

impl Typed {
    async fn of(tab: &mut Tab) -> Self {
        let html = tab.get(NEW).await.expect(200).text;
        Self { id: key_of(&html), mark: mark_of(&html, NEW) }
    }
    fn fields(&self) -> Vec<(&str, &str)> {
        vec![
            (MARK, &self.mark),
            ("id", &self.id),
            ("surname1", "Ñúñez"),
            ("given_names", "Ari"),
            ("sex", "female"),
            ("birth_day", "5"),
            ("birth_month", "3"),
            ("birth_year", "2019"),
            ("record_number", "EXP-1"),
        ]
    }
}

const SURNAME: &str = "value=\"Ñúñez\"";

async fn two_nurses(lab: &Lab) {
    lab.clock.set("2026-03-03T12:00:00Z");
    for login in ["lucia", "elena"] {
        lab.account(login, &[Role::Collector], &["LRZ"]).await;
    }
}

fn kept(conn: &mut Conn) -> usize {
    let count = "SELECT '' || count(*) AS line FROM kept_forms";
    lines(conn, count).remove(0).parse().unwrap()
}

fn next_of(to: &str) -> String {
    let query: Vec<(String, String)> =
        serde_html_form::from_str(to.split_once('?').unwrap().1).unwrap();
    query.into_iter().find(|(n, _)| n == "next").unwrap().1
}

#[test]
fn after_the_session_ended_the_same_person_finds_the_form_as_it_was_left() {
    both(|lab| async move {
        two_nurses(&lab).await;
        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        let before = rows(&mut conn);
        let mut tab = Tab::open(&lab);
        tab.signs_in("lucia", "").await;
        let typed = Typed::of(&mut tab).await;
        lab.clock.advance(31 * 60);
        let to = tab.form(NEW, &typed.fields()).await.expect(303).to;
        let page = tab.get(&to).await.expect(200).text;
        assert!(page.contains("se conserva una hora"), "{page}");
        assert!(!page.contains("Ñúñez"), "nothing typed is on a page of nobody");

        let to = tab.signs_in("lucia", &next_of(&to)).await;
        assert!(to.starts_with(&format!("{NEW}?kept=")), "{to}");
        let page = tab.get(&to).await.expect(200).text;
        for part in [SURNAME, "checked=\"\" id=\"f-sex\"", &typed.id, "Así dejó este formulario"]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert_eq!(rows(&mut conn), before, "nothing is saved by looking");
        assert_eq!(kept(&mut conn), 1);

        // Looked over and saved: with the key it had, and it is kept no more.
        let again = Typed { mark: mark_of(&page, NEW), id: key_of(&page) };
        assert_eq!(again.id, typed.id);
        let saved = tab.form(NEW, &again.fields()).await.expect(303).to;
        assert_eq!(saved, format!("/es/pacientes/{}", typed.id));
        assert_eq!(kept(&mut conn), 0);
        assert!(tab.get(&to).await.expect(200).text.contains("Lo que escribió ya no está"));
    });
}

#[test]
fn a_form_that_was_left_stays_kept_until_it_is_taken() {
    both(|lab| async move {
        two_nurses(&lab).await;
        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        let mut tab = Tab::open(&lab);
        tab.signs_in("lucia", "").await;
        let typed = Typed::of(&mut tab).await;
        lab.clock.advance(31 * 60);
        let mut fields = typed.fields();
        fields.retain(|(n, _)| *n != "birth_day");
        tab.form(NEW, &fields).await.expect(303);
        // She signs in at the start page by herself, and is led to it all the same.
        let to = tab.signs_in("lucia", "").await;
        let page = tab.get(&to).await.expect(200).text;
        let mark = mark_of(&page, NEW);
        fields[0].1 = &mark;
        let page = tab.form(NEW, &fields).await.expect(422).text;
        assert!(page.contains(SURNAME));
        assert_eq!(kept(&mut conn), 1);
        // Over once more: what was kept of it is replaced by what it is now.
        let mark = mark_of(&page, NEW);
        fields[0].1 = &mark;
        lab.clock.advance(31 * 60);
        tab.form(NEW, &fields).await.expect(303);
        assert_eq!(kept(&mut conn), 1);
        let to = tab.signs_in("lucia", "").await;
        let page = tab.get(&to).await.expect(200).text;
        let again = Typed { mark: mark_of(&page, NEW), id: typed.id.clone() };
        tab.form(NEW, &again.fields()).await.expect(303);
        assert_eq!(kept(&mut conn), 0);
    });
}

#[test]
fn a_form_drawn_for_one_person_is_never_saved_or_shown_as_another() {
    both(|lab| async move {
        two_nurses(&lab).await;
        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        let before = rows(&mut conn);
        let mut tab = Tab::open(&lab);
        tab.signs_in("lucia", "").await;
        let typed = Typed::of(&mut tab).await;
        tab.signs_in("elena", "").await;
        let page = tab.form(NEW, &typed.fields()).await.expect(409).text;
        for part in
            ["se abrió para Persona lucia", "Entrar como Persona lucia", "No se guardó nada"]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("Ñúñez") && !page.contains("EXP-1"), "{page}");
        assert_eq!(rows(&mut conn), before);
        let link = page.split("href=\"/es/entrar?").nth(1).unwrap().split('"').next().unwrap();
        let next = next_of(&format!("/es/entrar?{}", link.replace("&amp;", "&")));

        // Whatever Elena opens, in this browser or another one: it is her own empty form.
        let mut other = Tab::open(&lab);
        other.signs_in("elena", "").await;
        for elena in [&mut tab, &mut other] {
            let page = elena.get(&next).await.expect(200).text;
            assert!(!page.contains("Ñúñez") && !page.contains("as-left"), "{page}");
        }
        assert_eq!(tab.signs_in("elena", "").await, "/es");
        // Nor does Lucía's account open it elsewhere: the key is in that browser.
        assert_eq!(other.signs_in("lucia", "").await, "/es");
        assert!(!other.get(&next).await.expect(200).text.contains("Ñúñez"));

        let to = tab.signs_in("lucia", &next).await;
        assert!(tab.get(&to).await.expect(200).text.contains(SURNAME));
        // Without the cookie the database alone has nothing to show.
        tab.without_the_kept_cookie();
        assert!(!tab.get(&to).await.expect(200).text.contains("Ñúñez"));
    });
}

#[test]
fn what_is_kept_ends_after_an_hour_and_when_it_is_thrown_away() {
    both(|lab| async move {
        two_nurses(&lab).await;
        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        let mut tab = Tab::open(&lab);
        tab.signs_in("lucia", "").await;
        let typed = Typed::of(&mut tab).await;
        tab.signs_in("elena", "").await;
        let page = tab.form(NEW, &typed.fields()).await.expect(409).text;
        let action = page.split("action=\"/es/formularios-guardados/").nth(1).unwrap();
        let action = format!("/es/formularios-guardados/{}", action.split('"').next().unwrap());
        let mark = mark_of(&page, &action);
        // Not from another browser.
        let mut other = Tab::open(&lab);
        other.signs_in("elena", "").await;
        let page = other.get("/es/cuenta").await.expect(200).text;
        let theirs = mark_of(&page, "/es/salir");
        other.form(&action, &[(MARK, &theirs)]).await.expect(303);
        assert_eq!(kept(&mut conn), 1);
        tab.form(&action, &[(MARK, &mark)]).await.expect(303);
        assert_eq!(kept(&mut conn), 0);

        tab.form(NEW, &typed.fields()).await.expect(409);
        lab.clock.advance(61 * 60);
        assert_eq!(tab.signs_in("lucia", "").await, "/es");
        assert_eq!(rastro::access::kept::purge(&lab.app, lab.clock.now()).await.unwrap(), 1);
        assert_eq!(kept(&mut conn), 0);
    });
}

#[test]
fn no_more_than_eight_forms_of_a_person_are_kept_and_none_too_large() {
    both(|lab| async move {
        two_nurses(&lab).await;
        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        let mut tab = Tab::open(&lab);
        tab.signs_in("lucia", "").await;
        let typed = Typed::of(&mut tab).await;
        tab.signs_in("elena", "").await;
        let mut large = typed.fields();
        let long = "x".repeat(200_000);
        large.push(("nss", &long));
        let page = tab.form(NEW, &large).await.expect(409).text;
        assert!(page.contains("no se conservó"), "{page}");
        assert_eq!(kept(&mut conn), 0);
        for n in 1..12 {
            tab.form(NEW, &typed.fields()).await.expect(409);
            assert_eq!(kept(&mut conn), n.min(8));
        }
    });
}

#[test]
fn a_password_is_never_kept() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        for login in ["admin", "admin2"] {
            lab.account(login, &[Role::Admin], &[]).await;
        }
        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        let mut tab = Tab::open(&lab);
        tab.signs_in("admin", "").await;
        let (users, account) = ("/es/administracion/usuarios", "/es/cuenta/password");
        let html = tab.get(users).await.expect(200).text;
        let mark = mark_of(&html, users);
        let own = mark_of(&tab.get("/es/cuenta").await.expect(200).text, account);
        tab.signs_in("admin2", "").await;
        // A form of nothing but passwords has nothing to keep.
        let passwords = [(MARK, own.as_str()), ("old", PASSWORD), ("new", "otra bien larga")];
        let page = tab.form(account, &passwords).await.expect(409).text;
        assert!(page.contains("no se conservó"), "{page}");
        assert_eq!(kept(&mut conn), 0);

        let fields = [
            (MARK, mark.as_str()),
            ("login", "nueva"),
            ("name", "Persona Nueva"),
            ("roles", "collector"),
            ("roles", "oncologist"),
            ("sites", "LRZ"),
            ("password", "un secreto largo"),
        ];
        tab.form(users, &fields).await.expect(409);
        let to = tab.signs_in("admin", "").await;
        let page = tab.get(&to).await.expect(200).text;
        assert!(page.contains("value=\"Persona Nueva\""), "{page}");
        let roles = page
            .split("name=\"roles\"")
            .filter(|f| f.split('<').next_back().unwrap_or_default().contains("checked"));
        assert_eq!(roles.count(), 2, "{page}");
        assert!(!page.contains("un secreto largo") && !page.contains("password:"), "{page}");
    });
}
