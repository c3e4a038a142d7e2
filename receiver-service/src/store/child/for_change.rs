//! What a change of one child must know, read by one statement for all changes that come together.

use framme_shared::{
    child_state,
    db::{StoreError, rows::ManyRows},
    domain::{
        digest::Digest,
        ids::{ChildId, ReportId, RequestId, TransmissionId},
        organisation::OrganisationNumber,
        receipt::ChainHead,
        report::ReportType,
        staff_id::StaffId,
    },
};
use sqlx::{AnyConnection, any::AnyRow};

use super::{Child, read};
use crate::{
    staff::Access,
    store::{
        columns::{Columns, report_type},
        request::Answered,
        staff::access_of,
    },
};

/// Everything that a change of one child must know, read in one statement.
#[derive(Debug)]
pub struct ForChange {
    /// The child.
    pub child: Child,
    /// Who sent it.
    pub sender: OrganisationNumber,
    /// The transmission's id as the sender gave it.
    pub sent_id: TransmissionId,
    /// The report that it is part of.
    pub report: ReportId,
    /// The type of that report.
    pub report_type: ReportType,
    /// SHA-256 of the transmission's content as it arrived.
    pub content_sha256: Digest,
    /// The end of the sender's chain of receipts.
    pub head: ChainHead,
    /// The first answer to this request, if it came before.
    pub answered: Option<Answered>,
    /// The person in whose name the change is made.
    pub actor: Option<Access>,
    /// The person whom the child is given to, when it is an assignment.
    pub caseworker: Option<Access>,
}

/// Which child is to be changed, by which request, and in whose name.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The transmission, by the id inside this service.
    pub transmission: &'a TransmissionId,
    /// The child.
    pub child: &'a ChildId,
    /// Who asks.
    pub caller: &'a str,
    /// The request.
    pub request: &'a RequestId,
    /// The person in whose name the change is made.
    pub actor: &'a StaffId,
    /// The person whom the child is given to, when it is an assignment.
    pub caseworker: Option<&'a StaffId>,
}

const FOR_CHANGE: ManyRows = ManyRows {
    head: "-- child::for_change
        WITH wanted (place, transmission_id, child_id, caller, request_id, actor, caseworker) AS (VALUES",
    columns: 7,
    tail: concat!(
        ")
        SELECT wanted.place,
               c.child_id, c.area, ",
        child_state!("c."),
        ", c.version,
               t.transmission_id, t.sender, t.sent_id, t.report_id, t.report_type, t.content_sha256,
               p.last_receipt_sequence, p.last_receipt_sha256,
               r.method, r.fingerprint, r.answer, r.wrapped_key, r.receipt_sender, r.receipt_sequence,
               a.staff_id AS actor_staff_id, a.roles AS actor_roles, a.areas AS actor_areas,
               a.active AS actor_active,
               w.staff_id AS caseworker_staff_id, w.roles AS caseworker_roles, w.areas AS caseworker_areas,
               w.active AS caseworker_active
        FROM wanted
        JOIN child c ON c.transmission_id = wanted.transmission_id AND c.child_id = wanted.child_id
        JOIN transmission t ON t.transmission_id = c.transmission_id AND t.stored_receipt_sequence IS NOT NULL
        JOIN peer p ON p.organisation = t.sender
        LEFT JOIN request r ON r.caller = wanted.caller AND r.request_id = wanted.request_id
        LEFT JOIN staff a ON a.staff_id = wanted.actor
        LEFT JOIN staff w ON w.staff_id = wanted.caseworker"
    ),
};

/// Loads what each change must know, in the order of the changes; `None` where there is no such child with a receipt.
pub async fn for_change(
    connection: &mut AnyConnection,
    wanted: &[Wanted<'_>],
) -> Result<Vec<Option<ForChange>>, StoreError> {
    let places: Vec<(i64, &Wanted<'_>)> = (0..).zip(wanted).collect();
    let rows = FOR_CHANGE
        .fetch_all(connection, &places, |statement, (place, wanted)| {
            statement
                .bind(*place)
                .bind(wanted.transmission.to_string())
                .bind(wanted.child.to_string())
                .bind(wanted.caller)
                .bind(wanted.request.to_string())
                .bind(wanted.actor.as_str())
                .bind(wanted.caseworker.map(StaffId::as_str))
        })
        .await?;
    let mut found: Vec<Option<ForChange>> = std::iter::repeat_with(|| None).take(wanted.len()).collect();
    for row in &rows {
        let columns = Columns::keyed(row, "transmission", "transmission_id")?;
        let place = usize::try_from(columns.count("place")?).unwrap_or(usize::MAX);
        let (slot, wanted) = found.get_mut(place).zip(wanted.get(place)).ok_or(StoreError::Missing)?;
        *slot = Some(read_for_change(row, &columns, wanted.request)?);
    }
    Ok(found)
}

fn read_for_change(row: &AnyRow, columns: &Columns<'_>, request: &RequestId) -> Result<ForChange, StoreError> {
    let caseworker = [
        "caseworker_staff_id",
        "caseworker_roles",
        "caseworker_areas",
        "caseworker_active",
    ];
    Ok(ForChange {
        child: read(row)?,
        sender: columns.parsed("sender")?,
        sent_id: columns.parsed("sent_id")?,
        report: columns.parsed("report_id")?,
        report_type: report_type(columns)?,
        content_sha256: columns.digest("content_sha256")?,
        head: columns.head("last_receipt_sequence", "last_receipt_sha256")?,
        answered: Answered::joined(row, request)?,
        actor: access_of(row, ["actor_staff_id", "actor_roles", "actor_areas", "actor_active"])?,
        caseworker: access_of(row, caseworker)?,
    })
}
