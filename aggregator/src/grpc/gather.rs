//! GatherService: calls the roll, settles what was handed out.

mod span;
mod stream;

use std::time::Duration;

use rollcall_proto::status::{Refusal, Violation, reason};
use rollcall_proto::v1::gather_service_server::GatherService;
use rollcall_proto::v1::{GatherRequest, Outcome, SettleRange, SettleRequest, SettleResponse};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status};

use super::{RETRY_AFTER, Shared};
use crate::core::event::GatherRefusal;
use crate::core::terms;
use crate::driver::GATHER_CHUNKS;

use stream::GatherStream;

/// Names of the calls, for their spans.
const GATHER: &str = "rollcall.v1.GatherService/Gather";
const SETTLE: &str = "rollcall.v1.GatherService/Settle";

/// The service.
#[derive(Clone, Debug)]
pub(crate) struct Gathers(Shared);

impl Gathers {
    pub(super) const fn new(shared: Shared) -> Self {
        Self(shared)
    }
}

#[tonic::async_trait]
impl GatherService for Gathers {
    type GatherStream = GatherStream;

    async fn gather(
        &self,
        request: Request<GatherRequest>,
    ) -> Result<Response<GatherStream>, Status> {
        let mut span = span::call(GATHER, &request);
        let request = request.into_inner();
        let terms = terms::read(&request, &self.0.roster, self.0.default_timeout);
        let (terms, wrong) = match terms {
            Ok(terms) => (Some(terms), outcomes("settle", &request.settle)),
            Err(mut wrong) => {
                wrong.extend(outcomes("settle", &request.settle));
                (None, wrong)
            }
        };
        let Some(mut terms) = terms.filter(|_| wrong.is_empty()) else {
            return Err(span::refused(&mut span, Refusal::invalid(wrong).into()));
        };
        let plain = terms.plain;
        terms.trace = span.context();
        let (chunks, answer) = mpsc::channel(GATHER_CHUNKS);
        match self.0.handle.gather(terms, request.settle, chunks).await? {
            Ok(gather) => {
                let progress = self.0.handle.progress();
                let stream = GatherStream::new(gather, plain, answer, progress, span);
                Ok(Response::new(stream))
            }
            Err(refusal) => Err(span::refused(&mut span, refused(refusal).into())),
        }
    }

    async fn settle(
        &self,
        request: Request<SettleRequest>,
    ) -> Result<Response<SettleResponse>, Status> {
        let mut span = span::call(SETTLE, &request);
        let ranges = request.into_inner().ranges;
        let mut wrong = outcomes("ranges", &ranges);
        wrong.extend(terms::too_many_ranges("ranges", ranges.len()));
        if !wrong.is_empty() {
            return Err(span::refused(&mut span, Refusal::invalid(wrong).into()));
        }
        let results = self.0.handle.settle(ranges, span.context()).await?;
        Ok(Response::new(SettleResponse { results }))
    }
}

/// Outcomes that this aggregator does not know.
fn outcomes(field: &str, ranges: &[SettleRange]) -> Vec<Violation> {
    let unknown = ranges
        .iter()
        .enumerate()
        .filter(|(_, range)| Outcome::try_from(range.outcome).is_err());
    let violation = |(at, range): (usize, &SettleRange)| {
        let text = format!("{} is no outcome of this aggregator", range.outcome);
        Violation::new(format!("{field}[{at}].outcome"), text)
    };
    unknown.map(violation).take(terms::VIOLATIONS).collect()
}

fn refused(refusal: GatherRefusal) -> Refusal {
    const RETRY_SOON: Duration = Duration::from_millis(100);
    match refusal {
        GatherRefusal::TooMany { open } => Refusal::exhausted(
            reason::TOO_MANY_GATHERS,
            format!("{open} gathers are open"),
            RETRY_SOON,
        )
        .with("open", open),
        GatherRefusal::Stopping => {
            Refusal::unavailable(reason::STOPPING, "the aggregator stops", RETRY_AFTER)
        }
    }
}
