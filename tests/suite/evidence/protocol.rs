//! What `docs/protocol.md` says of evidence is true, and its example holds for ever: it was made once, and no later version
//! may stop believing it.

use std::{fs, path::Path};

use framme_shared::domain::{
    digest::Digest,
    evidence::{FaultCode, KnownBy, Package, verify},
    jws::TrustedIssuers,
    receipt::ReceiptVerifier,
};
use serde_json::Value;

fn docs(name: &str) -> String {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    fs::read_to_string(docs.join(name)).unwrap()
}

fn example() -> Value {
    serde_json::from_str(&docs("examples/evidence-report.json")).unwrap()
}

/// Every block of JSON in the page that is one object.
fn printed() -> Vec<Value> {
    let page = docs("protocol.md");
    let blocks = page
        .split("```json\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    blocks.filter_map(|block| serde_json::from_str(block).ok()).collect()
}

#[test]
fn the_example_holds_and_tells_of_a_child_that_is_delivered() {
    let package = Package::read(docs("examples/evidence-report.json").as_bytes()).unwrap();
    let trust = TrustedIssuers::from_pem(docs("examples/evidence-root.pem").as_bytes(), b"").unwrap();
    let years_later = "2040-01-01T00:00:00Z".parse().unwrap();
    let verdict = verify(&package, &ReceiptVerifier::new(trust), years_later).unwrap();
    assert_eq!(verdict.faults, []);
    assert!(verdict.children[0].is_delivered());
    assert_eq!(verdict.completeness[0].known_by, KnownBy::Holding);
}

#[test]
fn the_protocol_prints_the_scope_the_transmission_and_the_seal_of_the_example() {
    let (example, printed) = (example(), printed());
    assert!(printed.contains(&example["scope"]));
    assert!(printed.contains(&example["transmissions"][0]));
    let seal = example["seal"].as_str().unwrap().split('.').nth(1).unwrap();
    use base64::Engine as _;
    let seal = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(seal).unwrap();
    assert!(printed.contains(&serde_json::from_slice(&seal).unwrap()));
}

#[test]
fn digests_are_made_as_the_protocol_says() {
    let (text, example, printed) = (docs("examples/evidence-report.json"), example(), printed());
    let seal = printed.iter().find(|block| block.get("exporter").is_some()).unwrap();
    // An entry is one line of the file, but for the comma at its end.
    let line = |member: &str, at: usize| {
        let mut lines = text
            .lines()
            .skip_while(|line| !line.contains(&format!("\"{member}\":[")));
        lines.nth(at).unwrap().trim_end_matches(',').to_owned()
    };
    let digest = |text: &str| Value::from(Digest::of(text.as_bytes()).to_string());
    assert_eq!(seal["transmissions"][0], digest(&line("transmissions", 1)));
    assert_eq!(seal["signed"][0], digest(&line("signed", 1)));
    assert_eq!(seal["receipts"][0], digest(example["receipts"][0].as_str().unwrap()));
    let scope = text.lines().find_map(|line| line.strip_prefix("\"scope\":")).unwrap();
    assert_eq!(seal["scope"], digest(scope.trim_end_matches(',')));
}

#[test]
fn the_protocol_names_every_fault() {
    let page = docs("protocol.md");
    for code in FaultCode::ALL {
        assert!(page.contains(&format!("`{code}`")), "{code}");
    }
}
