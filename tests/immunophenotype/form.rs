//! The analyst's page: a panel's markers, more rows and populations, and nothing typed is lost.

use serde_json::json;

use super::{asked, path};
use crate::support::course::{Asked, Cast};
use crate::support::story::id;
use crate::support::{Client, both};

/// The value of the hidden key of a form on a page.
fn key_of(page: &str) -> String {
    let at = page.split("name=\"id\" value=\"").nth(1).expect("a key");
    at.split('"').next().unwrap().to_owned()
}

/// The rows of a page: name and place of each.
fn rows_of(page: &str) -> Vec<(String, String)> {
    let row = |part: &str| {
        let name = part.split("name=\"marker\"").nth(1).unwrap();
        let name = name.split(" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let place =
            part.split("name=\"location\"").nth(1).unwrap().split("</select>").next().unwrap();
        let chosen = place.split("<option value=\"").find(|o| o.contains("\" selected"));
        (name.to_owned(), chosen.map_or("", |o| o.split('"').next().unwrap()).to_owned())
    };
    page.split("class=\"marker\"").skip(1).map(row).collect()
}

async fn sends(who: &Client, a: &Asked, fields: &[(&str, &str)]) -> crate::support::Answer {
    who.form(&format!("/es/resultados/{}/inmunofenotipo", a.study), fields).await
}

#[test]
fn the_form_offers_a_panels_markers_and_loses_nothing() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (_, a) = asked(&lab, &cast, 1).await;
        let who = &cast.analyst;
        let new = who.get(&format!("/es/resultados/{}/nuevo", a.study)).await.expect(303);
        let own = format!("/es/resultados/{}/inmunofenotipo", a.study);
        assert_eq!(new.headers["location"], own);
        let page = who.get(&own).await.expect(200).text();
        assert!(
            !page.contains("checked") && !page.contains(" selected"),
            "nothing is chosen: {page}"
        );
        let key = key_of(&page);
        let begun = [
            ("id", key.as_str()),
            ("container", &a.code),
            ("evaluable", "yes"),
            ("conclusion", "B-ALL"),
            ("denominator", "NUCLEATED_CELLS"),
            ("comment", "médula <hipocelular>"),
        ];
        let cells =
            [("population", "Blastos"), ("population_percent", "82.5"), ("offer", "EF-ALOT")];
        let offered = [&begun[..], &cells, &[("step", "offer-0")]].concat();
        let page = sends(who, &a, &offered).await.expect(200).text();
        let rows = rows_of(&page);
        let alot = [
            ("CD3", "cy"),
            ("CD45", "sm"),
            ("MPO", "cy"),
            ("CD79a", "cy"),
            ("CD34", "sm"),
            ("CD19", "sm"),
            ("CD7", "sm"),
            ("CD3", "sm"),
        ];
        for (name, place) in alot {
            assert!(
                rows.contains(&(name.to_owned(), place.to_owned())),
                "{name} {place}: {rows:?}"
            );
        }
        assert!(
            page.contains("médula &lt;hipocelular&gt;") && page.contains("value=\"82.5\""),
            "{page}"
        );
        assert!(page.contains("name=\"panels\" value=\"EF-ALOT\""), "{page}");
        who.get(&path(&a)).await.expect(404);

        // CD19 negative, MPO twice, one row of a panel left out, one free row that means nothing.
        let typed = |cd19: &'static str, last: &'static str| {
            let mut fields = begun.to_vec();
            fields.extend([
                ("panels", "EF-ALOT"),
                ("population", "Blastos"),
                ("population_percent", "82.5"),
            ]);
            for (offered, name, place, strength, percent) in [
                ("1", "CD3", "cy", "NEG", ""),
                ("1", "CD34", "sm", "", ""),
                ("1", "CD19", "sm", cd19, ""),
                ("1", "CD79a", "cy", "STRONG", ">= 90 %"),
                ("", last, "", "WEAK", "45"),
            ] {
                fields.extend([
                    ("row_of", "0"),
                    ("row_offered", offered),
                    ("marker", name),
                    ("location", place),
                    ("expression", strength),
                    ("percent", percent),
                ]);
            }
            fields.extend([
                ("aberrant", "3"),
                ("population", "Linfocitos T"),
                ("population_percent", "10"),
                ("normal", "1"),
            ]);
            fields
        };
        let refused = sends(who, &a, &typed("NEG", "CD999")).await.expect(422).text();
        let at = "populations[0].markers[3].marker";
        assert!(
            refused.contains("href=\"#f-populations-0--markers-3--marker\""),
            "{at}: {refused}"
        );
        assert!(refused.contains("«CD999» no está en el catálogo"), "{refused}");
        assert!(refused.contains("name=\"unlisted\" value=\"4\""), "a way on: {refused}");
        assert!(
            refused.contains("value=\"CD999\"") && refused.contains("value=\"&gt;= 90 %\""),
            "{refused}"
        );
        let refused = sends(who, &a, &typed("NEG", "cyMPO")).await.expect(422).text();
        for word in [
            "f-explanations-P01",
            "f-explanations-P08",
            "Se concluye LLA-B y CD19 es negativo.",
            "Después de un tratamiento contra CD19",
            "value=\"Linfocitos T\"",
        ] {
            assert!(refused.contains(word), "{word}: {refused}");
        }
        who.get(&path(&a)).await.expect(404);
        let why = [
            ("contradiction", "P01"),
            ("why", "after-anti-cd19"),
            ("why_text", ""),
            ("contradiction", "P08"),
            ("why", ""),
            ("why_text", ""),
        ];
        let half = [typed("NEG", "cyMPO"), why.to_vec()].concat();
        let refused = sends(who, &a, &half).await.expect(422).text();
        assert!(refused.contains("f-explanations-P08"), "{refused}");
        assert!(refused.contains("value=\"after-anti-cd19\" selected"), "{refused}");
        let why = [
            ("contradiction", "P01"),
            ("why", "after-anti-cd19"),
            ("why_text", ""),
            ("contradiction", "P08"),
            ("why", "isolated-dim-mpo"),
            ("why_text", ""),
        ];
        let whole = [typed("NEG", "cyMPO"), why.to_vec()].concat();
        sends(who, &a, &whole).await.expect(303);

        let told = who.get(&path(&a)).await.expect(200).json;
        assert_eq!(told["versions"][0]["id"], key);
        let finding = &told["versions"][0]["record"]["finding"];
        assert_eq!(
            finding["populations"][0]["markers"],
            json!([
                { "marker": "CD3", "location": "cy", "expression": "NEG" },
                { "marker": "CD19", "location": "sm", "expression": "NEG" },
                { "marker": "CD79a", "location": "cy", "expression": "STRONG", "percent": "≥90", "aberrant": true },
                { "marker": "MPO", "location": "cy", "expression": "WEAK", "percent": "45" },
            ])
        );
        assert_eq!(
            finding["populations"][1],
            json!({ "name": "Linfocitos T", "percent": "10", "markers": [], "normal": true })
        );
        let page = who.get(&format!("/es/resultados/{}", a.study)).await.expect(200).text();
        let left = page.split("Del panel, no determinados:").nth(1).expect("what was not done");
        for name in ["CD45", "CD34", "CD7"] {
            assert!(left.split("</p>").next().unwrap().contains(name), "{name}: {left}");
        }
    });
}

#[test]
fn the_form_takes_four_populations_and_more_rows() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (_, a) = asked(&lab, &cast, 1).await;
        let who = &cast.analyst;
        let key = id();
        let mut fields = vec![
            ("id", key.as_str()),
            ("container", &a.code),
            ("evaluable", "yes"),
            ("conclusion", "T-ALL"),
            ("denominator", "NUCLEATED_CELLS"),
        ];
        for n in ["1", "2", "3"] {
            fields.extend([("population", n), ("population_percent", "20"), ("clone", "A")]);
        }
        let mut more = fields.clone();
        more.push(("step", "add"));
        let page = sends(who, &a, &more).await.expect(200).text();
        assert_eq!(page.matches("name=\"population\"").count(), 4, "{page}");
        more.pop();
        more.push(("step", "rows-1"));
        let page = sends(who, &a, &more).await.expect(200).text();
        assert!(rows_of(&page).len() >= 6, "{page}");
        fields.extend([("population", "4"), ("population_percent", "20"), ("clone", "A")]);
        fields.extend([
            ("row_of", "3"),
            ("row_offered", ""),
            ("marker", "smCD3"),
            ("location", ""),
            ("expression", "STRONG"),
            ("percent", ""),
        ]);
        sends(who, &a, &fields).await.expect(303);
        let told = who.get(&path(&a)).await.expect(200).json;
        let populations =
            told["versions"][0]["record"]["finding"]["populations"].as_array().unwrap();
        assert_eq!(populations.len(), 4);
        assert!(populations.iter().all(|p| p["clone"] == "A"));
        assert_eq!(populations[3]["markers"][0]["marker"], "CD3");
    });
}
