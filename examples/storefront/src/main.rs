//! A small shop to practise operations on: catalog, cart, checkout, and the shoppers who use them, in one
//! binary. It is an ordinary service, with faults that can be switched on while it runs; see README.md.

mod addresses;
mod cart;
mod catalog;
mod checkout;
mod dice;
mod failure;
mod faults;
mod log;
mod metrics;
mod operations;
mod peers;
mod place;
mod pool;
mod shop;
mod traffic;

use std::process::ExitCode;

use place::{Place, Service};
use traffic::Pace;

const USAGE: &str = "\
usage: storefront catalog | cart | checkout
       storefront traffic [--rate VISITS_PER_SECOND] [--at-once VISITS]

environment:
  PORT           where to listen on 127.0.0.1; 0 takes any free port
  VERSION        such as v41; v42 of checkout leaks database connections
  INSTANCE       such as checkout-2
  CATALOG_URLS   where the catalog answers, separated by commas (cart, traffic)
  CART_URLS      the same for cart (checkout, traffic)
  CHECKOUT_URLS  the same for checkout (traffic)
  CATALOG_URLS_FILE and the like
                 a file with one address to a line; followed while it changes, and preferred to CATALOG_URLS
  FAULT_DIR      where the fault crash-loop remembers itself
  LOG_EVERY      of the requests that went well, log one in so many; 100 unless set";

// One thread: an instance should weigh little, and there are eight of them.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let asked = match Asked::of(&args) {
        Ok(asked) => asked,
        Err(error) => {
            eprintln!("storefront: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(asked).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("storefront: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(asked: Asked) -> Result<(), String> {
    let place = Place::from_env(asked.service)?;
    match asked.service {
        Service::Catalog => catalog::run(place).await,
        Service::Cart => cart::run(place).await,
        Service::Checkout => checkout::run(place).await,
        Service::Traffic => traffic::run(place, asked.pace).await,
    }
}

#[derive(Debug, PartialEq)]
struct Asked {
    service: Service,
    pace: Pace,
}

impl Asked {
    fn of(args: &[String]) -> Result<Asked, String> {
        let (name, options) = args.split_first().ok_or("which service?")?;
        let service = Service::called(name).ok_or_else(|| format!("there is no service '{name}'"))?;
        let mut pace = Pace::default();
        let mut options = options.iter();
        while let Some(option) = options.next() {
            let mut value = || options.next().ok_or_else(|| format!("{option} wants a number after it"));
            match (service, option.as_str()) {
                (Service::Traffic, "--rate") => pace.rate = number(option, value()?, 0.01, 1000.0)?,
                (Service::Traffic, "--at-once") => {
                    pace.at_once = number(option, value()?, 1.0, 1000.0)? as usize;
                }
                _ => return Err(format!("{name} has no option '{option}'")),
            }
        }
        Ok(Asked { service, pace })
    }
}

fn number(option: &str, given: &str, low: f64, high: f64) -> Result<f64, String> {
    match given.parse() {
        Ok(number) if (low..=high).contains(&number) => Ok(number),
        _ => Err(format!("{option} is '{given}'; it must be a number from {low} to {high}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_or_refused_with_what_to_do() {
        let of = |line: &str| Asked::of(&line.split_whitespace().map(String::from).collect::<Vec<_>>());
        let asked = of("traffic --rate 50 --at-once 10").expect("this is how it is meant");
        assert_eq!(asked.pace, Pace { rate: 50.0, at_once: 10 });
        assert_eq!(of("checkout --rate 5").unwrap_err(), "checkout has no option '--rate'");
        assert_eq!(
            of("traffic --rate 0").unwrap_err(),
            "--rate is '0'; it must be a number from 0.01 to 1000"
        );
        assert_eq!(of("traffic --rate").unwrap_err(), "--rate wants a number after it");
        assert_eq!(of("warehouse").unwrap_err(), "there is no service 'warehouse'");
    }
}
