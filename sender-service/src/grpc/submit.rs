//! Taking a report.

use std::{collections::HashMap, sync::Arc};

use framme_shared::{
    db::{StoreError, sealing::DataKey},
    domain::{
        digest::Digest,
        directory::{Directory, Route, Service},
        identity_number::TestNumbers,
        ids::{ChildId, ReportId, TransmissionId},
        municipality::Area,
        organisation::OrganisationNumber,
        report::{Child, Report, phone},
        statement::day_of,
    },
    wire::{
        pb::{
            report as pb,
            sender::{ReportState, SubmitReportRequest, SubmitReportResponse},
        },
        report::{MAX_BYTES, Rules, fill_child_ids, parse, to_pb},
        status::{Cause, Failure},
    },
};
use jiff::civil::Date;
use prost::Message as _;
use zeroize::Zeroizing;

use super::{
    Api,
    caller::Caller,
    failure::{sealing, storage},
};
use crate::{
    context::Context,
    store::{
        data_key::StoredKey,
        delivery::Delivery,
        recovered,
        report::{self, Known},
    },
    submission::{
        accept::{AcceptReport, Accepted, NamedAttachment, PartChild, SealedPart},
        need::Need,
        sealed,
    },
    window::Early,
};

/// Larger content is read from the database when its turn comes.
const MOST_BYTES_FROM_MEMORY: usize = 64 * 1024;

/// How often a submission that met another of the same report looks again.
const LOOKS: u32 = 3;

impl Api {
    pub(super) async fn submit(
        &self,
        caller: &Caller,
        request: SubmitReportRequest,
    ) -> Result<SubmitReportResponse, Failure> {
        let message = request
            .report
            .ok_or_else(|| Failure::invalid_field("report", "must be there"))?;
        let answer = self.first_answer(caller, message).await?;
        SubmitReportResponse::decode(answer.as_slice()).map_err(|error| Failure::StorageCorrupt(Cause::of(&error)))
    }

    /// The answer that is stored, of now or of the first time. A report that was taken is answered before anything is
    /// checked: what was right then is answered the same when rules or the directory have changed since.
    async fn first_answer(&self, caller: &Caller, mut message: pb::Report) -> Result<Vec<u8>, Failure> {
        fill_child_ids(&mut message);
        let sha256 = Digest::of(&message.encode_to_vec());
        let Ok(id) = ReportId::parse(&message.report_id) else {
            return Err(self
                .check(&message, sha256)
                .err()
                .unwrap_or_else(|| Failure::invalid_field("report_id", "must be a UUID")));
        };
        // The key of files that were uploaded is found first. Without files nearly every report is new, and is looked up
        // only when it turns out not to be.
        let mut known = if message.attachments.is_empty() {
            Known::default()
        } else {
            self.known(&id).await?
        };
        let mut submission = None;
        for _ in 0..LOOKS {
            if let Some((first, answer)) = known.submitted {
                return if first == Digest::ZERO {
                    self.answer_of_taken_back(&message, sha256, answer).await
                } else {
                    answer_of((first, answer), sha256)
                };
            }
            let checked = match submission
                .take()
                .map_or_else(|| self.check(&message, sha256).map(Arc::new), Ok)
            {
                Ok(checked) => checked,
                Err(failure) => {
                    let first = self.known(&id).await?.submitted;
                    return first.map_or(Err(failure), |first| answer_of(first, sha256));
                }
            };
            if let Some(answer) = self.try_to_take(caller, &checked, known.wrapped_key).await? {
                return Ok(answer);
            }
            submission = Some(checked);
            known = self.known(&id).await?;
        }
        Err(Failure::ConcurrentChange)
    }

    /// Of a report that was taken back from its receivers after a restore it is known what was made of it, and not what was
    /// submitted: the same comes to the same parts.
    async fn answer_of_taken_back(
        &self,
        message: &pb::Report,
        sha256: Digest,
        answer: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        let submission = self.check(message, sha256)?;
        let reader = self.context.database.reader();
        // Whom each part went to is left out: the directory may have changed since, or a person may have said.
        let here = recovered::parts(reader, &submission.report.id).await.map_err(storage)?;
        let here = sorted(here.into_iter().map(|(_, content)| content));
        let parts = sorted(submission.parts.iter().map(|part| part.content_sha256));
        if parts == here {
            Ok(answer)
        } else {
            Err(Failure::ContentDiffers)
        }
    }

    async fn known(&self, id: &ReportId) -> Result<Known, Failure> {
        report::known(self.context.database.reader(), id).await.map_err(storage)
    }

    /// Everything about a submission that needs no storage.
    fn check(&self, message: &pb::Report, sha256: Digest) -> Result<Submission, Failure> {
        let rules = Rules {
            now: self.context.clock.now(),
            test_numbers: if self.context.production {
                TestNumbers::Refused
            } else {
                TestNumbers::Accepted
            },
            max_attachment_bytes: self.context.max_attachment_bytes,
        };
        let report = parse(message, &rules)?;
        if report.drill {
            let rule = "must be left out: the program makes drills";
            return Err(Failure::invalid_field("drill", rule));
        }
        let parts = split(&report, &self.context.directory.now(), day_of(rules.now))?;
        Ok(Submission { report, parts, sha256 })
    }

    /// The answer, or `None` to look again.
    async fn try_to_take(
        &self,
        caller: &Caller,
        submission: &Arc<Submission>,
        wrapped_key: Option<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let context = &self.context;
        let (key, new_key) = match wrapped_key {
            Some(wrapped) => (sealed::open_key(&context.keys, wrapped).map_err(sealing)?, None),
            None => {
                let (key, stored) = sealed::new_key(&context.keys);
                (key, Some(stored))
            }
        };
        let early: Vec<Option<Early>> = submission
            .parts
            .iter()
            .map(|part| self.early(submission, part))
            .collect();
        let accept = self.accept(caller, submission, &key, new_key, &early);
        // Not in this call: whoever hangs up would leave what was committed lying until its claim runs out.
        let taking = tokio::spawn(take(Arc::clone(context), Arc::clone(submission), accept, early));
        match taking.await.map_err(|error| Failure::Internal(Cause::of(&error)))? {
            Ok(Accepted::Taken(taken)) => Ok(Some(taken.answer)),
            Ok(Accepted::AttachmentIncomplete(attachment)) => Err(Failure::AttachmentIncomplete(attachment)),
            Ok(Accepted::LookAgain) => Ok(None),
            Err(error) => Err(storage(error)),
        }
    }

    /// Whether a part can go to its worker from memory. What has files is claimed by the worker, which reads them piece
    /// by piece.
    fn early(&self, submission: &Submission, part: &Part) -> Option<Early> {
        if !submission.report.attachments.is_empty() || part.content.len() > MOST_BYTES_FROM_MEMORY {
            return None;
        }
        let window = self.context.windows.of(&part.receiver)?;
        window.accept_early(|| self.context.random.new_uuid().to_string())
    }

    fn accept(
        &self,
        caller: &Caller,
        submission: &Submission,
        key: &DataKey,
        new_key: Option<StoredKey>,
        early: &[Option<Early>],
    ) -> AcceptReport {
        let report = &submission.report;
        AcceptReport {
            deadlines: Arc::clone(&self.context.deadlines),
            report: report::NewReport {
                report: report.id,
                submitted_sha256: submission.sha256,
                report_type: report.report_type,
                urgency: report.urgency,
                police_district: report.reporter.police_district.expose().to_owned(),
                submitted_by: caller.holder.to_string(),
                children: report.children.len() as i64,
                follows_up: report.follows_up,
                phone: phone::summary(&report.phone_calls),
                drill: false,
            },
            new_key,
            parts: submission
                .parts
                .iter()
                .zip(early)
                .map(|(part, early)| self.seal(part, key, early.as_ref()))
                .collect(),
            attachments: report
                .attachments
                .iter()
                .map(|attachment| NamedAttachment {
                    attachment: attachment.id,
                    size_bytes: attachment.size_bytes,
                    sha256: attachment.sha256,
                })
                .collect(),
        }
    }

    fn seal(&self, part: &Part, key: &DataKey, early: Option<&Early>) -> SealedPart {
        let id = self.context.random.new_uuid_at(self.context.clock.now());
        let transmission = TransmissionId::from_uuid(id).expect("a version 7 UUID is not nil");
        SealedPart {
            transmission,
            receiver: part.receiver,
            content: sealed::seal_content(key, &transmission, &part.content),
            content_sha256: part.content_sha256,
            children: part.children.clone(),
            claim: early.map(Early::claim),
            need: part.need.clone(),
        }
    }
}

/// Takes the report, and gives its parts to the workers: from memory, or as rows that wait.
async fn take(
    context: Arc<Context>,
    submission: Arc<Submission>,
    accept: AcceptReport,
    early: Vec<Option<Early>>,
) -> Result<Accepted, StoreError> {
    let transmissions: Vec<TransmissionId> = accept.parts.iter().map(|part| part.transmission).collect();
    let accepted = context.database.change(accept).await?;
    let Accepted::Taken(taken) = &accepted else {
        return Ok(accepted);
    };
    let report = &submission.report;
    context.followers.tell_taken(report.id, || state_in(&taken.answer));
    // The earlier one shows that it is followed up.
    context.followers.tell(report.follows_up.iter());
    let numbered = transmissions.iter().zip(&taken.sequences);
    for ((part, early), (transmission, sequence)) in submission.parts.iter().zip(early).zip(numbered) {
        let Some(early) = early else {
            context.windows.ring(&part.receiver);
            continue;
        };
        let delivery = Delivery {
            transmission: *transmission,
            report: report.id,
            sequence: *sequence,
            content_sha256: part.content_sha256,
            submitted_at: taken.at,
            urgency_rank: report.urgency.rank(),
            attempts: 1,
            redirected_from: None,
        };
        early.hand_over(delivery, Zeroizing::new(part.content.clone()), taken.at);
    }
    Ok(accepted)
}

fn state_in(answer: &[u8]) -> ReportState {
    let answer = SubmitReportResponse::decode(answer).unwrap_or_default();
    answer.report.unwrap_or_default()
}

fn sorted(digests: impl Iterator<Item = Digest>) -> Vec<Digest> {
    let mut digests: Vec<Digest> = digests.collect();
    digests.sort_unstable_by_key(|digest| *digest.as_bytes());
    digests
}

/// The first answer, if what came first is what comes now.
fn answer_of((first, answer): (Digest, Vec<u8>), sha256: Digest) -> Result<Vec<u8>, Failure> {
    if first == sha256 {
        Ok(answer)
    } else {
        Err(Failure::ContentDiffers)
    }
}

/// A report that may be taken.
struct Submission {
    report: Report,
    parts: Vec<Part>,
    sha256: Digest,
}

/// What one receiver will get, as it is delivered.
struct Part {
    receiver: OrganisationNumber,
    content: Vec<u8>,
    content_sha256: Digest,
    children: Vec<PartChild>,
    need: Option<Need>,
}

/// Where a child's part goes.
enum Destination<'a> {
    /// The directory is certain.
    Service(&'a Service),
    /// A person says which service is right; what is of one area, at once.
    ToAPerson(Area, Route<'a>),
}

impl<'a> Destination<'a> {
    fn of(directory: &'a Directory, area: Area, today: Date) -> Self {
        match directory.route(area, today) {
            Route::Service(service) => Self::Service(service),
            unsure => Self::ToAPerson(area, unsure),
        }
    }

    fn receiver(&self) -> OrganisationNumber {
        match self {
            Self::Service(service) => service.organisation,
            Self::ToAPerson(..) => OrganisationNumber::NOBODY,
        }
    }

    fn need(&self) -> Option<Need> {
        match self {
            Self::Service(service) => Need::letter(service),
            Self::ToAPerson(area, route) => Need::route(area, route),
        }
    }
}

impl PartialEq for Destination<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Service(one), Self::Service(other)) => one.organisation == other.organisation,
            (Self::ToAPerson(one, _), Self::ToAPerson(other, _)) => one == other,
            _ => false,
        }
    }
}

/// One part per receiver, and one per area for which a person must say who that is: no report is turned away because the
/// directory does not know everything.
fn split(report: &Report, directory: &Directory, today: Date) -> Result<Vec<Part>, Failure> {
    let places: HashMap<ChildId, usize> = report
        .children
        .iter()
        .enumerate()
        .map(|(place, child)| (child.id, place))
        .collect();
    report
        .split_by(|child| Destination::of(directory, child.area, today))
        .into_iter()
        .map(|(destination, part)| {
            let content = to_pb(&part).encode_to_vec();
            if content.len() > MAX_BYTES {
                return Err(Failure::TooLarge {
                    what: "a report without its attachments",
                    limit: format!("{MAX_BYTES} bytes"),
                });
            }
            Ok(Part {
                receiver: destination.receiver(),
                need: destination.need(),
                content_sha256: Digest::of(&content),
                content,
                children: part
                    .children
                    .iter()
                    .map(|child| part_child(child, places[&child.id]))
                    .collect(),
            })
        })
        .collect()
}

fn part_child(child: &Child, place: usize) -> PartChild {
    PartChild {
        child: child.id,
        place: place as i64,
        municipality: child.area.municipality().to_string(),
        city_district: child.area.district().map(|district| district.to_string()),
    }
}
