//! Files whose report never came.

use std::fs;

use framme_tests::tables::database_url;
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection as _};

use super::Desk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_without_a_report_are_removed_by_an_administrator_who_says_so() {
    let desk = Desk::open("cli-unsubmitted").await;
    let sender = &desk.sender;
    let list = ["--json", "attachment", "list-unsubmitted", "--older-than-days", "1"];
    let remove = [
        "attachment",
        "remove-unsubmitted",
        "--older-than-days",
        "1",
        "--by",
        "adm-1",
    ];

    // The file comes before its report, which is refused.
    let (file, id) = desk.write_report(json!({ "children": [] }));
    let path = desk.world.directory.join("bilde.jpg");
    fs::write(&path, b"oppdiktet").unwrap();
    let attachment = format!("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20={}", path.display());
    let submit = ["report", "submit", &file, "--attachment", &attachment];
    sender.run(&submit).await.ends_with(3);
    assert_eq!(sender.run(&list).await.ends_with(0).out, "", "it is of today");

    sqlx::any::install_default_drivers();
    let config = desk.world.sender.process.config_file();
    let mut database = AnyConnection::connect(&database_url(&config)).await.unwrap();
    let two_days_ago = sqlx::query("UPDATE attachment SET written_at = written_at - 172800000000");
    assert_eq!(two_days_ago.execute(&mut database).await.unwrap().rows_affected(), 1);
    let listed: Value = serde_json::from_str(&sender.run(&list).await.ends_with(0).out).unwrap();
    assert_eq!(listed["report_id"], id.as_str());
    assert_eq!(listed["committed_bytes"], "9");

    let unsure = sender.run(&remove).await.ends_with(2);
    assert!(unsure.out.contains(&id) && unsure.err.contains("--yes"), "{unsure:?}");
    sender.run(&remove[..4]).await.ends_with(2);
    assert!(!sender.run(&list).await.out.is_empty());
    let removed = sender.run(&[&remove[..], &["--yes"]].concat()).await.ends_with(0);
    assert!(removed.out.contains("1 files are removed"), "{}", removed.out);
    assert_eq!(sender.run(&list).await.ends_with(0).out, "");
    let actor: String = sqlx::query_scalar("SELECT actor FROM ledger WHERE kind = 'attachment_removed'")
        .fetch_one(&mut database)
        .await
        .unwrap();
    assert_eq!(actor, "adm-1");
    let report = desk.submit().await;
    desk.reaches(&report, "STAGE_STORED").await;
    sender.run(&["doctor", "--full"]).await.ends_with(0);
}
