//! The tubes of a request whose labels are still to be printed.

use crate::app::App;
use crate::containers::{self, Container, Status};
use crate::db::Limit;
use crate::people::Caller;
use crate::printing::error::PrintError;
use crate::studies::{self, StudyId};
use crate::web::Problem;

/// The planned tubes of a request in reach whose labels the caller may print, oldest first.
pub async fn planned(app: &App, caller: &Caller, id: StudyId) -> Result<Vec<Container>, Problem> {
    let (scope, job) = (caller.scope.clone(), caller.clone());
    let found = app
        .db
        .read(move |c| {
            if !scope.sees_identity() || studies::store::find(c, &scope, id)?.is_none() {
                return Ok::<_, PrintError>(None);
            }
            let filter = containers::store::Filter {
                study: Some(id),
                status: Some(Status::Planned),
                ..Default::default()
            };
            let limit = Limit::new(Limit::MAX).unwrap_or_default();
            let mut all = containers::store::list(c, &job.scope, &filter, None, limit)?.items;
            all.reverse();
            Ok(Some(all))
        })
        .await?;
    found.ok_or_else(Problem::not_found)
}
