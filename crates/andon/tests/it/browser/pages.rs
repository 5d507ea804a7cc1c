//! Every page, on a desk and on a phone, by day and by night: whole, inside its width, without an error on the console,
//! and as axe-core would have it.

use serde_json::Value;

use super::Browser;
use super::evening;
use super::shop::Shop;
use super::webdriver::Light;

/// Everything that folds is opened first.
pub const OPENED: &str =
    "for (const fold of document.querySelectorAll('details:not(.menu)')) fold.open = true";

/// A path, and words that are on it.
pub type Page = (&'static str, &'static [&'static str]);

#[test]
fn pages_of_a_live_shop_are_whole() {
    let shop = Shop::open();
    let pages: [Page; 9] = [
        ("/", &["On fire", "the shop is hot", "bakery"]),
        ("/incidents/INC-1", &["the shop is hot", "ana"]),
        ("/alerts", &["ShopHot"]),
        ("/explore", &["Explore", "Run"]),
        ("/explore?q=shop_heat&q=sum(rate(shop_requests_total[1m]))", &["2 series", "Make an alert of this"]),
        ("/services/shop", &["Rate", "Errors", "Duration", "Saturation", "Up"]),
        ("/targets", &["shop", "up", "bakery", "down", "refused"]),
        (
            "/rules",
            &["ShopHot", "1 firing", "room:shop_heat:max", "ShopTorn", "fails", "many-to-many", "ago"],
        ),
        ("/nowhere", &["There is no such page"]),
    ];
    look(shop.server.address, &pages);
}

#[test]
fn pages_of_a_bad_evening_are_whole() {
    let pages: [Page; 9] = [
        ("/", &["On fire", "Roll back"]),
        (
            "/silences?matchers=service%3D%22checkout%22&for=2h",
            &["It matches now", "DbPoolExhausted", "In force"],
        ),
        ("/incidents", &["INC-1"]),
        ("/incidents/INC-1", &["Roll back", "ana"]),
        ("/alerts", &["DbPoolExhausted"]),
        ("/runs/RUN-1", &["Approve", "checkout"]),
        ("/services", &["checkout", "v42"]),
        ("/reviews", &["Reviews"]),
        ("/rules", &["DbPoolExhausted"]),
    ];
    look(evening::serve(), &pages);
}

#[track_caller]
fn look(site: std::net::SocketAddr, pages: &[Page]) {
    let Some(browser) = Browser::open(site) else { return };
    whole(&browser, pages);
}

#[track_caller]
pub fn whole(browser: &Browser, pages: &[Page]) {
    let axe = axe();
    let mut wrong = Vec::new();
    for (width, light) in [(1440, Light::Light), (1440, Light::Dark), (390, Light::Light), (390, Light::Dark)]
    {
        browser.appear(width, light);
        for (path, words) in pages {
            browser.go(path);
            browser.run(OPENED);
            browser.wait(
                "charts",
                "[...document.querySelectorAll('.legend')].every((legend) => legend.innerText)",
            );
            let mut note = |what: String| wrong.push(format!("{path} at {width} px, {light:?}: {what}"));
            let shown = browser.text("main");
            for word in words.iter().filter(|word| !shown.contains(**word)) {
                note(format!("does not say {word:?}, but {shown:?}"));
            }
            let sizes = browser
                .run("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]");
            if sizes[0].as_u64() > sizes[1].as_u64() {
                note(format!("{sizes} is wider than the screen: {}", browser.run(WIDEST)));
            }
            if let Some(axe) = &axe {
                browser.run(axe);
                violations(&browser.promise(VIOLATIONS)).into_iter().for_each(&mut note);
            }
            // That a page is not there is what the browser notes of it.
            let complaints = browser.complaints();
            complaints.into_iter().filter(|_| *path != "/nowhere").for_each(&mut note);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const WIDEST: &str = "return [...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right \
                      > innerWidth + 1 && !one.closest('.scroll, pre')).slice(0, 3).map((one) => one.outerHTML.slice(0, 160))";
const VIOLATIONS: &str = "return (await axe.run(document, { resultTypes: ['violations'] })).violations.map((one) => \
                          `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => `${node.html} ${node.failureSummary}`).join(' | ')}`)";

fn violations(said: &Value) -> Vec<String> {
    match said.as_array() {
        Some(list) => list.iter().map(|one| one.as_str().unwrap_or_default().to_owned()).collect(),
        None => vec![format!("axe-core did not run: {said}")],
    }
}

/// Its source, if anybody gives it.
fn axe() -> Option<String> {
    let Some(path) = std::env::var_os("ANDON_AXE").filter(|path| !path.is_empty()) else {
        eprintln!("SKIPPED: axe-core, for ANDON_AXE names no axe.min.js");
        return None;
    };
    Some(std::fs::read_to_string(path).expect("axe-core is where ANDON_AXE says"))
}
