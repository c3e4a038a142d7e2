//! Signed figures by commands: made at the district, merged at the directorate.

use std::{fs, os::unix::fs::PermissionsExt as _};

use framme_demo::world::{Storage, World};
use framme_tests::{commands::Tool, figures::altered_by_one_digit, worlds::TestWorld};
use serde_json::{Value, json};

use super::Desk;

/// The reports of these tests are submitted now.
const ALWAYS: [&str; 4] = ["--from", "2020-01-01", "--until", "2999-12-31"];

/// Where this world's authorities and revocation lists are.
fn trust(world: &World) -> [String; 2] {
    let files = &world.sender.local.trust;
    [&files.trust, &files.crls[0]].map(|file| file.display().to_string())
}

/// The directorate has the program and nothing else: no configuration, no token.
fn directorate(sender: &Tool) -> Tool {
    sender.with_flags(&[])
}

async fn export(sender: &Tool, district: &str, file: &str) -> Value {
    let mut arguments = vec!["--json", "figures", "export", "--district", district, "--output", file];
    arguments.extend(ALWAYS);
    sender.run(&arguments).await.json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_exported_and_merged_by_commands_alone() {
    let desk = Desk::open("cli-figures").await;
    let (sender, directorate) = (&desk.sender, directorate(&desk.sender));
    let assigned = desk.submit().await;
    let (transmission, child) = desk.listed(&assigned).await;
    let to = [
        "assign",
        &transmission,
        &child,
        "--to",
        "cw-1",
        "--known-to-service",
        "no",
    ];
    desk.receiver.run(&to).await.ends_with(0);
    desk.reaches(&assigned, "STAGE_ASSIGNED").await;
    let posted = desk.submit().await;
    let close = [
        "report",
        "close",
        &posted,
        "--reason",
        "sendt som brev",
        "--how",
        "letter",
    ];
    sender.run(&close).await.ends_with(0);

    let file = desk.world.directory.join("oslo.jws");
    let file = file.display().to_string();
    let figures = export(sender, "Oslo", &file).await;
    assert_eq!(
        (&figures["totals"]["reports"], &figures["by_letter"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(figures["known_to_service"]["not_known"], 1);
    assert_eq!(figures["known_to_service"]["not_answered_by"], json!([]));
    assert!(figures.get("events").is_none());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let mut again = vec!["figures", "export", "--district", "Oslo", "--output", &file];
    again.extend(ALWAYS);
    let kept = sender.run(&again).await.ends_with(1);
    assert!(kept.err.contains("oslo.jws"), "{}", kept.err);

    let [roots, crls] = trust(&desk.world);
    let merge = |files: &[&str], more: &[&str]| {
        let arguments: Vec<&str> = [
            &["figures", "merge"],
            files,
            &["--roots", &roots, "--crls", &crls],
            more,
        ]
        .concat();
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let directorate = directorate.clone();
        async move {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            directorate.run(&arguments).await
        }
    };
    let table = merge(&[&file], &[]).await.ends_with(0);
    assert!(
        table.out.contains("Oslo") && table.out.contains("1 of 1"),
        "{}",
        table.out
    );
    assert!(
        table.out.contains("  ok    the types add up to all reports"),
        "{}",
        table.out
    );
    let national = merge(&[&file], &["--json"]).await.json();
    assert_eq!(national["sum"]["counted"]["reports"], 2);
    assert_eq!(national["districts"][0]["by_letter"], 1);
    let csv = merge(&[&file], &["--csv"]).await.ends_with(0).out;
    assert!(
        csv.lines().next().unwrap().starts_with("group,name,reports,children"),
        "{csv}"
    );
    assert!(
        csv.lines().any(|line| line.starts_with("sum,Sum,2,2,1,0,0,0,1,1,")),
        "{csv}"
    );

    let altered = desk.world.directory.join("altered.jws");
    fs::write(&altered, altered_by_one_digit(&fs::read_to_string(&file).unwrap())).unwrap();
    let unsigned = desk.world.directory.join("unsigned.json");
    fs::write(&unsigned, figures.to_string()).unwrap();
    let [altered, unsigned] = [altered, unsigned].map(|file| file.display().to_string());
    for (files, why) in [
        (vec![altered.as_str()], "the signature is wrong"),
        (vec![unsigned.as_str()], "not a JWS"),
        (vec![file.as_str(), file.as_str()], "overlaps"),
    ] {
        let refused = merge(&files, &[]).await.ends_with(6);
        assert!(refused.err.contains(why) && refused.out.is_empty(), "{refused:?}");
    }
    let stranger = merge(&[&file], &["--signer", "974761076"]).await.ends_with(6);
    assert!(stranger.err.contains("not among"), "{}", stranger.err);
    merge(&["/no/such/file"], &[]).await.ends_with(2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_of_several_districts_does_not_ask_for_whom_it_cannot_tell_apart() {
    let world = TestWorld::start("cli-districts", Storage::Sqlite, 1).await;
    let replay = framme_demo::replay::Replay::new(7).unwrap();
    replay.submit(&world).await.unwrap();
    replay.wait_until_stored(&world).await.unwrap();
    let sender = Tool::of(&world.sender.process, &world.sender.desk_token);
    let mut files = Vec::new();
    for official in framme_demo::replay::official::rows().unwrap() {
        let name = official.police_district;
        let file = world.directory.join(format!("{name}.jws")).display().to_string();
        let figures = export(&sender, &name, &file).await;
        assert_eq!(figures["totals"]["not_delivered"], official.unopened_reports, "{name}");
        let asked = figures["known_to_service"]["answered_by"].as_array().unwrap().len();
        assert_eq!(asked, 0, "{name}");
        files.push(file);
    }
    let [roots, crls] = trust(&world);
    let mut arguments = vec!["--json", "figures", "merge", "--roots", &roots, "--crls", &crls];
    arguments.extend(files.iter().map(String::as_str));
    let national = directorate(&sender).run(&arguments).await.json();
    assert_eq!(national["sum"]["counted"]["reports"], 172);
    assert_eq!(national["sum"]["counted"]["children"], 279);
    assert_eq!(national["signers"], 1);
}
