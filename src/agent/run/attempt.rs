//! One leased label: ask, write down, send, write down, tell. Nothing is sent that the server
//! has not allowed and the journal does not hold.

use super::*;

/// Times `intend` is asked.
const TRIES: u32 = 3;

/// Prints `job`, whose lease ends at `until`. Gives how the printer is when it turned out not to
/// be ready: the label is given back and waits for it.
pub(super) async fn attempt(
    agent: &Arc<Agent>,
    transport: &mut Transport,
    job: Job,
    until: Boot,
) -> Option<Look> {
    let token = job.token;
    if agent.journal(move |j| j.knows(token)).await.unwrap_or(true) {
        tracing::error!(%token, "leased again although it may have been sent: left alone");
        return None;
    }
    let label = match job.label {
        Ok(label) => label,
        Err(why) => {
            tracing::error!(%token, job = %job.job, why, "a label came damaged");
            agent.report(token, &Verdict::failed(format!("{why}; nothing sent"))).await;
            return None;
        }
    };
    let look = transport.look().await;
    if !look.status.takes_jobs() {
        give_back(agent, token, &look).await;
        return Some(look);
    }
    // The server's time to report runs from the first request that reached it.
    let asked = Boot::now();
    let ink = match intend(agent, token, until).await {
        Leave::Given(ink) => ink,
        Leave::Over => return None,
        Leave::Unknown => {
            let verdict = Verdict::returned("no leave to print came; nothing sent");
            if agent.is_known() {
                end(agent, token, verdict).await;
            }
            return None;
        }
    };
    let until = asked.plus(Duration::from_secs(ink));
    let (id, printer) = (job.job, job.printer);
    let verdict = match agent.journal(move |j| j.intent(token, id, printer)).await {
        Some(Ok(())) => transport.send(&label, until).await,
        Some(Err(e)) => {
            tracing::error!(error = %e, "nothing is sent that can't be written down");
            Verdict::failed("the journal can't be written; nothing sent")
        }
        None => Verdict::failed("the journal broke; nothing sent"),
    };
    let verdict = agent.sayable(verdict);
    let Verdict { outcome, evidence } = &verdict;
    tracing::info!(%token, job = %id, name = %label.name, %outcome, %evidence, "a label's end");
    end(agent, token, verdict).await;
    None
}

/// Gives a label back of which nothing was sent, before leave was asked for. Where that is lost on
/// its way, the next lease request says that the label is not held.
async fn give_back(agent: &Arc<Agent>, token: LeaseToken, look: &Look) {
    if agent.is_known() {
        let why = format!("{}: {}; nothing sent", look.status, look.detail);
        agent.report(token, &Verdict::returned(why)).await;
    }
}

/// An answer to the question whether a label may be sent.
enum Leave {
    /// It may, for so many seconds.
    Given(u64),
    /// The lease is somebody else's matter.
    Over,
    /// None came: it may not. The server may have noted the intent.
    Unknown,
}

/// Asks whether the label may be sent.
async fn intend(agent: &Arc<Agent>, token: LeaseToken, until: Boot) -> Leave {
    let mut backoff = Backoff::default();
    for _ in 0..TRIES {
        match agent.api.intend(token).await {
            Ok(ink) => return Leave::Given(ink),
            Err(e) if e.is_stale() || e.is_final() => {
                tracing::info!(%token, error = %e, "the lease is over: nothing sent");
                return Leave::Over;
            }
            Err(e) => tracing::warn!(%token, error = %e, "no permission yet"),
        }
        if until.over() || agent.stopping() {
            break;
        }
        agent.pause(backoff.next()).await;
    }
    tracing::warn!(%token, "no permission to send: nothing sent");
    Leave::Unknown
}

/// Writes down what became of it, and tells.
async fn end(agent: &Arc<Agent>, token: LeaseToken, verdict: Verdict) {
    let kept = verdict.clone();
    if let Some(Err(e)) = agent.journal(move |j| j.outcome(token, &kept)).await {
        // Told all the same; after a restart it would be told as unconfirmed, which changes
        // nothing then.
        tracing::error!(error = %e, "an outcome can't be written down");
    }
    let mut backoff = Backoff::default();
    for _ in 0..REPORT_TRIES {
        if agent.report(token, &verdict).await || agent.stopping() {
            return;
        }
        agent.pause(backoff.next()).await;
    }
}
