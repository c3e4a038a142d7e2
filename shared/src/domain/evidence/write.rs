//! Writing a package piece by piece: no more of it than its digests is ever held at once.

use jiff::Timestamp;

use super::{
    fault::Section,
    package::{FORMAT, Scope, SentPart, SignedText, VERSION, canonical},
    seal::SealClaims,
};
use crate::domain::{digest::Digest, organisation::OrganisationNumber};

/// Writes a package: the scope, then transmissions, receipts and other signed texts, in this order, then the seal. What its
/// calls return, one after the other, is the file.
pub struct PackageWriter {
    claims: SealClaims,
    section: Section,
    is_first: bool,
}

impl PackageWriter {
    /// Begins a package about this.
    #[must_use]
    pub fn begin(scope: &Scope) -> (Self, String) {
        let begin = format!(
            "{{\"format\":\"{FORMAT}\",\"ver\":{VERSION},\n\"scope\":{},\n\"{}\":[",
            canonical(scope),
            Section::Transmissions
        );
        let writer = Self {
            claims: SealClaims::begin(scope),
            section: Section::Transmissions,
            is_first: true,
        };
        (writer, begin)
    }

    /// The next transmission.
    #[must_use]
    pub fn transmission(&mut self, part: &SentPart) -> String {
        let text = canonical(part);
        self.claims.transmissions.push(Digest::of(text.as_bytes()));
        self.entry(Section::Transmissions, &text)
    }

    /// The next receipt, verbatim.
    #[must_use]
    pub fn receipt(&mut self, jws: &str) -> String {
        self.claims.receipts.push(Digest::of(jws.as_bytes()));
        self.entry(Section::Receipts, &canonical(&jws))
    }

    /// The next other signed text, verbatim.
    #[must_use]
    pub fn signed(&mut self, text: &SignedText) -> String {
        let text = canonical(text);
        self.claims.signed.push(Digest::of(text.as_bytes()));
        self.entry(Section::Signed, &text)
    }

    /// How many entries there are so far.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.claims.transmissions.len() + self.claims.receipts.len() + self.claims.signed.len()
    }

    /// Ends the package, of which nothing more may be written, with the seal of this exporter, which `sign` makes from the second and the payload. `None` when
    /// nothing could be signed.
    #[must_use]
    pub fn seal(
        &mut self,
        exporter: OrganisationNumber,
        time: Timestamp,
        sign: impl FnOnce(i64, &[u8]) -> Option<String>,
    ) -> Option<String> {
        self.claims.exporter = exporter;
        self.claims.time = time;
        let seal = sign(time.as_second(), canonical(&self.claims).as_bytes())?;
        let mut text = self.go_to(Section::Signed);
        text.push_str(self.line_end());
        text.push_str("],\n\"seal\":");
        text.push_str(&canonical(&seal));
        text.push_str("}\n");
        Some(text)
    }

    fn entry(&mut self, section: Section, text: &str) -> String {
        let mut out = self.go_to(section);
        out.push_str(if self.is_first { "\n" } else { ",\n" });
        self.is_first = false;
        out.push_str(text);
        out
    }

    /// Entries have lines of their own.
    const fn line_end(&self) -> &'static str {
        if self.is_first { "" } else { "\n" }
    }

    /// Ends the sections before this one.
    fn go_to(&mut self, section: Section) -> String {
        debug_assert!(section >= self.section, "sections are written in their order");
        let mut out = String::new();
        while self.section < section {
            self.section = match self.section {
                Section::Transmissions => Section::Receipts,
                Section::Receipts | Section::Signed => Section::Signed,
            };
            out.push_str(&format!("{}],\n\"{}\":[", self.line_end(), self.section));
            self.is_first = true;
        }
        out
    }
}
