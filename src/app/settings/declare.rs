//! From one declaration of a setting, everything that must agree with it.

use super::{SettingsError, Source};

/// What is known of a setting, for flags, for its variable and for the guide.
pub struct Setting {
    /// Its key in a file.
    pub key: &'static str,
    /// What its value is called in the help of its flag; empty where it has no flag.
    pub value: &'static str,
    /// Its default as text; in angle brackets where it is made from another setting.
    pub default: &'static str,
    /// What it is for.
    pub about: &'static [&'static str],
    /// What is right, in words that go on from "must be".
    pub must_be: fn() -> String,
    /// Puts a text into a source.
    pub put: fn(&mut Source, &str) -> Result<(), SettingsError>,
}

impl Setting {
    /// Its environment variable: `RASTRO_<KEY>`, but for the one that other programs share.
    pub fn env(&self) -> String {
        match self.key {
            "database_url" => "DATABASE_URL".to_owned(),
            key => format!("RASTRO_{}", key.to_uppercase()),
        }
    }
    /// Its flag of `rastro serve`, without the dashes before it.
    pub fn flag(&self) -> Option<String> {
        (!self.value.is_empty()).then(|| self.key.replace('_', "-"))
    }
    /// Whether it is several texts, by commas.
    pub fn is_list(&self) -> bool {
        self.value == "NETWORKS"
    }
    /// What it is for, as one paragraph.
    pub fn about(&self) -> String {
        let lines: Vec<&str> = self.about.iter().map(|l| l.trim()).collect();
        lines.join(" ")
    }
    /// Its default, in words.
    pub fn default_text(&self) -> &str {
        match self.default.trim_matches(['<', '>']) {
            "" => "none",
            text => text,
        }
    }
}

/// Declares all settings: makes `Settings`, `Source`, its `over` and `checked`, and `Setting::ALL`.
macro_rules! settings {
    ($($(#[doc = $about:literal])+ $key:ident: $rule:ty, $value:literal, $default:literal;)+) => {
        /// Everything a server can be told. Each key is `RASTRO_<KEY>` in the environment, but for
        /// `DATABASE_URL`, and `--<key>` with hyphens as a flag of `rastro serve`.
        #[derive(Debug, Clone)]
        pub struct Settings {
            $($(#[doc = $about])+ pub $key: <$rule as Rule>::Kept,)+
        }

        /// The keys as one source gives them: a file, the environment, or flags.
        #[derive(Debug, Clone, Default, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs)]
        pub struct Source {
            $(pub $key: Option<<$rule as Rule>::Given>,)+
        }

        impl Setting {
            /// Every setting, in the order of the guide.
            pub const ALL: &'static [Self] = &[$(Self {
                key: stringify!($key),
                value: $value,
                default: $default,
                about: &[$($about),+],
                must_be: <$rule as Rule>::must_be,
                put: |source, text| {
                    let read = <$rule as Rule>::read(text);
                    source.$key = Some(read.ok_or_else(|| SettingsError::Value {
                        key: stringify!($key),
                        rule: <$rule as Rule>::must_be(),
                        got: text.to_owned(),
                    })?);
                    Ok(())
                },
            }),+];
        }

        impl Source {
            /// `self` where it says something, else `below`.
            #[must_use]
            pub fn over(self, below: Self) -> Self {
                Self { $($key: self.$key.or(below.$key),)+ }
            }

            fn checked(self) -> Result<Settings, SettingsError> {
                Ok(Settings {
                    $($key: {
                        let fail = |got| SettingsError::Value {
                            key: stringify!($key),
                            rule: <$rule as Rule>::must_be(),
                            got,
                        };
                        let given = self.$key.or_else(|| <$rule as Rule>::read($default));
                        let given = given.ok_or_else(|| fail(String::new()))?;
                        <$rule as Rule>::check(given).map_err(fail)?
                    },)+
                })
            }
        }
    };
}
pub(super) use settings;

/// `docs/settings.md`; `others` are variables of other commands, each with what it is for.
pub fn guide(others: &[(String, String)]) -> String {
    let mut out = String::from(GUIDE);
    for setting in Setting::ALL {
        let flag = setting.flag().map(|f| format!(", `--{f} {}`", setting.value));
        out.push_str(&format!(
            "\n### `{}`\n\n`{}`{} · default: {} · {}\n\n{}\n",
            setting.key,
            setting.env(),
            flag.unwrap_or_default(),
            match setting.default_text() {
                "none" => "none".to_owned(),
                text => format!("`{text}`"),
            },
            (setting.must_be)(),
            setting.about().replace('<', "\\<"),
        ));
    }
    out.push_str(OTHERS);
    for (name, about) in others {
        out.push_str(&format!("| `{name}` | {} |\n", about.replace('|', "\\|")));
    }
    out
}

const GUIDE: &str = "# Settings

Made by `rastro settings --markdown` from the declarations in `src/app/settings/`; a test holds this page to them.

A setting is a key of the TOML file that `--config` or `RASTRO_CONFIG` names, an environment variable, or a flag of
`rastro serve`. A flag wins over the environment, the environment over the file, the file over the default. `rastro
settings` checks the file and the environment without starting anything. A key that a file misspells and a variable
that begins with `RASTRO_` and that nothing reads stop the program, with the nearest right name.

Networks are written `10.1.2.0/24`, `fd00:1::/64` or as one address: a list of texts in a file, by commas elsewhere.

## Of the server
";

const OTHERS: &str = "
## Of other commands

| variable | |
|---|---|
";
