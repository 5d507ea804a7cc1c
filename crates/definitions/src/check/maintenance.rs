//! Maintenance: services that there are, an owner, and hours that last.

use super::Check;

impl Check<'_> {
    pub(super) fn maintenance(&mut self) {
        for (name, maintenance) in &self.catalog.maintenance {
            let definition = format!("Maintenance/{name}");
            self.must_exist(&definition, "/spec/owner", "Team", &maintenance.owner);
            for (at, service) in maintenance.services.iter().enumerate() {
                self.must_exist(&definition, &format!("/spec/services/{at}"), "Service", service);
            }
            if let Some(weekly) = &maintenance.weekly {
                if weekly.from == weekly.to {
                    let message = "these hours begin when they end".to_owned();
                    self.error(&definition, "/spec/weekly/to", "conflict", message);
                }
                if weekly.days.is_empty() {
                    let message = "no day of the week is named".to_owned();
                    self.error(&definition, "/spec/weekly/days", "too-few", message);
                }
            } else if maintenance.from.is_some() || maintenance.until.is_some() {
                let message = "`from` and `until` bound what comes every week, and this is once".to_owned();
                self.error(&definition, "/spec/once", "conflict", message)
                    .hint("leave them out; `for` says how long it lasts");
            }
            if maintenance.bounds().is_some_and(|(from, until)| until <= from) {
                let message = "it ends before it begins".to_owned();
                self.error(&definition, "/metadata/name", "conflict", message);
            }
        }
    }
}
