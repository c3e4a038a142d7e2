//! The document itself. Names are those of the national schema; a text that may be absent is empty here.

use serde::{Deserialize, Serialize};

use crate::domain::masked::masked_debug;

/// Bytes that are no such document. Says where, and nothing of what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a document of bekymringsmelding.offentlig.v2: line {line}, column {column}")]
pub struct InvalidDocument {
    /// From 1; 0 when it is the document as a whole.
    pub line: usize,
    /// From 1; 0 when it is the document as a whole.
    pub column: usize,
}

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty),+ $(,)? })+) => {
        $(
            $(#[$doc])*
            ///
            /// A property that the schema does not know is refused: it would be lost.
            #[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
            #[serde(rename_all = "camelCase", deny_unknown_fields)]
            pub struct $name { $($(#[$attribute])* pub $field: $type),+ }
        )+

        masked_debug!($($name),+);
    };
}

parts! {
    /// One document: about children in one area.
    Document {
        /// 4 digits.
        kommunenummer: String,
        /// Follows from the number.
        kommunenavn: String,
        /// 2 digits; 00 for none.
        bydelsnummer: String,
        /// Follows from the number in Oslo.
        bydelsnavn: String,
        /// Who reports.
        offentlig_melder: OffentligMelder,
        /// At least one.
        offentlig_barn: Vec<OffentligBarn>,
        /// One or two.
        foresatte: Vec<Foresatt>,
        /// Need for an interpreter.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        behov_for_tolk: String,
        /// Other services involved.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        andre_hjelpeinstanser: String,
        /// What is told.
        melding: Melding,
        /// RFC 3339. Documents without an offset occur, the schema's own example among them: that is Norwegian time.
        sendingstidspunkt: String,
        /// Through which system it was written.
        leveringskanal: String,
    }

    /// Who reports.
    OffentligMelder {
        /// Name.
        personnavn: String,
        /// Role.
        rolle: String,
        /// Groups of digits.
        telefonnummer: String,
        /// Letters, digits, hyphens, underscores and dots around an @.
        epost: String,
        /// Whom the reporter works for.
        virksomhet: Virksomhet,
    }

    /// An organisation.
    Virksomhet {
        /// Name.
        navn: String,
        /// Organisation number.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        orgnr: String,
        /// Address.
        adresse: Adresse,
    }

    /// A child.
    OffentligBarn {
        /// Identity number; empty where there is none.
        fnr: String,
        /// Unborn.
        ufoedt: bool,
        /// Name; may be empty for an unborn child.
        personnavn: String,
        /// Anything on one line.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        telefonnummer: String,
        /// Address.
        adresse: Adresse,
        /// Whether the child was told.
        orientert: bool,
        /// Why not.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        orientert_grunn: String,
    }

    /// A carer.
    Foresatt {
        /// Name.
        personnavn: String,
        /// Anything on one line.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        telefonnummer: String,
        /// Whether the carer was told.
        orientert: bool,
        /// Why not.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        orientert_grunn: String,
    }

    /// What is told.
    Melding {
        /// What was observed.
        melding: String,
        /// What is known from before.
        historie: String,
        /// Other views.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        andre_synspunkter: String,
    }

    /// An address. All of it may be empty.
    Adresse {
        /// First line.
        adresselinje1: String,
        /// Second line.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        adresselinje2: String,
        /// Third line.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        adresselinje3: String,
        /// Postal code.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        postnummer: String,
        /// Post town.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        poststed: String,
    }
}

impl Document {
    /// Reads JSON. The error repeats nothing of it, as the decoder's own would.
    pub fn from_json(json: &[u8]) -> Result<Self, InvalidDocument> {
        serde_json::from_slice(json).map_err(|error| InvalidDocument {
            line: error.line(),
            column: error.column(),
        })
    }

    /// Writes JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and booleans under fixed names always serialise")
    }
}

impl Foresatt {
    /// What stands where no carer is known, since the document demands one.
    pub(super) fn nobody() -> Self {
        Self::default()
    }
}
