//! The webhook of Grafana's alerting: Alertmanager's, with the values that the rule saw and links to its pages.

use crate::alertmanager::webhook;
use crate::fields::{self, Fields};
use crate::item::{Item, Moment, Refused};

pub fn read(body: &[u8], moment: Moment) -> Result<Vec<Item>, Refused> {
    let payload = fields::object(body)?;
    let payload = Fields(&payload);
    webhook(payload, "1", moment, |draft, alert| {
        // Two organisations of one Grafana may well have a rule and a series of the same names.
        draft.label("org_id", payload.text("orgId"));
        draft.annotations_of(alert.of("annotations"));
        let texts = [
            ("value", alert.text("valueString")),
            ("silence_url", alert.text("silenceURL")),
            ("dashboard_url", alert.text("dashboardURL")),
            ("panel_url", alert.text("panelURL")),
            ("image_url", alert.text("imageURL")),
        ];
        for (name, text) in texts {
            draft.annotation_beside(name, text);
        }
        draft.annotation_beside("values", alert.json("values"));
    })
}
