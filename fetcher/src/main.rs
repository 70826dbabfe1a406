//! The fetcher as a process: reads its settings, wires, runs until it is told to stop.

mod args;

use std::process::ExitCode;

use args::{Args, Parsed};
use rollcall_fetcher::config::{SCHEMA, fill_defaults, from_values};
use rollcall_fetcher::{Config, Error};
use rollcall_proto::service::config::{EXIT_USAGE, Faults, environment, load};
use rollcall_proto::service::serve::{BindError, EXIT_NO_PORT};
use rollcall_proto::service::telemetry::LogFormat;
use rollcall_proto::service::{serve, shutdown, spans, telemetry};

fn main() -> ExitCode {
    rollcall_proto::memory::keep_for_frames();
    rollcall_fetcher::kafka::keep_tls_until_exit();
    let args = Args::parse_or_exit();
    match settings(&args) {
        Ok(Parsed::Dump(text)) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Ok(Parsed::Run(config)) => match run(*config) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error),
        },
        Err(faults) => {
            eprintln!("rollcall-fetcher: the settings are wrong\n{faults}");
            ExitCode::from(EXIT_USAGE)
        }
    }
}

fn settings(args: &Args) -> Result<Parsed, Faults> {
    let (flags, malformed) = args.flags();
    let mut loaded = load(&SCHEMA, args.config.as_deref(), environment(), flags);
    malformed
        .into_iter()
        .for_each(|fault| loaded.faults.push(fault));
    let config = from_values(&loaded.values, &mut loaded.faults);
    let mut values = loaded.finish()?;
    match config {
        Some(config) if !args.dump_config => return Ok(Parsed::Run(Box::new(config))),
        Some(config) => fill_defaults(&mut values, &config),
        None => {}
    }
    Ok(Parsed::Dump(values.dump()))
}

/// One thread: there is one feed, and what blocks has threads of its own. More would only hand work to each other.
#[tokio::main(flavor = "current_thread")]
async fn run(config: Config) -> anyhow::Result<()> {
    telemetry::init(&config.log, LogFormat::named(&config.log_format))?;
    let spans = spans::start(env!("CARGO_PKG_NAME"));
    let ran = until_stopped(config).await;
    // What was lost is in the log.
    let _lost = spans.finish(spans::FLUSH).await;
    ran
}

async fn until_stopped(config: Config) -> anyhow::Result<()> {
    let stop = shutdown::requested()?;
    let admin = match config.admin_listen {
        Some(address) => Some(serve::bind(address, "admin").await?),
        None => None,
    };
    if let Some(listener) = &admin {
        tracing::info!(addr = %listener.local_addr()?, "listening");
    }
    tracing::info!(topic = %config.topic, group = config.group, "rollcall-fetcher starts");
    rollcall_fetcher::run(config, admin, async {
        let signal = stop.await;
        tracing::info!(%signal, "stopping");
    })
    .await?;
    tracing::info!("stopped");
    Ok(())
}

fn fail(error: &anyhow::Error) -> ExitCode {
    if let Some(taken) = error.downcast_ref::<BindError>() {
        // It tells its cause itself.
        eprintln!("rollcall-fetcher: {taken}");
        return ExitCode::from(EXIT_NO_PORT);
    }
    eprintln!("rollcall-fetcher: {error:#}");
    match error.downcast_ref::<Error>() {
        Some(Error::Config(_)) => ExitCode::from(EXIT_USAGE),
        Some(Error::Kafka(_)) | None => ExitCode::FAILURE,
    }
}
