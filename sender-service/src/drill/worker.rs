//! The worker of one receiver's drills. `step` follows those that are open and sends the one that is due; `run` only loops.

use std::{sync::Arc, time::Duration};

use framme_shared::{
    db::StoreError,
    domain::{
        drill::is_due,
        ids::{ReportId, TransmissionId},
        receipt::Statement,
    },
    runtime::{
        shutdown::{Shutdown, TaskError},
        telemetry::Causes,
    },
};
use jiff::Timestamp;

use super::{FollowDrill, PROGRAM, follow::withdrawal, start};
use crate::{
    context::Context,
    peer::Peer,
    store::{drill, receipt, report, view},
    submission::sealed,
};

/// The time between two looks.
const EVERY: Duration = Duration::from_secs(60);

/// Sends and follows the drills of one receiver. Holds nothing between two steps.
#[derive(Clone)]
pub struct DrillWorker {
    context: Arc<Context>,
    peer: Peer,
}

impl DrillWorker {
    /// A worker that has sent nothing.
    pub fn new(context: Arc<Context>, peer: Peer) -> Self {
        Self { context, peer }
    }

    /// Steps until a stop is asked for.
    ///
    /// # Errors
    /// Never: what fails is tried again.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), TaskError> {
        loop {
            let stepped = tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                stepped = self.step() => stepped,
            };
            if let Err(error) = stepped {
                tracing::error!(error = %Causes(&error), receiver.organisation = %self.peer.organisation(),
                    "A drill cannot be sent or followed");
            }
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = self.context.clock.sleep(EVERY) => {}
            }
        }
    }

    /// Follows what is open, and sends a drill when the schedule says so.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn step(&self) -> Result<(), StoreError> {
        let receiver = self.peer.organisation();
        let reader = self.context.database.reader();
        let unfinished = drill::unfinished_of(reader, &receiver).await?;
        for report in &unfinished {
            self.follow(report).await?;
        }
        let last = drill::last_of(reader, &receiver).await?.map(|row| row.started_at);
        let config = &self.context.drills.config;
        if config.scheduled && is_due(last, config.every_days, self.context.clock.now()) {
            let id = ReportId::from_uuid(self.context.random.new_uuid()).expect("a random UUID is not nil");
            start(&self.context, &receiver, id, PROGRAM).await?;
        }
        Ok(())
    }

    async fn follow(&self, report: &ReportId) -> Result<(), StoreError> {
        let reader = self.context.database.reader();
        let Some(view) = view::look_up(reader, report).await? else {
            return Ok(());
        };
        let transmissions: Vec<TransmissionId> = view.transmissions.iter().map(|part| part.transmission).collect();
        let (opened_at, assigned_at) = self.receipted(&transmissions).await?;
        let wrapped = report::known(reader, report).await?.wrapped_key;
        let Some(Ok(key)) = wrapped.map(|wrapped| sealed::open_key(&self.context.keys, wrapped)) else {
            tracing::error!(report.id = %report, "The key of a drill is gone; a person must end it");
            return Ok(());
        };
        let follow = FollowDrill {
            report: *report,
            opened_at,
            assigned_at,
            withdrawal: withdrawal(*report, key),
        };
        self.context.database.change(follow).await?;
        self.context.windows.ring(&self.peer.organisation());
        Ok(())
    }

    /// When it was opened and assigned first, as receipts state it that verify.
    async fn receipted(
        &self,
        transmissions: &[TransmissionId],
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), StoreError> {
        let mut connection = self.context.database.reader().acquire().await?;
        let receipts = receipt::of_transmissions(&mut connection, transmissions).await?;
        drop(connection);
        let now = self.context.clock.now();
        let (mut opened_at, mut assigned_at) = (None, None);
        for receipt in receipts {
            let Ok(verified) = self.peer.trust.verify(&receipt.jws, &self.peer.pair, now) else {
                continue;
            };
            let claims = verified.into_claims();
            match claims.statement {
                Statement::Opened => opened_at = opened_at.or(Some(claims.time)),
                Statement::Assigned { .. } => assigned_at = assigned_at.or(Some(claims.time)),
                _ => {}
            }
        }
        Ok((opened_at, assigned_at))
    }
}
