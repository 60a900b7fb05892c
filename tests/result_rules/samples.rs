//! What a sample lets a result say: no bare negative, and nothing of a sample that is held.

use rastro::people::Role;
use serde_json::json;

use super::{counts, enters, result_of, signs, with};
use crate::support::both;
use crate::support::story::Story;

#[test]
fn br_21_a_negative_in_a_diluted_sample_says_so_in_the_report() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let (analyst, validator) = (lab.analyst().await, lab.validator().await);
        let body = with(counts(&s.code, 3, 1_000_000), "haemodilution", "SUSPECTED");
        let version = enters(&analyst, &result_of(&s.study), &body).await;
        signs(&validator, &version, "released").await.expect(204);
        let oncologist = lab.oncologist().await;
        for path in
            [format!("/es/resultados/{}", s.study), format!("/es/pacientes/{}/emr", s.patient)]
        {
            let page = oncologist.get(&path).await.expect(200).text();
            for said in ["puede ser un falso negativo", "No detectada", "0.002\u{202f}%"] {
                assert!(page.contains(said), "{said} in {path}");
            }
        }
        let seen = oncologist.get(&result_of(&s.study)).await.expect(200).json;
        let v = &seen["versions"][0];
        assert_eq!(v["record"]["limitations"], json!(["negative-in-diluted-sample"]));
        for field in ["lod_percent", "loq_percent", "n", "denominator"] {
            assert!(!v[field].is_null(), "{field}");
        }
    });
}

#[test]
fn br_18_too_few_cells_are_never_a_negative_also_outside_a_protocol() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let (analyst, validator) = (lab.analyst().await, lab.validator().await);
        let few = enters(&analyst, &result_of(&s.study), &counts(&s.code, 12, 150_000)).await;
        signs(&validator, &few, "released").await.expect(204);
        let oncologist = lab.oncologist().await;
        let seen = oncologist.get(&result_of(&s.study)).await.expect(200).json;
        assert_eq!(seen["versions"][0]["status"], "NEGATIVE_INSUFFICIENT_SENSITIVITY");
        assert_eq!(
            seen["versions"][0]["record"]["limitations"],
            json!(["insufficient-sensitivity"])
        );
        let course = oncologist.get(&format!("/es/pacientes/{}/emr", s.patient)).await.text();
        assert!(course.contains("No concluyente") && !course.contains("No detectada, <"));
        // Twice the cells, the same events: enough to say so.
        let body = with(counts(&s.code, 12, 300_000), "reason", "se adquirieron más eventos");
        let path = format!("{}/amendments", result_of(&s.study));
        let more = enters(&analyst, &path, &body).await;
        signs(&validator, &more, "released").await.expect(204);
        let seen = oncologist.get(&result_of(&s.study)).await.expect(200).json;
        assert_eq!(seen["versions"][1]["status"], "NEGATIVE");
    });
}

#[test]
fn no_result_comes_from_a_sample_that_is_held_or_was_rejected() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let (analyst, validator) = (lab.analyst().await, lab.validator().await);
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let body = counts(&s.code, 3, 1_000_000);
        let version = enters(&analyst, &result_of(&s.study), &body).await;

        // A doubt came up between the counting and the signature.
        s.technician.does(&lab, &s.code, "hold", json!({ "reason": "R07" })).await;
        let refused = signs(&validator, &version, "released").await.expect(409);
        assert_eq!(refused.code(), "sample-in-doubt");
        let held = analyst.post(&result_of(&s.study), &counts(&s.code, 4, 1_000_000)).await;
        assert_eq!(held.expect(422).fields(), ["container"]);

        // The head decides in writing that it stands; then it can be released.
        head.does(&lab, &s.code, "accept", json!({ "reason": "se aclaró con el centro" })).await;
        signs(&validator, &version, "released").await.expect(204);

        // Of a rejected one nothing is entered any more, though it once got its number.
        head.does(&lab, &s.code, "hold", json!({ "reason": "R07" })).await;
        let reject = json!({
            "reason": "R07", "notified": "Dra. Vidal", "notified_at": lab.clock.now(),
        });
        head.does(&lab, &s.code, "reject", reject).await;
        let amendment = with(counts(&s.code, 5, 1_000_000), "reason", "contar otra vez");
        let path = format!("{}/amendments", result_of(&s.study));
        assert_eq!(analyst.post(&path, &amendment).await.expect(422).fields(), ["container"]);
    });
}
