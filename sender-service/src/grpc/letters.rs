//! Letters: a report that also goes by post.

use framme_shared::{
    db::sealing::DataKey,
    domain::{
        digest::Digest,
        ids::{LetterId, ReportId, RequestId, TransmissionId},
        staff_id::StaffId,
        text::Line,
    },
    wire::{
        pb::{
            report::Report,
            sender::{
                LetterLanguage, LetterWarning, ListLettersRequest, ListLettersResponse, OrderLetterRequest,
                OrderLetterResponse, PrintLetterRequest, PrintLetterResponse, RecordLetterCallRequest,
                RecordLetterCallResponse, RecordLetterPostedRequest, RecordLetterPostedResponse,
                letter_service_server::LetterService,
            },
        },
        scope::Scope,
        status::{Cause, Failure},
        time,
        violations::FieldViolations,
    },
};
use jiff::{SignedDuration, Timestamp};
use prost::Message;
use tonic::{Request, Response, Status};

use super::{
    Api,
    caller::Caller,
    failure::{sealing, storage},
    letter_view,
};
use crate::{
    letters::{
        Asked, Grading, Moved, NotMoved, OrderAnswered, OrderLetter, Ordered, PostLetter, PrintLetter, Recipient,
        RecordCall, Wanted, open_secrets, prepare,
        print::{self, Language},
    },
    store::{
        letter::{self, LetterRow},
        report,
        transmission::{self, Sent},
        view::sealed_parts,
    },
    submission::sealed,
};

const DEFAULT_PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 1_000;
/// What a client takes by default, less what stands around the PDF.
const LARGEST_PDF: usize = 3 * 1024 * 1024;
/// How far the clock of whoever writes a time may be ahead.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

#[tonic::async_trait]
impl LetterService for Api {
    async fn order_letter(
        &self,
        request: Request<OrderLetterRequest>,
    ) -> Result<Response<OrderLetterResponse>, Status> {
        let caller = self.admit(&request, "OrderLetter").await?;
        Ok(Response::new(self.order_one(&caller, request.get_ref()).await?))
    }

    async fn print_letter(
        &self,
        request: Request<PrintLetterRequest>,
    ) -> Result<Response<PrintLetterResponse>, Status> {
        let caller = self.admit(&request, "PrintLetter").await?;
        Ok(Response::new(self.print_one(&caller, request.get_ref()).await?))
    }

    async fn record_letter_posted(
        &self,
        request: Request<RecordLetterPostedRequest>,
    ) -> Result<Response<RecordLetterPostedResponse>, Status> {
        let caller = self.admit(&request, "RecordLetterPosted").await?;
        Ok(Response::new(self.post_one(&caller, request.get_ref()).await?))
    }

    async fn record_letter_call(
        &self,
        request: Request<RecordLetterCallRequest>,
    ) -> Result<Response<RecordLetterCallResponse>, Status> {
        let caller = self.admit(&request, "RecordLetterCall").await?;
        Ok(Response::new(
            self.record_answered_call(&caller, request.get_ref()).await?,
        ))
    }

    async fn list_letters(
        &self,
        request: Request<ListLettersRequest>,
    ) -> Result<Response<ListLettersResponse>, Status> {
        self.admit(&request, "ListLetters").await?;
        Ok(Response::new(self.letters(request.get_ref()).await?))
    }
}

impl Api {
    async fn order_one(&self, caller: &Caller, message: &OrderLetterRequest) -> Result<OrderLetterResponse, Failure> {
        let by = person(caller)?;
        let (request, id, recipient) = read(|scope| {
            let request = scope.required("request_id", &message.request_id, RequestId::parse);
            let id = scope.required("transmission_id", &message.transmission_id, TransmissionId::parse);
            let recipient = recipient(scope, message);
            Some((request?, id?, recipient?))
        })?;
        let sent = self.sent(&id).await?;
        let (key, content) = self.content(&sent.report, &id).await?;
        let wanted = Wanted {
            sent,
            recipient,
            sealed_delivery: message.sealed_delivery,
            grading: Grading::of(&content),
            by: by.to_string(),
        };
        let new = prepare(&wanted, &key, self.context.random.as_ref())
            .map_err(|rule| Failure::invalid_field("sealed_delivery", rule.to_string()))?;
        let asked = Asked {
            request,
            report: wanted.sent.report,
            request_sha256: fingerprint("OrderLetter", message),
            key,
            by: wanted.by,
        };
        let change = OrderLetter {
            asked,
            new,
            supersede_earlier: message.supersede_earlier,
        };
        let answer = match self.context.database.change(change).await.map_err(storage)? {
            OrderAnswered::Answer(answer) => answer,
            OrderAnswered::ContentDiffers => return Err(Failure::ContentDiffers),
            OrderAnswered::Refused(Ordered::Ended(stage)) => {
                return Err(Failure::InvalidTransition(super::view::stage(stage)));
            }
            OrderAnswered::Refused(_) => return Err(Failure::NotFound),
        };
        Ok(OrderLetterResponse {
            warnings: warnings(wanted.grading, wanted.sealed_delivery),
            ..decode(&answer)?
        })
    }

    async fn print_one(&self, caller: &Caller, message: &PrintLetterRequest) -> Result<PrintLetterResponse, Failure> {
        let by = person(caller)?;
        let (id, language) = read(|scope| {
            let id = letter_id(scope, &message.letter_id);
            let language = scope.enum_value::<Wire, Language>("language", message.language);
            Some((id?, language?))
        })?;
        let row = self.letter(&id).await?;
        if row.superseded_at.is_some() {
            return Err(refused(NotMoved::Superseded));
        }
        let (key, content) = self.content(&row.report, &row.transmission).await?;
        let secrets = letter::secrets(self.context.database.reader(), &id).await;
        let (code, recipient) = secrets.map_err(storage)?.ok_or(Failure::NotFound)?;
        let (code, recipient) = open_secrets(&key, &id, &code, &recipient).map_err(sealing)?;
        let grading = Grading::of(&content);
        let sheet = print::Sheet {
            content,
            transmission: row.transmission,
            code,
            recipient,
            sealed_delivery: row.sealed_delivery,
            language,
            desk_phone: self.context.letters.desk_phone.clone(),
            printed_at: self.context.clock.now(),
        };
        // Setting some hundred pages is work for a processor; nothing is recorded as printed that could not be set.
        let pdf = tokio::task::spawn_blocking(move || print::pdf(&sheet)).await;
        let pdf = pdf
            .map_err(|error| Failure::Internal(Cause::of(&error)))?
            .map_err(|error| Failure::Internal(Cause::of(&error)))?;
        if pdf.len() > LARGEST_PDF {
            return Err(Failure::Internal(Cause::saying("a letter is larger than 3 MiB")));
        }
        let reading = PrintLetter {
            letter: id,
            by: by.to_string(),
        };
        let recorded = self.context.database.change(reading).await.map_err(storage)?;
        let row = recorded.map_err(refused)?;
        Ok(PrintLetterResponse {
            letter: Some(letter_view::letter(&row)),
            pdf: pdf.into(),
            warnings: warnings(grading, row.sealed_delivery),
        })
    }

    async fn post_one(
        &self,
        caller: &Caller,
        message: &RecordLetterPostedRequest,
    ) -> Result<RecordLetterPostedResponse, Failure> {
        let by = person(caller)?;
        let (request, letter) = read(|scope| {
            let request = scope.required("request_id", &message.request_id, RequestId::parse);
            let letter = letter_id(scope, &message.letter_id);
            Some((request?, letter?))
        })?;
        let sha256 = fingerprint("RecordLetterPosted", message);
        let asked = self.asked(request, &letter, sha256, by).await?;
        moved(
            self.context
                .database
                .change(PostLetter { asked, letter })
                .await
                .map_err(storage)?,
        )
    }

    async fn record_answered_call(
        &self,
        caller: &Caller,
        message: &RecordLetterCallRequest,
    ) -> Result<RecordLetterCallResponse, Failure> {
        let by = person(caller)?;
        let latest = self.context.clock.now().saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
        let (request, letter, answered_by, call_at) = read(|scope| {
            let request = scope.required("request_id", &message.request_id, RequestId::parse);
            let letter = letter_id(scope, &message.letter_id);
            let answered_by = scope.required("answered_by", &message.answered_by, Line::<200>::parse);
            let call_at = call_time(scope, message, latest);
            Some((request?, letter?, answered_by?, call_at?))
        })?;
        let sha256 = fingerprint("RecordLetterCall", message);
        let change = RecordCall {
            asked: self.asked(request, &letter, sha256, by).await?,
            letter,
            answered_by: answered_by.expose().to_owned(),
            call_at,
        };
        moved(self.context.database.change(change).await.map_err(storage)?)
    }

    async fn letters(&self, request: &ListLettersRequest) -> Result<ListLettersResponse, Failure> {
        let size = match request.page_size {
            0 => DEFAULT_PAGE,
            size @ 1..=LARGEST_PAGE => size,
            _ => return Err(Failure::invalid_field("page_size", "must be 0 to 1000")),
        };
        let report = read(|scope| scope.optional("report_id", &request.report_id, ReportId::parse))?;
        let after = position(&request.page_token)?;
        let reader = self.context.database.reader();
        let found = letter::page(
            reader,
            after,
            report.as_ref(),
            request.unconfirmed_only,
            i64::from(size),
        );
        let found = found.await.map_err(storage)?;
        let next_page_token = match found.last() {
            Some(last) if found.len() == size as usize => {
                format!("{}.{}", last.ordered.at.as_microsecond(), last.letter)
            }
            _ => String::new(),
        };
        Ok(ListLettersResponse {
            letters: found.iter().map(letter_view::letter).collect(),
            next_page_token,
        })
    }

    async fn letter(&self, id: &LetterId) -> Result<LetterRow, Failure> {
        let row = letter::look_up(self.context.database.reader(), id).await;
        row.map_err(storage)?.ok_or(Failure::NotFound)
    }

    async fn asked(
        &self,
        request: RequestId,
        letter: &LetterId,
        request_sha256: Digest,
        by: &StaffId,
    ) -> Result<Asked, Failure> {
        let report = self.letter(letter).await?.report;
        Ok(Asked {
            request,
            report,
            request_sha256,
            key: self.data_key(&report).await?,
            by: by.to_string(),
        })
    }

    async fn data_key(&self, report: &ReportId) -> Result<DataKey, Failure> {
        let known = report::known(self.context.database.reader(), report).await;
        let wrapped = known.map_err(storage)?.wrapped_key.ok_or(Failure::NotFound)?;
        sealed::open_key(&self.context.keys, wrapped).map_err(sealing)
    }

    async fn sent(&self, id: &TransmissionId) -> Result<Sent, Failure> {
        let reader = self.context.database.reader();
        let mut conn = reader.acquire().await.map_err(|error| storage(error.into()))?;
        let mut sent = transmission::sent(&mut conn, &[*id]).await.map_err(storage)?;
        sent.pop().ok_or(Failure::NotFound)
    }

    /// What was sent in a transmission, opened, and the key of its report.
    async fn content(&self, report: &ReportId, id: &TransmissionId) -> Result<(DataKey, Report), Failure> {
        let parts = sealed_parts(self.context.database.reader(), report)
            .await
            .map_err(storage)?;
        let part = parts
            .into_iter()
            .find(|part| part.transmission == *id)
            .ok_or(Failure::NotFound)?;
        let key = sealed::open_key(&self.context.keys, part.wrapped_key).map_err(sealing)?;
        let content = sealed::open_content(&key, id, &part.content).map_err(sealing)?;
        let content = Report::decode(content.as_slice()).map_err(|error| Failure::StorageCorrupt(Cause::of(&error)))?;
        Ok((key, content))
    }
}

/// The contract's language, on its way to ours.
struct Wire(LetterLanguage);

impl TryFrom<i32> for Wire {
    type Error = prost::UnknownEnumValue;

    fn try_from(language: i32) -> Result<Self, Self::Error> {
        LetterLanguage::try_from(language).map(Self)
    }
}

impl From<Wire> for Option<Language> {
    fn from(Wire(language): Wire) -> Self {
        match language {
            LetterLanguage::Unspecified => None,
            LetterLanguage::Bokmal => Some(Language::Bokmal),
            LetterLanguage::Nynorsk => Some(Language::Nynorsk),
        }
    }
}

fn warnings(grading: Grading, sealed_delivery: bool) -> Vec<i32> {
    let warning = match (grading, sealed_delivery) {
        (Grading::Open, _) => None,
        (_, true) => Some(LetterWarning::SealedDeliveryOnly),
        (_, false) => Some(LetterWarning::AddressesLeftOut),
    };
    warning.map(i32::from).into_iter().collect()
}

fn person(caller: &Caller) -> Result<&StaffId, Failure> {
    caller.person().ok_or(Failure::PermissionDenied)
}

fn fingerprint(call: &str, message: &impl Message) -> Digest {
    let mut bytes = call.as_bytes().to_vec();
    bytes.push(0);
    bytes.extend(message.encode_to_vec());
    Digest::of(&bytes)
}

/// Reads a message: every violation is told at once.
fn read<T>(read: impl FnOnce(&mut Scope<'_>) -> Option<T>) -> Result<T, Failure> {
    let mut found = FieldViolations::new();
    match read(&mut Scope::root(&mut found)) {
        Some(value) if found.is_empty() => Ok(value),
        _ => Err(found.into()),
    }
}

fn letter_id(scope: &mut Scope<'_>, text: &str) -> Option<LetterId> {
    scope.required("letter_id", text, LetterId::parse)
}

fn recipient(scope: &mut Scope<'_>, message: &OrderLetterRequest) -> Option<Recipient> {
    let name = scope.required("recipient_name", &message.recipient_name, Line::parse);
    let lines = scope.lines(
        "recipient_address_lines",
        &message.recipient_address_lines,
        5,
        Line::parse,
    );
    Recipient::new(name?, lines?)
        .map_err(|rule| scope.refuse("recipient_address_lines", rule))
        .ok()
}

/// In whole microseconds, which is what is kept.
fn call_time(scope: &mut Scope<'_>, message: &RecordLetterCallRequest, latest: Timestamp) -> Option<Timestamp> {
    let given = scope.present("call_time", message.call_time.as_ref())?;
    let at = time::from_pb(given)
        .map_err(|rule| scope.refuse("call_time", rule))
        .ok()?;
    if at > latest {
        scope.refuse("call_time", "must not be more than 5 minutes in the future");
        return None;
    }
    Timestamp::from_microsecond(at.as_microsecond()).ok()
}

fn position(token: &str) -> Result<Option<(Timestamp, LetterId)>, Failure> {
    if token.is_empty() {
        return Ok(None);
    }
    let read = || {
        let (time, letter) = token.split_once('.')?;
        let time = Timestamp::from_microsecond(time.parse().ok()?).ok()?;
        Some((time, LetterId::parse(letter).ok()?))
    };
    let position = read().ok_or_else(|| Failure::invalid_field("page_token", "must come from the page before"))?;
    Ok(Some(position))
}

fn refused(why: NotMoved) -> Failure {
    let field = match why {
        NotMoved::NotFound => return Failure::NotFound,
        NotMoved::CallBefore => "call_time",
        NotMoved::Superseded | NotMoved::NotPrinted | NotMoved::NotPosted | NotMoved::Confirmed => "letter_id",
    };
    Failure::invalid_field(field, why.to_string())
}

fn moved<M: Message + Default>(moved: Moved) -> Result<M, Failure> {
    match moved {
        Moved::Answer(answer) => decode(&answer),
        Moved::ContentDiffers => Err(Failure::ContentDiffers),
        Moved::Refused(why) => Err(refused(why)),
    }
}

fn decode<M: Message + Default>(answer: &[u8]) -> Result<M, Failure> {
    M::decode(answer).map_err(|error| Failure::StorageCorrupt(Cause::of(&error)))
}
