//! CPU time and memory of a process, as the kernel counts them.

use std::{fmt, fs};

use anyhow::Context as _;

/// Ticks per second of `/proc/PID/stat`: fixed by the kernel's interface (proc(5), USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process has used since it started.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// User and system time in seconds.
    pub cpu_seconds: f64,
    /// Resident memory now, in MiB.
    pub resident_mib: f64,
    /// The most resident memory it has had, in MiB.
    pub peak_mib: f64,
}

impl Usage {
    /// Of a running process, or of this one when `pid` is `None`.
    pub fn of(pid: Option<u32>) -> anyhow::Result<Self> {
        let folder = pid.map_or_else(|| "/proc/self".to_owned(), |pid| format!("/proc/{pid}"));
        let stat = fs::read_to_string(format!("{folder}/stat"))?;
        let status = fs::read_to_string(format!("{folder}/status"))?;
        Ok(Self {
            cpu_seconds: cpu_seconds(&stat).context("/proc/PID/stat has no times")?,
            resident_mib: mib(&status, "VmRSS:").context("/proc/PID/status has no VmRSS")?,
            peak_mib: mib(&status, "VmHWM:").context("/proc/PID/status has no VmHWM")?,
        })
    }
}

impl Usage {
    /// The same, with only the time used since an earlier look.
    #[must_use]
    pub fn since(self, earlier: &Self) -> Self {
        Self {
            cpu_seconds: self.cpu_seconds - earlier.cpu_seconds,
            ..self
        }
    }
}

/// User and system time: fields 14 and 15, counted after the name in parentheses.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

fn mib(status: &str, field: &str) -> Option<f64> {
    let line = status.lines().find(|line| line.starts_with(field))?;
    let kib: f64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1_024.0)
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>8.1} s CPU {:>8.1} MiB peak resident",
            self.cpu_seconds, self.peak_mib
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_something() {
        let usage = Usage::of(None).unwrap();
        assert!(usage.resident_mib > 0.0 && usage.peak_mib >= usage.resident_mib);
    }

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0";
        assert_eq!(cpu_seconds(stat), Some(2.0));
    }
}
