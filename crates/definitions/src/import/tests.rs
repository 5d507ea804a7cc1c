//! Schedules written from the documented shapes of both programs, with what these say themselves of who is on call.

use serde_json::{Value, json};

use super::*;
use crate::load;

const NOW: &str = "2026-11-20T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn user(name: &str) -> Value {
    json!({ "user": { "id": format!("P{name}"), "type": "user_reference", "summary": name } })
}

fn entry(from: &str, until: &str, name: &str) -> Value {
    let mut entry = user(name);
    entry["start"] = json!(from);
    entry["end"] = json!(until);
    entry
}

/// The highest layer first, as the API gives them.
fn schedule(layers: Value, rendered: &[(&str, &str, &str)]) -> Value {
    let rendered: Vec<Value> = rendered.iter().map(|(from, until, name)| entry(from, until, name)).collect();
    json!({ "schedule": {
        "id": "PSCHED1", "type": "schedule", "name": "Payments: Primary", "time_zone": "America/New_York",
        "schedule_layers": layers,
        "final_schedule": { "name": "Final Schedule", "rendered_schedule_entries": rendered },
    } })
}

fn layer(name: &str, first: &str, seconds: i64, people: &[&str], restrictions: Value) -> Value {
    let users: Vec<Value> = people.iter().map(|name| user(name)).collect();
    json!({
        "id": name, "name": name, "start": "2026-11-02T09:00:00-05:00", "end": null, "rotation_virtual_start": first,
        "rotation_turn_length_seconds": seconds, "users": users, "restrictions": restrictions,
        "rendered_schedule_entries": [],
    })
}

/// It loads, and says of who is on call what the other program says.
#[track_caller]
fn same(imported: &Imported) -> crate::Catalog {
    assert!(!imported.said.iter().any(|said| said.contains("differs")), "{:#?}", imported.said);
    let instance = "apiVersion: andon/v1\nkind: Instance\nmetadata: { name: a }\nspec: { channels: { web: { web: {} } } }\n";
    let instance = SourceFile { path: "instance.yaml".into(), text: instance.into() };
    let (catalog, found) = load(&[instance, imported.file.clone()]);
    assert_eq!(found, [], "{}", imported.file.text);
    catalog
}

#[test]
fn layers_restrictions_and_overrides_of_pagerduty_give_its_final_schedule() {
    let night =
        json!([{ "type": "daily_restriction", "start_time_of_day": "22:00:00", "duration_seconds": 32400 }]);
    let layers = json!([
        layer("nights", "2026-11-02T22:00:00-05:00", 86_400, &["Dee Doe", "Eve"], night),
        layer("base", "2026-11-02T09:00:00-05:00", 604_800, &["Ana", "Ben", "Cid"], json!([])),
    ]);
    let mut file = schedule(
        layers,
        &[
            ("2026-11-20T12:00:00-05:00", "2026-11-20T22:00:00-05:00", "Cid"),
            ("2026-11-20T22:00:00-05:00", "2026-11-21T07:00:00-05:00", "Dee Doe"),
            ("2026-11-21T07:00:00-05:00", "2026-11-21T10:00:00-05:00", "Cid"),
            ("2026-11-21T10:00:00-05:00", "2026-11-21T14:00:00-05:00", "Ben"),
            ("2026-11-21T14:00:00-05:00", "2026-11-21T22:00:00-05:00", "Cid"),
            ("2026-11-21T22:00:00-05:00", "2026-11-22T07:00:00-05:00", "Eve"),
            ("2026-11-22T07:00:00-05:00", "2026-11-23T09:00:00-05:00", "Cid"),
        ],
    );
    file["schedule"]["final_schedule"]["rendered_schedule_entries"][6]["end"] =
        json!("2026-11-22T12:00:00-05:00");
    file["overrides"] = json!([
        entry("2026-11-21T10:00:00-05:00", "2026-11-21T14:00:00-05:00", "Ben"),
        entry("2026-10-21T10:00:00-05:00", "2026-10-21T14:00:00-05:00", "Ben"),
    ]);
    let imported = pagerduty_schedule(&file.to_string(), at(NOW)).unwrap();
    assert_eq!(imported.compared, Some(7));
    let catalog = same(&imported);
    let team = &catalog.teams["payments-primary"];
    assert_eq!(team.people.keys().collect::<Vec<_>>(), ["ana", "ben", "cid", "dee-doe", "eve"]);
    assert_eq!(team.oncall["primary"].overrides.len(), 1, "what is over is left out");
    assert!(imported.file.text.starts_with("# from PagerDuty's schedule \"Payments: Primary\"\n"));

    // In the order in which a person would write them it is understood, too.
    file["schedule"]["schedule_layers"].as_array_mut().unwrap().reverse();
    same(&pagerduty_schedule(&file.to_string(), at(NOW)).unwrap());
    // A layer without restrictions hides what is below it: whom it does not fit, it says so.
    file["schedule"]["time_zone"] = json!("Europe/Madrid");
    let other = pagerduty_schedule(&file.to_string(), at(NOW)).unwrap();
    let said: Vec<&String> = other.said.iter().filter(|said| said.contains("differs")).collect();
    assert!(said.len() == 2 && said[0].contains("says dee-doe, and this cid"), "{said:#?}");
}

#[test]
fn turns_of_half_a_day_and_weekends_of_pagerduty() {
    let halves =
        json!([layer("halves", "2026-11-02T08:00:00-05:00", 43_200, &["Ana", "Ben", "Cid"], json!([]))]);
    let rendered = [
        ("2026-11-23T08:00:00-05:00", "2026-11-23T20:00:00-05:00", "Ana"),
        ("2026-11-23T20:00:00-05:00", "2026-11-24T08:00:00-05:00", "Ben"),
        ("2026-11-24T08:00:00-05:00", "2026-11-24T20:00:00-05:00", "Cid"),
        ("2026-11-24T20:00:00-05:00", "2026-11-25T08:00:00-05:00", "Ana"),
        ("2026-11-25T08:00:00-05:00", "2026-11-25T20:00:00-05:00", "Ben"),
        ("2026-11-25T20:00:00-05:00", "2026-11-26T08:00:00-05:00", "Cid"),
    ];
    same(&pagerduty_schedule(&schedule(halves, &rendered).to_string(), at(NOW)).unwrap());

    let weekend = json!([{
        "type": "weekly_restriction", "start_day_of_week": 5, "start_time_of_day": "17:00:00", "duration_seconds": 226_800,
    }]);
    let layers = json!([
        layer("weekends", "2026-11-02T00:00:00-05:00", 604_800, &["Dee"], weekend),
        layer("base", "2026-11-02T09:00:00-05:00", 172_800, &["Ana", "Ben"], json!([])),
    ]);
    let rendered = [
        ("2026-11-26T09:00:00-05:00", "2026-11-27T17:00:00-05:00", "Ana"),
        ("2026-11-27T17:00:00-05:00", "2026-11-30T08:00:00-05:00", "Dee"),
        ("2026-11-30T08:00:00-05:00", "2026-11-30T09:00:00-05:00", "Ben"),
        ("2026-11-30T09:00:00-05:00", "2026-12-02T09:00:00-05:00", "Ana"),
    ];
    same(&pagerduty_schedule(&schedule(layers, &rendered).to_string(), at(NOW)).unwrap());
}

#[test]
fn what_cannot_be_said_of_a_pagerduty_schedule_is_said_in_words() {
    let layers = json!([
        layer("odd", "2026-11-02T08:00:00-05:00", 36 * 3600, &["Ana"], json!([])),
        layer("empty", "2026-11-02T08:00:00-05:00", 86_400, &[], json!([])),
        layer(
            "new",
            "2026-11-02T08:00:00-05:00",
            86_400,
            &["Ana"],
            json!([{ "type": "monthly_restriction" }])
        ),
        layer("base", "2026-11-02T09:00:00-05:00", 604_800, &["Ana"], json!([])),
    ]);
    let imported = pagerduty_schedule(&schedule(layers, &[]).to_string(), at(NOW)).unwrap();
    assert_eq!(imported.compared, None);
    for words in [
        "\"odd\" is left out: turns of 36 hours",
        "\"empty\" is left out: nobody",
        "\"new\" is left out: its restriction",
    ] {
        assert!(imported.said.iter().any(|said| said.contains(words)), "{words}: {:#?}", imported.said);
    }
    same(&imported);
    for (text, words) in [
        ("[", "no JSON"),
        ("{}", "schedule_layers"),
        (r#"{"schedule_layers": []}"#, "time_zone"),
        (r#"{"schedule_layers": [], "time_zone": "Mars/Base"}"#, "no time zone"),
        (r#"{"schedule_layers": [], "time_zone": "UTC"}"#, "no layer"),
    ] {
        assert!(pagerduty_schedule(text, at(NOW)).unwrap_err().contains(words), "{text}");
    }
}

fn opsgenie(name: &str) -> Value {
    json!({ "type": "user", "id": format!("u-{name}"), "username": format!("{name}@example.com") })
}

#[test]
fn rotations_restrictions_and_overrides_of_opsgenie_give_its_timeline() {
    let period = |from: &str, until: &str, name: &str| json!({ "startDate": from, "endDate": until, "type": "default", "recipient": opsgenie(name) });
    let day = |start: &str, from: i64, end: &str, to: i64| json!({ "startDay": start, "startHour": from, "startMin": 0, "endDay": end, "endHour": to, "endMin": 30 });
    let file = json!({
        "data": {
            "id": "s1", "name": "Shop", "timezone": "Europe/Madrid", "enabled": true,
            "rotations": [
                { "id": "r1", "name": "Weeks", "startDate": "2026-11-02T08:00:00Z", "type": "weekly", "length": 1,
                  "participants": [opsgenie("ana"), opsgenie("ben")], "timeRestriction": null },
                { "id": "r2", "name": "Office hours", "startDate": "2026-11-02T08:00:00Z", "type": "daily", "length": 2,
                  "participants": [opsgenie("cid"), opsgenie("dee")],
                  "timeRestriction": { "type": "weekday-and-time-of-day",
                    "restrictions": [day("monday", 9, "monday", 17), day("friday", 22, "saturday", 5)] } },
                { "id": "r3", "name": "Halves", "startDate": "2026-11-02T07:00:00Z", "type": "hourly", "length": 12,
                  "participants": [opsgenie("ana"), opsgenie("cid")],
                  "timeRestriction": null },
                { "id": "r4", "name": "Team", "startDate": "2026-11-02T08:00:00Z", "type": "daily", "length": 1,
                  "participants": [{ "type": "team", "id": "t1", "name": "ops" }] },
            ],
        },
        "overrides": [{ "alias": "o1", "user": opsgenie("eve"), "startDate": "2026-11-24T12:00:00Z",
            "endDate": "2026-11-24T18:00:00Z", "rotations": [{ "id": "r1", "name": "Weeks" }] }],
        "timeline": { "finalTimeline": { "rotations": [
            { "name": "Weeks", "periods": [
                period("2026-11-23T08:00:00Z", "2026-11-24T12:00:00Z", "ben"),
                period("2026-11-24T12:00:00Z", "2026-11-24T18:00:00Z", "eve"),
                period("2026-11-24T18:00:00Z", "2026-11-30T08:00:00Z", "ben"),
                period("2026-11-30T08:00:00Z", "2026-12-07T08:00:00Z", "ana"),
            ] },
            { "name": "Office hours", "periods": [
                period("2026-11-23T08:00:00Z", "2026-11-23T16:30:00Z", "cid"),
                period("2026-11-27T21:00:00Z", "2026-11-28T04:30:00Z", "cid"),
                period("2026-11-30T08:00:00Z", "2026-11-30T16:30:00Z", "cid"),
            ] },
            { "name": "Halves", "periods": [
                period("2026-11-23T07:00:00Z", "2026-11-23T19:00:00Z", "ana"),
                period("2026-11-23T19:00:00Z", "2026-11-24T07:00:00Z", "cid"),
            ] },
        ] } },
    });
    let imported = opsgenie_schedule(&file.to_string(), at(NOW)).unwrap();
    assert_eq!(imported.compared, Some(9));
    assert!(
        imported
            .said
            .iter()
            .any(|said| said.contains("\"Team\" is left out: a participant is of the type \"team\""))
    );
    let catalog = same(&imported);
    let team = &catalog.teams["shop"];
    assert_eq!(team.oncall.keys().collect::<Vec<_>>(), ["halves", "office-hours", "weeks"]);
    assert_eq!(team.people.keys().collect::<Vec<_>>(), ["ana", "ben", "cid", "dee", "eve"]);
}

#[test]
fn a_calendar_becomes_overrides_of_a_rotation() {
    let during = |from: &str, until: &str| Stretch { from: at(from), until: at(until) };
    let events = [
        ("Ana Árbol".to_owned(), during("2026-11-23T08:00:00Z", "2026-11-30T08:00:00Z")),
        ("ben".to_owned(), during("2026-11-30T08:00:00Z", "2026-12-07T08:00:00Z")),
    ];
    let file = calendar_team("On call", "Europe/Madrid", &events).unwrap();
    let catalog = same(&Imported { file, said: Vec::new(), compared: None });
    let team = &catalog.teams["on-call"];
    let schedule = Schedule::of_files(&team.oncall["primary"]);
    assert_eq!(schedule.person(at("2026-11-24T08:00:00Z")), Some("ana-rbol"));
    assert_eq!(schedule.person(at("2026-12-01T08:00:00Z")), Some("ben"));
    assert!(calendar_team("x", "UTC", &[]).is_err());
}

#[test]
fn hostile_names_are_only_names() {
    let layers = json!([layer(
        "base\n",
        "2026-11-02T09:00:00-05:00",
        604_800,
        &["a: {b}\n- c", "\u{0}", "../../x", "A: [b] c"],
        json!([])
    )]);
    let mut file = schedule(layers, &[]);
    file["schedule"]["name"] = json!("../..\nkind: Instance #");
    let imported = pagerduty_schedule(&file.to_string(), at(NOW)).unwrap();
    assert_eq!(imported.file.path, "kind-instance.yaml");
    let catalog = same(&imported);
    let people = catalog.teams["kind-instance"].people.keys().cloned().collect::<Vec<_>>();
    assert_eq!(people.len(), 4, "{people:?}");
}
