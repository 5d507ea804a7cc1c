//! The pages with scripts switched off: what is on them is read, and every form does what it says.

use super::Browser;
use super::evening;
use super::shop::Shop;

#[test]
fn an_incident_is_read_and_answered_without_a_script() {
    let Some(browser) = Browser::open(evening::serve()) else { return };
    browser.forbid_scripts();
    browser.go("/");
    browser.reads(&["On fire", "INC-1", "Roll back checkout"]);
    assert_eq!(browser.run("return document.querySelectorAll('canvas[width]').length"), 0, "no script drew");

    browser.go("/incidents/INC-1");
    // Whoever is on call this week.
    let me = browser.run("return document.querySelector('#person').value");
    let me = me.as_str().expect("a person");
    browser.reads(&["SEV", me, "deploy:checkout@v42", "The chart needs JavaScript. Its query:"]);
    browser.press("#note", "I look at the pool");
    browser.click(".composer button");
    browser.reads(&["Done:", &format!("{me}: I look at the pool")]);
    browser.click("form[action='/incidents/INC-1/acknowledge'] button");
    browser.reads(&["Done:", &format!("acknowledged by {me}")]);
    browser.click("button[form=approve-RUN-1]");
    browser.reads(&["Done:", &format!("{me} approved RUN-1")]);

    browser.go("/");
    browser.click("details.menu:has(form[action='/halt']) summary");
    browser.press("form[action='/halt'] [name=reason]", "we move house");
    browser.click("form[action='/halt'] button");
    browser.reads(&["All automation is halted", "we move house"]);
}

#[test]
fn queries_and_targets_are_read_without_a_script() {
    let shop = Shop::open();
    let Some(browser) = Browser::open(shop.server.address) else { return };
    browser.forbid_scripts();
    browser.go("/explore");
    browser.press("#q0", "max by (room) (shop_heat)");
    browser.click(".times button");
    browser.reads(&["The chart needs JavaScript", "Table: 2 series"]);
    assert!(browser.address().contains("q=max+by"), "{}", browser.address());
    browser.click(".folds summary");
    browser.reads(&["room", "Value", "hall", "21.5", "cellar", "12"]);

    browser.go("/targets");
    browser.reads(&["shop", "up", "bakery", "down", "refused"]);
}
