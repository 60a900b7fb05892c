//! What printers say over IPP, made with the library's own writer.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;

use super::*;
use crate::printing::job::{LeaseToken, Outcome};

fn answer(attributes: &[(&str, IppValue)]) -> Answer {
    let mut a =
        IppRequestResponse::new_response(IppVersion::v1_1(), StatusCode::SuccessfulOk, 1).unwrap();
    for (name, value) in attributes {
        let attribute = IppAttribute::with_name(name, value.clone()).unwrap();
        a.attributes_mut().add(DelimiterTag::PrinterAttributes, attribute);
    }
    a
}

fn label() -> Label {
    Label {
        token: LeaseToken::new(),
        name: "x".into(),
        media_type: "application/pdf".into(),
        bytes: vec![],
    }
}

fn reasons(words: &[&str]) -> (&'static str, IppValue) {
    ("printer-state-reasons", IppValue::Array(words.iter().map(|w| keyword(w)).collect()))
}

#[test]
fn a_printers_state_is_read() {
    let at = |n| ("printer-state", IppValue::Enum(n));
    for (attributes, status) in [
        (vec![at(3), reasons(&["none"])], Status::Ready),
        (vec![at(4), reasons(&["none"])], Status::Ready),
        (vec![at(3), reasons(&["media-low-warning"])], Status::Ready),
        (vec![at(5), reasons(&["media-empty-error"])], Status::OutOfPaper),
        (vec![at(3), reasons(&["other", "media-needed"])], Status::OutOfPaper),
        (vec![at(5), reasons(&["cover-open"])], Status::HeadOpen),
        (vec![at(5), reasons(&["paused"])], Status::Paused),
        (vec![at(5), reasons(&["none"])], Status::Faulty),
        (vec![at(3), ("printer-is-accepting-jobs", IppValue::Boolean(false))], Status::Paused),
        (vec![], Status::Unknown),
    ] {
        assert_eq!(state(&answer(&attributes)).status, status, "{attributes:?}");
    }
}

#[test]
fn only_a_printers_own_word_counts() {
    let uri = |u: &str| ("device-uri", IppValue::new_uri(u).unwrap());
    let cups = ("cups-version", IppValue::new_text_without_language("2.4.2").unwrap());
    assert!(speaks_for_itself(&answer(&[])), "the printer itself");
    assert!(!speaks_for_itself(&answer(std::slice::from_ref(&cups))), "a queue that hides its way");
    for (device, itself) in [
        ("ipp://10.0.0.9/ipp/print", true),
        ("ipps://10.0.0.9/ipp/print", true),
        ("dnssd://Laser._ipp._tcp.local/?uuid=1", true),
        ("socket://10.0.0.9:9100", false),
        ("usb://Zebra/ZD421", false),
        ("cups-pdf:/", false),
    ] {
        assert_eq!(speaks_for_itself(&answer(&[uri(device), cups.clone()])), itself, "{device}");
    }
}

#[test]
fn a_size_is_told_to_printers_that_know_sizes() {
    let list = |name, words: &[&str]| {
        (name, IppValue::Array(words.iter().map(|w| keyword(w)).collect::<Vec<_>>()))
    };
    let members = |words: &[&str]| list("media-col-supported", words);
    let creation = |words: &[&str]| list("job-creation-attributes-supported", words);
    for (attributes, takes) in [
        (vec![members(&["media-top-margin", "media-size"])], true),
        (vec![("media-col-supported", keyword("media-size"))], true),
        (vec![creation(&["copies", "media-col"])], true),
        (vec![creation(&["copies", "media"])], false),
        (vec![members(&["media-type"]), creation(&["media-col"])], false),
        (vec![("media-col-supported", IppValue::NoValue)], false),
        (vec![], false),
    ] {
        assert_eq!(takes_sizes(&answer(&attributes)), takes, "{attributes:?}");
    }
}

/// What a request says of the paper, read back from its bytes.
fn told(request: &IppRequestResponse) -> Option<String> {
    let read = IppParser::new(IppReader::new(Cursor::new(request.to_bytes()))).parse().unwrap();
    one(&read, DelimiterTag::JobAttributes, "media-col").map(ToString::to_string)
}

#[test]
fn a_size_is_told_in_hundredths_of_a_millimetre() {
    let ipp = Ipp::new("ipp://127.0.0.1:1/ipp/print", None).unwrap();
    let said = |size: Option<&str>| {
        let size = size.map(|s| s.parse().unwrap());
        ipp.job(Operation::PrintJob, &label(), size).map(|r| told(&r)).unwrap_or_default()
    };
    let size = "<media-size=<x-dimension=5000, y-dimension=2500>>";
    assert_eq!(said(Some("50x25")).as_deref(), Some(size));
    assert_eq!(said(None), None);
}

#[test]
fn addresses_are_checked() {
    let url = |a: &str| Ipp::new(a, None).map(|i| i.url.to_string());
    assert_eq!(url("ipp://10.0.0.9/ipp/print").unwrap(), "http://10.0.0.9:631/ipp/print");
    assert_eq!(url("ipps://laser:443/ipp").unwrap(), "https://laser/ipp");
    for wrong in ["http://x/", "laser", "", "ipp:///ipp/print"] {
        assert!(url(wrong).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn nobody_there_gets_nothing() {
    let ipp = Ipp::new("ipp://127.0.0.1:1/ipp/print", None).unwrap();
    assert_eq!(ipp.look().await.status, Status::Unreachable);
    let verdict = ipp.send(&label(), Boot::now().plus(Duration::from_secs(5))).await;
    assert_eq!(verdict.outcome, Outcome::Failed);
}

/// A printer that knows sizes and answers a Validate-Job with one, and one without, by these codes;
/// tells in what order it was asked what, and whether with a size.
async fn printer(with: StatusCode, without: StatusCode) -> (Ipp, Arc<Mutex<Vec<(i16, bool)>>>) {
    let asked = Arc::new(Mutex::new(vec![]));
    let log = Arc::clone(&asked);
    let answered = move |body: Bytes| {
        let request = IppParser::new(IppReader::new(Cursor::new(body))).parse().unwrap();
        let (what, size) = (request.header().operation_or_status, told(&request).is_some());
        log.lock().unwrap().push((what, size));
        let mut said = answer(&[
            ("printer-state", IppValue::Enum(3)),
            ("media-col-supported", keyword("media-size")),
        ]);
        if what == Operation::ValidateJob as i16 {
            said.header_mut().operation_or_status = if size { with } else { without } as i16;
        }
        std::future::ready(said.to_bytes())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ipp://{}/ipp/print", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(answered);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (Ipp::new(&address, None).unwrap().loaded_with("50x25".parse().ok()), asked)
}

#[tokio::test]
async fn no_label_fails_for_its_size() {
    use StatusCode as S;
    let (get, validate) = (Operation::GetPrinterAttributes as i16, Operation::ValidateJob as i16);
    for (with, without, size) in [
        (S::SuccessfulOk, S::SuccessfulOk, true),
        (S::SuccessfulOkIgnoredOrSubstitutedAttributes, S::SuccessfulOk, true),
        (S::ClientErrorAttributesOrValuesNotSupported, S::SuccessfulOk, false),
        (S::ClientErrorBadRequest, S::SuccessfulOk, false),
        (S::ServerErrorInternalError, S::ServerErrorOperationNotSupported, false),
        (S::ServerErrorOperationNotSupported, S::SuccessfulOk, false),
    ] {
        let (ipp, _) = printer(with, without).await;
        let taken = ipp.may_send(&label()).await.unwrap_or_else(|why| panic!("{with:?}: {why:?}"));
        assert_eq!(taken.size.is_some(), size, "{with:?}");
    }
    let (ipp, asked) = printer(S::ClientErrorForbidden, S::ClientErrorForbidden).await;
    assert!(ipp.may_send(&label()).await.is_err_and(|why| why.evidence.contains("Forbidden")));
    assert_eq!(*asked.lock().unwrap(), [(get, false), (validate, true), (validate, false)]);
    // What is no page carries its own size.
    let (ipp, asked) = printer(S::SuccessfulOk, S::SuccessfulOk).await;
    let zpl = Label { media_type: "application/vnd.zebra.zpl".into(), ..label() };
    assert!(ipp.may_send(&zpl).await.is_ok_and(|taken| taken.size.is_none()));
    assert_eq!(*asked.lock().unwrap(), [(get, false), (validate, false)]);
}
