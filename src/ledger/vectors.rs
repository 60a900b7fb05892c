//! The vectors of `docs/ledger.md`: made by Python's hashlib and by openssl(1), reproduced here
//! byte for byte, and the document held against them.

use std::process::Command;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::SigningKey;
use serde_json::Value;

use super::entry::{binds, commitment, entry};
use super::note::{Checkpoint, parse_verifier_key, proof_file, verifier_key};
use super::tree::{
    Frontier, Hash, Nodes, check_consistency, check_inclusion, leaf_hash, prove_consistency,
    prove_inclusion, root_at,
};

const DOCUMENT: &str = include_str!("../../docs/ledger.md");

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/ledger.json")).unwrap()
}

fn text<'a>(v: &'a Value, key: &str) -> &'a str {
    v[key].as_str().unwrap_or_else(|| panic!("{key} of {v}"))
}

fn hash(text: &str) -> Hash {
    BASE64.decode(text).unwrap().try_into().unwrap()
}

fn hashes(list: &Value) -> Vec<Hash> {
    list.as_array().unwrap().iter().map(|h| hash(h.as_str().unwrap())).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |i: usize| u8::from_str_radix(&text[i..i + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

fn entries(v: &Value) -> Vec<String> {
    let events = v["events"].as_array().unwrap();
    events.iter().map(|e| text(e, "entry").to_owned()).collect()
}

struct Leaves(Vec<Hash>);
impl Nodes for Leaves {
    type Error = ();
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, ()> {
        let (from, to) = ((index << level) as usize, ((index + 1) << level) as usize);
        let mut frontier = Frontier::default();
        self.0.get(from..to).ok_or(())?.iter().for_each(|h| frontier.push(*h, |_, _, _| ()));
        Ok(frontier.root())
    }
}

fn leaves(v: &Value) -> Leaves {
    Leaves(entries(v).iter().map(|e| leaf_hash(e.as_bytes())).collect())
}

#[test]
fn entries_and_leaves_are_the_documented_ones() {
    let v = vectors();
    let events = v["events"].as_array().unwrap();
    assert_eq!(events.len(), 8);
    for e in events {
        let (salt, body) = (unhex(text(e, "salt_hex")), text(e, "body"));
        let (event, ms) = (text(e, "event").parse().unwrap(), e["ms"].as_i64().unwrap());
        let made = entry(event, ms, &commitment(&salt, body));
        assert_eq!(made, text(e, "entry"));
        assert!(binds(&made, &salt, body));
        assert_eq!(leaf_hash(made.as_bytes()), hash(text(e, "leaf")));
    }
}

#[test]
fn roots_and_proofs_are_the_documented_ones() {
    let v = vectors();
    let mut nodes = leaves(&v);
    let mut frontier = Frontier::default();
    for (leaf, root) in nodes.0.clone().into_iter().zip(hashes(&v["roots"])) {
        frontier.push(leaf, |_, _, _| ());
        assert_eq!(frontier.root(), root);
        assert_eq!(root_at(&mut nodes, frontier.size()), Ok(root));
    }
    let (index, size) = (v["inclusion"]["index"].as_u64().unwrap(), 7);
    let path = hashes(&v["inclusion"]["path"]);
    assert_eq!(prove_inclusion(&mut nodes, index, size), Ok(path.clone()));
    let (leaf, root) = (nodes.0[index as usize], hashes(&v["roots"])[6]);
    assert!(check_inclusion(&leaf, index, size, &path, &root));
    let path = hashes(&v["consistency"]["path"]);
    assert_eq!(prove_consistency(&mut nodes, 3, 7), Ok(path.clone()));
    assert!(check_consistency(3, 7, &hashes(&v["roots"])[2], &root, &path));
}

#[test]
fn notes_and_the_proof_file_are_the_documented_ones() {
    let v = vectors();
    let key = SigningKey::from_bytes(&unhex(text(&v, "seed_hex")).try_into().unwrap());
    let origin = text(&v, "origin");
    assert_eq!(verifier_key(origin, &key.verifying_key()), text(&v, "vkey"));
    let (name, public) = parse_verifier_key(text(&v, "vkey")).unwrap();
    for (size, note) in [(2, text(&v, "checkpoint_of_2")), (7, text(&v, "checkpoint_of_7"))] {
        let root = hashes(&v["roots"])[size as usize - 1];
        let checkpoint = Checkpoint { origin: origin.to_owned(), size, root };
        assert_eq!(checkpoint.sign(&key), note);
        assert_eq!(Checkpoint::verified(note, &name, &public), Some(checkpoint));
    }
    let path = hashes(&v["inclusion"]["path"]);
    let made = proof_file(2, &path, text(&v, "checkpoint_of_7"), &entries(&v)[2]);
    assert_eq!(made, text(&v, "proof_file"));
}

/// The lines of a text as the document indents them.
fn shown(text: &str) -> String {
    let indent = |l: &str| if l.is_empty() { String::new() } else { format!("    {l}") };
    text.lines().map(indent).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_document_shows_the_vectors() {
    let v = vectors();
    for whole in ["checkpoint_of_2", "proof_file", "vkey"] {
        assert!(DOCUMENT.contains(&shown(text(&v, whole))), "{whole}");
    }
    assert!(DOCUMENT.contains(&shown(text(&v["events"][1], "body"))));
    for (n, root) in v["roots"].as_array().unwrap().iter().enumerate() {
        let line = format!("| {} | `{}` |", n + 1, root.as_str().unwrap());
        assert!(DOCUMENT.contains(&line), "{line}");
    }
    let path: Vec<&str> =
        v["consistency"]["path"].as_array().unwrap().iter().map(|h| h.as_str().unwrap()).collect();
    assert!(DOCUMENT.contains(&shown(&path.join("\n"))));
}

#[test]
fn the_documents_commands_give_the_vectors() {
    let v = vectors();
    let (_, rest) = DOCUMENT.split_once("```sh\n").unwrap();
    let (commands, _) = rest.split_once("```").unwrap();
    let out = Command::new("bash").args(["-euc", commands]).output().expect("bash and openssl");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let second = &v["events"][1];
    let expected = [
        text(second, "entry"),
        &format!("{}\n{}\n", text(second, "leaf"), v["roots"][1].as_str().unwrap()),
        text(&v, "checkpoint_of_2"),
    ];
    assert_eq!(String::from_utf8(out.stdout).unwrap(), expected.concat());
}
