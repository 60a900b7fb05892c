//! Wrong clocks: the device's, the server's, and the one on the wall that a person read. No scan is
//! lost for one, and none gets a wrong time in silence. On both engines.

use crate::support::story::{Story, child, id, scan, with};
use crate::support::tamper::{Attacker, conn, verify};
use crate::support::{Client, Lab, both};
use rastro::people::Role;
use serde_json::{Value, json};

const NOON: &str = "2026-03-03T18:00:00Z";
const WHY: &str = "La hoja de toma dice otra hora";

fn later(lab: &Lab, seconds: i64) -> Value {
    json!(lab.clock.now().plus_seconds(seconds))
}

/// Sends one scan as a station does, whose clock is `wrong` seconds from the server's.
async fn sends(lab: &Lab, who: &Client, wrong: i64, scan: Value) -> Value {
    let body = json!({ "device_now": later(lab, wrong), "scans": [scan] });
    who.post("/api/v1/scans", &body).await.expect(200).json["results"][0].clone()
}

async fn last(who: &Client, code: &str) -> Value {
    let path = format!("/api/v1/containers/{code}/events");
    who.get(&path).await.expect(200).json["items"].as_array().unwrap().last().unwrap().clone()
}

async fn tube(who: &Client, code: &str) -> Value {
    who.get(&format!("/api/v1/containers/{code}")).await.expect(200).json
}

/// A nurse with a tube that waits to be drawn; its label is of now.
async fn planned(lab: &Lab) -> (Client, String) {
    let nurse = lab.nurse().await;
    let patient = nurse.registers(1).await;
    let code = nurse.labels(&nurse.requests(&patient).await).await;
    (nurse, code)
}

fn draw(at: &str) -> Value {
    json!({ "identifiers_confirmed": true, "pull": 1, "volume_ul": 3000, "occurred_at": at })
}

#[test]
fn a_devices_wrong_clock_is_set_right_by_what_it_says_when_it_sends() {
    both(|lab| async move {
        lab.clock.set(NOON);
        let s = Story::collected(&lab).await;
        lab.clock.advance(600);
        // An hour off, the date of 2015, the wrong zone, fifty years: whether the page knew or not.
        for wrong in [-3600_i64, 3600, -340_000_000, 1_600_000_000, 120] {
            for known in [None, Some(0), Some(-wrong * 1000)] {
                let read =
                    json!({ "occurred_at": later(&lab, wrong - 30), "clock_offset_ms": known });
                let answer =
                    sends(&lab, &s.nurse, wrong, scan(&lab, &s.code, "confirm", read)).await;
                assert_eq!(answer["outcome"], "accepted", "{wrong} {known:?}: {answer}");
                let event = last(&s.nurse, &s.code).await;
                let right = later(&lab, -30);
                assert_eq!(event["occurred_at"], right, "{wrong} {known:?}");
                let told = if wrong == 120 { json!([]) } else { json!(["device-clock"]) };
                assert_eq!(event["flags"], told, "{wrong} {known:?}");
                assert_eq!(event["recorded_at"], later(&lab, 0));
            }
        }
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn a_reading_that_waited_for_the_network_keeps_its_true_time_and_is_never_lost() {
    both(|lab| async move {
        lab.clock.set(NOON);
        let mut s = Story::collected(&lab).await;
        lab.clock.advance(7 * 3600);
        s.nurse = lab.again(&s.nurse, "enfermera").await;
        // Read six hours ago by a clock a day behind.
        let read =
            json!({ "occurred_at": later(&lab, -86_400 - 6 * 3600), "clock_offset_ms": null });
        sends(&lab, &s.nurse, -86_400, scan(&lab, &s.code, "confirm", read)).await;
        let event = last(&s.nurse, &s.code).await;
        assert_eq!(event["occurred_at"], later(&lab, -6 * 3600));
        assert_eq!(event["flags"], json!(["late", "device-clock"]));
        // The clock was set in between, so that nothing fits: kept with the server's time, and told.
        let read = json!({ "occurred_at": "2015-01-01T00:00:00Z", "clock_offset_ms": 0 });
        let answer = sends(&lab, &s.nurse, 0, scan(&lab, &s.code, "confirm", read)).await;
        assert_eq!(
            (&answer["outcome"], &answer["reason"]),
            (&json!("accepted_with_warning"), &json!("time-unknown"))
        );
        assert_eq!(last(&s.nurse, &s.code).await["occurred_at"], later(&lab, 0));
        // A program's bare word for the impossible is refused by name.
        for at in ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2026-01-01T00:00:00Z"] {
            let answer =
                s.nurse.scans(&scan(&lab, &s.code, "confirm", json!({ "occurred_at": at }))).await;
            assert_eq!(answer["reason"], "impossible-time", "{at}");
        }
        let answer = s
            .nurse
            .scans(&scan(
                &lab,
                &s.code,
                "confirm",
                json!({ "occurred_at": "9999-12-30T00:00:00Z" }),
            ))
            .await;
        assert_eq!(answer["reason"], "clock-ahead");
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn a_server_set_back_two_hours_refuses_no_scan_and_says_that_it_is_its_own_clock() {
    both(|lab| async move {
        lab.clock.set(NOON);
        let s = Story::collected(&lab).await;
        let ready = lab.nobody().get("/readyz").await.expect(200).json;
        assert_eq!(ready["clock"], Value::Null, "{ready}");
        lab.clock.advance(-7200);
        // The device is right; its page was told by the wrong server that it is two hours off.
        let read = json!({
            "to": s.courier.id(), "occurred_at": later(&lab, 7230), "clock_offset_ms": -7_200_000,
        });
        let body = json!({ "device_now": later(&lab, 7235), "scans": [scan(&lab, &s.code, "offer", read)] });
        let answer = s.nurse.post("/api/v1/scans", &body).await.expect(200).json;
        assert_eq!(answer["results"][0]["outcome"], "accepted", "{answer}");
        assert_eq!(answer["server_clock_behind"], 7200);
        let event = last(&s.nurse, &s.code).await;
        assert_eq!(
            (&event["occurred_at"], &event["flags"]),
            (&later(&lab, 7230), &json!(["server-clock"]))
        );
        assert_eq!(event["recorded_at"], later(&lab, 0), "the reading of the clock is not made up");
        // A program with the right time is not told to correct its clock either.
        let read = json!({ "occurred_at": later(&lab, 7240) });
        let answer = s.courier.scans(&scan(&lab, &s.code, "accept-handover", read)).await;
        assert_eq!(answer["outcome"], "accepted", "{answer}");
        // Another server of this database knows it too, and one that starts anew.
        let other = lab.another_server().await;
        let ready = other.nobody().get("/readyz").await.expect(200).json;
        assert_eq!(
            (&ready["status"], &ready["clock"], &ready["clock_behind_seconds"]),
            (&json!("ready"), &json!("behind"), &json!(7200))
        );
        // The log's order is by index; the clock is told, nothing is broken.
        verify(&lab, &[]).is_out_of_order();

        // Set right again: over.
        lab.clock.advance(7300);
        let ready = lab.nobody().get("/readyz").await.expect(200).json;
        assert_eq!(ready["clock"], Value::Null, "{ready}");
        s.courier.does(&lab, &s.code, "confirm", json!({})).await;
        assert_eq!(last(&s.nurse, &s.code).await["flags"], json!([]));
        other.app.db.close().await;
    });
}

#[test]
fn what_a_clock_a_day_ahead_has_recorded_does_not_put_all_that_follows_out_of_order() {
    both(|lab| async move {
        lab.clock.set(NOON);
        let s = Story::collected(&lab).await;
        lab.clock.advance(86_400);
        let nurse = lab.again(&s.nurse, "enfermera").await;
        nurse.does(&lab, &s.code, "confirm", json!({})).await;
        lab.clock.advance(-86_400 + 60);
        for _ in 0..2 {
            let read = json!({ "occurred_at": later(&lab, -5) });
            let answer = sends(&lab, &nurse, 0, scan(&lab, &s.code, "confirm", read)).await;
            assert_eq!(answer["outcome"], "accepted", "{answer}");
            let event = last(&nurse, &s.code).await;
            assert_eq!(
                (&event["occurred_at"], &event["flags"]),
                (&later(&lab, -5), &json!(["server-clock"]))
            );
        }
    });
}

#[test]
fn a_label_is_made_after_the_draw_and_that_is_in_order() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T18:05:40Z");
        let (nurse, code) = planned(&lab).await;
        // Typed to the minute, which is before the label; and five minutes before it.
        let answer = nurse.does(&lab, &code, "collect", draw("2026-03-03T18:05:00Z")).await;
        assert_eq!(answer["outcome"], "accepted", "{answer}");
        let second = nurse.labels(&nurse.requests(&nurse.registers(2).await).await).await;
        let answer = nurse.does(&lab, &second, "collect", draw("2026-03-03T18:00:00Z")).await;
        assert_eq!(answer["outcome"], "accepted", "{answer}");
        assert_eq!(last(&nurse, &second).await["flags"], json!([]));
    });
}

#[test]
fn nothing_is_drawn_before_birth_or_long_before_its_label_without_a_reason() {
    both(|lab| async move {
        lab.clock.set(NOON);
        let (nurse, code) = planned(&lab).await;
        let mut tries = vec![];
        for (at, why) in [
            ("0001-01-01T00:00:00Z", "before-birth"),
            ("1970-01-01T00:00:00Z", "before-birth"),
            // The child was born on the 5th by the centre's wall, which is six hours behind.
            ("2019-03-05T05:59:59Z", "before-birth"),
            ("2019-03-05T06:00:00Z", "impossible-time"),
            ("2026-02-01T17:00:00Z", "impossible-time"),
            ("2026-03-03T16:59:59Z", "label-after-draw"),
            ("2026-03-03T18:02:01Z", "clock-ahead"),
            ("9999-12-30T00:00:00Z", "clock-ahead"),
        ] {
            let answer = nurse.scans(&scan(&lab, &code, "collect", draw(at))).await;
            assert_eq!(
                (&answer["outcome"], &answer["reason"]),
                (&json!("refused"), &json!(why)),
                "{at}"
            );
            tries.push(at);
        }
        // What can't be stays refused, whatever the reason; a paper label is recorded with its own.
        let because = json!({ "reason": "Sin sistema: etiqueta de papel" });
        let old = with(draw("2019-03-05T06:00:00Z"), because.clone());
        assert_eq!(
            nurse.scans(&scan(&lab, &code, "collect", old)).await["reason"],
            "impossible-time"
        );
        let answer =
            nurse.does(&lab, &code, "collect", with(draw("2026-03-03T09:00:00Z"), because)).await;
        assert_eq!(answer["outcome"], "accepted_with_warning");
        let event = last(&nurse, &code).await;
        assert_eq!(event["flags"], json!(["paper-label", "late"]));
        assert_eq!(event["reason"], "Sin sistema: etiqueta de papel");

        // A pre-printed label was there since its roll was handed out.
        let roll = nurse.post("/api/v1/code-rolls", &json!({ "n": 2 })).await.expect(201).json;
        lab.clock.advance(7 * 3600);
        let nurse = lab.again(&nurse, "enfermera").await;
        let study = nurse.requests(&nurse.registers(2).await).await;
        let new = json!({ "id": id(), "tube": 1, "code": roll["first"] });
        let path = format!("/api/v1/studies/{study}/containers");
        let code =
            nurse.post(&path, &new).await.expect(201).json["code"].as_str().unwrap().to_owned();
        nurse.does(&lab, &code, "collect", draw("2026-03-03T18:10:00Z")).await;
        assert_eq!(last(&nurse, &code).await["flags"], json!(["late"]));
    });
}

/// A nurse of Tijuana at the bedside page of a tube.
async fn at_tijuana(lab: &Lab, now: &str) -> (Client, String) {
    lab.clock.set(now);
    let nurse = lab.person("enfermera", &[Role::Collector], &["TIJ"]).await;
    let code = nurse.labels(&nurse.requests(&nurse.registers(1).await).await).await;
    (nurse, code)
}

async fn types(
    who: &Client,
    code: &str,
    time: &str,
    more: &[(&str, &str)],
) -> crate::support::Answer {
    let new = id();
    let given = more.iter().find(|(name, _)| *name == "id").map(|(_, id)| *id);
    let mut fields = vec![
        ("id", given.unwrap_or(&new)),
        ("code", code),
        ("name_confirmed", "yes"),
        ("second_confirmed", "yes"),
        ("pull", "1"),
        ("volume_ml", "3"),
        ("container_type", "EDTA"),
        ("day", "today"),
        ("time", time),
    ];
    fields.extend(more.iter().filter(|(name, _)| *name != "id"));
    who.form(&format!("/es/muestras/{code}/tomar"), &fields).await
}

#[test]
fn at_the_bedside_no_time_ends_in_a_fault_of_ours_and_the_hour_that_comes_twice_is_asked() {
    both(|lab| async move {
        let (nurse, code) = at_tijuana(&lab, "2026-11-01T09:40:00Z").await;
        for time in
            ["24:00", "25:00", "-1:00", "99:99", "12:60", "1:5", "", "mediodía", "127:00", "128:00"]
        {
            let page = types(&nurse, &code, time, &[]).await.expect(422).text();
            assert!(page.contains("Escriba la hora en 24 horas"), "{time}");
        }
        let page = types(&nurse, &code, "01:15", &[]).await.expect(422).text();
        assert!(page.contains("Esa hora hubo dos veces") && page.contains("time_which"), "{page}");
        assert!(page.contains("value=\"01:15\""), "what was typed stays");
        types(&nurse, &code, "0115", &[("time_which", "second")]).await.expect(303);
        assert_eq!(tube(&nurse, &code).await["collected_at"], "2026-11-01T09:15:00.000000Z");
    });
    both(|lab| async move {
        let (nurse, code) = at_tijuana(&lab, "2026-03-08T11:00:00Z").await;
        let page = types(&nurse, &code, "02:40", &[]).await.expect(422).text();
        assert!(page.contains("Esa hora no existió ese día"), "{page}");
        // Drawn before the label by more than an hour: asked why, and then taken.
        let page = types(&nurse, &code, "01:30", &[]).await.expect(422).text();
        assert!(page.contains("más de una hora antes"), "{page}");
        types(&nurse, &code, "01:30", &[("reason", "Etiqueta de papel")]).await.expect(303);
        assert_eq!(tube(&nurse, &code).await["collected_at"], "2026-03-08T09:30:00.000000Z");
    });
}

/// The page goes back to the form that was sent, and it is sent once more.
#[test]
fn a_bedside_form_sent_again_with_another_time_is_not_answered_as_the_first_one() {
    both(|lab| async move {
        let (nurse, code) = at_tijuana(&lab, "2026-03-03T20:30:00Z").await;
        let form = id();
        let same = [("id", form.as_str())];
        types(&nurse, &code, "12:25", &same).await.expect(303);
        types(&nurse, &code, "12:25", &same).await.expect(303);
        types(&nurse, &code, "12:05", &same).await.expect(422);
        assert_eq!(tube(&nurse, &code).await["collected_at"], "2026-03-03T20:25:00.000000Z");
    });
}

#[test]
fn at_the_bedside_a_server_whose_clock_is_behind_takes_the_time_on_the_wall() {
    both(|lab| async move {
        let (nurse, code) = at_tijuana(&lab, "2026-03-03T20:00:00Z").await;
        nurse.does(&lab, &code, "confirm", json!({})).await;
        lab.clock.advance(-7200);
        let page = nurse.get(&format!("/es/muestras/{code}/tomar")).await.expect(200).text();
        assert!(page.contains("El reloj del servidor está atrasado 120 min"), "{page}");
        types(&nurse, &code, "12:05", &[]).await.expect(303);
        assert_eq!(tube(&nurse, &code).await["collected_at"], "2026-03-03T20:05:00.000000Z");
        assert_eq!(last(&nurse, &code).await["flags"], json!(["server-clock"]));
    });
}

/// Proposes that the tube was drawn at `at`.
async fn proposes(lab: &Lab, who: &Client, code: &str, at: &str, why: &str) -> Value {
    let more = json!({ "collected_at": at, "reason": why });
    who.scans(&scan(lab, code, "propose-collection-time", more)).await
}

async fn answers(lab: &Lab, who: &Client, code: &str, action: &str, of: &Value) -> Value {
    let more = json!({ "corrects": of, "reason": "No consta en el papel" });
    who.scans(&scan(lab, code, action, more)).await
}

#[test]
fn a_wrong_collection_time_is_corrected_by_two_people_and_all_that_hangs_on_it_follows() {
    both(|lab| async move {
        lab.clock.set(NOON);
        let mut s = Story::accepted(&lab).await;
        let derive = json!({ "id": id(), "specimen": "ALQ-CELL", "container_type": "FACS", "volume_ul": 100 });
        let path = format!("/api/v1/containers/{}/children", s.code);
        let child = s.technician.post(&path, &derive).await.expect(201).json["code"].clone();
        let child = child.as_str().unwrap();
        lab.clock.advance(3600);
        s.nurse = lab.again(&s.nurse, "enfermera").await;
        s.courier = lab.again(&s.courier, "mensajero").await;
        s.technician = lab.again(&s.technician, "recepcion").await;
        let oncologist = lab.oncologist().await;
        let analyst = lab.analyst().await;
        let result = json!({
            "container": s.code, "evaluable": "yes", "k": 35, "n": 1_250_000,
            "assay": "FCM-BCP-8C", "haemodilution": "NOT_SUSPECTED",
        });
        analyst.post(&format!("/api/v1/studies/{}/result", s.study), &result).await.expect(201);
        let page = format!("/es/resultados/{}", s.study);
        assert!(!analyst.get(&page).await.expect(200).text().contains("se corrigió después"));

        let right = "2026-03-03T17:10:00Z";
        assert_eq!(
            proposes(&lab, &s.nurse, &s.code, right, "no sé").await["reason"],
            "reason-too-short"
        );
        for (at, why) in [
            ("1970-01-01T00:00:00Z", "before-birth"),
            ("2026-01-01T00:00:00Z", "impossible-time"),
            ("2026-03-03T19:30:00Z", "impossible-time"),
            ("9999-12-30T00:00:00Z", "impossible-time"),
            // After the courier had it.
            ("2026-03-03T18:30:00Z", "impossible-time"),
            (NOON, "nothing-to-correct"),
        ] {
            assert_eq!(proposes(&lab, &s.nurse, &s.code, at, WHY).await["reason"], why, "{at}");
        }
        let stranger = lab.stranger().await;
        assert_eq!(proposes(&lab, &stranger, &s.code, right, WHY).await["reason"], "unknown-code");
        for who in [&s.courier, &analyst] {
            let no = proposes(&lab, who, &s.code, right, WHY).await;
            assert!(
                ["not-allowed", "unknown-code"].contains(&no["reason"].as_str().unwrap()),
                "{no}"
            );
        }
        assert_eq!(
            proposes(&lab, &s.nurse, child, right, WHY).await["reason"],
            "nothing-to-correct"
        );

        let first = proposes(&lab, &s.nurse, &s.code, "2026-03-03T17:00:00Z", WHY).await;
        assert_eq!(first["outcome"], "accepted", "{first}");
        assert_eq!(
            proposes(&lab, &oncologist, &s.code, right, WHY).await["reason"],
            "proposal-waits"
        );
        assert_eq!(
            tube(&s.nurse, &s.code).await["collected_at"],
            "2026-03-03T18:00:00.000000Z",
            "nothing changes yet"
        );
        answers(&lab, &oncologist, &s.code, "decline-collection-time", &first["id"]).await;
        let proposal = proposes(&lab, &s.nurse, &s.code, right, WHY).await["id"].clone();
        let stale =
            answers(&lab, &oncologist, &s.code, "approve-collection-time", &first["id"]).await;
        assert_eq!(stale["reason"], "no-proposal");
        let own = answers(&lab, &s.nurse, &s.code, "approve-collection-time", &proposal).await;
        assert_eq!(own["reason"], "own-event");
        let done = answers(&lab, &oncologist, &s.code, "approve-collection-time", &proposal).await;
        assert_eq!(done["outcome"], "accepted", "{done}");
        let twice =
            answers(&lab, &s.technician, &s.code, "approve-collection-time", &proposal).await;
        assert_eq!(twice["reason"], "no-proposal");

        for code in [s.code.as_str(), child] {
            let now = tube(&s.technician, code).await;
            assert_eq!(now["collected_at"], "2026-03-03T17:10:00.000000Z", "{code}");
            let event = last(&s.technician, code).await;
            assert_eq!(event["kind"], "collection-time-corrected");
            assert_eq!(
                (&event["collected_at_before"], &event["collected_at"]),
                (&json!("2026-03-03T18:00:00.000000Z"), &json!("2026-03-03T17:10:00.000000Z"))
            );
        }
        assert_eq!(tube(&s.technician, &s.code).await["status"], "in-process", "the rest stands");
        // What was measured by the earlier time says so; the earlier time stays in sight.
        assert!(
            analyst
                .get(&page)
                .await
                .expect(200)
                .text()
                .contains("La hora de toma se corrigió después de este resultado")
        );
        let page = s.nurse.get(&format!("/es/muestras/{}", s.code)).await.expect(200).text();
        for shown in
            ["Hora de toma corregida", "Hora de toma no corregida", "<del>", "11:10", "12:00", WHY]
        {
            assert!(page.contains(shown), "{shown} is not in {page}");
        }
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn a_collection_time_is_corrected_on_its_page_in_both_languages() {
    both(|lab| async move {
        lab.clock.set(NOON);
        let s = Story::collected(&lab).await;
        let oncologist = lab.oncologist().await;
        let path = format!("/es/muestras/{}/hora-de-toma", s.code);
        assert!(
            s.nurse
                .get(&format!("/es/muestras/{}", s.code))
                .await
                .expect(200)
                .text()
                .contains(&path)
        );
        s.courier.get(&path).await.expect(404);
        let analyst = lab.analyst().await;
        analyst.get(&path).await.expect(403);
        // Whose tube it is stands on it, for each who may correct it, and that they looked is kept.
        let surname = child(1)["surname1"].as_str().unwrap().to_uppercase();
        let quality = lab.person("calidad", &[Role::Quality], &[]).await;
        assert!(!quality.get(&path).await.expect(200).text().contains(&surname));
        for who in [&s.nurse, &oncologist, &s.technician] {
            let before = lab.audited(&s.patient).await.len();
            let page = who.get(&path).await.expect(200).text();
            assert!(page.contains(&surname), "{surname}: {page}");
            assert_eq!(lab.audited(&s.patient).await.len(), before + 1);
        }
        let form = id();
        let fill = |time: &'static str, reason: &'static str| {
            [
                ("id".to_owned(), form.clone()),
                ("day".into(), "2026-03-03".into()),
                ("time".into(), time.into()),
                ("reason".into(), reason.into()),
            ]
        };
        let send = async |who: &Client, to: &str, fields: &[(String, String)]| {
            let fields: Vec<_> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            who.form(to, &fields).await
        };
        let again = send(&s.nurse, &path, &fill("25:00", "mal")).await.expect(422).text();
        assert!(
            again.contains("Escriba la hora en 24 horas") && again.contains("al menos 15"),
            "{again}"
        );
        send(&s.nurse, &path, &fill("11:40", WHY)).await.expect(303);
        send(&s.nurse, &path, &fill("11:40", WHY)).await.expect(303);
        let own = s.nurse.get(&path).await.expect(200).text();
        assert!(
            own.contains("Otra persona debe aceptarla") && !own.contains("value=\"approve\""),
            "{own}"
        );
        let english = format!("/en/samples/{}/collection-time", s.code);
        let seen = oncologist.get(&english).await.expect(200).text();
        assert!(seen.contains("Persona enfermera proposes") && seen.contains("11:40"), "{seen}");
        let proposal =
            seen.split("name=\"proposal\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let decide =
            [("id", &*id()), ("proposal", proposal), ("decision", "approve"), ("reason", "")]
                .map(|(a, b)| (a.to_owned(), b.to_owned()));
        send(&s.nurse, &format!("{english}/decide"), &decide).await.expect(422);
        let decide =
            [("id", &*id()), ("proposal", proposal), ("decision", "approve"), ("reason", "")]
                .map(|(a, b)| (a.to_owned(), b.to_owned()));
        send(&oncologist, &format!("{english}/decide"), &decide).await.expect(303);
        assert_eq!(tube(&s.nurse, &s.code).await["collected_at"], "2026-03-03T17:40:00.000000Z");
    });
}

#[test]
fn somebody_is_told_of_a_rejection_between_the_tubes_arrival_and_now() {
    both(|lab| async move {
        lab.clock.set(NOON);
        let mut s = Story::accepted(&lab).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        lab.clock.advance(600);
        s.technician = lab.again(&s.technician, "recepcion").await;
        let told =
            |at: Value| json!({ "reason": "R10", "notified": "Dra. Vidal", "notified_at": at });
        for at in [
            json!("0001-01-01T00:00:00Z"),
            json!("1970-01-01T00:00:00Z"),
            // The day before; more than a clock's tolerance before its arrival, and past now.
            later(&lab, -86_400),
            later(&lab, -600 - 121),
            later(&lab, 121),
            json!("9999-12-30T00:00:00Z"),
        ] {
            let answer = head.scans(&scan(&lab, &s.code, "reject", told(at.clone()))).await;
            assert_eq!(
                (&answer["outcome"], &answer["reason"]),
                (&json!("refused"), &json!("impossible-notice")),
                "{at}: {answer}"
            );
        }
        assert_eq!(tube(&head, &s.code).await["status"], "accepted");
        // A station an hour off says both times by its own clock: the scan is kept, both set right.
        let read = with(told(later(&lab, -3690)), json!({ "occurred_at": later(&lab, -3630) }));
        let answer = sends(&lab, &head, -3600, scan(&lab, &s.code, "reject", read)).await;
        assert_eq!(answer["outcome"], "accepted", "{answer}");
        let page = head.get(&format!("/es/muestras/{}", s.code)).await.expect(200).text();
        assert!(page.contains("Rechazada"), "{page}");
        let bodies = Attacker(conn(&lab)).rows().into_iter().map(|row| row.body);
        let body = bodies.into_iter().find(|body| body.contains(r#""kind":"rejected""#)).unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        let kept: Value = serde_json::from_str(body["data"].as_str().unwrap()).unwrap();
        assert_eq!(kept["notified_at"], later(&lab, -90), "{kept}");
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn what_the_roles_do_not_allow_is_403_and_not_a_conflict() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let refused = s.technician.post("/api/v1/code-rolls", &json!({ "n": 2 })).await.expect(403);
        assert_eq!(refused.code(), "not-allowed");
        let child = json!({ "id": id(), "specimen": "ALQ-CELL", "container_type": "FACS", "volume_ul": 100 });
        let refused =
            s.nurse.post(&format!("/api/v1/containers/{}/children", s.code), &child).await;
        assert_eq!(refused.expect(403).code(), "not-allowed");
        let oncologist = lab.oncologist().await;
        let label = json!({ "id": id(), "tube": 1 });
        let refused =
            oncologist.post(&format!("/api/v1/studies/{}/containers", s.study), &label).await;
        assert_eq!(refused.expect(403).code(), "not-allowed");
        // A scan's refusal is its answer, kept with it.
        let answer = s.nurse.scans(&scan(&lab, &s.code, "receive", json!({}))).await;
        assert_eq!(answer["reason"], "not-allowed");
    });
}
