//! Shadow: whom the pager that is in charge paged, and whom Andon would have paged.

use std::time::Duration;

use andon_vocabulary::{
    CatalogTexts, IncumbentCase, IncumbentDeed, IncumbentDid, IncumbentParty, IncumbentSaid, Labels, Started,
    Timestamp,
};

use super::*;

/// 2026-11-23T09:00:00Z.
const NOW: Timestamp = Timestamp::from_ms(1_795_424_400_000);

const OPS: &str = "
apiVersion: andon/v1
kind: Instance
metadata: { name: beside }
spec: { mode: shadow }
---
apiVersion: andon/v1
kind: Team
metadata: { name: shop }
spec: { people: { ana: { timezone: UTC, contact: [ { channel: web } ] } } }
---
apiVersion: andon/v1
kind: Source
metadata: { name: pd }
spec: { format: pagerduty, incumbent: true, secret: { hmac: x } }
";

fn beside() -> Still {
    let still = Still::new(NOW);
    scene::turn(
        &still,
        Input::Started(Started { term: 1, version: "0".to_owned(), moved: false, address: None }),
    );
    let files = [("ops.yaml".to_owned(), OPS.to_owned())].into();
    scene::turn(&still, Input::Catalog(CatalogTexts { hash: "beside".to_owned(), files }));
    let party = |name: &str| IncumbentParty { name: name.to_owned(), id: None, address: None };
    let case = IncumbentCase {
        id: "P1".to_owned(),
        title: "<script>alert(1)</script>".to_owned(),
        key: None,
        labels: Labels::default(),
        service: None,
        link: Some("https://acme.pagerduty.com/incidents/P1".to_owned()),
    };
    let deed = |id: &str, did| IncumbentDeed { id: id.to_owned(), at: NOW, case: case.clone(), did };
    let deeds = vec![
        deed("1", IncumbentDid::Paged { whom: vec![party("Ana Ruiz"), party("<b>Eve</b>")] }),
        deed("2", IncumbentDid::Acknowledged { by: Some(party("ana")) }),
    ];
    scene::turn(
        &still,
        Input::Incumbent(IncumbentSaid { source: "pd".into(), deeds, payload: None, by: None }),
    );
    still
}

#[tokio::test]
async fn a_day_beside_the_incumbent_is_a_page() {
    let site = Site::of(beside());
    let page = site.get("/shadow").await;
    has(
        &page,
        &[
            "SHADOW: ",
            "only the incumbent",
            "&lt;script&gt;alert(1)",
            "&lt;b&gt;Eve&lt;/b&gt; (unknown here)",
            "no such alert came here at that time",
            "acknowledged by ana",
            "href=\"https://acme.pagerduty.com/incidents/P1\"",
            "None yet: a day in shadow mode is reported",
        ],
    );
    assert!(!page.contains("<script>alert") && !page.contains("<b>Eve"), "{page}");
    has(&site.get("/shadow?day=2026-11-22").await, &["Nobody was paged by either"]);
    has(&site.get("/shadow?day=%3Cb%3E").await, &["That is no day to show", "&lt;b&gt;"]);
    has(&site.get("/shadow?day=2031-01-01").await, &["has not begun"]);
}

#[tokio::test]
async fn the_days_that_were_reported_are_listed() {
    let site = Site::of(beside());
    site.still.set_now(NOW + Duration::from_secs(24 * 3600));
    scene::turn(&site.still, Input::Tick);
    has(&site.get("/shadow").await, &["/shadow?day=2026-11-23", "Days that were reported"]);
    has(&site.get("/shadow?day=2026-11-23").await, &["whole", "&lt;script&gt;"]);
    let acting = Site::of(scene::quiet(scene::EVENING)).get("/").await;
    assert!(!acting.contains("href=\"/shadow\""), "who has nothing to compare has no use for it");
}
