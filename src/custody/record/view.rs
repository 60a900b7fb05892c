//! A container and an answer in words, for the person who asked.

use uuid::Uuid;

use super::age::freshness;
use super::answer::{ContainerView, ScanAnswer};
use super::recording::Recorded;
use crate::app::App;
use crate::containers::Container;
use crate::custody::asked::clocks::ABOUT_CLOCKS;
use crate::custody::error::CustodyError;
use crate::custody::events::event::{CustodyEvent, EventKind};
use crate::custody::events::outcome::Outcome;
use crate::custody::refusal::status_text;
use crate::db::Instant;
use crate::people::{Caller, store as people_store};
use crate::web::{Lang, url};

/// Puts what was recorded into words.
pub(in crate::custody) async fn answer(
    app: &App,
    caller: &Caller,
    id: Uuid,
    recorded: Recorded,
) -> Result<ScanAnswer, CustodyError> {
    let lang = caller.lang;
    let (container, mut answer) = match recorded {
        Recorded::Event { event, container } => {
            let warning = event.flags.iter().find(|f| !ABOUT_CLOCKS.contains(f));
            let warning = warning.map(str::to_owned);
            let text = match &warning {
                Some(flag) => lang.tr(
                    &format!("scan-warning-{flag}"),
                    &[("what", kind_text(event.kind, lang).into())],
                ),
                None => kind_text(event.kind, lang),
            };
            let next = to_tell(app, lang, &event)
                .or_else(|| lang.find(&format!("next-{}", container.status), &[]));
            let answer = ScanAnswer {
                id,
                outcome: event.outcome,
                reason: warning,
                text,
                next,
                event: Some(event.event_id.0),
                recorded_at: Some(event.recorded_at),
                container: None,
            };
            (Some(*container), answer)
        }
        Recorded::Nothing { attempt, container } => {
            let said: serde_json::Value = serde_json::from_str(&attempt.answer).unwrap_or_default();
            let answer = ScanAnswer {
                id,
                outcome: attempt.outcome,
                reason: Some(attempt.reason.clone()),
                text: said["text"].as_str().unwrap_or_default().to_owned(),
                next: said["next"].as_str().map(str::to_owned),
                event: None,
                recorded_at: Some(attempt.recorded_at),
                container: None,
            };
            (container.map(|c| *c), answer)
        }
    };
    if let Some(container) = container {
        answer.container = Some(view(app, caller, &container).await?);
    }
    Ok(answer)
}

/// Of a rejection: whom the table has told, by whoever rejected it.
fn to_tell(app: &App, lang: Lang, e: &CustodyEvent) -> Option<String> {
    let said = e.reason.as_deref().filter(|_| e.kind == EventKind::Rejected)?;
    let row = app.catalogue.reason(said.trim())?;
    Some(lang.tr("next-rejected-tell", &[("who", row.told_text(lang).into())]))
}

/// A scan that was not decided: `failed` by itself, or it `waits` for one before it.
pub(in crate::custody) fn not_tried(lang: Lang, id: Uuid, reason: &str) -> ScanAnswer {
    ScanAnswer {
        id,
        outcome: Outcome::NotTried,
        reason: Some(reason.to_owned()),
        text: lang.t(&format!("scan-not-tried-{reason}")),
        next: Some(lang.t("scan-not-tried-next")),
        event: None,
        recorded_at: None,
        container: None,
    }
}

/// An event's kind in words.
pub fn kind_text(kind: EventKind, lang: Lang) -> String {
    lang.t(&format!("event-{kind}"))
}

/// A container as the station shows it.
pub async fn view(
    app: &App,
    caller: &Caller,
    c: &Container,
) -> Result<ContainerView, CustodyError> {
    let custodian = match c.custodian_id {
        Some(id) if id == caller.scope.user() => Some(caller.scope.name().to_owned()),
        Some(id) => {
            app.db
                .point(move |conn| Ok::<_, CustodyError>(people_store::name_of(conn, id)?))
                .await?
        }
        None => None,
    };
    Ok(view_with(app, caller.lang, caller.now, c, custodian))
}

/// As [`view`], with the custodian's name already at hand.
pub fn view_with(
    app: &App,
    lang: Lang,
    now: Instant,
    c: &Container,
    custodian: Option<String>,
) -> ContainerView {
    let specimen = app.catalogue.specimen(&c.specimen);
    let tube = app.catalogue.container(&c.container_type);
    let (seconds, colour) = freshness(&app.catalogue, c, now);
    ContainerView {
        code: c.code.to_string(),
        code_text: c.code.grouped(),
        kind: c.kind.to_string(),
        specimen: c.specimen.clone(),
        specimen_text: specimen.map_or(&*c.specimen, |s| s.label(lang)).to_owned(),
        container_text: tube.map_or(&*c.container_type, |t| t.label(lang)).to_owned(),
        cap: tube.map_or_else(String::new, |t| t.cap.clone()),
        cap_text: tube.map_or_else(String::new, |t| t.cap_label(lang).to_owned()),
        centre: app.sites.code(c.centre_id).to_owned(),
        status: c.status.to_string(),
        status_text: status_text(c.status, lang),
        custodian,
        place: c.location.clone().or_else(|| c.place.clone()),
        collected_at: c.collected_at,
        // Tenths of an hour; the colour was decided in seconds.
        age_h: seconds.map(|s| (s / 360) as f64 / 10.0),
        freshness: colour,
        labels: c.copies,
        accession: c.accession.as_ref().map(ToString::to_string),
        url: url(lang, &format!("/samples/{}", c.code)),
    }
}
