//! The TLS configuration and its trusted roots.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// Returns the roots that browsers trust. They come with the crate, so it works on systems that have none.
pub(in crate::telegram) fn public_roots() -> RootCertStore {
    webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()
}

/// Returns a TLS configuration with ring. It is explicit because rustls cannot choose if a program links two
/// providers.
pub(in crate::telegram) fn config(roots: RootCertStore) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}
