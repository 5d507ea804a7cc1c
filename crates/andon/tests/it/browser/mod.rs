//! The pages as a person has them: a real browser in front of a real Andon, keys that are pressed, a pointer that drags,
//! every page in both lights and on a phone.
//!
//! Needs Chromium and its driver; `CHROMIUM` and `CHROMEDRIVER` name other ones than those on the PATH. `ANDON_AXE` is
//! the path of axe-core's `axe.min.js`: with it, every page is held against it too.

mod evening;
mod explore;
mod hostile;
mod pages;
mod people;
mod shop;
mod unscripted;
mod webdriver;

use webdriver::Browser;
