//! Puts what the browser and the reader need into the binary: first-party CSS and scripts (one
//! content hash over all of them, used as a folder in their URL), the label templates, the
//! catalogue's data files and the Fluent texts of both languages. Nothing is fetched.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    println!("cargo:rerun-if-changed=migrations");

    let mut hash = DefaultHasher::new();
    let mut table = String::from(
        "/// (name under `/a/<build>/`, bytes)\npub static FILES: &[(&str, &[u8])] = &[\n",
    );
    for (name, path) in files(&root, &["web/css", "web/js", "web/img"]) {
        let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let name = name.trim_start_matches("web/").to_owned();
        (&name, &bytes).hash(&mut hash);
        table.push_str(&format!("    ({name:?}, include_bytes!({path:?})),\n"));
    }
    table.push_str(&format!(
        "];\n/// Changes whenever an asset does.\npub const BUILD: &str = \"{:016x}\";\n",
        hash.finish()
    ));
    write(&out.join("assets.rs"), &table);

    text_table(&root, &out, "locales", "texts.rs");
    text_table(&root, &out, "labels", "label_templates.rs");
    text_table(&root, &out, "catalogue", "catalogue_files.rs");
    column_table(&root, &out);
}

/// Every table of `src/schema.rs` with its key and its columns, for what is done alike with all of them.
fn column_table(root: &Path, out: &Path) {
    println!("cargo:rerun-if-changed=src/schema.rs");
    let schema = fs::read_to_string(root.join("src/schema.rs")).expect("src/schema.rs");
    let mut table = String::from("/// Every table.\npub static TABLES: &[Table] = &[\n");
    for text in schema.split("diesel::table! {").skip(1) {
        let lines = text.lines().map(str::trim).take_while(|l| *l != "}" || l.is_empty());
        let lines: Vec<&str> = lines
            .filter(|l| !l.is_empty() && !l.starts_with("//") && !l.starts_with("use "))
            .collect();
        let (name, rest) = lines[0].split_once(" (").expect("name (key) {");
        let keys = rest.split_once(')').expect("name (key) {").0;
        let keys: Vec<&str> = keys.split(',').map(str::trim).collect();
        table.push_str(&format!("    Table {{ name: {name:?}, key: &{keys:?}, columns: &[\n"));
        for line in &lines[1..] {
            let (column, of) =
                line.trim_end_matches(',').split_once(" -> ").expect("column -> type");
            let of = of.trim_start_matches("Nullable<").trim_end_matches('>');
            table.push_str(&format!("        Column {{ name: {column:?}, kind: Kind::{of} }},\n"));
        }
        table.push_str("    ] },\n");
    }
    table.push_str("];\n");
    write(&out.join("columns.rs"), &table);
}

/// `FILES: &[(relative name, text)]` of everything under `dir`.
fn text_table(root: &Path, out: &Path, dir: &str, to: &str) {
    let mut table = String::from(
        "/// (file name below its folder, text)\npub static FILES: &[(&str, &str)] = &[\n",
    );
    for (name, path) in files(root, &[dir]) {
        let name = &name[dir.len() + 1..];
        table.push_str(&format!("    ({name:?}, include_str!({path:?})),\n"));
    }
    table.push_str("];\n");
    write(&out.join(to), &table);
}

fn files(root: &Path, dirs: &[&str]) -> Vec<(String, PathBuf)> {
    let mut found = vec![];
    for dir in dirs {
        println!("cargo:rerun-if-changed={dir}");
        walk(&root.join(dir), dir, &mut found);
    }
    found.sort();
    found
}

fn walk(dir: &Path, prefix: &str, found: &mut Vec<(String, PathBuf)>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            walk(&entry.path(), &name, found);
        } else {
            found.push((name, entry.path()));
        }
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}
