//! How an API server is asked: one request, its answer or its refusal. What is asked for is `kubernetes`' matter.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use ureq::http::{HeaderMap, Method, Request};
use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider};

/// A connection to an API server, as its administrator.
pub(super) struct Client {
    agent: ureq::Agent,
    url: String,
    authorization: String,
}

/// What the server answered to a request that it accepted.
#[derive(Debug)]
pub(super) struct Answer {
    /// The object as the server has it now, or would have it after a dry run.
    pub(super) object: Value,
    /// What it warned of: a deprecated version, a Pod Security level of `warn`, an unknown field that it ignored.
    pub(super) warnings: Vec<String>,
}

/// Why a request was refused.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The HTTP status; none if there was no answer.
    pub(super) status: Option<u16>,
    /// The server's own words.
    pub(super) message: String,
}

/// The body of a request, and how it is to be read.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    pub(super) media_type: &'static str,
    pub(super) bytes: &'a [u8],
}

impl Client {
    /// A client for `url` that trusts the last certificate of `chain` (PEM) and nobody else.
    pub(super) fn new(url: String, token: &str, chain: &[u8]) -> Result<Self, String> {
        let root = ureq::tls::parse_pem(chain).filter_map(Result::ok).filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        });
        let root = root.last().ok_or("the API server's certificate cannot be read")?;
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .root_certs(RootCerts::new_with_certs(&[root]))
            .build();
        let agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .proxy(None) // A proxy in the environment must not come between two programs of this machine.
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_mins(1)))
            .build()
            .into();
        Ok(Self { agent, url, authorization: format!("Bearer {token}") })
    }

    /// Asks once. `path` begins with a slash and carries its query.
    pub(super) fn ask(&self, method: Method, path: &str, body: Option<Body>) -> Result<Answer, Refusal> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", &self.authorization);
        let response = match body {
            None => request.body(()).map_err(Refusal::unanswered).map(|it| self.agent.run(it)),
            Some(Body { media_type, bytes }) => {
                let request = request.header("content-type", media_type).body(bytes);
                request.map_err(Refusal::unanswered).map(|it| self.agent.run(it))
            }
        };
        let mut response = response?.map_err(Refusal::unanswered)?;
        let warnings = warnings(response.headers());
        let text = response.body_mut().read_to_string().map_err(Refusal::unanswered)?;
        let object = serde_json::from_str(&text).unwrap_or(Value::String(text));
        if response.status().is_success() {
            return Ok(Answer { object, warnings });
        }
        let message = object["message"].as_str().or(object.as_str()).unwrap_or("(no message)").to_owned();
        Err(Refusal { status: Some(response.status().as_u16()), message })
    }

    /// Asks for what is at `path`.
    pub(super) fn get(&self, path: &str) -> Result<Value, Refusal> {
        self.ask(Method::GET, path, None).map(|it| it.object)
    }
}

impl Refusal {
    /// There is nothing of that name.
    pub(super) fn is_not_found(&self) -> bool {
        self.status == Some(404)
    }

    fn unanswered(error: impl fmt::Display) -> Self {
        Self { status: None, message: error.to_string() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self.status {
            Some(status) => write!(formatter, "{status}: {}", self.message),
            None => write!(formatter, "no answer: {}", self.message),
        }
    }
}

/// The texts of the `Warning` headers, which look like `299 - "the text"`.
fn warnings(headers: &HeaderMap) -> Vec<String> {
    let lines =
        headers.get_all("warning").iter().map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
    lines
        .map(|line| match line.split_once('"') {
            Some((_, text)) => text.trim_end_matches('"').replace("\\\"", "\""),
            None => line,
        })
        .collect()
}
