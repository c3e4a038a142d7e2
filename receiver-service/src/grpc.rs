//! The two interfaces: `framme.exchange.v1` for senders, `framme.receiver.v1` for the service's own people and case
//! systems. Handlers decode, ask who calls, and hand over; what changes state is a change, never a handler.

mod exchange;
mod gate;
mod read;
mod reconciliation;
mod staff;
mod work_list;

pub use exchange::Exchange;
pub use gate::{ExchangeGate, LocalGate};
pub use reconciliation::Reconciliation;
pub use staff::StaffRegister;
pub use work_list::WorkList;
