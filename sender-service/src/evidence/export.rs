//! Writing a package, a page at a time.

use std::{collections::HashMap, sync::Arc};

use framme_shared::{
    db::{StoreError, statements},
    domain::{
        evidence::{MOST_ENTRIES, PackageWriter, Period, Scope, SentPart, SignedText, WholeReport},
        ids::{ChildId, ReportId, TransmissionId},
        jws::Kind,
        organisation::OrganisationNumber,
        statement::bounds,
    },
};
use jiff::{Timestamp, civil::Date};

use super::period;
use crate::{
    context::Context,
    store::{
        child,
        holding::{self, Position},
        period::Part,
        receipt,
        transmission::{self, Numbered},
        view::{ReportView, look_up},
    },
};

/// Transmissions read at once, with their children.
const TRANSMISSIONS: i64 = 100;
/// Receipts read at once.
const RECEIPTS: i64 = 100;
/// Answers of receivers read at once: each may be 2 MiB.
const HOLDINGS: i64 = 1;
/// What an answer came to when nothing was wrong.
const NOTHING_WRONG: [&str; 2] = ["held", "ahead"];

/// A package in the making. What [`Export::next`] returns, one after the other, is the file.
pub struct Export {
    context: Arc<Context>,
    writer: PackageWriter,
    next: Next,
    /// For a period: with whom, and from when until when.
    period: Option<(OrganisationNumber, Timestamp, Timestamp)>,
}

/// Why a package cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// More entries than a package has.
    #[error("a package has at most {MOST_ENTRIES} entries")]
    TooLarge,
    /// The seal could not be signed.
    #[error("the seal could not be signed")]
    Seal,
}

/// What comes next.
enum Next {
    /// The beginning of the file.
    Begin(String, Box<Self>),
    /// Everything of a report.
    Report(Box<ReportView>),
    /// The transmissions of a part of the exchange after this number.
    Transmissions(Part, u64),
    /// Receipts from before the part, after this number.
    Earlier(Part, u64),
    /// The receipts of the part after this number.
    Receipts(Part, u64),
    /// What the receiver answered in the period after this.
    Holdings(Position),
    /// The statements of both sides of these days.
    Statements(std::vec::IntoIter<Date>),
    /// The seal.
    Seal,
    /// Nothing.
    End,
}

impl Export {
    /// A package about one report; `None` when there is no such report.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of_report(context: Arc<Context>, report: ReportId) -> Result<Option<Self>, StoreError> {
        let Some(view) = look_up(context.database.reader(), &report).await? else {
            return Ok(None);
        };
        let scope = Scope::Report(WholeReport {
            report,
            sender: context.organisation,
            receivers: receivers(&view),
        });
        Ok(Some(Self::begin(context, &scope, Next::Report(Box::new(view)))))
    }

    /// A package about what passed between this sender and a receiver from one time until another; `None` when there is
    /// no such receiver.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of_period(
        context: Arc<Context>,
        receiver: OrganisationNumber,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Option<Self>, StoreError> {
        let Some((part, chain)) = period::part(context.database.reader(), receiver, (from, until)).await? else {
            return Ok(None);
        };
        let scope = Scope::Period(Period {
            sender: context.organisation,
            receiver,
            from,
            until,
            chain,
        });
        let export = Self::begin(context, &scope, Next::Transmissions(part, 0));
        Ok(Some(Self {
            period: Some((receiver, from, until)),
            ..export
        }))
    }

    fn begin(context: Arc<Context>, scope: &Scope, next: Next) -> Self {
        let (writer, text) = PackageWriter::begin(scope);
        Self {
            context,
            writer,
            next: Next::Begin(text, Box::new(next)),
            period: None,
        }
    }

    /// The next piece of the file; `None` after the last. A piece may be empty.
    ///
    /// # Errors
    /// See [`ExportError`]; the file is not whole then.
    pub async fn next(&mut self) -> Result<Option<String>, ExportError> {
        if self.writer.entries() > MOST_ENTRIES {
            return Err(ExportError::TooLarge);
        }
        let text = match std::mem::replace(&mut self.next, Next::End) {
            Next::Begin(text, next) => {
                self.next = *next;
                text
            }
            Next::Report(view) => {
                self.next = Next::Seal;
                self.report(&view).await?
            }
            Next::Transmissions(part, after) => self.transmissions(part, after).await?,
            Next::Earlier(part, after) => self.earlier(part, after).await?,
            Next::Receipts(part, after) => self.receipts(part, after).await?,
            Next::Holdings(after) => self.holdings(after).await?,
            Next::Statements(days) => self.statements(days).await?,
            Next::Seal => self.seal()?,
            Next::End => return Ok(None),
        };
        Ok(Some(text))
    }

    async fn report(&mut self, view: &ReportView) -> Result<String, ExportError> {
        let ids: Vec<TransmissionId> = view.transmissions.iter().map(|sent| sent.transmission).collect();
        let mut conn = self
            .context
            .database
            .reader()
            .acquire()
            .await
            .map_err(StoreError::from)?;
        let sent = transmission::sent(&mut conn, &ids).await?;
        drop(conn);
        let digests: HashMap<_, _> = sent
            .iter()
            .map(|sent| (sent.transmission, sent.content_sha256))
            .collect();
        let mut text = String::new();
        for part in &view.transmissions {
            let sha256 = digests.get(&part.transmission).copied().ok_or(StoreError::Missing)?;
            text.push_str(&self.writer.transmission(&SentPart {
                transmission: part.transmission,
                report: view.report,
                receiver: part.receiver,
                sequence: part.sequence,
                sha256,
                submitted: view.submitted_at,
                children: part.children.iter().map(|child| child.child).collect(),
            }));
        }
        // By receiver and number, as the transmissions are.
        for jws in receipt::of_report(self.context.database.reader(), &view.report).await? {
            text.push_str(&self.writer.receipt(&jws));
        }
        for holding in self.holdings_about(view).await? {
            text.push_str(&self.writer.signed(&holding));
        }
        Ok(text)
    }

    /// What receivers answered about a report: the last of each, and everything that they found wrong.
    async fn holdings_about(&self, view: &ReportView) -> Result<Vec<SignedText>, StoreError> {
        let mut chosen = Vec::new();
        for part in &view.transmissions {
            let mut answers = holding::about(self.context.database.reader(), &part.transmission).await?;
            let last = answers.pop();
            let wrong = answers
                .into_iter()
                .filter(|(_, finding)| !NOTHING_WRONG.contains(&&**finding));
            chosen.extend(wrong.chain(last).map(|(jws, _)| signed(Kind::Holding, jws)));
        }
        Ok(chosen)
    }

    async fn holdings(&mut self, after: Position) -> Result<String, ExportError> {
        let Some((receiver, _, until)) = self.period else {
            self.next = Next::Seal;
            return Ok(String::new());
        };
        let reader = self.context.database.reader();
        let page = holding::stated(reader, &receiver, &after, until, HOLDINGS).await?;
        self.next = match page.last() {
            Some(last) => Next::Holdings(last.position.clone()),
            None => Next::Statements(self.days_stated().await?),
        };
        let texts = page.into_iter().map(|stored| signed(Kind::Holding, stored.jws));
        Ok(texts.map(|text| self.writer.signed(&text)).collect())
    }

    /// The days that lie wholly in the period and were stated.
    async fn days_stated(&self) -> Result<std::vec::IntoIter<Date>, StoreError> {
        let Some((receiver, from, until)) = self.period else {
            return Ok(Vec::new().into_iter());
        };
        let stated = statements::days_stated(self.context.database.reader(), &receiver).await?;
        let in_period = |day: &Date| bounds(*day).is_some_and(|day| day.from >= from && day.until <= until);
        Ok(stated.into_iter().filter(in_period).collect::<Vec<_>>().into_iter())
    }

    async fn statements(&mut self, mut days: std::vec::IntoIter<Date>) -> Result<String, ExportError> {
        let (Some(day), Some((receiver, ..))) = (days.next(), self.period) else {
            self.next = Next::Seal;
            return Ok(String::new());
        };
        self.next = Next::Statements(days);
        let texts = statements::texts(self.context.database.reader(), &receiver, day).await?;
        let both = texts.own.into_iter().chain(texts.peer);
        Ok(both
            .map(|jws| self.writer.signed(&signed(Kind::Statement, jws)))
            .collect())
    }

    async fn transmissions(&mut self, part: Part, after: u64) -> Result<String, ExportError> {
        let page = transmission::of_part(self.context.database.reader(), &part, after, TRANSMISSIONS).await?;
        let mut children = self.children(&page).await?;
        let mut text = String::new();
        for sent in &page {
            text.push_str(&self.writer.transmission(&SentPart {
                transmission: sent.transmission,
                report: sent.report,
                receiver: part.receiver,
                sequence: sent.sequence,
                sha256: sent.content_sha256,
                submitted: sent.submitted_at,
                children: children.remove(&sent.transmission).unwrap_or_default(),
            }));
        }
        self.next = match page.last() {
            Some(last) => Next::Transmissions(part, last.sequence),
            None => Next::Earlier(part, 0),
        };
        Ok(text)
    }

    /// The children of these transmissions, each in the order of the report.
    async fn children(&self, page: &[Numbered]) -> Result<HashMap<TransmissionId, Vec<ChildId>>, StoreError> {
        let reports: Vec<ReportId> = page.iter().map(|sent| sent.report).collect();
        let mut conn = self.context.database.reader().acquire().await?;
        let mut rows = child::of_reports(&mut conn, &reports).await?;
        drop(conn);
        rows.sort_unstable_by_key(|child| child.place);
        let mut children: HashMap<_, Vec<ChildId>> = HashMap::new();
        for row in rows {
            children.entry(row.transmission).or_default().push(row.child);
        }
        Ok(children)
    }

    async fn earlier(&mut self, part: Part, after: u64) -> Result<String, ExportError> {
        let page = receipt::before_part(self.context.database.reader(), &part, after, RECEIPTS).await?;
        self.next = match page.last() {
            Some(last) => Next::Earlier(part, last.sequence),
            None => Next::Receipts(part, part.receipts.0.saturating_sub(1)),
        };
        Ok(page.iter().map(|stored| self.writer.receipt(&stored.jws)).collect())
    }

    async fn receipts(&mut self, part: Part, after: u64) -> Result<String, ExportError> {
        let left = i64::try_from(part.receipts.1.saturating_sub(after)).unwrap_or(RECEIPTS);
        let page = receipt::page(
            self.context.database.reader(),
            &part.receiver,
            after,
            left.min(RECEIPTS),
        )
        .await?;
        self.next = match page.last() {
            Some(last) => Next::Receipts(part, last.sequence),
            None => self.period.map_or(Next::Seal, |(_, from, _)| {
                // Ids are never empty: this is before every answer of that time.
                Next::Holdings(Position {
                    stated_at: from,
                    id: String::new(),
                })
            }),
        };
        Ok(page.iter().map(|stored| self.writer.receipt(&stored.jws)).collect())
    }

    fn seal(&mut self) -> Result<String, ExportError> {
        let signing = &self.context.signing;
        let now = self.context.clock.now();
        // Seals have microseconds, clocks may have more.
        let time = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        self.writer
            .seal(self.context.organisation, time, |second, payload| {
                signing.sign(Kind::Evidence, second, payload)
            })
            .ok_or(ExportError::Seal)
    }
}

fn signed(kind: Kind, jws: String) -> SignedText {
    SignedText {
        kind: kind.to_string(),
        jws,
    }
}

/// To whom a report went, each once: children may have been sent on to a receiver that has others.
fn receivers(view: &ReportView) -> Vec<OrganisationNumber> {
    let mut receivers: Vec<OrganisationNumber> = view.transmissions.iter().map(|sent| sent.receiver).collect();
    receivers.sort_unstable();
    receivers.dedup();
    receivers
}
