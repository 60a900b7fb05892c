//! Signatures: what they carry, and that nobody signs their own work.

use rastro::audit::{Action, Outcome};
use rastro::people::Role;
use sha2::{Digest, Sha256};

use super::{counts, enters, result_of, signs, with};
use crate::support::story::Story;
use crate::support::tamper::{Attacker, conn};
use crate::support::{Answer, Lab, PASSWORD, both};

#[test]
fn br_23_a_signature_has_name_time_and_meaning_and_is_bound_to_the_record() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let (analyst, validator) = (lab.analyst().await, lab.validator().await);
        let version = enters(&analyst, &result_of(&s.study), &counts(&s.code, 80, 900_000)).await;
        signs(&validator, &version, "released").await.expect(204);
        let seen = analyst.get(&result_of(&s.study)).await.expect(200).json;
        let signature = &seen["signatures"][0];
        assert_eq!(signature["name"], "Persona validador");
        assert_eq!(signature["meaning"], "released");
        assert!(signature["signed_at"].as_str().unwrap().ends_with('Z'));
        // What the log sealed of this version is what was signed.
        let logged = body_in_log(&lab, &version);
        let hash: String = Sha256::digest(&logged).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(signature["record_sha256"], hash);
        assert!(logged.contains("\"k\":80,"), "{logged}");
        let page = analyst.get(&format!("/es/resultados/{}", s.study)).await.expect(200).text();
        for said in ["Persona validador", "Revisado y liberado", "Persona analista"] {
            assert!(page.contains(said), "{said}");
        }
    });
}

fn body_in_log(lab: &Lab, event: &str) -> String {
    let mut rows = Attacker(conn(lab)).rows().into_iter();
    rows.find(|row| row.event_id.to_string() == event).unwrap().body
}

#[test]
fn t14_nobody_signs_a_result_they_entered_any_version_of() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let both_roles = [Role::Analyst, Role::Validator];
        let ana = lab.person("ana", &both_roles, &["LAB"]).await;
        let jefa = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let eva = lab.person("eva", &both_roles, &["LAB"]).await;
        let result = result_of(&s.study);
        let refused = |answer: Answer| {
            let answer = answer.expect(403);
            assert_eq!(answer.code(), "own-work");
        };
        let first = enters(&ana, &result, &counts(&s.code, 80, 1_000_000)).await;
        refused(signs(&ana, &first, "released").await);
        refused(signs(&ana, &first, "returned").await);
        // The page's form is the same door.
        let form = [("version", first.as_str()), ("meaning", "released"), ("password", PASSWORD)];
        let page = format!("/es/resultados/{}/validar", s.study);
        let shown = ana.form(&page, &form).await.expect(422).text();
        assert!(shown.contains("No puede firmar su propio trabajo"));
        let own = ana.get(&format!("/es/resultados/{}", s.study)).await.text();
        assert!(!own.contains("name=\"password\""), "no form to sign one's own work");

        // Returned and entered again by another: neither of the two signs.
        signs(&jefa, &first, "returned").await.expect(204);
        let again = enters(&eva, &result, &counts(&s.code, 81, 1_000_000)).await;
        refused(signs(&ana, &again, "released").await);
        refused(signs(&eva, &again, "released").await);
        signs(&jefa, &again, "released").await.expect(204);

        // The head amends: not her own amendment of a colleague's work, and not the colleagues.
        let body = with(counts(&s.code, 82, 1_000_000), "reason", "se corrige la ventana");
        let amended = enters(&jefa, &format!("{result}/amendments"), &body).await;
        for who in [&jefa, &ana, &eva] {
            refused(signs(who, &amended, "released").await);
        }
        let seen = ana.get(&result).await.json;
        assert_eq!(seen["released"], again, "refused signatures change nothing");
        assert_eq!(seen["state"], "to-validate");
        signs(&lab.validator().await, &amended, "released").await.expect(204);

        let rows = lab.audited(&s.patient).await;
        let tried = rows.iter().filter(|r| **r == (Action::SignResult, Outcome::Refused));
        assert_eq!(tried.count(), 8, "each attempt is in the audit log");
    });
}
