//! What a person tells on a page of a tube: the one way from a form to a scan.

use uuid::Uuid;

use crate::app::App;
use crate::codes::ContainerCode;
use crate::custody::asked::command::Command;
use crate::custody::asked::scan::{Batch, Scan, When};
use crate::custody::error::CustodyError;
use crate::custody::events::outcome::Outcome;
use crate::custody::record::service;
use crate::people::Caller;
use crate::web::FieldFault;

/// Why nothing was recorded: the sentence for the person, and the fields to blame.
pub(in crate::custody) struct Refused {
    pub(in crate::custody) said: String,
    pub(in crate::custody) faults: Vec<FieldFault>,
}

/// A form about a tube: its id, by which it is known when it is sent twice, whose it is, and when that was which it
/// tells.
pub(in crate::custody) struct Told {
    pub(in crate::custody) id: Uuid,
    pub(in crate::custody) code: ContainerCode,
    pub(in crate::custody) at: When,
}

/// Records what a form tells, or says why not. `said` is the command, or the fields of the form that keep it from
/// being one. Sent twice, also at once, it is recorded once and answered alike.
///
/// # Errors
/// [`CustodyError::Db`].
pub(in crate::custody) async fn tell(
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
