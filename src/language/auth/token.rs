//! What is issued: access tokens, refresh tokens, the key that signs them, and the memory of those that were revoked.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Context;
use crate::language::auth::{self, DAY, HOUR, MINUTE};
use crate::language::database::Database;
use crate::language::database::caller::{CallingWorkload, Privilege};
use crate::language::database::table::Table;
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::{InProject, Name};
use crate::language::obligation;
use crate::language::reach;
use crate::language::secret::taken::{KEY, SecretValue};
use crate::language::value::postgres::Identifier;
use crate::language::value::refusal::quote;
use crate::language::value::time::{Seconds, as_days, as_seconds};
use crate::language::value::{Form, Invalid, Parse};
use crate::language::word::words;
use crate::source::{Span, Spanned};
use crate::syntax::Value;

/// The table of access tokens.
pub static ACCESS: Kind = Kind::new(
    "access-token",
    Class::Single,
    "The token that a client shows with every request: a signed JWT (`typ` is `at+jwt`). It cannot be taken back from who \
     has it, so it lives shortly.",
)
.arguments(&[Field::required::<Seconds>("time", "How long it lives; at most 7 days, and more than an hour earns a warning.").unit(as_seconds)])
.children(&[&CLAIMS]);

static CLAIMS: Kind = Kind::new(
    "claims",
    Class::List,
    "What a token says of who shows it. `iss`, `aud`, `iat`, `exp` and `jti` are always there. `sub` alone where it is not \
     written.",
)
.rest(Field::required::<WrittenClaim>("claim", "A claim."));

/// The table of refresh tokens.
pub static REFRESH: Kind = Kind::new(
    "refresh-token",
    Class::Single,
    "What a client gets its next access token with: 32 random bytes, of which the service keeps only the hash. Each is used \
     once and replaced; one that comes a second time ends the session. Without it, people log in again.",
)
.arguments(&[Field::required::<Seconds>("time", "How long a session lives at the most.")])
.properties(&[
    Field::optional::<Seconds>("idle", "How long it lives without being used; 7 days, or less where all of it is shorter."),
    Field::default::<Seconds>("grace", "\"0s\"", "How long the last one still works, for answers that were lost; at most a minute."),
]);

/// The table of the signing key.
pub static SIGNING_KEY: Kind = Kind::new(
    "signing-key",
    Class::Single,
    "What tokens are signed with. A new key is published before it signs, and an old one stays published until its last token \
     has ended.",
)
.properties(&[
    Field::reference("secret", "The secret that holds the key.").must(),
    KEY,
    Field::default::<Seconds>("every", "\"90d\"", "How often it is replaced.").unit(as_days),
    Field::default::<Algorithm>("algorithm", "\"EdDSA\"", "How it signs."),
]);

/// The table of the memory of revoked tokens.
pub static REVOCATIONS: Kind = Kind::new(
    "revocations",
    Class::Single,
    "How long it is remembered that a token was revoked, by its `jti`: for a time, or as long as a table keeps its rows. Where \
     it is not written, until the token ends.",
)
.properties(&[
    Field::optional::<Seconds>("retain", "How long; not shorter than an access token lives.").unit(as_days),
    Field::reference("database", "The database with the table, at the top."),
    Field::optional::<Identifier>(
        "table",
        "The table, with a column `jti`; its own `retain` says how long. The token service is a `caller` that selects and \
         inserts there.",
    ),
]);

/// What a token says of who shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// `sub`: the id of the person.
    Sub,
    /// `email`: their verified address.
    Email,
    /// `email_verified`: always true; for programs that ask.
    EmailVerified,
    /// `name`: what they are called.
    Name,
    /// `roles`: their roles on the platform.
    Roles,
    /// `team_ids`: the ids of the teams that they are in.
    TeamIds,
    /// `teams`: their roles in each team, by its id.
    Teams,
    /// `projects`: their roles in each project, by its id, beside those of its team.
    Projects,
    /// `client_id`: the client that they logged in to.
    ClientId,
    /// `scope`: what that client is allowed, separated by spaces.
    Scope,
    /// `auth_time`: when they logged in.
    AuthTime,
    /// `amr`: how they logged in, `mfa` among it where a second factor was shown.
    Amr,
}

words! {
    Claim: "claim",
    Sub = "sub",
    Email = "email",
    EmailVerified = "email_verified",
    Name = "name",
    Roles = "roles",
    TeamIds = "team_ids",
    Teams = "teams",
    Projects = "projects",
    ClientId = "client_id",
    Scope = "scope",
    AuthTime = "auth_time",
    Amr = "amr",
}

/// What is in every token.
pub const ALWAYS: [&str; 5] = ["aud", "exp", "iat", "iss", "jti"];

/// A claim as written: `None` for one that is always there.
struct WrittenClaim(Option<Claim>);

impl Parse for WrittenClaim {
    const FORM: Form = Claim::FORM;

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        match value {
            Value::String(text) if ALWAYS.contains(&text) => Ok(Self(None)),
            value => Claim::parse(value).map(|it| Self(Some(it))),
        }
    }
}

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// Ed25519.
    EdDsa,
    /// ECDSA on P-256.
    Es256,
    /// HMAC with SHA-256: whoever checks a token could make one.
    Hs256,
}

words! { Algorithm: "signing algorithm", EdDsa = "EdDSA", Es256 = "ES256", Hs256 = "HS256" }

/// What a client gets.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AccessToken {
    /// How long it lives.
    pub lifetime: Seconds,
    /// What it says, beside what is always there.
    pub claims: BTreeSet<Claim>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What a client gets its next access token with.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RefreshToken {
    /// How long a session lives at the most.
    pub lifetime: Seconds,
    /// How long it lives without being used.
    pub idle: Seconds,
    /// How long the last one still works after it was replaced.
    pub grace: Seconds,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What tokens are signed with.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SigningKey {
    /// The secret that holds it.
    pub secret: SecretValue,
    /// How often it is replaced.
    pub every: Seconds,
    /// How it signs.
    pub algorithm: Algorithm,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// How long it is remembered that a token was revoked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Revocations {
    /// How long; null for ever.
    pub retain: Option<Seconds>,
    /// The table with the rows; null where the token service keeps them by itself.
    pub table: Option<RevocationTable>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Where it is kept that a token was revoked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RevocationTable {
    /// The database, at the top.
    pub database: Name,
    /// The table.
    pub table: Identifier,
}

/// The longest that an access token may live.
const LONGEST: Seconds = Seconds(7 * DAY.0);
/// From here on it is worth a word.
const LONG: Seconds = HOUR;
const LONGEST_SESSION: Seconds = Seconds(365 * DAY.0);
const LONGEST_GRACE: Seconds = MINUTE;
const IDLE: Seconds = Seconds(7 * DAY.0);

/// Reads what a client gets.
pub fn resolve_access(auth: &Item<'_>, sink: &mut Diagnostics) -> AccessToken {
    let Some(item) = auth.child(ACCESS.word) else {
        return AccessToken {
            lifetime: item::stand_in(),
            claims: BTreeSet::from([Claim::Sub]),
            span: auth.span(),
        };
    };
    let lifetime = item.argument::<Seconds>(0, sink);
    if let Some(Spanned { value, span }) = &lifetime {
        // As its author counts it: `24h` is not told as `1d`.
        let written = quote(item.entries(0).next().map_or("", |it| it.text().trim_matches('"')));
        if *value > LONGEST {
            let message = format!("an access token may live 7 days, not {written}");
            sink.report(Diagnostic::new(Code::TokenTooLong, *span, message).help(HOW_LONG));
        } else if *value > LONG {
            let message = format!("whoever finds an access token can use it for {written}");
            sink.report(Diagnostic::new(Code::TokenLong, *span, message).help(HOW_LONG));
        } else if *value < MINUTE {
            let message = format!("an access token that lives {written} has often ended when it arrives");
            sink.report(Diagnostic::new(Code::TokenTimes, *span, message).help("write `\"1m\"` or more"));
        }
    }
    // What it cannot be is not held against anything else.
    let lifetime = lifetime.filter(|it| it.value <= LONGEST);
    AccessToken {
        lifetime: lifetime.map_or_else(item::stand_in, |it| it.value),
        claims: item.child(CLAIMS.word).map_or(BTreeSet::from([Claim::Sub]), |it| resolve_claims(it, sink)),
        span: item.span(),
    }
}

const HOW_LONG: &str =
    "write `\"15m\"`, and declare a `refresh-token`: it is asked about at each use, and can be taken back";

fn resolve_claims(list: &Item<'_>, sink: &mut Diagnostics) -> BTreeSet<Claim> {
    let mut claims = BTreeSet::new();
    let written = list.rest::<WrittenClaim>(sink);
    let is_whole = written.len() == list.entries(0).count();
    for (Spanned { value, span }, entry) in written.into_iter().zip(list.entries(0)) {
        match value.0 {
            Some(claim) => _ = claims.insert(claim),
            None => {
                let message = format!("`{}` is in every token", list.node().text(span).trim_matches('"'));
                sink.report(
                    Diagnostic::new(Code::ClaimRestated, span, message)
                        .help("leave it out: it is there without being written")
                        .replace(list.node().removal(entry.span()), ""),
                );
            }
        }
    }
    if is_whole && !claims.contains(&Claim::Sub) {
        let message = "a token without `sub` does not say whose it is";
        sink.report(
            Diagnostic::new(Code::TokenOfNobody, list.span(), message)
                .help("add `\"sub\"`: every decision is about somebody")
                .replace(list.node().head_span().after(), " \"sub\""),
        );
    }
    claims
}

/// Reads what a client gets its next access token with.
pub fn resolve_refresh(
    auth: &Item<'_>,
    access: &AccessToken,
    sink: &mut Diagnostics,
) -> Option<RefreshToken> {
    let item = auth.child(REFRESH.word)?;
    let lifetime = item.argument::<Seconds>(0, sink);
    let idle = item.property::<Seconds>("idle", sink);
    let grace = item.property::<Seconds>("grace", sink);
    let mut refuse = |span: Span, message: String, help: &str| {
        sink.report(Diagnostic::new(Code::TokenTimes, span, message).help(help));
    };
    if let Some(Spanned { value, span }) = &lifetime {
        if *value > LONGEST_SESSION {
            refuse(*span, format!("a session may live a year, not `{value}`"), "write `\"30d\"`");
        } else if *value <= access.lifetime {
            let message = format!("a refresh token that lives `{value}` ends before the access token does");
            refuse(*span, message, "let it live longer, or leave `refresh-token` out");
        }
    }
    if let (Some(idle), Some(lifetime)) = (&idle, &lifetime) {
        if idle.value > lifetime.value {
            let message =
                format!("`idle` is `{}`, and the session ends after `{}`", idle.value, lifetime.value);
            refuse(idle.span, message, "write less than the whole session, or leave `idle` out");
        } else if idle.value <= access.lifetime {
            let message =
                format!("after `{}` without use the session ends, before the access token does", idle.value);
            refuse(idle.span, message, "write more than an access token lives");
        }
    }
    if let Some(grace) = grace.as_ref().filter(|it| it.value > LONGEST_GRACE) {
        let message = format!("for `{}` a stolen refresh token works beside the right one", grace.value);
        refuse(
            grace.span,
            message,
            "write `\"5s\"`: it is for answers that were lost on the way, at most a minute",
        );
    }
    let lifetime = lifetime.map_or(LONGEST_SESSION, |it| it.value);
    Some(RefreshToken {
        lifetime,
        idle: idle.map_or(IDLE.min(lifetime), |it| it.value),
        grace: grace.map_or(Seconds(0), |it| it.value),
        span: item.span(),
    })
}

/// Reads what tokens are signed with.
pub fn resolve_key<'a>(auth: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> SigningKey {
    let Some(item) = auth.child(SIGNING_KEY.word) else {
        let span = auth.span();
        return SigningKey {
            secret: SecretValue::stand_in(),
            every: Seconds(90 * DAY.0),
            algorithm: Algorithm::EdDsa,
            span,
        };
    };
    let secret = auth::resolve_secret(item, context, sink);
    SigningKey {
        every: item.property_or_default("every", sink),
        algorithm: item.property_or_default("algorithm", sink),
        secret: secret.unwrap_or_else(SecretValue::stand_in),
        span: item.span(),
    }
}

/// Reads how long it is remembered that a token was revoked.
pub fn resolve_revocations<'a>(
    auth: &Item<'a>,
    own: Option<&InProject>,
    databases: &BTreeMap<Name, Database>,
    outer: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Revocations> {
    let item = auth.child(REVOCATIONS.word)?;
    let span = item.span();
    let retain = item.property::<Seconds>("retain", sink);
    let written = item.property::<Identifier>("table", sink);
    let [has_time, has_table] = ["retain", "table"].map(|it| item.entry(it).is_some());
    if has_time == has_table {
        sink.report(reach::not_exactly_one(item, &["retain", "table"]));
        return Some(Revocations { retain: None, table: None, span });
    }
    if has_time {
        return Some(Revocations { retain: retain.map(|it| it.value), table: None, span });
    }
    if item.entry("database").is_none() {
        let message = "the table does not say which database it is in";
        sink.report(Diagnostic::new(Code::MissingField, span, message).help("write `database=\"…\"`"));
    }
    let database =
        item.entry("database").and_then(|_| obligation::beside(item, databases, outer.scope, sink));
    let table = database.and_then(|it| it.find_table(written.as_ref()?.as_ref(), sink));
    let (Some(database), Some(table)) = (database, table) else {
        return Some(Revocations { retain: None, table: None, span });
    };
    if let Some(own) = own {
        check_table(database, table, own, span, sink);
    }
    let place = RevocationTable { database: database.name.clone(), table: table.name.clone() };
    Some(Revocations {
        retain: table.retain.as_ref().map(|it| Seconds(it.time.millis() / 1000)),
        table: Some(place),
        span,
    })
}

/// Reports a table that revoked tokens cannot be kept in.
fn check_table(database: &Database, table: &Table, own: &InProject, span: Span, sink: &mut Diagnostics) {
    let report = |message: String, help: String, sink: &mut Diagnostics| {
        sink.report(
            Diagnostic::new(Code::RevocationTable, span, message).related(table.span, "the table").help(help),
        );
    };
    if !table.columns.iter().any(|it| it.name.as_str() == "jti") {
        let message =
            format!("table `{}` has no column `jti`, by which revoked tokens are known", table.name);
        report(message, "add `column \"jti\" \"uuid\" primary-key=#true`".to_owned(), sink);
    }
    let callers = database.callers.values();
    let own_callers = callers.filter(|it| it.workload == CallingWorkload::Service(own.clone()));
    let held: BTreeSet<Privilege> =
        own_callers.filter_map(|it| it.privileges.get(&table.name)).flatten().copied().collect();
    let missing: Vec<&str> = [Privilege::Select, Privilege::Insert]
        .into_iter()
        .filter(|it| !held.contains(it))
        .map(Privilege::word)
        .collect();
    if !missing.is_empty() {
        let lines: Vec<String> = missing.iter().map(|it| format!("{it} \"{}\"", table.name)).collect();
        let message = format!("`{own}` may not {} in table `{}`", missing.join(" and "), table.name);
        let help = format!(
            "declare it in the database: `caller \"auth\" service=\"{own}\" {{ {} }}`",
            lines.join("; ")
        );
        report(message, help, sink);
    }
}
