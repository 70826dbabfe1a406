//! Pages as scrapers see them.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::{HeaderMap, Request, Response};
use http_body::Frame;
use tower::{Layer as _, Service as _};

use super::page::Metrics;
use super::text::Format;
use super::*;

const LAG: Family = Family::gauge("lag_records", &["topic", "partition"], "How far behind.");
const SEEN: Family = Family::counter("seen_records", &["topic"], "Records that came.");

fn sheet() -> Sheet {
    let mut sheet = Sheet::new([LAG, SEEN]);
    sheet.put(&SEEN, &["a"], Some(12.0));
    sheet.put(&LAG, &["a\"\\\n", "0"], Some(7.5));
    sheet.put(&LAG, &["unknown", "0"], None);
    sheet.put(&LAG, &["no number", "0"], Some(f64::NAN));
    sheet
}

fn page(format: Format) -> String {
    format.of(Metrics::new("1.2.3", None).page(Some(sheet())))
}

#[test]
fn what_is_unknown_has_no_series_and_labels_are_escaped() {
    let page = page(Format::OpenMetrics);
    let lag: Vec<_> = page
        .lines()
        .filter(|line| line.starts_with("lag_records"))
        .collect();
    assert_eq!(lag, [r#"lag_records{topic="a\"\\\n",partition="0"} 7.5"#]);
    assert!(page.contains("# TYPE seen_records counter\n"), "{page}");
    assert!(
        page.contains("\nseen_records_total{topic=\"a\"} 12"),
        "{page}"
    );
    assert!(page.ends_with("# EOF\n"), "{page}");
}

#[test]
fn the_older_format_names_a_counters_family_as_its_series() {
    let page = page(Format::Prometheus);
    let expected = "# HELP seen_records_total Records that came.\n# TYPE seen_records_total counter\nseen_records_total";
    assert!(page.contains(expected), "{page}");
    assert!(page.contains("# TYPE lag_records gauge\n"), "{page}");
    assert!(!page.contains("EOF") && !page.contains("UNIT"), "{page}");
}

#[test]
fn the_process_is_on_every_page_and_a_service_that_says_nothing_is_told() {
    let silent = Metrics::new("1.2.3", None).page(None);
    assert!(silent.contains("\nrollcall_metrics_complete 0"), "{silent}");
    assert!(
        silent.contains("rollcall_build_info{version=\"1.2.3\"} 1"),
        "{silent}"
    );
    let value = |name: &str| {
        let line = silent
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap();
        line.trim().parse::<f64>().unwrap()
    };
    assert!(value("process_resident_memory_bytes ") > 1e6);
    assert!(value("process_threads ") >= 1.0 && value("process_open_fds ") >= 3.0);
    assert!(value("process_cpu_seconds_total ") > 0.0);
    assert!(value("process_start_time_seconds ") > 1.7e9);
    assert_eq!(value("rollcall_spans_dropped_total "), 0.0);
}

#[test]
fn a_scraper_gets_the_format_that_it_asks_for() {
    let prometheus =
        "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5";
    assert_eq!(Format::asked(prometheus), Format::OpenMetrics);
    assert_eq!(Format::asked("*/*"), Format::Prometheus);
    assert_eq!(Format::asked(""), Format::Prometheus);
}

/// An answer's body: its trailers, or nothing at all.
#[derive(Debug)]
struct Trailers(Option<HeaderMap>);

impl http_body::Body for Trailers {
    type Data = axum::body::Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Self::Data>, Infallible>>> {
        std::task::Poll::Ready(self.0.take().map(|trailers| Ok(Frame::trailers(trailers))))
    }
}

fn status(code: &'static str) -> HeaderMap {
    let mut map = HeaderMap::new();
    map.insert("grpc-status", code.parse().unwrap());
    map
}

/// Calls a server that answers like this, and reads the answer to its end unless the caller leaves.
async fn call(calls: &Calls, path: &str, head: HeaderMap, trailers: HeaderMap, leaves: bool) {
    let mut server = calls
        .layer()
        .layer(tower::service_fn(move |_: Request<Body>| {
            let mut answer = Response::new(Trailers(Some(trailers.clone())));
            *answer.headers_mut() = head.clone();
            async move { Ok::<_, Infallible>(answer) }
        }));
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let answer = server.call(request).await.unwrap();
    if !leaves {
        let mut body = answer.into_body();
        while std::future::poll_fn(|cx| {
            http_body::Body::poll_frame(std::pin::Pin::new(&mut body), cx)
        })
        .await
        .is_some()
        {}
    }
}

#[tokio::test]
async fn calls_are_counted_by_how_they_end_and_foreign_ones_are_one_label() {
    let calls = Calls::of(&[crate::DESCRIPTORS]);
    let gather = "/rollcall.v1.GatherService/Gather";
    let nothing = HeaderMap::new;
    call(&calls, gather, nothing(), status("0"), false).await;
    call(&calls, gather, status("16"), nothing(), false).await;
    call(&calls, gather, nothing(), status("0"), true).await;
    for path in ["/", "/a/b", "/rollcall.v1.GatherService/Gather2", "//"] {
        call(&calls, path, status("12"), nothing(), false).await;
    }
    let page = Metrics::new("1", Some(&calls)).page(None);
    let count = |service: &str, method: &str, code: &str| {
        let series = format!(
            "rollcall_grpc_requests_total{{service=\"{service}\",method=\"{method}\",code=\"{code}\"}} "
        );
        page.lines()
            .find_map(|line| line.strip_prefix(&series)?.parse::<u64>().ok())
    };
    let gathers = |code| count("rollcall.v1.GatherService", "Gather", code);
    assert_eq!(gathers("OK"), Some(1), "{page}");
    assert_eq!(gathers("UNAUTHENTICATED"), Some(1), "{page}");
    assert_eq!(gathers("CANCELLED"), Some(1), "{page}");
    assert_eq!(count("other", "other", "UNIMPLEMENTED"), Some(4), "{page}");
    let open = "rollcall_grpc_requests_in_flight{service=\"other\",method=\"other\"} 0";
    assert!(page.contains(open), "{page}");
    let took = "rollcall_grpc_request_duration_seconds_count{service=\"other\",method=\"other\"} 4";
    assert!(page.contains(took), "{page}");
}

/// Asks a router for its page.
async fn scrape(router: &mut axum::Router) -> Response<Body> {
    let request = Request::builder().uri("/metrics").body(Body::empty());
    router.call(request.unwrap()).await.unwrap()
}

async fn text(answer: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20)
        .await
        .unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_service_that_does_not_answer_has_a_page_in_time() {
    let begun = tokio::time::Instant::now();
    let mut router = routes(
        Metrics::new("1", None),
        std::future::pending::<Option<Sheet>>,
    );
    let page = text(scrape(&mut router).await).await;
    assert!(page.contains("\nrollcall_metrics_complete 0"), "{page}");
    assert_eq!(begun.elapsed().as_secs(), 2);
}

#[tokio::test]
async fn pages_that_nobody_reads_have_a_limit_and_make_room_when_they_are_dropped() {
    let mut router = routes(Metrics::new("1", None), || async { Some(sheet()) });
    let mut unread = Vec::new();
    for _ in 0..4 {
        unread.push(scrape(&mut router).await);
    }
    assert_eq!(scrape(&mut router).await.status(), 503);
    unread.pop();
    assert!(
        text(scrape(&mut router).await)
            .await
            .contains("\nlag_records{")
    );
    assert_eq!(
        text(unread.remove(0))
            .await
            .matches("\nlag_records{")
            .count(),
        1
    );
    let again = scrape(&mut router).await;
    assert_eq!(again.status(), 200);
}
