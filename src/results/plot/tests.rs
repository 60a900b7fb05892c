//! What the picture of a course must hold.

use super::labels::Rect;
use super::*;
use crate::catalogue::{Denominator, Method};

const OF: Denominator = Denominator::NucleatedCells;

fn point(day: f64, value: Value, denominator: Denominator, blood: bool) -> Point {
    let specimen = if blood { SpecimenKind::Blood } else { SpecimenKind::Marrow };
    Point {
        label: format!("D{day}"),
        day,
        line: Line { specimen, method: Method::Fcm, denominator },
        thresholds: vec![100],
        value,
        text: match value {
            Value::Percent(v) => Share::new((v * 1e7) as u64, 1_000_000_000).text(&[]),
            Value::BelowLoq => "≈ 0.0028\u{202f}%".into(),
            Value::NotDetected | Value::Inconclusive => "< 0.002\u{202f}%".into(),
        },
        lod: 0.002,
        loq: 0.005,
        flag: None,
        doubted: None,
    }
}

fn svg(points: Vec<Point>) -> String {
    let plot = Plot {
        points,
        lanes: vec![],
        ticks: vec![(14.0, "D15".into())],
        denominator: "células nucleadas".into(),
    };
    plot.svg(Lang::Es).into_string()
}

#[test]
fn br_22_another_denominator_or_specimen_is_never_joined() {
    let s = svg(vec![
        point(0.0, Value::Percent(80.0), OF, false),
        point(14.0, Value::Percent(1.2), Denominator::MononuclearCells, false),
        point(15.0, Value::Percent(1.2), OF, true),
    ]);
    assert_eq!(s.matches("class=\"segment\"").count(), 0);
}

#[test]
fn a_line_is_solid_only_between_two_numbers() {
    let s = svg(vec![
        point(0.0, Value::Percent(80.0), OF, false),
        point(14.0, Value::Percent(1.2), OF, false),
        point(32.0, Value::BelowLoq, OF, false),
        point(77.0, Value::NotDetected, OF, false),
    ]);
    assert_eq!(s.matches("class=\"segment\"").count(), 3);
    assert_eq!(s.matches("stroke-dasharray=\"5 5\"").count(), 2);
}

#[test]
fn the_inconclusive_is_joined_to_nothing_and_says_so() {
    let s = svg(vec![
        point(0.0, Value::Percent(80.0), OF, false),
        point(14.0, Value::Inconclusive, OF, false),
    ]);
    assert_eq!(s.matches("class=\"segment\"").count(), 0);
    assert!(s.contains("no concluyente"));
}

/// The texts of a drawing: left, top, right, bottom of each line, from its attributes.
fn drawn(svg: &str) -> Vec<(String, Rect)> {
    let mut found = vec![];
    for text in svg.split("<text class=\"value\"").skip(1) {
        let of = |part: &str, name: &str| {
            let rest = part.split(&format!("{name}=\"")).nth(1).unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        let anchor = of(text, "text-anchor");
        let body = text.split("</text>").next().unwrap();
        let mut all: Option<(String, Rect)> = None;
        for span in body.split("<tspan").skip(1) {
            let number = |name: &str| of(span, name).parse::<f64>().unwrap();
            let (x, base, size) = (number(" x"), number(" y"), number("font-size"));
            let words = span.split('>').nth(1).unwrap().split("</tspan").next().unwrap();
            let words = words.replace("&lt;", "<");
            let wide = labels::width(&words, size);
            let left = match anchor.as_str() {
                "start" => x,
                "end" => x - wide,
                _ => x - wide / 2.0,
            };
            let own = Rect {
                left,
                top: base - size * 0.8,
                right: left + wide,
                bottom: base + size * 0.2,
            };
            all = Some(match all {
                None => (words, own),
                Some((first, r)) => (
                    first,
                    Rect {
                        left: r.left.min(own.left),
                        top: r.top.min(own.top),
                        right: r.right.max(own.right),
                        bottom: r.bottom.max(own.bottom),
                    },
                ),
            });
        }
        found.extend(all);
    }
    found
}

/// Each text lies inside one phase, none on another.
fn assert_apart(points: &[Point], svg: &str) -> usize {
    let x = XScale::new(&points.iter().map(|p| p.day).collect::<Vec<_>>());
    let texts = drawn(svg);
    for (i, (words, r)) in texts.iter().enumerate() {
        let inside = x.phases().iter().any(|p| r.left >= p.left && r.right <= p.left + p.width);
        assert!(inside, "{words} leaves its phase: {r:?}");
        assert!(r.top >= TOP - 1.0 && r.bottom <= HEIGHT - BOTTOM + 1.0, "{words}: {r:?}");
        for (other, o) in &texts[i + 1..] {
            let apart =
                r.right <= o.left || o.right <= r.left || r.bottom <= o.top || o.bottom <= r.top;
            assert!(apart, "{words} {r:?} is on {other} {o:?}");
        }
    }
    texts.len()
}

/// The course of the demonstration: a text beside each of two gaps, and a crowded end.
fn course() -> Vec<Point> {
    let at =
        |day: f64, value, lod: f64| Point { lod, loq: lod * 2.5, ..point(day, value, OF, false) };
    vec![
        Point {
            line: Line { specimen: SpecimenKind::Blood, ..at(0.0, Value::NotDetected, 1.0).line },
            ..at(7.0, Value::Percent(3.4), 0.0016)
        },
        at(14.0, Value::Percent(1.2), 0.0008),
        at(32.0, Value::BelowLoq, 0.0016),
        at(77.0, Value::NotDetected, 0.0005),
        at(139.0, Value::NotDetected, 0.013),
        at(189.0, Value::NotDetected, 0.000_51),
        at(369.0, Value::Percent(0.021), 0.000_39),
        Point { flag: Some("Recaída".into()), ..at(426.0, Value::Percent(14.0), 0.000_91) },
    ]
}

#[test]
fn no_text_lies_on_a_gap_or_on_another() {
    let points = course();
    assert_eq!(assert_apart(&points, &svg(points.clone())), 8, "each has its text");
    // At each side of each gap, and at the ends, high and low.
    for value in [Value::Percent(99.9), Value::Percent(0.0001), Value::BelowLoq] {
        let days = [-1.0, 0.0, 44.0, 45.0, 46.0, 119.0, 120.0, 121.0, 449.0];
        let points: Vec<_> = days.iter().map(|d| point(*d, value, OF, false)).collect();
        assert_eq!(assert_apart(&points, &svg(points.clone())), points.len(), "{value:?}");
    }
    for value in [Value::NotDetected, Value::Inconclusive] {
        let days = [1.0, 44.0, 46.0, 119.0, 121.0, 449.0];
        let points: Vec<_> = days.iter().map(|d| point(*d, value, OF, false)).collect();
        assert_eq!(assert_apart(&points, &svg(points.clone())), points.len(), "{value:?}");
    }
}

/// A number that may be another child's is no point of the line: a line through it would be a trend.
#[test]
fn a_doubted_sample_is_marked_and_joined_to_nothing() {
    let mut points = course();
    let doubted = points.len() - 2;
    points[doubted].doubted = Some("Bajo investigación".into());
    let drawn = svg(points.clone());
    assert!(drawn.contains("Bajo investigación") && drawn.contains("class=\"doubted\""), "{drawn}");
    let plot = Plot { points, ..Plot::default() };
    let of = &plot.points[doubted];
    assert!(plot.segments().iter().all(|(a, b, _)| *a != of && *b != of));
}

proptest::proptest! {
    #[test]
    fn texts_stay_apart_whatever_the_course(samples in proptest::collection::vec((0.0_f64..900.0, 0_u8..4, 1e-4_f64..50.0), 1..30)) {
        let mut points: Vec<Point> = samples
            .iter()
            .map(|(day, kind, v)| {
                let value = match kind {
                    0 => Value::Percent(*v),
                    1 => Value::BelowLoq,
                    2 => Value::NotDetected,
                    _ => Value::Inconclusive,
                };
                point(day.round(), value, OF, false)
            })
            .collect();
        points.sort_by(|a, b| a.day.total_cmp(&b.day));
        assert_apart(&points, &svg(points.clone()));
    }
}

#[test]
fn it_draws_nothing_one_and_forty_samples() {
    assert!(svg(vec![]).contains("<svg"));
    assert!(svg(vec![point(0.0, Value::NotDetected, OF, false)]).contains("&lt; 0.002"));
    let many = (0..40).map(|i| point(f64::from(i) * 30.0, Value::Percent(0.02), OF, false));
    let s = svg(many.collect());
    assert_eq!(s.matches("class=\"mark\"").count(), 40);
    assert!(!s.contains("NaN") && !s.contains("inf"));
}
