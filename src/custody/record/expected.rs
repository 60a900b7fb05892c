//! One expected tube of a study, one label (BR-04): whether another may be made for it. Pure.
//!
//! No unique index holds this rule. A tube whose rejection or loss was a mistake comes back by a
//! correction, also when its replacement was labelled meanwhile: then there are two tubes, and an
//! index would refuse the correction, which is a sample that can't travel. So the rule is asked
//! where a label is made, under a lock of the study.

use crate::codes::ContainerCode;
use crate::containers::{Container, MadeFor};
use crate::custody::error::CustodyError;
use crate::patients::reason_of_care;
use crate::studies::ExpectedTube;
use crate::web::FieldFault;

/// The mark of a tube that was filled beside the expected one.
pub(crate) const EXTRA: &str = "extra-tube";

/// Why one more tube is filled; nothing where nobody asked for one more.
///
/// # Errors
/// [`CustodyError::Fields`] on `extra_reason`: one line of 5 to 400 characters.
pub(crate) fn reason(given: &str) -> Result<Option<String>, CustodyError> {
    if given.trim().is_empty() {
        return Ok(None);
    }
    let named = |f: FieldFault| FieldFault { field: "extra_reason".to_owned(), ..f };
    reason_of_care(given).map(Some).map_err(|f| CustodyError::Fields(vec![named(f)]))
}

/// The tube of the study's `all` that the next one for `tube` would be beside; nothing where it is the only one.
///
/// # Errors
/// [`CustodyError::TubeTaken`] where there is one and nobody says why another is filled.
pub(crate) fn beside(
    tube: &ExpectedTube,
    (all, made_for): (&[Container], &MadeFor),
    extra: Option<&str>,
) -> Result<Option<ContainerCode>, CustodyError> {
    let there = all.iter().find(|c| made_for.stands_for(c, tube)).map(|c| c.code);
    match (there, extra) {
        (Some(code), None) => Err(CustodyError::TubeTaken(code)),
        (there, _) => Ok(there),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::CodeKind;
    use crate::containers::{ContainerId, Flags, Status};
    use crate::custody::tests::planned;

    const WHY: Option<&str> = Some("La primera jeringa se coaguló");

    fn marrow(n: i32) -> ExpectedTube {
        ExpectedTube { n, specimen: "BM".into(), container_type: "EDTA".into() }
    }

    fn made(status: Status, flags: &str) -> Container {
        let (id, flags) = (ContainerId::new(), flags.parse::<Flags>().unwrap());
        Container { id, status, flags, specimen: "BM".into(), ..planned() }
    }

    /// Of all it is known that they were made for tube 1.
    fn of_one(all: &[Container]) -> MadeFor {
        all.iter().map(|c| (c.id, 1)).collect()
    }

    fn is_taken(tube: &ExpectedTube, all: &[Container], made_for: &MadeFor) -> bool {
        matches!(beside(tube, (all, made_for), None), Err(CustodyError::TubeTaken(_)))
    }

    fn takes_one(c: Container) -> bool {
        let all = [c];
        is_taken(&marrow(1), &all, &of_one(&all))
    }

    /// Every status, so that a new one has to be thought of here.
    #[test]
    fn br_04_a_tube_is_replaced_without_asking_only_where_it_gives_no_answer() {
        let free: Vec<Status> =
            Status::ALL.iter().copied().filter(|s| !takes_one(made(*s, ""))).collect();
        assert_eq!(free, [Status::Void, Status::NotCollected, Status::Rejected, Status::Lost]);
        // On its way back, and thrown away: it stays the tube that was refused.
        for status in [Status::Offered, Status::InTransit, Status::Disposed] {
            assert!(!takes_one(made(status, "rejected")), "{status}");
        }
        // In doubt, but nobody has decided.
        assert!(takes_one(made(Status::Quarantined, "R21")));
    }

    #[test]
    fn br_04_one_of_several_is_enough_and_the_first_is_named() {
        let first = made(Status::Planned, "");
        let code = ContainerCode::new(CodeKind::Primary, 7, 9).unwrap();
        let second = Container { code, ..made(Status::Collected, "") };
        let all = [made(Status::Void, ""), first.clone(), second];
        let known = of_one(&all);
        assert!(is_taken(&marrow(1), &all, &known));
        assert_eq!(beside(&marrow(1), (&all, &known), WHY).unwrap(), Some(first.code));
        let alone = beside(&marrow(1), (&all[..1], &known), WHY);
        assert_eq!(alone.unwrap(), None, "the only one after all");
        assert!(!is_taken(&marrow(2), &all, &known), "another expected tube of the same specimen");
    }

    #[test]
    fn a_tube_without_its_number_may_be_for_any_of_its_specimen() {
        let old = [made(Status::Collected, "")];
        let nothing = MadeFor::default();
        assert!(is_taken(&marrow(1), &old, &nothing) && is_taken(&marrow(2), &old, &nothing));
        let blood = ExpectedTube { specimen: "PB".into(), ..marrow(1) };
        assert!(!is_taken(&blood, &old, &nothing));
        // What the bench made of it is no tube of the request.
        let child = [Container { parent_id: Some(ContainerId::new()), ..old[0].clone() }];
        assert!(!is_taken(&marrow(1), &child, &nothing));
    }

    #[test]
    fn one_more_tube_needs_a_reason_in_words() {
        assert_eq!(reason("  ").unwrap(), None);
        assert_eq!(
            reason(" Se llenó\n otro tubo ").unwrap().as_deref(),
            Some("Se llenó otro tubo")
        );
        assert!(
            matches!(reason("otro"), Err(CustodyError::Fields(f)) if f[0].field == "extra_reason")
        );
    }
}
