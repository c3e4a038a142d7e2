//! Evidence by commands: exported at the sender, checked by either program with nothing but the file and the roots.

use std::fs;

use serde_json::Value;

use super::Desk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evidence_is_exported_checked_and_explained_by_commands() {
    let desk = Desk::open("cli-evidence").await;
    let id = desk.submit().await;
    let (transmission, child) = desk.listed(&id).await;
    let assign = ["assign", &transmission, &child, "--to", "cw-1"];
    desk.receiver.run(&assign).await.ends_with(0);
    desk.reaches(&id, "STAGE_ASSIGNED").await;

    let file = |name: &str| desk.world.directory.join(name).display().to_string();
    let (report, period, other) = (file("report.json"), file("period.json"), file("other.json"));
    let export = ["evidence", "export", "--report", &id, "--output", &report];
    desk.sender.run(&export).await.ends_with(0);
    let receiver = desk.service().organisation.to_string();
    let about = ["--receiver", &receiver, "--from", "2020-01-01", "--until", "2099-12-31"];
    let export = [&["evidence", "export", "--output", &period][..], &about].concat();
    desk.sender.run(&export).await.ends_with(0);

    // Nothing is given but the file and the roots; the token and the configuration are not there.
    let (roots, lists) = (
        &desk.world.sender.local.trust.trust,
        &desk.world.sender.local.trust.crls[0],
    );
    let (roots, lists) = (roots.display().to_string(), lists.display().to_string());
    for tool in [&desk.sender, &desk.receiver] {
        let alone = tool.with_flags(&[]).with_token("");
        for package in [&report, &period] {
            let verify = ["evidence", "verify", package, "--roots", &roots];
            let told = alone.run(&verify).await.ends_with(0).out;
            assert!(
                told.contains("PAKKEN HOLDER.") && told.contains("FRAMME: saksbehandler cw-1"),
                "{told}"
            );
            assert!(told.contains("sperrelister"), "{told}");
            let verify = [&verify[..], &["--crls", &lists, "--language", "nn"]].concat();
            let told = alone.run(&verify).await.ends_with(0).out;
            assert!(
                told.contains("PAKKEN HELD.") && !told.contains("sperrelister"),
                "{told}"
            );
        }
    }

    let verify = async |package: &str, more: &[&str]| {
        let verify = [
            &["evidence", "verify", package, "--roots", &roots, "--language", "en"],
            more,
        ]
        .concat();
        desk.sender.with_flags(&[]).run(&verify).await
    };
    let verdict = verify(&report, &["--json"]).await.json();
    assert_eq!(
        (&verdict["holds"], &verdict["children"][0]["delivered"]),
        (&true.into(), &true.into())
    );

    // What was changed is named, with the exit code of a fault.
    let mut package: Value = serde_json::from_str(&fs::read_to_string(&report).unwrap()).unwrap();
    package["receipts"].as_array_mut().unwrap().pop();
    fs::write(&other, package.to_string()).unwrap();
    let told = verify(&other, &[]).await.ends_with(6).out;
    assert!(
        told.contains("receipts, no. 2: What stood here when the package was sealed was removed"),
        "{told}"
    );
    fs::write(&other, "{}").unwrap();
    let told = verify(&other, &["--json"]).await.ends_with(6).out;
    assert!(told.contains("package_malformed"), "{told}");

    // What cannot be judged is wrong use.
    verify(&file("nowhere.json"), &[]).await.ends_with(2);
    let roots_that_are_none = ["evidence", "verify", &report, "--roots", &report];
    desk.sender.run(&roots_that_are_none).await.ends_with(2);

    // Nothing is overwritten, and of what is not there nothing is left behind.
    let export = ["evidence", "export", "--report", &id, "--output", &report];
    desk.sender.run(&export).await.ends_with(2);
    let (nothing, unknown) = (file("nothing.json"), "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20");
    let export = ["evidence", "export", "--report", unknown, "--output", &nothing];
    desk.sender.run(&export).await.ends_with(5);
    assert!(!fs::exists(&nothing).unwrap());
    for wrong in [
        &["--report", &id, "--receiver", &receiver][..],
        &["--receiver", &receiver, "--from", "2020-01-01"],
        &[],
    ] {
        let export = [&["evidence", "export", "--output", &nothing][..], wrong].concat();
        desk.sender.run(&export).await.ends_with(2);
    }
}
