//! Printers and agents, which administrators make, change and close; each change is audited.

use std::time::Duration;

use tokio::time::timeout;

use crate::app::App;
use crate::audit::{self, Action, Entry};
use crate::db::{Conn, Page};
use crate::people::Caller;
use crate::printing::error::PrintError;
use crate::printing::jobs::turns;
use crate::printing::leases::enrol::{CODE_SECONDS, Code};
use crate::printing::leases::{hold, runs};
use crate::printing::machines::devices::{self, Agent, Printer};
use crate::printing::machines::printer::{AgentId, Draft, PrinterId, Reach, Status, is_name};
use crate::printing::machines::reach;
use crate::sites::SiteId;
use crate::web::FieldFault;

fn require_admin(caller: &Caller) -> Result<(), PrintError> {
    if reach::manages(caller) { Ok(()) } else { Err(PrintError::NotAllowed) }
}

/// The site, if there is one of that code.
fn site_of(app: &App, code: &str) -> Result<SiteId, FieldFault> {
    match app.sites.by_code(code) {
        None => Err(FieldFault::new("site", "print-site")),
        Some(site) => site.closed("site").map_or(Ok(site.id), Err),
    }
}

/// Longest time to look a printer's name up.
const LOOK_UP: Duration = Duration::from_secs(3);

/// Whether this server may print there itself. A name that nobody knows now may be known later:
/// it is looked up again, and held against the networks, whenever something is sent.
async fn server_reaches(app: &App, draft: &Draft) -> Result<(), FieldFault> {
    let networks = &app.settings.print_from_server;
    if draft.reach != Reach::ServerTcp {
        return Ok(());
    }
    if networks.is_empty() {
        return Err(FieldFault::new("reach", "printer-server-off"));
    }
    match timeout(LOOK_UP, networks.resolve(&draft.address)).await {
        Ok(Ok(allowed)) if allowed.is_empty() => {
            Err(FieldFault::new("address", "printer-server-network"))
        }
        _ => Ok(()),
    }
}

/// Every rule of a draft.
async fn checked(app: &App, draft: &Draft) -> Result<SiteId, PrintError> {
    let mut faults = draft.check();
    if faults.is_empty() {
        faults.extend(server_reaches(app, draft).await.err());
    }
    match site_of(app, &draft.site) {
        Ok(site) if faults.is_empty() => return Ok(site),
        Ok(_) => {}
        Err(fault) => faults.insert(0, fault),
    }
    Err(PrintError::Fields(faults))
}

/// A printer's agent is one of its site's and not revoked.
fn check_agent(conn: &mut Conn, agent: Option<AgentId>, site: SiteId) -> Result<(), PrintError> {
    let Some(id) = agent else { return Ok(()) };
    let found = devices::agent(conn, id)?;
    match found.filter(|a| a.site_id == site && a.revoked_at.is_none()) {
        Some(_) => Ok(()),
        None => Err(PrintError::field("agent", "printer-agent")),
    }
}

/// A name that is taken is a field's fault.
fn taken<T>(done: Result<T, PrintError>, rule: &'static str) -> Result<T, PrintError> {
    match done {
        Err(PrintError::Db(e)) if e.is_unique_violation() => Err(PrintError::field("name", rule)),
        other => other,
    }
}

fn audited(caller: &Caller, kind: &'static str, id: uuid::Uuid, site: SiteId, what: &str) -> Entry {
    Entry::new(caller, Action::ManagePrinters, kind, Some(id)).site(site).detail(what)
}

fn small(n: i64) -> i32 {
    // Checked to be within 20,000 and the resolutions.
    i32::try_from(n).unwrap_or(0)
}

/// Makes a printer.
///
/// # Errors
/// [`PrintError::Fields`] with every broken rule.
pub async fn add_printer(app: &App, caller: &Caller, draft: Draft) -> Result<Printer, PrintError> {
    require_admin(caller)?;
    let site = checked(app, &draft).await?;
    let printer = Printer {
        id: PrinterId::new(),
        site_id: site,
        name: draft.name.trim().to_owned(),
        language: draft.language,
        dpi: small(draft.dpi),
        media: draft.stock(),
        offset_x_um: small(draft.offset_x_um),
        offset_y_um: small(draft.offset_y_um),
        reach: draft.reach,
        address: draft.address,
        agent_id: draft.agent,
        status: Status::Unknown,
        status_detail: None,
        status_at: None,
        created_at: caller.now,
        created_by: caller.scope.user(),
        disabled_at: None,
    };
    let (row, entry) =
        (printer.clone(), audited(caller, "printer", printer.id.0, site, "add-printer"));
    let done = app.db.write(move |tx| {
        check_agent(tx, row.agent_id, site)?;
        devices::insert_printer(tx, &row)?;
        Ok::<_, PrintError>(audit::record(tx, &entry)?)
    });
    taken(done.await, "printer-name-taken")?;
    app.bell.ring();
    Ok(printer)
}

/// Changes a printer. Not its site; and not what labels are drawn for while any waits for it.
pub async fn edit_printer(
    app: &App,
    caller: &Caller,
    id: PrinterId,
    draft: Draft,
) -> Result<(), PrintError> {
    require_admin(caller)?;
    let site = checked(app, &draft).await?;
    let job = caller.clone();
    let done = app.db.write(move |tx| {
        let now = devices::locked_printer(tx, id)?.ok_or(PrintError::NotFound)?;
        if now.site_id != site {
            return Err(PrintError::field("site", "printer-site-fixed"));
        }
        check_agent(tx, draft.agent, site)?;
        let after = Printer {
            name: draft.name.trim().to_owned(),
            language: draft.language,
            dpi: small(draft.dpi),
            media: draft.stock(),
            offset_x_um: small(draft.offset_x_um),
            offset_y_um: small(draft.offset_y_um),
            reach: draft.reach,
            address: draft.address.clone(),
            agent_id: draft.agent,
            ..now.clone()
        };
        unless_waited_for(tx, &now, &after)?;
        devices::update_printer(tx, &after)?;
        Ok(audit::record(tx, &audited(&job, "printer", id.0, site, "edit-printer"))?)
    });
    taken(done.await, "printer-name-taken")?;
    app.bell.ring();
    Ok(())
}

fn unless_waited_for(conn: &mut Conn, before: &Printer, after: &Printer) -> Result<(), PrintError> {
    let changed = [
        ("language", before.language != after.language),
        ("dpi", before.dpi != after.dpi),
        ("media", before.media != after.media),
        ("offset_x_um", before.offset_x_um != after.offset_x_um),
        ("offset_y_um", before.offset_y_um != after.offset_y_um),
    ];
    let changed: Vec<&str> = changed.iter().filter(|c| c.1).map(|c| c.0).collect();
    if changed.is_empty() || !turns::has_open(conn, before.id)? {
        return Ok(());
    }
    let faults = changed.into_iter().map(|f| FieldFault::new(f, "printer-waited-for"));
    Err(PrintError::Fields(faults.collect()))
}

/// Puts a printer out of use, or into use again. What waits for it stays, to be taken back.
pub async fn disable_printer(
    app: &App,
    caller: &Caller,
    id: PrinterId,
    off: bool,
) -> Result<(), PrintError> {
    require_admin(caller)?;
    let job = caller.clone();
    app.db
        .write(move |tx| {
            let now = devices::locked_printer(tx, id)?.ok_or(PrintError::NotFound)?;
            if now.disabled_at.is_some() == off {
                return Ok(());
            }
            let after = Printer { disabled_at: off.then_some(job.now), ..now };
            devices::update_printer(tx, &after)?;
            let what = if off { "disable-printer" } else { "enable-printer" };
            let entry = audited(&job, "printer", id.0, after.site_id, what);
            Ok::<_, PrintError>(audit::record(tx, &entry)?)
        })
        .await?;
    app.bell.ring();
    Ok(())
}

/// Every agent, by site and name. For administrators.
pub async fn agents(app: &App, caller: &Caller) -> Result<Page<Agent>, PrintError> {
    require_admin(caller)?;
    let mut all = app.db.read(devices::agents).await?;
    all.items.sort_by(|a, b| {
        let key = |a: &Agent| (app.sites.code(a.site_id).to_owned(), a.name.to_lowercase());
        key(a).cmp(&key(b))
    });
    Ok(all)
}

/// Agents that two programs print as at once: a credential was copied, or a whole computer.
pub async fn twins(app: &App, caller: &Caller) -> Result<Vec<AgentId>, PrintError> {
    require_admin(caller)?;
    let now = caller.now;
    Ok(app.db.read(move |c| runs::twins(c, now)).await?)
}

/// Makes an agent for a site and gives the code that it enrols with: shown once, never again.
pub async fn add_agent(
    app: &App,
    caller: &Caller,
    site: &str,
    name: &str,
) -> Result<(AgentId, Code), PrintError> {
    require_admin(caller)?;
    let mut faults = vec![];
    let site = site_of(app, site).map_err(|f| faults.push(f)).ok();
    if !is_name(name) {
        faults.push(FieldFault::new("name", "printer-name"));
    }
    let Some(site_id) = site.filter(|_| faults.is_empty()) else {
        return Err(PrintError::Fields(faults));
    };
    let code = Code::new()?;
    let agent = Agent {
        id: AgentId::new(),
        site_id,
        name: name.trim().to_owned(),
        code_hash: Some(code.hash()),
        code_expires_at: Some(caller.now.plus_seconds(CODE_SECONDS)),
        secret_hash: None,
        created_at: caller.now,
        created_by: caller.scope.user(),
        enrolled_at: None,
        seen_at: None,
        version: None,
        revoked_at: None,
    };
    let (id, entry) = (agent.id, audited(caller, "print-agent", agent.id.0, site_id, "add-agent"));
    let done = app.db.write(move |tx| {
        devices::insert_agent(tx, &agent)?;
        Ok::<_, PrintError>(audit::record(tx, &entry)?)
    });
    taken(done.await, "agent-name-taken")?;
    Ok((id, code))
}

/// Gives an agent a new code, for a computer that was replaced: its secret holds until then.
pub async fn new_code(app: &App, caller: &Caller, id: AgentId) -> Result<Code, PrintError> {
    require_admin(caller)?;
    let code = Code::new()?;
    let (job, hash) = (caller.clone(), code.hash());
    app.db
        .write(move |tx| {
            let agent = devices::agent(tx, id)?.ok_or(PrintError::NotFound)?;
            if agent.revoked_at.is_some() {
                return Err(PrintError::AgentRevoked);
            }
            devices::set_code(tx, id, &hash, job.now.plus_seconds(CODE_SECONDS))?;
            let entry = audited(&job, "print-agent", id.0, agent.site_id, "agent-code");
            Ok(audit::record(tx, &entry)?)
        })
        .await?;
    Ok(code)
}

/// Revokes an agent for good: from now on nothing is told to it.
pub async fn revoke_agent(app: &App, caller: &Caller, id: AgentId) -> Result<(), PrintError> {
    require_admin(caller)?;
    let job = caller.clone();
    app.db
        .write(move |tx| {
            let agent = devices::agent(tx, id)?.ok_or(PrintError::NotFound)?;
            if agent.revoked_at.is_some() {
                return Ok(());
            }
            devices::revoke(tx, id, job.now)?;
            hold::let_go_of_agent(tx, id, job.now)?;
            let entry = audited(&job, "print-agent", id.0, agent.site_id, "revoke-agent");
            Ok::<_, PrintError>(audit::record(tx, &entry)?)
        })
        .await?;
    app.bell.ring();
    Ok(())
}
