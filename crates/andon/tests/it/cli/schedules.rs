//! Another program's schedule becomes a file that `andon check` has nothing against.

use serde_json::json;

use super::{INSTANCE, ops, stdout_of};

#[test]
fn a_schedule_is_imported_and_held_against_its_own_entries() {
    let user = |name: &str| json!({ "user": { "id": name, "summary": name } });
    let schedule = json!({ "schedule": {
        "name": "Shop", "time_zone": "Europe/Madrid",
        "schedule_layers": [{
            "name": "weeks", "rotation_virtual_start": "2026-11-02T09:00:00+01:00", "rotation_turn_length_seconds": 604_800,
            "users": [user("ana"), user("ben")], "restrictions": [],
        }],
        "final_schedule": { "rendered_schedule_entries": [{
            "start": "2026-11-09T09:00:00+01:00", "end": "2026-11-16T09:00:00+01:00", "user": { "id": "ben", "summary": "ben" },
        }] },
    } });
    let instance = INSTANCE.replace("spec: {}", "spec: { channels: { web: { web: {} } } }");
    let dir = ops(&[("instance.yaml", &instance), ("schedule.json", &schedule.to_string())]);
    let (code, said) = stdout_of(&["import", "schedule.json", "--into", "definitions"], dir.path());
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("wrote definitions/teams/shop.yaml") && said.contains("held against 1 entries"),
        "{said}"
    );
    std::fs::rename(dir.path().join("instance.yaml"), dir.path().join("definitions/instance.yaml"))
        .expect("moved");
    let (code, said) = stdout_of(&["check", "definitions", "--strict"], dir.path());
    assert_eq!(code, 0, "{said}");
    // It is there already: nothing is written over it.
    let (code, _) = stdout_of(&["import", "schedule.json", "--into", "definitions"], dir.path());
    assert_eq!(code, 2);
}

#[test]
fn what_is_no_schedule_is_not_imported() {
    let dir =
        ops(&[("x.json", "{\"rotations\": 1}"), ("x.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n"), ("x", "?")]);
    assert_eq!(stdout_of(&["import", "x.json"], dir.path()).0, 1);
    assert_eq!(stdout_of(&["import", "x.ics"], dir.path()).0, 1);
    assert_eq!(stdout_of(&["import", "x"], dir.path()).0, 2);
}
