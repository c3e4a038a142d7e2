//! Every chain of receipts from its first to its last: numbers, links, digests and signatures.

use framme_shared::{
    domain::receipt::{ChainHead, Pair, ReceiptVerifier},
    runtime::{
        diagnosis::{ChainCheck, Finding},
        trust::ReceiptTrust,
    },
};

use crate::{
    config::Config,
    core::Core,
    error::Refusal,
    store::{peer, receipt},
};

/// Receipts read at once.
const PAGE: u32 = 500;

pub(super) async fn all(core: &Core, config: &Config, progress: &mut impl FnMut()) -> Result<Vec<Finding>, Refusal> {
    let Ok(trust) = ReceiptTrust::load(&config.tls) else {
        return Ok(vec![Finding::fault(
            "receipts",
            "trust and revocation lists cannot be read",
        )]);
    };
    let verifier = trust.verifier();
    let mut findings = Vec::new();
    for sender in peer::all(core.db.reader()).await? {
        let pair = Pair {
            sender,
            receiver: core.notary.organisation(),
        };
        findings.push(chain(core, &verifier, &pair, progress).await?);
    }
    Ok(findings)
}

async fn chain(
    core: &Core,
    verifier: &ReceiptVerifier,
    pair: &Pair,
    progress: &mut impl FnMut(),
) -> Result<Finding, Refusal> {
    let found = peer::find(core.db.reader(), &pair.sender).await?;
    let promised = found.map_or((0, ChainHead::START.digest()), |peer| {
        (peer.last_sequence, peer.last_sha256)
    });
    let mut check = ChainCheck::new(verifier, *pair, promised, core.clock.now());
    while let Some(after) = check.wants_after() {
        let page = receipt::after(core.db.reader(), &pair.sender, after, PAGE).await?;
        for receipt in &page {
            check.take((receipt.sequence, receipt.sha256), &receipt.jws, |_| Ok(()));
        }
        progress();
        if page.is_empty() {
            break;
        }
    }
    Ok(check.finding(format!("receipts for {}", pair.sender)))
}
