//! What the tests of the exchange have in common: authorities, a real receiver and one that lies, a real sender, and a
//! client that sees bytes.

pub(crate) mod authorities;
pub(crate) mod hostile;
pub(crate) mod people;
pub(crate) mod raw;
pub(crate) mod receiver;
pub(crate) mod sender;

use std::time::Duration;

use framme_shared::wire::status::Received;

/// The organisations of these tests.
pub(crate) const RECEIVER: u32 = 1;
pub(crate) const OTHER_RECEIVER: u32 = 2;
pub(crate) const POLICE: u32 = 10;
pub(crate) const OTHER_POLICE: u32 = 11;
/// On nobody's list.
pub(crate) const STRANGER: u32 = 12;

pub(crate) const TROMSO: &str = "5501";
pub(crate) const HARSTAD: &str = "5503";

/// Asks again and again until it holds, and fails a test in which it never does.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let asking = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        while !holds().await {
            ticks.tick().await;
        }
    };
    soon(what, asking).await;
}

/// Calls until storage that is overloaded by everything else on this machine takes it.
pub(crate) async fn patiently<T, F: Future<Output = Result<T, tonic::Status>>>(mut call: impl FnMut() -> F) -> T {
    let calling = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        loop {
            match call().await {
                Ok(answer) => return answer,
                Err(status) => assert!(Received::from_status(&status).may_pass(), "{status:?}"),
            }
            ticks.tick().await;
        }
    };
    soon("it is taken", calling).await
}

/// Fails a test that would otherwise hang.
pub(crate) async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(Duration::from_secs(30), work).await {
        Ok(done) => done,
        Err(_) => panic!("waited in vain until {what}"),
    }
}
