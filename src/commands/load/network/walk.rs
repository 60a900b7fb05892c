//! Every role asks for everything, in all networks at once: each request is sent to one after the
//! other, so that whatever else the machine does at that moment slows all of them.

use std::time::{Duration, Instant as Moment};

use http::StatusCode;

use super::super::Failed;
use super::super::client::{Answered, Client};
use super::super::latency::Latencies;
use super::asks::{self, Ask, Keys};
use super::examples::{self, Example};
use super::growth::Grown;
use super::people::At;
use super::prepare::{self, Ready};
use super::progress::Progress;
use super::story::Network;
use crate::people::Role;

/// Somebody who walks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walker {
    pub name: &'static str,
    pub role: Role,
    /// Nothing: the whole network, or the laboratory.
    pub centre: Option<Centre>,
}

/// Which centre somebody is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Centre {
    Large,
    Small,
}

const fn walker(name: &'static str, role: Role, centre: Option<Centre>) -> Walker {
    Walker { name, role, centre }
}

/// Everybody who walks.
pub(super) const WALKERS: [Walker; 14] = [
    walker("nurse, large centre", Role::Collector, Some(Centre::Large)),
    walker("nurse, small centre", Role::Collector, Some(Centre::Small)),
    walker("oncologist, large centre", Role::Oncologist, Some(Centre::Large)),
    walker("oncologist, small centre", Role::Oncologist, Some(Centre::Small)),
    walker("courier", Role::Courier, Some(Centre::Large)),
    walker("reception", Role::Reception, None),
    walker("bench", Role::Bench, None),
    walker("analyst", Role::Analyst, None),
    walker("validator", Role::Validator, None),
    walker("head of the laboratory", Role::LabHead, None),
    walker("coordinator", Role::Coordinator, None),
    walker("quality", Role::Quality, None),
    walker("auditor", Role::Auditor, None),
    walker("administrator", Role::Admin, None),
];

impl Walker {
    /// The place of the centre.
    pub(super) fn place(&self, network: &Network) -> Option<usize> {
        self.centre.map(|c| if c == Centre::Large { 0 } else { network.places.small })
    }
    /// Where they work.
    pub(super) fn at(&self, network: &Network) -> At {
        match (self.place(network), self.role.site_kind()) {
            (Some(centre), _) => At::Centre(centre),
            (None, Some(_)) => At::Laboratory,
            (None, None) => At::Network,
        }
    }
}

/// What one walker met at one address in one network.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Met {
    /// Milliseconds that half of the answers took at most.
    pub p50: f64,
    /// Milliseconds that 99 of 100 took at most.
    pub p99: f64,
    /// Of the longest answer.
    pub bytes: usize,
}

/// What one walker met at one address in every network, in their order.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub who: &'static str,
    pub what: String,
    pub met: Vec<Met>,
}

impl Row {
    /// The better of two tries in each network.
    fn better(self, again: &Self) -> Self {
        let met = self.met.iter().zip(&again.met).map(|(a, b)| Met {
            p50: a.p50.min(b.p50),
            p99: a.p99.min(b.p99),
            bytes: a.bytes.max(b.bytes),
        });
        Self { met: met.collect(), ..self }
    }
    /// Smallest beside largest network.
    pub(super) fn grown(&self) -> Option<Grown> {
        let (small, large) = (self.met.first()?, self.met.last()?);
        let (p50, p99) = ((small.p50, large.p50), (small.p99, large.p99));
        Some(Grown { p50, p99, bytes: (small.bytes, large.bytes) })
    }
}

/// How often what seems to have grown is asked for.
const TRIES: usize = 3;
/// How long one address is asked for, about: what is slow by far is known after a few answers.
const PATIENCE: Duration = Duration::from_secs(2);
/// Rounds that are asked however slow they are.
const LEAST: usize = 3;

/// What the walk found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub rows: Vec<Row>,
    /// What should not have been answered so: who, what and how.
    pub wrong: Vec<String>,
}

/// A network that is served.
pub(super) struct Served<'a> {
    pub network: &'a Network,
    pub ready: Ready,
}

/// A walker in one network.
struct Inside {
    client: Client,
    examples: Vec<Example>,
    keys: Keys,
}

/// Walks everywhere, each address `times` times in each network, and once more before that.
pub(super) async fn walk(served: &[Served<'_>], times: usize) -> Result<Found, Failed> {
    let asks = asks::all();
    let all = (asks.len() * WALKERS.len()) as u64;
    let mut progress = Progress::new("walk", "addresses", all, 0);
    let (mut found, mut shown) = (Found::default(), vec![false; asks.len()]);
    let mut done = 0;
    for walker in WALKERS {
        let mut inside = vec![];
        for one in served {
            one.ready.touch().await?;
            inside.push(Inside::enter(one, walker).await?);
        }
        for (ask, shown) in asks.iter().zip(&mut shown) {
            let step = Step { walker, ask, served, times };
            if let Some(row) = step.ask(&mut inside, &mut found.wrong).await? {
                *shown = true;
                found.rows.push(row);
            }
            done += 1;
            progress.at(done);
        }
    }
    progress.end();
    let nobody = asks.iter().zip(shown).filter(|(_, shown)| !shown);
    found.wrong.extend(nobody.map(|(ask, _)| format!("nobody is shown {}", ask.name)));
    Ok(found)
}

impl Inside {
    async fn enter(one: &Served<'_>, walker: Walker) -> Result<Self, Failed> {
        let (client, mut keys) = prepare::enter(one, walker).await?;
        let examples = examples::spread(one.network, walker.place(one.network), 20)?;
        let last = examples.iter().max_by(|a, b| a.name.cmp(&b.name));
        keys.last_child = last.map(|e| e.patient.clone()).unwrap_or_default();
        Ok(Self { client, examples, keys })
    }
}

/// One walker at one address.
struct Step<'a> {
    walker: Walker,
    ask: &'a Ask,
    served: &'a [Served<'a>],
    times: usize,
}

impl Step<'_> {
    /// The times of all networks; nothing where the role is not shown this address. What seems to
    /// have grown is asked for again: whatever else a machine does makes some answers late, and
    /// never one early.
    async fn ask(
        &self,
        inside: &mut [Inside],
        wrong: &mut Vec<String>,
    ) -> Result<Option<Row>, Failed> {
        let (mut best, began): (Option<Row>, _) = (None, Moment::now());
        for _ in 0..TRIES {
            let Some(row) = self.try_once(inside, wrong).await? else { return Ok(None) };
            let row = best.take().map_or_else(|| row.clone(), |before| before.better(&row));
            let good = row.grown().is_none_or(|g| g.mark().is_empty());
            best = Some(row);
            if good || began.elapsed() > PATIENCE {
                break;
            }
        }
        Ok(best)
    }

    async fn try_once(
        &self,
        inside: &mut [Inside],
        wrong: &mut Vec<String>,
    ) -> Result<Option<Row>, Failed> {
        let mut met: Vec<Times> = inside.iter().map(|_| Times::default()).collect();
        let began = Moment::now();
        // The first round fills caches and is not counted.
        for round in 0..=self.times {
            if round > LEAST && began.elapsed() > PATIENCE {
                break;
            }
            for (at, one) in inside.iter_mut().enumerate() {
                let Some((took, answer)) = self.once(at, one, round).await? else { continue };
                match verdict(&answer) {
                    Verdict::Shown => met[at].saw(took, &answer, round > 0),
                    Verdict::NotTheirs => return Ok(None),
                    Verdict::Wrong => {
                        let (who, what) = (self.walker.name, &self.ask.name);
                        wrong.push(format!("{who}: {what}: {}", answer.told()));
                        return Ok(None);
                    }
                }
            }
        }
        let (who, what) = (self.walker.name, self.ask.name.clone());
        let asked = met.iter().all(|m| m.is_shown);
        let met = met.iter_mut().map(Times::met).collect();
        Ok(asked.then_some(Row { who, what, met }))
    }

    /// Sends it once; nothing where no child has what it needs.
    async fn once(
        &self,
        at: usize,
        one: &mut Inside,
        round: usize,
    ) -> Result<Option<(Duration, Answered)>, Failed> {
        let size = &self.served[at].network.size;
        let children = one.examples.iter().cycle().skip(round).take(one.examples.len());
        let request = children.filter_map(|e| self.ask.of(size, e, &one.keys)).next();
        let Some(r) = request else { return Ok(None) };
        let sent = Moment::now();
        let answer = one.client.ask(r.method, &r.path, r.kind, r.body).await?;
        Ok(Some((sent.elapsed(), answer)))
    }
}

/// The answers of one try in one network.
#[derive(Default)]
struct Times {
    times: Latencies,
    bytes: usize,
    is_shown: bool,
}

impl Times {
    fn saw(&mut self, took: Duration, answer: &Answered, counts: bool) {
        self.is_shown = true;
        self.bytes = self.bytes.max(answer.bytes);
        if counts {
            self.times.push(took);
        }
    }
    fn met(&mut self) -> Met {
        let mut ms = |permille| self.times.permille(permille).as_secs_f64() * 1000.0;
        Met { p50: ms(500), p99: ms(990), bytes: self.bytes }
    }
}

enum Verdict {
    Shown,
    /// Not for this role, or not of its centre.
    NotTheirs,
    Wrong,
}

/// Pages lead elsewhere where there is something to say first; a session that ended leads to the
/// sign-in, which no walker should meet.
fn verdict(answer: &Answered) -> Verdict {
    match answer.status {
        s if s.is_success() => Verdict::Shown,
        StatusCode::SEE_OTHER if !answer.location.contains("entrar") => Verdict::Shown,
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Verdict::NotTheirs,
        _ => Verdict::Wrong,
    }
}
