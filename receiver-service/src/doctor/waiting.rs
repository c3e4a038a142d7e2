//! Whether somebody could take what waits.

use framme_shared::runtime::diagnosis::Finding;

use crate::{
    authority::{Reach, Role, Rpc, rule},
    core::Core,
    error::Refusal,
    staff::Access,
    store::{staff, statistics},
};

/// People read at once.
const PAGE: u32 = 500;

pub(super) async fn all(core: &Core) -> Result<Vec<Finding>, Refusal> {
    let people = everybody(core).await?;
    let mut findings = vec![stages(core).await?, receipts(core).await?];
    let nobody: Vec<String> = statistics::waiting_areas(core.db.reader())
        .await?
        .into_iter()
        .filter(|area| !people.iter().any(|access| can_assign(access, area)))
        .collect();
    findings.push(if nobody.is_empty() {
        Finding::good("access", "somebody active can assign every child that waits")
    } else {
        let text = format!(
            "children wait where nobody active can assign them: {}",
            nobody.join(", ")
        );
        Finding::fault("access", text)
    });
    Ok(findings)
}

async fn stages(core: &Core) -> Result<Finding, Refusal> {
    let counts = statistics::children_by_stage(core.db.reader()).await?;
    let words: Vec<String> = counts
        .iter()
        .map(|count| format!("{} {}", count.children, count.stage))
        .collect();
    let text = if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    };
    Ok(Finding::good("children", text))
}

/// A transmission without a receipt waits for its sender's next attempt; that some are there is no fault.
async fn receipts(core: &Core) -> Result<Finding, Refusal> {
    let count = statistics::without_receipt(core.db.reader()).await?;
    Ok(Finding::good(
        "transmissions",
        format!("{count} arrived and are not receipted yet"),
    ))
}

fn can_assign(access: &Access, area: &str) -> bool {
    access.active
        && access.areas.cover(area)
        && access
            .roles
            .iter()
            .any(|role| rule(Rpc::AssignChild, Role::Staff(*role)).is_some_and(|rule| rule.reach == Reach::Served))
}

async fn everybody(core: &Core) -> Result<Vec<Access>, Refusal> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = staff::page(core.db.reader(), &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = last.access.staff.to_string();
        all.extend(page.into_iter().map(|member| member.access));
    }
}
