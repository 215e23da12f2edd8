//! Legal holds: whose rows nothing deletes or changes for the time being, because a court or an authority may want them.
//!
//! | function | gives |
//! |---|---|
//! | `trackside.place_hold(subject text, reason text)` | the number of the hold, `bigint` |
//! | `trackside.lift_hold(hold bigint)` | whether there was such a hold that had not been lifted, `boolean` |
//!
//! Holds stand in `trackside.legal_holds`, which `<application role>_privacy` reads: `id`, `subject`, `reason`, `since`, `placed_by`,
//! `lifted`, `lifted_by`. They stay there after they are lifted. A person may be under several, and is free when all are lifted. The
//! reason says which case it is and no name: it is shown to whoever tries to erase.
//!
//! Placing a hold waits until the calls of retention and erasure that have begun are committed, and those that come wait for it: once it is
//! committed, nothing of the person goes.
//!
//! | SQLSTATE | when |
//! |---|---|
//! | `TS001` | the subject is no id of a person |
//! | `TS007` | no reason is given |

use crate::render::postgres::own::{column, function, identity, now, nullable, offer, table};
use crate::render::postgres::person::{id_of, raise};
use crate::render::postgres::quote::qualified;
use crate::render::postgres::rows::Roles;
use crate::render::postgres::schema::{Schema, TableName, Volatility};

/// Puts the table and its functions into a schema.
pub fn add(roles: &Roles, schema: &mut Schema) {
    let columns = vec![
        identity("id"),
        column("subject", "text"),
        column("reason", "text"),
        now("since"),
        column("placed_by", "text"),
        nullable("lifted", "timestamptz"),
        nullable("lifted_by", "text"),
    ];
    let (name, made) = table(roles, "legal_holds", columns, &["id"], Some("subject"));
    schema.tables.insert(name, made);
    let holds = holds();
    let no_reason = raise("TS007", "a legal hold has a reason", &[]);
    let person = id_of("subject");
    let place = format!(
        "
#variable_conflict use_variable
declare
    person text := {person};
    hold bigint;
begin
    if reason is null or btrim(reason) = '' then
        {no_reason}
    end if;
    insert into {holds} as h (subject, reason, placed_by)
        values (person, reason, session_user) returning h.id into hold;
    return hold;
end
"
    );
    let arguments = [("subject", "text"), ("reason", "text")];
    offer(roles, schema, "place_hold", function(roles, &arguments, "bigint", Volatility::Volatile, place));
    let lift = format!(
        "
#variable_conflict use_variable
begin
    update {holds} as h set lifted = now(), lifted_by = session_user where h.id = hold and h.lifted is null;
    return found;
end
"
    );
    let lift = function(roles, &[("hold", "bigint")], "boolean", Volatility::Volatile, lift);
    offer(roles, schema, "lift_hold", lift);
}

/// The table.
pub fn holds() -> String {
    qualified(&TableName::own("legal_holds"))
}

/// Lets no hold be placed until the end of the transaction; what is being placed is waited for.
pub fn lock() -> String {
    format!("    lock table {} in share mode;\n", holds())
}
