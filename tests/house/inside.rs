//! Keeps the order inside of the large capabilities, whose rooms use only those above them too.

use std::fs;

use super::{root, sources};

/// Capabilities that have rooms of their own, in the order of their `mod.rs`. The list only gets longer.
const WITH_ROOMS: [&str; 4] = ["labels", "printing", "custody", "results"];

/// What a `mod.rs` declares, in its order.
fn declared(text: &str) -> Vec<String> {
    let name = |l: &str| {
        l.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned)
    };
    text.lines().filter_map(name).collect()
}

/// Code without its comments and its tests.
fn code_of(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The parts of a list, from behind its brace to the one that closes it.
fn parts(list: &str) -> Vec<&str> {
    let (mut found, mut from, mut depth) = (vec![], 0, 1);
    for (at, c) in list.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if depth == 0 || (depth == 1 && c == ',') {
            found.push(&list[from..at]);
            from = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    found
}

/// The words that paths begin with behind each `prefix`: one, or those of a list in braces.
fn behind(code: &str, prefix: &str) -> Vec<String> {
    let word = |part: &str| {
        let end = |c: char| !(c.is_alphanumeric() || c == '_');
        part.trim_start().split(end).next().unwrap_or_default().to_owned()
    };
    let mut found = vec![];
    for after in code.split(prefix).skip(1) {
        match after.strip_prefix('{') {
            Some(list) => found.extend(parts(list).into_iter().map(word)),
            None => found.push(word(after)),
        }
    }
    found.retain(|w| !w.is_empty());
    found
}

/// What a file of a capability's room names of that capability, outside of its tests: the word after
/// `crate::<capability>::`, and `super` where it climbs out of its room.
fn named_inside(text: &str, capability: &str, is_in_room: bool) -> Vec<String> {
    let code = code_of(text);
    let mut found = behind(&code, &format!("crate::{capability}::"));
    match is_in_room {
        true if code.contains("super::super::") => found.push("super".to_owned()),
        true => {}
        false => found.extend(behind(&code, "super::")),
    }
    found
}

/// The names that a room uses though only a room below may, or by another way than the room's own.
fn upward_inside(order: &[String], room: &str, named: Vec<String>) -> Vec<String> {
    let place = |room: &str| order.iter().position(|o| o == room);
    let own = place(room).unwrap_or_else(|| panic!("{room} is not declared"));
    named.into_iter().filter(|n| place(n).is_none_or(|p| p > own)).collect()
}

/// Inside a capability it is as outside: a room uses only those above it. Tests may look anywhere.
#[test]
fn a_room_inside_a_capability_uses_only_those_above_it() {
    for capability in WITH_ROOMS {
        let home = root().join("src").join(capability);
        let order = declared(&fs::read_to_string(home.join("mod.rs")).unwrap());
        let mut found = vec![];
        sources(&home, &mut found);
        for (path, text) in found {
            let below = path.strip_prefix(&home).unwrap().display().to_string();
            let (room, is_in_room) = match below.split_once('/') {
                Some((room, _)) => (room, true),
                None => (below.trim_end_matches(".rs"), false),
            };
            if ["mod", "tests"].contains(&room) || below.ends_with("tests.rs") {
                continue;
            }
            let wrong = upward_inside(&order, room, named_inside(&text, capability, is_in_room));
            assert!(wrong.is_empty(), "src/{capability}/{below} names {wrong:?}, below it");
            let says = text.lines().next().unwrap_or_default();
            assert!(says.starts_with("//! "), "src/{capability}/{below} does not say what it is");
        }
    }
    let order = ["letters", "draw"].map(str::to_owned);
    let planted = "use super::face::Face;\nuse crate::labels::draw::svg;\n";
    let named = named_inside(planted, "labels", true);
    assert_eq!(upward_inside(&order, "letters", named.clone()), ["draw"]);
    assert!(upward_inside(&order, "draw", named).is_empty());
    let by_the_face = named_inside("use crate::labels::Template;", "labels", true);
    assert_eq!(upward_inside(&order, "draw", by_the_face), ["Template"]);
    let climbed = named_inside("use super::super::draw::svg;", "labels", true);
    assert_eq!(upward_inside(&order, "letters", climbed), ["super"]);
}

/// Those that name each other in a ring, of files with what they name: what is left when whoever names nobody that is
/// left is taken away, again and again.
fn ring(files: &[(String, Vec<String>)]) -> Vec<String> {
    let mut left: Vec<String> = files.iter().map(|(file, _)| file.clone()).collect();
    loop {
        let before = left.clone();
        let names_one = |file: &String| {
            files.iter().any(|(f, to)| f == file && to.iter().any(|t| t != f && before.contains(t)))
        };
        left.retain(names_one);
        if left.len() == before.len() {
            return left;
        }
    }
}

/// Of two files that name each other neither can be read first. What ties a room together is its `mod.rs`.
#[test]
fn files_of_a_room_name_each_other_in_no_ring() {
    for capability in WITH_ROOMS {
        let home = root().join("src").join(capability);
        for room in declared(&fs::read_to_string(home.join("mod.rs")).unwrap()) {
            if !home.join(&room).is_dir() {
                continue;
            }
            let mut found = vec![];
            sources(&home.join(&room), &mut found);
            let files: Vec<(String, Vec<String>)> = found
                .iter()
                .filter(|(path, _)| !path.to_string_lossy().ends_with("tests.rs"))
                .map(|(path, text)| {
                    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                    let own = format!("crate::{capability}::{room}::");
                    let code = code_of(text);
                    (name, [behind(&code, "super::"), behind(&code, &own)].concat())
                })
                .collect();
            assert_eq!(ring(&files), Vec::<String>::new(), "src/{capability}/{room}");
        }
    }
    let names = |text: &str| behind(&code_of(text), "super::");
    let planted = [
        ("face".to_owned(), names("use super::accent::{self, is_accent};")),
        ("accent".to_owned(), names("use super::{\n    face::{Face, open},\n    text,\n};")),
        (
            "text".to_owned(),
            names("fn f() { super::glyphs::draw() }\n#[cfg(test)]\nuse super::face;"),
        ),
    ];
    assert_eq!(ring(&planted), ["face", "accent"]);
}
