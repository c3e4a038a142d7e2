//! A mail server and a receiver of webhooks that others have written.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use framme_demo::pki::{self, Pki};
use framme_shared::runtime::{
    clock::{Clock as _, SystemClock},
    tls::TlsFiles,
};
use serde_json::Value;

/// What webhooks are signed with.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// What the mail server asks for.
pub(crate) const PASSWORD: &str = "correct horse";

/// Certificates of the peers, and the files with the own secrets.
pub(crate) struct Secrets {
    pub(crate) tls: TlsFiles,
    pub(crate) hook: PathBuf,
    pub(crate) password: PathBuf,
}

impl Secrets {
    pub(crate) fn make(folder: &Path) -> Self {
        let pki = Pki::new(SystemClock.now()).unwrap();
        let issued = pki.enterprise(pki::POLICE_DISTRICT.number()).unwrap();
        let tls = pki::install(&pki, &issued, &folder.join("tls"), &folder.join("trust"), &[]).unwrap();
        let (hook, password) = (folder.join("hook.secret"), folder.join("mail.password"));
        pki::write_secret(&hook, format!("{SECRET}\n").as_bytes()).unwrap();
        pki::write_secret(&password, format!("{PASSWORD}\n").as_bytes()).unwrap();
        Self { tls, hook, password }
    }
}

/// A peer that runs; killed when dropped.
pub(crate) struct Peer {
    child: Child,
    pub(crate) port: u16,
    folder: PathBuf,
}

impl Peer {
    /// `mode` is implicit, starttls or plain.
    pub(crate) fn mail(folder: &Path, mode: &str, secrets: &Secrets, port: Option<u16>) -> Self {
        let port = port.map(|port| port.to_string());
        Self::start("mail_server.py", folder, mode, secrets, port.as_deref())
    }

    /// `mode` is tls or plain.
    pub(crate) fn webhook(folder: &Path, mode: &str, secrets: &Secrets) -> Self {
        Self::start("webhook.py", folder, mode, secrets, Some(SECRET))
    }

    fn start(script: &str, folder: &Path, mode: &str, secrets: &Secrets, last: Option<&str>) -> Self {
        fs::create_dir_all(folder).unwrap();
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = project.join("../target/tests/python/bin/python");
        assert!(
            python.exists(),
            "the Python packages are not installed: run tests/setup"
        );
        let mut child = Command::new(python)
            .arg(project.join("python").join(script))
            .arg(folder)
            .arg(mode)
            .args([&secrets.tls.certificate, &secrets.tls.key])
            .args(last)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            port: line.trim().parse().unwrap(),
            child,
            folder: folder.to_owned(),
        }
    }

    /// What it does from now on; see the scripts.
    pub(crate) fn behave(&self, words: &str) {
        fs::write(self.folder.join("behave"), words).unwrap();
    }

    /// A file that it makes.
    pub(crate) fn has(&self, file: &str) -> bool {
        self.folder.join(file).exists()
    }

    /// What it was sent, in order.
    pub(crate) fn received(&self) -> Vec<Value> {
        let files = fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = files
            .filter(|path| path.extension().is_some_and(|it| it == "json"))
            .collect();
        files.sort();
        files
            .iter()
            .map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
            .collect()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
