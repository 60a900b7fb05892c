//! Random networks of centres, children, requests and people: what each of them is shown in a list, and what opens when
//! they ask for it by its key, is what `domain.md` section 14 says, and the two never differ. Told by the API alone.

use std::collections::BTreeSet;

use rastro::people::Role;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::course::{Asked, Cast, ONE};
use crate::support::dice::{Dice, seed};
use crate::support::story::{child, id};
use crate::support::{Client, Lab, both_at_once};

const CENTRES: [&str; 3] = ["LRZ", "TIJ", "SXX"];
const CHILDREN: u32 = 7;
const REQUESTS: u32 = 14;
const PEOPLE: u32 = 16;

/// A child, and the centres that treat it.
struct Child {
    key: String,
    treated_at: Vec<&'static str>,
}

/// A request with its tube.
struct Made {
    child: usize,
    asked: Asked,
    centre: &'static str,
    /// Whose hands it is in or was offered to, of couriers.
    courier: bool,
    /// Whether its answer is released; nothing where none was entered.
    released: Option<bool>,
}

/// Somebody, with what they are.
struct Somebody {
    client: Client,
    roles: Vec<Role>,
    sites: Vec<&'static str>,
}

impl Somebody {
    fn has(&self, roles: &[Role]) -> bool {
        roles.iter().any(|r| self.roles.contains(r))
    }
    fn is_at(&self, centre: &str) -> bool {
        self.sites.contains(&centre)
    }
    /// Of the laboratory's people, who all look at its samples and whose they are.
    fn is_of_the_laboratory(&self) -> bool {
        let works = [Role::Reception, Role::Bench, Role::Analyst, Role::Validator, Role::LabHead];
        self.has(&works) && self.is_at("LAB")
    }
    fn is_of(&self, roles: &[Role], made: &Made, children: &[Child]) -> bool {
        let near = |centre: &&str| self.is_at(centre);
        let treats = children[made.child].treated_at.iter().any(near);
        self.has(roles) && (self.is_at(made.centre) || treats)
    }

    fn sees_child(&self, child: usize, made: &[Made], children: &[Child]) -> bool {
        let treats = children[child].treated_at.iter().any(|c| self.is_at(c));
        let asked = made.iter().any(|m| m.child == child);
        self.has(&[Role::Collector, Role::Oncologist]) && treats
            || self.is_of_the_laboratory() && asked
    }
    fn sees_request(&self, made: &Made, children: &[Child]) -> bool {
        self.is_of(&[Role::Collector, Role::Oncologist], made, children)
            || self.is_of_the_laboratory()
    }
    fn sees_sample(&self, made: &Made, children: &[Child], me: bool) -> bool {
        self.sees_request(made, children)
            || self.has(&[Role::Coordinator, Role::Quality])
            || self.has(&[Role::Courier]) && made.courier && me
    }
    fn reads(&self, made: &Made, children: &[Child]) -> bool {
        let reads = [Role::Analyst, Role::Validator, Role::LabHead];
        match made.released {
            None => false,
            Some(true) if self.is_of(&[Role::Oncologist], made, children) => true,
            Some(_) => self.has(&reads) && self.is_at("LAB"),
        }
    }
}

/// All keys of a list, by pages of three; nothing where it is not for this person.
async fn listed(who: &Client, path: &str, key: &str) -> BTreeSet<String> {
    let (mut all, mut after) = (BTreeSet::new(), String::new());
    loop {
        let page = who.get(&format!("{path}?limit=3{after}")).await;
        if page.status == StatusCode::FORBIDDEN {
            return all;
        }
        let page = page.expect(200).json;
        for item in page["items"].as_array().unwrap() {
            let is_new = all.insert(item[key].as_str().unwrap().to_owned());
            assert!(is_new, "{path} has {} twice", item[key]);
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

/// Those that open by their own address.
async fn opened(who: &Client, paths: impl Iterator<Item = (String, String)>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (key, path) in paths {
        let status = who.get(&path).await.status;
        assert!(status.is_success() || matches!(status.as_u16(), 403 | 404), "{path}: {status}");
        if status.is_success() {
            all.insert(key);
        }
    }
    all
}

struct World {
    cast: Cast,
    nurses: Vec<Client>,
    children: Vec<Child>,
    made: Vec<Made>,
}

fn place(centre: &str) -> usize {
    CENTRES.iter().position(|c| *c == centre).unwrap()
}

impl World {
    async fn of(lab: &Lab, dice: &mut Dice) -> Self {
        let cast = Cast::of(lab).await;
        let mut nurses = vec![cast.nurse.clone()];
        for centre in &CENTRES[1..] {
            let login = format!("enfermera-{}", centre.to_lowercase());
            nurses.push(lab.person(&login, &[Role::Collector], &[centre]).await);
        }
        let mut world = Self { cast, nurses, children: vec![], made: vec![] };
        for n in 0..CHILDREN {
            world.child(n, dice).await;
        }
        for _ in 0..REQUESTS {
            world.request(lab, dice).await;
        }
        world
    }

    /// Registered at one centre; some are let into the care of others.
    async fn child(&mut self, n: u32, dice: &mut Dice) {
        let first = dice.of(&CENTRES);
        let nurse = &self.nurses[place(first)];
        let made = nurse.post("/api/v1/patients", &child(n + 1)).await.expect(201).json;
        let key = made["id"].as_str().unwrap().to_owned();
        let mut treated_at = vec![first];
        for other in CENTRES.into_iter().filter(|c| *c != first) {
            if dice.one_in(3) {
                let why = "La familia vive ahora en otra ciudad";
                let body = json!({ "id": id(), "site": other, "reason": why });
                nurse.post(&format!("/api/v1/patients/{key}/transfers"), &body).await.expect(204);
                treated_at.push(other);
            }
        }
        self.children.push(Child { key, treated_at });
    }

    /// Asked for by one of the centres that treat the child, and somewhere on its way.
    async fn request(&mut self, lab: &Lab, dice: &mut Dice) {
        let n = usize::try_from(dice.below(self.children.len() as u64)).unwrap();
        let (key, centre) = (self.children[n].key.clone(), dice.of(&self.children[n].treated_at));
        let nurse = self.nurses[place(centre)].clone();
        let study = nurse.requests(&key).await;
        let code = nurse.labels(&study).await;
        let asked = Asked { study, code };
        let mut made = Made { child: n, asked, centre, courier: false, released: None };
        let way = dice.below(4);
        if way > 0 {
            nurse.collects(lab, &made.asked.code).await;
            let to = json!({ "to": self.cast.courier.id() });
            nurse.does(lab, &made.asked.code, "offer", to).await;
            made.courier = true;
        }
        if way > 1 {
            self.cast.courier.does(lab, &made.asked.code, "accept-handover", json!({})).await;
        }
        if way > 2 {
            for step in ["receive", "accept"] {
                self.cast.technician.does(lab, &made.asked.code, step, json!({})).await;
            }
            made.courier = false;
            let version = self.cast.counts(&made.asked, &ONE[0]).await;
            made.released = Some(dice.one_in(2));
            if made.released == Some(true) {
                self.cast.signs(&version, "released").await;
            }
        }
        self.made.push(made);
    }

    /// What somebody is shown is what they may see, in lists and one by one.
    async fn shown_to(&self, who: &Somebody, seed: u64) -> usize {
        let (made, children) = (&self.made, &self.children);
        let me = who.client.id() == self.cast.courier.id();
        let of = |f: &dyn Fn(&Made) -> bool, key: &dyn Fn(&Made) -> &String| {
            made.iter().filter(|m| f(m)).map(|m| key(m).clone()).collect::<BTreeSet<String>>()
        };
        let samples = of(&|m| who.sees_sample(m, children, me), &|m| &m.asked.code);
        let requests = of(&|m| who.sees_request(m, children), &|m| &m.asked.study);
        let results = of(&|m| who.reads(m, children), &|m| &m.asked.study);
        let people = format!("seed {seed}: {:?} at {:?}", who.roles, who.sites);

        let one = |key: &String, path: String| (key.clone(), path);
        let c = &who.client;
        let codes = made.iter().map(|m| &m.asked.code);
        let found = opened(c, codes.map(|k| one(k, format!("/api/v1/containers/{k}")))).await;
        assert_eq!(found, samples, "{people}, tubes opened");
        assert_eq!(listed(c, "/api/v1/containers", "code").await, samples, "{people}, tubes");
        let studies = || made.iter().map(|m| &m.asked.study);
        let found = opened(c, studies().map(|k| one(k, format!("/api/v1/studies/{k}")))).await;
        assert_eq!(found, requests, "{people}, requests opened");
        assert_eq!(listed(c, "/api/v1/studies", "id").await, requests, "{people}, requests");
        let found =
            opened(c, studies().map(|k| one(k, format!("/api/v1/studies/{k}/result")))).await;
        assert_eq!(found, results, "{people}, results opened");
        assert_eq!(listed(c, "/api/v1/results", "study").await, results, "{people}, results");
        let keys = children.iter().map(|child| &child.key);
        let found = opened(c, keys.map(|k| one(k, format!("/api/v1/patients/{k}")))).await;
        let seen = (0..children.len()).filter(|n| who.sees_child(*n, made, children));
        let seen: BTreeSet<String> = seen.map(|n| children[n].key.clone()).collect();
        assert_eq!(found, seen, "{people}, children opened");
        samples.len() + requests.len() + results.len() + seen.len()
    }
}

/// One or two roles, and sites where they count.
fn roles(dice: &mut Dice) -> (Vec<Role>, Vec<&'static str>) {
    let mut roles = vec![dice.of(Role::ALL)];
    let other = dice.of(Role::ALL);
    // Nobody both administers and reads what is clinical: such a pair is refused at the people's page.
    let apart = roles[0] == Role::Admin || other == Role::Admin;
    if dice.one_in(2) && !roles.contains(&other) && !apart {
        roles.push(other);
    }
    let mut sites = vec![];
    if roles.iter().any(|r| [Role::Collector, Role::Oncologist].contains(r)) {
        sites.push(dice.of(&CENTRES));
        let other = dice.of(&CENTRES);
        if dice.one_in(3) && !sites.contains(&other) {
            sites.push(other);
        }
    }
    let works = [Role::Reception, Role::Bench, Role::Analyst, Role::Validator, Role::LabHead];
    if roles.iter().any(|r| works.contains(r)) {
        sites.push("LAB");
    }
    (roles, sites)
}

#[test]
fn what_is_listed_is_what_opens_and_is_what_section_14_says() {
    let seed = seed();
    both_at_once(|lab| async move {
        let mut dice = Dice::of_seed(seed);
        let world = World::of(&lab, &mut dice).await;
        let mut shown = 0;
        for n in 0..PEOPLE {
            let (roles, sites) = roles(&mut dice);
            let client = lab.person(&format!("persona{n}"), &roles, &sites).await;
            shown += world.shown_to(&Somebody { client, roles, sites }, seed).await;
        }
        let courier = Somebody {
            client: world.cast.courier.clone(),
            roles: vec![Role::Courier],
            sites: vec![],
        };
        shown += world.shown_to(&courier, seed).await;
        assert!(shown > 50, "seed {seed}: hardly anybody sees anything: {shown}");
    });
}
