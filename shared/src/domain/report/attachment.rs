//! A file that goes with a report, without its content.

use crate::domain::{
    digest::Digest,
    ids::{AttachmentId, ChildId},
    masked::masked_debug,
    text::{InvalidText, Line},
};

/// What is known of a file.
#[derive(Clone, PartialEq)]
pub struct Attachment {
    /// Unique within the report.
    pub id: AttachmentId,
    /// As the writer's system calls it.
    pub file_name: FileName,
    /// As the writer's system says.
    pub media_type: MediaType,
    /// At least one.
    pub size_bytes: u64,
    /// Of the whole content.
    pub sha256: Digest,
    /// Whom it concerns; empty for all.
    pub child_ids: Vec<ChildId>,
}

impl Attachment {
    /// Whether it concerns this child.
    pub fn concerns(&self, child: &ChildId) -> bool {
        self.child_ids.is_empty() || self.child_ids.contains(child)
    }
}

/// A name without a path, at most 200 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct FileName(Line<200>);

/// A text that is no name of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFileName {
    /// Blank, too long, or with control characters.
    #[error("{0}")]
    Text(#[from] InvalidText),
    /// It would name another place than the folder that it is saved in.
    #[error(r#"must be a file name without "/" and "\""#)]
    Path,
}

impl FileName {
    /// Takes a name as it is.
    pub fn parse(text: &str) -> Result<Self, InvalidFileName> {
        let line = Line::parse(text)?;
        if text.contains(['/', '\\']) || text == "." || text == ".." {
            return Err(InvalidFileName::Path);
        }
        Ok(Self(line))
    }

    /// The name.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// `type/subtype` (RFC 6838) without parameters, at most 100 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct MediaType(Line<100>);

/// A text that is no media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be type/subtype without parameters")]
pub struct InvalidMediaType;

impl MediaType {
    /// Reads a media type.
    pub fn parse(text: &str) -> Result<Self, InvalidMediaType> {
        let name = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_alphanumeric())
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
        };
        match text.split_once('/') {
            Some((kind, subtype)) if name(kind) && name(subtype) => {
                Line::parse(text).map(Self).map_err(|_| InvalidMediaType)
            }
            _ => Err(InvalidMediaType),
        }
    }

    /// The media type.
    pub fn as_str(&self) -> &str {
        self.0.expose()
    }
}

masked_debug!(Attachment, FileName, MediaType);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_names_no_place() {
        assert!(FileName::parse("skjermbilde 1.png").is_ok());
        for text in ["../etc/passwd", r"C:\a", "..", "", "a\nb"] {
            assert!(FileName::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_media_type_has_two_parts_and_no_parameters() {
        assert!(MediaType::parse("application/vnd.oasis.opendocument.text").is_ok());
        for text in [
            "",
            "image",
            "image/",
            "/png",
            "text/plain; charset=utf-8",
            "a/b/c",
            "text /plain",
        ] {
            assert!(MediaType::parse(text).is_err(), "{text}");
        }
    }
}
