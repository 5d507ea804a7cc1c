//! Credentials and certificates, against a server that insists on them.

use std::sync::Arc;

use andon_definitions::prometheus::HttpClient;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::http::{in_words, near_client};
use crate::loopback::{Manner, install_tls, server};

fn config(json: serde_json::Value) -> HttpClient {
    serde_json::from_value(json).unwrap()
}

fn caller(config: HttpClient, directory: &Path) -> Caller {
    install_tls();
    Caller::new(&config, directory, &near_client().unwrap())
}

async fn get(caller: &Caller, url: &str) -> Result<String, String> {
    let response = caller.request(Method::GET, url)?.send().await.map_err(|error| in_words(&error))?;
    response.text().await.map_err(|error| in_words(&error))
}

/// What the server is asked by a caller of this configuration.
async fn asked(json: serde_json::Value, directory: &Path) -> String {
    let (address, mut asked) = server(Manner::Say(200, "text/plain", "ok".to_owned())).await;
    get(&caller(config(json), directory), &format!("http://{address}/")).await.unwrap();
    asked.recv().await.unwrap()
}

#[tokio::test]
async fn whoever_asks_says_who_it_is() {
    let here = Path::new(".");
    let basic = asked(serde_json::json!({ "basic_auth": { "username": "u", "password": "p" } }), here).await;
    assert!(basic.contains("authorization: Basic dTpw\r\n"), "{basic}");
    let own = serde_json::json!({ "authorization": { "type": "Own", "credentials": "x" } });
    assert!(asked(own, here).await.contains("authorization: Own x\r\n"));
    let headers = serde_json::json!({ "http_headers": { "X-A": { "values": ["1"], "secrets": ["2"] } } });
    let headers = asked(headers, here).await;
    assert!(headers.contains("x-a: 1\r\n") && headers.contains("x-a: 2\r\n"), "{headers}");
}

#[tokio::test]
async fn a_rotated_password_is_used_and_a_missing_one_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    let (address, mut asked) = server(Manner::Say(200, "text/plain", String::new())).await;
    let url = format!("http://{address}/");
    let caller = caller(config(serde_json::json!({ "bearer_token_file": "token" })), directory.path());
    let missing = get(&caller, &url).await.unwrap_err();
    assert!(missing.starts_with("cannot read ") && missing.contains("token: No such file"), "{missing}");
    for token in ["one", "two"] {
        std::fs::write(&file, format!("{token}\n")).unwrap();
        tokio::time::sleep(LOOK_AGAIN + Duration::from_millis(50)).await;
        get(&caller, &url).await.unwrap();
        let request = asked.recv().await.unwrap();
        assert!(request.contains(&format!("authorization: Bearer {token}\r\n")), "{request}");
    }
}

/// A server that only a client with a certificate of `authority` may ask, and the authority's key pair beside it.
async fn locked_server() -> (String, CertifiedIssuer<'static, KeyPair>) {
    install_tls();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["metrics.example.org".to_owned()]).unwrap();
    let own = own.signed_by(&key, &authority).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let clients = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder()
        .with_client_cert_verifier(clients)
        .with_single_cert(vec![own.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut connection) = acceptor.accept(connection).await else { return };
                let mut request = [0; 4096];
                // A client that does not like the certificate has gone by now.
                if connection.read(&mut request).await.is_ok_and(|read| read > 0) {
                    let called = connection.get_ref().1.server_name().unwrap_or("nameless").to_owned();
                    let request = String::from_utf8_lossy(&request).to_lowercase();
                    let host = request.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or("");
                    let said = format!("{called} at {host}");
                    let length = said.len();
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{said}"
                    );
                    let _ = connection.write_all(answer.as_bytes()).await;
                    let _ = connection.shutdown().await;
                }
            });
        }
    });
    (format!("https://{address}/"), authority)
}

#[tokio::test]
async fn certificates_are_shown_and_checked() {
    let (url, authority) = locked_server().await;
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("ca.pem"), authority.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["andon".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let (own, key) = (own.pem(), key.serialize_pem());
    let with =
        |tls: serde_json::Value| caller(config(serde_json::json!({ "tls_config": tls })), directory.path());

    let right = serde_json::json!({ "ca_file": "ca.pem", "cert": own, "key": key, "server_name": "metrics.example.org" });
    let address = url.trim_start_matches("https://").trim_end_matches('/');
    let (right, by_name) = (with(right), url.replace("127.0.0.1", "localhost"));
    // Twice each: the second time on what was kept for that place.
    for _ in 0..2 {
        let called = format!("metrics.example.org at {address}");
        assert_eq!(get(&right, &url).await.unwrap(), called);
        let called = called.replace("127.0.0.1", "localhost");
        assert_eq!(get(&right, &by_name).await.unwrap(), called);
    }
    let blind = serde_json::json!({ "cert": own, "key": key, "insecure_skip_verify": true });
    assert_eq!(get(&with(blind), &url).await.unwrap(), format!("nameless at {address}"));
    let blind =
        serde_json::json!({ "cert": own, "key": key, "insecure_skip_verify": true, "server_name": "a.b" });
    assert_eq!(
        get(&with(blind), &by_name).await.unwrap(),
        format!("a.b at {}", address.replace("127.0.0.1", "localhost"))
    );
    let blind = serde_json::json!({ "cert": own, "key": key, "insecure_skip_verify": true, "server_name": "10.0.0.1" });
    assert!(get(&with(blind), &by_name).await.unwrap().starts_with("nameless at localhost:"));

    let other_name = serde_json::json!({ "ca_file": "ca.pem", "cert": own, "key": key });
    let why = get(&with(other_name), &url).await.unwrap_err();
    assert!(why.contains("not valid for name"), "{why}");
    let nobody = serde_json::json!({ "ca_file": "ca.pem", "server_name": "metrics.example.org" });
    let why = get(&with(nobody), &url).await.unwrap_err();
    assert!(why.contains("certificate"), "{why}");
    let strange = serde_json::json!({ "cert": own, "key": key, "server_name": "metrics.example.org" });
    let why = get(&with(strange), &url).await.unwrap_err();
    assert!(why.contains("unknownissuer"), "{why}");
    std::fs::write(directory.path().join("ca.pem"), "no certificate").unwrap();
    let empty = serde_json::json!({ "ca_file": "ca.pem" });
    assert_eq!(get(&with(empty), &url).await.unwrap_err(), "ca.pem holds no certificate in PEM");
}
