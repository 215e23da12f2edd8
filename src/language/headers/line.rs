//! Headers as they are sent.

use std::collections::BTreeSet;

use crate::language::Platform;
use crate::language::headers::csp::{Csp, Sources};
use crate::language::headers::feature::Feature;
use crate::language::headers::{Frame, Headers, Hsts};

impl Headers {
    /// Name and value of each header, in the order in which they are sent. Names are in lower case.
    pub fn lines(&self, platform: &Platform) -> Vec<(&'static str, String)> {
        let Self { name: _, hsts, frame, csp, referrer_policy, permissions_policy, span: _ } = self;
        let mut lines = Vec::new();
        lines.extend(hsts.map(|it| ("strict-transport-security", it.in_header())));
        lines.extend(csp.as_ref().map(|it| ("content-security-policy", it.in_header(platform))));
        lines.extend(frame.map(|it| ("x-frame-options", it.in_header().to_owned())));
        lines.push(("x-content-type-options", "nosniff".to_owned()));
        lines.push(("referrer-policy", referrer_policy.word().to_owned()));
        lines.push(("permissions-policy", permissions(permissions_policy)));
        lines
    }
}

impl Hsts {
    fn in_header(self) -> String {
        let Self { max_age, subdomains, preload, span: _ } = self;
        let subdomains = if subdomains { "; includeSubDomains" } else { "" };
        let preload = if preload { "; preload" } else { "" };
        format!("max-age={}{subdomains}{preload}", max_age.seconds())
    }
}

impl Frame {
    fn in_header(self) -> &'static str {
        match self {
            Self::None => "DENY",
            Self::SameOrigin => "SAMEORIGIN",
        }
    }
}

impl Csp {
    fn in_header(&self, platform: &Platform) -> String {
        let Self { directives, written_ancestors: _, span: _ } = self;
        let lines = directives
            .iter()
            .map(|(directive, sources)| format!("{} {}", directive.in_header(), sources.in_header(platform)));
        lines.collect::<Vec<_>>().join("; ")
    }
}

impl Sources {
    fn in_header(&self, platform: &Platform) -> String {
        let Self { sources, services } = self;
        let mut texts: Vec<String> = sources.keys().map(super::source::Source::in_header).collect();
        let origins: BTreeSet<String> =
            services.keys().flat_map(|it| platform.origins(it)).map(|it| it.to_string()).collect();
        texts.extend(origins.into_iter().filter(|it| !sources.keys().any(|own| own.to_string() == *it)));
        texts.join(" ")
    }
}

fn permissions(allowed: &BTreeSet<Feature>) -> String {
    let texts = Feature::ALL.iter().map(|it| {
        let who = if allowed.contains(it) { "(self)" } else { "()" };
        format!("{}={who}", it.word())
    });
    texts.collect::<Vec<_>>().join(", ")
}
