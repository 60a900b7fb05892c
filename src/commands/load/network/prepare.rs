//! What the walk needs and no generator can make: sessions, and labels whose bytes the product has
//! drawn itself.

use serde_json::{Value, json};

use super::super::Failed;
use super::super::client::Client;
use super::super::engine::Scratch;
use super::super::server::Server;
use super::asks::{Keys, SHEET, TEMPLATE};
use super::examples;
use super::printers;
use super::story::Network;
use super::walk::{Served, WALKERS, Walker};
use crate::app::App;
use crate::people::{Role, service as people};
use crate::web::drawn::{Mark, Secrets};
use crate::web::{Lang, url};

/// A server with everything that is asked for.
pub(super) struct Ready {
    server: Server,
    /// A session of each walker, in their order.
    sessions: Vec<Signed>,
    print: (String, String),
    sheet: String,
    doubt: String,
    version: String,
}

impl Ready {
    /// Keeps everybody's session from ending for want of use: a walk through large networks takes
    /// longer than a pause may.
    pub(super) async fn touch(&self) -> Result<(), Failed> {
        for signed in &self.sessions {
            let mut client = Client::connect(self.server.address, &signed.token).await?;
            client.get("/api/v1/session").await?;
        }
        Ok(())
    }
}

/// A session: its secret, and the mark of the forms that are drawn in it.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    token: String,
    mark: String,
}

/// Opens a session for each walker; `app` must be the only server of the database.
pub(super) async fn sessions(app: &App, network: &Network) -> Result<Vec<Signed>, Failed> {
    let mut all = vec![];
    for walker in WALKERS {
        let who = network.staff.first(walker.role, walker.at(network));
        let agent = "rastro load".to_owned();
        let (token, session) = people::start(&app.people(), who, agent, app.now()).await?;
        let (page, secrets) = (url(Lang::Es, "/"), Secrets::Named(vec![]));
        let mark = Mark { session: session.0, kept: None, secrets, page }.to_string();
        all.push(Signed { token: token.encode(), mark });
    }
    Ok(all)
}

/// Serves the network and makes the labels and the proposal that are looked at.
pub(super) async fn serve(
    at: &Scratch,
    slow: &std::path::Path,
    sessions: Vec<Signed>,
) -> Result<Ready, Failed> {
    let server = Server::watched(at, slow).await?;
    let of = |role| WALKERS.iter().position(|w: &Walker| w.role == role).unwrap_or(0);
    let mut nurse = Client::connect(server.address, &sessions[of(Role::Collector)].token).await?;
    let (code, print) = printed(&mut nurse).await?;
    let sheet = json!({ "id": uuid::Uuid::now_v7(), "template": SHEET, "codes": [code], "used": 7,
        "reason": "Se despegó" });
    let sheet = read(&nurse.post("/api/v1/label-sheets", sheet.to_string()).await?)?;
    let mut admin = Client::connect(server.address, &sessions[of(Role::Admin)].token).await?;
    let version = proposed(&mut admin).await?;
    let sheet = sheet["id"].as_str().unwrap_or_default().to_owned();
    let doubt = doubted(&mut nurse, &code).await?;
    Ok(Ready { server, sessions, print: (print, code), sheet, doubt, version })
}

fn read(bytes: &[u8]) -> Result<Value, Failed> {
    Ok(serde_json::from_slice(bytes)?)
}

/// Prints a label of the newest tube that may still have one: its code and the label's key.
async fn printed(nurse: &mut Client) -> Result<(String, String), Failed> {
    let newest = read(&nurse.get("/api/v1/containers?limit=200").await?)?;
    let label = json!({ "format": "pdf", "dpi": 300, "reason": "Se despegó" }).to_string();
    for tube in newest["items"].as_array().into_iter().flatten() {
        let code = tube["code"].as_str().unwrap_or_default().to_owned();
        let path = format!("/api/v1/containers/{code}/labels");
        if let Ok(made) = nurse.post(&path, label.clone()).await {
            let id = read(&made)?["id"].as_str().unwrap_or_default().to_owned();
            return Ok((code, id));
        }
    }
    Err(Failed::new("no tube of the large centre can have another label"))
}

/// Doubts whose the sample of a tube is, unless somebody does already; gives the doubt's key.
async fn doubted(nurse: &mut Client, code: &str) -> Result<String, Failed> {
    let id = uuid::Uuid::now_v7().to_string();
    let doubt = json!({ "id": id, "kind": "identity", "samples": [code],
        "note": "Dos tubos en la misma bolsa" });
    if nurse.post("/api/v1/doubts", doubt.to_string()).await.is_ok() {
        return Ok(id);
    }
    // It is open since an earlier walk.
    let open = read(&nurse.get("/api/v1/doubts?open=true").await?)?;
    Ok(open["items"][0]["id"].as_str().unwrap_or_default().to_owned())
}

/// Proposes a version of a label kind, unless one waits already; gives its number.
async fn proposed(admin: &mut Client) -> Result<String, Failed> {
    let kind = format!("/api/v1/label-templates/{TEMPLATE}");
    let now = read(&admin.get(&kind).await?)?;
    let next = now["next"].to_string();
    let text = read(&admin.get(&format!("{kind}/versions/{}", now["version"])).await?)?;
    let text = text["source"].as_str().unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with("version")).unwrap_or_default();
    let text = text.replacen(line, &format!("version = {next}"), 1);
    let body = json!({ "source": text, "reason": "La fecha de nacimiento se lee mal." });
    match admin.post(&format!("{kind}/proposals"), body.to_string()).await {
        Ok(_) => Ok(next),
        // It waits since an earlier walk.
        Err(_) => Ok((now["version"].as_i64().unwrap_or(1) + 1).to_string()),
    }
}

/// A walker's connection, and the keys of what there is in reach.
pub(super) async fn enter(one: &Served<'_>, walker: Walker) -> Result<(Client, Keys), Failed> {
    let (network, ready) = (one.network, &one.ready);
    let nth = WALKERS.iter().position(|w| w.name == walker.name).unwrap_or(0);
    let client = Client::connect(ready.server.address, &ready.sessions[nth].token).await?;
    let centre = walker.place(network).unwrap_or(0);
    let children = || 0..network.size.children;
    let sent = examples::first(network, Some(centre), children(), |e| e.job.is_some())?;
    let moved = examples::first(network, walker.place(network), children(), |e| e.care.is_some())?;
    let keys = Keys {
        print: ready.print.clone(),
        sheet: ready.sheet.clone(),
        doubt: ready.doubt.clone(),
        version: ready.version.clone(),
        printer: printers::printer_of(&network.size, centre).to_string(),
        job: sent.and_then(|e| e.job).unwrap_or_default(),
        care: moved.and_then(|e| e.care).unwrap_or_default(),
        person: network.staff.first(walker.role, walker.at(network)).to_string(),
        centre: network.places.centres[centre].code.clone(),
        last_child: String::new(),
        mark: ready.sessions[nth].mark.clone(),
    };
    Ok((client, keys))
}
