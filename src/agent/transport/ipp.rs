//! `ipp://` and `ipps://`: a printer of the network itself, or a queue of CUPS.
//!
//! `completed` counts as printed only where the printer itself says it. A queue that passes bytes
//! on by a raw socket or USB says `completed` when they have left: that is unconfirmed.
//!
//! A page says the size of its label (`media-col`, PWG 5100.3), which else is the queue's own: A4, and
//! a Zebra behind CUPS feeds as much. It says no margins: without borders some printers enlarge. What
//! the printer does not take is left out; no label fails for it.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::time::Duration;

use http::Uri;
use ipp::model::{DelimiterTag, IppVersion, JobState, Operation, StatusCode};
use ipp::parser::IppParser;
use ipp::prelude::{IppAttribute, IppRequestResponse, IppValue};
use ipp::reader::IppReader;
use ipp::value::IppName;
use reqwest::{Certificate, Client, Url, redirect};
use tokio::time::{sleep, timeout};

use super::super::boot::Boot;
use super::super::label::{Label, Look, Verdict};
use crate::printing::printer::Status;
use crate::printing::stock::Stock;

const CONNECT: Duration = Duration::from_secs(3);
/// How long a printer may take to answer a question.
const ANSWER: Duration = Duration::from_secs(5);
/// Between two questions after a label.
const AGAIN: Duration = Duration::from_millis(300);
/// Kept of the time to report in.
const MARGIN: Duration = Duration::from_secs(5);
const PORT: u16 = 631;

/// A printer at an address.
pub(super) struct Ipp {
    http: Client,
    url: Url,
    uri: Uri,
    /// What is in it, if that is known.
    stock: Option<Stock>,
}

/// What a printer takes a label for.
struct Taken {
    /// The printer itself will say what became of it.
    itself: bool,
    /// The size to be said with it.
    size: Option<Stock>,
}

/// Why a request has no answer, and whether it can't have reached the printer.
struct Lost {
    why: String,
    before: bool,
}

type Answer = IppRequestResponse;

impl Ipp {
    pub(super) fn new(address: &str, pem: Option<&[u8]>) -> Result<Self, String> {
        let wrong = || format!("{address}: must be ipp://HOST[:PORT]/PATH or ipps://…");
        let uri: Uri = address.parse().map_err(|_| wrong())?;
        let scheme = match uri.scheme_str() {
            Some("ipp") => "http",
            Some("ipps") => "https",
            _ => return Err(wrong()),
        };
        let host = uri.host().ok_or_else(wrong)?;
        let port = uri.port_u16().unwrap_or(PORT);
        let url = format!("{scheme}://{host}:{port}{}", uri.path());
        let url = Url::parse(&url).map_err(|_| wrong())?;
        // Printers stand on this network: never through the way out of it.
        let builder = Client::builder().no_proxy().redirect(redirect::Policy::none());
        let mut builder = builder.connect_timeout(CONNECT);
        if let Some(pem) = pem {
            let found = Certificate::from_pem_bundle(pem).map_err(|e| e.to_string())?;
            builder = builder.tls_certs_merge(found);
        }
        let http = builder.build().map_err(|e| e.to_string())?;
        Ok(Self { http, url, uri, stock: None })
    }

    /// The same with `stock` in it.
    pub(super) fn loaded_with(self, stock: Option<Stock>) -> Self {
        Self { stock, ..self }
    }

    fn request(&self, what: Operation) -> Result<IppRequestResponse, Lost> {
        let mut request = IppRequestResponse::new(IppVersion::v1_1(), what, Some(self.uri.clone()))
            .map_err(unwritable)?;
        put(
            &mut request,
            DelimiterTag::OperationAttributes,
            "requesting-user-name",
            name("rastro"),
        )?;
        Ok(request)
    }

    async fn call(
        &self,
        request: IppRequestResponse,
        document: &[u8],
        patience: Duration,
    ) -> Result<Answer, Lost> {
        let body = [&request.to_bytes(), document].concat();
        let asked = self.http.post(self.url.clone()).timeout(patience);
        let asked = asked.header("content-type", "application/ipp").body(body);
        let lost = |e: reqwest::Error| Lost { before: e.is_connect(), why: e.to_string() };
        let answer = asked.send().await.map_err(lost)?;
        if !answer.status().is_success() {
            return Err(Lost { before: false, why: format!("{}: {}", self.url, answer.status()) });
        }
        let bytes = answer.bytes().await.map_err(lost)?;
        let parsed = IppParser::new(IppReader::new(Cursor::new(bytes))).parse();
        parsed.map_err(|e| Lost { before: false, why: format!("not an answer of IPP: {e}") })
    }

    async fn attributes(&self) -> Result<Answer, Lost> {
        let mut request = self.request(Operation::GetPrinterAttributes)?;
        let wanted = [
            "printer-state",
            "printer-state-reasons",
            "printer-is-accepting-jobs",
            "device-uri",
            "cups-version",
            "job-creation-attributes-supported",
            "media-col-supported",
        ];
        let wanted = wanted.into_iter().map(keyword).collect();
        let tag = DelimiterTag::OperationAttributes;
        put(&mut request, tag, "requested-attributes", Ok(IppValue::Array(wanted)))?;
        self.call(request, &[], ANSWER).await
    }

    pub(super) async fn look(&self) -> Look {
        match self.attributes().await {
            Err(lost) => Look::new(Status::Unreachable, lost.why),
            Ok(answer) => state(&answer),
        }
    }

    /// A label's request, for `Validate-Job` and `Print-Job` alike.
    fn job(
        &self,
        what: Operation,
        label: &Label,
        size: Option<Stock>,
    ) -> Result<IppRequestResponse, Lost> {
        let mut request = self.request(what)?;
        let tag = DelimiterTag::OperationAttributes;
        put(&mut request, tag, "job-name", name(&label.name))?;
        let kind = IppValue::new_mime_media_type(label.media_type.as_str()).map_err(unwritable);
        put(&mut request, tag, "document-format", kind)?;
        // A label that is made to fit has bars of another width.
        let none = Ok(keyword("none"));
        put(&mut request, DelimiterTag::JobAttributes, "print-scaling", none)?;
        // A queue that is set to several pages a sheet would make them small.
        let one = Ok(IppValue::Integer(1));
        put(&mut request, DelimiterTag::JobAttributes, "number-up", one)?;
        if let Some(size) = size {
            put(&mut request, DelimiterTag::JobAttributes, "media-col", media_col(size))?;
        }
        Ok(request)
    }

    /// Whether the printer would take it so; `false` from one that can't be asked.
    async fn validate(&self, label: &Label, size: Option<Stock>) -> Result<bool, String> {
        let request = self.job(Operation::ValidateJob, label, size).map_err(|lost| lost.why)?;
        let answer = self.call(request, &[], ANSWER).await.map_err(|lost| lost.why)?;
        match answer.header().status_code() {
            code if code.is_success() => Ok(true),
            StatusCode::ServerErrorOperationNotSupported => Ok(false),
            code => Err(format!("the printer refuses: {code:?}")),
        }
    }

    /// Whether the printer takes it, before a byte of it is sent, and how.
    async fn may_send(&self, label: &Label) -> Result<Taken, Verdict> {
        let failed = |why: String| Verdict::failed(format!("{why}; nothing sent"));
        let answer = self.attributes().await.map_err(|lost| failed(lost.why))?;
        let look = state(&answer);
        if !look.status.takes_jobs() {
            return Err(Verdict::returned(format!("{}; nothing sent", look.detail)));
        }
        let itself = speaks_for_itself(&answer);
        let page = label.media_type == "application/pdf";
        let size = self.stock.filter(|_| page && takes_sizes(&answer));
        match self.validate(label, size).await {
            Ok(true) => return Ok(Taken { itself, size }),
            // Not asked for what it can't say beforehand whether it takes.
            Ok(false) => return Ok(Taken { itself, size: None }),
            Err(why) if size.is_none() => return Err(failed(why)),
            Err(why) => tracing::warn!(printer = %self.uri, why, "its size is left to the printer"),
        }
        self.validate(label, None).await.map(|_| Taken { itself, size: None }).map_err(failed)
    }

    pub(super) async fn send(&self, label: &Label, until: Boot) -> Verdict {
        let taken = match timeout(until.left(), self.may_send(label)).await {
            Ok(Ok(taken)) => taken,
            Ok(Err(verdict)) => return verdict,
            Err(_) => return Verdict::failed("the time to send it was over; nothing sent"),
        };
        let request = match self.job(Operation::PrintJob, label, taken.size) {
            Ok(request) => request,
            Err(lost) => return Verdict::failed(format!("{}; nothing sent", lost.why)),
        };
        if until.over() {
            return Verdict::failed("the time to send it was over; nothing sent");
        }
        let answer = match self.call(request, &label.bytes, until.left()).await {
            Ok(answer) => answer,
            Err(Lost { why, before: true }) => {
                return Verdict::failed(format!("{why}; nothing sent"));
            }
            Err(lost) => return Verdict::unconfirmed(format!("sent; then {}", lost.why)),
        };
        let code = answer.header().status_code();
        if !code.is_success() {
            return Verdict::unconfirmed(format!("sent; the printer refuses: {code:?}"));
        }
        match one(&answer, DelimiterTag::JobAttributes, "job-id").and_then(number) {
            Some(job) => self.confirm(job, taken.itself, until).await,
            None => Verdict::unconfirmed("sent; the printer gave the job no number"),
        }
    }

    /// Asks until the job has ended, or until it is no use to ask on.
    async fn confirm(&self, job: i32, itself: bool, until: Boot) -> Verdict {
        let mut last = String::from("nothing");
        let margin = MARGIN.min(until.left() / 4);
        while until.left() > margin {
            match self.job_state(job, until.left().min(ANSWER)).await {
                Err(lost) => last = lost.why,
                Ok(state) if state == JobState::Completed as i32 && itself => {
                    return Verdict::printed(format!("IPP job {job}: completed"));
                }
                Ok(state) if state == JobState::Completed as i32 => {
                    let why = "passed on, not by a printer that tells";
                    return Verdict::unconfirmed(format!("IPP job {job}: {why}"));
                }
                Ok(state) if state == JobState::Aborted as i32 => {
                    return Verdict::unconfirmed(format!("IPP job {job}: aborted"));
                }
                Ok(state) if state == JobState::Canceled as i32 => {
                    return Verdict::unconfirmed(format!("IPP job {job}: cancelled"));
                }
                Ok(state) => last = format!("state {state}"),
            }
            sleep(AGAIN).await;
        }
        Verdict::unconfirmed(format!("IPP job {job}: not ended when the time was over ({last})"))
    }

    async fn job_state(&self, job: i32, patience: Duration) -> Result<i32, Lost> {
        let mut request = self.request(Operation::GetJobAttributes)?;
        let tag = DelimiterTag::OperationAttributes;
        put(&mut request, tag, "job-id", Ok(IppValue::Integer(job)))?;
        put(&mut request, tag, "requested-attributes", Ok(keyword("job-state")))?;
        let answer = self.call(request, &[], patience).await?;
        let state = one(&answer, DelimiterTag::JobAttributes, "job-state").and_then(number);
        let code = answer.header().status_code();
        state.ok_or_else(|| Lost { before: false, why: format!("no job-state: {code:?}") })
    }
}

fn unwritable(e: ipp::parser::IppParseError) -> Lost {
    Lost { before: true, why: format!("can't be said in IPP: {e}") }
}

fn keyword(word: &str) -> IppValue {
    // The words are this file's own, short enough for a keyword.
    IppValue::new_keyword(word).unwrap_or(IppValue::NoValue)
}

/// Paper of that size; dimensions in hundredths of a millimetre.
fn media_col(size: Stock) -> Result<IppValue, Lost> {
    let member = |name: &str, value| Ok((IppName::new(name).map_err(unwritable)?, value));
    let length = |hundredths: u16| IppValue::Integer(i32::from(hundredths));
    let (width, height) = size.hundredths();
    let across = member("x-dimension", length(width))?;
    let along = member("y-dimension", length(height))?;
    let size = IppValue::Collection(BTreeMap::from([across, along]));
    Ok(IppValue::Collection(BTreeMap::from([member("media-size", size)?])))
}

fn name(text: &str) -> Result<IppValue, Lost> {
    let text: String = text.chars().take(60).collect();
    IppValue::new_name_without_language(text).map_err(unwritable)
}

fn put(
    request: &mut IppRequestResponse,
    tag: DelimiterTag,
    name: &str,
    value: Result<IppValue, Lost>,
) -> Result<(), Lost> {
    let attribute = IppAttribute::with_name(name, value?).map_err(unwritable)?;
    request.attributes_mut().add(tag, attribute);
    Ok(())
}

fn one<'a>(answer: &'a Answer, tag: DelimiterTag, name: &str) -> Option<&'a IppValue> {
    answer.attributes().groups_of(tag).find_map(|g| g.get(name)).map(IppAttribute::value)
}

fn number(value: &IppValue) -> Option<i32> {
    match value {
        IppValue::Integer(n) | IppValue::Enum(n) => Some(*n),
        _ => None,
    }
}

/// How the printer says it is (RFC 8011 5.4.11, 5.4.12).
fn state(answer: &Answer) -> Look {
    let code = answer.header().status_code();
    if !code.is_success() {
        return Look::new(Status::Faulty, format!("the printer refuses: {code:?}"));
    }
    let of = |name| one(answer, DelimiterTag::PrinterAttributes, name);
    let reasons: Vec<String> = of("printer-state-reasons")
        .map(|v| v.into_iter().map(ToString::to_string).collect())
        .unwrap_or_default();
    let says = |words: &[&str]| {
        reasons.iter().any(|r| {
            let bare = r.trim_end_matches("-error").trim_end_matches("-report");
            words.contains(&bare)
        })
    };
    let detail = reasons.join(" ");
    let look = |status| Look::new(status, detail.clone());
    match of("printer-state").and_then(number) {
        _ if says(&["media-empty", "media-needed", "marker-supply-empty", "toner-empty"]) => {
            look(Status::OutOfPaper)
        }
        _ if says(&["cover-open", "door-open", "interlock-open"]) => look(Status::HeadOpen),
        _ if says(&["paused", "moving-to-paused"]) => look(Status::Paused),
        Some(5) => look(Status::Faulty),
        _ if of("printer-is-accepting-jobs") == Some(&IppValue::Boolean(false)) => {
            Look::new(Status::Paused, format!("accepts no jobs {detail}"))
        }
        Some(3 | 4) => look(Status::Ready),
        _ => look(Status::Unknown),
    }
}

/// Whether the printer can be told the paper's size.
fn takes_sizes(answer: &Answer) -> bool {
    let of = |name| one(answer, DelimiterTag::PrinterAttributes, name);
    let has = |list: &IppValue, word| list.into_iter().any(|w| w == &keyword(word));
    match of("media-col-supported") {
        Some(members) => has(members, "media-size"),
        None => of("job-creation-attributes-supported").is_some_and(|l| has(l, "media-col")),
    }
}

/// Whether `completed` is the printer's own word: it is the printer, or CUPS speaks IPP to it.
fn speaks_for_itself(answer: &Answer) -> bool {
    let of = |name| one(answer, DelimiterTag::PrinterAttributes, name);
    match of("device-uri").map(ToString::to_string) {
        Some(uri) => {
            let direct = ["ipp:", "ipps:", "ippusb:"].iter().any(|s| uri.starts_with(s));
            direct || uri.contains("._ipp._tcp") || uri.contains("._ipps._tcp")
        }
        None => of("cups-version").is_none(),
    }
}

#[cfg(test)]
#[path = "ipp_tests.rs"]
mod tests;
