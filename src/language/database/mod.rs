//! The `database` declaration: data, who may see which of its rows, and how long it is kept.
//!
//! What stands in one table is in [`table`], [`mod@column`], [`index`], [`check`], [`row`] and [`retain`]; [`condition`] judges what asks for
//! columns; [`key`] and [`way`] hold tables against each other; [`external`] and [`extension`] are what nothing
//! here describes; [`server`] says where the database runs, [`caller`]
//! which services have a role of their own in it, [`border`] who comes to it,
//! [`login`] who takes its login.

pub mod border;
pub mod caller;
pub mod check;
pub mod column;
pub mod condition;
pub mod declared_type;
pub mod extension;
pub mod external;
pub mod foreign_key;
pub mod index;
pub mod login;
pub mod key;
pub mod retain;
pub mod row;
pub mod server;
pub mod table;
pub mod way;

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::platform;
use crate::language::project::Project;
use crate::language::reach;
use crate::language::reference::Key;
use crate::language::secret::taken::{KEY, SecretValue};
use crate::language::value::json;
use crate::language::value::postgres::{ColumnPath, Identifier, PostgresVersion, Setting};
use crate::language::waive::{self, Safeguard, Waiver, Waivers};
use crate::language::word::words;
use crate::language::workload;
use crate::language::{Context, Platform};
use crate::source::{Span, Spanned};

use self::caller::Caller;
use self::column::Column;
use self::declared_type::TypeDeclaration;
use self::extension::Extension;
use self::external::External;
use self::server::Server;
use self::table::Table;

/// The table.
pub static KIND: Kind = Kind::new(
    "database",
    Class::Named,
    "A database: where it answers, which tables it has, who may see which rows, how long they are kept. What is rendered \
     by `build` are the ways to its server (NetworkPolicy), what workloads take of its login, and a server that it `run`s. Tables, \
     row rules, roles and privileges become migrations by `trackside migrate new`; once they have run, PostgreSQL enforces them. So do \
     the functions by which a scheduler deletes what is kept no longer. At the top it belongs to no \
     project and `offers` itself to some.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[Field::required::<Engine>("engine", "What kind of database it is.")])
.children(&[
    &server::SERVER,
    &server::RUN,
    &platform::POSTGRESQL,
    &LOGIN,
    &APPLICATION_ROLE,
    &READ_ONLY_ROLE,
    &LOGIN_ROLE,
    &CURRENT_USER,
    &ENCRYPTION,
    &reach::OFFERS,
    &caller::KIND,
    &declared_type::ENUM,
    &declared_type::DOMAIN,
    &table::KIND,
    &extension::KIND,
    &external::KIND,
    &waive::KIND,
])
.unused("no workload reaches it")
.most(100);

static LOGIN: Kind = Kind::new(
    "login",
    Class::Single,
    "The secret with which workloads log in. They take its values by `env … database= key=`, never the secret itself. All of \
     them log in by this one, so the roles of several `caller`s keep apart what they do by mistake, and not who holds the \
     password. For a server that `run`s here the operator makes one.",
)
.properties(&[Field::reference("secret", "The secret; its `keys` are what workloads can take.").must()]);

static APPLICATION_ROLE: Kind = Kind::new(
    "application-role",
    Class::Single,
    "The role as which services ask in the name of a user. Row rules hold for it; it owns nothing and bypasses nothing.",
)
.arguments(&[Field::required::<Identifier>("role", "The name of the role.")])
.default("\"application_role\"");

static READ_ONLY_ROLE: Kind = Kind::new(
    "read-only-role",
    Class::Single,
    "A role as which services ask in the name of a user and change nothing: what makes reports, or asks a replica. Row rules hold for \
     it as for the `application-role`, so it sees what the user may read; it has no other privilege.",
)
.arguments(&[Field::required::<Identifier>("role", "The name of the role.")]);

static LOGIN_ROLE: Kind = Kind::new(
    "login-role",
    Class::Single,
    "The role that `login` logs in as. By itself it may do nothing: it takes the `application-role`, the `read-only-role` or that of a \
     `caller` (`set role`), and inherits from none of them, so that no service does by mistake what another may. Whoever runs the server \
     gives it its password; no migration knows it.",
)
.arguments(&[Field::required::<Identifier>("role", "The name of the role.")]);

static CURRENT_USER: Kind = Kind::new(
    "current-user",
    Class::Single,
    "The setting by which a service says in whose name it asks, anew in every transaction. Where it is not set or empty, \
     nobody asks, and no row is anybody's.",
)
.arguments(&[Field::required::<Setting>("setting", "The name of the setting.")])
.default("\"app.current_user_id\"");

static ENCRYPTION: Kind = Kind::new(
    "encryption",
    Class::Single,
    "The key of columns with `encrypted=#true`. Services encrypt and decrypt; each value is bound to its table, column and \
     row, so that it is of no use anywhere else.",
)
.properties(&[Field::reference("secret", "The secret that is the key.").must(), KEY]);

/// What kind of database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL.
    Postgresql,
}

words! { Engine: "database engine", Postgresql = "postgresql" }

/// A value of a login, by which a service finds a database and its way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LoginKey {
    /// The name or address of the server.
    Host,
    /// Its port.
    Port,
    /// The name of the database on it.
    Database,
    /// Who logs in.
    Username,
    /// The password.
    Password,
    /// How the server is made sure of, as libpq has it: `verify-full`.
    SslMode,
}

words! {
    LoginKey: "key of a login",
    Host = "host",
    Port = "port",
    Database = "database",
    Username = "username",
    Password = "password",
    SslMode = "sslmode",
}

/// A database of a project or of the top, from anywhere in the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatabaseId {
    /// The project; `None` at the top.
    pub project: Option<Name>,
    /// Its name there.
    pub name: Name,
}

/// A database as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Database {
    /// What it is called.
    pub name: Name,
    /// What kind of database it is.
    pub engine: Engine,
    /// The major version of its server.
    pub version: PostgresVersion,
    /// Where it answers.
    pub server: Server,
    /// The secret with which workloads log in: of its project, or else of the top. Without one, the operator of the server
    /// makes one, or nobody takes any value of it.
    pub login: Option<Spanned<Name>>,
    /// The role as which services ask in the name of a user.
    pub application_role: Identifier,
    /// The role as which services only read in the name of a user.
    pub read_only_role: Option<Spanned<Identifier>>,
    /// The role that logs in, and takes one of the others.
    pub login_role: Option<Spanned<Identifier>>,
    /// The setting by which a service says in whose name it asks.
    pub current_user: Setting,
    /// The secret that is the key of encrypted columns.
    pub encryption: Option<SecretValue>,
    /// The projects that may reach it and log in; of no account for a database of a project.
    #[serde(serialize_with = "json::without_places")]
    #[schemars(with = "std::collections::BTreeSet<Name>")]
    pub offers: BTreeMap<Name, Span>,
    /// Services with a role of their own.
    pub callers: BTreeMap<Name, Caller>,
    /// The types that it declares.
    pub types: BTreeMap<Identifier, TypeDeclaration>,
    /// Its tables.
    pub tables: BTreeMap<Identifier, Table>,
    /// The extensions that it has.
    #[serde(serialize_with = "json::without_places")]
    #[schemars(with = "std::collections::BTreeSet<Extension>")]
    pub extensions: BTreeMap<Extension, Span>,
    /// What migrations make that are written by hand.
    pub external: Vec<External>,
    /// The waivers that its migrations may need.
    pub waivers: Vec<Waiver>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads all databases of a project, or of the top.
pub fn resolve<'a>(
    items: &[Item<'a>],
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> BTreeMap<Name, Database> {
    let databases = items.iter().filter(|it| it.kind.word == KIND.word);
    databases.filter_map(|it| resolve_one(it, context, sink)).map(|it| (it.name.clone(), it)).collect()
}

/// The defaults that a migration can leave. Whether it does, says the one that is yet to be written.
const OF_MIGRATIONS: [Safeguard; 3] =
    [Safeguard::KeptData, Safeguard::ShortLocks, Safeguard::CompatibleSchema];

fn resolve_one<'a>(item: &Item<'a>, outer: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Database> {
    let waivers = Waivers::of(&item.children, Some(outer.waivers), outer.scope, sink);
    let context = Context { waivers: &waivers, ..*outer };
    let name = item.own_name(sink);
    let engine = item.property::<Engine>("engine", sink).map_or_else(item::stand_in, |it| it.value);
    let version = item.value::<PostgresVersion>(platform::POSTGRESQL.word, sink);
    let version = version.map_or(context.postgresql, |it| it.value);
    let offers = reach::resolve_offers(item, &context, sink);
    reach::refuse_offers_of_project(item, &context, sink);
    let server = server::resolve(item, version, &context, sink);
    let types = declared_type::resolve(item, sink);
    let tables = table::resolve(item, &declared_type::of_columns(&types), sink);
    let database = Database {
        login: resolve_login(item, &context, sink),
        application_role: resolve_role(item, sink),
        read_only_role: resolve_own_role(item, READ_ONLY_ROLE.word, "only reads", sink),
        login_role: resolve_own_role(item, LOGIN_ROLE.word, "may do nothing before it takes one", sink),
        current_user: item.value_or_default::<Setting>(CURRENT_USER.word, sink),
        encryption: item
            .child(ENCRYPTION.word)
            .and_then(|it| workload::resolve_secret_value(it, &context, sink)),
        callers: caller::resolve(item, &tables, &context, sink),
        name: name?,
        engine,
        version,
        server,
        offers,
        extensions: extension::resolve(item, sink),
        external: external::resolve(item, &tables, sink),
        types,
        tables,
        waivers: OF_MIGRATIONS.iter().filter_map(|it| waivers.covering(*it).cloned()).collect(),
        span: item.span(),
    };
    table::check_names_before(&database.tables, sink);
    key::check(&database, sink);
    row::check(&database, sink);
    row::check_users(&database, sink);
    retain::check(&database, sink);
    check_encryption(&database, item, sink);
    check_plain(&database, &waivers, sink);
    waivers.report_unused(sink);
    outer.waivers_seen(&waivers);
    Some(database)
}

/// Reports actions that allow something on tables where there are none.
pub fn check_privileges(platform: &Platform, sink: &mut Diagnostics) {
    if platform.all_databases().next().is_some() {
        return;
    }
    let actions = platform.resources.values().flat_map(|it| it.actions.values());
    for action in actions.filter(|it| !it.postgres.is_empty()) {
        let message = format!("`{}` allows something on tables, and there is no database", action.name);
        sink.report(
            Diagnostic::new(Code::PrivilegesOfNothing, action.span, message)
                .help("leave `postgres` out, or declare the `database`"),
        );
    }
}

/// Reports values in the clear that look like secrets.
fn check_plain(database: &Database, waivers: &Waivers<'_>, sink: &mut Diagnostics) {
    for column in database.tables.values().flat_map(|it| &it.columns) {
        let default = match &column.default {
            Some(column::Default::Value(value)) => Some(value),
            _ => None,
        };
        let erased = column.erase.as_ref().and_then(|it| match &it.value {
            column::Erase::Value(value) => Some(value),
            column::Erase::Null => None,
        });
        for value in default.into_iter().chain(erased) {
            workload::check_plain(&value.to_string(), column.span, waivers, sink);
        }
    }
}

/// The roles that a server has for whoever runs it. They bypass every row rule.
const SUPERUSERS: [&str; 5] = ["azure_pg_admin", "cloudsqlsuperuser", "postgres", "rds_superuser", "root"];

/// A role that row rules hold for.
fn read_role(item: &Item<'_>, word: &str, sink: &mut Diagnostics) -> Option<Spanned<Identifier>> {
    let role = item.value::<Identifier>(word, sink)?;
    if SUPERUSERS.contains(&role.value.as_str()) {
        let message = format!("`{}` runs the server, and no row rule holds for it", role.value);
        sink.report(
            Diagnostic::new(Code::InvalidValue, role.span, message)
                .help("name a role of the application's own; it needs no rights beyond those declared here"),
        );
    }
    Some(role)
}

/// A role that no other one of the database is, for it `does` less.
fn resolve_own_role(
    item: &Item<'_>,
    word: &str,
    does: &str,
    sink: &mut Diagnostics,
) -> Option<Spanned<Identifier>> {
    let role = read_role(item, word, sink)?;
    let read_only = item.value::<Identifier>(READ_ONLY_ROLE.word, &mut Diagnostics::default());
    let application = resolve_role(item, &mut Diagnostics::default());
    let other = match role.value.as_str().strip_prefix(application.as_str()) {
        Some("") => Some("the `application-role`"),
        Some(rest) if caller::OWN.iter().any(|it| rest.strip_prefix('_') == Some(it)) => {
            Some("a role that every database has")
        }
        Some(rest) => {
            let mut callers = item.children(caller::KIND.word).filter_map(Item::name);
            let is_it = |it: &str| rest.strip_prefix('_') == Some(&*it.replace('-', "_"));
            callers.any(|it| is_it(it.value)).then_some("the role of a caller")
        }
        None => read_only
            .filter(|it| word != READ_ONLY_ROLE.word && it.value == role.value)
            .map(|_| "the `read-only-role`"),
    };
    if let Some(other) = other {
        let message = format!("`{}` is {other}, and the `{word}` {does}", role.value);
        sink.report(
            Diagnostic::new(Code::InvalidValue, role.span, message).help("give it a name of its own"),
        );
    }
    Some(role)
}

fn resolve_role(item: &Item<'_>, sink: &mut Diagnostics) -> Identifier {
    let role = read_role(item, APPLICATION_ROLE.word, sink);
    role.map_or_else(
        || item.value_or_default::<Identifier>(APPLICATION_ROLE.word, &mut Diagnostics::default()),
        |it| it.value,
    )
}

/// Encrypted columns and the key that they are encrypted by come together.
fn check_encryption(database: &Database, item: &Item<'_>, sink: &mut Diagnostics) {
    let columns = database.tables.values().flat_map(|it| &it.columns);
    let encrypted = columns.clone().find(|it| it.encrypted);
    match (encrypted, item.child(ENCRYPTION.word)) {
        (Some(column), None) => {
            let message =
                format!("`{}` is encrypted, and {} has no key for it", column.name, item.described());
            sink.report(
                Diagnostic::new(Code::EncryptionMissing, column.span, message)
                    .related(database.span, "declared here")
                    .help("name the secret that is the key, as in `encryption secret=\"column-key\"`"),
            );
        }
        (None, Some(encryption)) => {
            let message = format!("{} has a key, and no column is encrypted", item.described());
            sink.report(
                Diagnostic::new(Code::Unused, encryption.span(), message)
                    .help("mark columns `encrypted=#true`, or remove the key"),
            );
        }
        _ => {}
    }
}

fn resolve_login<'a>(
    item: &Item<'a>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Option<Spanned<Name>> {
    let item = item.child(LOGIN.word)?;
    Some(Spanned::new(workload::resolve_secret(item, context, sink)?, item.span()))
}

impl Database {
    /// A column of a table; one that is not there is reported, and read as the one that was meant. `is_whole` says that nothing else
    /// is written at the place, so that it can be replaced.
    pub fn find_path(
        &self,
        path: &ColumnPath,
        span: Span,
        is_whole: bool,
        sink: &mut Diagnostics,
    ) -> Option<(&Table, &Column)> {
        let mut guessed = Diagnostics::default();
        let table = self.find_table(Spanned::new(&path.table, span), &mut guessed);
        let column = table.and_then(|it| it.find_column(Spanned::new(&path.column, span), &mut guessed));
        for diagnostic in guessed {
            // Only a part of what is written is to be replaced.
            let diagnostic = Diagnostic { fixes: Vec::new(), ..diagnostic };
            sink.report(match (table, column) {
                (Some(table), Some(column)) if is_whole => {
                    diagnostic.replace(span, format!("\"{}.{}\"", table.name, column.name))
                }
                _ => diagnostic,
            });
        }
        Some((table?, column?))
    }

    /// A table; one that it does not have is reported, and read as the one that was meant.
    pub fn find_table(&self, written: Spanned<&Identifier>, sink: &mut Diagnostics) -> Option<&Table> {
        table::find(written, &format!("database `{}`", self.name), &self.tables, sink)
    }

    /// Whether a value of its login is known without the secret behind it.
    pub fn knows(&self, key: LoginKey) -> bool {
        match (key, &self.server) {
            (LoginKey::SslMode, _)
            | (LoginKey::Host | LoginKey::Port | LoginKey::Database, Server::CloudNativePg(_)) => true,
            // The operator makes a login where none is declared.
            (LoginKey::Username | LoginKey::Password, Server::CloudNativePg(_)) => self.login.is_none(),
            (_, Server::Outside(_)) => false,
        }
    }
}

impl LoginKey {
    /// The key of a name, where it is one that says what its value is.
    pub fn called(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.word() == name)
    }
}

impl DatabaseId {
    /// That of a database, and of the project that it belongs to.
    pub fn declared(project: Option<&Project>, database: &Database) -> Self {
        Self { project: project.map(|it| it.name.clone()), name: database.name.clone() }
    }

    /// What a reference has led to.
    pub fn of(key: Key<'_>) -> Self {
        Self { project: key.project.map(Name::trusted), name: Name::trusted(key.name) }
    }
}

impl fmt::Display for DatabaseId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.project {
            Some(project) => write!(formatter, "{project}/{}", self.name),
            None => self.name.fmt(formatter),
        }
    }
}

impl Serialize for DatabaseId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for DatabaseId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DatabaseId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "The name of a database at the top, or a project, `/` and the name of its database.",
            "type": "string",
            "examples": ["shop/orders"],
        })
    }
}

#[cfg(test)]
mod tests;
