//! Frameworks that auditors go by, and how each names its controls.

use std::fmt;
use std::sync::Arc;

use crate::diagnostic::suggest;
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse, serialized_as_displayed};
use crate::syntax::Value;

/// A control: the framework, `:` and its own name of it, `soc2:CC6.1` or `gdpr:art-32`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ControlId {
    framework: &'static str,
    control: Arc<str>,
}

/// A framework and the series of its controls.
struct Framework {
    name: &'static str,
    /// What stands before the last number, and how far it goes.
    series: &'static [(&'static str, u8)],
    /// One of its controls.
    example: &'static str,
}

const FRAMEWORKS: &[Framework] = &[
    // The Trust Services Criteria of 2017, as revised in 2022.
    Framework {
        name: "soc2",
        series: &[
            ("CC1.", 5),
            ("CC2.", 3),
            ("CC3.", 4),
            ("CC4.", 2),
            ("CC5.", 3),
            ("CC6.", 8),
            ("CC7.", 5),
            ("CC8.", 1),
            ("CC9.", 2),
            ("A1.", 3),
            ("C1.", 2),
            ("PI1.", 5),
            ("P1.", 1),
            ("P2.", 1),
            ("P3.", 2),
            ("P4.", 3),
            ("P5.", 2),
            ("P6.", 7),
            ("P7.", 1),
            ("P8.", 1),
        ],
        example: "soc2:CC6.1",
    },
    // Regulation (EU) 2016/679 has 99 articles.
    Framework { name: "gdpr", series: &[("art-", 99)], example: "gdpr:art-32" },
];

impl ControlId {
    /// The framework: `soc2`, `gdpr`.
    pub fn framework(&self) -> &'static str {
        self.framework
    }

    /// What the framework calls it: `CC6.1`, `art-32`.
    pub fn control(&self) -> &str {
        &self.control
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 40)?;
        let Some((name, control)) = text.split_once(':') else {
            return Err(form.refuse(format!("{} has no `:`", quote(text))));
        };
        let known = FRAMEWORKS.iter().map(|it| it.name);
        let Some(framework) = FRAMEWORKS.iter().find(|it| it.name == name) else {
            let invalid = Invalid::new(format!("there is no framework {}", quote(name)));
            return Err(match suggest::closest(name, known) {
                Some(meant) => invalid.help(format!("did you mean `{meant}`?")),
                None => invalid.help("known frameworks: `gdpr`, `soc2`"),
            });
        };
        let number = |prefix: &str| control.strip_prefix(prefix)?.parse::<u8>().ok();
        let is_one = |(prefix, last): &(&str, u8)| {
            // Read back, it has no sign and no leading zeros.
            number(prefix).is_some_and(|it| (1..=*last).contains(&it) && format!("{prefix}{it}") == control)
        };
        if framework.series.iter().any(is_one) {
            return Ok(Self { framework: framework.name, control: Arc::from(control) });
        }
        let invalid = Invalid::new(format!("{} has no control {}", framework.name, quote(control)));
        let series = framework.series.iter().find(|(prefix, _)| number(prefix).is_some());
        Err(match series {
            Some((prefix, 1)) => invalid.help(format!("there is one such control, `{prefix}1`")),
            Some((prefix, last)) => invalid.help(format!("they go from `{prefix}1` to `{prefix}{last}`")),
            None => invalid.help(format!("write it as in `\"{}\"`", framework.example)),
        })
    }

    /// The text in our spelling, where its own leaves no doubt: `SOC2:cc6.1`, `gdpr:32`, `gdpr:Art. 32`.
    fn respelled(text: &str) -> Option<String> {
        let (framework, control) = text.trim().split_once([':', '/', ' '])?;
        let control = control.trim();
        Some(match framework.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
            "soc2" => format!("soc2:{}", control.to_ascii_uppercase()),
            "gdpr" => format!("gdpr:art-{}", control.trim_start_matches(|it: char| !it.is_ascii_digit())),
            _ => return None,
        })
    }
}

impl Parse for ControlId {
    const FORM: Form = Form {
        name: "control",
        expects: "`soc2:` and a criterion of the Trust Services Criteria, or `gdpr:art-` and an article",
        example: "\"soc2:CC6.1\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| match Self::respelled(text).filter(|_| text.len() <= 40) {
            Some(candidate) => it.mend(&candidate, Self::read),
            None => it,
        })
    }
}

impl fmt::Display for ControlId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.framework, self.control)
    }
}

serialized_as_displayed!(ControlId);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn a_control_is_one_that_its_framework_has() {
        insta::assert_snapshot!(check::<ControlId>(r#"
            soc2:CC6.1
            soc2:A1.3
            soc2:PI1.5
            soc2:P6.7
            gdpr:art-32
            soc2:CC6.9
            soc2:CC10.1
            soc2:CC8.2
            soc2:cc6.1
            SOC2:CC6.1
            soc2:CC06.1
            soc2:CC6.01
            soc2:CC6.+1
            soc2:CC6
            gdpr:art-100
            gdpr:32
            gdpr:Art. 32
            iso27001:A.8.1
            socc2:CC6.1
            CC6.1
            ""
            5
        "#), @r#"
        soc2:CC6.1 => soc2:CC6.1
        soc2:A1.3 => soc2:A1.3
        soc2:PI1.5 => soc2:PI1.5
        soc2:P6.7 => soc2:P6.7
        gdpr:art-32 => gdpr:art-32
        soc2:CC6.9 => soc2 has no control `CC6.9` | they go from `CC6.1` to `CC6.8`
        soc2:CC10.1 => soc2 has no control `CC10.1` | write it as in `"soc2:CC6.1"`
        soc2:CC8.2 => soc2 has no control `CC8.2` | there is one such control, `CC8.1`
        soc2:cc6.1 => soc2 has no control `cc6.1` | write it as in `"soc2:CC6.1"` | "soc2:CC6.1"
        SOC2:CC6.1 => there is no framework `SOC2` | did you mean `soc2`? | "soc2:CC6.1"
        soc2:CC06.1 => soc2 has no control `CC06.1` | write it as in `"soc2:CC6.1"`
        soc2:CC6.01 => soc2 has no control `CC6.01` | they go from `CC6.1` to `CC6.8`
        soc2:CC6.+1 => soc2 has no control `CC6.+1` | they go from `CC6.1` to `CC6.8`
        soc2:CC6 => soc2 has no control `CC6` | write it as in `"soc2:CC6.1"`
        gdpr:art-100 => gdpr has no control `art-100` | they go from `art-1` to `art-99`
        gdpr:32 => gdpr has no control `32` | write it as in `"gdpr:art-32"` | "gdpr:art-32"
        gdpr:Art. 32 => gdpr has no control `Art. 32` | write it as in `"gdpr:art-32"` | "gdpr:art-32"
        iso27001:A.8.1 => there is no framework `iso27001` | known frameworks: `gdpr`, `soc2`
        socc2:CC6.1 => there is no framework `socc2` | did you mean `soc2`?
        CC6.1 => `CC6.1` has no `:` | write `soc2:` and a criterion of the Trust Services Criteria, or `gdpr:art-` and an article, as in `"soc2:CC6.1"`
        "" => a control cannot be empty | write `soc2:` and a criterion of the Trust Services Criteria, or `gdpr:art-` and an article, as in `"soc2:CC6.1"`
        5 => expected a control, found the number `5` | write `soc2:` and a criterion of the Trust Services Criteria, or `gdpr:art-` and an article, as in `"soc2:CC6.1"`
        "#);
        holds::<ControlId>("(soc2|gdpr|SOC2)?:?(CC|A|art-)?[0-9]{0,2}(\\.[0-9]{0,2})?");
    }
}
