//! Who drives printers: an agent those of its site, the server itself those that are its own.

use crate::app::App;
use crate::db::Conn;
use crate::printing::error::PrintError;
use crate::printing::jobs::job::{LeaseToken, RunId};
use crate::printing::jobs::rows::By;
use crate::printing::machines::devices::{self, Printer};
use crate::printing::machines::printer::{AgentId, PrinterId, Reach};

/// Who drives printers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// An agent those of its site.
    Agent(AgentId),
    /// The server itself, `server-tcp` ones of any site. Every server of a database is this one:
    /// a lease's token says which of them has a job.
    Server,
}

impl Driver {
    /// The agent, if it is one.
    pub(in crate::printing) fn agent(self) -> Option<AgentId> {
        match self {
            Self::Agent(id) => Some(id),
            Self::Server => None,
        }
    }
    pub(super) fn by(self) -> By {
        By { person: None, agent: self.agent() }
    }
}

/// What a lease request asks for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The driver's version.
    pub version: String,
    /// The printers that it found ready, or that never tell.
    pub ready: Vec<PrinterId>,
    /// Seconds it would wait.
    pub wait: i64,
    /// What it was last told of its printers.
    pub config: Option<String>,
    /// Which start of the driver asks; older agents don't say.
    pub run: Option<RunId>,
    /// Every lease in its journal. Of its ready printers it holds no other.
    pub holds: Vec<LeaseToken>,
}

/// The printers that `driver` drives: an agent its own, and those of its site that are nobody's.
///
/// # Errors
/// [`PrintError::AgentUnknown`] as soon as it is revoked.
pub(super) fn driven(conn: &mut Conn, driver: Driver) -> Result<Vec<Printer>, PrintError> {
    let mut all = match driver {
        Driver::Agent(id) => {
            let found = devices::agent(conn, id)?;
            let alive = found.filter(|a| a.revoked_at.is_none() && a.secret_hash.is_some());
            let site = alive.ok_or(PrintError::AgentUnknown)?.site_id;
            // One that can't be read prints nothing until it is put right.
            let mut all = devices::printers_of(conn, Some(&[site]))?.0;
            all.retain(|p| p.reach.by_agent() && p.agent_id.is_none_or(|owner| owner == id));
            all
        }
        Driver::Server => {
            let mut all = devices::printers_of(conn, None)?.0;
            all.retain(|p| p.reach == Reach::ServerTcp);
            all
        }
    };
    all.retain(|p| p.disabled_at.is_none());
    Ok(all)
}

/// How often an agent's being there is written down, seconds.
const SEEN_SECONDS: i64 = 15;

/// Writes down that an agent is there, now and then.
pub(super) async fn heard(
    app: &App,
    driver: Driver,
    version: Option<&str>,
) -> Result<(), PrintError> {
    let Driver::Agent(id) = driver else { return Ok(()) };
    let found = app.db.point(move |c| Ok::<_, PrintError>(devices::agent(c, id)?)).await?;
    let agent = found.ok_or(PrintError::AgentUnknown)?;
    let now = app.now();
    let lately = agent.seen_at.is_some_and(|at| now.seconds_since(at) < SEEN_SECONDS);
    if lately && version.is_none_or(|v| agent.version.as_deref() == Some(v)) {
        return Ok(());
    }
    let version = version.map(str::to_owned).or(agent.version);
    Ok(app.db.write(move |tx| devices::seen(tx, id, version.as_deref(), now)).await?)
}
