//! The demo's screen: the stats line, the table, and what to type in a second terminal.

use std::net::SocketAddr;
use std::time::Duration;

use rollcall_proto::v1::{GatherSummary, GetStatusResponse};

use super::script::SCRIPTS;
use crate::view::wrap::wrap;
use crate::view::{Reader, WIDTH, line, quantity, status};
use crate::words::arguments::Arguments;

/// Where a second line of the stats line begins.
const INDENT: usize = 8;

/// What a picture is made of.
pub struct Picture<'a> {
    /// Where the aggregator listens.
    pub grpc: SocketAddr,
    /// Where its health is.
    pub admin: SocketAddr,
    /// The last gather.
    pub gather: Option<&'a GatherSummary>,
    /// The roll.
    pub status: &'a GetStatusResponse,
    /// How long the demo goes on; `None` without an end.
    pub left: Option<Duration>,
}

/// The whole screen.
pub fn picture(picture: &Picture<'_>, reader: &Reader) -> String {
    let Picture {
        grpc,
        admin,
        gather,
        status,
        left,
    } = picture;
    let stats = gather.map_or_else(|| reader.speech.word("demo-starting"), stats);
    // The title says DEMO already.
    let roll = GetStatusResponse {
        demo: false,
        ..(*status).clone()
    };
    let table = status::table(&roll, None, reader);
    format!(
        "{}{stats}\n{table}{}",
        title(*grpc, *admin, reader),
        hints(*grpc, *left, reader)
    )
}

/// What it is, and where it listens.
pub fn title(grpc: SocketAddr, admin: SocketAddr, reader: &Reader) -> String {
    let arguments = Arguments::default()
        .text("grpc", grpc.to_string())
        .text("admin", admin.to_string());
    format!("{}\n", reader.speech.say("demo-title", &arguments))
}

/// The stats line, over several lines of a screen.
fn stats(gather: &GatherSummary) -> String {
    wrap(&line::of_gather(gather), WIDTH - INDENT).join(&format!("\n{:INDENT$}", ""))
}

/// What to try in a second terminal.
pub fn hints(grpc: SocketAddr, left: Option<Duration>, reader: &Reader) -> String {
    let rare = SCRIPTS
        .iter()
        .max_by_key(|script| script.gap)
        .map_or("TOPIC", |script| script.topic);
    let reach = &reader.reach;
    let left = left.map_or_else(|| "never".to_owned(), quantity::duration);
    format!(
        "{}\n  rollcall status{reach}\n  rollcall explain {rare}{reach}\n  \
         grpcurl -plaintext -emit-defaults {grpc} rollcall.v1.StatusService/GetStatus\n{}\n",
        reader.speech.word("demo-try"),
        reader
            .speech
            .say("demo-ends", &Arguments::default().text("left", left)),
    )
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::{Picture, picture};
    use crate::view::WIDTH;
    use crate::view::fixtures::{plain, reader, six_zeros};
    use rollcall_proto::v1::{GatherSummary, Slot};

    #[test]
    fn the_screen_says_demo_shows_a_gather_and_what_to_try() {
        let slots = super::SCRIPTS.map(|script| Slot {
            topic: script.topic.to_owned(),
            ..Slot::default()
        });
        let gather = GatherSummary {
            slots: slots.to_vec(),
            ..GatherSummary::default()
        };
        let address = "127.0.0.1:7655".parse().unwrap();
        let status = six_zeros();
        let screen = picture(
            &Picture {
                grpc: address,
                admin: address,
                gather: Some(&gather),
                status: &status,
                left: None,
            },
            &reader(),
        );
        let screen = plain(&screen);
        assert!(screen.starts_with("DEMO (embedded broker"), "{screen}");
        assert!(
            screen.contains("\ngather [SCHEDULE-STATION-PARAM:0 UNKNOWN, "),
            "{screen}"
        );
        assert!(
            screen.contains(
                "\n  rollcall explain SCHEDULE-CAR-ORDER\n  grpcurl -plaintext -emit-defaults "
            ),
            "{screen}"
        );
        assert!(screen.lines().all(|line| line.width() <= WIDTH), "{screen}");
    }
}
