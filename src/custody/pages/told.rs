//! What a person tells on a page of a tube: the one way from a form to a scan.

use uuid::Uuid;

use super::answer::Outcome;
use super::command::Command;
use super::input::{Batch, Scan, When};
use super::service::{self, CustodyError};
use crate::app::App;
use crate::codes::ContainerCode;
use crate::people::Caller;
use crate::web::FieldFault;

/// Why nothing was recorded: the sentence for the person, and the fields to blame.
pub(super) struct Refused {
    pub(super) said: String,
    pub(super) faults: Vec<FieldFault>,
}

/// A form about a tube: its id, by which it is known when it is sent twice, whose it is, and when that was which it
/// tells.
pub(super) struct Told {
    pub(super) id: Uuid,
    pub(super) code: ContainerCode,
    pub(super) at: When,
}

/// Records what a form tells, or says why not. `said` is the command, or the fields of the form that keep it from
/// being one. Sent twice, also at once, it is recorded once and answered alike.
///
/// # Errors
/// [`CustodyError::Db`].
pub(super) async fn tell(
    app: &App,
    caller: &Caller,
    told: Told,
    said: Result<Command, Vec<FieldFault>>,
) -> Result<Result<(), Refused>, CustodyError> {
    let faults = |faults| Ok(Err(Refused { said: caller.lang.t("fault-refused-fields"), faults }));
    let command = match said {
        Ok(command) => command,
        Err(fields) => return faults(fields),
    };
    let fields = command.faults();
    if !fields.is_empty() {
        return faults(fields);
    }
    let scan = Scan::told(told.id, told.code.as_str(), command, told.at);
    let answers = service::scan(app, caller, Batch::of(scan)).await?;
    Ok(match answers.into_iter().next() {
        Some(a) if a.outcome == Outcome::Refused => {
            let said = format!("{}. {}", a.text, a.next.unwrap_or_default());
            Err(Refused { said, faults: vec![] })
        }
        _ => Ok(()),
    })
}
