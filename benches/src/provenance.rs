//! The date, the machine and the versions of a measurement. None of them is typed by hand.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, RefreshKind, System};

/// The packages whose versions matter.
const MEASURED: [&str; 11] = [
    "telegram-sender",
    "async-channel",
    "futures",
    "smol",
    "tokio",
    "tower",
    "xtra",
    "actix",
    "ractor",
    "kameo",
    "embassy-sync",
];

/// The origin of numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Provenance {
    pub(crate) date: String,
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) os: String,
    pub(crate) rustc: String,
    /// The versions by package.
    pub(crate) versions: BTreeMap<String, String>,
}

impl Provenance {
    pub(crate) fn here() -> Self {
        let known = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing());
        let system = System::new_with_specifics(known).ok();
        let cpus = system.as_ref().map_or(&[][..], System::cpus);
        let cpu = cpus.first().map(|cpu| cpu.brand().trim().to_owned()).unwrap_or_default();
        Self {
            date: jiff::ZonedDateTime::now().date().to_string(),
            cpu: if cpu.is_empty() { "unknown CPU".to_owned() } else { cpu },
            cores: cpus.len(),
            os: System::long_os_version().unwrap_or_else(|_| std::env::consts::OS.to_owned()),
            rustc: env!("COMPILER").to_owned(),
            versions: versions(include_str!("../Cargo.lock")),
        }
    }

    /// Returns the date and the machine in one line.
    pub(crate) fn machine(&self) -> String {
        format!(
            "{}, {} on {} cores of {}, {}",
            self.date,
            self.os,
            self.cores,
            self.cpu,
            self.rustc_version()
        )
    }

    /// Returns the packages in one line.
    pub(crate) fn packages(&self) -> String {
        let packages = self.versions.iter().map(|(name, version)| format!("{name} {version}"));
        packages.collect::<Vec<_>>().join(", ")
    }

    /// Returns the compiler's version without commit and date.
    fn rustc_version(&self) -> String {
        self.rustc.split(" (").next().unwrap_or_default().to_owned()
    }
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// Returns the versions, in a `Cargo.lock`, of the measured packages that this package depends on.
fn versions(lock: &str) -> BTreeMap<String, String> {
    let lock: Lock = toml::from_str(lock).expect("cargo writes its lock file well");
    let this = lock.package.iter().find(|package| package.name == env!("CARGO_PKG_NAME"));
    let dependencies = this.map(|package| package.dependencies.as_slice()).unwrap_or_default();
    let mut versions = BTreeMap::new();
    for dependency in dependencies {
        // The version is given only if there are several.
        let (name, version) = dependency.split_once(' ').unwrap_or((dependency, ""));
        if MEASURED.contains(&name) {
            let locked = lock
                .package
                .iter()
                .find(|package| package.name == name && (version.is_empty() || package.version == version));
            versions
                .insert(name.to_owned(), locked.map(|package| package.version.clone()).unwrap_or_default());
        }
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_direct_dependencies() {
        let lock = r#"
            [[package]]
            name = "telegram-sender-benches"
            version = "0.0.0"
            dependencies = ["futures", "tower 0.5.3", "clap"]
            [[package]]
            name = "clap"
            version = "4.0.0"
            [[package]]
            name = "futures"
            version = "0.3.1"
            [[package]]
            name = "tower"
            version = "0.4.0"
            [[package]]
            name = "tower"
            version = "0.5.3"
        "#;
        let found: Vec<_> = versions(lock).into_iter().collect();
        assert_eq!(found, [("futures".into(), "0.3.1".into()), ("tower".into(), "0.5.3".into())]);
    }

    #[test]
    fn every_measured_package_has_a_version() {
        assert_eq!(Provenance::here().versions.len(), MEASURED.len());
    }
}
