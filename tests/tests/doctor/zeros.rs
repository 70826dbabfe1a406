//! The six zeros: five causes, five verdicts, within seconds, however the application commits.

use std::time::{Duration, Instant};

use rollcall_tests::Kafka;
use rollcall_tests::aiokafka::Commit;
use rollcall_tests::zeros::Zeros;

use crate::look::{answer, verdicts};

/// From the onset to the last right verdict.
const WITHIN: Duration = Duration::from_secs(15);
/// The application gathers once a second, and four of five rounds meet no record of the slow topic.
const ROUNDS: Duration = Duration::from_secs(20);

#[tokio::test]
async fn five_causes_of_silence_get_five_verdicts_within_15_s_however_the_application_commits() {
    let kafka = Kafka::shared().await;
    let (auto, default, read) = tokio::join!(
        judged(kafka, "-auto", Commit::Auto),
        judged(kafka, "-default", Commit::Default),
        judged(kafka, "-read", Commit::OnlyWhatWasRead),
    );
    println!(
        "from the onset: {auto:?} with a commit a second, {default:?} with one every 5 s, {read:?} with commits of what \
         was read"
    );
}

/// Breaks the application, lets the doctor look once, and returns the time from the onset to its answer.
async fn judged(kafka: &Kafka, suffix: &str, commit: Commit) -> Duration {
    let mut zeros = Zeros::start(kafka, suffix, commit).await.unwrap();
    let onset: Instant = zeros.break_it().await.unwrap().into_std();
    let args = [
        "-b",
        kafka.bootstrap(),
        "-g",
        &zeros.group,
        "--app",
        "timeout_ms=1000",
    ];
    let (answer, _) = answer(&args).await.unwrap();
    let took = onset.elapsed();
    let expected = zeros.right();
    assert_eq!(verdicts(&answer), expected, "{commit:?}, after {took:?}");
    assert!(took <= WITHIN, "{commit:?}: {took:?}");
    println!("{commit:?}: {}", zeros.line(ROUNDS).await.unwrap());
    zeros.end().await.unwrap();
    took
}
