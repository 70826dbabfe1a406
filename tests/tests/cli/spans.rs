//! What a collector of OpenTelemetry gets of a gather, and what happens when there is none.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use rollcall_tests::collector::{Collector, Seen, services};
use rollcall_tests::process::listening;
use rollcall_tests::promtool::Page;
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, Record, Rollcall, Service, eventually, ports};

use crate::desk::SOON;

/// A trace that a job began which runs the command.
const TRACE: [u8; 16] = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes();
const JOB: [u8; 8] = 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes();
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

const GATHER: &str = "rollcall.v1.GatherService/Gather";
const SETTLE: &str = "rollcall.v1.GatherService/Settle";

/// Far more than there may be spans.
const RECORDS: u64 = 300;

/// Services that export to `endpoint` often, with records in one topic and none in another.
async fn stage(endpoint: &str) -> Stage<'static> {
    let plan = Plan::on(Kafka::shared().await)
        .topic("traced", 1)
        .topic("silent", 1);
    let stage = plan
        .aggregator_flags(&["--log-format", "json"])
        .aggregator_flags(&["--log", "info,rollcall_aggregator=debug"])
        .environment(&variables(endpoint))
        .start()
        .await
        .unwrap();
    let records = (0..RECORDS).map(|number| Record::numbered(number).to_partition(0));
    let sent = stage.producer.send_all(stage.topic(0), records.collect());
    sent.await.unwrap();
    stage
}

fn variables(endpoint: &str) -> [(&str, &str); 2] {
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
    ]
}

/// The span of this name that this service made.
fn span<'a>(seen: &'a [Seen], service: &str, name: &str) -> Result<&'a Seen> {
    let mut found = seen.iter();
    found
        .find(|seen| seen.service == service && seen.span.name == name)
        .with_context(|| format!("no {name} of {service} among {seen:?}"))
}

#[tokio::test]
async fn a_gather_is_one_trace_through_command_aggregator_and_fetcher() {
    let collector = Collector::start().await.unwrap();
    let endpoint = collector.endpoint();
    let mut stage = stage(&endpoint).await;
    let rollcall = Rollcall::of(stage.roll.address())
        .with(&variables(&endpoint))
        .with(&[("TRACEPARENT", TRACEPARENT)]);
    let full = RECORDS.to_string();
    let take = ["gather", "-t", stage.topic(0), "--max-records", &full];
    let take = [&take[..], &["--close", "full", "--timeout", "30s", "--ack"]].concat();
    let taken = rollcall.ends_with(0, &take).await.unwrap();
    assert_eq!(taken.stdout.lines().count() as u64, RECORDS);

    let commit = format!("commit {}", stage.topic(0));
    let seen = eventually("the whole trace is exported", SOON, async || {
        let seen = collector.trace(&TRACE);
        span(&seen, "rollcall-fetcher", &commit)?;
        span(&seen, "rollcall-aggregator", GATHER)?;
        span(&seen, "rollcall-aggregator", SETTLE)?;
        Ok(seen)
    });
    let seen = seen.await.unwrap();
    let all = ["rollcall", "rollcall-aggregator", "rollcall-fetcher"];
    assert_eq!(services(&seen), BTreeSet::from(all));
    let command = span(&seen, "rollcall", "rollcall gather").unwrap();
    assert_eq!(command.span.parent_span_id, JOB);
    for (child, parent) in [
        (span(&seen, "rollcall", GATHER), Ok(command)),
        (
            span(&seen, "rollcall-aggregator", GATHER),
            span(&seen, "rollcall", GATHER),
        ),
        (span(&seen, "rollcall", SETTLE), Ok(command)),
        (
            span(&seen, "rollcall-aggregator", SETTLE),
            span(&seen, "rollcall", SETTLE),
        ),
        (
            span(&seen, "rollcall-fetcher", &commit),
            span(&seen, "rollcall-aggregator", SETTLE),
        ),
    ] {
        let (child, parent) = (child.unwrap(), parent.unwrap());
        assert_eq!(child.span.parent_span_id, parent.span.span_id, "{child:?}");
    }

    batches_are_linked(&collector, &stage, &seen).await.unwrap();
    let spans = collector.seen().len() as u64;
    assert!(spans < RECORDS / 2, "{spans} spans of {RECORDS} records");
    let log = stage.roll.aggregator.running().unwrap().stderr().unwrap();
    let line = log.lines().find(|line| line.contains("gather [")).unwrap();
    assert!(
        line.contains("\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\""),
        "{line}"
    );
}

/// Each link of the two gather spans names a span that a fetcher made when it sent a batch.
async fn batches_are_linked(collector: &Collector, stage: &Stage<'_>, seen: &[Seen]) -> Result<()> {
    let send = format!("send {}", stage.topic(0));
    for service in ["rollcall", "rollcall-aggregator"] {
        let links = &span(seen, service, GATHER)?.span.links;
        ensure!(!links.is_empty(), "the gather of {service} has no link");
        for link in links {
            eventually("the linked span is exported", SOON, async || {
                let sent = collector.trace(&link.trace_id);
                let sent = span(&sent, "rollcall-fetcher", &send)?.span.span_id.clone();
                ensure!(sent == link.span_id, "it is another one");
                Ok(())
            })
            .await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_probe_that_a_gather_asks_for_is_part_of_its_trace() {
    let collector = Collector::start().await.unwrap();
    let endpoint = collector.endpoint();
    let stage = stage(&endpoint).await;
    let rollcall = Rollcall::of(stage.roll.address()).with(&variables(&endpoint));
    let probe = format!("probe {}", stage.topic(1));
    // Evidence that is fresh anyway needs no probe: sooner or later it is not.
    eventually("a probe below a gather is exported", SOON, async || {
        let look = ["gather", "-t", stage.topic(1), "--timeout", "100ms"];
        rollcall.ends_with(0, &look).await?;
        let seen = collector.seen();
        let probe = span(&seen, "rollcall-fetcher", &probe)?;
        let trace = collector.trace(&probe.span.trace_id);
        let gather = span(&trace, "rollcall-aggregator", GATHER)?;
        ensure!(
            probe.span.parent_span_id == gather.span.span_id,
            "{probe:?} is below another"
        );
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn services_that_cannot_export_work_on_warn_once_and_count_what_they_drop() {
    let nobody = format!("http://127.0.0.1:{}", ports::free().unwrap());
    for endpoint in [nobody.as_str(), "no url"] {
        let mut stage = stage(endpoint).await;
        let look = ["gather", "-t", stage.topic(0), "--timeout", "10s"];
        let rollcall = Rollcall::of(stage.roll.address());
        rollcall.ends_with(0, &look).await.unwrap();
        let aggregator = stage.roll.aggregator.running().unwrap();
        drops_and_warns(aggregator, "admin").await.unwrap();
        let fetcher = stage.roll.fetchers[0].running().unwrap();
        drops_and_warns(fetcher, "").await.unwrap();
    }
}

/// Its page counts spans that were dropped, and its log has said so once.
async fn drops_and_warns(service: &mut Service, port: &str) -> Result<()> {
    let admin = service
        .line("its admin port", SOON, listening(port))
        .await?;
    eventually("dropped spans are counted", SOON, async || {
        let page = Page::of(admin, "*/*").await?;
        let dropped = page.value("rollcall_spans_dropped_total");
        ensure!(dropped > Some(0.0), "{dropped:?}");
        Ok(())
    })
    .await?;
    let log = service.stderr()?;
    let warned = log.matches("spans cannot be exported").count();
    ensure!(warned == 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn without_a_collector_gathers_go_on_and_one_warning_says_it() {
    let nobody = format!("http://127.0.0.1:{}", ports::free().unwrap());
    let mut stage = stage(&nobody).await;
    let rollcall = Rollcall::of(stage.roll.address());
    let topic = stage.topic(0).to_owned();
    let look = ["gather", "-t", &topic, "--timeout", "10s"];
    for wrong in [nobody.as_str(), "no url"] {
        let gathered = rollcall
            .clone()
            .with(&variables(wrong))
            .ends_with(0, &look)
            .await
            .unwrap();
        assert!(gathered.stdout.lines().count() > 0);
        let warnings = gathered
            .stderr
            .lines()
            .filter(|line| line.contains("not exported"));
        let warnings: Vec<&str> = warnings.collect();
        let said = format!("2 spans were not exported: OTEL_EXPORTER_OTLP_ENDPOINT={wrong}: ");
        assert!(
            matches!(warnings[..], [one] if one.contains(&said)),
            "{}",
            gathered.stderr
        );
    }
    let warned = |log: &str| log.matches("spans cannot be exported").count();
    let aggregator = stage.roll.aggregator.running().unwrap();
    eventually("the aggregator warns", SOON, async || {
        ensure!(warned(&aggregator.stderr()?) == 1, "it has not");
        Ok(())
    })
    .await
    .unwrap();
    rollcall.ends_with(0, &look).await.unwrap();
    aggregator.terminate().unwrap();
    assert!(aggregator.end(SOON).await.unwrap().success());
    let log = aggregator.stderr().unwrap();
    assert_eq!(warned(&log), 1, "{log}");
    assert!(
        log.contains("\"message\":\"spans were dropped\",\"spans\":3"),
        "{log}"
    );
}
