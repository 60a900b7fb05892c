//! A point of a child's course in words.

use crate::app::App;
use crate::db::Day;
use crate::results::versions::reading::CoursePoint;
use crate::web::{Lang, time};

pub(in crate::results) fn sample_day(app: &App, p: &CoursePoint) -> Option<Day> {
    let at = p.root.collected_at?;
    Some(Day(app.sites.local(Some(p.root.centre_id), at).date()))
}

pub(in crate::results) fn point_name(app: &App, lang: Lang, p: &CoursePoint) -> String {
    match &p.study.timepoint_id {
        Some(t) => t.clone(),
        None => sample_day(app, p).map_or_else(String::new, |d| time::day(lang, d)),
    }
}
