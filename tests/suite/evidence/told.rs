//! What is told about a package in each language.

use framme_shared::domain::{
    evidence::explain::{Language, explain},
    receipt::Statement,
};

use super::bench::{Bench, at, caseworker};

fn told(bench: &Bench, report: u32, language: Language) -> String {
    explain(&bench.verify(&bench.of_report(report)), language, false)
}

fn assert_tells(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not told:\n{text}");
    }
}

#[test]
fn it_is_told_who_knew_what_when_in_bokmal_nynorsk_and_english() {
    let bench = Bench::set();
    assert_tells(
        &told(&bench, 2, Language::Bokmal),
        &[
            "PAKKEN HOLDER.",
            "2. mars 2026 kl. 09.01: mottakeren har lagret innholdet og lest det tilbake; oppgitt av programmet framme-receiver",
            "2. mars 2026 kl. 11.30: innholdet er åpnet; oppgitt av fordeler leader-1 (kvittering 6)",
            "FRAMME: saksbehandler caseworker-7 har hatt barnet siden 3. mars 2026 kl. 10.00.",
            "til 3. mars 2026 kl. 10.00, da den siste viste kvitteringen (nummer 8) ble laget",
            "Ikke vist: at meldingen er vurdert, at melderen eller påtalemyndigheten har fått svar.",
        ],
    );
    assert_tells(
        &told(&bench, 2, Language::Nynorsk),
        &[
            "PAKKEN HELD.",
            "innhaldet er opna; oppgjeve av fordelar leader-1 (kvittering 6)",
            "FRAMME: saksbehandlar caseworker-7 har hatt barnet sidan 3. mars 2026 kl. 10.00.",
        ],
    );
    assert_tells(
        &told(&bench, 2, Language::English),
        &[
            "THE PACKAGE HOLDS.",
            "the content was opened; stated by intake leader leader-1 (receipt 6)",
            "DELIVERED: caseworker caseworker-7 has had the child since 3 March 2026 at 10:00.",
        ],
    );
}

#[test]
fn a_child_that_lost_its_caseworker_is_told_as_not_delivered() {
    let bench = Bench::set();
    assert_tells(
        &told(&bench, 1, Language::Bokmal),
        &[
            "4. mars 2026 kl. 10.00: tildelingen er trukket tilbake, og barnet har ingen saksbehandler",
            "IKKE FRAMME: innholdet er åpnet, men ingen saksbehandler har barnet.",
            "Ikke vist: at en saksbehandler har barnet, at meldingen er vurdert, at melderen",
        ],
    );
    assert_tells(
        &told(&bench, 4, Language::Nynorsk),
        &["IKKJE FRAMME: mottakaren har ikkje stadfesta noko."],
    );
}

#[test]
fn of_a_package_that_does_not_hold_nothing_is_concluded_and_every_fault_is_told() {
    let bench = Bench::set();
    let mut package = bench.of_period();
    package.receipts.remove(5);
    let text = explain(&bench.verify(&package), Language::Bokmal, true);
    assert_tells(
        &text,
        &[
            "PAKKEN HOLDER IKKE.",
            "  - kvitteringer, nr. 6: Det som sto her da pakken ble forseglet, er fjernet",
            "Kvitteringene 6 til 6 fra",
            "Ingen konklusjon: pakken holder ikke.",
        ],
    );
    assert!(!text.contains("  FRAMME:"), "{text}");
    let json = bench.verify(&package).to_json(Language::English);
    assert_eq!(json["holds"], false);
    assert_eq!(json["faults"][0]["code"], "entry_removed");
    assert_eq!(json["faults"][0]["place"], 6);
    assert_eq!(json["children"][0]["delivered"], serde_json::Value::Null);
}

#[test]
fn every_ending_and_every_level_is_told() {
    use framme_shared::domain::lifecycle::{AssessmentOutcome, RejectionReason};
    let mut bench = Bench::empty();
    let sent = bench.send(1, 0, 5, at("1T08:00"));
    bench.state(sent, None, Statement::Stored, at("1T08:01"));
    let other = bench.receivers[1].number;
    for (child, statement) in [
        (0, Statement::Registered),
        (0, Statement::Assigned(caseworker())),
        (0, Statement::Assessed(AssessmentOutcome::FollowedUp)),
        (1, Statement::Rejected(RejectionReason::NotAChild)),
        (2, Statement::Redirected(other)),
        (3, Statement::Withdrawn(None)),
    ] {
        bench.state(sent, Some(child), statement, at("1T09:00"));
    }
    for (language, parts) in [
        (
            Language::Bokmal,
            [
                "personen er voksen",
                "barnet hører til tjenesten",
                "AVSLUTTET",
                "følges opp",
                "saksnummer",
            ],
        ),
        (
            Language::Nynorsk,
            [
                "personen er vaksen",
                "barnet høyrer til tenesta",
                "AVSLUTTA",
                "vert følgd opp",
                "saksnummer",
            ],
        ),
        (
            Language::English,
            [
                "the person is of age",
                "belongs to the service",
                "ENDED",
                "followed up",
                "case number",
            ],
        ),
    ] {
        let text = told(&bench, 1, language);
        assert_tells(&text, &parts);
        assert!(!text.contains(['{', '}']), "{text}");
    }
}

#[test]
fn what_the_reporter_and_the_prosecutor_were_told_is_told_in_three_languages() {
    use framme_shared::domain::lifecycle::{AssessmentOutcome, Conclusion, Feedback, ProsecutionAnswer};
    let mut bench = Bench::empty();
    let sent = bench.send(1, 0, 2, at("1T08:00"));
    bench.state(sent, None, Statement::Stored, at("1T08:01"));
    let tell = |feedback| Statement::Told {
        assessed: AssessmentOutcome::FollowedUp,
        feedback,
    };
    let ended = at("2T07:00");
    for statement in [
        Statement::Assigned(caseworker()),
        Statement::Assessed(AssessmentOutcome::FollowedUp),
        tell(Feedback::Confirmed {
            investigation_opened: true,
        }),
        tell(Feedback::InvestigationEnded { ended }),
        tell(Feedback::Concluded {
            ended,
            conclusion: Conclusion::MeasuresByAgreement,
        }),
        tell(Feedback::ProsecutionAnswered(ProsecutionAnswer::NoMeasures)),
    ] {
        bench.state(sent, Some(0), statement, at("2T09:00"));
    }
    for (language, parts, missing) in [
        (
            Language::Bokmal,
            [
                "melderen har fått vite at meldingen er mottatt, og at det er åpnet undersøkelse; oppgitt av",
                "undersøkelsen ble avsluttet 2. mars 2026 kl. 08.00; oppgitt av",
                "melderen har fått vite at undersøkelsen ble avsluttet 2. mars 2026 kl. 08.00: tiltak etter samtykke",
                "påtalemyndigheten har fått vite hva barneverntjenesten besluttet: det er besluttet ikke å gjøre noe",
            ],
            "at melderen eller påtalemyndigheten har fått svar",
        ),
        (
            Language::Nynorsk,
            [
                "meldaren har fått vite at meldinga er motteken, og at det er opna undersøking",
                "undersøkinga vart avslutta 2. mars 2026 kl. 08.00; oppgjeve av",
                "tiltak etter samtykke",
                "påtalemakta har fått vite kva barneverntenesta avgjorde: det er avgjort å ikkje gjere noko",
            ],
            "at meldaren eller påtalemakta har fått svar",
        ),
        (
            Language::English,
            [
                "the reporter was told that the report was received, and that an investigation is opened",
                "the investigation ended on 2 March 2026 at 08:00; stated by",
                "measures by agreement",
                "the prosecutor was told what the service decided: it was decided to do nothing",
            ],
            "that the reporter or the prosecutor was answered",
        ),
    ] {
        let text = told(&bench, 1, language);
        assert_tells(&text, &parts);
        assert!(!text.contains(['{', '}']), "{text}");
        assert_eq!(text.matches(missing).count(), 1, "only of the other child:\n{text}");
    }
    let json = bench.verify(&bench.of_report(1)).to_json(Language::English);
    assert_eq!(json["children"][0]["stage"], "assessed");
    assert_eq!(json["children"][0]["events"][3]["feedback"], "confirmed");
}
