use rollcall_proto::v1::{PartitionStatus, TopicStatus};

use super::table;
use crate::view::fixtures::partition;

fn topics() -> Vec<TopicStatus> {
    let unknown = PartitionStatus {
        partition: 1,
        host: "fetcher-1".to_owned(),
        ..PartitionStatus::default()
    };
    let ours = TopicStatus {
        topic: "ORDERS".to_owned(),
        partitions: vec![partition(0), unknown],
        ..TopicStatus::default()
    };
    let other = TopicStatus {
        topic: "A".to_owned(),
        partitions: vec![partition(0)],
        ..TopicStatus::default()
    };
    vec![ours, other]
}

#[test]
fn columns_and_widths_are_those_of_kafkas_own_tool() {
    assert_eq!(table("g", &topics(), false), "\
GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID
g               A               0          200             219             19              m-1             /10.1.2.3       rollcall-A
g               ORDERS          0          200             219             19              m-1             /10.1.2.3       rollcall-A
g               ORDERS          1          -               -               -               -               fetcher-1       -
");
}

#[test]
fn wide_adds_columns_behind_those_of_the_tool() {
    let screen = table("", &topics(), true);
    let header = "CLIENT-ID  LOG-START-OFFSET LAST-STABLE-OFFSET READABLE POSITION UNACKED";
    assert!(screen.lines().next().unwrap().ends_with(header), "{screen}");
    let row: Vec<&str> = screen.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(
        row,
        [
            "-",
            "A",
            "0",
            "200",
            "219",
            "19",
            "m-1",
            "/10.1.2.3",
            "rollcall-A",
            "0",
            "212",
            "0",
            "212",
            "12"
        ]
    );
}

#[test]
fn an_address_of_either_family_has_its_slash() {
    assert_eq!(super::host("::1"), "/::1");
    assert_eq!(super::host("/10.0.0.1"), "/10.0.0.1");
    assert_eq!(super::host(""), "-");
}
