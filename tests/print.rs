//! The oncologist's page on paper: one page, Letter or A4, with everything that a result must say.
//! Chromium prints it, poppler counts its pages and reads it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::browser::Browser;
use crate::support::course::{Cast, FULL, ONE, approve};
use crate::support::{Lab, one};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// Name, width and height in inches.
const PAPERS: [(&str, f64, f64); 2] = [("letter", 8.5, 11.0), ("a4", 8.27, 11.69)];

/// Prints the window's page as the browser's dialog does by default: no header, no backgrounds.
async fn print(b: &Browser, name: &str, paper: (&str, f64, f64)) -> PathBuf {
    let wanted = json!({ "paperWidth": paper.1, "paperHeight": paper.2, "printBackground": false });
    let printed = b.cdp("Page.printToPDF", wanted).await;
    let bytes = STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.pdf", paper.0));
    std::fs::write(&path, bytes).unwrap();
    path
}

fn tool(name: &str, args: &[&str], pdf: &Path) -> String {
    let out =
        Command::new(name).args(args).arg(pdf).arg("-").output().unwrap_or_else(|e| {
            panic!("{name}: {e}; scripts/setup.sh test, or RASTRO_SKIP=browser")
        });
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn pages(pdf: &Path) -> u32 {
    let out = Command::new("pdfinfo").arg(pdf).output().expect("scripts/setup.sh test");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let line = text.lines().find(|l| l.starts_with("Pages:")).expect("a PDF").to_owned();
    line.trim_start_matches("Pages:").trim().parse().unwrap()
}

/// What the paper says, with ordinary spaces.
fn text(pdf: &Path) -> String {
    tool("pdftotext", &["-layout"], pdf).replace(['\u{202f}', '\u{a0}'], " ")
}

async fn holds(b: &Browser, name: &str, says: &[&str]) {
    for paper in PAPERS {
        let pdf = print(b, name, paper).await;
        let text = text(&pdf);
        assert_eq!(pages(&pdf), 1, "{name} on {}: {text}", paper.0);
        for part in says {
            assert!(text.contains(part), "{part} is not on {name}, {}:\n{text}", paper.0);
        }
        for only_on_screen in ["Salir", "Ir al contenido", "English"] {
            assert!(!text.contains(only_on_screen), "{only_on_screen} is printed:\n{text}");
        }
    }
}

async fn course_page(lab: &Lab, b: &Browser, child: u32, full: bool) {
    let mut cast = Cast::of(lab).await;
    let people = (cast.analyst.id(), cast.validator.id());
    approve(lab, people).await;
    let samples = if full { FULL } else { ONE };
    let (patient, _) = cast.course(lab, child, samples).await;
    lab.oncologist().await;
    b.sign_in("oncologa").await;
    b.open(&format!("/es/pacientes/{patient}/emr")).await;
}

#[test]
fn one_result_is_one_page() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        course_page(&lab, &b, 1, false).await;
        let says =
            ["RODRÍGUEZ B CANO, Ari", "P-", "0.0028 %", "0.0019 – 0.0039 %", "Persona validador"];
        holds(&b, "one-result", &says).await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn a_whole_course_of_eight_samples_is_one_page() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        course_page(&lab, &b, 1, true).await;
        b.width(1366, 1330).await;
        b.picture("course").await;
        b.cdp("Emulation.clearDeviceMetricsOverride", json!({})).await;
        let says = [
            "RODRÍGUEZ B CANO, Ari",
            "P-",
            "14 %",
            "3.4 %",
            "1.2 %",
            "0.0028 %",
            "0.021 %",
            "Persona validador",
        ];
        holds(&b, "whole-course", &says).await;
        b.c.clone().close().await.unwrap();
    });
}
