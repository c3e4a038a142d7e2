//! The receiver of a child welfare service.

use clap::Parser as _;
use framme_receiver::cli::{self, Cli};
use framme_shared::runtime::{exit::Exit, process};
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

#[tokio::main]
async fn main() -> Exit {
    process::prepare();
    let cli = Cli::parse();
    match cli::run(cli).await {
        Ok(exit) => exit,
        Err(error) => cli::report(&error),
    }
}
