//! Forms that bring a file (`multipart/form-data`, RFC 7578), as browsers send them: the texts become the form
//! that every other one is, the file is handed on beside it.

use bytes::Bytes;

/// The file of a form, for its handler (`axum::Extension`).
#[derive(Debug, Clone)]
pub struct Upload(pub Bytes);

/// Parts of a form, at most.
const PARTS: usize = 40;

/// A form in its parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parted {
    /// Names and values of its texts, in order.
    pub texts: Vec<(String, String)>,
    /// The bytes of its file; nothing where none was chosen.
    pub file: Option<Bytes>,
}

/// The boundary that a content type names, if it is a form in parts.
pub fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let named = parameters.split(';').find_map(|p| p.trim().strip_prefix("boundary="))?;
    let plain = named.trim_matches('"');
    (1..=70).contains(&plain.len()).then_some(plain)
}

/// Takes a form apart; nothing if it is none.
pub fn parted(body: &Bytes, boundary: &str) -> Option<Parted> {
    let (first, between) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    if !body.starts_with(first.as_bytes()) {
        return None;
    }
    let (mut at, mut found) = (first.len(), Parted::default());
    for _ in 0..=PARTS {
        if body[at..].starts_with(b"--") {
            return Some(found);
        }
        let from = at + body[at..].starts_with(b"\r\n").then_some(2)?;
        let end = from + position(&body[from..], between.as_bytes())?;
        let blank = position(&body[from..end], b"\r\n\r\n")?;
        let head = std::str::from_utf8(&body[from..from + blank]).ok()?;
        found.add(head, body.slice(from + blank + 4..end))?;
        at = end + between.len();
    }
    None
}

impl Parted {
    /// Adds a part by what its head says of it; a second file is none of ours.
    fn add(&mut self, head: &str, content: Bytes) -> Option<()> {
        let disposition = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-disposition").then_some(value)
        })?;
        let name = quoted(disposition, " name=\"")?;
        if quoted(disposition, " filename=\"").is_none() {
            let text = std::str::from_utf8(&content).ok()?;
            self.texts.push((name.to_owned(), text.to_owned()));
            return Some(());
        }
        if self.file.is_some() {
            return None;
        }
        self.file = (!content.is_empty()).then_some(content);
        Some(())
    }
}

/// The quoted value after `key`. Browsers write a quote within it as `%22`.
fn quoted<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = &text[text.find(key)? + key.len()..];
    rest.split('"').next()
}

fn position(hay: &[u8], what: &[u8]) -> Option<usize> {
    // The first byte alone is looked for first: what lies between is a file.
    let mut from = 0;
    while let Some(next) = hay[from..].iter().position(|b| *b == what[0]) {
        let at = from + next;
        if hay[at..].starts_with(what) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(parts: &[(&str, &[u8])]) -> Bytes {
        let mut all = vec![];
        for (head, content) in parts {
            all.extend(format!("--xYz\r\nContent-Disposition: form-data;{head}\r\n\r\n").bytes());
            all.extend(*content);
            all.extend(b"\r\n");
        }
        all.extend(b"--xYz--\r\n");
        all.into()
    }

    #[test]
    fn texts_and_a_file_come_apart_byte_for_byte() {
        let file: &[u8] = b"%PDF-1.4\r\n\r\n--xY not the end \xff\x00\r\n--xyz\r\n%%EOF\r\n";
        let sent = body(&[
            (" name=\"title\"", "Informe «externo»".as_bytes()),
            (" name=\"file\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf", file),
        ]);
        let found = parted(&sent, "xYz").unwrap();
        assert_eq!(found.texts, [("title".to_owned(), "Informe «externo»".to_owned())]);
        assert_eq!(found.file.as_deref(), Some(file));
        let none = body(&[(" name=\"file\"; filename=\"\"", b"")]);
        assert_eq!(parted(&none, "xYz"), Some(Parted::default()));
    }

    #[test]
    fn what_is_no_such_form_is_none() {
        let good = body(&[(" name=\"a\"", b"1")]);
        assert!(parted(&good, "xYz").is_some());
        for cut in 0..good.len() - 4 {
            assert_eq!(parted(&good.slice(..cut), "xYz"), None, "{cut}");
        }
        assert_eq!(parted(&good, "other"), None);
        assert_eq!(parted(&body(&[(" name=\"a\"", b"\xff")]), "xYz"), None);
        let file = (" name=\"f\"; filename=\"x\"", &b"1"[..]);
        assert_eq!(parted(&body(&[file, file]), "xYz"), None);
        assert_eq!(parted(&body(&[(" nome=\"a\"", b"1")]), "xYz"), None);
        assert_eq!(parted(&body(&vec![(" name=\"a\"", &b"1"[..]); 41]), "xYz"), None);
        assert!(parted(&body(&vec![(" name=\"a\"", &b"1"[..]); 40]), "xYz").is_some());
    }

    #[test]
    fn a_boundary_is_read_where_there_is_one() {
        let of = |t| boundary(t);
        assert_eq!(of("multipart/form-data; boundary=----WebKitx"), Some("----WebKitx"));
        assert_eq!(of("Multipart/Form-Data; charset=utf-8; boundary=\"a b\""), Some("a b"));
        for none in
            ["multipart/form-data", "multipart/mixed; boundary=a", "multipart/form-data; boundary="]
        {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
