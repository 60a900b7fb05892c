//! Who works in the network: some at each centre and in the laboratory for all of its years, and
//! many more who came and, for the most part, left again.

use std::collections::HashMap;

use diesel::prelude::*;

use super::dice::{About, Dice};
use super::names;
use super::places::Places;
use super::size::Size;
use crate::db::{Instant, Tx};
use crate::people::{PeopleError, Person, Role, UserId, store};
use crate::schema::people;
use crate::sites::SiteId;
use crate::web::Lang;

/// Where somebody works: the place of a centre in [`Places::centres`], or the laboratory, or
/// nowhere in particular.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum At {
    Centre(usize),
    Laboratory,
    Network,
}

/// An account to be made.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub id: UserId,
    pub role: Role,
    pub at: At,
    person: Person,
    left: Option<Instant>,
}

/// Everybody, by what they do and where.
#[derive(Debug, Default)]
pub(super) struct Staff(HashMap<(Role, At), Vec<UserId>>);

impl Staff {
    pub(super) fn of(posts: &[Post]) -> Self {
        let mut all: HashMap<_, Vec<UserId>> = HashMap::new();
        for post in posts {
            all.entry((post.role, post.at)).or_default().push(post.id);
        }
        Self(all)
    }
    /// Somebody who does this there: each place has everybody of its [`crew`].
    pub(super) fn any(&self, dice: &mut Dice, role: Role, at: At) -> UserId {
        *dice.one(&self.0[&(role, at)])
    }
    /// Who does this there from the first day to the last.
    pub(super) fn first(&self, role: Role, at: At) -> UserId {
        self.0[&(role, at)][0]
    }
}

const OF_CENTRE: [Role; 3] = [Role::Collector, Role::Oncologist, Role::Courier];
const OF_LABORATORY: [Role; 5] =
    [Role::Reception, Role::Bench, Role::Analyst, Role::Validator, Role::LabHead];
const OF_NETWORK: [Role; 4] = [Role::Coordinator, Role::Quality, Role::Auditor, Role::Admin];

/// One of each kind at each place.
fn crew(places: &Places) -> Vec<(Role, At)> {
    let centres = (0..places.centres.len()).flat_map(|c| OF_CENTRE.map(|r| (r, At::Centre(c))));
    let laboratory = OF_LABORATORY.map(|r| (r, At::Laboratory));
    centres.chain(laboratory).chain(OF_NETWORK.map(|r| (r, At::Network))).collect()
}

/// Every account of a network of this size.
pub(super) fn posts(size: &Size, places: &Places) -> Vec<Post> {
    let crew = crew(places);
    let all = size.accounts.max(crew.len() as u64);
    (0..all)
        .map(|n| {
            let mut dice = Dice::of(size.seed, About::Person, n);
            let stays = usize::try_from(n).ok().and_then(|n| crew.get(n)).copied();
            let (role, at) = stays.unwrap_or_else(|| somewhere(&mut dice, places));
            let left = (stays.is_none() && dice.chance(6, 10)).then_some(size.end);
            post(size, places, &mut dice, n, (role, at), left)
        })
        .collect()
}

/// Most who come work at a centre, the more the larger it is.
fn somewhere(dice: &mut Dice, places: &Places) -> (Role, At) {
    match dice.below(20) {
        0 => (*dice.one(&OF_NETWORK), At::Network),
        1..4 => (*dice.one(&OF_LABORATORY[..4]), At::Laboratory),
        _ => (*dice.one(&OF_CENTRE), At::Centre(places.any(dice))),
    }
}

fn post(
    size: &Size,
    places: &Places,
    dice: &mut Dice,
    n: u64,
    (role, at): (Role, At),
    left: Option<Instant>,
) -> Post {
    let second = i64::try_from(n).unwrap_or(0);
    let made = size.begin.plus_seconds(second - 86_400);
    let id = UserId(dice.key(made));
    let (site, word) = match at {
        At::Centre(c) => (Some(places.centres[c].id), places.centres[c].code.to_lowercase()),
        At::Laboratory => (Some(places.laboratory), "lab".to_owned()),
        At::Network => (None, "red".to_owned()),
    };
    let person = Person {
        id,
        login: format!("{}.{word}.{n}", role.as_str()),
        name: names::of_staff(dice, title(role)),
        roles: [role].into_iter().collect(),
        sites: sites(role, site),
        lang: Lang::Es,
        must_change_password: false,
        disabled_at: None,
        created_at: made,
        licence: None,
    };
    Post { id, role, at, person, left }
}

/// A courier belongs to no site, whichever centre they mostly go to.
fn sites(role: Role, site: Option<SiteId>) -> Vec<SiteId> {
    if role == Role::Courier { vec![] } else { site.into_iter().collect() }
}

fn title(role: Role) -> &'static str {
    match role {
        Role::Collector => "Enf.",
        Role::Oncologist | Role::LabHead | Role::Validator => "Dra.",
        Role::Reception | Role::Bench => "Téc.",
        Role::Analyst => "QFB",
        _ => "Lic.",
    }
}

/// Adds the accounts. Nobody can sign in with `hash`: whoever walks gets a session.
pub(super) fn insert(tx: &mut Tx<'_>, posts: &[Post], hash: &str) -> Result<(), PeopleError> {
    for post in posts {
        store::insert(tx, &post.person, hash)?;
        if post.left.is_some() {
            diesel::update(people::table.find(post.id))
                .set(people::disabled_at.eq(post.left))
                .execute(&mut **tx)?;
        }
    }
    Ok(())
}
