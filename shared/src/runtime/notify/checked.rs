//! Who can be told and how, after every check.

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf, time::Duration};

use http::Uri;
use lettre::message::Mailbox;

use super::{ContactConfig, InvalidNotification, NotificationConfig, SmtpConfig, SmtpTls};
use crate::domain::{language::Language, notice::ContactName, task::Desk};

/// Everything about telling people. There is no `Debug`: it would show addresses.
#[derive(Clone)]
pub struct Notification {
    /// Where people look.
    pub place: String,
    /// For how long notices are gathered.
    pub gather: Duration,
    /// The file with the authorities of mail server and webhooks.
    pub authorities: PathBuf,
    /// The mail server, with who sends.
    pub smtp: Option<(SmtpConfig, Mailbox)>,
    contacts: BTreeMap<ContactName, Contact>,
    desks: Vec<(Desk, Vec<ContactName>)>,
}

/// Somebody who can be told.
#[derive(Clone)]
pub struct Contact {
    /// The language of what is sent.
    pub language: Language,
    /// Where to.
    pub address: Address,
    instead: Option<ContactName>,
    is_fallback: bool,
}

/// Where to.
#[derive(Clone)]
pub enum Address {
    /// An e-mail address.
    Mail(Mailbox),
    /// A webhook.
    Webhook {
        /// What is posted to.
        uri: Uri,
        /// The file with the secret.
        secret_file: PathBuf,
    },
}

impl NotificationConfig {
    /// Checks what no single key shows. Without contacts nobody is told anything, and there is little to check.
    ///
    /// # Errors
    /// See [`InvalidNotification`].
    pub fn checked(&self, contacts: &[ContactConfig]) -> Result<Notification, InvalidNotification> {
        if self.digest_seconds > 86_400 {
            return Err(InvalidNotification::Digest);
        }
        let place = self.place.clone().unwrap_or_default();
        if !contacts.is_empty() && address(&place).is_none_or(|uri| uri.query().is_some()) {
            return Err(InvalidNotification::Place);
        }
        let mut all = BTreeMap::new();
        for config in contacts {
            let contact = contact(config, self.smtp.is_some())?;
            if all.insert(config.name.clone(), contact).is_some() {
                return Err(InvalidNotification::Twice(config.name.clone()));
            }
        }
        let notification = Notification {
            place,
            gather: Duration::from_secs(self.digest_seconds),
            authorities: self.authorities.clone(),
            smtp: self.smtp.as_ref().map(smtp).transpose()?,
            contacts: all,
            desks: vec![
                (Desk::District, self.desks.district.clone()),
                (Desk::Intake, self.desks.intake.clone()),
                (Desk::Operator, self.desks.operator.clone()),
            ],
        };
        notification.check_names()?;
        Ok(notification)
    }
}

fn smtp(config: &SmtpConfig) -> Result<(SmtpConfig, Mailbox), InvalidNotification> {
    if config.tls == SmtpTls::Plain && !is_this_machine(&config.host) {
        return Err(InvalidNotification::PlainSmtp);
    }
    if config.user.is_some() != config.password_file.is_some() {
        return Err(InvalidNotification::Account);
    }
    let from = config.from.parse().map_err(|_| InvalidNotification::From)?;
    Ok((config.clone(), from))
}

fn contact(config: &ContactConfig, has_smtp: bool) -> Result<Contact, InvalidNotification> {
    let name = || config.name.clone();
    let address = match (&config.email, &config.webhook, &config.secret_file) {
        (Some(email), None, None) => {
            let mailbox = email.expose().parse().map_err(|_| InvalidNotification::Email(name()))?;
            if !has_smtp {
                return Err(InvalidNotification::NoSmtp(name()));
            }
            Address::Mail(mailbox)
        }
        (None, Some(webhook), Some(secret_file)) => Address::Webhook {
            uri: address(webhook.expose()).ok_or_else(|| InvalidNotification::Webhook(name()))?,
            secret_file: secret_file.clone(),
        },
        _ => return Err(InvalidNotification::Address(name())),
    };
    Ok(Contact {
        language: config.language,
        address,
        instead: config.instead.clone(),
        is_fallback: config.fallback,
    })
}

/// An https address, or one by http on this machine.
fn address(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let host = uri.host().filter(|host| !host.is_empty())?;
    match uri.scheme_str() {
        Some("https") => Some(uri),
        Some("http") if is_this_machine(host) => Some(uri),
        _ => None,
    }
}

fn is_this_machine(host: &str) -> bool {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || plain.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Notification {
    fn check_names(&self) -> Result<(), InvalidNotification> {
        for (name, contact) in &self.contacts {
            let mut next = &contact.instead;
            for _ in 0..self.contacts.len() {
                let Some(instead) = next else { break };
                let Some(other) = self.contacts.get(instead) else {
                    return Err(InvalidNotification::Instead {
                        contact: name.clone(),
                        instead: instead.clone(),
                    });
                };
                if instead == name {
                    return Err(InvalidNotification::Circle(name.clone()));
                }
                next = &other.instead;
            }
        }
        let named = self.desks.iter().flat_map(|(_, names)| names);
        let mut unknown = named.filter(|name| !self.contacts.contains_key(name));
        unknown
            .next()
            .map_or(Ok(()), |name| Err(InvalidNotification::Desk(name.clone())))
    }

    /// Everybody who can be told.
    pub fn names(&self) -> impl Iterator<Item = &ContactName> {
        self.contacts.keys()
    }

    /// Somebody by name.
    #[must_use]
    pub fn contact(&self, name: &ContactName) -> Option<&Contact> {
        self.contacts.get(name)
    }

    /// Who is told when this contact cannot be reached: its `instead`, else everybody who is told when all else fails.
    #[must_use]
    pub fn instead_of(&self, name: &ContactName) -> Vec<ContactName> {
        match self.contacts.get(name).and_then(|contact| contact.instead.clone()) {
            Some(instead) => vec![instead],
            None => self.fallbacks().into_iter().filter(|other| other != name).collect(),
        }
    }

    /// Who is told of the tasks of each desk.
    #[must_use]
    pub fn desks(&self) -> Vec<(Desk, Vec<ContactName>)> {
        let told = |names: &Vec<ContactName>| {
            if names.is_empty() {
                self.fallbacks()
            } else {
                names.clone()
            }
        };
        self.desks.iter().map(|(desk, names)| (*desk, told(names))).collect()
    }

    fn fallbacks(&self) -> Vec<ContactName> {
        let none_is = !self.contacts.values().any(|contact| contact.is_fallback);
        let chosen = self
            .contacts
            .iter()
            .filter(|(_, contact)| none_is || contact.is_fallback);
        chosen.map(|(name, _)| name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::runtime::config;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(default)]
        notification: NotificationConfig,
        #[serde(default)]
        contacts: Vec<ContactConfig>,
    }

    const GOOD: &str = r#"
        [notification]
        where = "https://board.example.no/list"
        [notification.smtp]
        host = "mail.example.no"
        port = 465
        tls = "implicit"
        user = "hunter2"
        password_file = "/etc/framme/mail.password"
        from = "Framme <framme@example.no>"
        [notification.desks]
        district = ["desk"]
        [[contacts]]
        name = "desk"
        language = "nb"
        email = "hunter2@example.no"
        instead = "operator"
        [[contacts]]
        name = "operator"
        language = "en"
        webhook = "https://hooks.example.no/hunter2"
        secret_file = "/etc/framme/hook.secret"
        fallback = true
        [[contacts]]
        name = "other"
        language = "nn"
        webhook = "http://127.0.0.1:9/x"
        secret_file = "/etc/framme/hook.secret"
    "#;

    fn checked(from: &str, to: &str) -> Result<Notification, InvalidNotification> {
        assert!(GOOD.contains(from), "{from}");
        let sample: Sample = config::parse(&GOOD.replacen(from, to, 1)).unwrap();
        sample.notification.checked(&sample.contacts)
    }

    fn name(text: &str) -> ContactName {
        ContactName::parse(text).unwrap()
    }

    #[test]
    fn those_who_are_told_instead_are_the_named_one_or_those_that_are_told_when_all_else_fails() {
        let good = checked("", "").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(good.instead_of(&name("desk")), [name("operator")]);
        assert_eq!(good.instead_of(&name("other")), [name("operator")]);
        assert_eq!(good.instead_of(&name("operator")), []);
        assert_eq!(good.instead_of(&name("gone")), [name("operator")]);
        let none = checked("fallback = true", "").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(none.instead_of(&name("operator")), [name("desk"), name("other")]);
    }

    #[test]
    fn a_desk_that_names_nobody_is_told_by_those_that_are_told_when_all_else_fails() {
        let good = checked("", "").unwrap_or_else(|error| panic!("{error}"));
        let desks = good.desks();
        assert_eq!(desks[0], (Desk::District, vec![name("desk")]));
        assert_eq!(desks[2], (Desk::Operator, vec![name("operator")]));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let smtp = &GOOD[GOOD.find("[notification.smtp]").unwrap()..GOOD.find("[notification.desks]").unwrap()];
        let cases = [
            ("where = \"https:", "where = \"http:", InvalidNotification::Place),
            ("list\"", "list?report=1\"", InvalidNotification::Place),
            (
                "[notification]",
                "[notification]\ndigest_seconds = 86401",
                InvalidNotification::Digest,
            ),
            ("\"implicit\"", "\"plain\"", InvalidNotification::PlainSmtp),
            ("user = \"hunter2\"", "", InvalidNotification::Account),
            ("framme@example.no", "framme", InvalidNotification::From),
            (smtp, "", InvalidNotification::NoSmtp(name("desk"))),
            (
                "\"operator\"\n        language",
                "\"desk\"\n        language",
                InvalidNotification::Twice(name("desk")),
            ),
            ("email = ", "webhook = ", InvalidNotification::Address(name("desk"))),
            ("hunter2@", "hunter2 ", InvalidNotification::Email(name("desk"))),
            (
                "http://127.0.0.1",
                "http://10.0.0.1",
                InvalidNotification::Webhook(name("other")),
            ),
            ("[\"desk\"]", "[\"gone\"]", InvalidNotification::Desk(name("gone"))),
            (
                "fallback = true",
                "instead = \"desk\"",
                InvalidNotification::Circle(name("desk")),
            ),
            (
                "instead = \"operator\"",
                "instead = \"gone\"",
                InvalidNotification::Instead {
                    contact: name("desk"),
                    instead: name("gone"),
                },
            ),
        ];
        for (from, to, expected) in cases {
            match checked(from, to) {
                Ok(_) => panic!("{expected}"),
                Err(error) => assert_eq!(error, expected),
            }
        }
    }

    #[test]
    fn without_contacts_nothing_is_needed() {
        assert!(NotificationConfig::default().checked(&[]).is_ok());
    }

    #[test]
    fn addresses_and_accounts_do_not_print() {
        let sample: Sample = config::parse(GOOD).unwrap();
        assert!(!format!("{sample:#?}").contains("hunter2"));
        for (from, to) in [("hunter2@", "hunter2 "), ("https://hooks", "http://hooks")] {
            let error = checked(from, to).err().unwrap();
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }
}
