//! The steps of the main story over the JSON API, for tests that need a sample somewhere on its
//! way.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Client, Lab};

/// A fresh UUIDv7, as a device makes one.
pub fn id() -> String {
    Uuid::now_v7().to_string()
}

/// A child of La Raza; `n` makes the name and the birth date different, so that nobody is asked
/// whether two of them are one.
pub fn child(n: u32) -> Value {
    let first: jiff::civil::Date = "2019-03-05".parse().unwrap();
    let born = first - jiff::Span::new().days(i64::from(n.saturating_sub(1)) * 47 % 4001);
    let surname: String = n.to_string().bytes().map(|d| char::from(b'a' + (d - b'0'))).collect();
    json!({
        "given_names": "Ari", "surname1": format!("Rodríguez {surname}"), "surname2": "Cano",
        "birth_date": born.to_string(), "sex": "male", "record_number": format!("EXP-{n}"),
    })
}

/// A request for an MRD outside of a protocol; with another kind it is whole too.
pub fn mrd_request() -> Value {
    json!({
        "kind": "mrd", "outside_reason": "seguimiento", "diagnosis": "LLA-B",
        "lineage": "b-all", "phase": "maintenance", "down": "no", "anti_cd20": "no",
        "anti_cd19": "no", "anti_cd22": "no", "car_t": "no", "anti_cd38": "no",
        "transplant": "no", "gcsf": "no", "steroids": "yes", "wbc": "3.4",
        "blood_blasts": "unknown", "diagnostic_reference": "Informe 25-000991",
        "requester": "Dra. Elena Vidal", "critical_phone": "+52 55 5555 0101",
        "urgent": "no", "tubes": ["BM/EDTA"],
    })
}

/// What [`mrd_request`] says of the child and of who asks, with other answers, as it is corrected.
pub fn correction(more: Value) -> Value {
    let mut said = mrd_request();
    for asked in ["kind", "outside_reason", "urgent", "tubes"] {
        said.as_object_mut().unwrap().remove(asked);
    }
    json!({ "id": id(), "request": with(said, more), "reason": "El expediente dice otra cosa" })
}

/// A body with other members.
pub fn with(mut body: Value, more: Value) -> Value {
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

/// A scan of `code`.
pub fn scan(lab: &Lab, code: &str, action: &str, more: Value) -> Value {
    let scan = json!({
        "id": id(), "code": code, "action": action, "occurred_at": lab.clock.now(),
    });
    with(scan, more)
}

impl Client {
    /// Registers a child and gives the key.
    pub async fn registers(&self, n: u32) -> String {
        let answer = self.post("/api/v1/patients", &child(n)).await.expect(201);
        answer.json["id"].as_str().unwrap().to_owned()
    }
    /// Searches; gives the names found.
    pub async fn finds(&self, text: &str) -> Vec<String> {
        let found = self.post("/api/v1/patients/search", &json!({ "text": text })).await;
        let items = found.expect(200).json["items"].as_array().unwrap().clone();
        items.iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect()
    }
    /// Requests an MRD and gives the study's key.
    pub async fn requests(&self, patient: &str) -> String {
        let path = format!("/api/v1/patients/{patient}/studies");
        let answer = self.post(&path, &mrd_request()).await.expect(201);
        answer.json["id"].as_str().unwrap().to_owned()
    }
    /// Proposes other answers of a request like [`mrd_request`]; gives the proposal's key.
    pub async fn would_correct(&self, study: &str, more: Value) -> String {
        let path = format!("/api/v1/studies/{study}/corrections");
        let made = self.post(&path, &correction(more)).await.expect(201).json;
        made["id"].as_str().unwrap().to_owned()
    }
    /// Has a code issued for the study's first tube.
    pub async fn labels(&self, study: &str) -> String {
        let path = format!("/api/v1/studies/{study}/containers");
        let answer = self.post(&path, &json!({ "id": id(), "tube": 1 })).await.expect(201);
        answer.json["code"].as_str().unwrap().to_owned()
    }
    /// Has a code issued for one more tube beside the study's first.
    pub async fn labels_extra(&self, study: &str) -> String {
        let path = format!("/api/v1/studies/{study}/containers");
        let why = "Se llenó otro tubo";
        let new = json!({ "id": id(), "tube": 1, "extra_reason": why });
        let answer = self.post(&path, &new).await.expect(201);
        answer.json["code"].as_str().unwrap().to_owned()
    }
    /// Sends one scan and gives its result.
    pub async fn scans(&self, scan: &Value) -> Value {
        let answer = self.batch(std::slice::from_ref(scan)).await.expect(200);
        answer.json["results"][0].clone()
    }
    /// Sends several scans.
    pub async fn batch(&self, scans: &[Value]) -> Answer {
        self.post("/api/v1/scans", &json!({ "scans": scans })).await
    }
    /// Scans, and panics unless it was recorded.
    pub async fn does<'a>(
        &'a self,
        lab: &'a Lab,
        code: &'a str,
        action: &'a str,
        more: Value,
    ) -> Value {
        let result = self.scans(&scan(lab, code, action, more)).await;
        let done = result["outcome"].as_str().unwrap_or_default();
        assert!(done.starts_with("accepted"), "{action}: {result}");
        result
    }
    /// Draws the tube at the bedside.
    pub async fn collects(&self, lab: &Lab, code: &str) -> Value {
        let more = json!({ "identifiers_confirmed": true, "pull": 1, "volume_ul": 3000 });
        self.does(lab, code, "collect", more).await
    }
}

/// The people of the story and a tube that the nurse has collected.
pub struct Story {
    /// Nurse.
    pub nurse: Client,
    /// Courier.
    pub courier: Client,
    /// Reception.
    pub technician: Client,
    /// The child.
    pub patient: String,
    /// The request.
    pub study: String,
    /// The tube.
    pub code: String,
}

impl Story {
    /// Everything up to the collected tube.
    pub async fn collected(lab: &Lab) -> Self {
        let (nurse, courier, technician) =
            (lab.nurse().await, lab.courier().await, lab.technician().await);
        let patient = nurse.registers(1).await;
        let study = nurse.requests(&patient).await;
        let code = nurse.labels(&study).await;
        nurse.collects(lab, &code).await;
        Self { nurse, courier, technician, patient, study, code }
    }
    /// Everything up to the tube accepted by the laboratory.
    pub async fn accepted(lab: &Lab) -> Self {
        let s = Self::collected(lab).await;
        s.nurse.does(lab, &s.code, "offer", json!({ "to": s.courier.id() })).await;
        s.courier.does(lab, &s.code, "accept-handover", json!({})).await;
        s.technician.does(lab, &s.code, "receive", json!({})).await;
        s.technician.does(lab, &s.code, "accept", json!({})).await;
        s
    }
}
