//! HTTPS: a server with its own CA, and servers that must not be trusted.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use telegram_sender::MessageSender as _;
use telegram_sender::telegram::TelegramError;

use super::server::Server;
use super::{RUNTIME, accepted, builder, hello, within};

/// Creates a CA. Returns its root, and a server's config with a certificate of it for `name`.
pub(crate) fn authority(name: &str) -> (CertificateDer<'static>, ServerConfig) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new([]).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = ca.self_signed(&ca_key).unwrap();

    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new([name.to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &Issuer::from_params(&ca, &ca_key)).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    (root.der().clone(), config)
}

fn assert_tls(error: &TelegramError, reason: &str) {
    assert!(matches!(error, TelegramError::Tls { .. }), "{error:?}");
    assert!(error.to_string().contains(reason), "{error}");
    assert!(error.is_connect() && !error.may_have_arrived());
}

#[test]
fn a_root_of_ones_own_is_trusted() {
    let (root, config) = authority("localhost");
    let server = Server::start_tls(config, [accepted(1), accepted(2)]);
    let url = format!("https://localhost:{}", server.port());
    let sender = builder(&url).root_certificate(root).unwrap().build_on(RUNTIME);
    within(async {
        for id in 1..=2 {
            assert_eq!(sender.send_message(&hello()).await.unwrap().unwrap().message_id(), id);
            assert_eq!(server.seen.recv().await.unwrap().connection, 0);
        }
    });
}

#[test]
fn an_address_can_have_a_certificate() {
    let (root, config) = authority("127.0.0.1");
    let server = Server::start_tls(config, [accepted(1)]);
    let sender = builder(&server.url()).root_certificate(&root).unwrap().build_on(RUNTIME);
    within(sender.send_message(&hello())).unwrap().unwrap();
}

#[test]
fn an_unknown_root_is_not_trusted() {
    let (_, config) = authority("127.0.0.1");
    let server = Server::start_tls(config, [accepted(1)]);
    let error = within(builder(&server.url()).build_on(RUNTIME).send_message(&hello())).unwrap_err();
    assert_tls(&error, "UnknownIssuer");
    assert!(server.seen.is_empty());
}

#[test]
fn a_certificate_for_another_name_is_not_trusted() {
    let (root, config) = authority("example.com");
    let server = Server::start_tls(config, [accepted(1)]);
    let sender = builder(&server.url()).root_certificate(root).unwrap().build_on(RUNTIME);
    assert_tls(&within(sender.send_message(&hello())).unwrap_err(), "not valid for name");
    assert!(server.seen.is_empty());
}

#[test]
fn a_server_without_tls_gets_no_request() {
    let server = Server::start([accepted(1)]);
    let sender = builder(&format!("https://127.0.0.1:{}", server.port())).build_on(RUNTIME);
    assert_tls(&within(sender.send_message(&hello())).unwrap_err(), "corrupt message");
}

#[test]
fn what_is_no_certificate_is_refused() {
    let error = builder("https://localhost").root_certificate("-----BEGIN").unwrap_err();
    assert_eq!(error.argument(), "root_certificate");
}
