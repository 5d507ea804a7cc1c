//! Rotations, as they are written.

use expect_test::expect;

use super::{SHOP, check_shop, file};
use crate::{check_coverage, load, render};

const PRIMARY: &str = "primary: { people: [ana, ben], every: 1w, handover: { day: mon, at: '09:00', timezone: Europe/Madrid } }";
const LAYERED: &str = "primary:
      people: [ana]
      hours: [ { days: [mon, tue, wed, thu, fri], from: '08:00', to: '20:00', timezone: Europe/Madrid } ]
      layers:
        - { people: [ben], every: 1d, hours: [ { days: [mon, tue, wed, thu], from: '20:00', to: '08:00', timezone: Europe/Madrid } ] }
      overrides: [ { person: ben, from: '2026-12-24T09:00:00+01:00', until: '2026-12-27T09:00:00+01:00', reason: holidays } ]";

#[test]
fn layers_and_overrides_are_read_and_a_gap_of_the_year_ahead_is_said() {
    let files = [file("ops.yaml", &SHOP.replacen(PRIMARY, LAYERED, 1))];
    let (catalog, found) = load(&files);
    assert_eq!(render(&found, &files, false), "");
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    let said = render(&check_coverage(&catalog, now), &files, false);
    expect![[r#"
        warning[coverage-gap]: nobody is on call in `primary` from Fri 2026-11-27 20:00 (Europe/Madrid) to Mon 2026-11-30 08:00 (Europe/Madrid), nor in 51 more stretches: 36% of the year ahead
          --> ops.yaml:28:15
           |
        28 |       people: [ana]
           |               ^^^^^
           |
           = help: lay other turns over it by `layers`, or give its people `hours` that meet

    "#]].assert_eq(&said);

    let (catalog, _) = load(&[file("ops.yaml", SHOP)]);
    assert_eq!(check_coverage(&catalog, now), []);
}

#[test]
fn what_cannot_be_of_a_layer_or_an_override() {
    check_shop(
        PRIMARY,
        "primary: { people: [ana], layers: [ { people: [cid], hourz: [] } ] }",
        expect![[r#"
            error[unknown-key]: unknown key `hourz`
              --> ops.yaml:27:58
               |
            27 |     primary: { people: [ana], layers: [ { people: [cid], hourz: [] } ] }
               |                                                          ^^^^^
               |
               = help: did you mean `hours`?

        "#]],
    );
    check_shop(
        PRIMARY,
        "primary: { people: [ana], layers: [ { people: [cid] } ], overrides: [ { person: bem, from: '2026-12-27T09:00:00Z', until: '2026-12-27T10:00:00+01:00' } ] }",
        expect![[r#"
            error[conflict]: this layer has no hours, so what it is laid over is never asked
              --> ops.yaml:27:41
               |
            27 |     primary: { people: [ana], layers: [ { people: [cid] } ], overrides: [ { person: bem, from: '2026-12-27T09:00:00Z', until: '2026-...
               |                                         ^^^^^^^^^^^^^^^^^
               |
               = help: add `hours`, or leave out the others

            error[unknown-reference]: `cid` is not among the team's people
              --> ops.yaml:27:52
               |
            27 |     primary: { people: [ana], layers: [ { people: [cid] } ], overrides: [ { person: bem, from: '2026-12-27T09:00:00Z', until: '2026-...
               |                                                    ^^^
               |
               = help: there is `ana` and `ben`

            error[unknown-reference]: `bem` is not among the team's people
              --> ops.yaml:27:85
               |
            27 |     primary: { people: [ana], layers: [ { people: [cid] } ], overrides: [ { person: bem, from: '2026-12-27T09:00:00Z', until: '2026-...
               |                                                                                     ^^^
               |
               = help: did you mean `ben`?

            error[out-of-order]: it ends at 2026-12-27T10:00:00+01:00, and begins after that
              --> ops.yaml:27:127
               |
            27 | ... person: bem, from: '2026-12-27T09:00:00Z', until: '2026-12-27T10:00:00+01:00' } ] }
               |                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^

        "#]],
    );
}

#[test]
fn hours_in_two_zones_that_drift_apart_when_clocks_change_are_said_to() {
    let drifting = "primary:
      people: [ana]
      hours: [ { days: [mon, tue, wed, thu, fri, sat, sun], from: '09:00', to: '21:00', timezone: Europe/Madrid } ]
      layers:
        - { people: [ben], every: 1d, hours: [ { days: [mon, tue, wed, thu, fri, sat, sun], from: '15:00', to: '03:00', timezone: America/New_York } ] }";
    let files = [file("ops.yaml", &SHOP.replacen(PRIMARY, drifting, 1))];
    let (catalog, found) = load(&files);
    assert_eq!(render(&found, &files, false), "");
    let said = render(&check_coverage(&catalog, "2026-11-23T12:00:00Z".parse().unwrap()), &files, false);
    assert!(said.starts_with("warning[clock-change-gap]: nobody is on call in `primary` from"), "{said}");
    assert!(said.contains("and only where clocks have changed"), "{said}");
}

#[test]
fn an_escalation_of_one_person_is_said_to_be_one() {
    let alone = SHOP.replacen(PRIMARY, "primary: { people: [ana] }", 1).replacen(
        "    - { after: 10m, page: [ben, ana] }\n",
        "",
        1,
    );
    let files = [file("ops.yaml", &alone)];
    let (catalog, _) = load(&files);
    let said = render(&check_coverage(&catalog, "2026-11-23T12:00:00Z".parse().unwrap()), &files, false);
    assert!(
        said.contains("warning[single-person]: every step of the escalation pages `ana`, and nobody else"),
        "{said}\n{alone}"
    );
}

#[test]
fn teams_that_page_each_other_in_a_circle_are_refused() {
    let other = "
---
apiVersion: andon/v1
kind: Team
metadata: { name: platform }
spec:
  people: { dee: { timezone: Europe/Madrid, contact: [ { channel: web } ] } }
  escalation: [ { page: dee }, { after: 5m, page: team:NAME } ]
";
    let name = load(&[file("ops.yaml", SHOP)]).0.teams.keys().next().unwrap().clone();
    let first =
        SHOP.replacen("- { page: 'oncall:primary' }", "- { page: [ 'oncall:primary', team:platform ] }", 1);
    let files = [file("ops.yaml", &(first + &other.replace("NAME", &name)))];
    let said = render(&load(&files).1, &files, false);
    assert!(said.contains("error[circle]: the escalation of `platform` pages"), "{said}");
    let round =
        SHOP.replacen("- { page: 'oncall:primary' }", "- { page: { round_robin: [ana, team:platform] } }", 1);
    let files = [file("ops.yaml", &(round + &other.replace("team:NAME", "dee")))];
    let said = render(&load(&files).1, &files, false);
    assert!(said.contains("`team:platform` is no person that could take a turn"), "{said}");
}
