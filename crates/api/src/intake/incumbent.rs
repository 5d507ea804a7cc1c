//! What an incumbent says that it did, into the loop: it is compared, and nobody is paged because of it.

use andon_definitions::{Format, Source};
use andon_intake::{Refused, incumbent, payload};
use andon_vocabulary::{IncumbentSaid, Who};

use super::take::{Taken, unavailable};
use super::{Doors, Posted, Trouble};

impl Doors {
    /// Answered once all of it is durable.
    pub(super) async fn compare(
        &self,
        source: &Source,
        posted: &Posted,
        by: Option<Who>,
    ) -> Result<Taken, Trouble> {
        let now = self.shared.now();
        let heard = match source.format {
            Format::Alertmanager => incumbent::alertmanager(&posted.body, now)?,
            Format::Pagerduty => incumbent::pagerduty(&posted.body, now)?,
            other => {
                let why = format!("`{}` is the format of no pager that can be compared", other.word());
                return Err(Refused::new(why).into());
            }
        };
        let compared = heard.deeds.len();
        if compared > 0 {
            let payload = Some(payload::kept(&posted.body));
            let source = source.name.as_str().into();
            let said = IncumbentSaid { source, deeds: heard.deeds, payload, by };
            self.shared.compare(said).await.map_err(unavailable)?;
        }
        Ok(Taken { compared, notes: heard.notes, refused: heard.refused, ..Taken::default() })
    }
}
