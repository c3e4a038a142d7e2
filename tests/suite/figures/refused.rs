//! Files that must not get into the table.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use framme_demo::pki::synthetic_organisation;
use framme_shared::domain::{
    figures::{Figures, FiguresError, InvalidFigures, Period, SignedFigures, Why},
    jws::{JwsError, JwsSigner, Kind},
    lifecycle::Standing::{Delivered, Open},
};
use jiff::ToSpan as _;

use super::files::Country;

fn troms(country: &Country) -> Figures {
    country.figures(1, "Troms", &[(&["A-1"], 10, 2, Open), (&["A-2"], 0, 1, Delivered)])
}

/// Header, payload and signature.
fn parts(file: &str) -> [String; 3] {
    let parts: Vec<String> = file.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

#[test]
fn a_file_altered_by_one_digit_is_refused() {
    let country = Country::new();
    let file = country.file(&troms(&country));
    assert!(country.verify(&file).is_ok());
    let [header, payload, signature] = parts(&file);
    let payload = URL_SAFE_NO_PAD.decode(payload).unwrap();
    let digits: Vec<usize> = (0..payload.len()).filter(|at| payload[*at].is_ascii_digit()).collect();
    assert!(digits.len() > 60);
    for at in digits {
        let mut altered = payload.clone();
        altered[at] = b'0' + (altered[at] - b'0' + 1) % 10;
        let file = format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(altered));
        assert_eq!(country.verify(&file), Err(FiguresError::Jws(JwsError::BadSignature)));
        let refused = country.merge(&[file]).unwrap_err();
        assert!(matches!(refused[0].why, Why::NotBelieved(_)), "{refused:?}");
    }
}

#[test]
fn an_unsigned_file_is_refused() {
    let country = Country::new();
    let figures = troms(&country);
    let payload = String::from_utf8(figures.to_payload().unwrap()).unwrap();
    let [header, encoded, _] = parts(&country.file(&figures));
    for unsigned in [
        "",
        &payload,
        &format!("{header}.{encoded}."),
        &format!("{header}.{encoded}"),
    ] {
        let refused = country.verify(unsigned).unwrap_err();
        assert!(matches!(refused, FiguresError::Jws(_)), "{refused}");
    }
}

#[test]
fn a_text_that_was_signed_as_something_else_is_no_figures() {
    let country = Country::new();
    let figures = troms(&country);
    let signer = country.signer(figures.sender);
    let payload = figures.to_payload().unwrap();
    let statement = signer
        .sign(Kind::Statement, figures.time.as_second(), &payload)
        .unwrap();
    assert_eq!(country.verify(&statement), Err(FiguresError::Jws(JwsError::WrongType)));
}

#[test]
fn figures_count_only_when_their_own_organisation_signed_them_at_their_own_time() {
    let country = Country::new();
    let figures = troms(&country);
    let payload = figures.to_payload().unwrap();
    let other = country.signed(synthetic_organisation(2), figures.time, &payload);
    assert_eq!(country.verify(&other), Err(FiguresError::WrongSigner));
    let later = country.signed(figures.sender, figures.time + 1.second(), &payload);
    assert_eq!(country.verify(&later), Err(FiguresError::TimeMismatch));
    let mut ahead = figures;
    ahead.time += 25.hours();
    assert_eq!(country.verify(&country.file(&ahead)), Err(FiguresError::Future));
}

#[test]
fn a_revoked_certificate_and_a_strange_authority_are_refused() {
    let country = Country::new();
    let figures = troms(&country);
    let issued = country.pki.enterprise(figures.sender).unwrap();
    let signer = JwsSigner::from_pem(issued.chain_pem.as_bytes(), issued.key_pem.as_bytes()).unwrap();
    let payload = figures.to_payload().unwrap();
    let file = signer.sign(Kind::Figures, figures.time.as_second(), &payload).unwrap();
    let verdict = SignedFigures::verify(&country.verifier(&[&issued]), &file, country.now);
    assert_eq!(verdict, Err(FiguresError::Jws(JwsError::Revoked)));
    let strange = Country::new().file(&figures);
    let refused = country.verify(&strange).unwrap_err();
    assert!(
        matches!(refused, FiguresError::Jws(JwsError::Untrusted(_))),
        "{refused}"
    );
}

#[test]
fn figures_that_contradict_themselves_are_neither_signed_nor_believed() {
    let country = Country::new();
    let right = troms(&country);
    let payload: serde_json::Value = serde_json::from_slice(&right.to_payload().unwrap()).unwrap();
    let changes: &[fn(&mut serde_json::Value)] = &[
        |it| it["totals"]["reports"] = 3.into(),
        |it| it["totals"]["children"] = 4.into(),
        |it| it["totals"]["closed"] = 1.into(),
        |it| it["late"] = 2.into(),
        |it| it["by_letter"] = 3.into(),
        |it| it["types"] = serde_json::json!([]),
        |it| it["urgencies"][0]["counts"]["not_delivered"] = 0.into(),
        |it| it["known_to_service"]["not_known"] = 1.into(),
        |it| it["known_to_service"]["answered"] = 4.into(),
        |it| it["seconds_to_assigned"]["median"] = 7_201.into(),
        |it| drop(it.as_object_mut().unwrap().remove("seconds_to_assigned")),
        |it| it["events"][0]["children"] = 0.into(),
        |it| it["events"][0]["keys"] = serde_json::json!([]),
        |it| it["events"][0]["sent"] = 0.into(),
        |it| it["events"][0]["standing"] = "closed".into(),
        |it| it["from"] = "2026-03-01".into(),
        |it| it["district"] = " ".into(),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut changed = payload.clone();
        change(&mut changed);
        let changed = serde_json::to_vec(&changed).unwrap();
        let verdict = country.verify(&country.signed(right.sender, right.time, &changed));
        let contradiction = matches!(verdict, Err(FiguresError::Figures(InvalidFigures::Contradiction(_))));
        assert!(contradiction, "{number}: {verdict:?}");
    }
    let mut own = right;
    own.totals.reports += 1;
    assert!(own.to_payload().is_err());
}

#[test]
fn payloads_of_another_form_or_version_are_refused_and_unknown_members_are_passed_over() {
    let country = Country::new();
    let right = troms(&country);
    let text = String::from_utf8(right.to_payload().unwrap()).unwrap();
    let verify = |payload: &str| country.verify(&country.signed(right.sender, right.time, payload.as_bytes()));
    let malformed = Err(FiguresError::Figures(InvalidFigures::Malformed));
    for (from, to) in [
        ("{\"ver\":1", "{\"ver\":1,\"ver\":1"),
        ("\"late\":0", "\"late\":-1"),
        ("\"late\":0,", ""),
        ("\"open\"", "\"lost\""),
        ("\"until\":\"2026-03-31\"", "\"until\":\"2025-03-31\""),
        ("2026-04-01T08:00:00.000000Z", "2026-04-01T08:00:00Z"),
        ("\"events\":[", "\"events\":null,\"more\":["),
    ] {
        assert!(text.contains(from), "{from}");
        assert_eq!(verify(&text.replacen(from, to, 1)), malformed, "{to}");
    }
    let version = text.replacen("{\"ver\":1", "{\"ver\":2", 1);
    assert_eq!(verify(&version), Err(FiguresError::Figures(InvalidFigures::Version)));
    let more = text.replacen("{\"ver\":1", "{\"ver\":1,\"more\":[1]", 1);
    assert_eq!(verify(&more).unwrap().into_figures(), right);
}

#[test]
fn overlapping_files_of_one_district_are_refused() {
    let country = Country::new();
    let quarter = troms(&country);
    let mut shorter = country.figures(1, "Troms", &[]);
    shorter.period = Period::parse("2026-03-31", "2026-06-30").unwrap();
    let (first, second) = (country.file(&quarter), country.file(&shorter));

    for pair in [[first.clone(), second], [first.clone(), first.clone()]] {
        let refused = country.merge(&pair).unwrap_err();
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].file, "file 2");
        assert!(
            matches!(&refused[0].why, Why::Overlaps { file, .. } if file == "file 1"),
            "{refused:?}"
        );
    }
    // Also when another organisation signs for the same district.
    let other = country.file(&country.figures(2, "Troms", &[]));
    let refused = country.merge(&[first, other]).unwrap_err();
    assert!(matches!(refused[0].why, Why::Overlaps { .. }), "{refused:?}");
}

#[test]
fn files_of_different_periods_make_no_table() {
    let country = Country::new();
    let mut oslo = country.figures(2, "Oslo", &[]);
    oslo.period = Period::parse("2026-01-01", "2026-03-30").unwrap();
    let refused = country
        .merge(&[country.file(&troms(&country)), country.file(&oslo)])
        .unwrap_err();
    assert!(matches!(refused[0].why, Why::OtherPeriod { .. }), "{refused:?}");
}

#[test]
fn one_refused_file_is_enough_for_there_to_be_no_table_and_all_of_them_are_named() {
    let country = Country::new();
    let good = country.file(&troms(&country));
    let refused = country
        .merge(&["x".to_owned(), good.clone(), "y".to_owned()])
        .unwrap_err();
    assert_eq!(
        refused.iter().map(|refused| refused.file.as_str()).collect::<Vec<_>>(),
        ["file 1", "file 3"]
    );
    assert!(matches!(country.merge(&[]).unwrap_err()[0].why, Why::NoFiles));
    let other = synthetic_organisation(7);
    let refused = country
        .merge_signed_by(std::slice::from_ref(&good), &[other])
        .unwrap_err();
    assert_eq!(refused[0].why, Why::UnknownSigner(synthetic_organisation(1)));
    assert!(
        country
            .merge_signed_by(&[good], &[other, synthetic_organisation(1)])
            .is_ok()
    );
}
