//! A provider that lies: whatever it says, nobody is signed in whom it cannot prove.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::loopback::install_tls;

const BACK: &str = "http://127.0.0.1:7070/sign-in/oidc/back";
const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

/// What it says, which a test bends.
struct Lies {
    issuer: String,
    key: EcdsaKeyPair,
    /// What its keys are called in what it publishes, and in the header of its tokens.
    published: &'static str,
    header: Value,
    claims: Value,
    metadata: Value,
    /// Instead of a signature by the key.
    signature: Option<String>,
    user_info: Option<Value>,
    /// The answer of its token endpoint.
    status: u16,
    /// What it was asked, by path, with the body.
    asked: Vec<String>,
}

struct Provider {
    lies: Arc<Mutex<Lies>>,
    sign_ins: SignIns,
    oidc: Oidc,
}

fn key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap()
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Lies {
    fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        let mut all = json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "userinfo_endpoint": at("/me"),
            "jwks_uri": at("/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        });
        for (name, value) in self.metadata.as_object().unwrap() {
            all[name] = value.clone();
        }
        all
    }

    fn keys(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let (x, y) = (encoded(&point[1..33]), encoded(&point[33..]));
        let key = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": self.published, "x": x, "y": y });
        json!({ "keys": [key] })
    }

    fn token(&self) -> Value {
        let signed = format!("{}.{}", encoded(self.header.to_string()), encoded(self.claims.to_string()));
        let signature = match &self.signature {
            Some(signature) => signature.clone(),
            None => encoded(self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap()),
        };
        json!({ "access_token": "access", "token_type": "Bearer", "id_token": format!("{signed}.{signature}") })
    }

    fn answer(&mut self, path: &str, request: &str) -> (u16, Value) {
        self.asked.push(request.to_owned());
        match path {
            "/.well-known/openid-configuration" => (200, self.metadata()),
            "/keys" => (200, self.keys()),
            "/token" if self.status != 200 => (self.status, json!({ "error": "invalid_grant" })),
            "/token" => (200, self.token()),
            "/me" => (200, self.user_info.clone().unwrap_or(Value::Null)),
            _ => (404, Value::Null),
        }
    }
}

async fn converse(mut stream: TcpStream, lies: Arc<Mutex<Lies>>) {
    let mut bytes = vec![0; 65536];
    let mut length = 0;
    let text = loop {
        let read = stream.read(&mut bytes[length..]).await.unwrap();
        length += read;
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let announced =
            head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if read == 0 || body.len() >= announced.unwrap_or(0) {
            break text;
        }
    };
    let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
    let (status, body) = lies.lock().unwrap().answer(&path, &text);
    let body = body.to_string();
    let head =
        format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nlocation: http://127.0.0.1:1/\r\n");
    let answer = format!("{head}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await.unwrap();
}

impl Provider {
    async fn new() -> Provider {
        install_tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let seconds = NOW.as_ms() / 1000;
        let lies = Lies {
            issuer: issuer.clone(),
            key: key(),
            published: "first",
            header: json!({ "alg": "ES256", "kid": "first" }),
            claims: json!({
                "iss": issuer, "sub": "4711", "aud": "andon", "iat": seconds, "exp": seconds + 300,
                "preferred_username": "ana", "groups": ["shop", "all"],
            }),
            metadata: json!({}),
            signature: None,
            user_info: None,
            status: 200,
            asked: Vec::new(),
        };
        let lies = Arc::new(Mutex::new(lies));
        let shared = Arc::clone(&lies);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&shared)));
            }
        });
        let oidc = json!({ "issuer": issuer, "client_id": "andon", "client_secret": "hush", "groups": { "shop": "viewer" } });
        let oidc = serde_json::from_value(oidc).unwrap();
        Provider { lies, sign_ins: SignIns::new(PathBuf::from(".")), oidc }
    }

    fn bend(&self, how: impl FnOnce(&mut Lies)) {
        how(&mut self.lies.lock().unwrap());
    }

    async fn begin(&self) -> Begun {
        let begun = self.sign_ins.begin(&self.oidc, BACK, NOW).await.unwrap();
        self.bend(|lies| lies.claims["nonce"] = json!(begun.nonce));
        begun
    }

    async fn finish(&self, begun: &Begun) -> Result<Somebody, NotSaid> {
        let Begun { nonce, verifier, .. } = begun.clone();
        self.sign_ins
            .finish(&self.oidc, BACK, Returned { code: "code".to_owned(), nonce, verifier }, NOW)
            .await
    }

    /// What becomes of a sign-in in which the provider lies so.
    async fn lying(&self, how: impl FnOnce(&mut Lies)) -> String {
        let begun = self.begin().await;
        self.bend(how);
        match self.finish(&begun).await {
            Ok(somebody) => format!("let in: {somebody:?}"),
            Err(NotSaid::Away(why) | NotSaid::Unproven(why)) => why,
        }
    }
}

#[tokio::test]
async fn whom_it_proves_is_let_in() {
    let provider = Provider::new().await;
    let begun = provider.begin().await;
    let asked = reqwest::Url::parse(&begun.url).unwrap();
    let query =
        |name: &str| asked.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(query("code_challenge"), Some(encoded(Sha256::digest(&begun.verifier))));
    assert_eq!(query("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!((query("state"), query("nonce")), (Some(begun.state.clone()), Some(begun.nonce.clone())));
    assert_eq!(query("scope").as_deref(), Some("openid profile email groups"));
    assert_eq!(query("redirect_uri").as_deref(), Some(BACK));

    let somebody = provider.finish(&begun).await.unwrap();
    let groups = ["shop", "all"].map(str::to_owned).to_vec();
    assert_eq!(somebody, Somebody { subject: "4711".to_owned(), handle: "ana".to_owned(), groups });
    let lies = provider.lies.lock().unwrap();
    let exchanged = lies.asked.last().unwrap();
    assert!(exchanged.contains(&format!("code_verifier={}", begun.verifier)), "{exchanged}");
    assert!(exchanged.to_lowercase().contains("authorization: basic "), "{exchanged}");
    assert!(!exchanged.contains("hush"));
}

#[tokio::test]
async fn what_is_not_proven_lets_nobody_in() {
    let seconds = NOW.as_ms() / 1000;
    type Lie = Box<dyn FnOnce(&mut Lies)>;
    let lies: Vec<(&str, Lie)> = vec![
        ("not asked for by this browser", Box::new(|lies| lies.claims["nonce"] = json!("another"))),
        ("not asked for by this browser", Box::new(|lies| lies.claims["nonce"] = Value::Null)),
        ("another issuer's", Box::new(|lies| lies.claims["iss"] = json!("http://127.0.0.1:1"))),
        ("meant for somebody else", Box::new(|lies| lies.claims["aud"] = json!("another"))),
        ("meant for somebody else", Box::new(|lies| lies.claims["aud"] = json!(["andon", "another"]))),
        ("has expired", Box::new(move |lies| lies.claims["exp"] = json!(seconds - 61))),
        ("in the future", Box::new(move |lies| lies.claims["iat"] = json!(seconds + 61))),
        (
            "signature does not hold",
            Box::new(|lies| {
                lies.header = json!({ "alg": "none" });
                lies.signature = Some(String::new());
            }),
        ),
        // Signed with what the client knows, instead of by a key.
        ("signature does not hold", Box::new(|lies| lies.header["alg"] = json!("HS256"))),
        ("signature does not hold", Box::new(|lies| lies.header["kid"] = json!("unknown"))),
        ("signature does not hold", Box::new(|lies| lies.signature = Some(encoded([7; 64])))),
        ("signature does not hold", Box::new(|lies| lies.key = key())),
        ("is not the id token's", Box::new(|lies| lies.claims["at_hash"] = json!("AAAA"))),
        ("does not take the code: invalid_grant", Box::new(|lies| lies.status = 400)),
        ("answers 302", Box::new(|lies| lies.status = 302)),
        (
            "answer cannot be read",
            Box::new(|lies| {
                lies.claims["preferred_username"] = json!(7);
            }),
        ),
        (
            "does not say `preferred_username`",
            Box::new(|lies| {
                lies.claims.as_object_mut().unwrap().remove("preferred_username");
                lies.user_info = Some(json!({ "sub": "4711" }));
            }),
        ),
    ];
    for (why, lie) in lies {
        let provider = Provider::new().await;
        let said = provider.lying(lie).await;
        assert!(said.contains(why), "expected {why:?}: {said}");
        assert!(!said.contains("eyJ"), "a token is told: {said}");
    }
}

#[tokio::test]
async fn clocks_may_be_a_minute_apart() {
    let seconds = NOW.as_ms() / 1000;
    let provider = Provider::new().await;
    let said = provider.lying(move |lies| lies.claims["exp"] = json!(seconds - 59)).await;
    assert!(said.starts_with("let in"), "{said}");
    let said = provider.lying(move |lies| {
        lies.claims["iat"] = json!(seconds + 59);
        lies.claims["exp"] = json!(seconds + 300);
    });
    let said = said.await;
    assert!(said.starts_with("let in"), "{said}");
}

#[tokio::test]
async fn another_key_is_asked_for_once_it_signs() {
    let mut provider = Provider::new().await;
    assert!(provider.lying(|_| {}).await.starts_with("let in"));
    let rotate = |lies: &mut Lies| {
        lies.key = key();
        lies.published = "second";
        lies.header["kid"] = json!("second");
    };
    // Not at once: an unknown key may be anybody's.
    assert!(provider.lying(rotate).await.contains("no matching key"));
    let known = provider.sign_ins.known.get_mut();
    known.as_mut().unwrap().at = Timestamp::from_ms(NOW.as_ms() - 31_000);
    assert!(provider.lying(|_| {}).await.starts_with("let in"));
}

#[tokio::test]
async fn what_the_token_lacks_the_provider_is_asked_for() {
    let provider = Provider::new().await;
    let without = |lies: &mut Lies| {
        lies.claims["preferred_username"].take();
        lies.claims.as_object_mut().unwrap().remove("preferred_username");
    };
    let said = provider.lying(|lies| {
        without(lies);
        lies.user_info = Some(json!({ "sub": "4711", "preferred_username": "ben", "groups": ["admins"] }));
    });
    let said = said.await;
    // What the token says stands.
    assert!(said.contains("ben") && said.contains("shop") && !said.contains("admins"), "{said}");
    let said = provider.lying(|lies| {
        without(lies);
        lies.user_info = Some(json!({ "sub": "4712", "preferred_username": "ben" }));
    });
    assert!(said.await.contains("answers for somebody else"));
}

#[tokio::test]
async fn nothing_is_asked_that_others_could_read_or_that_lies_elsewhere() {
    for (name, url) in [
        ("token_endpoint", "http://192.0.2.1/token"),
        ("jwks_uri", "http://169.254.169.254/latest/meta-data"),
        ("jwks_uri", "https://169.254.169.254/latest/meta-data"),
        ("jwks_uri", "file:///etc/passwd"),
        ("authorization_endpoint", "http://192.0.2.1/authorize"),
        ("issuer", "http://127.0.0.1:1"),
    ] {
        let provider = Provider::new().await;
        provider.bend(|lies| lies.metadata = json!({ name: url }));
        let said = match provider.sign_ins.begin(&provider.oidc, BACK, NOW).await {
            Ok(begun) => {
                provider.bend(|lies| lies.claims["nonce"] = json!(begun.nonce));
                provider.finish(&begun).await.map(drop)
            }
            Err(error) => Err(error),
        };
        let Err(NotSaid::Away(why)) = said else { panic!("{name} {url}: {said:?}") };
        let expected = [
            "does not say how to sign in",
            "only https is",
            "link-local",
            "another than the definitions",
            "does not answer",
        ];
        assert!(expected.iter().any(|part| why.contains(part)), "{name} {url}: {why}");
    }
}

#[tokio::test]
async fn a_provider_that_is_down_is_said_to_be() {
    let provider = Provider::new().await;
    let mut oidc = provider.oidc.clone();
    oidc.issuer = "http://127.0.0.1:1".to_owned();
    let said = provider.sign_ins.begin(&oidc, BACK, NOW).await.map(drop);
    assert!(matches!(&said, Err(NotSaid::Away(why)) if why.contains("does not answer")), "{said:?}");
}

#[tokio::test]
async fn whoever_signs_out_is_led_to_the_providers_page_where_it_has_one() {
    const LEFT: &str = "http://127.0.0.1:7070/sign-in/left";
    let provider = Provider::new().await;
    assert_eq!(provider.sign_ins.leave(&provider.oidc, LEFT, NOW).await, Ok(None));
    let at = |issuer: &str| format!("{issuer}/end?tenant=shop");
    let provider = Provider::new().await;
    let issuer = provider.oidc.issuer.clone();
    provider.bend(|lies| lies.metadata = json!({ "end_session_endpoint": at(&issuer) }));
    let leave = || provider.sign_ins.leave(&provider.oidc, LEFT, NOW);
    let (first, second) = (leave().await.unwrap().unwrap(), leave().await.unwrap().unwrap());
    assert_ne!(first.state, second.state);
    assert!(first.url.starts_with(&at(&issuer)), "{}", first.url);
    for part in ["client_id=andon", "post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A7070%2Fsign-in%2Fleft"]
    {
        assert!(first.url.contains(part), "{}", first.url);
    }
    assert!(
        first.url.contains(&format!("state={}", first.state)) && !first.url.contains("hush"),
        "{}",
        first.url
    );
    for elsewhere in ["http://192.0.2.1/end", "https://169.254.169.254/end"] {
        let provider = Provider::new().await;
        provider.bend(|lies| lies.metadata = json!({ "end_session_endpoint": elsewhere }));
        let said = provider.sign_ins.leave(&provider.oidc, LEFT, NOW).await;
        assert!(matches!(said, Err(NotSaid::Away(_))), "{elsewhere}: {said:?}");
    }
}
