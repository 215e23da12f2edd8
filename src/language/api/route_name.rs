//! Names of routes: a method and a path with parameters.

use std::collections::BTreeSet;
use std::fmt;

use crate::language::api::{RouteName, Segment};
use crate::language::name::{Name, label_of};
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse, serialized_as_displayed};
use crate::syntax::Value;

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// More than any API needs, and few enough for every request to be matched quickly.
const MOST_SEGMENTS: usize = 32;

impl Parse for RouteName {
    const FORM: Form = Form {
        name: "route",
        expects: "a method in capitals, a space and a path whose parameters are in braces",
        example: "\"GET /projects/{project}\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&respelled(text), Self::read))
    }
}

impl RouteName {
    /// The parameters of the path, in its order.
    pub fn parameters(&self) -> impl Iterator<Item = &Name> {
        self.path.iter().filter_map(|it| match it {
            Segment::Parameter(name) => Some(name),
            Segment::Word(_) => None,
        })
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 512)?;
        let Some((method, path)) = text.split_once(' ') else {
            return Err(form.refuse(if text.starts_with('/') {
                format!("{} has no method before its path", quote(text))
            } else {
                format!("{} has no path behind its method", quote(text))
            }));
        };
        if !METHODS.contains(&method) {
            return Err(Invalid::new(format!("{} is not a method", quote(method)))
                .help(format!("write one of {}", METHODS.map(|it| format!("`{it}`")).join(", "))));
        }
        let Some(rest) = path.strip_prefix('/') else {
            return Err(form.refuse(format!("the path {} does not start with `/`", quote(path))));
        };
        if path.contains(['?', '#']) {
            return Err(form
                .refuse(format!("the path {} has a query or fragment", quote(path)))
                .help("leave out the `?` or `#` and what follows: a route is a path"));
        }
        if rest.ends_with('/') {
            return Err(form.refuse(format!("the path {} ends with `/`", quote(path))));
        }
        if rest.split('/').count() > MOST_SEGMENTS {
            return Err(form.refuse(format!("the path {} has more than {MOST_SEGMENTS} parts", quote(path))));
        }
        let path: Vec<Segment> = match rest {
            "" => Vec::new(),
            parts => parts.split('/').map(|it| segment(it, path)).collect::<Result<_, _>>()?,
        };
        let route = Self { path, method: method.to_owned() };
        let mut seen = BTreeSet::new();
        if let Some(twice) = route.parameters().find(|it| !seen.insert(*it)) {
            let message = format!("{} has the parameter `{twice}` twice", quote(text));
            return Err(Invalid::new(message).help("give each parameter a name of its own"));
        }
        Ok(route)
    }
}

impl fmt::Display for RouteName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.method)?;
        if self.path.is_empty() {
            return formatter.write_str("/");
        }
        self.path.iter().try_for_each(|it| match it {
            Segment::Word(word) => write!(formatter, "/{word}"),
            Segment::Parameter(name) => write!(formatter, "/{{{name}}}"),
        })
    }
}

serialized_as_displayed!(RouteName);

/// Reads what stands between two `/`.
fn segment(text: &str, path: &str) -> Result<Segment, Invalid> {
    let form = RouteName::FORM;
    if let Some(name) = text.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
        let name = Name::read(name).map_err(|it| Invalid {
            message: format!("the parameter {} cannot be called that: {}", quote(text), it.message),
            ..it
        })?;
        return Ok(Segment::Parameter(name));
    }
    let refuse = |what: String| Err(form.refuse(format!("the path {} {what}", quote(path))));
    match text {
        "" => refuse("has two `/` in a row".to_owned()),
        "." | ".." => refuse(format!("has `{text}` between its `/`")),
        it if it.starts_with(':') => {
            refuse(format!("has {}, and parameters stand in braces here", quote(it)))
        }
        it if it.contains('*') => refuse("has a `*`, and routes have no wildcards".to_owned()),
        it if it.contains(['{', '}']) => {
            refuse(format!("has {}, and a parameter is a whole part of the path", quote(it)))
        }
        // What could be escaped is left out: services and policy see such a path in different spellings.
        it => match it.chars().find(|it| !(it.is_ascii_alphanumeric() || "-._~!$&'()+,;=:@".contains(*it))) {
            Some(stray) => refuse(format!("has {} in it", quote(stray.encode_utf8(&mut [0; 4])))),
            None => Ok(Segment::Word(it.to_owned())),
        },
    }
}

/// A route as others write it: `get /projects/:project_id/` as `GET /projects/{project-id}`.
fn respelled(text: &str) -> String {
    let (method, path) = text.trim().split_once(' ').unwrap_or(("", text));
    let parts = path.trim().split('/').filter(|it| !it.is_empty());
    let path = parts.fold(String::new(), |path, part| {
        let braced = part.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        match part.strip_prefix(':').or(braced) {
            Some(name) => format!("{path}/{{{}}}", label_of(name)),
            None => format!("{path}/{part}"),
        }
    });
    format!("{} {}", method.to_ascii_uppercase(), if path.is_empty() { "/" } else { &path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn routes_are_a_method_and_a_path() {
        insta::assert_snapshot!(check::<RouteName>(r"
            GET /projects/{project}
            POST /teams/{team}/members
            GET /
            GET /v1/things:cancel
            get /projects
            GET /projects/
            GET  //projects
            GET /projects/:project
            GET /projects/{project_id}
            GET /projects/{}
            GET /projects/{1}
            GET /a/{x}/b/{x}
            GET /a/x-{id}
            GET /a/{id}.json
            GET /a?b=c
            GET /a/../b
            GET /a/*
            GET /a%20b
            GET /ä
            FETCH /a
            /projects
            GET
            GET projects
            GET /a b
            5
        "), @r##"
        GET /projects/{project} => GET /projects/{project}
        POST /teams/{team}/members => POST /teams/{team}/members
        GET / => GET /
        GET /v1/things:cancel => GET /v1/things:cancel
        get /projects => `get` is not a method | write one of `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`, `OPTIONS` | "GET /projects"
        GET /projects/ => the path `/projects/` ends with `/` | write a method in capitals, a space and a path whose parameters are in braces, as in `"GET /projects/{project}"` | "GET /projects"
        GET  //projects => the path ` //projects` does not start with `/` | write a method in capitals, a space and a path whose parameters are in braces, as in `"GET /projects/{project}"` | "GET /projects"
        GET /projects/:project => the path `/projects/:project` has `:project`, and parameters stand in braces here | write a method in capitals, a space and a path whose parameters are in braces, as in `"GET /projects/{project}"` | "GET /projects/{project}"
        GET /projects/{project_id} => the parameter `{project_id}` cannot be called that: `project_id` has `_`, which a name cannot have | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"` | "GET /projects/{project-id}"
        GET /projects/{} => the parameter `{}` cannot be called that: a name cannot be empty | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"`
        GET /projects/{1} => the parameter `{1}` cannot be called that: `1` does not start with a letter | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"`
        GET /a/{x}/b/{x} => `GET /a/{x}/b/{x}` has the parameter `x` twice | give each parameter a name of its own
        GET /a/x-{id} => the path `/a/x-{id}` has `x-{id}`, and a parameter is a whole part of the path | write a method in capitals, a space and a path whose parameters are in braces, as in `"GET /projects/{project}"`
        GET /a/{id}.json => the path `/a/{id}.json` has `{id}.json`, and a parameter is a whole part of the path | write a method in capitals, a space and a path whose parameters are in braces, as in `"GET /projects/{project}"`
        GET /a?b=c => the path `/a?b=c` has a query or fragment | leave out the `?` or `#` and what follows: a route is a path
        GET /a/../b => the path `/a/../b` has `..` between its `/` | write a method in capitals, a space and a path whose parameters are in braces, as in `"GET /projects/{project}"`
        GET /a/* => the path `/a/*` has a `*`, and routes have no wildcards | write a method in capitals, a space and a path whose parameters are in braces, as in `"GET /projects/{project}"`
        GET /a%20b => the path `/a%20b` has `%` in it | write a method in capitals, a space and a path whose parameters are in braces, as in `"GET /projects/{project}"`
        GET /ä => the path `/ä` has `ä` in it | write a method in capitals, a space and a path whose parameters are in braces, as in `"GET /projects/{project}"`
        FETCH /a => `FETCH` is not a method | write one of `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`, `OPTIONS`
        /projects => `/projects` has no method before its path | write a method in capitals, a space and a path whose parameters are in braces, as in `"GET /projects/{project}"`
        GET => `GET` has no path behind its method | write a method in capitals, a space and a path whose parameters are in braces, as in `"GET /projects/{project}"`
        GET projects => the path `projects` does not start with `/` | write a method in capitals, a space and a path whose parameters are in braces, as in `"GET /projects/{project}"` | "GET /projects"
        GET /a b => the path `/a b` has ` ` in it | write a method in capitals, a space and a path whose parameters are in braces, as in `"GET /projects/{project}"`
        5 => expected a route, found the number `5` | write a method in capitals, a space and a path whose parameters are in braces, as in `"GET /projects/{project}"`
        "##);
    }

    #[test]
    fn a_path_has_a_bounded_number_of_parts() {
        let told = check::<RouteName>(&format!("GET {}", "/a".repeat(33)));
        assert!(told.contains("has more than 32 parts"), "{told}");
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<RouteName>("(GET|post) (/([a-z]{1,3}|\\{[a-z_]{1,3}\\}|:[a-z]{1,2})){0,4}/?");
    }
}
