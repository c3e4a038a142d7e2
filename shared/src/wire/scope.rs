//! Reads the fields of a message and notes every rule that one breaks, under its path.

use std::fmt::Display;

use super::violations::FieldViolations;

const MISSING: &str = "must be given";

/// A place in a message. What its methods answer is `None` exactly when a violation was noted.
pub struct Scope<'a> {
    found: &'a mut FieldViolations,
    path: String,
}

impl<'a> Scope<'a> {
    /// The root of a message.
    pub fn root(found: &'a mut FieldViolations) -> Self {
        Self {
            found,
            path: String::new(),
        }
    }

    /// A message inside this one.
    pub fn inside(&mut self, field: &str) -> Scope<'_> {
        Scope {
            path: self.path_of(field),
            found: self.found,
        }
    }

    /// Notes a violation of this field.
    pub fn refuse(&mut self, field: &str, rule: impl Display) {
        let path = self.path_of(field);
        self.found.add(path, rule.to_string());
    }

    /// A text that must be there.
    pub fn required<T, E: Display>(
        &mut self,
        field: &str,
        text: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if text.is_empty() {
            self.refuse(field, MISSING);
            return None;
        }
        read(text).map_err(|rule| self.refuse(field, rule)).ok()
    }

    /// A text that may be empty.
    pub fn optional<T, E: Display>(
        &mut self,
        field: &str,
        text: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Option<T>> {
        if text.is_empty() {
            Some(None)
        } else {
            self.required(field, text, read).map(Some)
        }
    }

    /// A message or a oneof that must be there.
    pub fn present<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.refuse(field, MISSING);
        }
        value
    }

    /// An enum value that must be one that this version knows, and not the unspecified one.
    pub fn enum_value<W, D>(&mut self, field: &str, value: i32) -> Option<D>
    where
        W: TryFrom<i32> + Into<Option<D>>,
    {
        let Ok(known) = W::try_from(value) else {
            let path = self.path_of(field);
            self.found.add_unknown_enum_value(path);
            return None;
        };
        self.present(field, known.into())
    }

    /// An enum value that may be the unspecified one.
    pub fn optional_enum<W, D>(&mut self, field: &str, value: i32) -> Option<Option<D>>
    where
        W: TryFrom<i32> + Into<Option<D>>,
    {
        if let Ok(known) = W::try_from(value) {
            return Some(known.into());
        }
        let path = self.path_of(field);
        self.found.add_unknown_enum_value(path);
        None
    }

    /// A list of texts, none of them empty. A list longer than `max` is not read at all: its length is the violation.
    pub fn lines<T, E: Display>(
        &mut self,
        field: &str,
        texts: &[String],
        max: usize,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        self.bounded(field, texts, max, |scope, name, text| scope.required(name, text, &read))
    }

    /// A list of anything. A list longer than `max` is not read at all: its length is the violation.
    pub fn bounded<W, D>(
        &mut self,
        field: &str,
        list: &[W],
        max: usize,
        mut read: impl FnMut(&mut Self, &str, &W) -> Option<D>,
    ) -> Option<Vec<D>> {
        if list.len() > max {
            self.refuse(field, format_args!("must be at most {max}"));
            return None;
        }
        // Collected first and judged then, so that every element is read.
        let all: Vec<_> = list
            .iter()
            .zip(0..)
            .map(|(item, index)| read(self, &format!("{field}[{index}]"), item))
            .collect();
        all.into_iter().collect()
    }

    fn path_of(&self, field: &str) -> String {
        if self.path.is_empty() {
            field.to_owned()
        } else {
            format!("{}.{field}", self.path)
        }
    }
}
