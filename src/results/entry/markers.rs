//! The markers of a population, each brought to its one spelling and its place. Pure.

use super::reader::{Reader, place_of};
use crate::catalogue::Location;
use crate::results::immunophenotype::extent;
use crate::results::immunophenotype::model::Marker;
use crate::results::immunophenotype::typed::TypedMarker;
use crate::results::immunophenotype::words::Expression;
use crate::web::FieldFault;

/// Markers that a population may have.
const MOST: usize = 80;

/// Reads a population's markers.
pub(in crate::results) fn read(
    r: &mut Reader<'_>,
    field: &str,
    typed: &[TypedMarker],
) -> Vec<Marker> {
    if typed.len() > MOST {
        r.refuse(field, "marker-count");
    }
    let mut all: Vec<Marker> = vec![];
    for (at, m) in typed.iter().enumerate().take(MOST) {
        let field = format!("{field}[{at}]");
        let Some(marker) = one(r, &field, m) else { continue };
        if all.iter().any(|t| t.marker == marker.marker && t.location == marker.location) {
            r.refuse(&format!("{field}.marker"), "marker-once");
        } else {
            all.push(marker);
        }
    }
    all
}

fn one(r: &mut Reader<'_>, field: &str, m: &TypedMarker) -> Option<Marker> {
    let of = |name: &str| format!("{field}.{name}");
    let named = named(r, field, m);
    let expression = expression(r, &of("expression"), &m.expression);
    let percent = r.optional(&of("percent"), &m.percent, extent::extent);
    if m.expression.trim().is_empty() && m.percent.trim().is_empty() {
        r.refuse(&of("expression"), "expression-or-percent");
    }
    if expression == Some(Expression::Nd) && percent.is_some() {
        r.refuse(&of("percent"), "not-done-has-no-percent");
    }
    let (marker, location) = named?;
    let (aberrant, unlisted) = (m.aberrant, m.unlisted);
    Some(Marker { marker, location, expression, percent, aberrant, unlisted })
}

/// Its spelling and its place.
fn named(r: &mut Reader<'_>, field: &str, m: &TypedMarker) -> Option<(String, Location)> {
    let name_field = format!("{field}.marker");
    let place_field = format!("{field}.location");
    let faults = r.faults.len();
    let place: Option<Location> = r.word(&place_field, &m.location);
    let typed = r.line(&name_field, &m.marker, 40);
    if typed.is_none() && m.marker.trim().is_empty() {
        r.refuse(&name_field, "required");
    }
    if r.faults.len() > faults {
        return None;
    }
    let typed = typed?;
    let Some((marker, said)) = r.catalogue.markers.find(&typed) else {
        return unlisted(r, m, typed, (&name_field, &place_field), place);
    };
    if m.unlisted {
        r.faults.push(FieldFault::new(name_field, "marker-is-listed").with("marker", typed));
        return None;
    }
    let possible = marker.locations();
    if possible.is_empty() {
        r.faults.push(FieldFault::new(name_field, "marker-own-field").with("marker", typed));
        return None;
    }
    match place_of(said, place, &possible) {
        Ok(place) => Some((marker.name.clone(), place)),
        Err(rule) => {
            let places: Vec<&str> = possible.iter().map(|p| p.as_str()).collect();
            let fault = FieldFault::new(place_field, rule).with("marker", marker.name.as_str());
            r.faults.push(fault.with("places", places.join("-")));
            None
        }
    }
}

/// A marker of no catalogue is taken as typed where somebody says that it is one.
fn unlisted(
    r: &mut Reader<'_>,
    m: &TypedMarker,
    typed: String,
    (name_field, place_field): (&str, &str),
    place: Option<Location>,
) -> Option<(String, Location)> {
    if !m.unlisted {
        r.faults.push(FieldFault::new(name_field, "marker-unknown").with("marker", typed));
        return None;
    }
    if place.is_none() {
        r.refuse(place_field, "required");
    }
    Some((typed, place?))
}

fn expression(r: &mut Reader<'_>, field: &str, text: &str) -> Option<Expression> {
    if text.trim().is_empty() {
        return None;
    }
    let read = Expression::written(text);
    if read.is_none() {
        r.refuse(field, "expression-unclear");
    }
    read
}
