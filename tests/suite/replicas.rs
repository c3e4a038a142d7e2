//! Two replicas of each service on one PostgreSQL, and one of each is killed in the middle.

use std::{fs, path::Path, time::Duration};

use framme_demo::{
    verdict::Verdict,
    world::{LocalClient, Process, Storage, free_port},
};
use framme_tests::{balancer::Balancer, database::postgres_server, traffic::Traffic, worlds::TestWorld};
use sqlx::{AnyConnection, Connection as _, Row as _};

const REPORTS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_replicas_each_one_may_die_and_nothing_is_lost_doubled_or_skipped() {
    let server = postgres_server();
    let world = TestWorld::start("replicas", Storage::Postgres { server }, 1).await;
    let receiver = &world.receivers[0];
    let (second_receiver, exchange, receiver_local) = replica(&receiver.process, &receiver.local).await;
    let balancer = Balancer::before(vec![receiver.exchange.clone(), exchange.unwrap()]).await;
    world.sender.process.kill().await.unwrap();
    rewrite(&world.sender.process.config_file(), |config| {
        config.replace(&receiver.exchange, &balancer.address().to_string())
    });
    world.sender.process.start().await.unwrap();
    let (second_sender, _, sender_local) = replica(&world.sender.process, &world.sender.local).await;

    let traffic = Traffic::default();
    let senders = [&world.sender.local, &sender_local];
    let token = receiver.intake_leader_token.as_str();
    let receivers = [(&receiver.local, token), (&receiver_local, token)];
    let killing = async {
        let mut looks = tokio::time::interval(Duration::from_millis(2));
        while traffic.answered() < REPORTS / 3 {
            looks.tick().await;
        }
        second_sender.kill().await.unwrap();
        while traffic.answered() < REPORTS * 2 / 3 {
            looks.tick().await;
        }
        receiver.process.kill().await.unwrap();
    };
    tokio::join!(
        traffic.submit(&world, &senders, REPORTS, 1),
        traffic.assign_until_delivered(&world, &receivers, REPORTS as u64),
        killing,
    );
    receiver.process.start().await.unwrap();

    let verdict = Verdict::of(&world, &traffic.submitted()).await.unwrap();
    assert!(verdict.is_clean(), "{verdict}");
    let (sender_db, receiver_db) = (world.sender.process.config_file(), receiver.process.config_file());
    let reports = REPORTS as i64;
    assert_eq!(numbers(&sender_db, "transmission").await, (reports, 1, reports));
    assert_eq!(numbers(&receiver_db, "transmission").await, (reports, 1, reports));
    // A stored and an assigned receipt each, and none more: nobody opened any.
    assert_eq!(numbers(&receiver_db, "receipt").await, (2 * reports, 1, 2 * reports));
    assert_eq!(numbers(&sender_db, "receipt").await, (2 * reports, 1, 2 * reports));
    second_receiver.command(&["doctor", "--full"]).await.unwrap();
    world.sender.process.command(&["doctor", "--full"]).await.unwrap();
}

/// Starts another process of a service on the same database. It has addresses and a high-water mark of its own.
async fn replica(service: &Process, local: &LocalClient) -> (Process, Option<String>, LocalClient) {
    let folder = service.directory().join("replica");
    fs::create_dir(&folder).unwrap();
    let own_local = format!("127.0.0.1:{}", free_port().unwrap());
    let mut config = fs::read_to_string(service.config_file()).unwrap();
    config = config.replace(&local.address.to_string(), &own_local);
    config = config.replace("/high-water-mark", "/replica/high-water-mark");
    let exchange = config
        .split_once("[exchange]\naddress = \"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(address, _)| address.to_owned());
    let own_exchange = exchange.map(|address| {
        let own = format!("127.0.0.1:{}", free_port().unwrap());
        config = config.replace(&address, &own);
        own
    });
    let process = Process::new(&service.name, service.program().to_owned(), &folder);
    fs::write(process.config_file(), config).unwrap();
    process.start().await.unwrap();
    let local = LocalClient {
        address: own_local.parse().unwrap(),
        ..local.clone()
    };
    (process, own_exchange, local)
}

fn rewrite(file: &Path, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(file).unwrap();
    fs::write(file, change(text)).unwrap();
}

/// How many numbers there are in a table, the first and the last: without gaps and doubles when they fit together.
async fn numbers(config: &Path, table: &str) -> (i64, i64, i64) {
    let config = fs::read_to_string(config).unwrap();
    let line = config.lines().find(|line| line.starts_with("url = ")).unwrap();
    let url = line.trim_start_matches("url = ").trim_matches('"');
    let mut connection = AnyConnection::connect(url).await.unwrap();
    let sql = format!("SELECT COUNT(DISTINCT sequence), MIN(sequence), MAX(sequence) FROM {table}");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .fetch_one(&mut connection)
        .await
        .unwrap();
    (row.get(0), row.get(1), row.get(2))
}
