//! The high-water mark: how far the ledger had come, kept outside the database.
//!
//! A database cannot know that it lost its newest commits or that it is an older copy of itself; this file does. It is
//! written after every commit and before anyone is answered, without an fsync of its own: after a power cut it may be
//! behind the ledger, which is no fault, and never ahead of what was answered.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::ledger::{Head, Verified};
use super::schema::hex;

/// Two slots in different sectors, written in turn, so that a torn write leaves the other.
const SLOT: usize = 4096;

/// Why the mark stops a database from being opened.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// Acknowledged changes are gone.
    #[error(
        "the ledger ends at entry {ledger}, but entry {mark} was committed: the database lost its newest changes or is an \
         older copy; reconcile with the peers, then remove the mark file"
    )]
    Behind { ledger: i64, mark: i64 },
    /// This is another database, or its history was rewritten.
    #[error(
        "entry {seq} of the ledger is not the one that was committed: this is another database; check the configuration"
    )]
    Differs { seq: i64 },
    #[error("the mark file is damaged; remove it if the database is known to be right")]
    Damaged,
    #[error("the mark file cannot be read or written")]
    File(#[source] io::Error),
}

/// An open mark file.
pub(super) struct Mark {
    file: File,
    next_slot: u64,
    head: Head,
}

impl Mark {
    /// Opens the file, or makes an empty one.
    pub(super) fn open(path: &Path) -> Result<Self, MarkError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(path).map_err(MarkError::File)?;
        let length = file.metadata().map_err(MarkError::File)?.len();
        if length == 0 {
            super::sync_folder_of(path).map_err(MarkError::File)?;
            tracing::info!("A new high-water mark begins; an older one at this place would have been used");
            return Ok(Self {
                file,
                next_slot: 0,
                head: Head::genesis(),
            });
        }
        let slots = [read_slot(&file, 0), read_slot(&file, 1)];
        let (slot, head) = (0_u64..)
            .zip(slots)
            .filter_map(|(slot, head)| Some((slot, head?)))
            .max_by_key(|(_, head)| head.seq)
            .ok_or(MarkError::Damaged)?;
        Ok(Self {
            file,
            next_slot: 1 - slot,
            head,
        })
    }

    /// The entry that was committed last, as far as the file knows.
    pub(super) fn seq(&self) -> i64 {
        self.head.seq
    }

    /// Compares with the ledger as it was found.
    pub(super) fn check(&self, ledger: &Verified) -> Result<(), MarkError> {
        match &ledger.passed {
            None => Err(MarkError::Behind {
                ledger: ledger.head.seq,
                mark: self.head.seq,
            }),
            Some(passed) if *passed != self.head => Err(MarkError::Differs { seq: self.head.seq }),
            Some(_) => Ok(()),
        }
    }

    /// Moves the mark forward.
    pub(super) fn advance(&mut self, head: &Head) -> io::Result<()> {
        if head.seq <= self.head.seq {
            return Ok(());
        }
        self.file
            .write_all_at(render(head).as_bytes(), self.next_slot * SLOT as u64)?;
        self.next_slot = 1 - self.next_slot;
        self.head = head.clone();
        Ok(())
    }

    /// Forces the mark to disk, for a process that ends in order.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// One line of fixed length: number, hash, check.
fn render(head: &Head) -> String {
    let text = format!("framme-mark {:020} {}", head.seq, head.hash);
    format!("{text} {}\n", check(&text))
}

fn parse(line: &str) -> Option<Head> {
    let (text, found) = line.strip_suffix('\n')?.rsplit_once(' ')?;
    let mut words = text.split(' ');
    let head = match (words.next()?, words.next()?, words.next()?, words.next()) {
        ("framme-mark", seq, hash, None) => Head {
            seq: seq.parse().ok()?,
            hash: hash.to_owned(),
        },
        _ => return None,
    };
    (found == check(text)).then_some(head)
}

fn check(text: &str) -> String {
    hex(&aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref()[..8])
}

fn read_slot(file: &File, slot: u64) -> Option<Head> {
    let mut line = vec![0; render(&Head::genesis()).len()];
    file.read_exact_at(&mut line, slot * SLOT as u64).ok()?;
    parse(std::str::from_utf8(&line).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct TempFile(std::path::PathBuf);

    impl TempFile {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("framme-mark-{}-{name}", std::process::id()));
            let _ = std::fs::remove_file(&path);
            Self(path)
        }
    }

    impl Drop for TempFile {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn head(seq: i64) -> Head {
        Head {
            seq,
            hash: format!("{seq:064x}"),
        }
    }

    fn ledger(end: i64, passed: Option<Head>) -> Verified {
        Verified {
            head: head(end),
            passed,
        }
    }

    #[test]
    fn the_newest_mark_is_found_again() {
        let file = TempFile::new("again");
        let mut mark = Mark::open(&file.0).unwrap();
        for seq in 1..=5 {
            mark.advance(&head(seq)).unwrap();
        }
        assert_eq!(Mark::open(&file.0).unwrap().head, head(5));
    }

    #[test]
    fn a_torn_write_leaves_the_mark_before() {
        let file = TempFile::new("torn");
        let mut mark = Mark::open(&file.0).unwrap();
        mark.advance(&head(1)).unwrap();
        mark.advance(&head(2)).unwrap();
        mark.file.write_all_at(b"XX", SLOT as u64 + 14).unwrap();
        assert_eq!(Mark::open(&file.0).unwrap().head, head(1));
        mark.file.write_all_at(b"XX", 14).unwrap();
        assert!(matches!(Mark::open(&file.0), Err(MarkError::Damaged)));
    }

    #[test]
    fn a_ledger_behind_its_mark_or_with_another_entry_there_is_refused() {
        let file = TempFile::new("judge");
        let mut mark = Mark::open(&file.0).unwrap();
        mark.advance(&head(7)).unwrap();
        assert!(mark.check(&ledger(9, Some(head(7)))).is_ok());
        assert!(matches!(
            mark.check(&ledger(6, None)),
            Err(MarkError::Behind { ledger: 6, mark: 7 })
        ));
        let other = Head {
            seq: 7,
            hash: "f".repeat(64),
        };
        assert!(matches!(
            mark.check(&ledger(9, Some(other))),
            Err(MarkError::Differs { seq: 7 })
        ));
    }
}
