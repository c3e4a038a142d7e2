//! How commands end when they fail.

use std::{fs, path::PathBuf};

use framme_demo::world::Process;
use framme_shared::runtime::random::{OsRandom, Random as _};
use framme_tests::commands::Ran;
use serde_json::{Value, json};

use super::Desk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_failure_has_its_exit_code_and_says_what_to_do() {
    let desk = Desk::open("cli-codes").await;
    let services = [
        (&desk.sender, ["report", "list"], &desk.world.sender.process),
        (&desk.receiver, ["worklist", "list"], &desk.service().process),
    ];
    let says = |ran: Ran, code: i32, word: &str| {
        let ran = ran.ends_with(code);
        assert!(ran.err.contains(word), "{word}: {}", ran.err);
        assert!(ran.out.is_empty(), "{}", ran.out);
    };
    let unknown = OsRandom.new_uuid().to_string();
    says(desk.sender.run(&["report", "show", &unknown]).await, 5, "NOT_FOUND");
    says(desk.receiver.run(&["worklist", "show", &unknown]).await, 5, "NOT_FOUND");
    says(desk.sender.run(&["report", "show", "no-id"]).await, 2, "--help");

    let (file, _) = desk.write_report(json!({ "children": [] }));
    says(desk.sender.run(&["report", "submit", &file]).await, 3, "children");
    let (file, _) = desk.write_report(json!({ "childern": [] }));
    says(desk.sender.run(&["report", "submit", &file]).await, 2, "line 1");
    says(
        desk.sender.run(&["report", "submit", "/no/such/file"]).await,
        2,
        "/no/such/file",
    );

    for (tool, command, process) in services {
        says(tool.with_token("wrong").run(&command).await, 3, "credential issue");
        says(
            tool.with_config(&PathBuf::from("/no/such.toml")).run(&command).await,
            2,
            "/no/such.toml",
        );
        says(
            tool.with_flags(&["--token-file", "/no/token"]).run(&command).await,
            2,
            "",
        );

        // Where everything is said by flags, no configuration is needed.
        let address = local_address(process);
        let trust = process.directory().join("trust/trust.pem").display().to_string();
        let flags = ["--address", &address, "--trust", &trust];
        tool.with_flags(&flags).run(&command).await.ends_with(0);

        process.kill().await.unwrap();
        says(tool.run(&command).await, 4, "cannot be reached");
        process.start().await.unwrap();
        tool.run(&command).await.ends_with(0);
        tool.run(&["migrate"]).await.ends_with(0);
        tool.run(&["migrate"]).await.ends_with(0);
    }
}

fn local_address(process: &Process) -> String {
    let ready = process.directory().join(format!("{}.ready.json", process.name));
    let ready: Value = serde_json::from_str(&fs::read_to_string(ready).unwrap()).unwrap();
    ready["local"].as_str().unwrap().to_owned()
}
