//! Every id is its own type, parsed once at the edge.

use std::fmt;

use uuid::Uuid;

use super::text_form::text_form;

/// A text that is not an id of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Not the canonical lower-case form with hyphens (RFC 9562, section 4).
    #[error("must be a UUID in lower case with hyphens")]
    NotCanonical,
    /// The nil UUID says "no id" in many systems, so it is nobody's id.
    #[error("must not be the nil UUID")]
    Nil,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Reads the canonical form only: another spelling of the same id would be another key somewhere.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let id = Uuid::try_parse(text).map_err(|_| InvalidId::NotCanonical)?;
                let mut canonical = [0; uuid::fmt::Hyphenated::LENGTH];
                if id.as_hyphenated().encode_lower(&mut canonical) != text {
                    return Err(InvalidId::NotCanonical);
                }
                Self::from_uuid(id)
            }

            /// Takes any UUID but the nil one.
            pub fn from_uuid(id: Uuid) -> Result<Self, InvalidId> {
                if id.is_nil() { Err(InvalidId::Nil) } else { Ok(Self(id)) }
            }

            /// The UUID behind it.
            pub fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        text_form!($name, InvalidId);
    };
}

id! {
    /// A report, as its writer numbered it: the key of idempotency everywhere.
    ReportId
}
id! {
    /// The part of a report that goes to one receiver.
    TransmissionId
}
id! {
    /// A child of a report.
    ChildId
}
id! {
    /// A file that goes with a report.
    AttachmentId
}
id! {
    /// A change that its caller may repeat.
    RequestId
}
id! {
    /// A letter that a report goes by.
    LetterId
}
id! {
    /// A token or certificate of a caller.
    CredentialId
}

impl ChildId {
    /// The id of a child whose writer gave it none: UUID version 5 of its index (decimal text, from 0) in the name
    /// space of its report. The same report gives the same ids however often it is sent.
    pub fn of_index(report: &ReportId, index: usize) -> Self {
        Self(Uuid::new_v5(report.as_uuid(), index.to_string().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANONICAL: &str = "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20";

    #[test]
    fn an_id_reads_and_prints_its_canonical_form() {
        let id = ReportId::parse(CANONICAL).unwrap();
        assert_eq!(id.to_string(), CANONICAL);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{CANONICAL}\""));
        assert_eq!(
            serde_json::from_str::<ReportId>(&format!("\"{CANONICAL}\"")).unwrap(),
            id
        );
    }

    #[test]
    fn another_spelling_of_an_id_is_refused() {
        for text in [
            CANONICAL.to_uppercase(),
            CANONICAL.replace('-', ""),
            format!("{{{CANONICAL}}}"),
            format!("urn:uuid:{CANONICAL}"),
            format!(" {CANONICAL}"),
            String::new(),
        ] {
            assert_eq!(ReportId::parse(&text), Err(InvalidId::NotCanonical), "{text}");
        }
    }

    #[test]
    fn the_nil_id_is_refused() {
        assert_eq!(
            ChildId::parse("00000000-0000-0000-0000-000000000000"),
            Err(InvalidId::Nil)
        );
    }

    #[test]
    fn a_child_without_an_id_gets_the_same_one_every_time() {
        let report = ReportId::parse(CANONICAL).unwrap();
        // Python: uuid.uuid5(uuid.UUID("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20"), "0")
        assert_eq!(
            ChildId::of_index(&report, 0).to_string(),
            "76b7cf28-8bc9-59f4-9134-0894e0d7d8b7"
        );
        assert_ne!(ChildId::of_index(&report, 0), ChildId::of_index(&report, 1));
    }
}
