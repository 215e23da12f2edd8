//! The forms that issuers gave their tokens so that they can be recognised, and the forms of what may be seen.

/// What follows a prefix.
#[derive(Clone, Copy)]
enum Body {
    /// Letters and digits.
    Alphanumeric,
    /// Capital letters and digits.
    Upper,
    /// Hexadecimal digits.
    Hex,
    /// Base64 for addresses: letters, digits, `_`, `-`.
    Url,
    /// The same with dots between parts.
    Dotted,
    /// Base64 for addresses, slashes and `@`: the path of a webhook.
    Path,
}

/// A prefix, what follows, how much of that at least and at the most, and what it is.
type Form = (&'static str, Body, usize, usize, &'static str);

const ANY: usize = usize::MAX;

/// Ordered by issuer; a longer prefix stands before a shorter one that it begins with.
const FORMS: &[Form] = &[
    ("AGE-PLUGIN-", Body::Url, 20, ANY, "an age secret key"),
    ("TRACKSIDE-SHARE-1-", Body::Url, 40, ANY, "a share of a key"),
    ("AGE-SECRET-KEY-PQ-1", Body::Upper, 40, ANY, "an age secret key"),
    ("AGE-SECRET-KEY-1", Body::Upper, 40, ANY, "an age secret key"),
    ("AKIA", Body::Upper, 16, 16, "an AWS access key"),
    ("ASIA", Body::Upper, 16, 16, "an AWS access key"),
    ("ABIA", Body::Upper, 16, 16, "an AWS access key"),
    ("ACCA", Body::Upper, 16, 16, "an AWS access key"),
    ("sk-ant-", Body::Url, 20, ANY, "an Anthropic key"),
    ("dapi", Body::Hex, 32, 32, "a Databricks token"),
    ("dop_v1_", Body::Hex, 64, 64, "a DigitalOcean token"),
    ("doo_v1_", Body::Hex, 64, 64, "a DigitalOcean token"),
    ("dor_v1_", Body::Hex, 64, 64, "a DigitalOcean token"),
    ("discord.com/api/webhooks/", Body::Path, 20, ANY, "a Discord webhook"),
    ("discordapp.com/api/webhooks/", Body::Path, 20, ANY, "a Discord webhook"),
    ("dckr_pat_", Body::Url, 20, ANY, "a Docker Hub token"),
    ("dp.pt.", Body::Alphanumeric, 40, ANY, "a Doppler token"),
    ("dp.st.", Body::Dotted, 40, ANY, "a Doppler token"),
    ("fm2_", Body::Url, 40, ANY, "a Fly.io token"),
    ("github_pat_", Body::Url, 22, ANY, "a GitHub token"),
    ("ghp_", Body::Alphanumeric, 36, ANY, "a GitHub token"),
    ("gho_", Body::Alphanumeric, 36, ANY, "a GitHub token"),
    ("ghu_", Body::Alphanumeric, 36, ANY, "a GitHub token"),
    ("ghs_", Body::Alphanumeric, 36, ANY, "a GitHub token"),
    ("ghr_", Body::Alphanumeric, 36, ANY, "a GitHub token"),
    ("glpat-", Body::Dotted, 20, ANY, "a GitLab token"),
    ("gldt-", Body::Dotted, 20, ANY, "a GitLab token"),
    ("glrt-", Body::Dotted, 20, ANY, "a GitLab token"),
    ("glcbt-", Body::Dotted, 20, ANY, "a GitLab token"),
    ("glptt-", Body::Dotted, 20, ANY, "a GitLab token"),
    ("glft-", Body::Dotted, 20, ANY, "a GitLab token"),
    ("glagent-", Body::Dotted, 20, ANY, "a GitLab token"),
    ("gloas-", Body::Dotted, 20, ANY, "a GitLab token"),
    ("AIza", Body::Url, 35, 35, "a Google API key"),
    ("GOCSPX-", Body::Url, 24, ANY, "a Google client secret"),
    ("ya29.", Body::Url, 20, ANY, "a Google access token"),
    ("glsa_", Body::Url, 32, ANY, "a Grafana token"),
    ("glc_", Body::Url, 32, ANY, "a Grafana token"),
    ("hf_", Body::Alphanumeric, 30, ANY, "a Hugging Face token"),
    ("lin_api_", Body::Alphanumeric, 32, ANY, "a Linear key"),
    ("key-", Body::Hex, 32, 32, "a Mailgun key"),
    ("outlook.office.com/webhook/", Body::Path, 20, ANY, "a Microsoft Teams webhook"),
    ("webhook.office.com/webhookb2/", Body::Path, 20, ANY, "a Microsoft Teams webhook"),
    ("NRAK-", Body::Upper, 27, 27, "a New Relic key"),
    ("npm_", Body::Alphanumeric, 36, 36, "an npm token"),
    ("sk-proj-", Body::Url, 20, ANY, "an OpenAI key"),
    ("sk-svcacct-", Body::Url, 20, ANY, "an OpenAI key"),
    ("sk-", Body::Alphanumeric, 40, ANY, "an OpenAI key"),
    ("pscale_tkn_", Body::Dotted, 32, ANY, "a PlanetScale token"),
    ("pscale_pw_", Body::Dotted, 32, ANY, "a PlanetScale password"),
    ("PMAK-", Body::Url, 40, ANY, "a Postman key"),
    ("pul-", Body::Hex, 40, 40, "a Pulumi token"),
    ("pypi-", Body::Url, 50, ANY, "a PyPI token"),
    ("rubygems_", Body::Hex, 48, 48, "a RubyGems key"),
    ("SG.", Body::Dotted, 60, ANY, "a SendGrid key"),
    ("sntrys_", Body::Dotted, 30, ANY, "a Sentry token"),
    ("sntryu_", Body::Hex, 64, 64, "a Sentry token"),
    ("shpat_", Body::Hex, 32, 32, "a Shopify token"),
    ("shpss_", Body::Hex, 32, 32, "a Shopify secret"),
    ("hooks.slack.com/services/", Body::Path, 12, ANY, "a Slack webhook"),
    ("hooks.slack.com/triggers/", Body::Path, 12, ANY, "a Slack webhook"),
    ("hooks.slack.com/workflows/", Body::Path, 12, ANY, "a Slack webhook"),
    ("xoxb-", Body::Url, 20, ANY, "a Slack token"),
    ("xoxp-", Body::Url, 20, ANY, "a Slack token"),
    ("xoxa-", Body::Url, 20, ANY, "a Slack token"),
    ("xoxr-", Body::Url, 20, ANY, "a Slack token"),
    ("xoxs-", Body::Url, 20, ANY, "a Slack token"),
    ("xoxe.", Body::Dotted, 20, ANY, "a Slack token"),
    ("xapp-", Body::Url, 20, ANY, "a Slack token"),
    ("sk_live_", Body::Alphanumeric, 16, ANY, "a Stripe key"),
    ("sk_test_", Body::Alphanumeric, 16, ANY, "a Stripe key"),
    ("rk_live_", Body::Alphanumeric, 16, ANY, "a Stripe key"),
    ("rk_test_", Body::Alphanumeric, 16, ANY, "a Stripe key"),
    ("whsec_", Body::Url, 24, ANY, "a webhook signing secret"),
    ("sbp_", Body::Hex, 40, 40, "a Supabase token"),
    ("tskey-", Body::Url, 20, ANY, "a Tailscale key"),
    ("SK", Body::Hex, 32, 32, "a Twilio key"),
    ("hvs.", Body::Url, 24, ANY, "a Vault token"),
    ("hvb.", Body::Url, 24, ANY, "a Vault token"),
    ("hvr.", Body::Url, 24, ANY, "a Vault token"),
    ("s.", Body::Alphanumeric, 24, 24, "a Vault token"),
    ("hooks.zapier.com/hooks/catch/", Body::Path, 8, ANY, "a Zapier webhook"),
];

/// The length of the token that a text begins with, and what it is.
pub(super) fn secret(text: &str) -> Option<(usize, &'static str)> {
    FORMS.iter().find_map(|(prefix, body, least, most, what)| {
        let rest = text.strip_prefix(prefix)?.as_bytes();
        let length = rest.iter().take(most.saturating_add(1)).take_while(|it| body.holds(**it)).count();
        let fits = (*least..=*most).contains(&length) && !is_filler(&rest[..length]);
        // `s.` is also how a host or a field may begin; a token has no word in it.
        let fits = fits && (*prefix != "s." || super::random::is_random(&text[2..2 + length]));
        fits.then_some((prefix.len() + length, *what))
    })
}

/// Whether a run is of a kind that is published without harm, by its own beginning or by what follows it.
pub(super) fn is_public(run: &str, after: &str) -> bool {
    const PREFIXES: &[&str] = &[
        "AAAAB3NzaC1",
        "AAAAC3NzaC1",
        "AAAAE2VjZHNh",
        "AAAAG", // SSH public keys
        "age1",  // age recipients
        "xn--",  // internationalised host names
        "sha256-",
        "sha384-",
        "sha512-", // subresource integrity
        "pk_live_",
        "pk_test_",
        "price_",
        "prod_",
        "acct_",
        "cus_", // ids of Stripe
    ];
    PREFIXES.iter().any(|it| run.starts_with(it)) || after.starts_with(".apps.googleusercontent.com")
}

impl Body {
    fn holds(self, byte: u8) -> bool {
        match self {
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => Self::Url.holds(byte) || byte == b'.',
            Self::Path => Self::Url.holds(byte) || matches!(byte, b'/' | b'@'),
        }
    }
}

/// `xxxx…` and `0000…` show where a token goes; they are none.
fn is_filler(body: &[u8]) -> bool {
    let mut seen: Vec<u8> = body.iter().take(64).copied().collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len() <= 4
}
