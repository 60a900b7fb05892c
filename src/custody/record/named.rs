//! Whom a scan can name: who takes a tube over, who stands by when one is thrown away. Offered are those whom the rules
//! take, which ask the same table (`people::rights::could`) of the tube itself.

use crate::custody::error::CustodyError;
use crate::db::Reading;
use crate::people::rights::{Place, Right, could, roles};
use crate::people::{Person, Role, Scope, UserId, store};
use crate::sites::{self, SiteId};

/// The people a page lets somebody choose from, by name, without who chooses.
pub(in crate::custody) struct Others {
    /// Who could be offered a tube.
    pub takers: Vec<Person>,
    /// Who could stand by when one is thrown away at the laboratory.
    pub witnesses: Vec<Person>,
}

/// Whom a station offers. It does not know the tube yet: these are the couriers, the people of one's own sites, and,
/// of who is of no laboratory, the doors of all of them.
pub(in crate::custody) fn others(
    conn: &mut Reading,
    scope: &Scope,
) -> Result<Others, CustodyError> {
    let me = scope.user();
    let mut takers = couriers(conn)?;
    for site in scope.centres().iter().chain(scope.laboratories()) {
        takers.extend(of_site(conn, Right::TakeHandover, *site)?);
    }
    if scope.laboratories().is_empty() {
        for laboratory in sites::store::laboratories(conn)? {
            takers.extend(of_site(conn, Right::ReceiveSample, laboratory)?);
        }
    }
    let mut witnesses = vec![];
    for laboratory in scope.laboratories() {
        witnesses.extend(of_site(conn, Right::WitnessDisposal, *laboratory)?);
    }
    Ok(Others { takers: each_once(takers, me), witnesses: each_once(witnesses, me) })
}

/// Who else could have this right at a centre.
pub(in crate::custody) fn beside(
    conn: &mut Reading,
    scope: &Scope,
    right: Right,
    centre: SiteId,
) -> Result<Vec<Person>, CustodyError> {
    Ok(each_once(of_site(conn, right, centre)?, scope.user()))
}

fn couriers(conn: &mut Reading) -> Result<Vec<Person>, CustodyError> {
    let all = store::holders(conn, &[Role::Courier], None)?;
    let takes = |p: &Person| could(p, Right::TakeHandover, Place::NETWORK.held(true)).is_some();
    Ok(all.into_iter().filter(takes).collect())
}

fn of_site(conn: &mut Reading, right: Right, site: SiteId) -> Result<Vec<Person>, CustodyError> {
    let roles: Vec<Role> = roles(right).collect();
    let all = store::holders(conn, &roles, Some(site))?;
    Ok(all.into_iter().filter(|p| could(p, right, Place::at(site)).is_some()).collect())
}

fn each_once(mut people: Vec<Person>, me: UserId) -> Vec<Person> {
    people.retain(|p| p.id != me);
    people.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    people.dedup_by_key(|p| p.id);
    people
}
