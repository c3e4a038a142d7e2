//! The whole path of marked reports, with everything that can go wrong on it.

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use framme_demo::world::{CASEWORKERS, World};
use framme_shared::{
    runtime::random::{OsRandom, Random as _},
    wire::pb::{
        receiver as receiver_pb,
        report::{self as pb, AttachmentChunk, AttachmentUploadHeader, attachment_chunk::Part},
        sender as sender_pb,
    },
};
use framme_tests::{raw, worlds::eventually};
use prost::Message as _;
use prost_reflect::ReflectMessage as _;
use tonic::{Response, Status};

use super::{
    marks::mark,
    report::{Marked, POLICE_DISTRICT, dynamic, personal_paths, write_at},
    written::Found,
};
use crate::malformed::sides::{Exchange, transmission};

/// Does all of it, and returns what callers were told on the way.
pub(super) async fn everything_that_can_be_done(world: &World, marked: &Marked, desk: &Path) -> Vec<Found> {
    let mut drive = Drive {
        world,
        marked,
        told: Vec::new(),
    };
    drive.staff().await;
    drive.upload().await;
    drive.submit().await;
    drive.work_list().await;
    drive.endings().await;
    drive.figures().await;
    drive.refused_reports().await;
    drive.refused_requests().await;
    drive.commands(desk).await;
    drive.told
}

struct Drive<'a> {
    world: &'a World,
    marked: &'a Marked,
    told: Vec<Found>,
}

fn new_id() -> String {
    OsRandom.new_uuid().to_string()
}

/// Longer than any field may be.
fn long() -> String {
    mark("Long").repeat(2_000)
}

impl Drive<'_> {
    fn refused<T>(&mut self, answer: Result<Response<T>, Status>) {
        let Err(status) = answer else {
            panic!("it was not refused")
        };
        self.tell(format!("{status} {status:?}").into_bytes());
        self.tell(status.details().to_vec());
    }

    fn tell(&mut self, bytes: Vec<u8>) {
        let place = "told".to_owned();
        self.told.push(Found { place, bytes });
    }

    /// Everybody is killed and started again.
    async fn kill(&self) {
        for process in [&self.world.sender.process, &self.world.receivers[0].process] {
            process.kill().await.unwrap();
            process.start().await.unwrap();
        }
    }

    async fn staff(&mut self) {
        let receiver = &self.world.receivers[0];
        let mut register = receiver.administrator().unwrap();
        let staff = receiver_pb::StaffMember {
            staff_id: "marked-1".to_owned(),
            name: mark("StaffName"),
            roles: vec![receiver_pb::StaffRole::Duty.into()],
            active: true,
            municipalities: vec![receiver.areas[0].0.clone()],
        };
        let request = receiver_pb::CreateStaffRequest {
            request_id: new_id(),
            staff: Some(staff.clone()),
        };
        register.create_staff(request.clone()).await.unwrap();
        let request = receiver_pb::CreateStaffRequest {
            request_id: new_id(),
            ..request
        };
        self.refused(register.create_staff(request).await);
        for (staff_id, name) in [
            ("marked-1", mark("StaffRenamed")),
            (&mark("StaffId"), mark("StaffName")),
            ("marked-2", long()),
        ] {
            let request = receiver_pb::UpdateStaffRequest {
                request_id: new_id(),
                staff: Some(receiver_pb::StaffMember {
                    staff_id: staff_id.to_owned(),
                    name,
                    ..staff.clone()
                }),
            };
            match register.update_staff(request).await {
                Ok(_) => assert_eq!(staff_id, "marked-1"),
                refused => self.refused(refused),
            }
        }
    }

    /// Broken off once, and the sender killed before it goes on.
    async fn upload(&mut self) {
        let file = &self.marked.file;
        let first = file.len() / 2;
        let mut desk = self.world.sender.desk().unwrap();
        let broken = desk
            .upload_attachment(tokio_stream::iter(self.chunks(0, &file[..first])))
            .await;
        self.refused(broken);
        self.world.sender.process.kill().await.unwrap();
        self.world.sender.process.start().await.unwrap();

        let request = sender_pb::GetAttachmentUploadRequest {
            report_id: self.marked.report.report_id.clone(),
            attachment_id: self.marked.report.attachments[0].attachment_id.clone(),
        };
        let mut desk = self.world.sender.desk().unwrap();
        let state = desk
            .get_attachment_upload(request)
            .await
            .unwrap()
            .into_inner()
            .state
            .unwrap();
        let rest = self.chunks(
            state.committed_bytes,
            &file[usize::try_from(state.committed_bytes).unwrap()..],
        );
        desk.upload_attachment(tokio_stream::iter(rest)).await.unwrap();
    }

    fn chunks(&self, offset: u64, data: &[u8]) -> Vec<sender_pb::UploadAttachmentRequest> {
        let attachment = &self.marked.report.attachments[0];
        let header = AttachmentUploadHeader {
            owner_id: self.marked.report.report_id.clone(),
            attachment_id: attachment.attachment_id.clone(),
            size_bytes: attachment.size_bytes,
            sha256: attachment.sha256.clone(),
            offset,
        };
        let data = data.chunks(100_000).map(|data| Part::Data(data.to_vec().into()));
        [Part::Header(header)]
            .into_iter()
            .chain(data)
            .map(|part| sender_pb::UploadAttachmentRequest {
                chunk: Some(AttachmentChunk { part: Some(part) }),
            })
            .collect()
    }

    async fn submit(&mut self) {
        let mut desk = self.world.sender.desk().unwrap();
        let request = sender_pb::SubmitReportRequest {
            report: Some(self.marked.report.clone()),
        };
        desk.submit_report(request.clone()).await.unwrap();
        self.kill().await;
        let mut desk = self.world.sender.desk().unwrap();
        desk.submit_report(request.clone()).await.unwrap();
        let mut other = request;
        other.report.as_mut().unwrap().channel = mark("OtherChannel");
        self.refused(desk.submit_report(other).await);
        self.wait_until(pb::Stage::Stored).await;

        let request = sender_pb::GetReportRequest {
            report_id: self.marked.report.report_id.clone(),
            include_content: true,
        };
        let content = desk.get_report(request).await.unwrap().into_inner().content.unwrap();
        assert!(content == self.marked.report);
    }

    async fn state(&self) -> Option<sender_pb::ReportState> {
        let request = sender_pb::GetReportRequest {
            report_id: self.marked.report.report_id.clone(),
            include_content: false,
        };
        let answer = self.world.sender.desk().unwrap().get_report(request).await;
        answer.ok()?.into_inner().report
    }

    async fn wait_until(&self, stage: pb::Stage) {
        eventually("every child is there", || async {
            let state = self.state().await?;
            let children = state.transmissions.iter().flat_map(|part| &part.children);
            children.map(|child| child.stage()).all(|it| it == stage).then_some(())
        })
        .await;
    }

    async fn work_list(&mut self) {
        let state = self.state().await.unwrap();
        let transmission_id = state.transmissions[0].transmission_id.clone();
        let receiver = &self.world.receivers[0];
        let mut leader = receiver.intake_leader().unwrap();
        let request = receiver_pb::GetTransmissionRequest {
            transmission_id: transmission_id.clone(),
        };
        let opened = leader.get_transmission(request.clone()).await.unwrap().into_inner();
        assert!(opened.report.unwrap() == self.marked.report);
        receiver.case_system().unwrap().get_transmission(request).await.unwrap();
        let request = receiver_pb::DownloadAttachmentRequest {
            transmission_id: transmission_id.clone(),
            attachment_id: self.marked.report.attachments[0].attachment_id.clone(),
        };
        let mut pieces = leader.download_attachment(request).await.unwrap().into_inner();
        let mut file = Vec::new();
        while let Some(piece) = pieces.message().await.unwrap() {
            file.extend_from_slice(&piece.data);
        }
        assert!(file == self.marked.file);

        for (child, caseworker) in self.marked.report.children.iter().zip(CASEWORKERS) {
            let change = || {
                Some(receiver_pb::ChildChange {
                    request_id: new_id(),
                    transmission_id: transmission_id.clone(),
                    child_id: child.child_id.clone(),
                    on_behalf_of_staff_id: String::new(),
                })
            };
            let register = |case_number| receiver_pb::RegisterChildRequest {
                change: change(),
                case_number,
            };
            leader.register_child(register(mark("CaseNumber"))).await.unwrap();
            self.refused(leader.register_child(register(long())).await);
            let assign = |caseworker: &str| receiver_pb::AssignChildRequest {
                change: change(),
                caseworker_staff_id: caseworker.to_owned(),
                known_to_service: 0,
            };
            self.refused(leader.assign_child(assign(&mark("Caseworker"))).await);
            leader.assign_child(assign(caseworker)).await.unwrap();
            let assess = receiver_pb::RecordAssessmentRequest {
                change: change(),
                outcome: pb::AssessmentOutcome::FollowedUp.into(),
            };
            leader.record_assessment(assess).await.unwrap();
            let confirm = receiver_pb::RecordConfirmationRequest {
                change: change(),
                investigation_opened: true,
            };
            leader.record_confirmation(confirm).await.unwrap();
            let ended_time = Some(prost_types::Timestamp {
                seconds: 1_700_000_000,
                nanos: 0,
            });
            let end = receiver_pb::RecordInvestigationEndRequest {
                change: change(),
                ended_time,
            };
            leader.record_investigation_end(end).await.unwrap();
            let conclude = receiver_pb::RecordOutcomeRequest {
                change: change(),
                investigation_ended_time: ended_time,
                conclusion: pb::InvestigationConclusion::MeasuresByAgreement.into(),
            };
            leader.record_outcome(conclude).await.unwrap();
            let answer = receiver_pb::RecordProsecutionAnswerRequest {
                change: change(),
                answer: pb::ProsecutionAnswer::NoMeasures.into(),
            };
            // The report is no transfer.
            self.refused(leader.record_prosecution_answer(answer).await);
        }
        self.kill().await;
        self.wait_until(pb::Stage::Assessed).await;
        let mut leader = self.world.receivers[0].intake_leader().unwrap();
        let owed = receiver_pb::ListOwedFeedbackRequest {
            page_token: mark("PageToken"),
            ..receiver_pb::ListOwedFeedbackRequest::default()
        };
        self.refused(leader.list_owed_feedback(owed).await);
        let owed = receiver_pb::ListOwedFeedbackRequest::default();
        leader.list_owed_feedback(owed).await.unwrap();
        let mut desk = self.world.sender.desk().unwrap();
        let owed = sender_pb::ListOwedFeedbackRequest::default();
        desk.list_owed_feedback(owed).await.unwrap();
    }

    /// One report is withdrawn and one is closed, with reasons; calls are recorded about both, and a child is sent on.
    async fn endings(&mut self) {
        let mut desk = self.world.sender.desk().unwrap();
        for is_closed in [true, false] {
            let mut report = self.marked.again();
            report.attachments.clear();
            let report_id = report.report_id.clone();
            desk.submit_report(sender_pb::SubmitReportRequest { report: Some(report) })
                .await
                .unwrap();
            for answered_by in [mark("AnsweredBy"), long()] {
                let request = sender_pb::RecordPhoneCallRequest {
                    report_id: report_id.clone(),
                    request_id: new_id(),
                    call: Some(pb::PhoneCall {
                        call_time: Some(prost_types::Timestamp {
                            seconds: 1_700_000_000,
                            nanos: 0,
                        }),
                        result: pb::PhoneCallResult::Reached.into(),
                        answered_by,
                        number: String::new(),
                    }),
                };
                let recorded = desk.record_phone_call(request).await;
                if recorded.is_err() {
                    self.refused(recorded);
                }
            }
            let route = sender_pb::RouteChildRequest {
                report_id: report_id.clone(),
                child_id: self.marked.report.children[0].child_id.clone(),
                to_organisation_number: mark("Organisation"),
                request_id: new_id(),
                reason: mark("Reason"),
            };
            self.refused(desk.route_child(route).await);
            for reason in [mark("Reason"), format!("{}\u{0}", mark("Reason")), long()] {
                let refused = if is_closed {
                    let request = sender_pb::CloseReportRequest {
                        report_id: report_id.clone(),
                        request_id: new_id(),
                        reason,
                        child_ids: Vec::new(),
                        kind: 0,
                    };
                    desk.close_report(request).await.map(|_| Response::new(()))
                } else {
                    let request = sender_pb::WithdrawReportRequest {
                        report_id: report_id.clone(),
                        request_id: new_id(),
                        reason,
                    };
                    desk.withdraw_report(request).await.map(|_| Response::new(()))
                };
                if refused.is_err() {
                    self.refused(refused);
                }
            }
        }
    }

    /// Figures for the directorate: they are made from case references, and hold digests of them only.
    async fn figures(&mut self) {
        let export = |from_day: String| sender_pb::ExportFiguresRequest {
            police_district: POLICE_DISTRICT.to_owned(),
            from_day,
            until_day: "2999-12-31".to_owned(),
        };
        let sender = &self.world.sender;
        let mut desk = sender.local.figures(&sender.desk_token).unwrap();
        let made = desk.export_figures(export("2020-01-01".to_owned())).await.unwrap();
        let file = made.into_inner().figures;
        let payload = URL_SAFE_NO_PAD.decode(file.split('.').nth(1).unwrap()).unwrap();
        self.told.push(Found {
            place: "figures payload".to_owned(),
            bytes: payload,
        });
        self.refused(desk.export_figures(export(mark("Day"))).await);
    }

    /// Every text of a report in turn is too long, or has a character that may not be there.
    async fn refused_reports(&mut self) {
        let mut desk = self.world.sender.desk().unwrap();
        let mut exchange = Exchange::connect(self.world);
        let right = dynamic(&self.marked.again());
        for path in personal_paths(&right.descriptor()) {
            for text in [long(), format!("\u{7}{}", mark("Bell"))] {
                let mut message = right.clone();
                write_at(&mut message, &path, &text);
                let report = message.transcode_to::<pb::Report>().unwrap();
                let refused = exchange.submit(transmission(99, report.encode_to_vec())).await;
                self.refused(refused.map(Response::new));
                let request = sender_pb::SubmitReportRequest { report: Some(report) };
                self.refused(desk.submit_report(request).await);
            }
        }

        let mut bytes = sender_pb::SubmitReportRequest {
            report: Some(self.marked.again()),
        }
        .encode_to_vec();
        let name = mark("ChildName").into_bytes();
        let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
        bytes[at + name.len() - 1] = 0xff;
        let content = bytes[4..].to_vec();
        let submit = "/framme.sender.v1.SenderService/SubmitReport";
        let channel = self.world.sender.local.channel().unwrap();
        let refused = raw::unary(channel, Some(&self.world.sender.desk_token), submit, bytes).await;
        self.refused(refused.map(Response::new));
        let refused = exchange.submit(transmission(99, content)).await;
        self.refused(refused.map(Response::new));
    }

    /// Marks where ids and positions belong.
    async fn refused_requests(&mut self) {
        let mut desk = self.world.sender.desk().unwrap();
        let request = sender_pb::GetReportRequest {
            report_id: mark("ReportId"),
            include_content: true,
        };
        self.refused(desk.get_report(request).await);
        let request = sender_pb::ListReportsRequest {
            page_token: mark("PageToken"),
            ..Default::default()
        };
        self.refused(desk.list_reports(request).await);
        let request = sender_pb::ListReceiptsRequest {
            report_id: mark("ReportId"),
        };
        self.refused(desk.list_receipts(request).await);
        let mut leader = self.world.receivers[0].intake_leader().unwrap();
        let request = receiver_pb::GetTransmissionRequest {
            transmission_id: mark("TransmissionId"),
        };
        self.refused(leader.get_transmission(request).await);
        let request = receiver_pb::ListTransmissionsRequest {
            page_token: mark("PageToken"),
            ..Default::default()
        };
        self.refused(leader.list_transmissions(request).await);
        let request = receiver_pb::RedirectChildRequest {
            change: Some(receiver_pb::ChildChange {
                request_id: mark("RequestId"),
                transmission_id: mark("TransmissionId"),
                child_id: mark("ChildId"),
                on_behalf_of_staff_id: mark("OnBehalf"),
            }),
            to_organisation_number: mark("Organisation"),
        };
        self.refused(leader.redirect_child(request).await);
        let mut stranger = self.world.receivers[0].local.work_list(&mark("Token")).unwrap();
        self.refused(
            stranger
                .list_transmissions(receiver_pb::ListTransmissionsRequest::default())
                .await,
        );
    }

    /// Commands that show no content, and commands that fail.
    async fn commands(&mut self, desk: &Path) {
        let sender = &self.world.sender;
        let token = desk.join("token");
        fs::write(&token, &sender.desk_token).unwrap();
        let token = token.display().to_string();
        let report_id = self.marked.report.report_id.clone();
        let mut printed = Vec::new();
        for arguments in [
            ["report", "list"].as_slice(),
            &["report", "show", &report_id],
            &["report", "receipts", &report_id],
            &["figures"],
            &["receiver", "list"],
        ] {
            let arguments = [arguments, ["--token-file", &token].as_slice()].concat();
            printed.push(sender.process.command(&arguments).await.unwrap());
        }
        printed.push(output(sender.process.command(&["doctor"]).await));
        printed.push(output(self.world.receivers[0].process.command(&["doctor"]).await));

        for (name, content) in [
            ("enum", format!("{{\"type\": \"{}\"}}", mark("Json"))),
            ("message", format!("{{\"children\": \"{}\"}}", mark("Json"))),
            ("time", format!("{{\"written_time\": \"{}\"}}", mark("Json"))),
            ("field", format!("{{\"{}\": \"{}\"}}", mark("Field"), mark("Json"))),
            ("cut", format!("{{\"channel\": \"{}", mark("Json"))),
            (
                "number",
                format!("{{\"attachments\": [{{\"size_bytes\": \"{}\"}}]}}", mark("Json")),
            ),
            (
                "bytes",
                format!("{{\"attachments\": [{{\"sha256\": \"{}é\"}}]}}", mark("Json")),
            ),
        ] {
            let file = desk.join(format!("{name}.json"));
            fs::write(&file, content).unwrap();
            let file = file.display().to_string();
            let arguments = ["report", "submit", &file, "--token-file", &token];
            printed.push(sender.process.command(&arguments).await.unwrap_err().to_string());
            let rest = desk.join("rest.json");
            fs::write(&rest, "{}").unwrap();
            let rest = rest.display().to_string();
            let arguments = ["report", "submit", &rest, "--national", &file, "--token-file", &token];
            printed.push(sender.process.command(&arguments).await.unwrap_err().to_string());
        }
        for text in printed {
            self.tell(text.into_bytes());
        }
    }
}

/// What a command printed, however it ended.
fn output(answer: anyhow::Result<String>) -> String {
    answer.unwrap_or_else(|error| error.to_string())
}
