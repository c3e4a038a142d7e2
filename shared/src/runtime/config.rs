//! Configuration: flag before environment before file before default. Unknown keys are refused, so that a misspelt
//! limit is an error and not the default.

use std::path::{Path, PathBuf};

use figment::{
    Figment, Metadata, Profile, Provider,
    error::Kind,
    providers::{Env, Format as _, Toml},
    value::{Dict, Map, Value},
};
use serde::de::DeserializeOwned;

/// A configuration that breaks a rule. Names the key, where it stands, and the rule; never the value, which may be a
/// secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named cannot be read.
    #[error("the configuration file {path} cannot be read")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Keys that break rules, one line each.
    #[error("{}", .0.join("\n"))]
    Keys(Vec<String>),
}

/// A value given by a flag: the key with dots between its parts (`database.url`), and the value as text.
pub type Override<'a> = (&'a str, String);

/// Reads a configuration: `file` (if any), then variables that begin with `env_prefix`, then `overrides`; the later
/// wins. `T` must carry `#[serde(deny_unknown_fields)]` on every struct in it.
///
/// `FRAMME_SENDER_DATABASE__URL` sets `database.url` when the prefix is `FRAMME_SENDER_`: two underscores lead one level
/// down. Values are text that becomes a number or a truth value where the key asks for one; lists and tables are
/// written as in TOML, `["a", "b"]`. The key `config` is left alone: it names the file.
///
/// # Errors
/// See [`ConfigError`].
pub fn load<T: DeserializeOwned>(
    file: Option<&Path>,
    env_prefix: &str,
    overrides: &[Override<'_>],
) -> Result<T, ConfigError> {
    let mut figment = Figment::new();
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File {
            path: path.to_owned(),
            source,
        })?;
        figment = figment.merge(Named(path.display().to_string(), Toml::string(&text)));
    }
    let environment = Texts {
        source: format!("environment {env_prefix}…"),
        entries: Env::prefixed(env_prefix)
            .ignore(&["config"])
            .iter()
            .map(|(key, text)| (key.as_str().to_lowercase().replace("__", "."), text))
            .collect(),
    };
    let flags = Texts {
        source: "command line".to_owned(),
        entries: overrides
            .iter()
            .map(|(key, text)| ((*key).to_owned(), text.clone()))
            .collect(),
    };
    extract(&figment.merge(environment).merge(flags))
}

/// Reads a configuration from text, as for the example files that tests parse.
///
/// # Errors
/// See [`ConfigError`].
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, ConfigError> {
    extract(&Figment::from(Toml::string(text)))
}

fn extract<T: DeserializeOwned>(figment: &Figment) -> Result<T, ConfigError> {
    // Lossy: the text "8443" is a number where one is asked for, which the environment and flags need.
    figment
        .extract_lossy()
        .map_err(|errors| ConfigError::Keys(errors.into_iter().map(|error| explain(&error)).collect()))
}

fn explain(error: &figment::Error) -> String {
    let place = error
        .metadata
        .as_ref()
        .map_or_else(String::new, |metadata| format!(" ({})", metadata.name));
    let mut path = error.path.clone();
    let rule = match &error.kind {
        // Texts of our own types; they name the rule and not the value.
        Kind::Message(text) => text.clone(),
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => format!("must be {expected}"),
        Kind::InvalidLength(length, expected) => format!("has {length} entries, must be {expected}"),
        Kind::UnknownVariant(_, expected) => format!("must be one of {}", expected.join(", ")),
        Kind::UnknownField(field, expected) => {
            if path.last() != Some(field) {
                path.push(field.clone());
            }
            format!("is no key here; there are {}", expected.join(", "))
        }
        Kind::MissingField(field) => {
            path.push(field.to_string());
            "is missing".to_owned()
        }
        Kind::DuplicateField(field) => {
            path.push((*field).to_owned());
            "is there twice".to_owned()
        }
        Kind::ISizeOutOfRange(_) | Kind::USizeOutOfRange(_) => "is out of range".to_owned(),
        Kind::Unsupported(_) | Kind::UnsupportedKey(..) => "is of a kind that cannot be used here".to_owned(),
    };
    if path.is_empty() {
        format!("{rule}{place}")
    } else {
        format!("{}: {rule}{place}", path.join("."))
    }
}

/// A provider under a name that errors can show.
struct Named<P>(String, P);

impl<P: Provider> Provider for Named<P> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.0.clone())
    }

    fn data(&self) -> figment::error::Result<Map<Profile, Dict>> {
        self.1.data()
    }
}

/// Keys and values as text. Figment's own environment provider makes numbers of digits, and organisation numbers are
/// text of digits.
struct Texts {
    source: String,
    entries: Vec<(String, String)>,
}

impl Provider for Texts {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.source.clone())
    }

    fn data(&self) -> figment::error::Result<Map<Profile, Dict>> {
        let mut figment = Figment::new();
        for (key, text) in &self.entries {
            let value = if text.starts_with(['[', '{']) {
                text.parse::<Value>()
                    .expect("parsing a value cannot fail: what is no list or table is text")
            } else {
                Value::from(text.as_str())
            };
            figment = figment.merge((key.as_str(), value));
        }
        figment.data()
    }
}

#[cfg(test)]
#[expect(
    clippy::result_large_err,
    reason = "the closures of figment's Jail give its own error"
)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        organisation: String,
        port: u16,
        #[serde(default)]
        production: bool,
        #[serde(default)]
        database: Database,
        #[serde(default)]
        municipalities: Vec<String>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Database {
        #[serde(default)]
        url: String,
    }

    const FILE: &str = "organisation = \"310000000\"\nport = 1\n[database]\nurl = \"from file\"\n";

    fn keys(error: ConfigError) -> String {
        match error {
            ConfigError::Keys(keys) => keys.join("\n"),
            ConfigError::File { .. } => panic!("{error}"),
        }
    }

    #[test]
    fn flag_beats_environment_beats_file_beats_default() {
        figment::Jail::expect_with(|jail| {
            jail.create_file("sender.toml", FILE)?;
            jail.set_env("JAIL_DATABASE__URL", "from environment");
            jail.set_env("JAIL_PORT", "2");
            jail.set_env("JAIL_CONFIG", "sender.toml");
            jail.set_env("JAIL_ORGANISATION", "310000001");
            jail.set_env("JAIL_MUNICIPALITIES", "[\"0301\", \"5501\"]");
            let flags = [("port", "3".to_owned()), ("production", "true".to_owned())];
            let sample: Sample = load(Some(Path::new("sender.toml")), "JAIL_", &flags).unwrap();
            assert_eq!(sample.database.url, "from environment");
            assert_eq!(sample.organisation, "310000001", "digits stay text");
            assert_eq!(sample.port, 3);
            assert!(sample.production);
            assert_eq!(sample.municipalities, ["0301", "5501"]);
            Ok(())
        });
    }

    #[test]
    fn an_unknown_key_is_refused_and_named() {
        let text = keys(parse::<Sample>(&format!("{FILE}pasword = \"hunter2\"")).unwrap_err());
        assert!(
            text.contains("database.pasword: is no key here; there are url"),
            "{text}"
        );
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn an_unknown_variable_is_refused() {
        figment::Jail::expect_with(|jail| {
            jail.create_file("sender.toml", FILE)?;
            jail.set_env("JAIL_PRODUCTON", "true");
            let text = keys(load::<Sample>(Some(Path::new("sender.toml")), "JAIL_", &[]).unwrap_err());
            assert!(text.contains("producton: is no key here"), "{text}");
            Ok(())
        });
    }

    #[test]
    fn a_wrong_value_is_named_by_key_and_rule_and_not_shown() {
        let text = keys(parse::<Sample>("organisation = \"310000000\"\nport = \"hunter2\"").unwrap_err());
        assert!(text.contains("port: must be"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_missing_key_is_named() {
        let text = keys(parse::<Sample>("port = 1").unwrap_err());
        assert!(text.contains("organisation: is missing"), "{text}");
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let missing = load::<Sample>(Some(Path::new("/nonexistent/sender.toml")), "JAIL_", &[]);
        assert!(matches!(missing, Err(ConfigError::File { .. })));
    }
}
