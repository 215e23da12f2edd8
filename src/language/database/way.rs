//! Ways: by which columns a row leads to the one of which a condition is asked.

use std::collections::BTreeSet;

use crate::language::database::Database;
use crate::language::database::row::Condition;
use crate::language::database::table::Table;
use crate::language::value::postgres::Identifier;

/// The columns that lead, one after the other, from a row to the one of which a condition is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// The columns; none where the condition is asked of the row itself.
    pub through: Vec<Identifier>,
    /// The table of the row at the end.
    pub table: Identifier,
}

/// Why a condition cannot be asked of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoWay {
    /// A column refers to nothing.
    NoReference(Identifier),
    /// A table neither says who it is, nor asks another one.
    NotSaid(Identifier),
    /// The question comes back to a table that has asked it.
    Circle(Identifier),
    /// There are more ways than anybody follows.
    TooMany,
}

/// The longest that anybody follows.
const LONGEST: usize = 8;
/// The most that a condition may have: each of them is asked of each row.
const MOST: usize = 16;

impl Database {
    /// The ways from a row of a table to those of which a condition is asked, `through` the column of a rule. A row that says
    /// itself who it is asks no other.
    pub fn ways(
        &self,
        table: &Table,
        condition: Condition,
        through: Option<&Identifier>,
    ) -> Result<BTreeSet<Way>, NoWay> {
        let mut found = BTreeSet::new();
        match through {
            None if says(table, condition) => {
                found.insert(Way { through: Vec::new(), table: table.name.clone() });
            }
            None => return Err(NoWay::NotSaid(table.name.clone())),
            Some(column) => self.follow(table, condition, column, &mut Vec::new(), &mut found)?,
        }
        Ok(found)
    }

    fn follow<'d>(
        &'d self,
        table: &'d Table,
        condition: Condition,
        column: &'d Identifier,
        path: &mut Vec<(&'d Identifier, &'d Identifier)>,
        found: &mut BTreeSet<Way>,
    ) -> Result<(), NoWay> {
        let reference = table.column(column).and_then(|it| it.references.as_ref());
        let other = reference.map(|it| self.tables.get(&it.to.table));
        let Some(Some(other)) = other else { return Err(NoWay::NoReference(column.clone())) };
        path.push((&table.name, column));
        if path.iter().any(|(it, _)| **it == other.name) && !says(other, condition) {
            return Err(NoWay::Circle(other.name.clone()));
        }
        if path.len() > LONGEST || found.len() >= MOST {
            return Err(NoWay::TooMany);
        }
        if says(other, condition) {
            let through = path.iter().map(|(_, column)| (*column).clone()).collect();
            found.insert(Way { through, table: other.name.clone() });
        } else {
            let rules =
                other.rows.iter().filter(|it| it.read == Some(condition) || it.write == Some(condition));
            let columns: BTreeSet<&Identifier> =
                rules.filter_map(|it| Some(&it.through.as_ref()?.value)).collect();
            if columns.is_empty() {
                return Err(NoWay::NotSaid(other.name.clone()));
            }
            for next in columns {
                self.follow(other, condition, next, path, found)?;
            }
        }
        path.pop();
        Ok(())
    }
}

/// Whether a table says of its own rows who a condition means.
pub fn says(table: &Table, condition: Condition) -> bool {
    match condition {
        Condition::Owner => table.owner().is_some(),
        Condition::Shared => table.shared().is_some(),
        Condition::Member => table.members.is_some(),
        Condition::Everyone | Condition::Nobody => true,
    }
}
