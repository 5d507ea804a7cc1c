//! Andon's own address over TLS, as curl and openssl find it: versions, connections that stay, a certificate renewed
//! under a running server, and visitors who never finish their handshake.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::house::{andon, may_skip};
use crate::real::{self, Home};

const INSTANCE: &str = "apiVersion: andon/v1\nkind: Instance\nmetadata: { name: shop }\n\
    spec: { tls: { cert: tls/andon.crt, key: tls/andon.key } }\n";
const PATIENCE: Duration = Duration::from_secs(20);
const STATUS: &str = "/api/v1/andon/status";

fn home() -> Home {
    let home = Home::new([("instance.yaml", INSTANCE.to_owned())]);
    std::fs::create_dir_all(home.ops().join("tls")).expect("a directory");
    home
}

/// A certificate of this machine's own, put where the instance says; a copy of it for whoever is to trust it.
pub fn certify(home: &Home, trusted: &str, names: &[&str]) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let tls = home.ops().join("tls");
    put(&tls.join("andon.crt"), &made.cert.pem());
    put(&tls.join("andon.key"), &made.signing_key.serialize_pem());
    put(&home.ops().join(trusted), &made.cert.pem());
}

fn put(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file");
}

/// A server that ends with the test.
pub struct Serving {
    child: Child,
    pub address: SocketAddr,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn serve(home: &Home) -> Serving {
    let mut child = home.spawn();
    let mut said = String::new();
    BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut said).expect("a line");
    let address = said.trim().strip_prefix("listening on https://").and_then(|address| address.parse().ok());
    let Some(address) = address else {
        let _ = child.kill();
        panic!("it did not start, but said {said:?}\n{}", home.log_text());
    };
    Serving { child, address }
}

/// What curl says, and whether it was content.
pub fn curl(home: &Home, trusted: &str, args: &[&str]) -> (bool, String) {
    let trusted = home.ops().join(trusted);
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "10", "--noproxy", "*", "--cacert"]).arg(trusted);
    let output = command.args(args).output().expect("curl runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn tools_are_here() -> bool {
    let here = |tool: &str, asked: &str| Command::new(tool).arg(asked).output().is_ok();
    here("curl", "--version") && here("openssl", "version")
}

#[test]
fn curl_and_openssl_are_content_and_a_renewed_certificate_is_taken_up() {
    if !tools_are_here() && may_skip("curl or openssl is not installed") {
        return;
    }
    let home = home();
    certify(&home, "first.crt", &["localhost", "127.0.0.1"]);
    let server = serve(&home);
    let url = format!("https://{}{STATUS}", server.address);
    let plain = format!("http://{}{STATUS}", server.address);

    let (well, said) = curl(&home, "first.crt", &["--include", &url]);
    assert!(well && said.contains("200 OK"), "{said}");
    assert!(said.contains("strict-transport-security: max-age="), "{said}");
    // The second request needs no new connection.
    let (well, said) = curl(
        &home,
        "first.crt",
        &[
            "--output",
            "/dev/null",
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_version} %{num_connects}\n",
            &url,
            &url,
        ],
    );
    assert!(well && said == "1.1 1\n1.1 0\n", "{said}");
    // A page shared with other programs of this machine is not bound to TLS for a year.
    let named = format!("https://localhost:{}/", server.address.port());
    let (well, said) = curl(&home, "first.crt", &["--include", &named]);
    assert!(well && !said.contains("strict-transport-security"), "{said}");
    let (_, said) = curl(&home, "first.crt", &["--include", &plain]);
    assert!(said.contains("400 Bad Request") && said.contains("speaks https"), "{said}");

    for (version, well) in [("-tls1_3", true), ("-tls1_2", true), ("-tls1_1", false)] {
        let mut asked = Command::new("openssl");
        asked.args(["s_client", "-connect", &server.address.to_string(), version, "-CAfile"]);
        let asked =
            asked.arg(home.ops().join("first.crt")).stdin(Stdio::null()).output().expect("openssl runs");
        let said = String::from_utf8_lossy(&asked.stdout).into_owned();
        assert_eq!(
            said.contains("Verify return code: 0 (ok)") && asked.status.success(),
            well,
            "{version}: {said}"
        );
    }
    // Our own command line trusts what the environment says.
    let mut status = home.andon();
    status.args(["status", "--server", &format!("https://{}", server.address)]);
    let asked = status.env("SSL_CERT_FILE", home.ops().join("first.crt")).output().expect("it runs");
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));

    certify(&home, "second.crt", &["localhost", "127.0.0.1"]);
    real::wait("the renewed certificate", PATIENCE, || curl(&home, "second.crt", &[&url]).0.then_some(()));
    assert!(!curl(&home, "first.crt", &[&url]).0, "the one before is still shown");

    put(&home.ops().join("tls/andon.key"), "no key\n");
    real::wait("a word of it", PATIENCE, || home.log_text().contains("cannot be used").then_some(()));
    let (well, said) = curl(&home, "second.crt", &[&url]);
    assert!(well, "a broken renewal ended what was good: {said}");
    assert!(home.log_text().contains("no private key in PEM"), "{}", home.log_text());
}

#[test]
fn whoever_never_finishes_a_handshake_keeps_nobody_waiting() {
    if !tools_are_here() && may_skip("curl or openssl is not installed") {
        return;
    }
    let home = home();
    certify(&home, "first.crt", &["127.0.0.1"]);
    let server = serve(&home);
    let silent: Vec<TcpStream> =
        (0..200).map(|_| TcpStream::connect(server.address).expect("a connection")).collect();
    let mut begun = TcpStream::connect(server.address).expect("a connection");
    // A handshake of 512 bytes, of which there will be three.
    begun.write_all(&[22, 3, 1, 2, 0, 1, 0, 1]).expect("it is taken");
    let began = Instant::now();
    let (well, said) = curl(&home, "first.crt", &[&format!("https://{}{STATUS}", server.address)]);
    assert!(well && began.elapsed() < Duration::from_secs(3), "{:?}: {said}", began.elapsed());
    begun.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let ended = begun.read(&mut [0; 64]);
    assert!(
        matches!(ended, Ok(0))
            || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
    );
    assert!(began.elapsed() < Duration::from_secs(15), "it was waited for {:?}", began.elapsed());
    drop(silent);
}

#[test]
fn check_and_start_say_what_is_wrong_with_the_files() {
    let home = home();
    let check = || {
        let output = andon().arg("check").arg(home.ops()).output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let said = check();
    assert!(said.contains("error[certificate]") && said.contains("instance.yaml:4"), "{said}");
    let (code, said) = home.refused();
    assert!(code == Some(1) && said.contains("cannot speak TLS") && said.contains("andon.crt"), "{said}");

    certify(&home, "first.crt", &["localhost"]);
    let tls = home.ops().join("tls");
    std::fs::copy(tls.join("andon.key"), tls.join("other.key")).expect("a copy");
    certify(&home, "first.crt", &["localhost"]);
    std::fs::copy(tls.join("other.key"), tls.join("andon.key")).expect("a copy");
    assert!(check().contains("this is not the key of the certificate in tls/andon.crt"), "{}", check());

    for (ends, found) in [((2020, 1, 1), "error[certificate-ends]"), (soon(), "warning[certificate-ends]")] {
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).expect("names");
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(ends.0, ends.1, ends.2);
        let key = rcgen::KeyPair::generate().expect("a key");
        let made = params.self_signed(&key).expect("a certificate");
        put(&tls.join("andon.crt"), &made.pem());
        put(&tls.join("andon.key"), &key.serialize_pem());
        let said = check();
        assert!(said.contains(found), "{said}");
    }
    assert!(check().contains("key-readable"), "{}", check());
}

/// A day of the week ahead.
fn soon() -> (i32, u8, u8) {
    let day = jiff::Zoned::now().saturating_add(jiff::Span::new().days(5)).date();
    (i32::from(day.year()), day.month().unsigned_abs(), day.day().unsigned_abs())
}
