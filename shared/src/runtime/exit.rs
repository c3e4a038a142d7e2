//! How a process of ours ends: the exit codes that scripts may rely on.

use std::process::{ExitCode, Termination};

/// The exit codes of `sender`, `receiver` and `framme-demo`. The numbers never change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// 0: done.
    Ok,
    /// 1: something failed that no other code names; the log or standard error says what.
    Failure,
    /// 2: wrong use: an unknown argument, or a configuration that breaks a rule.
    Usage,
    /// 3: the service answered and refused: a rule is broken, the state does not allow it, or the caller may not.
    Refused,
    /// 4: the service or its database cannot be reached now; the same command may succeed later.
    Unavailable,
    /// 5: there is no such thing among what the caller may see.
    NotFound,
    /// 6: what a check looked for is wrong: `doctor`, `check-config`, `verify` found a fault.
    Fault,
}

impl Exit {
    /// The number that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Unavailable => 4,
            Self::NotFound => 5,
            Self::Fault => 6,
        }
    }

    /// The code for an answer of a service: see the contract's error reasons.
    #[must_use]
    pub const fn from_grpc(code: tonic::Code) -> Self {
        use tonic::Code;
        match code {
            Code::Ok => Self::Ok,
            Code::NotFound => Self::NotFound,
            Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted | Code::Aborted | Code::Cancelled => {
                Self::Unavailable
            }
            Code::InvalidArgument
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::OutOfRange
            | Code::Unauthenticated => Self::Refused,
            Code::Unknown | Code::Unimplemented | Code::Internal | Code::DataLoss => Self::Failure,
        }
    }

    /// For the end of a command's `--help`.
    pub const HELP: &str = "Exit codes: 0 done, 1 failed, 2 wrong use or configuration, 3 refused by the service, \
                            4 not reachable now, 5 not found, 6 a check found a fault.";
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_numbers_are_the_real_ones() {
        for exit in [
            Exit::Ok,
            Exit::Failure,
            Exit::Usage,
            Exit::Refused,
            Exit::Unavailable,
            Exit::NotFound,
            Exit::Fault,
        ] {
            assert!(Exit::HELP.contains(&format!("{} ", exit.code())));
        }
    }

    #[test]
    fn waiting_helps_is_told_from_refused() {
        assert_eq!(Exit::from_grpc(tonic::Code::Unavailable), Exit::Unavailable);
        assert_eq!(Exit::from_grpc(tonic::Code::PermissionDenied), Exit::Refused);
        assert_eq!(Exit::from_grpc(tonic::Code::NotFound), Exit::NotFound);
    }
}
