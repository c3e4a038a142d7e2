//! The two interfaces: `framme.exchange.v1` for senders, `framme.receiver.v1` for the service's own people and case
//! systems. Handlers decode, ask who calls, and hand over; what changes state is a change, never a handler.

mod deadlines;
mod exchange;
mod figures;
mod gate;
mod holding;
mod letters;
mod read;
mod readiness;
mod reconciliation;
mod staff;
mod statements;
mod tasks;
mod waiting;
mod work_list;

pub use deadlines::Deadlines;
pub use exchange::{Exchange, ExchangedStatements, Recovery};
pub use figures::Figures;
pub use gate::{ExchangeGate, LocalGate};
pub use holding::Holdings;
pub use letters::{AnnouncedLetters, Letters};
pub use readiness::Readiness;
pub use reconciliation::Reconciliation;
pub use staff::StaffRegister;
pub use statements::Statements;
pub use tasks::Tasks;
pub use waiting::Waiting;
pub use work_list::WorkList;
