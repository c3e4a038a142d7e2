//! Reading a directory: the file, or the short form in the configuration.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use framme_shared::{
    domain::directory::{Directory, Document, Fault, Rule, ServiceEntry},
    runtime::{
        config::{self, ConfigError},
        connect::parse_endpoint,
    },
};

use crate::config::{Config, ReceiverConfig};

/// A directory that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The file.
    #[error("the directory {path} cannot be read")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is no register at all: not TOML, unknown or missing keys.
    #[error("the directory cannot be understood: {0}")]
    Keys(#[from] ConfigError),
    /// Entries that break rules.
    #[error("the directory breaks rules:\n{0}")]
    Faults(#[from] Faults),
}

/// Everything that is wrong with a register, a line each.
#[derive(Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Fault::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Faults {}

/// A directory with the text that it was read from.
#[derive(Debug)]
pub struct Loaded {
    /// Checked.
    pub directory: Directory,
    /// As it stands in the file; `None` for the short form.
    pub text: Option<String>,
}

/// Reads the directory that a configuration names or holds.
///
/// # Errors
/// See [`DirectoryError`].
pub fn load(config: &Config) -> Result<Loaded, DirectoryError> {
    match &config.directory {
        Some(path) => {
            let text = read(path)?;
            Ok(Loaded {
                directory: parse(&text)?,
                text: Some(text),
            })
        }
        None => Ok(Loaded {
            directory: short_form(&config.receivers)?,
            text: None,
        }),
    }
}

pub(super) fn read(path: &Path) -> Result<String, DirectoryError> {
    fs::read_to_string(path).map_err(|source| DirectoryError::File {
        path: path.to_owned(),
        source,
    })
}

/// Reads and checks a register.
///
/// # Errors
/// See [`DirectoryError`].
pub fn parse(text: &str) -> Result<Directory, DirectoryError> {
    let document: Document = config::parse(text)?;
    Ok(build(&document, "services")?)
}

/// The directory of the receivers that stand in the configuration itself.
///
/// # Errors
/// What breaks a rule.
pub fn short_form(receivers: &[ReceiverConfig]) -> Result<Directory, Faults> {
    let service = |receiver: &ReceiverConfig| ServiceEntry {
        organisation: receiver.organisation.to_string(),
        name: receiver.organisation.to_string(),
        receiver: Some(receiver.endpoint.clone()),
        areas: receiver.municipalities.iter().map(ToString::to_string).collect(),
        ..ServiceEntry::default()
    };
    let document = Document {
        services: receivers.iter().map(service).collect(),
        served: Vec::new(),
    };
    build(&document, "receivers")
}

fn build(document: &Document, services: &str) -> Result<Directory, Faults> {
    let directory = Directory::build_named(document, services).map_err(Faults)?;
    // What an address is, is known to those who connect to it.
    let unusable = |service: &&ServiceEntry| {
        let endpoint = service.receiver.as_deref();
        endpoint.is_some_and(|endpoint| parse_endpoint(endpoint).is_err())
    };
    let faults: Vec<Fault> = document
        .services
        .iter()
        .enumerate()
        .filter(|(_, service)| unusable(service))
        .map(|(index, service)| Fault {
            entry: format!("{services}[{index}] ({}).receiver", service.organisation),
            rule: Rule::Endpoint,
        })
        .collect();
    if faults.is_empty() {
        Ok(directory)
    } else {
        Err(Faults(faults))
    }
}

#[cfg(test)]
mod tests {
    use framme_shared::domain::directory::Place;
    use jiff::civil::date;

    use super::*;

    const REGISTER: &str = r#"
[[services]]
organisation = "123456785"
name = "Barneverntjenesten i Lillehammer, Gausdal og Øyer"
receiver = "https://receiver.example.no:8443"
areas = ["3405", "3441", "3440"]
valid_from = 2020-01-01
duty = { name = "Barnevernvakten", hours = "Hele døgnet", phone = "116 111" }

[[services]]
organisation = "974761076"
name = "Barneverntjenesten i Tromsø"
areas = ["5501"]
office_phone = "77 00 00 00"
letter_address = { lines = ["Postboks 1"], postal_code = "9008", city = "Tromsø" }

[[served]]
area = "5401"
service = "974761076"
valid_from = 2020-01-01
valid_to = "2023-12-31"
"#;

    #[test]
    fn a_register_is_read_with_dates_as_toml_dates_or_as_text() {
        let directory = parse(REGISTER).unwrap();
        let route = |place: &str, day| directory.route(Place::parse(place).unwrap(), day);
        assert!(route("3440", date(2026, 3, 2)).service().is_some());
        assert!(route("3440", date(2019, 12, 31)).service().is_none());
        assert!(route("5401", date(2023, 12, 31)).service().is_some());
    }

    #[test]
    fn a_key_that_is_none_and_a_number_that_is_no_text_are_refused_by_name() {
        let misspelt = REGISTER.replace("office_phone", "ofice_phone");
        let refused = parse(&misspelt).unwrap_err().to_string();
        assert!(refused.contains("services.1.ofice_phone"), "{refused}");
        let number = REGISTER.replace("\"5501\"", "5501");
        assert!(parse(&number).is_err(), "0301 would lose its zero");
        assert!(parse("services = 1").is_err() && parse("[[").is_err());
    }

    #[test]
    fn a_register_with_faults_names_them_all() {
        let broken = REGISTER
            .replace("[\"5501\"]", "[\"9999\", \"3405\"]")
            .replace(":8443", ":x");
        let refused = parse(&broken).unwrap_err().to_string();
        assert!(refused.contains("services[1] (974761076).areas[0] (9999)"), "{refused}");
        assert!(refused.contains("services[1] (974761076).areas[1] (3405)"), "{refused}");
        let address = REGISTER.replace(":8443", ":x");
        let refused = parse(&address).unwrap_err().to_string();
        assert!(
            refused.contains("services[0] (123456785).receiver: must be https"),
            "{refused}"
        );
    }

    #[test]
    fn the_example_in_the_documentation_is_a_register() {
        let documentation = include_str!("../../../docs/operations.md");
        let (_, section) = documentation.split_once("\n## Directory\n").unwrap();
        let (_, example) = section.split_once("```toml\n").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let directory = parse(example).unwrap();
        let ended = directory.route(Place::parse("1508").unwrap(), date(2027, 1, 1));
        assert_eq!(ended.service().unwrap().organisation.to_string(), "123456785");
    }

    #[test]
    fn the_short_form_makes_the_same_value_as_a_register() {
        let receiver = ReceiverConfig {
            organisation: "123456785".parse().unwrap(),
            endpoint: "https://receiver.example.no:8443".to_owned(),
            municipalities: vec!["5501".parse().unwrap(), "0301/05".parse().unwrap()],
        };
        let register = r#"
[[services]]
organisation = "123456785"
name = "123456785"
receiver = "https://receiver.example.no:8443"
areas = ["5501", "0301/05"]
"#;
        assert_eq!(short_form(&[receiver]).unwrap(), parse(register).unwrap());
    }
}
