//! A pager that is broken for a while, or hangs.

use std::time::Duration;

use super::{PATIENCE, events};
use crate::real::{Home, Pager, Target, wait};

#[test]
fn a_pager_that_answers_500_is_tried_again_under_the_same_key() {
    let (pager, target) = (Pager::start(), Target::exposing("shop_broken 1\n"));
    pager.answer(500);
    let files =
        pager.files("").into_iter().chain([Target::service(target.address(), "100ms"), super::rules()]);
    let home = Home::new(files);
    let server = home.start();
    wait("a second attempt", PATIENCE, || (pager.pages().len() >= 2).then_some(()));
    pager.answer(204);
    let sent = wait("a receipt", PATIENCE, || events(&server, "notice_sent@1").pop());
    assert_eq!(sent["receipt"], "204 No Content", "{sent}");

    let pages = pager.pages();
    assert!(pages.iter().all(|page| page.key == pages[0].key), "{pages:#?}");
    let failed = events(&server, "notice_failed@1");
    assert_eq!(failed.len(), pages.iter().filter(|page| page.answered == 500).count(), "{failed:#?}");
    assert_eq!(failed[0]["error"], "the receiver answers 500");
}

#[test]
fn a_pager_that_hangs_is_left_and_tried_again_under_the_same_key() {
    let (pager, target) = (Pager::start(), Target::exposing("shop_broken 1\n"));
    pager.think(Duration::from_secs(60));
    let files =
        pager.files("").into_iter().chain([Target::service(target.address(), "100ms"), super::rules()]);
    let home = Home::new(files);
    let server = home.start();
    let failed = wait("a failure", PATIENCE, || events(&server, "notice_failed@1").pop());
    assert_eq!(failed["error"], "no answer in time", "{failed}");
    pager.think(Duration::ZERO);
    wait("a receipt", PATIENCE, || events(&server, "notice_sent@1").pop());
    let pages = pager.pages();
    assert!(pages.len() == 2 && pages[0].key == pages[1].key, "{pages:#?}");
}
