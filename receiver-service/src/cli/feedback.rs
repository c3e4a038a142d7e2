//! The way back: `receiver confirm`, `end-investigation`, `conclude`, `answer-prosecution`.

use clap::{ArgAction, Args, ValueEnum};
use framme_shared::{
    runtime::exit::Exit,
    wire::{
        pb::{
            receiver::{
                RecordConfirmationRequest, RecordInvestigationEndRequest, RecordOutcomeRequest,
                RecordProsecutionAnswerRequest,
            },
            report::{InvestigationConclusion, ProsecutionAnswer},
        },
        time::to_pb,
    },
};
use jiff::Timestamp;

use super::{
    Common,
    child::{Target, print},
    client,
};

/// Options of `confirm`.
#[derive(Debug, Args)]
pub struct Confirm {
    #[command(flatten)]
    target: Target,
    /// Whether an investigation is opened: true or false.
    #[arg(long, action = ArgAction::Set)]
    investigation: bool,
}

/// Options of `end-investigation`.
#[derive(Debug, Args)]
pub struct EndInvestigation {
    #[command(flatten)]
    target: Target,
    /// When it ended, as 2026-03-31T12:00:00+02:00.
    #[arg(long)]
    ended: Timestamp,
}

/// Options of `conclude`.
#[derive(Debug, Args)]
pub struct Conclude {
    #[command(flatten)]
    target: Target,
    /// When the investigation ended, as 2026-03-31T12:00:00+02:00.
    #[arg(long)]
    ended: Timestamp,
    /// What it came to.
    #[arg(long)]
    conclusion: Conclusion,
}

/// Options of `answer-prosecution`.
#[derive(Debug, Args)]
pub struct AnswerProsecution {
    #[command(flatten)]
    target: Target,
    /// What was decided.
    #[arg(long)]
    answer: Answer,
}

/// What an investigation came to.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Conclusion {
    /// Closed without measures.
    NoMeasures,
    /// Measures that the family agreed to.
    MeasuresByAgreement,
    /// Measures by order.
    MeasuresByOrder,
    /// The family moved, and another service goes on.
    Moved,
    /// Ended in another way.
    Other,
}

/// What the service decided.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Answer {
    /// Measures were decided.
    MeasuresDecided,
    /// It was decided to do nothing.
    NoMeasures,
    /// The child has measures already.
    AlreadyInMeasures,
}

impl Confirm {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let request = RecordConfirmationRequest {
            change: self.target.change(),
            investigation_opened: self.investigation,
        };
        let answer = client::work_list(common)?.record_confirmation(request).await?;
        Ok(print(common, answer.into_inner().changed))
    }
}

impl EndInvestigation {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let request = RecordInvestigationEndRequest {
            change: self.target.change(),
            ended_time: Some(to_pb(self.ended)),
        };
        let answer = client::work_list(common)?.record_investigation_end(request).await?;
        Ok(print(common, answer.into_inner().changed))
    }
}

impl Conclude {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let conclusion = match self.conclusion {
            Conclusion::NoMeasures => InvestigationConclusion::NoMeasures,
            Conclusion::MeasuresByAgreement => InvestigationConclusion::MeasuresByAgreement,
            Conclusion::MeasuresByOrder => InvestigationConclusion::MeasuresByOrder,
            Conclusion::Moved => InvestigationConclusion::Moved,
            Conclusion::Other => InvestigationConclusion::Other,
        };
        let request = RecordOutcomeRequest {
            change: self.target.change(),
            investigation_ended_time: Some(to_pb(self.ended)),
            conclusion: conclusion.into(),
        };
        let answer = client::work_list(common)?.record_outcome(request).await?;
        Ok(print(common, answer.into_inner().changed))
    }
}

impl AnswerProsecution {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let answer = match self.answer {
            Answer::MeasuresDecided => ProsecutionAnswer::MeasuresDecided,
            Answer::NoMeasures => ProsecutionAnswer::NoMeasures,
            Answer::AlreadyInMeasures => ProsecutionAnswer::AlreadyInMeasures,
        };
        let request = RecordProsecutionAnswerRequest {
            change: self.target.change(),
            answer: answer.into(),
        };
        let answer = client::work_list(common)?.record_prosecution_answer(request).await?;
        Ok(print(common, answer.into_inner().changed))
    }
}
