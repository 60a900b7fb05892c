//! The professional licence of who signs stands on the report (NOM-007), as it was when it was signed.

use crate::support::course::{Asked, Cast, ONE};
use crate::support::fill::lines;
use crate::support::tamper::{conn, verify};
use crate::support::{Client, Lab, both};
use diesel::connection::SimpleConnection;
use rastro::people::Role;
use serde_json::{Value, json};

async fn signed(client: &Client, asked: &Asked) -> Vec<Value> {
    let path = format!("/api/v1/studies/{}/result", asked.study);
    let told = client.get(&path).await.expect(200).json;
    let of = |s: &Value| json!([s["name"], s["meaning"], s["licence"]]);
    told["signatures"].as_array().unwrap().iter().map(of).collect()
}

async fn licensed(lab: &Lab, admin: &Client, who: &Client, licence: &str) {
    let path = format!("/api/v1/users/{}/licence", who.id());
    admin.post(&path, &json!({ "licence": licence })).await.expect(204);
    let told = who.at(lab).get("/api/v1/session").await.expect(200).json;
    let kept = Some(licence).filter(|l| !l.is_empty()).map(str::trim);
    assert_eq!(told["licence"], json!(kept));
}

#[test]
fn a_signature_keeps_the_licence_it_was_made_with() {
    both(|lab| async move {
        let lab = lab;
        let cast = Cast::of(&lab).await;
        let admin = lab.person("admin", &[Role::Admin], &[]).await;
        let oncologist = lab.oncologist().await;
        let patient = cast.nurse.registers(1).await;
        let asked = cast.asks(&patient, json!({})).await;
        cast.brings(&lab, &asked).await;
        let page = |lang: &str| format!("/{lang}/results/{}", asked.study);
        let course = |lang: &str| match lang {
            "es" => format!("/es/pacientes/{patient}/emr"),
            _ => format!("/en/patients/{patient}/mrd"),
        };

        // Nobody has said any: the report says so, and the log binds what it always did.
        let first = cast.counts(&asked, &ONE[0]).await;
        cast.signs(&first, "returned").await;
        assert_eq!(signed(&cast.analyst, &asked).await[0][2], Value::Null);
        let sql =
            "SELECT CAST(count(*) AS text) AS line FROM result_signatures WHERE licence IS NULL";
        assert_eq!(lines(&mut conn(&lab), sql), ["1"]);

        licensed(&lab, &admin, &cast.validator, " 7654321 ").await;
        let second = cast.counts(&asked, &ONE[0]).await;
        cast.signs(&second, "released").await;
        let of: Vec<Value> =
            signed(&cast.analyst, &asked).await.iter().map(|s| s[2].clone()).collect();
        assert_eq!(of, [Value::Null, json!("7654321")]);
        let told = cast.analyst.get(&page("en")).await.expect(200).text();
        assert!(told.contains("· professional licence 7654321"), "{told}");
        assert!(told.contains("· no licence on record"), "{told}");
        let told = oncologist.get(&course("en")).await.expect(200).text();
        assert!(told.contains("· professional licence 7654321"), "{told}");

        // Another one on the account changes nothing that was signed; nor does none.
        for later in ["AE012345", ""] {
            licensed(&lab, &admin, &cast.validator, later).await;
            assert_eq!(signed(&oncologist, &asked).await[0][2], "7654321");
        }
        let told =
            cast.analyst.get(&page("es").replace("results", "resultados")).await.expect(200).text();
        for text in ["· cédula profesional 7654321", "· sin cédula registrada"] {
            assert!(told.contains(text), "{text}: {told}");
        }
        let told = oncologist.get(&course("es")).await.expect(200).text();
        assert!(told.contains("· cédula profesional 7654321"), "{told}");

        verify(&lab, &[]).is_sound();
        // The log holds the licence: another one in the row is found out.
        let forged = "UPDATE result_signatures SET licence = '1111111' WHERE licence IS NOT NULL";
        let mut db = conn(&lab);
        match &db {
            rastro::db::Conn::Sqlite(_) => {
                db.batch_execute("DROP TRIGGER result_signatures_no_update").unwrap();
            }
            rastro::db::Conn::Pg(_) => {
                db.batch_execute("ALTER TABLE result_signatures DISABLE TRIGGER USER").unwrap();
            }
        }
        db.batch_execute(forged).unwrap();
        drop(db);
        verify(&lab, &[]).names(&["BROKEN"]);
    });
}

#[test]
fn an_administrator_enters_it_and_its_person_sees_it() {
    both(|lab| async move {
        let lab = lab;
        let validator = lab.validator().await;
        let admin = lab.person("admin", &[Role::Admin], &[]).await;
        let path = format!("/api/v1/users/{}/licence", validator.id());
        for wrong in ["1234", "1234567890123", "7654 321", "pendiente"] {
            let answer = admin.post(&path, &json!({ "licence": wrong })).await.expect(422);
            assert_eq!(answer.fields(), ["licence"], "{wrong}");
        }
        validator.post(&path, &json!({ "licence": "7654321" })).await.expect(403);
        let nobody = format!("/api/v1/users/{}/licence", crate::support::story::id());
        admin.post(&nobody, &json!({ "licence": "7654321" })).await.expect(404);

        let account = validator.get("/es/cuenta").await.expect(200).text();
        assert!(account.contains("sin cédula registrada"), "{account}");
        let form = format!("/es/administracion/usuarios/{}/cedula", validator.id());
        validator.get(&form).await.expect(404);
        assert!(admin.get("/es/administracion/usuarios").await.expect(200).text().contains(&form));
        let refused = admin.form(&form, &[("licence", "12")]).await.expect(422).text();
        assert!(
            refused.contains("La cédula profesional tiene de 5 a 12")
                && refused.contains("value=\"12\""),
            "{refused}"
        );
        admin.form(&form, &[("licence", "8123456")]).await.expect(303);
        for (who, path) in [(&validator, "/es/cuenta"), (&admin, "/es/administracion/usuarios")] {
            let page = who.get(path).await.expect(200).text();
            assert!(page.contains("cédula profesional 8123456"), "{page}");
        }
        assert!(admin.get(&form).await.expect(200).text().contains("value=\"8123456\""));

        let new = [
            ("login", "nueva"),
            ("name", "Dra. Ana Sol"),
            ("roles", "validator"),
            ("sites", "LAB"),
            ("lang", "en"),
            ("password", "un jardín con lluvia"),
        ];
        let with = |licence| [&new[..], &[("licence", licence)]].concat();
        let refused = admin.form("/en/admin/users", &with("x")).await.expect(422).text();
        assert!(refused.contains("5 to 12 digits or letters, and at least one"), "{refused}");
        admin.form("/en/admin/users", &with("5554443")).await.expect(303);
        let list = admin.get("/en/admin/users").await.expect(200).text();
        assert!(list.contains("professional licence 5554443"), "{list}");
    });
}
