//! Daily statements by commands: a service that runs for the first time states the day before.

use std::fs;

use framme_tests::{commands::Tool, worlds::eventually};
use serde_json::Value;

use super::Desk;

/// The one day that both sides have stated, as this side's command prints it.
async fn stated(tool: &Tool) -> Value {
    eventually("the day before is stated by both sides", async || {
        let listed = tool.run(&["--json", "statement", "list"]).await.json();
        let days = listed["days"].as_array().unwrap();
        days.iter().find(|day| !day["peer_time"].is_null()).cloned()
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_sides_list_and_export_the_same_signed_texts() {
    let desk = Desk::open("cli-statements").await;
    let mut files = Vec::new();
    for (tool, side) in [(&desk.sender, "sender"), (&desk.receiver, "receiver")] {
        let day = stated(tool).await;
        assert_eq!(day["verdict"], "agrees");
        let (peer, day) = (day["organisation"].as_str().unwrap(), day["day"].as_str().unwrap());
        let of_peer = tool.run(&["statement", "list", "--peer", peer]).await.ends_with(0);
        assert!(of_peer.out.contains("agrees"), "{}", of_peer.out);
        let file = desk.world.directory.join(format!("{side}.jws"));
        let export = ["statement", "export", peer, day, "--output", file.to_str().unwrap()];
        tool.run(&export).await.ends_with(0);
        // What is there is not overwritten.
        tool.run(&export).await.ends_with(1);
        tool.run(&["statement", "export", peer, "2020-01-01", "--output", "/dev/null"])
            .await
            .ends_with(5);
        files.push(fs::read_to_string(&file).unwrap());
    }
    let lines = |file: &str| file.lines().map(str::to_owned).collect::<Vec<_>>();
    let (sender, mut receiver) = (lines(&files[0]), lines(&files[1]));
    receiver.reverse();
    assert_eq!(sender.len(), 2);
    assert_eq!(sender, receiver);
}
