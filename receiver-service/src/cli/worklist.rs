//! `receiver worklist …`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use framme_shared::{
    runtime::exit::Exit,
    wire::pb::receiver::{
        DownloadAttachmentRequest, GetTransmissionRequest, ListTransmissionsRequest, ListTransmissionsResponse,
    },
};
use tokio::{fs::File, io::AsyncWriteExt as _};

use super::{Common, client, output, report_lines};

/// The work list.
#[derive(Debug, Subcommand)]
pub enum Worklist {
    /// Transmissions, most urgent and oldest first. No personal data.
    List {
        /// Only those with a child that is neither with a caseworker nor ended.
        #[arg(long)]
        unassigned: bool,
    },
    /// One transmission with its content. Recorded as a reading; a person's first counts as opened.
    Show {
        /// Its id.
        transmission: String,
    },
    /// Saves a file of a transmission. Recorded as a reading.
    Download {
        /// The transmission.
        transmission: String,
        /// The file.
        attachment: String,
        /// Where to; must not exist yet.
        #[arg(long)]
        output: PathBuf,
    },
}

impl Worklist {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        match self {
            Self::List { unassigned } => list(common, unassigned).await,
            Self::Show { transmission } => show(common, transmission).await,
            Self::Download {
                transmission,
                attachment,
                output,
            } => download(common, transmission, attachment, output).await,
        }
    }
}

async fn list(common: &Common, unassigned_only: bool) -> anyhow::Result<Exit> {
    let mut client = client::work_list(common)?;
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListTransmissionsRequest {
            page_size: 500,
            page_token,
            unassigned_only,
        };
        let page = client.list_transmissions(request).await?.into_inner();
        all.extend(page.transmissions);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let all = ListTransmissionsResponse {
        transmissions: all,
        next_page_token: String::new(),
    };
    let name = "framme.receiver.v1.ListTransmissionsResponse";
    output::message(common.json, name, &all, || match all.transmissions.as_slice() {
        [] => vec!["nothing".to_owned()],
        all => all.iter().flat_map(output::summary_lines).collect(),
    });
    Ok(Exit::Ok)
}

async fn show(common: &Common, transmission_id: String) -> anyhow::Result<Exit> {
    let mut client = client::work_list(common)?;
    let request = GetTransmissionRequest { transmission_id };
    let found = client.get_transmission(request).await?.into_inner();
    let name = "framme.receiver.v1.GetTransmissionResponse";
    output::message(common.json, name, &found, || {
        let mut lines: Vec<String> = found.transmission.iter().flat_map(output::summary_lines).collect();
        lines.push(String::new());
        lines.extend(found.report.iter().flat_map(report_lines::lines));
        lines
    });
    Ok(Exit::Ok)
}

async fn download(
    common: &Common,
    transmission_id: String,
    attachment_id: String,
    path: PathBuf,
) -> anyhow::Result<Exit> {
    let mut client = client::work_list(common)?;
    let request = DownloadAttachmentRequest {
        transmission_id,
        attachment_id,
    };
    let mut stream = client.download_attachment(request).await?.into_inner();
    // Content: for its owner only.
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .await
        .with_context(|| format!("{} cannot be made", path.display()))?;
    let progress = indicatif::ProgressBar::new_spinner();
    while let Some(piece) = stream.message().await? {
        file.write_all(&piece.data).await?;
        progress.inc(piece.data.len() as u64);
    }
    file.sync_all().await?;
    progress.finish_and_clear();
    Ok(Exit::Ok)
}
