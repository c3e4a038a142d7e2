//! Enums of the contract and of the domain, both ways. Into the domain goes only what it knows: an unspecified value
//! becomes `None`, an unknown one is found before (`Scope::enum_value`).

use super::pb::report as pb;
use crate::domain::report::{AddressGrading, ReportType, Urgency};

macro_rules! both_ways {
    ($($pb:ident <=> $domain:ident { $($value:ident),+ $(,)? })+) => {$(
        impl From<$domain> for pb::$pb {
            fn from(value: $domain) -> Self {
                match value { $($domain::$value => Self::$value),+ }
            }
        }

        impl From<pb::$pb> for Option<$domain> {
            fn from(value: pb::$pb) -> Self {
                match value {
                    pb::$pb::Unspecified => None,
                    $(pb::$pb::$value => Some($domain::$value)),+
                }
            }
        }
    )+};
}

both_ways! {
    ReportType <=> ReportType { ConcernReport, Notice, ProsecutionTransfer }
    Urgency <=> Urgency { Acute, Urgent, Normal }
    AddressGrading <=> AddressGrading { Open, Confidential, StrictlyConfidential, StrictlyConfidentialAbroad }
}
