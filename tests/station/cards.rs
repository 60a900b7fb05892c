//! Cards that are read instead of keys, the reader's page, and the sheets they are printed on.

use std::process::Command;

use rastro::custody::{Action, Card};
use rastro::people::Role;

use super::kinds;
use crate::support::browser::Browser;
use crate::support::story::Story;
use crate::support::{Client, one, skipped};

#[test]
fn a_card_does_what_a_key_does_and_a_stop_heeds_only_its_own() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        b.sign_in("recepcion").await;
        b.opens_station("/es/estacion").await;
        let card = |c: Card| c.code().unwrap().as_str().to_owned();
        let step = "return document.getElementById('step').value";

        b.scan(&card(Card::Step(Action::Accept))).await;
        assert_eq!(b.js(step).await, "accept");
        b.is_panel("note").await;
        b.scan(&card(Card::Step(Action::Receive))).await;
        assert_eq!(b.js(step).await, "receive");
        // A step of another's work.
        b.scan(&card(Card::Step(Action::DeclareLost))).await;
        b.is_panel("not").await;
        assert!(b.text().await.contains("Esa tarjeta no es de este puesto"));
        assert_eq!(b.js(step).await, "receive");

        // A damaged label stops the station: no card moves it but the one that says "understood".
        b.scan("100700012331").await;
        b.is_panel("stop").await;
        b.scan(&card(Card::NextStep)).await;
        b.is_panel("stop").await;
        assert_eq!(b.js(step).await, "receive");
        b.scan(&card(Card::Acknowledge)).await;
        b.is_panel("idle").await;

        // It came without a courier: recorded, with a warning.
        b.scan(&s.code).await;
        b.is_panel("warn").await;
        assert_eq!(kinds(&s).await.last().unwrap(), "received");
        b.scan(&card(Card::Undo)).await;
        let undone = "return document.getElementById('word').textContent === 'Lectura anulada'";
        b.until("the reading is taken back", undone).await;
        b.scan(&card(Card::Help)).await;
        assert!(b.is_open("help").await);
        b.quiet().await;
    });
}

#[test]
fn the_reader_in_hand_is_told_apart_from_a_good_one() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        lab.account("recepcion", &[Role::Reception], &["LAB"]).await;
        b.sign_in("recepcion").await;
        b.opens_station("/es/lector").await;
        b.picture("reader-empty").await;
        let state = |n: u32| {
            format!("return document.querySelectorAll('[data-symbol]')[{n}].dataset.state")
        };
        b.scan("100700012330").await;
        b.until("the first is read", &format!("{} === 'ok'", state(0))).await;
        b.scan("100700012330").await;
        b.until("the second is read", &format!("{} === 'ok'", state(1))).await;
        assert!(b.text().await.contains("El lector sirve para las etiquetas de Rastro"));
        b.scan("AZQWY:").await;
        b.until(
            "it is said",
            "return document.getElementById('found').textContent.includes('AZERTY')",
        )
        .await;
        b.picture("reader").await;
        b.phone().await;
        b.opens_station("/en/reader").await;
        b.scan("QWAZYM").await;
        b.until(
            "in English too",
            "return document.getElementById('arrived').textContent === 'QWAZYM'",
        )
        .await;
        b.picture("reader-phone").await;
        b.quiet().await;
    });
}

#[test]
fn the_sheet_and_the_cards_are_read_back() {
    one(|lab| async move {
        if skipped("labels") {
            eprintln!("skipped by RASTRO_SKIP: labels");
            return;
        }
        let who = lab.person("recepcion", &[Role::Reception], &["LAB"]).await;
        let dir = tempfile::tempdir().unwrap();
        let mut read = vec![];
        for (name, path) in [
            ("tarjetas", "/es/lector/tarjetas"),
            ("cartas", "/es/lector/tarjetas/paginas"),
            ("hoja", "/es/lector/hoja"),
        ] {
            let file = dir.path().join("page.pdf");
            std::fs::write(&file, who.get(path).await.expect(200).bytes).unwrap();
            let to = dir.path().join(name);
            let drawn =
                Command::new("pdftoppm").args(["-r", "300", "-png"]).arg(&file).arg(&to).status();
            assert!(drawn.unwrap().success());
            let mut pictures: Vec<_> = std::fs::read_dir(dir.path())
                .unwrap()
                .map(|f| f.unwrap().path())
                .filter(|p| p.file_name().unwrap().to_str().unwrap().starts_with(name))
                .collect();
            pictures.sort();
            let bars =
                Command::new("zbarimg").args(["-q", "--raw"]).args(&pictures).output().unwrap();
            read.extend(String::from_utf8(bars.stdout).unwrap().lines().map(str::to_owned));
        }
        for card in Card::all() {
            let code = card.code().unwrap();
            // On a card of its own, and on a page of several.
            let n = read.iter().filter(|r| *r == code.as_str()).count();
            assert_eq!(n, 2, "{card:?} in {read:?}");
        }
        for text in ["100700012330", "QWAZYM", "qwazym", "https://rastro.example/es?a=1&b=2"] {
            assert!(read.iter().any(|r| r == text), "{text} in {read:?}");
        }
    });
}

/// The words of a PDF page by page, as poppler reads them.
async fn words(who: &Client, path: &str) -> Vec<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), who.get(path).await.expect(200).bytes).unwrap();
    let out = Command::new("pdftotext").arg("-layout").arg(file.path()).arg("-").output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    text.split_terminator('\u{c}').map(str::to_owned).collect()
}

#[test]
fn a_card_that_ends_a_tube_says_so_and_no_other_does() {
    one(|lab| async move {
        if skipped("labels") {
            eprintln!("skipped by RASTRO_SKIP: labels");
            return;
        }
        let who = lab.person("recepcion", &[Role::Reception], &["LAB"]).await;
        let cards = words(&who, "/es/lector/tarjetas").await;
        let mut warned: Vec<String> = cards
            .iter()
            .filter(|card| card.contains("REVISE ANTES DE LEER"))
            .map(|card| card.trim().lines().next().unwrap().trim().to_owned())
            .collect();
        warned.sort();
        assert_eq!(warned, ["AGOTAR", "DECLARAR PERDIDA", "DESECHAR", "NO SE PUDO TOMAR"]);
        // Eight on a page of Letter.
        let pages = words(&who, "/es/lector/tarjetas/paginas").await;
        assert_eq!(pages.len(), cards.len().div_ceil(8));
        let said: usize = pages.iter().map(|p| p.matches("REVISE ANTES DE LEER").count()).sum();
        assert_eq!(said, 4);
    });
}
