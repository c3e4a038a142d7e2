//! What is told of transmissions when their sender asks whether they are still there: read from several tables, for many
//! at once.

use std::collections::HashMap;

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{
        holding::LastReceipt,
        ids::{ChildId, TransmissionId},
        lifecycle::Stage,
        organisation::OrganisationNumber,
        staff_id::StaffId,
    },
};
use sqlx::AnyConnection;

use super::columns::Columns;

const SENT: ManyRows = ManyRows {
    head: "-- holding::sent
        WITH asked (sender, sent_id) AS (VALUES",
    columns: 2,
    tail: ")
        SELECT t.transmission_id, t.sent_id
        FROM asked
        JOIN transmission t ON t.sender = asked.sender AND t.sent_id = asked.sent_id",
};

/// The ids inside this service of what this sender sent under these ids, by the ids that the sender gave.
pub async fn sent(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
    sent_ids: &[TransmissionId],
) -> Result<HashMap<TransmissionId, TransmissionId>, StoreError> {
    let rows = SENT
        .fetch_all(connection, sent_ids, |statement, id| {
            statement.bind(sender.to_string()).bind(id.to_string())
        })
        .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "transmission", "transmission_id")?;
            Ok((columns.parsed("sent_id")?, columns.parsed("transmission_id")?))
        })
        .collect()
}

/// How many receipts there are about a transmission, and the last of them.
#[derive(Debug, Clone, Copy)]
pub struct Receipts {
    /// How many.
    pub count: u64,
    /// The last.
    pub last: LastReceipt,
}

const RECEIPTS: ManyRows = ManyRows {
    head: "-- holding::receipts
        SELECT counted.transmission_id, counted.receipts, counted.sequence, receipt.sha256
        FROM (SELECT transmission_id, sender, COUNT(*) AS receipts, MAX(sequence) AS sequence
              FROM receipt
              WHERE transmission_id IN (VALUES",
    columns: 1,
    tail: ")
              GROUP BY transmission_id, sender) AS counted
        JOIN receipt ON receipt.sender = counted.sender AND receipt.sequence = counted.sequence",
};

/// The receipts about these transmissions, by the ids inside this service; those without any are left out.
pub async fn receipts(
    connection: &mut AnyConnection,
    ids: &[TransmissionId],
) -> Result<HashMap<TransmissionId, Receipts>, StoreError> {
    let rows = RECEIPTS
        .fetch_all(connection, ids, |statement, id| statement.bind(id.to_string()))
        .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "receipt", "transmission_id")?;
            let receipts = Receipts {
                count: columns.count("receipts")?,
                last: LastReceipt {
                    sequence: columns.count("sequence")?,
                    sha256: columns.digest("sha256")?,
                },
            };
            Ok((columns.parsed("transmission_id")?, receipts))
        })
        .collect()
}

/// How far a child is, and who has it.
#[derive(Debug, Clone)]
pub struct ChildStage {
    /// Which.
    pub child: ChildId,
    /// How far.
    pub stage: Stage,
    /// Who has it as caseworker.
    pub staff: Option<StaffId>,
}

const CHILDREN: ManyRows = ManyRows {
    head: "-- holding::children
        SELECT transmission_id, child_id, stage, assigned_staff
        FROM child
        WHERE transmission_id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// The children of these transmissions, by the ids inside this service.
pub async fn children(
    connection: &mut AnyConnection,
    ids: &[TransmissionId],
) -> Result<HashMap<TransmissionId, Vec<ChildStage>>, StoreError> {
    let rows = CHILDREN
        .fetch_all(connection, ids, |statement, id| statement.bind(id.to_string()))
        .await?;
    let mut children: HashMap<TransmissionId, Vec<ChildStage>> = HashMap::new();
    for row in &rows {
        let columns = Columns::keyed(row, "child", "child_id")?;
        let stage = Stage::parse(&columns.text("stage")?).map_err(|_| columns.corrupt("stage"))?;
        children
            .entry(columns.parsed("transmission_id")?)
            .or_default()
            .push(ChildStage {
                child: columns.parsed("child_id")?,
                stage,
                staff: columns.opt_parsed("assigned_staff")?,
            });
    }
    Ok(children)
}
