//! Codes that an agent enrols with once, and the secrets it has from then on. Only their hashes are
//! kept.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use super::hold;
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{DbError, Instant};
use crate::people::{RequestId, Token};
use crate::printing::error::PrintError;
use crate::printing::machines::devices::{self, Agent};
use crate::sites::SiteId;

/// Crockford's base32: no I, L, O, U.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code: 40 bits.
const LENGTH: usize = 8;
/// How long a code may be used, seconds.
pub const CODE_SECONDS: i64 = 24 * 3600;

/// A code to be told to one agent. Never stored, never logged.
pub struct Code([u8; LENGTH]);

impl Code {
    /// A fresh one from the system's generator.
    pub fn new() -> Result<Self, DbError> {
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes)
            .map_err(|e| DbError::Corrupt(format!("no random numbers: {e}")))?;
        // 256 is a multiple of 32: every letter is as likely.
        Ok(Self(bytes.map(|b| LETTERS[usize::from(b % 32)])))
    }
    /// As typed: case, dashes and spaces don't count, `O` is 0, `I` and `L` are 1.
    pub fn read(text: &str) -> Option<Self> {
        let letters = text.chars().filter(|c| !matches!(c, '-' | ' '));
        let mut code = [0; LENGTH];
        let mut n = 0;
        for c in letters {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            };
            let byte = u8::try_from(c).ok().filter(|b| LETTERS.contains(b))?;
            *code.get_mut(n)? = byte;
            n += 1;
        }
        (n == LENGTH).then_some(Self(code))
    }
    /// What the database keeps.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0).to_vec()
    }
    /// As shown once: `7KQM-2F9D`.
    pub fn shown(&self) -> String {
        let text: String = self.0.iter().map(|b| char::from(*b)).collect();
        format!("{}-{}", &text[..4], &text[4..])
    }
}

/// An agent just enrolled.
pub struct Enrolled {
    /// Who it is now.
    pub agent: Agent,
    /// For the agent alone.
    pub secret: Token,
}

/// Gives an agent its secret for a code that it was told.
///
/// # Errors
/// [`PrintError::EnrolCode`]; after several wrong ones from an address [`PrintError::EnrolWait`].
pub async fn enrol(
    app: &App,
    from: IpAddr,
    code: &str,
    version: &str,
    request: RequestId,
) -> Result<Enrolled, PrintError> {
    let code = Code::read(code).ok_or_else(|| PrintError::field("code", "enrol-code-form"))?;
    let now = app.now();
    app.tries.ask(from, now).map_err(|minutes| PrintError::EnrolWait { minutes })?;
    let secret = Token::new().map_err(|e| DbError::Corrupt(format!("no random numbers: {e}")))?;
    let (hash, kept, version) = (code.hash(), secret.hash(), version.to_owned());
    let found = app
        .db
        .write(move |tx| {
            let Some(agent) = devices::agent_by_code(tx, &hash, now)? else {
                audit::record(tx, &entry(None, Outcome::Refused, None, request, now))?;
                return Ok::<_, PrintError>(None);
            };
            if !devices::enrol(tx, &agent, &kept, &version, now)? {
                return Ok(None);
            }
            hold::let_go_of_agent(tx, agent.id, now)?;
            let site = Some(agent.site_id);
            audit::record(tx, &entry(Some(&agent), Outcome::Done, site, request, now))?;
            Ok(Some(agent))
        })
        .await
        // A database that fails is nobody's wrong code.
        .inspect_err(|_| app.tries.right(from))?;
    match found {
        Some(agent) => {
            app.tries.right(from);
            app.bell.ring();
            Ok(Enrolled { agent, secret })
        }
        None => Err(PrintError::EnrolCode),
    }
}

fn entry(
    agent: Option<&Agent>,
    outcome: Outcome,
    site: Option<SiteId>,
    request: RequestId,
    at: Instant,
) -> Entry {
    Entry {
        at,
        person: None,
        action: Action::ManagePrinters,
        outcome,
        subject_kind: "print-agent",
        subject: agent.map(|a| a.id.0),
        patient: None,
        site,
        request,
        detail: Some("enrol".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = Code::read("7KQM-2F9D").unwrap();
        for same in ["7kqm2f9d", " 7KQM 2F9D ", "7-K-Q-M-2-F-9-D"] {
            assert_eq!(Code::read(same).unwrap().hash(), code.hash(), "{same}");
        }
        assert_eq!(Code::read("oOiIlL11").unwrap().shown(), "0011-1111");
        for wrong in ["", "7KQM-2F9", "7KQM-2F9D7", "7KQM-2F9U", "7KQM-2F9Ñ"] {
            assert!(Code::read(wrong).is_none(), "{wrong}");
        }
        let fresh = Code::new().unwrap();
        assert_eq!(Code::read(&fresh.shown()).unwrap().hash(), fresh.hash());
        assert_ne!(Code::new().unwrap().hash(), fresh.hash());
    }
}
