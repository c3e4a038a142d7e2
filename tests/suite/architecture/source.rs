//! The paths that a source file names, in `use` lines and elsewhere. Not a parser: enough for code that rustfmt wrote.

use std::{fs, path::Path};

/// One source file, without comments and tests.
pub(super) struct Source {
    /// From the top of the workspace.
    pub(super) name: String,
    pub(super) code: String,
}

/// Every source file below a folder of the workspace, except those that are tests as a whole.
pub(super) fn sources(folder: &str) -> Vec<Source> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(top.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type().unwrap().is_dir() {
                waiting.push(name);
            } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
                found.push(Source::new(&name, &fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    found
}

impl Source {
    pub(super) fn new(name: &str, text: &str) -> Self {
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let code: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        Self {
            name: name.to_owned(),
            code: code.join("\n"),
        }
    }

    /// Every path with at least two names, `use` trees unfolded.
    pub(super) fn paths(&self) -> impl Iterator<Item = String> {
        let mut paths = Vec::new();
        let mut rest = self.code.as_str();
        while let Some(at) = rest.find("::") {
            let begin = rest[..at].rfind(|c| !is_name(c)).map_or(0, |before| before + 1);
            let path = &rest[begin..];
            let end = read(path, "", &mut paths);
            rest = &path[end.max(at - begin + 2)..];
        }
        paths.into_iter()
    }

    /// The paths that lead through the crate's root, by `crate` or by enough of `super`, without that.
    pub(super) fn paths_from_the_root(&self) -> impl Iterator<Item = String> {
        let inside = self.name.split_once("/src/").map_or("", |(_, inside)| inside);
        let depth = inside.trim_end_matches("/mod.rs").split('/').count();
        self.paths().filter_map(move |path| {
            let up = path.split("::").take_while(|name| *name == "super").count();
            if up > 0 && up >= depth {
                return Some(path.split("::").skip(up).collect::<Vec<_>>().join("::"));
            }
            path.strip_prefix("crate::").map(str::to_owned)
        })
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == ':'
}

/// Reads the path or tree at the beginning of `text`, below `prefix`; returns where it ends.
fn read(text: &str, prefix: &str, paths: &mut Vec<String>) -> usize {
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let path = format!("{prefix}{}", text[..end].trim_start_matches("::"));
    if !path.ends_with("::") || !text[end..].starts_with('{') {
        paths.push(path.trim_end_matches("::").to_owned());
        return end;
    }
    let mut at = end + 1;
    loop {
        at += text[at..].find(|c: char| !c.is_whitespace() && c != ',').unwrap_or(0);
        if at >= text.len() || text[at..].starts_with('}') {
            return (at + 1).min(text.len());
        }
        let inner = read(&text[at..], &path, paths);
        // Something that is no name: `*`, or no tree at all.
        at += inner.max(text[at..].chars().next().map_or(1, char::len_utf8));
    }
}
