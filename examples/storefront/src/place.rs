//! Where this process stands: which service it is, under which name and version, and on which port.
//! All of it comes from the environment, as a platform that supervises instances gives it.

use std::path::PathBuf;

use crate::faults::Fault;

#[derive(Debug, Clone)]
pub struct Place {
    pub service: Service,
    /// Such as `checkout-2`.
    pub instance: String,
    /// Such as `v41`.
    pub version: String,
    /// 0 lets the system choose; the first log line names the address.
    pub port: u16,
    /// Where the marker of a crash loop outlives the process. Without it that fault is refused.
    pub fault_dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Catalog,
    Cart,
    Checkout,
    Traffic,
}

impl Service {
    pub const ALL: [Service; 4] = [Service::Catalog, Service::Cart, Service::Checkout, Service::Traffic];

    pub fn name(self) -> &'static str {
        match self {
            Service::Catalog => "catalog",
            Service::Cart => "cart",
            Service::Checkout => "checkout",
            Service::Traffic => "traffic",
        }
    }

    pub fn called(name: &str) -> Option<Service> {
        Service::ALL.into_iter().find(|service| service.name() == name)
    }

    /// The routes that customers use: these are measured, and these are what a fault strikes.
    pub fn routes(self) -> &'static [&'static str] {
        match self {
            Service::Catalog => &["/products", "/products/{sku}"],
            Service::Cart => &["/cart"],
            Service::Checkout => &["/checkout"],
            Service::Traffic => &[],
        }
    }

    /// What can go wrong here when asked to.
    pub fn faults(self) -> &'static [Fault] {
        match self {
            Service::Catalog => &[Fault::SlowDependency, Fault::Errors, Fault::MemoryLeak, Fault::CrashLoop],
            Service::Cart => &[Fault::Errors, Fault::MemoryLeak, Fault::CrashLoop],
            Service::Checkout => &[Fault::Leak, Fault::Errors, Fault::MemoryLeak, Fault::CrashLoop],
            Service::Traffic => &[],
        }
    }
}

impl Place {
    pub fn from_env(service: Service) -> Result<Place, String> {
        let port = text("PORT")?.ok_or("PORT is not set; try PORT=8101, or PORT=0 for any free port")?;
        let port =
            port.parse().map_err(|_| format!("PORT is '{port}'; it must be a number from 0 to 65535"))?;
        Ok(Place {
            service,
            instance: text("INSTANCE")?.unwrap_or_else(|| format!("{}-1", service.name())),
            version: text("VERSION")?.unwrap_or_else(|| "dev".to_string()),
            port,
            fault_dir: text("FAULT_DIR")?.map(PathBuf::from),
        })
    }

    /// The faults that this version brought along: v42 of checkout is the release that loses connections.
    pub fn born_with(&self) -> &'static [Fault] {
        match (self.service, self.version.as_str()) {
            (Service::Checkout, "v42") => &[Fault::Leak],
            _ => &[],
        }
    }
}

/// A variable of the environment; set but empty counts as not set.
pub fn text(name: &str) -> Result<Option<String>, String> {
    match std::env::var(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(format!("{name} is not valid UTF-8")),
    }
}
