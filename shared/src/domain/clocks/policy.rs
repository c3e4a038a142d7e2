//! How long each clock runs, from configuration.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::{
    calendar::{Length, Unit},
    report::{ReportType, Urgency},
};

/// How long the two first clocks run, from submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstClocks {
    /// Until a person must have opened it; without it, that clock does not run.
    pub opened: Option<Length>,
    /// Until every child must have a caseworker.
    pub assigned: Length,
}

/// First clocks of one type of report that differ from those of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OfType {
    /// Immediate danger.
    pub acute: Option<FirstClocks>,
    /// Must be read today.
    pub urgent: Option<FirstClocks>,
    /// Everything else.
    pub normal: Option<FirstClocks>,
}

/// How long each clock of a matter runs. Where the law sets a time, a policy may shorten it and never prolong it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClockPolicy {
    /// Immediate danger. Default 15 minutes to opened, 60 minutes to assigned. In minutes or hours only.
    pub acute: FirstClocks,
    /// Must be read today. Default 4 hours to assigned.
    pub urgent: FirstClocks,
    /// Everything else. Default 2 working days to assigned.
    pub normal: FirstClocks,
    /// By type of report, what differs from the three above. Default nothing.
    pub by_type: BTreeMap<ReportType, OfType>,
    /// From receipt until every child is assessed. Default 7 days, and at most that (barnevernsloven § 2-1).
    pub review: Length,
    /// From receipt until the reporter has a confirmation. Default 21 days, and at most that.
    pub confirmation: Length,
    /// From the end of an investigation until the reporter is told. Default 21 days, and at most that.
    pub outcome: Length,
    /// From receipt until the prosecutor has the answer of § 71 b. Default 21 days, as for a confirmation: the law names no
    /// time, so this is the product's choice, and a policy may choose another.
    pub prosecution_answer: Length,
}

/// A policy that the law or its own sense does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClockPolicy {
    /// Acute danger does not wait for a morning.
    #[error("the clocks of acute reports must be in minutes or hours, at most 24 hours")]
    Acute,
    /// More than a week.
    #[error("clocks.review must be at most 7 days (barnevernsloven § 2-1)")]
    Review,
    /// More than three weeks.
    #[error("clocks.confirmation and clocks.outcome must be at most 21 days (barnevernsloven § 13-4)")]
    Answers,
}

const REVIEW: u32 = 7;
const ANSWERS: u32 = 21;

impl Default for ClockPolicy {
    fn default() -> Self {
        const fn first(opened: Option<Length>, assigned: Length) -> FirstClocks {
            FirstClocks { opened, assigned }
        }
        const ACUTE: FirstClocks = first(Some(Length::known(15, Unit::Minutes)), Length::known(60, Unit::Minutes));
        const URGENT: FirstClocks = first(None, Length::known(4, Unit::Hours));
        const NORMAL: FirstClocks = first(None, Length::known(2, Unit::WorkingDays));
        const WEEK: Length = Length::known(REVIEW, Unit::Days);
        const THREE_WEEKS: Length = Length::known(ANSWERS, Unit::Days);
        Self {
            acute: ACUTE,
            urgent: URGENT,
            normal: NORMAL,
            by_type: BTreeMap::new(),
            review: WEEK,
            confirmation: THREE_WEEKS,
            outcome: THREE_WEEKS,
            prosecution_answer: THREE_WEEKS,
        }
    }
}

impl ClockPolicy {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), InvalidClockPolicy> {
        let of_types = self.by_type.values().filter_map(|of_type| of_type.acute);
        for clocks in of_types.chain([self.acute]) {
            let mut lengths = clocks.opened.into_iter().chain([clocks.assigned]);
            if !lengths.all(|length| length.is_elapsed_within_hours(24)) {
                return Err(InvalidClockPolicy::Acute);
            }
        }
        if !self.review.is_within_days(REVIEW) {
            return Err(InvalidClockPolicy::Review);
        }
        if ![self.confirmation, self.outcome]
            .iter()
            .all(|answer| answer.is_within_days(ANSWERS))
        {
            return Err(InvalidClockPolicy::Answers);
        }
        Ok(())
    }

    /// The first clocks of a report.
    #[must_use]
    pub fn first(&self, report_type: ReportType, urgency: Urgency) -> FirstClocks {
        let of_type = self.by_type.get(&report_type).copied().unwrap_or_default();
        match urgency {
            Urgency::Acute => of_type.acute.unwrap_or(self.acute),
            Urgency::Urgent => of_type.urgent.unwrap_or(self.urgent),
            Urgency::Normal => of_type.normal.unwrap_or(self.normal),
        }
    }
}

#[cfg(test)]
mod tests {
    use figment::{
        Figment,
        providers::{Format as _, Toml},
    };

    use super::*;

    fn read(text: &str) -> Result<ClockPolicy, String> {
        let read = Figment::from(Toml::string(text)).extract();
        read.map_err(|error| error.to_string())
    }

    fn length(text: &str) -> Length {
        Length::parse(text).unwrap()
    }

    #[test]
    fn the_defaults_are_those_of_the_law_and_of_this_product() {
        let policy = read("").unwrap();
        assert_eq!(policy, ClockPolicy::default());
        assert_eq!(policy.check(), Ok(()));
        let first = |urgency| policy.first(ReportType::ConcernReport, urgency);
        assert_eq!(first(Urgency::Acute).opened, Some(length("15 minutes")));
        assert_eq!(first(Urgency::Acute).assigned, length("60 minutes"));
        assert_eq!(first(Urgency::Urgent).assigned, length("4 hours"));
        assert_eq!(first(Urgency::Normal).assigned, length("2 working days"));
        assert_eq!(policy.review, length("7 days"));
        let answers = [policy.confirmation, policy.outcome, policy.prosecution_answer];
        assert_eq!(answers, [length("3 weeks"); 3]);
    }

    #[test]
    fn a_type_may_have_first_clocks_of_its_own() {
        let policy = read(
            r#"
            prosecution_answer = "5 working days"
            [urgent]
            opened = "1 hour"
            assigned = "3 hours"
            [by_type.prosecution_transfer]
            normal = { assigned = "1 working day" }
            "#,
        )
        .unwrap();
        assert_eq!(policy.check(), Ok(()));
        let transfer = |urgency| policy.first(ReportType::ProsecutionTransfer, urgency);
        assert_eq!(transfer(Urgency::Normal).assigned, length("1 working day"));
        assert_eq!(transfer(Urgency::Urgent).opened, Some(length("1 hour")));
        let notice = policy.first(ReportType::Notice, Urgency::Normal);
        assert_eq!(notice.assigned, length("2 working days"));
    }

    #[test]
    fn a_policy_that_says_what_is_not_known_is_refused_with_what_is_wrong() {
        let wrong = |text: &str| read(text).unwrap_err();
        assert!(wrong("revew = \"7 days\"").contains("revew"));
        assert!(wrong("[acute]\nassigned = \"soon\"").contains("2 working days"));
        assert!(wrong("[acute]\nopened = \"5 minutes\"").contains("assigned"));
        assert!(wrong("[by_type.letter]\n").contains("report type"));
    }

    #[test]
    fn the_law_may_be_undercut_and_never_stretched() {
        let check = |text: &str| read(text).unwrap().check();
        assert_eq!(check("review = \"5 days\""), Ok(()));
        assert_eq!(check("review = \"8 days\""), Err(InvalidClockPolicy::Review));
        // Around Easter five working days are more than a week.
        assert_eq!(check("review = \"5 working days\""), Err(InvalidClockPolicy::Review));
        assert_eq!(check("confirmation = \"22 days\""), Err(InvalidClockPolicy::Answers));
        assert_eq!(check("outcome = \"4 weeks\""), Err(InvalidClockPolicy::Answers));
        assert_eq!(check("prosecution_answer = \"4 weeks\""), Ok(()));
        let acute = Err(InvalidClockPolicy::Acute);
        assert_eq!(check("acute = { assigned = \"24 hours\" }"), Ok(()));
        assert_eq!(check("acute = { assigned = \"25 hours\" }"), acute);
        assert_eq!(check("acute = { assigned = \"1 day\" }"), acute);
        let of_type = "[by_type.notice]\nacute = { opened = \"1 working day\", assigned = \"2 hours\" }";
        assert_eq!(check(of_type), acute);
    }
}
