//! The URL of the Bot API, checked once so that each request's URL is valid.

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use rustls::pki_types::ServerName;

use super::token::BotToken;
use crate::error::InvalidArgument;

/// The base of all URLs: scheme, host, optional port and path prefix, without a slash at the end.
#[derive(Debug, Clone)]
pub(super) struct BaseUrl(Box<str>);

impl BaseUrl {
    /// The most bytes of a base URL. With the bound on a token, it keeps every request's URL valid.
    const LONGEST: usize = 2048;

    pub(super) fn telegram() -> Self {
        Self("https://api.telegram.org".into())
    }

    pub(super) fn parse(url: &str, token: &BotToken) -> Result<Self, InvalidArgument> {
        const RULE: InvalidArgument = InvalidArgument::new(
            "base_url",
            "must look like `https://host:port/prefix`, without user, query or fragment",
        );
        if token.is_in(url) {
            return Err(InvalidArgument::new("base_url", "must not hold the token, which is added to it"));
        }
        if url.len() > Self::LONGEST || url.contains(['?', '#', '@']) {
            return Err(RULE);
        }
        let uri: Uri = url.parse().map_err(|_| RULE)?;
        let host = uri.host().unwrap_or_default();
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        // Refused here, because a connector would silently ignore an invalid port.
        let well_formed = match uri.port_u16() {
            Some(port) => port != 0,
            None => authority == host,
        };
        let known_scheme =
            matches!(uri.scheme(), Some(scheme) if *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS);
        let can_be_named = ServerName::try_from(host.trim_start_matches('[').trim_end_matches(']')).is_ok();
        if !known_scheme || !well_formed || !can_be_named {
            return Err(RULE);
        }
        Ok(Self(url.trim_end_matches('/').into()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the server's URL without a path.
    pub(super) fn origin(&self) -> Uri {
        let mut parts = self.uri().into_parts();
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        Uri::from_parts(parts).expect("scheme, authority and path make a URL")
    }

    /// Returns the value of the `host` header: the host, with its port unless that is the scheme's default.
    pub(super) fn host(&self) -> HeaderValue {
        let uri = self.uri();
        let own_port = if uri.scheme() == Some(&Scheme::HTTP) { 80 } else { 443 };
        let host = if uri.port_u16() == Some(own_port) {
            uri.host()
        } else {
            uri.authority().map(Authority::as_str)
        };
        HeaderValue::from_str(host.unwrap_or_default())
            .expect("what may stand in a URL may stand in a header")
    }

    /// Returns the path of a method of the Bot API. It contains the token, so use it only in the request.
    pub(super) fn method(&self, token: &BotToken, method: &'static str) -> Uri {
        let uri = self.uri();
        let prefix = uri.path().trim_end_matches('/');
        Uri::try_from(format!("{prefix}/bot{}/{method}", token.expose()))
            .expect("a checked prefix, a checked token and a fixed name make a path")
    }

    fn uri(&self) -> Uri {
        self.0.parse().expect("it was checked")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> BotToken {
        BotToken::new("123:S3CR3T").unwrap()
    }

    #[test]
    fn takes_servers_with_port_and_prefix() {
        for (url, origin, host, path) in [
            ("https://api.telegram.org", "https://api.telegram.org/", "api.telegram.org", ""),
            ("https://api.telegram.org/", "https://api.telegram.org/", "api.telegram.org", ""),
            ("https://h:443", "https://h:443/", "h", ""),
            ("http://h:443", "http://h:443/", "h:443", ""),
            ("http://h:80/", "http://h:80/", "h", ""),
            ("http://bot_api:8081", "http://bot_api:8081/", "bot_api:8081", ""),
            ("http://127.0.0.1:8081/tg/api/", "http://127.0.0.1:8081/", "127.0.0.1:8081", "/tg/api"),
            ("HTTPS://[::1]:8443/tg", "https://[::1]:8443/", "[::1]:8443", "/tg"),
        ] {
            let base = BaseUrl::parse(url, &token()).unwrap();
            assert_eq!(
                (base.origin().to_string(), base.host()),
                (origin.to_owned(), HeaderValue::from_static(host))
            );
            assert_eq!(base.method(&token(), "getMe").to_string(), format!("{path}/bot123:S3CR3T/getMe"));
        }
        assert_eq!(BaseUrl::telegram().host(), "api.telegram.org");
    }

    #[test]
    fn refuses_what_no_request_could_go_to() {
        for url in [
            "",
            "/",
            "localhost",
            "localhost:80",
            "ftp://h",
            "file:///etc",
            "https://",
            "https:///p",
            "https://user@h",
            "https://user:pw@h",
            "https://h?q",
            "https://h/#f",
            "https://h:0",
            "https://h:",
            "https://h:99999",
            "https://h:80x",
            "https://a b",
            "https://h/a b",
            "https://h/\n",
            " https://h",
            "https://-",
            "https://h/bot123:S3CR3T",
        ] {
            let error = BaseUrl::parse(url, &token()).map(|base| base.0).unwrap_err();
            assert_eq!(error.argument(), "base_url", "{url}");
        }
        assert!(BaseUrl::parse(&format!("https://h/{}", "a".repeat(3000)), &token()).is_err());
    }

    #[test]
    fn the_longest_of_all_make_a_url() {
        let token = BotToken::new(format!("1:{}", "a".repeat(254))).unwrap();
        let base = BaseUrl::parse(&format!("https://h/{}", "b".repeat(2038)), &token).unwrap();
        assert!(base.method(&token, "sendAnimation").path().ends_with("/sendAnimation"));
    }
}
