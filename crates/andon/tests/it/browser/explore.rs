//! Explore by keyboard and pointer.

use serde_json::json;

use super::Browser;
use super::shop::Shop;
use super::webdriver::{DOWN, ENTER, ESCAPE, TAB};

/// Of the page's first query.
const FIELD: &str = "#q0";
const OFFERS: &str =
    "[...document.querySelectorAll('.candidates:not([hidden]) li')].map((item) => item.textContent)";
const LEGENDS: &str = "[...document.querySelectorAll('.legend')].map((legend) => legend.innerText)";

/// Types, waits for an offer, and takes it as it stands.
#[track_caller]
fn complete(browser: &Browser, typed: &str, offered: &str, take: &str) {
    browser.press(FIELD, typed);
    browser.wait(offered, &format!("{OFFERS}[0] === {}", json!(offered)));
    browser.press(FIELD, take);
}

#[track_caller]
fn query(browser: &Browser) -> String {
    let value = browser.run("return document.querySelector('#q0').value");
    value.as_str().expect("text").to_owned()
}

#[test]
fn a_query_is_written_by_keyboard_drawn_and_kept_in_the_address() {
    let shop = Shop::open();
    let Some(browser) = Browser::open(shop.server.address) else { return };
    browser.go("/explore");
    complete(&browser, "histogram_quan", "histogram_quantile", TAB);
    assert_eq!(query(&browser), "histogram_quantile(");
    browser.run("document.querySelector('#q0').value = ''");

    // A function, a metric, a label and its value, each by its first letters; Tab and Enter both take.
    complete(&browser, "rat", "rate", TAB);
    complete(&browser, "shop_req", "shop_requests_total", ENTER);
    complete(&browser, "{pa", "path", TAB);
    complete(&browser, "=\"/ti", "/till", TAB);
    browser.press(FIELD, "\"}[1");
    browser.wait("a range", &format!("{OFFERS}.includes('1m')"));
    browser.press(FIELD, ESCAPE);
    browser.press(FIELD, "m])");
    assert_eq!(query(&browser), "rate(shop_requests_total{path=\"/till\"}[1m])");
    browser.press(FIELD, ENTER);
    browser.wait("an address", "location.search.includes('q=rate')");
    browser.wait("a legend", &format!("{LEGENDS}[0]?.includes('200') && {LEGENDS}[0].includes('500')"));
    browser.wait(
        "a caption",
        "/^2 series, [\\d.]+ ms/.test(document.querySelector('[data-caption]').innerText)",
    );

    // The second offer, by an arrow.
    browser.go("/explore");
    browser.press(FIELD, "shop_seconds_");
    browser.wait("offers", &format!("{OFFERS}.length === 3"));
    browser.press(FIELD, DOWN);
    browser.press(FIELD, TAB);
    assert_eq!(query(&browser), "shop_seconds_count");

    // Its table, and an alert to begin with, are there without a script.
    browser.go("/explore?q=shop_heat+%3E+20");
    browser.wait("a drawing", &format!("{LEGENDS}[0]?.includes('21.5')"));
    browser.run("document.querySelectorAll('.folds details').forEach((fold) => { fold.open = true })");
    assert!(browser.text(".folds table").contains("hall"), "{}", browser.text(".folds"));
    assert!(browser.text(".snippet").contains("shop_heat > 20\n"), "{}", browser.text(".snippet"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn charts_share_the_crosshair_and_the_time() {
    let shop = Shop::open();
    let Some(browser) = Browser::open(shop.server.address) else { return };
    browser.go("/explore?q=shop_heat&q=sum(rate(shop_requests_total[1m]))&range=5m");
    browser.wait(
        "both drawings",
        &format!("{LEGENDS}.length === 2 && {LEGENDS}.every((legend) => /\\d/.test(legend))"),
    );
    browser.hover(".query canvas", 0.9);
    browser.wait(
        "a crosshair in both",
        &format!("{LEGENDS}.every((legend) => / at \\d\\d:\\d\\d:\\d\\d/.test(legend))"),
    );

    browser.drag(".query canvas", &[0.0, 0.3, 0.6]);
    browser.wait(
        "the time in the address",
        "location.search.includes('end=2') && !location.search.includes('range=5m')",
    );
    let zoomed = browser.address();
    let end = || browser.run("return document.querySelector('[name=end]').value");
    let until = end();
    browser.wait("both drawings anew", &format!("{LEGENDS}.length === 2"));
    browser.reload();
    assert_eq!((browser.address(), end()), (zoomed, until));
    browser
        .wait("the chart of that time", "Number(document.querySelector('.query figure').dataset.until) > 0");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn what_is_wrong_is_said_in_words() {
    let shop = Shop::open();
    let Some(browser) = Browser::open(shop.server.address) else { return };
    for (asked, words) in [
        ("q=sum%28", "never closed"),
        ("q=rate%28shop_heat%29", "matrix"),
        ("q=shop_heat+*+on%28%29+shop_heat", "many-to-many"),
        ("q=shop_heat&range=yesterday", "range: "),
        ("q=shop_heat&end=noon", "neither now nor a time"),
    ] {
        browser.go(&format!("/explore?{asked}"));
        let said = browser.text(".said.bad, .banner.warn");
        assert!(said.contains(words), "{asked}: {said}");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
