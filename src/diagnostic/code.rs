//! The catalogue: every kind of finding, with what it means and how it is mended.
//!
//! A row's examples are files, so that `explain` shows what a test has run: `golden/diagnostics/<id>/platform.kdl` is
//! reported with this code (and `expected.txt` is how that looks), `fixed.kdl` is not; of findings in manifests,
//! `manifests.yaml` and `fixed.yaml`. To add a finding, add a row here
//! and that folder. Numbers go by layer: 0 syntax and files, 1 the language as a whole, 2 who people are, what they may do and
//! what stands at the border, 3 workloads, network and secrets, 4 what Kubernetes cannot express, 5 what OPA and the token
//! service cannot, 7 records, incidents, evidence and CI, 8 what stands in anyone's manifests, 9 what is rendered and
//! not as it is declared.

use crate::diagnostic::Severity;

/// A row of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The code itself.
    pub code: Code,
    /// What people quote: `TS101`.
    pub id: &'static str,
    /// How bad it is unless the reporting pass knows better.
    pub severity: Severity,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Why it is a mistake or a risk, and what to do, in a few sentences.
    pub explanation: &'static str,
    /// What its examples are.
    pub of: Of,
    /// A text that is reported with this code.
    pub example: &'static str,
    /// The same text, mended.
    pub fixed: &'static str,
}

/// What findings of a kind are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A platform: the examples are a `platform.kdl` and what lies beside it.
    Platform,
    /// Anyone's Kubernetes manifests: the examples are YAML.
    Manifests,
    /// Anyone's SQL.
    Sql,
}

impl Of {
    /// What the examples are written in, as a block of Markdown names it.
    pub fn language(self) -> &'static str {
        match self {
            Self::Platform => "kdl",
            Self::Manifests => "yaml",
            Self::Sql => "sql",
        }
    }
}

macro_rules! catalogue {
    ($($of:ident $example:literal $fixed:literal {
        $($code:ident $id:literal $severity:ident $title:literal $explanation:literal;)*
    })*) => {
        /// The kinds of findings; see [`Code::row`] for what each means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $title] $code,)*)*
        }

        /// All rows, in the order of their numbers.
        pub const CATALOGUE: &[Row] = &[$($(Row {
            code: Code::$code,
            id: $id,
            severity: Severity::$severity,
            title: $title,
            explanation: $explanation,
            of: Of::$of,
            example: include_str!(concat!("../../golden/diagnostics/", $id, "/", $example)),
            fixed: include_str!(concat!("../../golden/diagnostics/", $id, "/", $fixed)),
        },)*)*];
    };
}

impl Code {
    /// Its row of the catalogue.
    pub fn row(self) -> &'static Row {
        &CATALOGUE[self as usize]
    }

    /// What people quote: `TS101`.
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// Whether it says that something is missing everywhere. An environment may well take away the only use of something:
    /// that is worth a word only where no environment uses it.
    pub fn is_of_the_whole(self) -> bool {
        matches!(self, Self::Unused | Self::UnusedWaiver | Self::UnusedOffer)
    }

    /// Finds a code by what people quote, in any case.
    pub fn find(id: &str) -> Option<Self> {
        CATALOGUE.iter().find(|row| row.id.eq_ignore_ascii_case(id)).map(|row| row.code)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.id())
    }
}

catalogue! {
Platform "platform.kdl" "fixed.kdl" {
    // 0: syntax.
    UnexpectedText "TS001" Error "text that KDL does not allow here"
        "A node is a name, then its arguments and properties on the same line, then at most one block of children in braces. \
         Something else stands here, so this piece was skipped and reading went on after it.";
    UnclosedString "TS002" Error "a string without an end"
        "A string in quotes ends on the line it starts on. A text of several lines goes between `\"\"\"` and `\"\"\"`; one that \
         is never closed takes everything that follows, so mistakes behind it are found only when it is mended.";
    UnclosedComment "TS003" Error "a comment without an end"
        "A comment that starts with `/*` ends with `*/`. Such comments nest: a second `/*` inside needs a `*/` of its own.";
    UnclosedBlock "TS004" Error "a block without an end"
        "A block starts with `{` and ends with `}`. The one that misses its brace is often deeper inside than the one that is \
         left open at the end of the file; indentation gives it away.";
    StrayBrace "TS005" Error "a closing brace without a block"
        "This `}` has no `{` before it: there is one too many, or an earlier block was closed too soon.";
    Escape "TS006" Error "an escape that KDL does not know"
        "In a quoted string a backslash starts an escape: `\\n`, `\\r`, `\\t`, `\\b`, `\\f`, `\\s`, `\\\\`, `\\\"`, `\\u{1F682}`, or \
         spaces and newlines that are left out. A text with many backslashes is easier as a raw string: `#\"…\"#`.";
    MultiLine "TS007" Error "a text of several lines that is not laid out like one"
        "The opening `\"\"\"` is followed by a newline, and the closing one stands on a line of its own. The spaces and tabs \
         before the closing quotes are taken off every line, so every line has to start with exactly those.";
    Number "TS008" Error "a word that starts like a number but is none"
        "What starts with a digit is a number: `10`, `-1_000`, `2.5`, `1e3`, `0x1f`, `0o755`, `0b11`. Sizes, times, addresses \
         and versions are texts and go in quotes: `\"64Mi\"`, `\"15m\"`, `\"10.0.0.0/16\"`.";
    Keyword "TS009" Error "a keyword that is not spelled as KDL 2 does"
        "The keywords of KDL 2 start with `#`: `#true`, `#false`, `#null`, `#inf`, `#-inf`, `#nan`. Without it they are \
         refused, because KDL 1 and people would read them differently.";
    LegacyString "TS010" Error "a raw string as KDL 1 writes it"
        "KDL 2 marks a raw string by `#` alone: `#\"C:\\\\temp\"#` where KDL 1 wrote `r\"C:\\\\temp\"`.";
    Unquoted "TS011" Error "a text that needs quotes"
        "A bare word holds none of `\\/(){}[];\"#=` and no spaces, and does not look like a number or keyword. Any other text \
         goes in quotes: paths, image references, addresses.";
    MissingSpace "TS012" Error "two things without a space between them"
        "The name, arguments and properties of a node are separated by spaces, and by nothing else: no commas, no colons.";
    Annotation "TS013" Error "an annotation that annotates nothing"
        "An annotation is one name in parentheses right before the name of a node or before a value: `(override)env \"A\"`, \
         `key=(age)\"…\"`.";
    Slashdash "TS014" Error "a `/-` that leaves nothing out"
        "`/-` comments out the next node, argument, property or block. Here no such thing follows, or one that has a `/-` already.";
    DisallowedCharacter "TS015" Error "an invisible character that KDL allows nowhere"
        "Control characters and marks that turn the direction of writing make a text show something else than it says, so KDL \
         refuses them even in comments. Where one is meant, a quoted string holds it as an escape: `\\u{200e}`.";
    Version "TS016" Error "a file that says it is KDL 1"
        "`/- kdl-version 1` at the start promises another language. Some of it reads the same in KDL 2, some does not.";
    TooDeep "TS017" Error "blocks nested too deep"
        "Blocks may be nested 64 deep, far deeper than anything that people write. What is deeper is not read.";
    TooManyErrors "TS018" Error "more syntax errors than are worth showing"
        "Of one file 200 syntax errors are shown; the rest is only counted. So many mean that the file is probably not KDL, or \
         that one early mistake makes the rest unreadable.";

    // 05: files and includes.
    UnreadableFile "TS050" Error "a file that cannot be read"
        "A declaration names a file of the tree that is not there, is not text where text is needed, is \
         no regular file, or is too large. Paths start at the folder of `platform.kdl`.";
    PathOutsideTree "TS051" Error "a path that no file of the tree has"
        "A platform is compiled from one folder alone, so that the same commit means the same everywhere \
         and no pull request can read a file of the machine that checks it. Absolute paths, `..` and \
         symlinks out of the tree are refused, and so is what cannot be seen in a path or says nothing there: \
         characters that do not show, `.` and doubled `/`.";
    IncludeLoop "TS052" Error "files that include each other in a circle"
        "A file is read once, where it is first included. One that includes itself, directly or through \
         others, has no place to stand.";
    NothingIncluded "TS053" Error "a pattern that matches no file"
        "An `include` with a pattern expects at least one file. One that matches nothing is most often a \
         folder that was renamed, and what it held would be gone from the platform without a word.";

    // 1: the language as a whole.
    UnknownKind "TS101" Error "a declaration that the language does not know here"
        "Each block knows a few kinds of declarations; `trackside reference` lists them. An unknown one \
         is never ignored, because what it was meant to say would be missing from the platform.";
    UnknownProperty "TS102" Error "a property that a declaration does not have"
        "A property that no table knows is never ignored: it was meant to say something. Some things are \
         written in the block and not behind the name.";
    UnexpectedArgument "TS103" Error "an argument too many"
        "The declaration takes fewer arguments than are written. What follows the arguments is written as \
         `name=value`.";
    MissingField "TS104" Error "something that must be written and is not"
        "The declaration has no meaning without it, and there is no default that would be right for \
         everybody.";
    InvalidValue "TS105" Error "a value that does not have the form that it needs"
        "Every value has a form: durations and sizes carry their unit, ports are numbers, images carry \
         their registry. Nothing is guessed from a value that looks nearly right.";
    UnexpectedAnnotation "TS106" Error "a word in parentheses that means nothing here"
        "In front of a declaration of an environment stand `(override)` and `(remove)`, in front of the \
         value of a secret `(age)`. Nothing else in parentheses has a meaning.";
    RepeatedProperty "TS107" Error "a property written twice"
        "KDL lets the last of them win. Here it is an error: whoever reads the line sees the first.";
    Duplicate "TS108" Error "two declarations of the same thing"
        "Both places are shown. Nothing is silently merged and the last one does not win: one of them is \
         removed, renamed, or becomes an override in an environment.";
    RepeatedInList "TS109" Error "the same thing twice in one list"
        "A list is a set. A repetition is most often a typing mistake for something that is missing now.";
    UnknownReference "TS110" Error "a name that nothing has"
        "A reference is looked up in its own project and then at the top; `project/name` leads into \
         another project. Nothing of this kind has that name there.";
    Shadowing "TS111" Error "a name that is declared in a project and at the top"
        "A reference must have one meaning wherever it stands. If both were allowed, adding something at \
         the top could change what a project takes, or the other way round.";
    Unused "TS112" Warning "a declaration that nothing refers to"
        "It does nothing for the platform. Either what should refer to it is missing or misspelt, or it \
         is a leftover that somebody will trust one day.";
    RestatedDefault "TS113" Hint "a default that is written out"
        "It holds without being written, and is pinned by the edition. Written out, it looks like a \
         decision that somebody made.";
    UnexpectedBlock "TS114" Error "a block that nothing can stand in"
        "The declaration says everything on its line and has no block.";
    AmbiguousValue "TS115" Error "two values where there is room for one"
        "Only one of them could hold, and nothing says which. One is removed, or becomes a declaration of \
         its own.";
    TooMany "TS116" Error "more of something than a platform can have"
        "Some things multiply: each role by each permission, each environment by all that the base says. Their numbers are \
         bounded far above what people write, so that nobody's text takes the checker's machine down.";
    MarkOutsideEnvironment "TS120" Error "an `(override)` or `(remove)` with nothing to act on"
        "Marks stand in an `environment`, in front of something that the base declares. In the base \
         itself, and inside of something new, there is nothing that they could change.";
    RepeatedWithoutMark "TS121" Error "an environment that repeats what the base declares"
        "What differs is marked, so that a reader sees that there are two values: `(override)` replaces \
         what a declaration says itself, and a container is entered by its name alone.";
    NothingToOverride "TS122" Error "an environment that marks what the base does not declare"
        "An override or removal of something that is not there is most often a misspelt name, or a \
         leftover of something that was renamed in the base.";
    NoEnvironment "TS123" Error "no environment that could be built"
        "With environments, the base alone is no platform: each of them completes it. One is selected by \
         `--env`, or is the default.";
    OverrideLeavesOut "TS124" Hint "an override that leaves out what the base wrote"
        "`(override)` takes the place of arguments and properties as a whole, so that a property which the base wrote and the \
         override does not goes back to its default. Write it again with the value that is meant, be it the default.";
    WaiverExpired "TS130" Error "a waiver that is over"
        "A waiver ends, so that somebody looks at it again. `check` refuses one that is over and warns 30 \
         days ahead; what runs already goes on, because the calendar must never break production.";
    UnusedWaiver "TS131" Warning "a waiver that accepts nothing"
        "Nothing below it leaves the default that it waives. It is removed before somebody leaves the \
         default and nobody notices.";
    DefaultLeft "TS132" Warning "a secure default that is left"
        "A waiver lets a workload leave a secure default. It is accepted, and stays visible until it \
         ends.";
    WaiverTooLong "TS133" Warning "a waiver that holds for more than a year"
        "A waiver ends so that somebody looks again whether it is needed. One that outlives plans and people is a hole that \
         nobody remembers.";

    // 15: components.
    UnknownParameter "TS150" Error "a parameter that a component does not have"
        "Each line in the block of a `use` is a parameter of its component, by the name that is declared there.";
    ParameterMissing "TS151" Error "a parameter that a use does not give"
        "A parameter without a default must be given by every use of its component.";
    ParameterOutside "TS152" Error "a value outside of what a parameter may be"
        "A component says what its parameters may be: from `at-least` to `up-to`, `one-of` a few values, a `length`. What is          outside was not thought of when the body was written.";
    UnknownBlank "TS153" Error "a blank that stands for nothing"
        "In the body of a component, `{memory}` in a text stands for the parameter `memory`, and `{name}` for the name of the          use. Some parameters have other forms, `{memory.bytes}`. Where the text itself is meant, it has two pairs of braces:          `{{memory}}`.";
    ParameterImpossible "TS154" Error "a parameter that nothing could be"
        "What a parameter says of itself has to fit together: its default and all that it may be one of lie within its bounds,          the least is not above the most, and only what has an order has bounds. `name` and `waive` have a meaning of their          own in a use.";
    ComponentCircle "TS155" Error "components that use each other in a circle"
        "A use is replaced by the body of its component. A body that leads back to itself would be replaced without end.";
    ComponentTooLarge "TS156" Error "uses of components that grow beyond all bounds"
        "Components use each other at most 8 deep. All uses of a platform together are at most 10000, with 100000 declarations \
         and 8 MiB of text: few lines could mean more than any machine holds.";
    ParameterUnused "TS157" Warning "a parameter that the body does not use"
        "Whoever gives it believes that it has an effect.";
    UseWithoutService "TS158" Error "a use that does not say which service is meant"
        "`reaches use=` leads to the one service of a use. Where its component has several or none, `service=` names the one          that is meant.";

    // 2: who may do what.
    UnknownPermission "TS201" Error "a permission that no resource has"
        "A permission is a resource and one of its actions, `project:read`. A pattern with `*` must mean \
         at least one.";
    RoleCycle "TS202" Error "roles that inherit from each other in a circle"
        "Inheritance is closed when the platform is compiled: what a role may do is its own and all that \
         it inherits. In a circle there is no order in which this could be done.";
    ExceptsNothing "TS203" Warning "an exception that takes nothing away"
        "The role does not hold what it excepts, neither by itself nor by inheritance. Something else was \
         meant, or it is a leftover.";
    SeparationViolated "TS204" Error "duties that are separated and held together"
        "A role, or a person by several roles in one team or project, holds two permissions that \
         `separate` keeps apart. Permissions under a condition count as held.";
    RouteForNobody "TS205" Error "a route that no role can call"
        "No role holds the permission that the route needs, or `only` lists none of those that do. Every \
         request would be refused.";
    RouteNarrower "TS206" Hint "a route that is narrower than its permission"
        "`only` keeps some roles out that hold the permission. That may be right; it is shown because \
         they may do the same by another route, or by asking for the permission itself.";
    RouteWider "TS207" Warning "a route that promises more than its permission gives"
        "`only` lists a role that does not hold the permission, or a route that changes something needs \
         no more than to read.";
    RouteTarget "TS208" Error "a route that does not name its resource"
        "A permission is asked about one thing. The request names it in its path, its query or its body, \
         and the policy must know where.";
    SameRoute "TS209" Error "two routes for the same requests"
        "They differ only in what they call their parameters. Which of them decided would be chance.";
    RightUndoes "TS210" Error "a right that undoes what the platform holds"
        "Network policies, labels of namespaces, quotas, routes and secrets are objects of the API server. Whoever may change them \
         there, or be inside of a pod, is bound by nothing that the tree says. Rights on the API server are for looking; where more \
         is needed, a waiver of `guarded-rights` in the action says why, for how long, and who answers for it.";
    RightRunsPods "TS211" Warning "a right that gives every secret of a project"
        "A pod mounts any Secret of its namespace, runs as any service account in it, and by its labels has the edges of any \
         workload, so whoever may create or change what runs pods has all of that. People deploy by changing the tree, which is \
         reviewed; whoever applies it needs the right, and nobody else does. A waiver of `guarded-rights` in the action accepts it.";

    // 22: what stands at the border.
    HstsWithoutTls "TS220" Error "a host that only speaks plain HTTP and tells browsers never to use it"
        "Strict-Transport-Security makes browsers refuse plain HTTP for this host for as long as it says. Where the gateway has \
         no certificate and no tunnel leads to it, nobody would reach the host again.";
    HstsPreload "TS221" Error "a host that browsers will not preload"
        "The list of hosts that browsers are shipped with takes only those whose header holds for every host below, for a year \
         at least. Listed hosts stay listed for months after the header has changed.";
    FrameConflict "TS222" Error "who may frame a page, said twice"
        "`frame` is told to old and new browsers. `frame-ancestors` of the policy is for other origins, which `frame` cannot \
         name. New browsers listen to `frame-ancestors` alone, so the two must not differ.";
    CspUnsafe "TS223" Error "a content policy that lets everything pass"
        "A Content-Security-Policy is there for the day on which somebody gets a text of theirs into a page. Sources that allow \
         just that make it a decoration: `unsafe-inline`, `unsafe-eval`, `*`, and addresses that carry their content.";
    CspContradiction "TS224" Error "a list of sources that is empty and is not"
        "`none` means that there is no source. Beside another one browsers ignore it.";
    GatewayWithoutTls "TS225" Hint "a gateway without certificates"
        "What comes in by it can be read and changed on the way, tokens and cookies included. The `certificate` of a gateway says \
         who issues its certificates, or that somebody else sees to it.";
    HeadersConflict "TS226" Error "one host with two sets of headers"
        "The gateway sets headers and CORS for a whole host. They are said once, by the `public` address or by the `api` that its \
         service answers.";
    CorsCredentials "TS227" Error "logins for every page there is"
        "With `credentials`, a page of another origin asks as the user who looks at it and reads the answer. For every origin this \
         would hand every user's data to every page; browsers refuse the pair, and gateways that echo the origin do not.";
    CorsMethod "TS228" Hint "a method for other origins that no route knows"
        "`cors` lets pages use a method that no route of the interface answers. It does no harm until a route is added that nobody \
         thought of in this place.";
    OriginNowhere "TS229" Error "an origin that is nowhere"
        "An origin is a public host of a service. A service without one has no pages that a browser could show.";
    CounterWithoutLimit "TS230" Error "something counted without a limit"
        "Each tier limits each counter, or callers of that tier could do as much as they like. Where that is meant, a limit that \
         nobody reaches says so.";
    CounterOfNothing "TS231" Error "a counter that counts nothing"
        "It counts the routes that name it, and none does: its limits limit nothing.";
    SlowDownNeverReached "TS232" Warning "a slow-down that never begins"
        "Callers of this tier are refused before they would be slowed down.";
    SlowDownTooLong "TS233" Warning "delays that nobody waits for"
        "An answer that is held back holds a connection on both sides. Clients and proxies give up, and try again.";
    TierOrder "TS234" Warning "two tiers of which neither is the better one"
        "Whoever is in several teams has the best of their tiers. Where one tier allows more of one thing and less of another, which \
         is better is chance: the first counter, in the order of names, that tells them apart decides.";
    EdgeGateway "TS235" Error "a host that its tunnel does not lead to"
        "A tunnel leads to one gateway, which sets headers and asks for tokens and limits. A host of another gateway would not \
         be found there.";
    EdgePort "TS236" Error "a tunnel that cannot open"
        "A Cloudflare tunnel is opened outwards, to port 7844: over UDP, which is fast, or over TCP where UDP is lost on the way. \
         Missing one of them, it is slow or breaks where the other one does.";
    PatternUseless "TS237" Error "a pattern that takes everything or nothing"
        "A pattern is there to tell texts apart. One that takes every text is no rule, and one that takes none refuses every \
         caller.";
    InputContradiction "TS238" Error "rules of a field that refuse each other"
        "What `one-of` lists and what `default` says must be taken by all other rules of the field; and each rule is of one type. \
         The rules of a route's body must let the request name its resource.";
    AnonymousTier "TS239" Warning "nobody in particular may do more than somebody"
        "Who is not logged in has a higher tier than some who are. Those would do better by logging out.";
    OwnOriginTyped "TS240" Warning "an address of our own that is typed"
        "A service of this platform is public there. Named as a service, it is found wherever an environment puts it; typed, it stays \
         where it was, and the pages of staging may ask the interface of production.";
    OutcomeUnreported "TS241" Error "failures that nobody tells of"
        "The gateway asks the token service before there is an answer. How a request ended is known to the service of the \
         interface alone, which tells the token service: that takes an edge.";
    PastTheGateway "TS242" Hint "a way to an interface that passes the gateway by"
        "Tokens and limits are the gateway's: it asks the token service about each request that comes in by it. What reaches \
         the service inside the cluster does not. The service still asks OPA about it, and checks the token itself.";
    TeamWithoutTier "TS243" Hint "a team that is limited like nobody in particular"
        "Whoever has no tier gets that of callers of whom nothing is known, most often the lowest. Where that is meant, the tier \
         may as well be written.";
    TunnelGatewayShared "TS244" Error "a tunnel whose gateway is open beside it"
        "TLS of a host that comes by a tunnel ends at the tunnel's other end. Behind it requests are in clear, and the gateway \
         answers them on a port without TLS. Where that gateway is reached from outside as well, so are these hosts: in clear, \
         past the firewall and the rules of access that hold at the other end. So a tunnel leads to a gateway of its own, which \
         NetworkPolicy closes to everybody else.";

    // 25: who people are, and what they are given.
    TokenOutlivesRevocation "TS250" Error "a token that outlives the memory of its revocation"
        "A revoked token is refused because somebody remembers its `jti`. Forgotten before the token ends, it works again, in \
         the hands of whoever it was taken from. What is remembered is remembered at least as long as tokens live.";
    TokenTooLong "TS251" Error "an access token that lives for more than seven days"
        "An access token is believed by whoever checks its signature, until it ends. No tree can declare one that lives for more \
         than 7 days. Sessions are made long by refresh tokens, which are asked about at every use.";
    TokenLong "TS252" Warning "an access token that lives for more than an hour"
        "Until it ends, whoever found it may do what its owner may. Minutes are enough where a client has a refresh token.";
    TokenTimes "TS253" Error "times of a login or session that do not fit"
        "A login takes from a minute to an hour. A session ends after an access token does, within a year, and is idle for less \
         than it lives. The last refresh token works beside its successor for a minute at the most, because for that long nobody \
         can tell a thief from a lost answer.";
    SharedSigning "TS254" Warning "tokens that whoever checks them can make"
        "`HS256` signs and checks with one secret, so every service that checks tokens could issue them for anybody. A secret \
         that is shorter than the hash can be guessed from a single token: one below 32 characters is refused when it is opened, \
         and one of a vault, which is never opened here, is refused at once. \
         EdDSA and ES256 give services the public half alone.";
    KeyTooShort "TS255" Error "a signing key that is replaced before its tokens end"
        "A key stays published until the last token that it signed has ended. One that is replaced more often than tokens end \
         would pile up keys, and caches of them would never be right.";
    ClaimRestated "TS256" Hint "a claim that is in every token"
        "`iss`, `aud`, `iat`, `exp` and `jti` say who issued a token, for whom, when, until when, and which one it is. A token \
         without them would be refused, so nobody chooses them.";
    TokenOfNobody "TS257" Error "a token that does not say whose it is"
        "Every decision is about somebody, and `sub` is who. Addresses change, and names are not unique.";
    MfaNotRequired "TS258" Error "a role that may grant, without a second factor"
        "Whoever decides what others may do is who is attacked first. A role grants if it holds everything, if it may `invite`, \
         `grant`, `assign` or `impersonate`, or if it may change (more than create and read) a resource called `team`, `member`, \
         `membership`, `role`, `user` or `person`. It is among those that `mfa` is `required-for`, or a \
         waiver of `second-factor` says why not.";
    RedirectUnsafe "TS259" Error "a redirect at which others can receive the code"
        "The code of a login is sent to this address, and whoever gets it there logs in. Over `http` everybody on the way can \
         read it; a scheme like `app:` can be registered by any program; only a loopback address stays on the machine \
         (RFC 8252).";
    NoPublicAddress "TS260" Error "an address of a service that has none"
        "Browsers are sent there, so the service must be `public`. Its address is never typed: it follows the service, and the \
         domain of the environment.";
    RepeatedRedirect "TS261" Error "two redirects to one address"
        "They are written differently and lead to the same place. One of them will be forgotten when the other is changed.";
    ClientSecret "TS262" Error "a client whose secret does not fit its type"
        "A public client runs where everybody can read it, and what is in there is no secret. A confidential one is known by its \
         secret and has to have one.";
    ClientAllowsNothing "TS263" Warning "a client that is allowed what no role holds"
        "What a client allows narrows what its user may do, and gives nobody anything. A permission that no role holds is a slip, \
         or a leftover that becomes real when a role is given it.";
    ProviderAddress "TS264" Error "a provider whose address is missing, or one too many"
        "Where `github` and `google` are found is known. Any other provider has `discovery`: the issuer that its tokens name, below \
         which its keys are found.";
    UnknownScope "TS265" Error "a scope that the provider does not have"
        "Providers ignore such scopes or refuse the login. Either way, what it was meant to ask for is not asked for.";
    ScopeMissing "TS266" Error "a login that does not ask who logs in"
        "OpenID Connect gives an identity for `openid` and an address for `email`; GitHub shows verified addresses for \
         `user:email`. People are known by verified addresses, so nobody would be anybody.";
    StepUpOfNothing "TS267" Warning "a step-up that asks for nothing new"
        "A step-up is for scopes that most people are never asked for. All of these are asked for at every login.";
    TokenServiceUnreachable "TS268" Error "a token service that nobody reaches"
        "People are sent to the address of the issuer. Where another service answers there, it must reach the one that issues \
         tokens.";
    UnknownAudience "TS269" Warning "an audience that no interface has"
        "Whoever checks a token refuses one for another audience. An interface goes by the name of its `api`.";
    SharedSecret "TS270" Error "one secret for two things"
        "Whoever learns it for the one could do the other: a provider that knows our client's secret could sign tokens.";
    RevocationTable "TS271" Error "a table that revoked tokens cannot be kept in"
        "A revoked token is known by its `jti`, so the table has a column of that name. The token service writes the row and \
         looks for it: it is a `caller` of the database that inserts and selects there.";
    TokenConfusion "TS272" Error "an audience that a client is called by"
        "A client learns who logged in by a token for it: its `aud` is the client's name, and it is signed with the same key. If \
         an interface goes by that name too, such a token passes there for an access token.";
    ProviderBelieved "TS273" Error "a provider that is believed about everybody"
        "People are known by addresses that a provider has verified. GitHub and Google verify those of everybody; whoever runs \
         any other provider could let it say that it has verified an administrator's. So it says for which domains it vouches.";
    NewcomerGrants "TS274" Error "newcomers who may grant"
        "Everybody who registers gets the role of `newcomer`, without anybody's doing. One that grants would give the platform \
         away: a role that holds everything, or that decides what others may do.";
    SharedSigningKey "TS275" Warning "two environments that sign with one key"
        "Whoever holds the key of one makes tokens that the other takes for its own, whatever stands in them. What is tried out \
         in one environment is most often known to more people.";

    // 28: who reviews and who reads.
    ApproverWithoutKey "TS280" Error "an approver who cannot approve"
        "An approval is a signature, so that no account and no button can be taken for it. An approver `signs-with` a key that the \
         tree knows.";
    OneApprover "TS281" Warning "an approver who cannot be approved"
        "Nobody approves a change of their own. With one approver alone, what that person writes can never be merged.";
    SharedKey "TS282" Error "one key of two owners"
        "A signature says who made it, and a recipient can be shut out, only where each has keys of its own.";

    // 3: workloads, network, secrets.
    ImageNotPinned "TS301" Error "an image that is not pinned by digest"
        "A tag is a name that can be moved: what is reviewed today is not what runs tomorrow. A digest \
         names the very bytes. A tag may stand beside it, for people.";
    ImageRegistry "TS302" Error "an image from a registry that is not listed"
        "`image-policy` lists where images may come from. A ValidatingAdmissionPolicy refuses others in \
         the cluster, so this workload would never start.";
    RunsAsRoot "TS303" Error "a workload that runs as root"
        "Root in a container is one mistake in the kernel away from root on the node. Every namespace \
         refuses such pods unless a waiver lowers what it enforces.";
    PlainSecret "TS304" Error "a text that looks like a secret"
        "It has the form of a known token, or is as random as only keys are. Whoever reads the repository \
         has it, and git never forgets: it must be replaced where it is used, and then be sealed. Where \
         it is no secret, a waiver of `sealed-secrets` says so.";
    UnsealedSecret "TS305" Error "a secret that is not sealed"
        "The value of a secret is an age file, of its own or armored in the text. Anything else is plain \
         text in the history of git, or damaged.";
    NotOffered "TS306" Error "an edge across a border that only one side declares"
        "What crosses the border of a project needs both sides: `reaches` or `secret=` here, `offers` \
         there. So neither team can open the other one's door.";
    UnusedOffer "TS307" Warning "an offer that nobody takes up"
        "The other half of the edge is missing. An open door that nobody uses is found by the wrong \
         people first.";
    OfferedToItself "TS308" Error "a project that offers something to itself"
        "Services of one project reach each other by `reaches` alone; an offer is for other projects.";
    OfferedByProject "TS309" Error "a secret of a project that offers itself"
        "A secret in a project is that project's own. One that several share stands at the top and offers \
         itself to each.";
    NothingToReach "TS310" Error "a service without a port, where one is needed"
        "Something leads to the service, and it answers on no port.";
    ReachesItself "TS311" Error "a service that reaches itself"
        "A process reaches itself without any network, and replicas that share nothing have nothing to tell \
         each other. Only those with a disk each, the members of a database, may be declared to.";
    AddressWithoutReach "TS312" Error "the address of a service that may not be reached"
        "An environment variable holds the address, and no `reaches` allows the way: every request would \
         run into the network policy and time out.";
    SamePath "TS313" Error "two things mounted at one path"
        "The second would hide the first.";
    NoDomain "TS314" Error "a host below a domain that is not declared"
        "A `host` without a dot is a label below the `domain` of the platform.";
    NoGateway "TS315" Error "no gateway, or none chosen, for a public service"
        "Requests from outside come in by a gateway that the `cluster` declares. With several of them, \
         `gateway=` says which.";
    SamePublicHost "TS316" Error "two services at one public address"
        "Only one of them would get the requests, and which is up to the gateway. A host belongs to one \
         project, because cookies and storage of a browser are shared by all paths of a host.";
    QuotaTooSmall "TS317" Error "a quota smaller than what it must hold"
        "Limits of all workloads at their most replicas are more than the quota. The last pods would \
         never be created, most likely under load.";
    ReservedName "TS318" Error "a project name that is taken"
        "Two names stand for what belongs to the platform as a whole: `platform` for its file of \
         manifests, `system` for the namespace of what trackside itself runs. And a namespace that is somebody else's is nobody's \
         to declare: those that `cluster` names for its gateways and DNS, those of Kubernetes, and those that operators are \
         installed in. Whoever had one of them as a project would hold its certificates, and be let in wherever it is.";
    PodSecurityLowered "TS319" Error "namespaces that admit pods which are not restricted"
        "The API server refuses pods below the level that a namespace enforces, wherever they come from. \
         A lower level than `restricted` is a secure default left: it needs a waiver. A single workload \
         that needs more is waived itself, and lowers the level of its own namespace alone.";
    NobodyOpens "TS320" Error "a sealed secret that nothing can open"
        "A secret is sealed to the recipients that are declared. Without any in an environment, what runs there gets no value.";
    SealedToTooFew "TS321" Error "a secret that is sealed to fewer than may read it"
        "An age file does not show to whom it is sealed, but to how many. Each `recipient` of the environment and each key of \
         those who are `readable-by` opens it, or the line that says so is not true.";
    SharedVaultRole "TS322" Hint "one role of a vault for several projects"
        "The vault tells those who fetch apart by their role. With one for all, each project can be given what any of them \
         needs. `{project}` in the name of the role stands for the project.";
    SealedTwice "TS325" Error "one sealed value with two names"
        "A secret is its owner's: whoever else takes it is offered it. Naming the place of its value again, the same age file, the \
         same envelope under another name, or the same path of a vault, would give it to somebody whom nobody offered it to.";
    PathPastInterface "TS326" Error "a path of an api that leads past it"
        "The gateway asks the token service about requests to the service that answers an `api`. Another service at a path of the \
         same host takes those requests away: no token is looked at, nothing is counted, and what the routes of the api say is \
         not asked.";
    NotInLock "TS330" Error "a sealed secret that nobody vouches for"
        "Anybody can seal something to a public key, so a sealed value says nothing of who sealed it. `secrets.lock` does: an entry \
         for each sealed value, signed by somebody who may write it. Where a tree has that file, or a secret says who may write it \
         or how old it may be, each has its entry.";
    LockDamaged "TS331" Error "a lock file that says nothing"
        "`secrets.lock` is written by `trackside secrets` alone. An entry that was edited is not what was signed.";
    ForeignCiphertext "TS332" Error "sealed bytes that are not those of the lock"
        "The lock knows by its digest which sealed bytes are the last version of a secret. Other bytes are an older version that \
         was put back, or somebody else's.";
    CopiedCiphertext "TS333" Error "the sealed value of another secret"
        "Whoever may change a file could copy another secret's sealed value there, and have it handed to what reads this one.";
    WrongRecipients "TS334" Error "a secret sealed to others than the tree says"
        "The tree declares who opens a secret: the `recipient`s of its environments, and those who are `readable-by`. The lock knows \
         to whom it is sealed. Whoever has left still opens what was not sealed again, and has seen what it was: rotate that.";
    NobodyVouches "TS335" Error "an entry of the lock that nobody vouches for who may"
        "Each entry of the lock is signed by a key of somebody who is `writable-by` of the secret, or, where it does not say, of any \
         `person` of the tree who `signs-with` something.";
    StaleSecret "TS336" Error "a secret that is too old"
        "`max-age` says how old a value may be. The lock knows since when it is sealed; sealing the same value for other recipients \
         makes it no younger.";
    RolledBack "TS337" Error "a secret that goes back"
        "Whoever may change the tree could put back a secret and its entry in the lock together, and have an old value in use again, \
         one that has leaked perhaps. `trackside check --base REVISION` holds the lock against what it was there: versions only rise.";
    LockLeftover "TS338" Warning "an entry of the lock without a secret"
        "What is no longer declared is no longer read. Its value stays in the history of git: rotate it where it is used.";
    UnreadSecret "TS339" Error "a secret that nobody reads"
        "A value that nothing needs can only leak. Where no workload takes a secret, it says at least which people read it, by \
         `readable-by`; or it goes, and its value is made void where it was used.";
    OtherSplit "TS340" Error "a key that is not the one of its shares"
        "The key of a recipient with `holder`s is nobody's, but split among them. Whoever could put another one in its place, or say that \
         fewer of them are needed, would have all secrets sealed for a key that one person has. Each share's entry in the lock says \
         of which key it is a part.";

    // 4: what Kubernetes cannot express.

    // 40: templates of the user.
    TemplateUnknown "TS401" Error "a template that replaces nothing"
        "A file below `templates/kubernetes/` takes the place of the built-in template of the same name. One without such a \
         counterpart would never be filled, which is hardly what it was written for.";
    TemplateFails "TS402" Error "a template that cannot be filled"
        "A template is filled once for every object that it stands for, and each time it has to give exactly one YAML object. \
         It knows the fields that the built-in template places and no others; a name that is not among them is a mistake, not \
         an empty text. Each `{{ slot }}` is written as one whole YAML value, so it goes without quotes around it. So that no \
         pull request can exhaust the machine that reads it, a template has no statements but `if` and `for`, no `+` and `*`, \
         `~` only between names and texts, no functions, no braces inside of a tag, at most 64 KiB, and these \
         filters: attr, bool, default, dictsort, first, int, items, join, last, length, list, lower, map (with `attribute=`), reject, rejectattr, replace, reverse, safe, \
         select, selectattr, sort, string, tojson, trim, unique and upper. Texts are put together by `[a, b] | join`.";
    TemplateIdentity "TS403" Error "a template that gives another object"
        "Other objects, the inventory and the proof know an object by its kind, namespace and name. A template may change what \
         an object says, not which one it is.";
    TemplateWeakens "TS404" Error "a template that takes a safeguard away"
        "A template may rearrange. All that the built-in one places stays, with its value: probes, variables, volumes, limits, \
         schedules, hosts and policies were declared, and whoever reads the declaration relies on them. Beside it may stand \
         labels, annotations and the fields that `trackside reference templates` lists by kind. To leave a secure default there \
         is `waive`, with a reason, an owner and an end; the built-in template then leaves it too.";
    TemplateMalformed "TS405" Error "a template that gives what Kubernetes does not know"
        "Kubernetes drops fields that it does not know in silence, so a misspelt one does nothing. What a template gives is held \
         against the type of its kind, field by field.";

    // 42: raw objects.
    ObjectTrap "TS419" Error "a network policy that allows what it seems to close"
        "A NetworkPolicy has no rule that refuses: what no rule allows is closed. A rule with an empty pod selector allows the \
         whole namespace, one without peers allows everything, and a label that no namespace has selects nothing.";
    ObjectUnreadable "TS420" Error "a raw manifest that is no YAML"
        "A raw manifest is read with the same care as any input from a pull request: keys stand once, numbers and truths are \
         spelled as in YAML 1.2, and what would grow without bound is refused.";
    ObjectIncomplete "TS421" Error "a raw object that does not say what it is"
        "Each document of a raw manifest is one Kubernetes object, or a List of some, with `apiVersion`, `kind` and \
         `metadata.name`. A name that the cluster makes up (`generateName`) cannot be planned, compared or pruned.";
    ObjectOutside "TS422" Error "a raw object outside of what declares it"
        "A raw object of a project lands in the project's namespace, so it leaves `metadata.namespace` out and is of a kind that \
         lives in a namespace. What belongs to the cluster as a whole is declared at the top, beside the projects.";
    ObjectSecret "TS423" Error "a secret in plain text"
        "Whoever reads the repository reads a raw Secret: base64 hides nothing. A secret is sealed with age, or kept in a vault \
         and referred to, by `secret`.";
    ObjectMalformed "TS424" Error "a raw object that Kubernetes does not know"
        "Kubernetes drops fields that it does not know in silence, so a misspelt one does nothing. A raw object is held against \
         the type of its kind, field by field.";
    ObjectTaken "TS425" Error "two objects that are the same one"
        "Objects of one kind, namespace and name are one object to the cluster, and the one that is applied last would win.";
    ObjectOfCluster "TS426" Error "fields that belong to the cluster"
        "An object that was read from a cluster carries what the cluster has put there: its status, version, times and managers. \
         Applied again, they are ignored at best and conflict at worst.";
    ObjectPodSecurity "TS427" Error "a raw pod that is less confined than its project"
        "The namespace of a project enforces a Pod Security Standard, so the API server would refuse the pods of this object, \
         minutes later and only in the events of its controller. A raw pod also carries no token of the API server: what may be \
         done there is declared, and nothing is declared of it.";
    ObjectSelected "TS428" Error "a raw pod that passes for another workload"
        "Services, network policies and disruption budgets find pods by labels. A pod with all labels of a declared workload \
         would get its requests and may reach what it may.";
    ObjectHasWord "TS429" Error "a raw object that does what a declaration does"
        "Raw objects are for what has no word in this language. Network policies, routes, roles, endpoints and quotas have one: \
         written by hand they would open what no declaration opens, and what is proven of the platform would not hold. The \
         same is true of a Service that is reached from outside, and of a role bound to anybody who reaches the API server.";

    // 43: declarations.
    NamespaceTooLong "TS430" Error "a namespace whose name is too long"
        "A project is a namespace called `<platform>-<project>`, with the environment behind it where clusters are shared. \
         Kubernetes allows 63 characters, since the name is a label of DNS names.";
    NameTaken "TS431" Error "two objects that want the same name"
        "The objects of a workload are called as the workload. A few are derived: a service with disks has a second Kubernetes \
         service, `<name>-pods`, by which its replicas know each other, and every namespace has a service account `default`. \
         A workload cannot be called as one of these. Where environments share a cluster, namespaces end in the name of the \
         environment, and those of two projects may come out the same.";
    ReservedLabel "TS432" Error "a label that others put on objects"
        "Controllers mark pods with `pod-template-hash`, `controller-revision-hash`, `controller-uid` and `job-name`, and \
         trackside marks objects below `trackside.dev`. Written by hand, they would be overwritten, or select pods of somebody \
         else.";
    WholeSeconds "TS433" Error "a time that Kubernetes cannot count"
        "The kubelet and the controllers of Kubernetes count in whole seconds and take zero for a default of their own. \
         Rounding would make something else of what is written.";
    ClosedRange "TS434" Error "an external place of which nothing is left"
        "Some addresses are never outside: link-local ones with the cloud's metadata service, loopback, multicast, and the \
         cluster's own ranges of pods, services and nodes. They are cut out of every `external`, and here nothing remains. A \
         service of the cluster is reached by `reaches service=`.";
    ConfigTooLarge "TS435" Error "files too large for a ConfigMap"
        "The files of a workload are held in one ConfigMap, which has at most one mebibyte. Larger ones belong into the image.";
    KubernetesOfCluster "TS437" Error "a resource that no namespace can give"
        "Members of teams are given Roles in the namespaces of their projects. A Role accepts resources of the whole cluster \
         and gives nothing of them, so the declaration would promise what does not hold. Of namespaces, one's own can be read \
         and changed, but not listed.";
    KubernetesResource "TS438" Error "a resource that Kubernetes does not have"
        "A misspelt resource, or one in another group, is accepted by the API server and gives nothing. Resources are written \
         in the plural with their group in front, `apps/deployments`, and `core` for the group without a name.";
    KubernetesForNobody "TS439" Error "verbs on the API server that are given to nobody"
        "Members of teams are given Roles in the namespaces of their projects, by what their roles hold \
         in any case. An action that is decided on the platform, or that is held only under a condition \
         or by roles of the platform, gives nothing there, and its line would be read as if it did.";
    NoRoomToRoll "TS440" Warning "a quota that leaves no room for an update"
        "An update starts a new pod before it stops an old one. If a quota is used up at the most replicas, that pod is refused \
         and the update waits until the load falls.";
    RouteName "TS441" Error "a host too long for the name of its route"
        "A route is called by its service and host, so that two of them never meet. Kubernetes allows 253 characters.";
    TooManyPaths "TS442" Error "more paths of a host than a route holds"
        "An HTTPRoute matches at most 64 paths in one rule. A service that answers that many can tell them apart itself.";
    NumberTooLarge "TS443" Error "a number that Kubernetes has no room for"
        "Kubernetes holds users, groups, retries and seconds in 31 bits. Larger numbers are refused when they are applied.";
    HeaderTooLong "TS445" Error "a header too long for a gateway"
        "A route of Gateway API sets headers of at most 4096 characters. A Content-Security-Policy grows with every source that \
         it names.";
    IssuerElsewhere "TS446" Error "an issuer that cannot reach the hosts"
        "An Ingress finds the certificate of its host in its own namespace, that of a project, and an issuer works in its own \
         namespace alone, that of the gateway. A cluster issuer works in all of them.";
    CertificateNames "TS447" Warning "more names than one certificate has"
        "All hosts that come in by a gateway of Envoy Gateway stand in one certificate, because its `Gateway` refers to one \
         Secret. Let's Encrypt and most other public authorities put at most 100 names into one; an authority of one's own may \
         put more.";
    NoBorder "TS448" Error "a rule that no gateway stands before to hold"
        "Headers and other origins are the gateway's to see to, and limits are held by the token service because the gateway \
         asks it. What is reached from within the cluster alone passes no gateway, and the rule would be read as if it held.";
    TunnelAddress "TS449" Warning "callers who look like one"
        "Who comes by a tunnel comes from the tunnel's address; the caller's own stands in `X-Forwarded-For`, which a gateway \
         believes only of whom it was told to. Envoy Gateway is told by a policy that is rendered. What ingress-nginx believes \
         stands in its own ConfigMap, which is not ours: without it, all who are counted by address share one limit.";
    NotAsked "TS450" Error "a token service that a gateway cannot ask"
        "Limits, tiers and waiting are held by the token service, which the gateway asks about each request. One without a port \
         cannot be asked, and one cannot be asked about requests to itself: nothing would be counted there.";
    SlowerThanPatience "TS451" Error "a wait longer than the gateway's own"
        "Who is to wait is answered later by the token service, and the gateway waits for that answer. nginx waits a minute and \
         then refuses the request.";
    ApiServerUnknown "TS452" Error "an operator's pods that cannot reach the API server"
        "Instances of a database that CloudNativePG runs ask the API server who of them leads. Nothing may leave a namespace \
         that is not declared, and the address of the API server is known to the cluster alone.";
    GatewaySendsNothing "TS455" Hint "headers that ingress-nginx sends only where it is told to"
        "The controller refuses an Ingress with headers of its own until its ConfigMap lists their names. The ConfigMap is not \
         ours, so whether it does is not known here.";
    OperatorImage "TS456" Hint "an operator that puts an image of its own into pods"
        "CloudNativePG starts each instance by a container of its own image. The rendered admission policy lets in only what is \
         pinned by digest, and comes from a listed registry where there are any. How the operator is installed is not known here.";
    IngressPath "TS459" Error "a path that ingress-nginx refuses"
        "A path of an Ingress becomes a part of nginx's configuration. The controller refuses what is more than letters, digits, \
         `/`, `-`, `_` and `.`; with that check switched off, such a path could break the configuration of everybody behind it.";

    // 5: what OPA cannot express.
    ConditionNeverHolds "TS501" Error "a condition on a field that means something else"
        "Every question to the policies says what it is about: the `type` and `id` of the resource, its `project` and its `team`, \
         each with an `id`. A condition on one of these would compare a user with something that is none, so it would hold \
         never, or by chance. Conditions read the fields that the API adds.";
    ConditionNamesResource "TS502" Warning "a condition on a field of a field"
        "The field is one of the resource that is asked about, so the name of the resource does not stand in front of it. \
         A field that is missing never matches: nobody would ever hold the permission.";

    // 52: what the token service cannot enforce.
    TokenSeconds "TS520" Error "a time that the token service cannot count"
        "Clocks of two machines agree to about a second, and records carry their times in whole ones. A time with a fraction of \
         a second would be rounded to something that nobody wrote.";
    NoTokenService "TS521" Error "a rule that only a token service enforces, and none"
        "The token service that `auth` declares counts callers over all replicas of a gateway, takes in records, delivers them \
         and answers incidents. Without it, such a rule would be read as if it held.";

    // 6: data. 60: databases and their logins.
    DatabaseTls "TS600" Error "a connection to a database that is not sure of its server"
        "With `verify-full` a client checks the certificate of the server and the name in it. Everything less believes \
         somebody else as well, who then has the password and the data. It is a secure default: leaving it needs a waiver.";
    DatabaseVersion "TS601" Error "an image that is not the declared version of PostgreSQL"
        "The operator reads the version of a server out of the tag of its image, and what trackside writes for a database \
         depends on the version that is declared. Both must be the same one.";
    LoginKey "TS602" Error "a value that a login does not have"
        "The values of a login are the `keys` of the secret behind it; how it connects (`sslmode`) is known in any case, and \
         all of it where an operator makes the login. The variable would stay empty and the pod would not start.";
    LoginWithoutReach "TS603" Error "a login of a database that may not be reached"
        "An environment variable holds a value of the login, and no `reaches` opens the way: every connection would run into \
         the network policy and time out. Who may not reach a database has no use for its password either.";
    LoginTaken "TS604" Error "the login of a database, taken as a secret"
        "A workload takes values of a login by `database=` and `key=`. Then the one line that opens a database to a project, \
         `offers`, is also what gives it the password.";
    SecretKey "TS605" Error "a secret taken without one of its keys"
        "A secret is one value, or it has `keys` and each of them has one. Whoever takes it says which.";
    VaultDecides "TS606" Error "readers or writers of a secret in a vault"
        "Who may read and write a secret that lies in a vault is decided by the vault's own policies. A line here would be \
         read as if it did something.";
    DatabaseRange "TS607" Warning "a database server on the internet"
        "An address that is not private can be knocked at by everybody. A password is then all that is between them and the \
         data.";
    PrincipalWithoutKey "TS608" Error "a reader or writer without a key"
        "A secret is sealed to the keys with which its readers open it, `reads-with`, and who changed it shows a signature by one \
         of the writers' keys, `signs-with`. Without a key the line promises what nobody can do.";

    // 61: columns and keys.
    ColumnValue "TS610" Error "a value that a column cannot have"
        "A default, or what is left after erasure, must be a value of the type of its column; nothing at all only where the \
         column is `nullable`; the same for everybody only where rows may have the same.";
    ColumnMark "TS611" Error "marks of a column that contradict each other"
        "What a column is marked as has to fit its type and its other marks: `shared` is a list of users, `owner` and `subject` \
         are one; by a value that is encrypted nothing can be found or kept apart.";
    NoPrimaryKey "TS612" Error "a table whose rows nothing tells apart"
        "Without a primary key a row cannot be referred to, changed alone or replicated, and an encrypted value cannot be bound \
         to its row.";
    KeyColumn "TS613" Error "a column that cannot be a part of a key"
        "Rows are found and told apart by values that are always there, can be compared, and are not encrypted.";
    ReferenceType "TS614" Error "a reference to a column of another type"
        "A column has the values of the one that it refers to, so it has its type.";
    ReferenceNotKey "TS615" Error "a reference that could mean several rows"
        "A row refers to one other. The column that it names there must tell rows apart, alone.";
    SetNull "TS616" Error "a reference that would lose a value it must have"
        "With `set-null` the column has no value once the row that it refers to is gone. It must be allowed to.";
    ReferenceCycle "TS617" Error "tables that refer to each other in a circle"
        "No row of them could be deleted before another one. At one of the references it is said what becomes of the row, by \
         `on-delete`.";
    EncryptionMissing "TS618" Error "an encrypted column without a key"
        "Columns are encrypted by the key that `encryption` of their database names.";
    TableCondition "TS619" Error "a condition on the rows of a table that cannot be asked"
        "The condition of a `check` or of an index compares columns of the table with values of their types, or with each other. One \
         that holds always or never says nothing, and into an encrypted column the database cannot look.";

    // 62: who sees which rows.
    NoRows "TS620" Warning "a table without row rules"
        "Without a rule nobody sees any of its rows, and only callers get at them. Where that is meant, \
         `rows read=\"nobody\"` says so.";
    RowsContradict "TS621" Error "row rules that contradict or repeat each other"
        "Rules add up. Where one says that nobody, or everybody, may do something, another that says who may is wrong or says \
         nothing.";
    RowCondition "TS622" Error "a condition that no column answers"
        "Who `owner` is says the column marked `owner=#true`, who `shared` the list marked `shared=#true`, who `member` what \
         `members` says. Without it, the condition would hold for nobody.";
    RowThrough "TS623" Error "a row rule that leads nowhere"
        "With `through` the condition is asked of the row that a column refers to. That column must refer to one, and the table \
         there must say who is meant, or ask another one in turn.";
    MembersKey "TS624" Error "members that belong to no row"
        "The table that lists members refers to the row whose members they are, by the column that `key` names.";
    UserType "TS625" Error "ids of users of different types"
        "One setting says which user asks, and every column that holds the id of a user is compared with it.";
    CallerPrivileges "TS626" Error "a caller that may do nothing, or cannot see what it changes"
        "A caller has just the privileges that it lists. Rows that it changes or deletes it finds by what stands in them, so it \
         must see them.";
    CallerWithoutReach "TS627" Error "a caller that may not reach its database"
        "It has a role with privileges, and the network policy keeps it out. One of the two is a mistake.";
    NobodyAdds "TS628" Warning "a table to which nobody can add a row"
        "Users may read its rows, and neither a row rule nor a `caller` lets anybody add one. It stays as it is made, or somebody \
         is missing.";
    PrivilegesOfNothing "TS629" Error "privileges on tables where there are none"
        "An action allows something on tables, and the platform declares no database that has any.";

    // 63: how long rows are kept.
    RetainBlocked "TS630" Error "a retention that a foreign key stops"
        "Rows are deleted when their time is over, but not while others refer to them, younger ones of the same table among \
         them. PostgreSQL refuses the whole deletion then, day after day.";
    RetainTooShort "TS631" Error "rows that go before their time"
        "They are deleted along with others, or before an erasure or the law is through with them.";

    // 64: erasure.
    StandsApart "TS640" Error "a declaration about data that stands apart from its database"
        "What becomes of data is said by whom the data belongs to. An erasure or obligation stands where its database stands, \
         at the top or in its project, and an erasure waits for obligations of its own database.";
    NoTime "TS641" Error "a column that is no time, where one is needed"
        "What waits or is kept for a time counts from a moment in a column: a `timestamptz`, a `timestamp` or a `date`.";
    NotOfPerson "TS642" Error "rows that lead to no person, or to several"
        "Whose a row is says the column marked `subject=#true`, its own or that of the nearest table that it refers to. Without \
         one, or with two equally near, it is not certain whose rows an erasure would take.";
    ErasureOrder "TS643" Error "an erasure that a foreign key forbids"
        "Rows cannot be deleted while others refer to them. Those are deleted before, or it is said at the reference what \
         becomes of them. An erasure goes step by step, and this one would never get behind its step.";
    ErasureTakesMore "TS644" Error "an erasure of what is to stay"
        "Rows that an obligation keeps by `at-least=`, or that are pseudonymised, are deleted here, themselves or along with \
         others.";
    ErasureIncomplete "TS645" Error "data of people that an erasure leaves out"
        "A table holds data of people: it has a column marked `subject` or `personal`. An erasure deletes its rows, \
         pseudonymises them, or an `obligation` says by `at-least=` how long the law wants them. `retain` says how long they stay \
         at most, which is no reason to keep them.";
    NothingPersonal "TS646" Error "a table with nothing to pseudonymise"
        "Pseudonymising replaces what is personal. Where no column is marked, everything would stay as it is.";
    PersonalWithoutErase "TS647" Error "a personal column of which it is not said what is left"
        "Rows of its table stay after erasure, without what is personal. What each such column has then says its `erase`.";
    EverybodyErased "TS648" Error "an erasure that everybody has asked for"
        "An erasure waits from a time that only those rows have whose person is to be erased.";

    // 65: what is owed and answered.
    ObligationCondition "TS650" Error "a condition of an obligation that cannot be asked"
        "The condition compares columns of the table with values of their types. One that holds always or never binds everybody \
         or nobody, and into an encrypted column the database cannot look.";
    AnswerTooLate "TS655" Error "an answer later than the law allows"
        "The GDPR (article 12) leaves a month for the answer to a request. It may be extended, but the person is told so within \
         that month.";
    RequestFormat "TS656" Error "a form of data where none is handed over, or none where it is"
        "Access and portability hand data over, in a form that a program can read. Rectification and erasure change it.";
    RequestWithoutErasure "TS657" Error "a right to erasure that nothing carries out"
        "People may ask to be erased, and no `erasure` says what becomes of their data.";

    // 68: what has to happen to databases that are there.
    MigrationsBroken "TS680" Error "migrations that cannot be relied on"
        "Migrations have run somewhere, so each stays as it was written: `migrations.sum` has the digest of every file, of the \
         snapshot `schema.json` that the next one is made against, and of all of them, and two branches that each add one meet there, \
         in git, before they meet in a database. Where `migrations.sum` itself is missing, nothing vouches for them: take it from git.";
    MigrationMissing "TS681" Error "a declaration that no migration makes true"
        "What is declared of a database becomes true when a migration has run. `trackside migrate new` writes the one that leads \
         from the last to what is declared; until then nothing is built, so that no service meets a database that is not what it \
         was written for.";
    MigrationLoses "TS682" Error "a migration that loses data"
        "A table or column that is gone, or a type that holds less, cannot be brought back by any migration. It is a secure default, \
         `kept-data`: leaving it needs a waiver with a reason, an owner and an end, which the migration repeats.";
    MigrationLocks "TS683" Error "a migration that keeps everybody waiting"
        "While every row of a table is written anew, nobody reads or writes it, however large it is. A second column beside the \
         first, filled little by little, keeps nobody waiting. The secure default is `short-locks`.";
    MigrationBreaks "TS684" Warning "a migration that breaks what runs"
        "While a release rolls out, the old version of a service meets the new schema. What it writes and reads has to be there until \
         the last one is gone: first add, then move, then take away. The secure default is `compatible-schema`.";
    MigrationImpossible "TS685" Error "a change that no migration can make"
        "PostgreSQL does not turn every type into every other by itself, and nothing can be said of how the rows that are there get \
         their values. A second column, filled by a migration of your own, can.";
    DatabaseDiffers "TS686" Error "a database that is not as it is declared"
        "Somebody has changed it by hand, or a migration of your own has made what is not declared. `trackside migrate verify` holds \
         the catalogue against the declarations. Put it back by a new migration, or declare what is there.";
    RelationTwice "TS687" Error "two things of one name in a database"
        "Tables, keys and indexes of a schema have their names in common, and what nobody gives a name is called by its table and its \
         columns: `a_b` with `c` and `a` with `b_c` come to the same. PostgreSQL would refuse the second one.";

    // 7: records, incidents, evidence and CI.

    // 70: what is recorded.
    UnknownAction "TS700" Error "an action that is never recorded"
        "What can be recorded are the permissions of the tree, `project:delete` as `project.delete`, and what `events` and \
         `actions` of `audit` list. A rule about anything else would wait for a record that never comes.";
    ActionRestated "TS701" Error "an action that is a permission already"
        "The use of every permission of the tree is recorded under its name, with a dot for the colon. Listed once more, it would \
         look like something else.";
    ActionTwice "TS702" Error "a name that is an event and an action"
        "Records are told apart by one name. An event is something that happens, an action something that somebody does.";
    ActionInTwoRisks "TS703" Error "one action in two levels of risk"
        "A record has one risk, the gravest that fits. What is listed twice reads as if it were the lesser one as well.";
    RiskUnassigned "TS704" Error "an alert on a risk that no record has"
        "Nobody would ever be told, and the line looks as if somebody were. A record has the gravest risk whose rule fits it, \
         and `low` where none does.";
    RiskMeansNothing "TS705" Error "a rule of risk that is about nothing"
        "The rule fits no record, or says what holds without it. Whoever reads it would believe that something is graver than it \
         is.";
    AuditFieldMissing "TS706" Error "a record that proves nothing"
        "A record says which one it is, when it was, who did what, and how it ended: `id`, `time`, `actor`, `action`, `result`. \
         With one of them missing nobody can say afterwards what has happened.";
    EventMisspelt "TS707" Warning "an event that is called nearly like a known one"
        "The token service records some events by itself, under fixed names. An event of another name is recorded only where one \
         of the platform's services does it, so a misspelt one is never recorded by anybody.";
    WebhookCredential "TS708" Error "a webhook whose address is a password"
        "Whoever knows such an address can post to it, and it stands in a file that many read. A receiver knows that a request \
         is ours by its signature. If the receiver can only be had with a secret address, put one in front of it that checks \
         the signature.";
    WebhookInside "TS709" Error "a webhook that is no place outside"
        "The token service posts records to it. A name that ends like this means another machine on every network, or the cloud's \
         metadata service, which answers whoever asks with credentials.";

    // 71: incidents.
    IncidentNeverFires "TS710" Error "an incident that can never start"
        "Nothing starts it: it has neither `on` nor `by-hand`, or waits for a result that what it waits for cannot have.";
    TriggerUnclear "TS711" Error "a count that says too little or too much"
        "Several records are counted in a window of time, for the whole platform or for each user or address. Of a single one \
         nothing is counted.";
    ResponseWithoutUser "TS712" Error "a response that does not know which user"
        "An account is locked, its user told or its sessions ended only if it is known which one. A single record is about the \
         user who caused it; several are about one user only if they are counted `per=\"user\"`; an incident that is started by \
         hand is about a user only if it asks for one.";
    IncidentUnanswered "TS713" Error "an incident of which nobody hears"
        "The severity of an incident says who is told to answer it. This one escalates to no channel, so the incident would be \
         seen by whoever happens to look.";
    SeverityOrder "TS714" Error "a severity that is answered later than a less grave one"
        "The smaller its number, the graver a severity, and the sooner it is answered. A business day is taken for a day.";
    HoursMissing "TS715" Error "business days that nobody can count"
        "A business day ends when people go home. Without `working-hours` nobody can say when that is.";
    HoursUnused "TS716" Warning "working hours that nothing is counted by"
        "Only an `answer-in` of business days depends on when people are at work.";
    EscalatedTooLate "TS717" Error "a severity that nobody hears of in time"
        "The first channel is told when the answer is due already. Who is to answer in time must hear of it before.";
    CountAboveLimits "TS718" Warning "a count that limits keep from being reached"
        "What a user may ask for in a window of time is limited by their tier. An incident that waits for more uses of a \
         permission than the best tier lets through waits for ever, unless services use the permission without a request.";

    // 72: evidence.
    EvidenceMissing "TS720" Error "evidence that nothing here satisfies"
        "Evidence is computed from what is declared: each check knows which declarations satisfy it. Where there is none, the \
         control would be shown as met by nothing. What no check can know stands after `outside`, with the team that answers \
         for it, so that the report shows the gap.";
    ControlEmpty "TS721" Error "a control that is shown by nothing"
        "A control without evidence and without a word of what lies outside says that somebody has written its name down.";

    // 73: the pipeline.
    NothingScans "TS730" Error "a threshold that nothing holds images to, or a scan without one"
        "What a scan may find stands in `image-policy`, and a pipeline scans. One without the other looks like a rule and \
         refuses nothing.";

    // 74: where records are kept, and who delivers them.
    NotDelivered "TS741" Error "a place that the token service may not reach"
        "The token service is a workload like any other: what it may reach stands at its service, by `reaches`, and everything \
         else is refused by the network policies. Records and alerts would pile up and never arrive, and nobody could log in.";
    AuditTable "TS742" Error "a table that cannot take in records"
        "A record is a row with a column for each of its fields, of a type that holds every value of it. What else the table has \
         must do without a value.";
    AuditTableChanged "TS743" Error "records that somebody can change"
        "A record that its subject can change proves nothing. The table of records is added to by services under roles of their \
         own, and changed by no user; an erasure makes it say nothing of a person and leaves what was done.";
}
Manifests "manifests.yaml" "fixed.yaml" {
    // 8: anyone's manifests.

    // 80: what cannot be read or followed.
    ManifestUnreadable "TS800" Error "a file that is not YAML"
        "Nothing in this document can be looked at, so nothing can be said of it: what follows is about the rest alone. A template is \
         no manifest: render it first.";
    ManifestNoObject "TS801" Warning "a document that is no Kubernetes object"
        "An object says its `apiVersion`, its `kind` and its `metadata.name`. What does not is left out, as are values of charts and \
         settings of tools that lie among manifests.";
    ManifestMalformed "TS802" Error "a field that the API server would refuse"
        "The object would never be in a cluster as it stands here, so it is left out of what is computed. What it was meant to allow or \
         to close is open to guess.";
    ManifestTwice "TS803" Warning "one object, written twice"
        "Whoever applies these files gets what was applied last, which may be another one tomorrow. What stands last is what is \
         looked at here.";
    ManifestNotFollowed "TS804" Warning "something that leads out of the files"
        "What is named here is not in the files, or is known to others alone. What is said of the rest holds without it: it may allow \
         more than is shown, or less.";

    // 81: network policies.
    PolicyAllowsNamespace "TS810" Error "a rule that allows what it seems to block"
        "No rule of a NetworkPolicy refuses anything: what no rule allows is closed, and a rule with `podSelector: {}` opens the way to \
         every pod of the namespace.";
    PolicyLeadsAnywhere "TS811" Error "a rule that leads anywhere"
        "A rule without peers, or with a block that is not cut, leads to every address: to those of the cluster, and to \
         169.254.169.254, where clouds hand out the credentials of the node.";
    PolicyNamespaceLabel "TS812" Error "a namespace by a label that nobody puts on it"
        "The API server labels each namespace with `kubernetes.io/metadata.name`. The label `name` is there only where somebody has put \
         it, and whoever may label a namespace may then open the way.";
    PolicySelectsNobody "TS813" Error "a policy that selects no pod"
        "Its namespace or its labels are called otherwise than those of the pods, so the pods that it is meant for are as open as if it \
         were not there. Two documents that call one namespace by two names end like this.";
    PodUnselected "TS814" Error "a pod that no policy selects"
        "Kubernetes lets every pod reach every other until a policy selects it, in each direction by itself. A policy that closes the \
         whole namespace comes first; the others open it again.";

    // 82: pods.
    PodNotBaseline "TS820" Error "a pod that the Pod Security Standard `baseline` forbids"
        "What `baseline` forbids is known to lead out of the container and onto the node. The API server refuses such a pod in a \
         namespace that enforces `baseline`, and it needs a namespace of its own where it cannot be helped.";
    PodNotRestricted "TS821" Error "a pod that the Pod Security Standard `restricted` forbids"
        "`restricted` is how a pod is hardened: not root, no new privileges, no capabilities, system calls filtered, no volumes but \
         those of the namespace. The API server refuses others in a namespace that enforces it.";

    // 83: Services and Ingress objects.
    ServiceOnNodes "TS830" Warning "a Service on a port of every node"
        "Whoever reaches a node reaches it there, past Ingress controllers, TLS and rate limits. Network policies see the node as the \
         one who asks.";
    ServiceOpen "TS831" Warning "a load balancer that is open to everybody"
        "Without `loadBalancerSourceRanges` the cloud lets every address in.";
    ServiceExternalIps "TS832" Error "a Service that takes addresses away from others"
        "Whoever may write `externalIPs` gets what is sent to these addresses from inside of the cluster, whoever they belong to \
         (CVE-2020-8554).";
    ServiceSelectsNobody "TS833" Warning "a Service without pods"
        "Its selector fits no pod of the files: whoever asks it gets no answer, or that of a pod that somebody labels like this later.";
    ServicePortUnknown "TS834" Warning "a Service that leads to a port nobody has"
        "A port by name is found in the containers of the pods. Without one, the Service has no endpoint for it.";
    IngressOfEveryHost "TS835" Warning "an Ingress that answers for every name"
        "It also answers for names that somebody else will have tomorrow, and for those that an attacker points at it.";
    IngressInClear "TS836" Error "a host without TLS"
        "What is asked and answered, and whoever is logged in, can be read and changed on the way.";
    IngressTwice "TS837" Error "one path of a host in two Ingress objects"
        "Which of them is served is up to the controller, and may change with the next restart.";

    // 84: who may do what to the cluster.
    ClusterGivenAway "TS840" Error "somebody may do anything to the cluster"
        "Every verb on every resource is the whole cluster, its Secrets, its nodes and whatever is added to it later. It is meant for \
         the few who repair a cluster by hand. Write the verbs and resources that are needed; in one namespace, bind `admin` or `edit`.";
    NamespaceGivenAway "TS841" Warning "somebody may do anything in a namespace"
        "Every verb on every resource of a namespace holds its Secrets, its roles, and quotas and policies that are meant to bind \
         whoever works there. The role `admin` of Kubernetes leaves those out.";
    RightsByWildcard "TS842" Warning "rights that nobody has named"
        "`*` in a rule takes in verbs and kinds that do not exist yet, and those of every operator that is installed later. Nobody can \
         read from the rule what it allows. Write what is needed.";
    RolesEscalated "TS843" Error "somebody may give themselves any right"
        "Kubernetes lets nobody give more than they have, but for the verbs `escalate` and `bind`: whoever has one of them for all roles \
         has every right, one request later. To let somebody give certain roles, write `bind` with those roles in `resourceNames`.";
    OthersImpersonated "TS844" Error "somebody may act as anybody else"
        "The verb `impersonate` makes one a user, a group or a service account, with all of their rights; as the group \
         `system:masters`, that is everything. Name whom in `resourceNames`, and never a group that may do all.";
    RolesWritten "TS845" Warning "somebody may hand on their rights"
        "Whoever writes roles and bindings gives others all that they may do themselves, for good: those keep it when the first has \
         lost it. Leave that to whoever applies the manifests.";
    SecretsRead "TS846" Error "somebody may read all Secrets"
        "`list` and `watch` show whole Secrets, not only their names. Those of the cluster hold tokens that may do anything. Let \
         workloads mount what they need, or name the Secrets in `resourceNames`, with `get`.";
    PodsEntered "TS847" Error "somebody may run commands in any Pod"
        "A command in a Pod has all that the Pod has: its token, its Secrets, its files, its place in the network. Where Pods of the \
         cluster itself can be entered, that is the cluster. No audit log shows what was typed.";
    NodesReached "TS848" Error "somebody may use the interface of nodes"
        "`nodes/proxy` leads to the kubelet, which runs commands in every Pod of its node, past admission and past audit logs; `get` is \
         enough. For figures, `nodes/metrics` and `nodes/stats` do.";
    TokensMade "TS849" Error "somebody may make tokens of any service account"
        "A token is all that a service account is. Whoever makes them for all accounts of the cluster has the rights of the strongest. \
         Name the accounts in `resourceNames`.";
    WebhooksWritten "TS850" Error "somebody may change what is admitted"
        "A webhook of admission sees every object that is written, Secrets included, and one that mutates puts into it what it likes: a \
         container into every Pod. Name the configurations in `resourceNames`, with `update` and `patch` alone.";
    PodsMade "TS851" Warning "somebody may run Pods"
        "A Pod may use every service account, Secret and volume of its namespace, so whoever makes Pods has what those have. That is what \
         deploying is; it should be known of whom it is true. Hold the namespace to a Pod Security level.";
    NodesWritten "TS852" Warning "somebody may change what nodes are or hold"
        "Labels and taints of nodes decide which Pods come to which machine, and a PersistentVolume can be a folder of a machine. Both \
         are ways from a Pod to its node.";
    CertificatesApproved "TS853" Error "somebody may approve certificates of any user"
        "A client certificate that the API server trusts carries the names of a user and of groups. Whoever approves requests for them \
         becomes anybody. Name the signer in `resourceNames`: for nodes, `kubernetes.io/kubelet-serving`.";
    NamespacesWritten "TS854" Warning "somebody may change what holds a namespace"
        "Labels of a namespace are its Pod Security level, and what network policies know it by. Whoever changes them leaves the one \
         and enters the others.";
    BoundToAnonymous "TS855" Error "rights for whoever comes along"
        "`system:anonymous` and `system:unauthenticated` are all requests without a name, from wherever the API server is reached. They \
         need nothing but what Kubernetes gives them itself.";
    BoundToEverybody "TS856" Warning "rights for all accounts"
        "All people and all Pods have these rights, those of next year included, and a Pod that is broken into has them first.";
    BoundToDefaultAccount "TS857" Warning "rights for Pods that asked for none"
        "Every Pod that names no service account runs as `default` of its namespace. What is given to it is given to all of them, also to \
         those that somebody else puts there.";
    BoundToNobody "TS858" Warning "a role or a binding that gives nobody anything"
        "It is left over, or its other half is missing or has another name. Whoever may write that half decides what it does.";
    SubjectMisspelt "TS859" Warning "a subject that nobody is"
        "The API server takes any name. So rights that are meant for one go to nobody, and later perhaps to somebody else who comes to be \
         called so.";
}
Sql "rows.sql" "fixed.sql" {
    // 86: row-level security, and what is kept in tables.
    RowsNotForced "TS860" Error "row-level security that does not bind the owner"
        "Without `force`, whoever owns the table sees every row, and services often run as the owner.";
    RowsUnchecked "TS861" Error "a policy that does not say what may be written"
        "`using` says which rows are seen. Without `with check`, an insert is held to nothing, and what an update may make of a row is \
         nobody's decision but PostgreSQL's.";
    RowsSetting "TS862" Error "a setting that is an error where nobody has set it"
        "`current_setting('a')` fails where nothing is set, and a setting that was set in a transaction is an empty text behind it, which \
         is no uuid: every query of the next one who gets the connection fails.";
    RowsPerRow "TS863" Warning "a policy that asks again for each row"
        "A function in a policy is called for each row. In a query of its own it is called once for a statement.";
    RowsRecursion "TS864" Error "policies that read each other's tables"
        "PostgreSQL ends every query of these tables with `infinite recursion detected in policy`.";
    RowsMaintenance "TS865" Error "maintenance that touches no row"
        "Forced row-level security binds the owner too: what no policy shows is not found, and the statement succeeds with 0 rows.";
    TokenInClear "TS866" Error "tokens that are kept as they are"
        "Whoever reads the table, or a backup of it, is everybody who is logged in. A digest is enough to know a token again.";
}
Platform "platform.kdl" "fixed.kdl" {
    // 9: what is rendered, and not as it is declared.
    ProofUndeclared "TS900" Error "something that can be reached, and that nothing declares"
        "What the rendered network policies really allow is computed from the files, between any two workloads, every address and \
         whoever else has pods in the cluster. It is more than is declared: a template of yours or a raw object opens it. The help \
         lines say by which rules.";
    ProofBroken "TS901" Error "something that is declared, and that cannot be reached"
        "What the rendered network policies really allow is less than is declared: the workload would wait for an answer in vain. The \
         help lines say what each of the two sides allows.";
    ProofPod "TS902" Error "a rendered pod that is not as hardened as it must be"
        "Every pod template in the rendered files is judged by the Pod Security Standards of the cluster's version, whoever wrote it. \
         The API server would refuse the pod, or it would run with more than it needs.";
    ProofMissing "TS903" Error "a workload that is declared, and not in the rendered files"
        "Nothing can be proven of what is not there. The files are older than the declarations, or somebody has taken an object out.";
    ProofIncomplete "TS904" Error "rendered files of which nothing can be proven"
        "A proof does not pass because something could not be read: what stands in these documents might allow anything.";
}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend() {
        let ids: Vec<&str> = CATALOGUE.iter().map(|row| row.id).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted, "order the rows of `catalogue!` by their ids, each once");
    }

    #[test]
    fn explanations_are_sentences() {
        for row in CATALOGUE {
            assert!(row.explanation.ends_with('.'), "{} needs a full sentence", row.id);
            assert!(!row.title.ends_with('.'), "the title of {} is not a sentence", row.id);
        }
    }
}
