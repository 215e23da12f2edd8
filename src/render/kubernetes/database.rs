//! Databases, seen from the workloads that reach them: where they answer, and where the values of their logins stand.

use crate::language::Platform;
use crate::language::database::{Database, DatabaseId, LoginKey};
use crate::language::name::Name;
use crate::language::value::text::SecretKey;
use crate::render::kubernetes::label::Labels;

/// What a variable gets of a login.
#[derive(Debug)]
pub enum LoginValue {
    /// A text that everybody may see.
    Plain(String),
    /// A value of the Secret of this name.
    Secret(String),
}

/// The namespace in which the operator runs a database.
pub fn namespace(platform: &Platform, id: &DatabaseId) -> String {
    match &id.project {
        Some(project) => platform.namespace(project),
        None => platform.system_namespace(),
    }
}

/// The labels of the pods that CloudNativePG makes for a database, which its Cluster is called as.
pub fn pods(id: &DatabaseId) -> Labels {
    [("cnpg.io/cluster".to_owned(), id.name.to_string())].into()
}

/// The name under which the instance that can be written to answers, without the domain of the cluster.
pub fn host(platform: &Platform, id: &DatabaseId) -> String {
    format!("{}-rw.{}.svc", id.name, namespace(platform, id))
}

/// The name of the database itself on its server, where the operator makes it.
pub fn database_name(database: &Name) -> String {
    database.as_str().replace('-', "_")
}

/// The Secret in which CloudNativePG puts the login that it makes.
pub fn made_login(database: &Name) -> String {
    format!("{database}-app")
}

/// The value of a login that a variable gets.
pub fn login(platform: &Platform, id: &DatabaseId, database: &Database, key: &SecretKey) -> LoginValue {
    let known = LoginKey::called(key.as_str()).filter(|it| database.knows(*it));
    match known {
        Some(LoginKey::Host) => LoginValue::Plain(host(platform, id)),
        Some(LoginKey::Port) => LoginValue::Plain(database.server.port().to_string()),
        Some(LoginKey::Database) => LoginValue::Plain(database_name(&database.name)),
        Some(LoginKey::SslMode) => LoginValue::Plain(database.server.tls().word().to_owned()),
        Some(LoginKey::Username | LoginKey::Password) => LoginValue::Secret(made_login(&database.name)),
        // That there is no login has been refused by the language; users' templates are tried on the rest all the same.
        None => {
            let declared = database.login.as_ref().map(|it| it.value.to_string());
            LoginValue::Secret(declared.unwrap_or_else(|| made_login(&database.name)))
        }
    }
}
