//! Who waits for news of which report, or of all. A hint within this process only: whoever follows also looks by itself now and
//! then, because another replica may have made the change.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use framme_shared::{domain::ids::ReportId, wire::pb::sender::ReportState};
use tokio::sync::{Notify, watch};

/// Followers by report. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Followers {
    by_report: Arc<Mutex<HashMap<ReportId, watch::Sender<u64>>>>,
    of_all: Arc<Mutex<Vec<Weak<Feed>>>>,
}

/// Collects which reports changed, for somebody who follows all of them. A report stands in it once, however often it
/// changed since it was taken out.
#[derive(Default)]
pub struct Feed {
    changed: Mutex<HashMap<ReportId, News>>,
    bell: Notify,
}

/// What is known of a report that changed.
#[derive(Clone)]
enum News {
    /// It was taken just now, and this is its state.
    Taken(Box<ReportState>),
    /// Its state must be read.
    Changed,
}

/// What a feed gives out.
#[derive(Default)]
pub struct Changes {
    /// Reports just taken, in their present state.
    pub taken: Vec<ReportState>,
    /// Reports whose state must be read.
    pub changed: Vec<ReportId>,
}

/// Told when a report may have changed. Subscribe before looking.
pub struct Subscription {
    report: ReportId,
    changes: Option<watch::Receiver<u64>>,
    followers: Followers,
}

impl Followers {
    /// Begins to follow a report, whether or not it exists.
    pub fn subscribe(&self, report: ReportId) -> Subscription {
        let changes = self
            .lock()
            .entry(report)
            .or_insert_with(|| watch::Sender::new(0))
            .subscribe();
        Subscription {
            report,
            changes: Some(changes),
            followers: self.clone(),
        }
    }

    /// Begins to follow all reports.
    pub fn subscribe_to_all(&self) -> Arc<Feed> {
        let feed = Arc::new(Feed::default());
        self.of_all
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::downgrade(&feed));
        feed
    }

    /// Tells those who follow all reports of one that was just taken. Call it after the commit, and before anything can
    /// come of the report.
    pub fn tell_taken(&self, report: ReportId, state: impl FnOnce() -> ReportState) {
        let feeds = self.feeds();
        if feeds.is_empty() {
            return;
        }
        let news = News::Taken(Box::new(state()));
        for feed in feeds {
            feed.lock().entry(report).or_insert_with(|| news.clone());
            feed.bell.notify_one();
        }
    }

    /// Tells those who follow these reports. Call it after the commit.
    pub fn tell<'a>(&self, reports: impl IntoIterator<Item = &'a ReportId> + Clone) {
        self.tell_feeds(reports.clone());
        let by_report = self.lock();
        if by_report.is_empty() {
            return;
        }
        for report in reports {
            if let Some(changes) = by_report.get(report) {
                changes.send_modify(|count| *count += 1);
            }
        }
    }

    fn tell_feeds<'a>(&self, reports: impl IntoIterator<Item = &'a ReportId> + Clone) {
        for feed in self.feeds() {
            let changed = reports.clone().into_iter().map(|report| (*report, News::Changed));
            feed.lock().extend(changed);
            feed.bell.notify_one();
        }
    }

    /// Those who follow all reports; those who left are forgotten.
    fn feeds(&self) -> Vec<Arc<Feed>> {
        let mut of_all = self.of_all.lock().unwrap_or_else(PoisonError::into_inner);
        of_all.retain(|feed| feed.strong_count() > 0);
        of_all.iter().filter_map(Weak::upgrade).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ReportId, watch::Sender<u64>>> {
        self.by_report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Feed {
    /// Returns when a report has changed since the last return.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    /// Takes out up to `limit` reports that changed; rings again if more are left.
    pub fn take(&self, limit: usize) -> Changes {
        let mut waiting = self.lock();
        let ids: Vec<ReportId> = waiting.keys().take(limit).copied().collect();
        let mut changes = Changes::default();
        for id in ids {
            match waiting.remove(&id) {
                Some(News::Taken(state)) => changes.taken.push(*state),
                _ => changes.changed.push(id),
            }
        }
        if !waiting.is_empty() {
            self.bell.notify_one();
        }
        changes
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ReportId, News>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscription {
    /// Returns when the report may have changed since the subscription or the last return.
    pub async fn changed(&mut self) {
        if let Some(changes) = &mut self.changes {
            changes
                .changed()
                .await
                .expect("the sender stays in the table as long as a receiver exists");
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut by_report = self.followers.lock();
        self.changes = None;
        if by_report
            .get(&self.report)
            .is_some_and(|changes| changes.receiver_count() == 0)
        {
            by_report.remove(&self.report);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn report(text: &str) -> ReportId {
        ReportId::parse(text).unwrap()
    }

    const ONE: &str = "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20";
    const OTHER: &str = "76b7cf28-8bc9-59f4-9134-0894e0d7d8b7";

    #[test]
    fn a_change_between_subscribing_and_waiting_is_not_missed() {
        let followers = Followers::default();
        let mut subscription = followers.subscribe(report(ONE));
        followers.tell([&report(ONE)]);
        assert!(subscription.changed().now_or_never().is_some());
        assert!(subscription.changed().now_or_never().is_none());
    }

    #[test]
    fn another_report_wakes_nobody() {
        let followers = Followers::default();
        let mut subscription = followers.subscribe(report(ONE));
        followers.tell([&report(OTHER)]);
        assert!(subscription.changed().now_or_never().is_none());
    }

    #[test]
    fn whoever_follows_all_learns_each_changed_report_once() {
        let followers = Followers::default();
        let feed = followers.subscribe_to_all();
        followers.tell([&report(ONE), &report(OTHER)]);
        followers.tell([&report(ONE)]);
        assert!(feed.rung().now_or_never().is_some());
        assert_eq!(feed.take(1).changed.len(), 1);
        assert!(feed.rung().now_or_never().is_some(), "one is left");
        assert_eq!(feed.take(10).changed.len(), 1);
        assert!(feed.take(10).changed.is_empty());
        drop(feed);
        followers.tell([&report(ONE)]);
        assert!(followers.of_all.lock().unwrap().is_empty());
    }

    #[test]
    fn a_report_that_was_taken_and_then_changed_is_read() {
        let followers = Followers::default();
        let feed = followers.subscribe_to_all();
        followers.tell_taken(report(ONE), ReportState::default);
        assert_eq!(feed.take(10).taken.len(), 1);
        followers.tell_taken(report(ONE), ReportState::default);
        followers.tell([&report(ONE)]);
        followers.tell_taken(report(ONE), ReportState::default);
        let changes = feed.take(10);
        assert_eq!((changes.taken.len(), changes.changed), (0, vec![report(ONE)]));
    }

    #[test]
    fn nothing_is_kept_for_those_who_left() {
        let followers = Followers::default();
        let (first, second) = (followers.subscribe(report(ONE)), followers.subscribe(report(ONE)));
        drop(first);
        assert_eq!(followers.lock().len(), 1);
        drop(second);
        assert!(followers.lock().is_empty());
    }
}
