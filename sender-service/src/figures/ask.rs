//! Asking receivers of how many children they did not know the case. A receiver that is away, that does not answer, or
//! whose answer cannot be right is named as one that did not answer.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use framme_shared::{
    domain::{
        figures::{KnownChildren, Period},
        organisation::OrganisationNumber,
    },
    runtime::clock::Clock,
    wire::{
        pb::exchange::{CountKnownChildrenRequest, KnownChildrenCount, figures_service_client::FiguresServiceClient},
        status::Received,
        time::to_pb,
    },
};
use futures::{StreamExt as _, stream};
use tonic::transport::Channel;

use crate::store::figures::SentTo;

/// How long one receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many are asked at the same time.
const AT_ONCE: usize = 16;

/// The receivers that can be asked.
#[derive(Default)]
pub struct Receivers(RwLock<HashMap<OrganisationNumber, FiguresServiceClient<Channel>>>);

impl Receivers {
    /// From now on this one is asked, over this channel.
    pub fn insert(&self, organisation: OrganisationNumber, channel: Channel) {
        let mut clients = self.0.write().unwrap_or_else(PoisonError::into_inner);
        clients.insert(organisation, FiguresServiceClient::new(channel));
    }

    fn client(&self, organisation: &OrganisationNumber) -> Option<FiguresServiceClient<Channel>> {
        let clients = self.0.read().unwrap_or_else(PoisonError::into_inner);
        clients.get(organisation).cloned()
    }

    /// What the receivers of these children say, if they `may_be_asked`.
    pub(super) async fn ask(
        &self,
        clock: &dyn Clock,
        sent_to: &[SentTo],
        may_be_asked: bool,
        period: &Period,
    ) -> KnownChildren {
        let asking = stream::iter(sent_to.to_vec()).map(|sent| async move {
            let answer = if may_be_asked {
                self.ask_one(clock, &sent, period).await
            } else {
                None
            };
            (sent.receiver, answer)
        });
        let mut answers: Vec<_> = asking.buffer_unordered(AT_ONCE).collect().await;
        answers.sort_by_key(|(receiver, _)| *receiver);
        let mut known = KnownChildren::default();
        for (receiver, answer) in answers {
            match answer {
                Some(count) => {
                    known.answered += count.answered;
                    known.not_known += count.not_known;
                    known.answered_by.push(receiver);
                }
                None => known.not_answered_by.push(receiver),
            }
        }
        known
    }

    async fn ask_one(&self, clock: &dyn Clock, sent: &SentTo, period: &Period) -> Option<KnownChildrenCount> {
        let receiver = sent.receiver;
        if sent.is_distrusted {
            tracing::warn!(%receiver, "a receiver that is not believed is not asked for figures");
            return None;
        }
        let request = CountKnownChildrenRequest {
            from_time: Some(to_pb(period.begins())),
            until_time: Some(to_pb(period.ends())),
        };
        let mut client = self.client(&receiver)?;
        let answer = tokio::select! {
            answer = client.count_known_children(request) => answer,
            () = clock.sleep(PATIENCE) => {
                tracing::warn!(%receiver, "a receiver did not answer for figures in time");
                return None;
            }
        };
        match answer {
            Ok(answer) => answer.into_inner().count.filter(|count| is_possible(count, sent)),
            Err(status) => {
                let received = Received::from_status(&status);
                tracing::warn!(%receiver, code = ?received.code, "a receiver did not answer for figures");
                None
            }
        }
    }
}

/// A receiver cannot know of more children than it was sent.
fn is_possible(count: &KnownChildrenCount, sent: &SentTo) -> bool {
    let possible = count.not_known <= count.answered && count.answered <= sent.children;
    if !possible {
        tracing::error!(receiver = %sent.receiver, "a receiver's answer for figures cannot be right, and is left out");
    }
    possible
}
