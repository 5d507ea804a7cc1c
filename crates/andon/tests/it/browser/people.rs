//! People with accounts at a browser: they sign in, let somebody in, take a token, silence after a look, acknowledge
//! where they see it, and take over; with the pages for it whole at every width and in both lights.

use std::time::Duration;

use super::Browser;
use super::pages::{Page, whole};
use crate::identity::serving::Serving;
use crate::identity::site::PASSWORD;
use crate::real::{Home, Pager, http, wait};

const PATIENCE: Duration = Duration::from_secs(30);

/// ana takes turns with ben, and is an admin; cid may help.
fn home(pager: &Pager) -> Home {
    let mut files = pager.files("  identity: {}\n");
    files[1].1 = "\
apiVersion: andon/v1
kind: Team
metadata: { name: shop }
spec:
  people:
    ana: { timezone: UTC, contact: [ { channel: hook } ] }
    ben: { timezone: UTC, contact: [ { channel: hook } ] }
    cid: { timezone: UTC, contact: [ { channel: hook } ] }
  oncall:
    primary: { people: [ana, ben], every: 1w, handover: { day: mon, at: '09:00', timezone: UTC } }
  escalation: [ { page: [ana] } ]
"
    .to_owned();
    let service = "apiVersion: andon/v1\nkind: Service\nmetadata: { name: shop }\nspec: { owner: team:shop, tier: 1 }\n";
    Home::new(files.into_iter().chain([("shop.yaml", service.to_owned())]))
}

#[test]
fn a_first_evening_with_accounts() {
    let pager = Pager::start();
    let home = home(&pager);
    let mut server = Serving::of(&home);
    let Some(browser) = Browser::open(server.address) else { return };
    server.first_admin();
    let token = server.token();
    let alert = |name: &str| {
        let body = format!(
            r#"[{{"labels":{{"alertname":"{name}","service":"shop","severity":"critical"}},"annotations":{{"summary":"it is dark"}}}}]"#
        );
        let headers = [("content-type", "application/json"), ("authorization", &*format!("Bearer {token}"))]
            .map(|(name, value)| (name, value.to_owned()));
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let sent = http::request(server.address, "POST", "/api/v2/alerts", &headers, &body);
        assert_eq!(sent.expect("an answer").0, 200);
    };
    alert("Dark");
    wait("a page", PATIENCE, || pager.pages().pop());

    // Nobody sees anything before they say who they are; a wrong password is said to be one.
    browser.go("/alerts");
    browser.reads(&["Sign in", "Handle", "Password"]);
    browser.press("[name=handle]", "ana");
    browser.press("[name=password]", "a wrong password");
    browser.click("main button.primary");
    browser.reads(&["Sign in"]);
    browser.wait("a word of it", "document.querySelector('[role=alert]')");
    browser.press("[name=password]", PASSWORD);
    browser.click("main button.primary");
    browser.reads(&["Dark", "it is dark"]);
    assert_eq!(browser.address(), "/alerts", "they are where they wanted to be");

    // Acknowledged where it is seen.
    browser.click("main [data-ack]");
    browser.reads(&["acknowledged"]);
    browser.wait("no button any more", "!document.querySelector('main [data-ack]')");
    assert_eq!(browser.address(), "/alerts");

    // A silence, after a look at what it matches.
    browser.go("/silences");
    browser.press("[name=matchers]", "alertname=\"Dark\"");
    browser.press("[name=comment]", "we know");
    browser.click("form[method=get] button");
    browser.reads(&["It matches now", "1 of 1 alerts that fire", "Dark"]);
    browser.click("[data-key=preview] button.primary");
    browser.reads(&["Done", "we know"]);
    browser.go("/alerts");
    browser.reads(&["silenced"]);

    // Somebody else takes over.
    browser.go("/oncall");
    browser.run(
        "const soon = new Date(Date.now() + 3600e3).toISOString().slice(0, 16); \
         const later = new Date(Date.now() + 7200e3).toISOString().slice(0, 16); \
         const form = document.querySelector('form[action=\"/oncall/taken\"]'); \
         form.querySelector('[name=from]').value = soon; form.querySelector('[name=until]').value = later; \
         form.querySelector('[name=person]').value = 'cid'",
    );
    browser.press("form[action='/oncall/taken'] [name=reason]", "the dentist");
    browser.click("form[action='/oncall/taken'] button.primary");
    browser.reads(&["Done", "the dentist"]);

    // Somebody is let in.
    browser.go("/users");
    browser.press("form[action='/users'] [name=handle]", "ben");
    browser.click("form[action='/users'] button.primary");
    browser.reads(&["A link for ben", "/welcome?link="]);
    browser.go("/users");
    assert!(!browser.text("main").contains("/welcome?link="), "it is shown once");

    // A token is shown once.
    browser.go("/account");
    browser.run("document.querySelector('form[action=\"/account/tokens\"]').closest('details').open = true");
    browser.press("form[action='/account/tokens'] [name=note]", "the build farm");
    browser.click("form[action='/account/tokens'] [value=view]");
    browser.click("form[action='/account/tokens'] button");
    browser.reads(&["Your new token", "andon_"]);
    browser.go("/account");
    browser.reads(&["the build farm"]);
    let page = browser.text("main");
    assert!(!page.contains("andon_"), "it is shown once: {page}");

    let pages: [Page; 8] = [
        ("/users", &["Let somebody in", "ana"]),
        ("/account", &["What you may", "the build farm"]),
        ("/oncall", &["primary", "the dentist", "Take over"]),
        ("/silences", &["In force", "we know"]),
        ("/deliveries", &["ana"]),
        ("/why?of=ana", &["ana"]),
        ("/why?of=INC-1", &["INC-1"]),
        ("/alerts/noisy", &["Worth"]),
    ];
    // That they were not let in at first is what the browser noted.
    browser.complaints();
    whole(&browser, &pages);
    browser.go("/");
    browser.click("form[action='/sign-out'] button");
    browser.go("/alerts");
    browser.reads(&["Sign in"]);
    browser.complaints();
    whole(&browser, &[("/sign-in", &["Sign in"])]);
}
