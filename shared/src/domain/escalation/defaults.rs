//! The ladders of somebody who has configured none.

use super::{
    ladder::{Ladder, LadderRung},
    rung::Rung,
};
use crate::domain::{
    calendar::{Length, Unit},
    notice::ContactName,
    report::Urgency,
    statement::Side,
};

const fn minutes(count: u32) -> Length {
    Length::known(count, Unit::Minutes)
}

const fn hours(count: u32) -> Length {
    Length::known(count, Unit::Hours)
}

const WORKING_DAY: Length = Length::known(1, Unit::WorkingDays);

/// How long each of the four rungs of a side has. No law sets them; they are this product's:
///
/// - acute: the whole ladder is climbed in 20 minutes, and the managements are told every quarter of an hour, night and day;
/// - urgent: climbed in two hours, then every two hours;
/// - normal: the nearest has half a working day, everybody after that one working day.
const fn waits(urgency: Urgency) -> [Length; 4] {
    match urgency {
        Urgency::Acute => [
            const { minutes(5) },
            const { minutes(5) },
            const { minutes(10) },
            const { minutes(15) },
        ],
        Urgency::Urgent => [
            const { minutes(30) },
            const { minutes(30) },
            const { hours(1) },
            const { hours(2) },
        ],
        Urgency::Normal => [const { hours(4) }, WORKING_DAY, WORKING_DAY, WORKING_DAY],
    }
}

const RECEIVER: [Rung; 4] = [
    Rung::ListOwner,
    Rung::IntakeLeaders,
    Rung::Duty,
    Rung::ReceiverManagement,
];
const SENDER: [Rung; 4] = [Rung::Officer, Rung::Desk, Rung::Commander, Rung::SenderManagement];

/// All four rungs of a side, each with one contact that has the rung's name with hyphens: `list-owner`, `desk`,
/// `sender-management`.
pub(super) fn ladder(side: Side, urgency: Urgency) -> Ladder {
    let rungs = match side {
        Side::Receiver => RECEIVER,
        Side::Sender => SENDER,
    };
    let rungs = rungs.into_iter().zip(waits(urgency)).map(|(rung, wait)| LadderRung {
        rung,
        wait,
        contacts: vec![contact(rung)],
    });
    Ladder::new(rungs.collect()).expect("the rungs above are in order, with waits within bounds")
}

fn contact(rung: Rung) -> ContactName {
    let name = rung.as_str().replace('_', "-");
    ContactName::parse(&name).expect("the words of rungs are short, of small letters and underscores")
}
