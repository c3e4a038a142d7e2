//! Every chain of receipts from its first to its last: numbers, links, digests and signatures.

use std::fs;

use framme_shared::domain::{
    digest::Digest,
    organisation::OrganisationNumber,
    receipt::{ChainHead, Pair, ReceiptVerifier, TrustedIssuers},
};

use super::Finding;
use crate::{
    config::Config,
    core::Core,
    error::Refusal,
    store::{peer, receipt, receipt::Receipt},
};

/// Receipts read at once.
const PAGE: u32 = 500;

pub(super) async fn all(core: &Core, config: &Config, progress: &mut impl FnMut()) -> Result<Vec<Finding>, Refusal> {
    let Some(verifier) = verifier(config) else {
        return Ok(vec![Finding::fault(
            "receipts",
            "trust and revocation lists cannot be read",
        )]);
    };
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

fn verifier(config: &Config) -> Option<ReceiptVerifier> {
    let roots = fs::read(&config.tls.trust).ok()?;
    let mut lists = Vec::new();
    for path in &config.tls.crls {
        lists.extend(fs::read(path).ok()?);
        lists.push(b'\n');
    }
    Some(ReceiptVerifier::new(TrustedIssuers::from_pem(&roots, &lists).ok()?))
}

async fn chain(
    core: &Core,
    verifier: &ReceiptVerifier,
    pair: &Pair,
    progress: &mut impl FnMut(),
) -> Result<Finding, Refusal> {
    let check = format!("receipts for {}", pair.sender);
    // Read first: receipts made meanwhile lie beyond it.
    let promised = end_of(core, &pair.sender).await?;
    let mut head = ChainHead::START;
    loop {
        let page = receipt::after(core.db.reader(), &pair.sender, head.sequence(), PAGE).await?;
        for receipt in &page {
            head = match follow(core, verifier, pair, head, receipt) {
                Ok(head) => head,
                Err(why) => return Ok(Finding::fault(check, format!("number {}: {why}", receipt.sequence))),
            };
            if head.sequence() == promised.0 && head.digest() != promised.1 {
                return Ok(Finding::fault(
                    check,
                    format!("number {} is not the one that was made", promised.0),
                ));
            }
        }
        progress();
        if page.is_empty() {
            break;
        }
    }
    if head.sequence() < promised.0 {
        let text = format!("it ends at {}, but {} were made", head.sequence(), promised.0);
        return Ok(Finding::fault(check, text));
    }
    Ok(Finding::good(check, format!("{} receipts, whole", head.sequence())))
}

async fn end_of(core: &Core, sender: &OrganisationNumber) -> Result<(u64, Digest), Refusal> {
    let found = peer::find(core.db.reader(), sender).await?;
    Ok(found.map_or((0, ChainHead::START.digest()), |peer| {
        (peer.last_sequence, peer.last_sha256)
    }))
}

fn follow(
    core: &Core,
    verifier: &ReceiptVerifier,
    pair: &Pair,
    head: ChainHead,
    receipt: &Receipt,
) -> Result<ChainHead, String> {
    let verified = verifier
        .verify(&receipt.jws, pair, core.clock.now())
        .map_err(|error| error.to_string())?;
    if verified.sha256() != receipt.sha256 {
        return Err("the digest kept beside it is another".to_owned());
    }
    head.follow(&verified).map_err(|error| error.to_string())
}
