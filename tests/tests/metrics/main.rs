//! Metrics of real services on a real Kafka: what promtool says of them, what is documented, and what they count.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod hostile;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rollcall_proto::v1::Close;
use rollcall_tests::client::Request;
use rollcall_tests::process::listening;
use rollcall_tests::promtool::Page;
use rollcall_tests::scratch::workspace;
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, eventually};

const SOON: Duration = Duration::from_secs(30);

/// The admin ports of the aggregator and of the first fetcher.
async fn admins(stage: &mut Stage<'_>) -> (SocketAddr, SocketAddr) {
    let aggregator = stage.roll.aggregator.running().unwrap();
    let admin = aggregator
        .line("its admin port", SOON, listening("admin"))
        .await
        .unwrap();
    let fetcher = stage.roll.fetchers[0].running().unwrap();
    (
        admin,
        fetcher.line("its port", SOON, listening("")).await.unwrap(),
    )
}

/// Three records are taken and settled, then one call finds nothing, and one is refused.
async fn use_it(stage: &mut Stage<'_>) {
    stage.produce(0, 0, 3).await.unwrap();
    let client = stage.witness("client").unwrap();
    let taken = client
        .gather(
            Request::roll()
                .timeout(SOON)
                .max_records(3)
                .close(Close::Full),
        )
        .await
        .unwrap();
    assert_eq!(taken.record_count(), 3);
    client.ack(&taken).await.unwrap();
    stage.until_committed(0, 0, 3).await.unwrap();
    let request = Request::roll().timeout(Duration::from_secs(1));
    let nothing = client.gather(request).await.unwrap();
    // An answer that broke has no records either.
    nothing.summary().unwrap();
    assert_eq!(nothing.record_count(), 0);
    let refused = client.gather(Request::roll().timeout(Duration::ZERO)).await;
    assert!(
        refused
            .and_then(|answer| answer.summary().map(drop))
            .is_err()
    );
}

/// The names in the tables of docs/METRICS.md below one of these headings.
fn documented(headings: &[&str]) -> BTreeSet<String> {
    let text = std::fs::read_to_string(workspace().join("docs/METRICS.md")).unwrap();
    let mut names = BTreeSet::new();
    let mut wanted = false;
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            wanted = headings.contains(&heading);
        }
        let name = line
            .strip_prefix("| `")
            .and_then(|row| row.split('`').next());
        if let Some(name) = name.filter(|_| wanted) {
            assert!(names.insert(name.to_owned()), "{name} is documented twice");
        }
    }
    assert!(names.len() > 10, "{names:?}");
    names
}

#[track_caller]
fn is_as_documented(page: &Page, headings: &[&str]) {
    let served: BTreeSet<String> = page.families().into_iter().map(str::to_owned).collect();
    let documented = documented(headings);
    let missing: Vec<_> = served.difference(&documented).collect();
    assert!(
        missing.is_empty(),
        "served, and not in docs/METRICS.md: {missing:?}"
    );
    let gone: Vec<_> = documented.difference(&served).collect();
    assert!(
        gone.is_empty(),
        "in docs/METRICS.md, and not served: {gone:?}"
    );
}

#[tokio::test]
async fn what_is_served_is_what_is_documented_and_promtool_has_nothing_against_it() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("metrics", 2).start().await.unwrap();
    let (aggregator, fetcher) = admins(&mut stage).await;
    use_it(&mut stage).await;
    for (admin, heading) in [(aggregator, "Aggregator"), (fetcher, "Fetcher")] {
        let page = Page::of(admin, "*/*").await.unwrap();
        assert!(
            page.head.contains("text/plain; version=0.0.4"),
            "{}",
            page.head
        );
        is_as_documented(&page, &["Both", heading]);
        page.check().await.unwrap();
        let asked = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
        let page = Page::of(admin, asked).await.unwrap();
        assert!(
            page.head.contains("application/openmetrics-text"),
            "{}",
            page.head
        );
        assert!(page.text.ends_with("# EOF\n"), "{}", page.text);
    }
}

#[tokio::test]
async fn the_numbers_are_those_of_the_work_that_was_done() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("metrics", 2).start().await.unwrap();
    let (aggregator, fetcher) = admins(&mut stage).await;
    use_it(&mut stage).await;
    let topic = stage.topic(0).to_owned();
    let partition = format!("{{topic=\"{topic}\",partition=\"0\"}}");
    let whole = format!("{{topic=\"{topic}\"}}");
    let calls = |method: &str, code: &str| {
        format!(
            "rollcall_grpc_requests_total{{service=\"rollcall.v1.GatherService\",method=\"{method}\",code=\"{code}\"}}"
        )
    };
    let of_aggregator = [
        (format!("rollcall_topic_records_total{whole}"), 3.0),
        (format!("rollcall_topic_gathers_total{whole}"), 2.0),
        (format!("rollcall_topic_backlog_records{whole}"), 0.0),
        (format!("rollcall_topic_unacked_records{whole}"), 0.0),
        (format!("rollcall_topic_partitions_claimed{whole}"), 2.0),
        (
            format!("rollcall_partition_committed_offset{partition}"),
            3.0,
        ),
        (format!("rollcall_partition_log_end_offset{partition}"), 3.0),
        ("rollcall_aggregator_leases".to_owned(), 0.0),
        ("rollcall_metrics_topics_left_out".to_owned(), 0.0),
        ("rollcall_metrics_complete".to_owned(), 1.0),
        (calls("Gather", "OK"), 2.0),
        (calls("Gather", "INVALID_ARGUMENT"), 1.0),
        (calls("Settle", "OK"), 1.0),
        (
            "rollcall_grpc_requests_in_flight{service=\"rollcall.v1.FeedService\",method=\"Feed\"}"
                .to_owned(),
            1.0,
        ),
    ];
    shows(aggregator, &of_aggregator).await.unwrap();
    let of_fetcher = [
        (format!("rollcall_fetcher_sent_records_total{whole}"), 3.0),
        (format!("rollcall_fetcher_feed_open{whole}"), 1.0),
        (format!("rollcall_fetcher_assigned_partitions{whole}"), 2.0),
        (
            format!("rollcall_fetcher_partition_committed_offset{partition}"),
            3.0,
        ),
        (
            format!("rollcall_fetcher_partition_sent_offset{partition}"),
            3.0,
        ),
    ];
    shows(fetcher, &of_fetcher).await.unwrap();
    let page = Page::of(aggregator, "*/*").await.unwrap();
    let empties = page
        .text
        .lines()
        .find_map(|line| line.strip_prefix("rollcall_topic_empty_gathers_total{"));
    assert!(empties.unwrap().ends_with("\"} 1.0"), "{empties:?}");
    assert!(
        page.text.contains(&format!(
            "rollcall_topic_verdict{{topic=\"{topic}\",verdict="
        )),
        "{}",
        page.text
    );
}

/// A page comes to have these series with these values: evidence is up to a second old.
async fn shows(admin: SocketAddr, expected: &[(String, f64)]) -> Result<()> {
    eventually("the page has the numbers", SOON, async || {
        let page = Page::of(admin, "*/*").await?;
        for (series, value) in expected {
            let found = page.value(series).with_context(|| format!("no {series}"))?;
            ensure!(
                found.to_bits() == value.to_bits(),
                "{series} is {found}, not {value}"
            );
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn limits_bite_and_say_so() {
    let kafka = Kafka::shared().await;
    let plan = Plan::on(kafka).topic("first", 3).topic("second", 1);
    let limits = ["--set", "metrics_topics=1", "--set", "metrics_partitions=2"];
    let mut stage = plan.aggregator_flags(&limits).start().await.unwrap();
    let (admin, _) = admins(&mut stage).await;
    let page = Page::of(admin, "*/*").await.unwrap();
    assert_eq!(page.value("rollcall_metrics_topics_left_out"), Some(1.0));
    assert_eq!(
        page.value("rollcall_metrics_partitions_left_out"),
        Some(1.0)
    );
    let sum = format!("rollcall_topic_partitions{{topic=\"{}\"}}", stage.topic(0));
    assert_eq!(page.value(&sum), Some(3.0));
    assert!(!page.text.contains(stage.topic(1)), "{}", page.text);
    let aggregator = stage.roll.aggregator.running().unwrap();
    let said = |line: &str| line.contains("metrics leave something out").then_some(());
    aggregator
        .line("that the limits bite", SOON, said)
        .await
        .unwrap();
}
