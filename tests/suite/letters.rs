//! The letter itself: what other people's programs make of the PDF, and its code typed in at the receiver.

use std::{fs, process::Command};

use framme_demo::{
    samples::{SampleReport, Samples},
    world::Storage,
};
use framme_sender::letters::{
    Recipient,
    print::{Language, Sheet, pdf},
};
use framme_shared::{
    domain::{ids::TransmissionId, letter::LetterCode, text::Line},
    wire::{
        pb::{
            report::{
                Address, AddressGrading, Attachment, Carer, Informed, PhoneCall, PhoneCallResult, Report, Urgency,
            },
            sender::SubmitReportRequest,
        },
        report::fill_child_ids,
        time::to_pb,
    },
};
use framme_tests::{
    commands::Tool,
    database::Folder,
    worlds::{TestWorld, eventually},
};
use jiff::Timestamp;

const NOW: &str = "2026-03-02T09:02:00Z";

/// Runs a program over a PDF, and what it prints; it must succeed.
fn told(program: &str, arguments: &[&str], pdf: &[u8]) -> String {
    let folder = Folder::new("letter");
    let file = folder.path().join("letter.pdf");
    fs::write(&file, pdf).unwrap();
    let file = file.to_str().unwrap();
    let arguments = arguments
        .iter()
        .map(|argument| if *argument == "FILE" { file } else { argument });
    let output = Command::new(program).args(arguments).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{program}: {printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.stderr.is_empty(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    printed
}

/// Its text, line by line.
pub(crate) fn text_of(pdf: &[u8]) -> String {
    told("pdftotext", &["-layout", "-enc", "UTF-8", "FILE", "-"], pdf)
}

/// The code on its cover sheet.
pub(crate) fn code_in(text: &str) -> String {
    let words = text.split_whitespace();
    let mut codes = words.filter(|word| word.len() == 23 && LetterCode::parse(word).is_ok());
    codes.next().expect("the letter bears a code").to_owned()
}

fn report(children: usize) -> Report {
    let sample = SampleReport {
        police_district: "Møre og Romsdal".to_owned(),
        children: vec![("5501".to_owned(), String::new()); children],
        urgency: Urgency::Acute,
        written: NOW.parse().unwrap(),
    };
    let mut report = Samples::new(3).report(&sample);
    fill_child_ids(&mut report);
    for (place, child) in report.children.iter_mut().enumerate() {
        child.name = format!("Marit Ærlig Søråsen nr{place:02}");
    }
    let account = report.account.as_mut().unwrap();
    let sentence = "Patruljen møtte barna alene i leiligheten, og den eldste sa: «Mamma kommer ikke før i morgen» – hun er på \
                    jobb, “tror jeg”. ";
    account.observed = format!("{}\n\nMerke-observert", sentence.repeat(45));
    account.history = format!("{}Merke-historie", sentence.repeat(30));
    account.immediate_safety = "Far har våpen i hjemmet. Merke-sikkerhet".to_owned();
    report.carers = vec![Carer {
        name: "Åse Östergård-Nguyễn".to_owned(),
        relation: "mor".to_owned(),
        informed: Some(Informed {
            informed: false,
            reason: "Kan utsette barna for fare. اَلسَّلَامُ".to_owned(),
        }),
        ..Carer::default()
    }];
    report.phone_calls = vec![PhoneCall {
        call_time: Some(to_pb(NOW.parse().unwrap())),
        result: PhoneCallResult::Reached.into(),
        answered_by: "Merke-svarte".to_owned(),
        number: "77 79 00 00".to_owned(),
    }];
    report.attachments = vec![Attachment {
        attachment_id: "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20".to_owned(),
        file_name: "Merke-vedlegg.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        size_bytes: 1_234_567,
        ..Attachment::default()
    }];
    report
}

fn sheet(content: Report, language: Language) -> Sheet {
    let line = |text: &str| Line::parse(text).unwrap();
    let lines = vec![line("Postboks 6900"), line("9299 Tromsø")];
    Sheet {
        content,
        transmission: TransmissionId::parse("76b7cf28-8bc9-59f4-9134-0894e0d7d8b7").unwrap(),
        code: LetterCode::from_bytes([0x39, 0xC5, 0x2E, 0x81, 0x77, 0xF0, 0x0A, 0xBC, 0xDE, 0x42]),
        recipient: Recipient::new(line("Tromsø kommune, barneverntjenesten"), lines).unwrap(),
        sealed_delivery: false,
        language,
        desk_phone: Some("77 79 60 00".to_owned()),
        printed_at: NOW.parse::<Timestamp>().unwrap(),
    }
}

/// A picture of each page is left here for whoever wants to look.
fn keep(name: &str, pdf: &[u8]) {
    if let Some(folder) = std::env::var_os("FRAMME_LETTERS") {
        fs::write(std::path::Path::new(&folder).join(name), pdf).unwrap();
    }
}

#[test]
fn other_programs_read_a_letter_of_fifty_children_in_both_languages_whole_and_as_pdf_a() {
    for (language, tag, page, heading) in [
        (Language::Bokmal, "nb", "side 2 av", "Det som meldes"),
        (Language::Nynorsk, "nn", "side 2 av", "Det som blir meldt"),
    ] {
        let letter = pdf(&sheet(report(50), language)).unwrap();
        keep(&format!("fifty-{tag}.pdf"), &letter);
        assert!(letter.len() < 3 * 1024 * 1024);

        let info = told("pdfinfo", &["FILE"], &letter);
        let pages: usize = info
            .lines()
            .find_map(|line| line.strip_prefix("Pages:"))
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        assert!(pages > 10, "{info}");
        assert!(info.contains("A4") && info.contains("Encrypted:       no"), "{info}");
        let metadata = told("pdfinfo", &["-meta", "FILE"], &letter);
        for part in [
            "<pdfaid:part>2</pdfaid:part>",
            "<pdfaid:conformance>B</pdfaid:conformance>",
        ] {
            assert!(metadata.contains(part), "{metadata}");
        }
        assert!(!metadata.contains("Marit") && !info.contains("Marit"));
        let checked = told("qpdf", &["--check", "FILE"], &letter);
        assert!(checked.contains("No syntax or stream encoding errors"), "{checked}");
        let fonts = told("pdffonts", &["FILE"], &letter);
        let embedded = fonts.lines().skip(2).all(|line| line.contains("yes yes yes"));
        assert!(embedded && fonts.contains("NotoSans"), "{fonts}");

        let text = text_of(&letter);
        for part in [
            "Merke-observert",
            "Merke-historie",
            "Merke-sikkerhet",
            "Merke-svarte",
            "Merke-vedlegg.pdf",
            heading,
            page,
            "«Mamma kommer ikke",
            "“tror jeg”",
            "Åse Östergård-Nguyễn",
            "[U+0627]",
            "76b7cf28-8bc9-59f4-9134-0894e0d7d8b7",
        ] {
            assert!(text.contains(part), "{part:?} is missing in {tag}");
        }
        for place in 0..50 {
            assert!(
                text.contains(&format!("Marit Ærlig Søråsen nr{place:02}")),
                "child {place} is missing"
            );
        }
        for page in 1..=pages {
            assert!(
                text.contains(&format!("side {page} av {pages}")),
                "page {page} has no number"
            );
        }
        assert_eq!(code_in(&text), "772JB-X0BQ0-Y05BP-SQJ25");
        // No key of the catalogue stands there in the place of its text.
        for key in ["cover.", "account.", "child.", "type.", "month.", "basis.", "urgency."] {
            assert!(!text.contains(key), "{key}");
        }
    }
}

#[test]
fn the_cover_sheet_names_nobody() {
    let letter = pdf(&sheet(report(2), Language::Bokmal)).unwrap();
    keep("two-nb.pdf", &letter);
    let cover = told("pdftotext", &["-l", "1", "-layout", "FILE", "-"], &letter);
    let content = report(2);
    let reporter = content.reporter.unwrap();
    let mut names = vec![
        reporter.name,
        reporter.phone,
        reporter.email,
        "Åse".to_owned(),
        "Merke".to_owned(),
    ];
    names.extend(content.children.iter().map(|child| child.name.clone()));
    names.push(content.disclosure.unwrap().decided_by_name);
    for name in names {
        assert!(!cover.contains(&name), "{name} stands on the cover");
    }
    assert!(cover.contains("AKUTT") && cover.contains("77 79 60 00") && cover.contains("Møre og Romsdal"));
}

#[test]
fn a_letter_of_the_largest_report_is_no_larger_than_an_answer_may_be() {
    let mut content = report(50);
    let account = content.account.as_mut().unwrap();
    // Nothing repeats, so that nothing is saved by packing it.
    let mut state = 1_u32;
    let mut noise = || {
        let letters = (0..19_999).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_u32(0x1E00 + (state >> 16) % 0xF0).unwrap()
        });
        letters.collect::<String>()
    };
    (account.observed, account.history, account.other_views) = (noise(), noise(), noise());
    for child in &mut content.children {
        child.informed.as_mut().unwrap().reason = noise().chars().take(2_000).collect();
    }
    assert!(pdf(&sheet(content, Language::Nynorsk)).unwrap().len() < 3 * 1024 * 1024);
}

#[test]
fn a_graded_address_stands_in_no_letter_that_goes_by_ordinary_post() {
    let mut content = report(2);
    let address = |street: &str, grading: AddressGrading| {
        Some(Address {
            lines: vec![street.to_owned()],
            grading: grading.into(),
            ..Address::default()
        })
    };
    content.children[0].address = address("Gradert gate 7", AddressGrading::Confidential);
    content.children[1].address = address("Søskens gate 8", AddressGrading::Open);
    let text = |sealed_delivery| {
        let sheet = Sheet {
            sealed_delivery,
            ..sheet(content.clone(), Language::Bokmal)
        };
        text_of(&pdf(&sheet).unwrap())
    };
    let (ordinary, sealed) = (text(false), text(true));
    assert!(
        !ordinary.contains("gate 7") && !ordinary.contains("gate 8"),
        "families live together"
    );
    assert!(ordinary.contains("En adresse i meldingen er fortrolig"));
    assert!(sealed.contains("Gradert gate 7") && sealed.contains("Fortrolig (kode 7)") && sealed.contains("gate 8"));
    assert!(sealed.contains("forseglet sending"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_code_of_a_printed_letter_confirms_it_at_the_receiver_and_the_sender_learns_it() {
    let world = TestWorld::start("letters", Storage::Sqlite, 1).await;
    let receiver = &world.receivers[0];
    let sample = SampleReport {
        police_district: "Troms".to_owned(),
        children: vec![receiver.areas[0].clone()],
        urgency: Urgency::Normal,
        written: "2026-03-02T09:02:00Z".parse().unwrap(),
    };
    let request = SubmitReportRequest {
        report: Some(Samples::new(1).report(&sample)),
    };
    let answer = world
        .sender
        .desk()
        .unwrap()
        .submit_report(request)
        .await
        .unwrap()
        .into_inner();
    let transmission = answer.report.unwrap().transmissions[0].transmission_id.clone();
    let desk = Tool::of(&world.sender.process, &world.sender.desk_token);
    let leader = Tool::of(&receiver.process, &receiver.intake_leader_token);
    let order = [
        "--json",
        "letter",
        "order",
        &transmission,
        "--to",
        "Barneverntjenesten",
        "--line",
        "Postboks 1",
    ];
    let ordered = desk.run(&order).await.json();
    let letter = ordered["letter"]["letter_id"].as_str().unwrap().to_owned();
    let file = world.directory.join("letter.pdf");
    let print = [
        "letter",
        "print",
        &letter,
        "--language",
        "nb",
        "--output",
        file.to_str().unwrap(),
    ];
    desk.run(&print).await.ends_with(0);
    let code = code_in(&text_of(&fs::read(&file).unwrap()));

    let wrong = format!("{}0", &code[..22]);
    assert!(wrong == code || leader.run(&["letter", "confirm", &wrong]).await.code != 0);
    let confirmed = leader.run(&["--json", "letter", "confirm", &code]).await.json();
    assert_ne!(
        confirmed["announced"], true,
        "it was not posted yet, as far as anybody said"
    );
    desk.run(&["letter", "posted", &letter]).await.ends_with(0);
    let list = eventually("the sender has the receiver's word", async || {
        let listed = desk.run(&["--json", "letter", "list", "--all"]).await.json();
        let letter = listed["letters"][0].clone();
        (letter["stage"] == "LETTER_STAGE_CONFIRMED").then_some(letter)
    });
    assert_eq!(list.await["confirmed_by"], "LETTER_CONFIRMED_BY_CODE");
}
