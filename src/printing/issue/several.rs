//! Labels asked for together: how many, each once, and all of them or what is wrong with each.

use super::service;
use crate::app::{App, Waiting};
use crate::codes::ContainerCode;
use crate::db::{Conn, Tx};
use crate::labels::Cause;
use crate::people::Caller;
use crate::printing::error::PrintError;
use crate::sites::{self, SiteId};
use crate::web::{Fault, FieldFault};

/// Labels of one batch at most.
pub const MOST: usize = 1000;

/// 1 to 1,000 codes, each once.
pub fn check_codes(codes: &[ContainerCode]) -> Result<(), PrintError> {
    if codes.is_empty() || codes.len() > MOST {
        let most = i64::try_from(MOST).unwrap_or(i64::MAX);
        let fault = FieldFault::new("codes", "print-batch-size").with("limit", most);
        return Err(PrintError::Fields(vec![fault]));
    }
    let mut seen = std::collections::HashSet::new();
    let twice = codes.iter().enumerate().filter(|(_, c)| !seen.insert(**c));
    let faults: Vec<FieldFault> =
        twice.map(|(i, _)| FieldFault::new(format!("codes[{i}]"), "print-code-twice")).collect();
    if faults.is_empty() { Ok(()) } else { Err(PrintError::Fields(faults)) }
}

/// How many labels of a roll: 1 to 1,000.
pub fn roll_size(n: i64) -> Result<i32, PrintError> {
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    i32::try_from(n).ok().filter(|n| (1..=most).contains(&i64::from(*n))).ok_or_else(|| {
        let fault = FieldFault::new("n", "out-of-range").with("low", 1_i64);
        PrintError::Fields(vec![fault.with("high", most)])
    })
}

/// No roll begins at a site that is retired or that nobody has confirmed.
pub fn open_site(tx: &mut Tx<'_>, site: SiteId) -> Result<(), PrintError> {
    match sites::store::closed(tx, site, "site")? {
        Some(fault) => Err(PrintError::Fields(vec![fault])),
        None => Ok(()),
    }
}

/// `one` of every code, or each fault there is. What is out of reach is audited.
pub async fn all_or_each_fault<T: Send + 'static>(
    app: &App,
    caller: &Caller,
    codes: Vec<ContainerCode>,
    one: impl Fn(&mut Conn, ContainerCode) -> Result<T, PrintError> + Send + 'static,
) -> Result<Vec<T>, PrintError> {
    let all = codes.clone();
    let waiting = Waiting::begin();
    let patience = waiting.patience();
    let each = move |c: &mut Conn| {
        let mut tried: Vec<Result<T, PrintError>> = vec![];
        for code in &all {
            let made = one(c, *code);
            // Nobody waits for the others either.
            if matches!(&made, Err(PrintError::Label(e)) if e.cause == Cause::GivenUp) {
                return made.map(|_| tried);
            }
            tried.push(made);
        }
        Ok(tried)
    };
    let tried = app.db.read(move |c| patience.while_it_lasts(|| each(c)));
    let (mut drawn, mut refused) = (vec![], vec![]);
    for (i, one) in tried.await?.into_iter().enumerate() {
        match one {
            Ok(one) => drawn.push(one),
            Err(PrintError::Db(e)) => return Err(e.into()),
            Err(e) => refused.push((i, e)),
        }
    }
    if refused.is_empty() {
        return Ok(drawn);
    }
    let unseen = refused.iter().filter(|(_, e)| matches!(e, PrintError::NotFound));
    let unseen: Vec<ContainerCode> = unseen.map(|(i, _)| codes[*i]).collect();
    if !unseen.is_empty() {
        service::audit_out_of_scope(app, caller, unseen).await?;
    }
    Err(together(caller, codes.len(), refused))
}

/// The error of a single label as it is; of several, each as a field.
fn together(caller: &Caller, of: usize, mut refused: Vec<(usize, PrintError)>) -> PrintError {
    if of == 1
        && let Some((_, e)) = refused.pop()
    {
        return e;
    }
    let about_printer = |e: &PrintError| {
        let first = e.fields().into_iter().next()?;
        (first.field == "printer").then_some(first)
    };
    if let Some(fault) = refused.iter().find_map(|(_, e)| about_printer(e)) {
        return PrintError::Fields(vec![fault]);
    }
    let faults = refused.into_iter().map(|(i, e)| {
        let field = format!("codes[{i}]");
        match e {
            PrintError::NotFound => FieldFault::new(field, "print-not-found"),
            PrintError::NotAllowed => FieldFault::new(field, "print-not-allowed"),
            PrintError::Ended => FieldFault::new(field, "print-ended"),
            PrintError::Fields(faults) => match faults.first().map(|f| f.code) {
                Some(code @ "label-kind") => FieldFault::new(field, code),
                _ => FieldFault::new(field, "print-needs-reason"),
            },
            e => FieldFault::new(field, "print-label").with("why", e.text(caller.lang)),
        }
    });
    PrintError::Fields(faults.collect())
}
