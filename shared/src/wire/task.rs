//! Tasks for people, as both local interfaces show them.

use super::{pb::report as pb, status::Failure, time};
use crate::domain::task::Task;

const DEFAULT_PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 1_000;

/// Where a page begins, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageOfTasks {
    /// After this number.
    pub after: u64,
    /// So many at most.
    pub size: u32,
}

impl PageOfTasks {
    /// Reads what a request says of its page.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn read(page_size: u32, page_token: &str) -> Result<Self, Failure> {
        let size = match page_size {
            0 => DEFAULT_PAGE,
            1..=LARGEST_PAGE => page_size,
            _ => return Err(Failure::invalid_field("page_size", "must be at most 1000")),
        };
        let after = if page_token.is_empty() {
            Ok(0)
        } else {
            page_token.parse()
        };
        let after =
            after.map_err(|_| Failure::invalid_field("page_token", "must be the next_page_token of a page before"))?;
        Ok(Self { after, size })
    }

    /// The page of what was found, which is one more than asked for when there is another page; and the token of that.
    #[must_use]
    pub fn cut(self, mut found: Vec<Task>) -> (Vec<pb::Task>, String) {
        let has_more = found.len() > self.size as usize;
        found.truncate(self.size as usize);
        let next = found.last().filter(|_| has_more).map(|last| last.number.to_string());
        (found.into_iter().map(to_pb).collect(), next.unwrap_or_default())
    }
}

fn to_pb(task: Task) -> pb::Task {
    let (closed_time, closed_by, outcome) = match task.closed {
        Some(closed) => (Some(time::to_pb(closed.at)), closed.by, closed.outcome),
        None => (None, String::new(), String::new()),
    };
    pb::Task {
        number: task.number,
        kind: task.kind,
        subject: task.subject,
        desk: task.desk,
        particulars: task.data,
        opened_time: Some(time::to_pb(task.opened_at)),
        closed_time,
        closed_by,
        outcome,
    }
}

/// A task as one line for people.
#[must_use]
pub fn line(task: &pb::Task) -> String {
    let opened = task.opened_time.as_ref().and_then(|time| time::from_pb(time).ok());
    let opened = opened
        .map(|time| time.strftime("%F %T").to_string())
        .unwrap_or_default();
    let ended = if task.outcome.is_empty() {
        String::new()
    } else {
        format!("  [{} by {}]", task.outcome, task.closed_by)
    };
    format!(
        "{:>6}  {opened}  {:<9} {:<28} {}  {}{ended}",
        task.number, task.desk, task.kind, task.subject, task.particulars
    )
}
