//! Every string a person sees, in es-MX (the default) and English: Fluent texts, embedded. A
//! missing key is a failing test, not a blank on a screen.

use std::fmt::Write as _;
use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use serde::{Deserialize, Serialize};

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/texts.rs"));
}

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Lang {
    /// Mexican Spanish: es-MX and not es, because Mexico writes 0.01 with a point.
    #[default]
    #[serde(rename = "es")]
    Es,
    /// English, for whoever prefers it; addresses begin with `/en`.
    #[serde(rename = "en")]
    En,
}

/// A value put into a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// A number: chooses the plural, and is written with the language's separators.
    N(i64),
    /// Anything else, as it is.
    S(String),
    /// A text that stands in both languages, in Spanish and in English: the one that is asked for.
    Both(String, String),
}
impl From<&str> for Arg {
    fn from(s: &str) -> Self {
        Self::S(s.to_owned())
    }
}
impl From<String> for Arg {
    fn from(s: String) -> Self {
        Self::S(s)
    }
}
impl From<i64> for Arg {
    fn from(n: i64) -> Self {
        Self::N(n)
    }
}
impl From<usize> for Arg {
    fn from(n: usize) -> Self {
        Self::N(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

impl Lang {
    /// Both languages, Spanish first.
    pub const ALL: [Self; 2] = [Self::Es, Self::En];

    /// The BCP 47 tag, for `lang=` and `hreflang=`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Es => "es-MX",
            Self::En => "en",
        }
    }
    /// The first part of page addresses: `/es/…`, `/en/…`.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Es => "es",
            Self::En => "en",
        }
    }
    /// The language whose pages begin with `prefix`.
    pub fn from_prefix(prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.prefix() == prefix)
    }
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Es => Self::En,
            Self::En => Self::Es,
        }
    }
    /// The language an `Accept-Language` header prefers; es-MX if it names neither.
    pub fn accepted(header: Option<&str>) -> Self {
        let mut best = (Self::Es, 0.0_f32);
        for part in header.unwrap_or_default().split(',') {
            let (tag, q) = part.split_once(";q=").unwrap_or((part, "1"));
            let q: f32 = q.trim().parse().unwrap_or(0.0);
            let primary = tag.trim().split('-').next().unwrap_or_default();
            if let Some(lang) = Self::from_prefix(&primary.to_ascii_lowercase())
                && q > best.1
            {
                best = (lang, q);
            }
        }
        best.0
    }

    /// The text of `key`, which takes no arguments.
    pub fn t(self, key: &str) -> String {
        self.tr(key, &[])
    }

    /// The text of `key` with `args` put in.
    pub fn tr(self, key: &str, args: &[(&str, Arg)]) -> String {
        self.find(key, args).unwrap_or_else(|| {
            debug_assert!(false, "no text {key} in {}", self.tag());
            tracing::error!(key, lang = self.tag(), "missing text");
            format!("[{key}]")
        })
    }

    /// The text of `key` if there is one.
    pub fn find(self, key: &str, args: &[(&str, Arg)]) -> Option<String> {
        let bundle: &FluentBundle<FluentResource> = match self {
            Self::Es => &ES,
            Self::En => &EN,
        };
        let pattern = bundle.get_message(key)?.value()?;
        let mut given = FluentArgs::new();
        for (name, value) in args {
            match value {
                Arg::N(n) => given.set(*name, FluentValue::from(*n)),
                Arg::S(s) => given.set(*name, FluentValue::from(s.clone())),
                Arg::Both(es, en) => {
                    let own = if self == Self::Es { es } else { en };
                    given.set(*name, FluentValue::from(own.clone()));
                }
            }
        }
        let mut errors = vec![];
        let text = bundle.format_pattern(pattern, Some(&given), &mut errors).into_owned();
        debug_assert!(errors.is_empty(), "{key} in {}: {errors:?}", self.tag());
        Some(text)
    }

    /// The `js-…` texts as one JSON object for scripts; `{ $n }` stays as `{n}` for them to fill.
    pub fn for_scripts(self) -> &'static serde_json::Value {
        // Put together once: which variables a text has is looked up by reading all of them.
        static SPANISH: LazyLock<serde_json::Value> = LazyLock::new(|| Lang::Es.scripts());
        static ENGLISH: LazyLock<serde_json::Value> = LazyLock::new(|| Lang::En.scripts());
        match self {
            Self::Es => &SPANISH,
            Self::En => &ENGLISH,
        }
    }

    fn scripts(self) -> serde_json::Value {
        let mut all = serde_json::Map::new();
        for key in keys(self).into_iter().filter(|k| k.starts_with("js-")) {
            let names = variables(self, &key);
            let holes: Vec<(&str, Arg)> =
                names.iter().map(|n| (n.as_str(), Arg::S(format!("{{{n}}}")))).collect();
            all.insert(key.clone(), self.tr(&key, &holes).into());
        }
        all.into()
    }

    /// `n` with a thin separator every three digits, as tables show counts.
    pub fn count(self, n: u64) -> String {
        let digits = n.to_string();
        let mut out = String::new();
        for (i, c) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push(',');
            }
            let _ = write!(out, "{c}");
        }
        out
    }
}

fn sources(lang: Lang) -> impl Iterator<Item = (&'static str, &'static str)> {
    let dir = lang.tag();
    embedded::FILES.iter().filter_map(move |(name, text)| {
        let rest = name.strip_prefix(dir)?.strip_prefix('/')?;
        rest.ends_with(".ftl").then_some((*name, *text))
    })
}

/// Every key of `lang`.
fn keys(lang: Lang) -> Vec<String> {
    sources(lang)
        .flat_map(|(_, text)| text.lines())
        .filter(|l| l.starts_with(|c: char| c.is_ascii_alphabetic()))
        .filter_map(|l| l.split_once('=').map(|(k, _)| k.trim().to_owned()))
        .collect()
}

/// The `$variables` that `key` uses, sorted.
fn variables(lang: Lang, key: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = vec![];
    for line in sources(lang).flat_map(|(_, text)| text.lines()) {
        if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
            inside = line.split('=').next().is_some_and(|k| k.trim() == key);
        }
        if inside {
            for part in line.split('$').skip(1) {
                let name: String = part
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
                    .collect();
                found.push(name);
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn bundle(lang: Lang) -> FluentBundle<FluentResource> {
    let tag = lang.tag().parse().expect("our own tags are well formed");
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Isolation marks around arguments would end up in labels and copied text.
    bundle.set_use_isolating(false);
    for (name, text) in sources(lang) {
        let resource = FluentResource::try_new(text.to_owned())
            .unwrap_or_else(|(_, e)| panic!("{name}: {e:?}"));
        bundle.add_resource(resource).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    }
    bundle
}

static ES: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Lang::Es));
static EN: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Lang::En));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_keys_with_the_same_variables() {
        let (mut es, mut en) = (keys(Lang::Es), keys(Lang::En));
        es.sort();
        en.sort();
        assert_eq!(es, en);
        for key in es {
            assert_eq!(variables(Lang::Es, &key), variables(Lang::En, &key), "{key}");
        }
    }

    #[test]
    fn accept_language_is_weighed() {
        assert_eq!(Lang::accepted(None), Lang::Es);
        assert_eq!(Lang::accepted(Some("en-GB,en;q=0.9,es;q=0.1")), Lang::En);
        assert_eq!(Lang::accepted(Some("fr, en;q=0.2, es;q=0.8")), Lang::Es);
        assert_eq!(Lang::accepted(Some("*;q=x")), Lang::Es);
    }
}
