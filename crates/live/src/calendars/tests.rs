use std::io::{Read, Write};
use std::net::TcpListener;

use andon_cycle::State;
use andon_definitions::{SourceFile, load};
use andon_vocabulary::CatalogTexts;

use super::*;
use crate::http::far_client;
use crate::loopback::install_tls;
use crate::queue::Message;
use crate::views::Views;

const TEAM: &str = "apiVersion: andon/v1
kind: Team
metadata: { name: shop }
spec:
  people:
    ana: { timezone: Europe/Madrid, contact: [ { channel: web } ] }
    ben: { timezone: Europe/Madrid, contact: [ { channel: web } ] }
  oncall:
    primary:
      people: [ana, ben]
      handover: { day: mon, at: '09:00', timezone: Europe/Madrid }
      ical: { url: 'URL', names: { 'Benjamin B.': ben } }
";

fn team(url: &str) -> Team {
    let text = TEAM.replace("URL", url);
    let (catalog, _) = load(&[SourceFile { path: "team.yaml".into(), text }]);
    catalog.teams["shop"].clone()
}

/// Every day of this year, by turns.
fn calendar(second: &str) -> String {
    let event = |day: &str, called: &str| {
        format!(
            "BEGIN:VEVENT\r\nUID:{day}\r\nDTSTART:{day}T090000\r\nDTEND:{day}T170000\r\nRRULE:FREQ=DAILY;INTERVAL=2\r\nSUMMARY:{called}\r\nEND:VEVENT\r\n"
        )
    };
    let events = [event("20260101", "On call: Ana"), event("20260102", second)].concat();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
}

/// Answers each request with what it is given, in order.
fn server(answers: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/calendar.ics?token=hidden", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn around(base: &std::path::Path) -> Around {
    let (queue, _) = crate::queue::queue();
    let clock = Arc::new(Clock::starting_at(Timestamp::EPOCH));
    Around { queue, clock, base: base.to_owned(), client: far_client().unwrap() }
}

async fn said(url: &str) -> Result<CalendarSays, String> {
    install_tls();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("feed.ics"), calendar("ben")).unwrap();
    let team = team(url);
    let subscription = team.oncall["primary"].ical.clone().unwrap();
    shifts(&team, "primary", &subscription, &around(dir.path())).await
}

#[tokio::test]
async fn a_calendar_is_read_from_an_address_or_a_file() {
    let from_address = said(&server(vec![ok(&calendar("benjamin b."))])).await.unwrap();
    let from_file = said("secret:file/feed.ics").await.unwrap();
    assert_eq!(from_address, from_file);
    let CalendarSays::Shifts { shifts, known } = from_file else { panic!("{from_file:?}") };
    assert!(shifts.len() > 90, "{}", shifts.len());
    assert!(shifts.windows(2).all(|pair| pair[0].person != pair[1].person));
    assert!(shifts.iter().all(|shift| shift.during.overlaps(&known)));
}

#[tokio::test]
async fn what_cannot_be_read_says_why_and_nothing_of_the_address() {
    let redirected =
        "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n".to_owned();
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n".to_owned();
    let gone = "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n".to_owned();
    for (answer, words) in [
        (redirected, "write the address that it leads to"),
        (long, "longer than"),
        (gone, "410"),
        (ok("<html>sign in</html>"), "no calendar"),
        (ok(&calendar("Zoe")), "nobody of shop is meant by \"Zoe\""),
        (ok(&calendar("ana and ben")), "both ana and ben"),
        (ok("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), "no event"),
    ] {
        let error = said(&server(vec![answer])).await.unwrap_err();
        assert!(error.contains(words) && !error.contains("hidden"), "{words}: {error}");
    }
    for (url, words) in [
        ("http://calendar.example/x.ics", "only https"),
        ("file:///etc/passwd", "only https"),
        ("https://169.254.169.254/x.ics", "link-local"),
        ("https://[::ffff:169.254.169.254]/x.ics", "link-local"),
        ("secret:file/nowhere", "cannot read"),
        ("nonsense", "neither an address nor a calendar"),
    ] {
        let error = said(url).await.unwrap_err();
        assert!(error.contains(words), "{url}: {error}");
    }
}

#[tokio::test]
async fn one_that_hangs_holds_up_no_other() {
    install_tls();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let hangs = TEAM.replace("URL", &format!("http://{}/", silent.local_addr().unwrap()));
    let answers =
        TEAM.replace("URL", &server(vec![ok(&calendar("ben"))])).replace("name: shop", "name: tills");
    let files = [("shop.yaml".to_owned(), hangs), ("tills.yaml".to_owned(), answers)].into();
    let mut state = State::default();
    let catalog = Input::Catalog(CatalogTexts { hash: "test".to_owned(), files });
    andon_cycle::turn(&mut state, catalog, Timestamp::EPOCH).answer.unwrap();
    let (_views, _, plans) = Views::of(&state);
    let dir = tempfile::tempdir().unwrap();
    let (queue, mut messages) = crate::queue::queue();
    let asking = tokio::spawn(keep(plans, Around { queue, ..around(dir.path()) }));
    let heard = tokio::time::timeout(PATIENCE / 2, messages.recv()).await.unwrap().unwrap();
    asking.abort();
    let Message::Input(Input::Calendar(read)) = heard else { panic!("{heard:?}") };
    assert_eq!(&*read.team, "tills");
    assert!(matches!(read.says, CalendarSays::Shifts { .. }), "{:?}", read.says);
}
