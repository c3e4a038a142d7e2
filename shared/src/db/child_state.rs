//! The columns of a child's state, for every statement that reads or writes one.

/// The names of the columns that [`crate::domain::lifecycle::ChildColumns`] holds, in its order, each with this before it: `""`,
/// or the table's name with its dot. Both services' tables have them. A text for `concat!`, so that a new column comes into
/// every statement at once.
#[macro_export]
macro_rules! child_state {
    ($of:literal) => {
        concat!(
            $of,
            "stage, ",
            $of,
            "stage_time, ",
            $of,
            "opened, ",
            $of,
            "registered, ",
            $of,
            "assigned_role, ",
            $of,
            "assigned_staff, ",
            $of,
            "assigned_time, ",
            $of,
            "outcome, ",
            $of,
            "reason, ",
            $of,
            "redirected_to, ",
            $of,
            "confirmed_time, ",
            $of,
            "investigation_opened, ",
            $of,
            "investigation_ended_time, ",
            $of,
            "concluded_time, ",
            $of,
            "conclusion, ",
            $of,
            "answered_time, ",
            $of,
            "prosecution_answer"
        )
    };
}
