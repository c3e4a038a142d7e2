//! CPU time and memory of each process, as the kernel counts them.

use std::fs;

use anyhow::Context as _;

use crate::world::World;

/// Ticks per second of `/proc/PID/stat`: fixed by the kernel's interface (proc(5), USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;

/// Prints a line for each service, and one for this program, which drives them on the same cores.
pub(super) fn print(world: &World) -> anyhow::Result<()> {
    let services = [&world.sender.process]
        .into_iter()
        .chain(world.receivers.iter().map(|receiver| &receiver.process));
    for process in services {
        let pid = process.pid().context("a service is not running")?;
        print_line(&process.name, &pid.to_string())?;
    }
    print_line("driver", "self")
}

fn print_line(name: &str, pid: &str) -> anyhow::Result<()> {
    let cpu = cpu_seconds(&fs::read_to_string(format!("/proc/{pid}/stat"))?).context("/proc/PID/stat")?;
    let peak = peak_mib(&fs::read_to_string(format!("/proc/{pid}/status"))?).context("/proc/PID/status")?;
    println!("  {name:<10} {cpu:>8.1} s CPU {peak:>8.1} MiB peak resident");
    Ok(())
}

/// User and system time: fields 14 and 15, counted after the name in parentheses.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

/// The high-water mark of the resident set.
pub fn peak_mib(status: &str) -> Option<f64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1_024.0)
}
