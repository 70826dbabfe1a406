//! `make model`: the protocol of delivery, checked in every order that things can happen in.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use rollcall_tests::model::{Size, Variant, report};

/// Checks the cores of aggregator and fetcher against the invariants of delivery, in every state of some small sizes.
#[derive(Debug, Parser)]
struct Args {
    /// Sizes; all of them by default
    sizes: Vec<String>,
    /// Changes something of each size, such as gathers=1 or breaks=0; repeat for more
    #[arg(long = "set", value_name = "NAME=NUMBER")]
    set: Vec<String>,
    /// Names the sizes, and what happens in them
    #[arg(long)]
    list: bool,
    /// Builds something wrong, to see that it is found
    #[arg(long, value_enum, default_value_t = Fault::None)]
    fault: Fault,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Fault {
    /// Nothing
    None,
    /// A fetcher commits past what is not settled
    CommitsPastAGap,
    /// The aggregator takes batches of claims that have ended
    TakesOldEpochs,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let mut sizes = chosen(&args.sizes)?;
    for size in &mut sizes {
        args.set.iter().try_for_each(|text| change(size, text))?;
    }
    if args.list {
        sizes.iter().for_each(|size| println!("{size:#?}"));
        return Ok(ExitCode::SUCCESS);
    }
    let variant = match args.fault {
        Fault::None => Variant::Right,
        Fault::CommitsPastAGap => Variant::CommitsPastAGap,
        Fault::TakesOldEpochs => Variant::TakesOldEpochs,
    };
    let mut holds = true;
    for size in sizes {
        let report = report::run(size, variant);
        print!("{report}");
        holds &= report.broken.is_none();
    }
    Ok(if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn change(size: &mut Size, text: &str) -> Result<()> {
    let (name, number) = text.split_once('=').context("it is written NAME=NUMBER")?;
    let number: u8 = number
        .parse()
        .with_context(|| format!("{number:?} is no small number"))?;
    if !size.set(name, number) {
        bail!("there is no {name:?} to be set; --list shows what there is");
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<Size>> {
    let all = Size::all();
    if names.is_empty() {
        return Ok(all);
    }
    let known: Vec<_> = all.iter().map(|size| size.name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!(
            "there is no size {unknown:?}; there are {}",
            known.join(", ")
        );
    }
    let wanted = |size: &Size| names.iter().any(|name| name == size.name);
    Ok(all.into_iter().filter(wanted).collect())
}
