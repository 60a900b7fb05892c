//! The field that every form of a page carries, and how it is taken out of what was sent.

use bytes::Bytes;
use uuid::Uuid;

/// The name of that field; no form has another one of this name.
pub const MARK: &str = "drawn";

/// What a form must not lose, and what must not be kept of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Secrets {
    /// Nothing in it is typed or chosen: there is nothing to keep.
    #[default]
    All,
    /// The names of its password fields.
    Named(Vec<String>),
}

/// For whom, where and as what a form was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The session it was drawn in: names its person, whatever the sender says.
    pub session: Uuid,
    /// What was kept of it before, if it was drawn as it was left.
    pub kept: Option<Uuid>,
    /// What is never kept of it.
    pub secrets: Secrets,
    /// The address of the page it stands on.
    pub page: String,
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kept = self.kept.map_or_else(|| "-".to_owned(), |id| id.simple().to_string());
        let secrets = match &self.secrets {
            Secrets::All => "*".to_owned(),
            Secrets::Named(names) if names.is_empty() => "-".to_owned(),
            Secrets::Named(names) => names.join(","),
        };
        write!(f, "{} {kept} {secrets} {}", self.session.simple(), self.page)
    }
}

impl std::str::FromStr for Mark {
    type Err = ();

    /// Any other text than one that a page was given is none.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(4, ' ');
        let mut part = || parts.next().ok_or(());
        let session = part()?.parse().map_err(|_| ())?;
        let kept = match part()? {
            "-" => None,
            id => Some(id.parse().map_err(|_| ())?),
        };
        let secrets = match part()? {
            "*" => Secrets::All,
            "-" => Secrets::Named(vec![]),
            names => Secrets::Named(names.split(',').map(str::to_owned).collect()),
        };
        let page = part()?;
        // An address that another page could have put there leads nowhere.
        let own = ["/es", "/en"].iter().any(|lang| {
            page.strip_prefix(lang).is_some_and(|r| r.is_empty() || r.starts_with(['/', '?']))
        });
        let plain = page.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        if !own || !plain || page.contains("//") {
            return Err(());
        }
        Ok(Self { session, kept, secrets, page: page.to_owned() })
    }
}

/// A form that was sent, parted into what its page put in and what the person did.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The mark, if it is one.
    pub mark: Option<Mark>,
    /// The rest, byte for byte.
    pub rest: Bytes,
}

impl Sent {
    /// Takes the mark out of a body (`application/x-www-form-urlencoded`). Two are none.
    pub fn of(body: &Bytes) -> Self {
        let is_mark = |part: &&[u8]| part.starts_with(b"drawn=");
        let parts = || body.split(|b| *b == b'&');
        let mut marks = parts().filter(is_mark);
        let mark = match (marks.next(), marks.next()) {
            (Some(one), None) => pairs(one).pop().and_then(|(_, value)| value.parse().ok()),
            _ => None,
        };
        let rest: Vec<&[u8]> = parts().filter(|p| !is_mark(p)).collect();
        Self { mark, rest: rest.join(&b'&').into() }
    }
    /// What was typed and chosen, but for what is secret; nothing if it can't be read.
    pub fn typed(&self) -> Vec<(String, String)> {
        let Some(Mark { secrets: Secrets::Named(names), .. }) = &self.mark else { return vec![] };
        pairs(&self.rest).into_iter().filter(|(name, _)| !names.contains(name)).collect()
    }
}

fn pairs(body: &[u8]) -> Vec<(String, String)> {
    serde_html_form::from_bytes(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(page: &str) -> Mark {
        let secrets = Secrets::Named(vec!["password".into()]);
        Mark { session: Uuid::now_v7(), kept: Some(Uuid::now_v7()), secrets, page: page.into() }
    }

    #[test]
    fn a_mark_comes_back_as_it_was_sent() {
        for page in
            ["/es/pacientes/nuevo", "/en?x=1", "/es/hojas?code=1&kind=a b".trim_end_matches(" b")]
        {
            let mark = mark(page);
            let fields = [("name", "José & Cía"), ("password", "x"), (MARK, &mark.to_string())];
            let body = serde_html_form::to_string(fields).unwrap();
            let sent = Sent::of(&Bytes::from(body));
            assert_eq!(sent.mark, Some(mark));
            assert_eq!(sent.typed(), [("name".to_owned(), "José & Cía".to_owned())]);
        }
    }

    #[test]
    fn what_no_page_was_given_is_no_mark() {
        let good = mark("/es").to_string();
        assert!(good.parse::<Mark>().is_ok());
        for page in
            ["https://otro.example", "//otro.example/es", "/es//otro", "/esx", "/es/\\x", ""]
        {
            let text = good.replace("/es", page);
            assert!(text.parse::<Mark>().is_err(), "{text}");
        }
        for text in ["", "x", "- - - /es", &good[..20]] {
            assert!(text.parse::<Mark>().is_err(), "{text}");
        }
        let twice = format!("drawn={good}&a=1&drawn={good}").replace(' ', "+");
        assert!(Sent::of(&Bytes::from(twice)).mark.is_none());
    }

    #[test]
    fn what_is_not_the_mark_stays_byte_for_byte() {
        let body = Bytes::from_static(b"a=%ED%A0%80&drawn=x&&b=1+2");
        let sent = Sent::of(&body);
        assert_eq!(&sent.rest[..], b"a=%ED%A0%80&&b=1+2");
        assert!(sent.typed().is_empty());
        assert_eq!(&Sent::of(&Bytes::new()).rest[..], b"");
    }
}
