//! What happens in the demonstration, in order.

use anyhow::{Context as _, ensure};
use framme_shared::{
    runtime::{
        clock::{Clock as _, SystemClock},
        random::{OsRandom, Random as _},
    },
    wire::pb::{
        receiver as receiver_pb,
        report::{self as report_pb, Stage},
        sender as sender_pb,
    },
};

use super::follow::{follow, standing};
use crate::{
    replay::all_reports,
    samples::{SampleReport, Samples},
    verdict::Verdict,
    world::{Area, CASEWORKERS, ReceiverNode, World},
};

/// The reports sent so far.
pub(super) struct Story {
    samples: Samples,
    submitted: Vec<String>,
}

impl Default for Story {
    fn default() -> Self {
        Self {
            samples: Samples::new(SystemClock.now().as_microsecond().unsigned_abs()),
            submitted: Vec::new(),
        }
    }
}

impl Story {
    /// One child, one service: queued, stored, opened, assigned, delivered.
    pub(super) async fn a_report_is_delivered(&mut self, world: &World) -> anyhow::Result<()> {
        println!("\nA report about one child:");
        let receiver = &world.receivers[0];
        let report_id = self
            .submit(world, report_pb::Urgency::Normal, vec![receiver.areas[0].clone()])
            .await?;
        follow(world, &report_id, is_stored).await?;
        println!("  the intake leader opens it and assigns the child:");
        open(receiver, &report_id).await?;
        follow(world, &report_id, |report| {
            children(report).all(|child| child.stage >= Stage::Opened.into())
        })
        .await?;
        assign(receiver, &report_id).await?;
        let report = follow(world, &report_id, is_delivered).await?;
        ensure!(is_delivered(&report), "the report is {}", standing(&report));
        Ok(())
    }

    /// Two children, two services: delivered when both have a caseworker, and not before.
    pub(super) async fn children_of_two_services(&mut self, world: &World) -> anyhow::Result<()> {
        println!("\nAn acute report about two children who belong to different services:");
        let areas = world
            .receivers
            .iter()
            .map(|receiver| receiver.areas[0].clone())
            .collect();
        let report_id = self.submit(world, report_pb::Urgency::Acute, areas).await?;
        follow(world, &report_id, is_stored).await?;
        println!("  the first service assigns its child:");
        assign(&world.receivers[0], &report_id).await?;
        follow(world, &report_id, |report| assigned(report) == 1).await?;
        println!("  the second service assigns its child:");
        assign(&world.receivers[1], &report_id).await?;
        follow(world, &report_id, is_delivered).await?;
        Ok(())
    }

    /// A caseworker who leaves takes nothing along: the report is open again, and assigned anew.
    pub(super) async fn a_caseworker_leaves(&mut self, world: &World) -> anyhow::Result<()> {
        println!("\nThe caseworker of the first report leaves:");
        let receiver = &world.receivers[0];
        let report_id = self.submitted.first().context("there is a first report")?.clone();
        set_active(receiver, CASEWORKERS[0], false).await?;
        follow(world, &report_id, |report| !is_delivered(report)).await?;
        println!("  and comes back; the child is assigned again:");
        set_active(receiver, CASEWORKERS[0], true).await?;
        for report_id in &self.submitted {
            assign(receiver, report_id).await?;
        }
        follow(world, &report_id, is_delivered).await?;
        Ok(())
    }

    /// A receiver dies with reports under way to it.
    pub(super) async fn a_receiver_is_killed(&mut self, world: &World) -> anyhow::Result<()> {
        println!("\nTwenty reports; the receiver is killed (SIGKILL) in the middle:");
        let area = world.receivers[0].areas[0].clone();
        let mut under_way = Vec::new();
        for index in 0..20 {
            under_way.push(
                self.submit(world, report_pb::Urgency::Normal, vec![area.clone()])
                    .await?,
            );
            if index == 9 {
                world.receivers[0].process.kill().await?;
                println!("  killed; the sender goes on taking reports");
            }
        }
        let waiting = all_reports(world)
            .await?
            .iter()
            .filter(|report| !is_delivered(report))
            .count();
        println!(
            "  {} submitted, each answered; {waiting} not delivered, none lost, none green",
            under_way.len()
        );
        world.receivers[0].process.start().await?;
        println!("  the receiver is started again:");
        for report_id in &under_way {
            follow_silently(world, report_id, is_stored).await?;
            assign(&world.receivers[0], report_id).await?;
        }
        for report_id in &under_way {
            follow_silently(world, report_id, is_delivered).await?;
        }
        println!("  all {} are delivered", under_way.len());
        Ok(())
    }

    /// Compares what was submitted with what both sides hold.
    pub(super) async fn end(&self, world: &World) -> anyhow::Result<()> {
        let submitted = self.submitted.iter().cloned().collect();
        let verdict = Verdict::of(world, &submitted).await?;
        println!("\n{} reports submitted: {verdict}.", self.submitted.len());
        ensure!(verdict.is_clean(), "the demonstration found a fault");
        Ok(())
    }

    async fn submit(
        &mut self,
        world: &World,
        urgency: report_pb::Urgency,
        children: Vec<Area>,
    ) -> anyhow::Result<String> {
        let sample = SampleReport {
            police_district: "Troms".to_owned(),
            children,
            urgency,
            written: SystemClock.now(),
        };
        let report = self.samples.report(&sample);
        let report_id = report.report_id.clone();
        world
            .sender
            .desk()?
            .submit_report(sender_pb::SubmitReportRequest { report: Some(report) })
            .await?;
        self.submitted.push(report_id.clone());
        Ok(report_id)
    }
}

async fn follow_silently(
    world: &World,
    report_id: &str,
    until: impl Fn(&sender_pb::ReportState) -> bool,
) -> anyhow::Result<()> {
    let request = sender_pb::FollowReportRequest {
        report_id: report_id.to_owned(),
    };
    let mut changes = world.sender.desk()?.follow_report(request).await?.into_inner();
    while let Some(change) = changes.message().await? {
        if change.report.as_ref().is_some_and(&until) {
            return Ok(());
        }
    }
    anyhow::bail!("the sender ended the stream")
}

fn children(report: &sender_pb::ReportState) -> impl Iterator<Item = &report_pb::ChildState> {
    report.transmissions.iter().flat_map(|part| &part.children)
}

fn is_stored(report: &sender_pb::ReportState) -> bool {
    children(report).all(|child| child.stage >= Stage::Stored.into())
}

fn is_delivered(report: &sender_pb::ReportState) -> bool {
    report.standing == i32::from(sender_pb::Standing::Delivered)
}

fn assigned(report: &sender_pb::ReportState) -> usize {
    children(report)
        .filter(|child| child.stage == i32::from(Stage::Assigned))
        .count()
}

/// What the receiver holds of a report, once it is in its work list.
async fn held(receiver: &ReceiverNode, report_id: &str) -> anyhow::Result<Option<receiver_pb::TransmissionSummary>> {
    let request = receiver_pb::ListTransmissionsRequest {
        page_size: 1_000,
        page_token: String::new(),
        unassigned_only: true,
    };
    let list = receiver
        .intake_leader()?
        .list_transmissions(request)
        .await?
        .into_inner()
        .transmissions;
    Ok(list
        .into_iter()
        .find(|transmission| transmission.report_id == report_id))
}

async fn open(receiver: &ReceiverNode, report_id: &str) -> anyhow::Result<()> {
    let held = held(receiver, report_id)
        .await?
        .context("the report is in the work list")?;
    let request = receiver_pb::GetTransmissionRequest {
        transmission_id: held.transmission_id,
    };
    receiver.intake_leader()?.get_transmission(request).await?;
    Ok(())
}

/// Assigns every child of the report that the receiver has and that has no caseworker.
async fn assign(receiver: &ReceiverNode, report_id: &str) -> anyhow::Result<()> {
    let Some(held) = held(receiver, report_id).await? else {
        return Ok(());
    };
    for child in held.children {
        let request = receiver_pb::AssignChildRequest {
            change: Some(receiver_pb::ChildChange {
                request_id: OsRandom.new_uuid().to_string(),
                transmission_id: held.transmission_id.clone(),
                child_id: child.child_id,
                on_behalf_of_staff_id: String::new(),
            }),
            caseworker_staff_id: CASEWORKERS[0].to_owned(),
            known_to_service: 0,
        };
        receiver.intake_leader()?.assign_child(request).await?;
    }
    Ok(())
}

async fn set_active(receiver: &ReceiverNode, staff_id: &str, active: bool) -> anyhow::Result<()> {
    let request = receiver_pb::ListStaffRequest {
        page_size: 1_000,
        page_token: String::new(),
    };
    let staff = receiver.administrator()?.list_staff(request).await?.into_inner().staff;
    let person = staff
        .into_iter()
        .find(|person| person.staff_id == staff_id)
        .context("the person is registered")?;
    let request = receiver_pb::UpdateStaffRequest {
        request_id: OsRandom.new_uuid().to_string(),
        staff: Some(receiver_pb::StaffMember { active, ..person }),
    };
    receiver.administrator()?.update_staff(request).await?;
    Ok(())
}
