//! Nobody who knew a result misses its amendment.

use rastro::people::Role;
use serde_json::json;

use super::{acknowledges, counts, enters, result_of, signs, with};
use crate::support::story::Story;
use crate::support::{Client, Lab, both};

const AMENDED: &str = "/api/v1/results/amended";

/// The people who know a result, and the released one of a study.
struct Released {
    s: Story,
    analyst: Client,
    validator: Client,
    first: String,
}

async fn released(lab: &Lab, k: i64) -> Released {
    let s = Story::accepted(lab).await;
    let (analyst, validator) = (lab.analyst().await, lab.validator().await);
    let first = enters(&analyst, &result_of(&s.study), &counts(&s.code, k, 1_000_000)).await;
    signs(&validator, &first, "released").await.expect(204);
    Released { s, analyst, validator, first }
}

/// An amendment of a study's result, released by `validator`.
async fn amends(s: &Story, analyst: &Client, validator: &Client, k: i64) -> String {
    let body = with(counts(&s.code, k, 1_000_000), "reason", "doble conteo de dobletes");
    let version = enters(analyst, &format!("{}/amendments", result_of(&s.study)), &body).await;
    signs(validator, &version, "released").await.expect(204);
    version
}

#[test]
fn br_23_an_amendment_is_shown_to_everybody_who_knew_the_old_version() {
    both(|lab| async move {
        let Released { s, analyst, validator, first } = released(&lab, 300).await;
        let result = result_of(&s.study);
        let course = format!("/api/v1/patients/{}/results", s.patient);
        let of_centre = |n: &'static str| lab.person(n, &[Role::Oncologist], &["LRZ"]);
        let (reader, follower, namer, newcomer) = (
            of_centre("lectora").await,
            of_centre("seguidora").await,
            of_centre("firmante").await,
            of_centre("nueva").await,
        );
        reader.get(&result).await.expect(200);
        follower.get(&course).await.expect(200);
        acknowledges(&namer, &first).await.expect(204);
        // The list is not a reading.
        newcomer.get("/api/v1/results").await.expect(200);
        for who in [&reader, &follower, &namer, &newcomer] {
            assert_eq!(who.get(AMENDED).await.expect(200).json, json!([]));
        }

        let second = amends(&s, &analyst, &validator, 280).await;
        for (who, told) in [(&reader, 1), (&follower, 1), (&namer, 1), (&newcomer, 0)] {
            let list = who.get(AMENDED).await.expect(200).json;
            assert_eq!(list.as_array().unwrap().len(), told, "{list}");
            for path in [
                "/es/resultados".to_owned(),
                format!("/es/pacientes/{}", s.patient),
                format!("/es/pacientes/{}/emr", s.patient),
            ] {
                let page = who.get(&path).await.expect(200).text();
                let shown = page.contains("se enmendaron después de que usted los leyó");
                assert_eq!(shown, told == 1, "{path}");
            }
        }
        let notice = &reader.get(AMENDED).await.json[0];
        assert_eq!(notice["version"], second);
        assert_eq!(notice["reason"], "doble conteo de dobletes");

        // Opening the new version is not enough; a name is. The old one stays readable.
        let seen = reader.get(&result).await.expect(200).json;
        assert_eq!(seen["amended_since_read"], true);
        assert_eq!(
            (&seen["versions"][0]["k"], &seen["versions"][1]["k"]),
            (&json!(300), &json!(280))
        );
        let page = reader.get(&format!("/es/resultados/{}", s.study)).await.expect(200).text();
        assert!(page.contains("Sustituida por una enmienda") && page.contains("acusar"));
        acknowledges(&reader, &first).await.expect(409);
        acknowledges(&reader, &second).await.expect(204);
        assert_eq!(reader.get(AMENDED).await.json, json!([]));
        assert_eq!(follower.get(AMENDED).await.json.as_array().unwrap().len(), 1);

        // And again with the next one, also for who had acknowledged the second.
        amends(&s, &analyst, &validator, 270).await;
        assert_eq!(reader.get(AMENDED).await.json.as_array().unwrap().len(), 1);
        // Nobody out of reach hears of it.
        for who in [&s.nurse, &lab.stranger().await, &s.courier] {
            assert_eq!(who.get(AMENDED).await.expect(200).json, json!([]));
        }
    });
}

#[test]
fn br_23_the_laboratory_is_told_too_until_it_has_read() {
    both(|lab| async move {
        let Released { s, analyst, validator, .. } = released(&lab, 300).await;
        let colleague = lab.person("colega", &[Role::Analyst], &["LAB"]).await;
        colleague.get(&result_of(&s.study)).await.expect(200);
        let second = amends(&s, &analyst, &validator, 290).await;
        // Who made and who signed it know.
        assert_eq!(analyst.get(AMENDED).await.json, json!([]));
        assert_eq!(validator.get(AMENDED).await.json, json!([]));
        assert_eq!(colleague.get(AMENDED).await.json.as_array().unwrap().len(), 1);
        acknowledges(&colleague, &second).await.expect(403);
        colleague.get(&result_of(&s.study)).await.expect(200);
        assert_eq!(colleague.get(AMENDED).await.json, json!([]));
    });
}
