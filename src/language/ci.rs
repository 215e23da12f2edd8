//! The `ci` declaration: the pipeline that every repository of the platform gets.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::image::Image;
use crate::language::value::refusal::quote;
use crate::language::value::text::HttpsUrl;
use crate::language::value::{Form, Invalid, Parse, serialized_as_displayed};
use crate::language::word::words;
use crate::language::{Context, Platform, workload};
use crate::source::Span;
use crate::syntax::Value;
use crate::tree::path::TreePath;

/// The table.
pub static KIND: Kind = Kind::new(
    "ci",
    Class::Named,
    "The pipeline of the repository in which this tree stands. `build` writes it as `ci/github/trackside.yml`, \
     `trackside init --ci` puts it where GitHub looks; it fails where its own text is not what this says any more. It \
     checks the tree of every pull request and of the branch, that it is formatted, builds every environment, and does what \
     else stands here. It does not run the tests of the OPA bundle, because opa would have to be downloaded unpinned: \
     `opa test -b` does, on the folder `opa` of a build.",
)
.arguments(&[Field::required::<Forge>("forge", "Who runs it.")])
.properties(&[
    Field::default::<Branch>("branch", "\"main\"", "The branch that pull requests go to."),
    Field::optional::<TreePath>(
        "path",
        "The folder of the repository that `platform.kdl` lies in; its top where it is not written.",
    ),
])
.children(&[&TRACKSIDE, &IMAGE_SCAN, &DOCKERFILE_LINT, &SARIF])
.requires(&["trackside"]);

static TRACKSIDE: Kind = Kind::new(
    "trackside",
    Class::Single,
    "Where the pipeline has this program from: it is built from one commit, by cargo, with the versions of its lock file.",
)
.properties(&[
    Field::required::<HttpsUrl>("repository", "The repository of its source."),
    Field::required::<Revision>("revision", "The commit."),
]);

static IMAGE_SCAN: Kind = Kind::new(
    "image-scan",
    Class::Single,
    "Scans every declared image, those of all environments. What is worse than `vulnerabilities` of `image-policy` allows \
     fails the pipeline.",
)
.arguments(&[Field::required::<Scanner>("tool", "The program that scans.")])
.properties(&[Field::required::<Image>("image", "The image that it runs from, pinned by digest.")]);

static DOCKERFILE_LINT: Kind = Kind::new(
    "dockerfile-lint",
    Class::Single,
    "Holds every Dockerfile of the repository against what is known to go wrong. Any finding fails the pipeline.",
)
.arguments(&[Field::required::<Linter>("tool", "The program that looks.")])
.properties(&[Field::required::<Image>("image", "The image that it runs from, pinned by digest.")]);

static SARIF: Kind = Kind::new(
    "sarif",
    Class::Single,
    "Whether findings are kept beside the code, where the forge shows who mended or dismissed them.",
)
.properties(&[Field::required::<bool>("upload", "Whether they are; not from forks, which may not write.")]);

/// Who runs a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Forge {
    /// GitHub Actions.
    Github,
}

/// A program that scans images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scanner {
    /// Trivy.
    Trivy,
}

/// A program that reads Dockerfiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Linter {
    /// Hadolint.
    Hadolint,
}

words! { Forge: "forge", Github = "github" }
words! { Scanner: "scanner of images", Trivy = "trivy" }
words! { Linter: "linter of Dockerfiles", Hadolint = "hadolint" }

/// A commit, by all 40 digits of its name: a shorter one, a branch and a tag can come to mean another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(Arc<str>);

/// The name of a branch: letters, digits, `.`, `_`, `/` and `-`, at most 100.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Branch(Arc<str>);

impl Parse for Revision {
    const FORM: Form = Form {
        name: "commit",
        expects: "40 hexadecimal digits in lower case",
        example: "\"9f2c1e0b7a6d5c4b3a29181706f5e4d3c2b1a098\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&text.trim().to_ascii_lowercase(), Self::read))
    }
}

impl Revision {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 40)?;
        match text.len() == 40 && text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')) {
            true => Ok(Self(Arc::from(text))),
            false => Err(form.refuse(format!("{} is not the whole name of a commit", quote(text)))),
        }
    }
}

impl Parse for Branch {
    const FORM: Form = Form {
        name: "branch",
        expects: "letters, digits, `.`, `_`, `/` and `-`, a letter or digit first",
        example: "\"main\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let form = Self::FORM;
        let text = form.text(value)?;
        form.within(text, 100)?;
        form.only(text, |it| it.is_ascii_alphanumeric() || "._/-".contains(it))?;
        let is_odd = |it: &str| {
            it.is_empty()
                || it.starts_with(['.', '-'])
                || it.ends_with('.')
                || it.rsplit_once('.').is_some_and(|(_, end)| end == "lock")
        };
        if text.split('/').any(is_odd) || text.contains("..") {
            return Err(form.refuse(format!("git knows no branch {}", quote(text))));
        }
        Ok(Self(Arc::from(text)))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

serialized_as_displayed!(Revision, Branch);

/// A pipeline as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Ci {
    /// Who runs it.
    pub forge: Forge,
    /// The branch that pull requests go to.
    pub branch: Branch,
    /// The folder of the repository that the tree lies in; null for its top.
    pub path: Option<TreePath>,
    /// Where it has this program from.
    pub trackside: Source,
    /// What scans images.
    pub image_scan: Option<Tool<Scanner>>,
    /// What reads Dockerfiles.
    pub dockerfile_lint: Option<Tool<Linter>>,
    /// Whether findings are kept beside the code.
    pub sarif_upload: bool,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Where this program is built from.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Source {
    /// The repository.
    pub repository: HttpsUrl,
    /// The commit.
    pub revision: Revision,
}

/// A program of the pipeline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Tool")]
pub struct Tool<T> {
    /// Which one it is.
    pub tool: T,
    /// The image that it runs from.
    pub image: Image,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads all pipelines.
pub fn resolve(items: &[Item<'_>], context: &Context<'_, '_>, sink: &mut Diagnostics) -> BTreeMap<Forge, Ci> {
    let pipelines = items.iter().filter(|it| it.kind.word == KIND.word);
    pipelines.filter_map(|it| resolve_one(it, context, sink)).map(|it| (it.forge, it)).collect()
}

fn resolve_one(item: &Item<'_>, context: &Context<'_, '_>, sink: &mut Diagnostics) -> Option<Ci> {
    let forge = item.argument::<Forge>(0, sink);
    let branch = item.property_or_default::<Branch>("branch", sink);
    let path = item.property::<TreePath>("path", sink).map(|it| it.value);
    let trackside = item.child(TRACKSIDE.word);
    let repository = trackside.and_then(|it| it.property::<HttpsUrl>("repository", sink));
    let revision = trackside.and_then(|it| it.property::<Revision>("revision", sink));
    let trackside = Source {
        repository: repository.map_or_else(item::stand_in, |it| it.value),
        revision: revision.map_or_else(item::stand_in, |it| it.value),
    };
    let image_scan = item.child(IMAGE_SCAN.word).map(|it| resolve_tool::<Scanner>(it, context, sink));
    let dockerfile_lint =
        item.child(DOCKERFILE_LINT.word).map(|it| resolve_tool::<Linter>(it, context, sink));
    let sarif = item.child(SARIF.word).and_then(|it| it.property::<bool>("upload", sink));
    Some(Ci {
        forge: forge?.value,
        branch,
        path,
        trackside,
        image_scan,
        dockerfile_lint,
        sarif_upload: sarif.is_some_and(|it| it.value),
        span: item.span(),
    })
}

/// Reads a program. It runs with the rights of the pipeline, so its image is pinned; the registries of `image-policy` are
/// those of the cluster, where it never runs. One with a mistake in it, which is reported, is there all the same.
fn resolve_tool<T: Parse>(item: &Item<'_>, context: &Context<'_, '_>, sink: &mut Diagnostics) -> Tool<T> {
    let tool = item.argument::<T>(0, sink);
    let image = item.property::<Image>("image", sink);
    if let Some(image) = &image {
        workload::check_image(image, None, context.waivers, sink);
    }
    Tool {
        tool: tool.map_or_else(item::stand_in, |it| it.value),
        image: image.unwrap_or_else(|| workload::no_image(item)).value,
        span: item.span(),
    }
}

/// Reports a threshold that nobody holds images to, a scan without one, and more images than one can scan.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    let threshold = platform.image_policy.as_ref().and_then(|it| it.vulnerabilities.as_ref());
    let scan = platform.ci.values().find_map(|it| it.image_scan.as_ref());
    if let (Some(threshold), None) = (threshold, scan) {
        let message = format!("nothing holds images to `up-to=\"{}\"`", threshold.value.word());
        sink.report(
            Diagnostic::new(Code::NothingScans, threshold.span, message)
                .help("let a pipeline do it, by `image-scan \"trivy\" image=\"…\"` in `ci \"github\"`")
                .help("or leave the threshold out"),
        );
    }
    let Some(scan) = scan else { return };
    if threshold.is_none() {
        let message = "images are scanned, and nothing says what is too bad";
        sink.report(Diagnostic::new(Code::NothingScans, scan.span, message).help(
            "add `vulnerabilities up-to=\"medium\"` to `image-policy`: high and critical ones fail the pipeline then",
        ));
    }
    let images: BTreeSet<String> = platform.workloads().map(|(_, it)| it.image.value.to_string()).collect();
    if images.len() > MOST_IMAGES {
        let message =
            format!("{} images are declared, and a pipeline scans at most {MOST_IMAGES}", images.len());
        sink.report(
            Diagnostic::new(Code::TooMany, scan.span, message)
                .help("leave `image-scan` out and let the registry scan, or split the tree"),
        );
    }
}

/// As many jobs has a matrix of GitHub Actions.
const MOST_IMAGES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tests::check_used;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn a_commit_has_its_whole_name_and_a_branch_is_one_that_git_knows() {
        insta::assert_snapshot!(check::<Revision>(r#"
            9f2c1e0b7a6d5c4b3a29181706f5e4d3c2b1a098
            9F2C1E0B7A6D5C4B3A29181706F5E4D3C2B1A098
            9f2c1e0
            main
            v1.2.3
            ""
        "#), @r#"
        9f2c1e0b7a6d5c4b3a29181706f5e4d3c2b1a098 => 9f2c1e0b7a6d5c4b3a29181706f5e4d3c2b1a098
        9F2C1E0B7A6D5C4B3A29181706F5E4D3C2B1A098 => `9F2C1E0B7A6D5C4B3A29181706F5E4D3C2B1A098` is not the whole name of a commit | write 40 hexadecimal digits in lower case, as in `"9f2c1e0b7a6d5c4b3a29181706f5e4d3c2b1a098"` | "9f2c1e0b7a6d5c4b3a29181706f5e4d3c2b1a098"
        9f2c1e0 => `9f2c1e0` is not the whole name of a commit | write 40 hexadecimal digits in lower case, as in `"9f2c1e0b7a6d5c4b3a29181706f5e4d3c2b1a098"`
        main => `main` is not the whole name of a commit | write 40 hexadecimal digits in lower case, as in `"9f2c1e0b7a6d5c4b3a29181706f5e4d3c2b1a098"`
        v1.2.3 => `v1.2.3` is not the whole name of a commit | write 40 hexadecimal digits in lower case, as in `"9f2c1e0b7a6d5c4b3a29181706f5e4d3c2b1a098"`
        "" => a commit cannot be empty | write 40 hexadecimal digits in lower case, as in `"9f2c1e0b7a6d5c4b3a29181706f5e4d3c2b1a098"`
        "#);
        insta::assert_snapshot!(check::<Branch>(r#"
            main
            release/2026.1
            -x
            a..b
            a/
            .hidden
            x.lock
            two words
            "main]\n  x: [y"
            ${{ github.token }}
            ""
        "#), @r#"
        main => main
        release/2026.1 => release/2026.1
        -x => git knows no branch `-x` | write letters, digits, `.`, `_`, `/` and `-`, a letter or digit first, as in `"main"`
        a..b => git knows no branch `a..b` | write letters, digits, `.`, `_`, `/` and `-`, a letter or digit first, as in `"main"`
        a/ => git knows no branch `a/` | write letters, digits, `.`, `_`, `/` and `-`, a letter or digit first, as in `"main"`
        .hidden => git knows no branch `.hidden` | write letters, digits, `.`, `_`, `/` and `-`, a letter or digit first, as in `"main"`
        x.lock => git knows no branch `x.lock` | write letters, digits, `.`, `_`, `/` and `-`, a letter or digit first, as in `"main"`
        two words => `two words` has a space, which a branch cannot have | write letters, digits, `.`, `_`, `/` and `-`, a letter or digit first, as in `"main"`
        "main]\n  x: [y" => `main]\u{a}  x: [y` has `]`, which a branch cannot have | write letters, digits, `.`, `_`, `/` and `-`, a letter or digit first, as in `"main"`
        ${{ github.token }} => `${{ github.token }}` has `$`, which a branch cannot have | write letters, digits, `.`, `_`, `/` and `-`, a letter or digit first, as in `"main"`
        "" => a branch cannot be empty | write letters, digits, `.`, `_`, `/` and `-`, a letter or digit first, as in `"main"`
        "#);
        holds::<Revision>("[0-9a-fA-F]{38,41}");
        holds::<Branch>("[a-z/.-]{1,10}");
    }

    #[test]
    fn a_pipeline_runs_what_is_pinned_and_scans_to_a_threshold() {
        insta::assert_snapshot!(check_used(r#"
            image-policy { registries "ghcr.io/acme"; vulnerabilities up-to="critical" }
            ci "github" branch="main" {
                trackside repository="https://github.com/acme/trackside" revision="main"
                image-scan "grype" image="ghcr.io/acme/trivy:latest"
                dockerfile-lint "hadolint" image="docker.io/hadolint/hadolint@sha256:2222222222222222222222222222222222222222222222222222222222222222"
                sarif
            }
            ci "gitlab" { }
            ci "github" { image-scan "trivy" image=5; sarif upload=#true }
        "#), @r#"
        TS105 error 1: `critical` is not a threshold
        TS113 hint 2: `branch="main"` is the default of edition 2026
        TS105 error 3: `main` is not the whole name of a commit
        TS105 error 4: `grype` is not a scanner of images
        TS301 error 4: image `ghcr.io/acme/trivy:latest` is not pinned by digest
        TS104 error 6: `sarif` needs `upload=`
        TS104 error 8: ci `gitlab` needs `trackside` in its block
        TS105 error 8: `gitlab` is not a forge
        TS108 error 9: ci `github` is declared twice
        TS730 error 9: images are scanned, and nothing says what is too bad
        TS105 error 9: expected an image, found the number `5`
        "#);
        insta::assert_snapshot!(check_used(r#"
            image-policy { registries "ghcr.io/acme"; vulnerabilities up-to="medium" }
        "#), @r#"TS730 error 1: nothing holds images to `up-to="medium"`"#);
        insta::assert_snapshot!(check_used(r#"
            ci "github" {
                trackside repository="https://github.com/acme/trackside" revision="9f2c1e0b7a6d5c4b3a29181706f5e4d3c2b1a098"
                image-scan "trivy" image="ghcr.io/acme/trivy@sha256:1111111111111111111111111111111111111111111111111111111111111111"
            }
        "#), @"TS730 error 3: images are scanned, and nothing says what is too bad");
    }
}
