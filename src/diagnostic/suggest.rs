//! Did you mean: the allowed word that somebody most likely wanted to type.

/// A longer word is no slip of the fingers, and comparing costs the product of the lengths.
const LONGEST: usize = 100;

/// Finds the allowed word closest to what was typed, if one is close enough: the first of [`candidates`].
pub fn closest<'a>(typed: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates(typed, allowed).first().copied()
}

/// How many equally close words a person is asked to choose from.
const MOST_CANDIDATES: usize = 3;

/// Finds the allowed words that are closest to what was typed, if some are close enough. One alone is most likely meant; of
/// several that are equally close nobody can know, and the likeliest is the first.
///
/// Case and `-` for `_` cost nothing. Else a third of the letters may differ, as with rustc and cargo: a letter too many,
/// too few, wrong, or two neighbours swapped each count once. Failing that, the same words in another order will do
/// (`path-health` for `health-path`), then the beginning of a word. Of several equally close words those with the same
/// first letter are taken, in the order of the alphabet, so the answer does not depend on the order of `allowed`.
pub fn candidates<'a>(typed: &str, allowed: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let length = typed.chars().take(LONGEST + 1).count();
    if length > LONGEST {
        return Vec::new();
    }
    let wanted = plain(typed);
    let close = allowed.into_iter().filter(|word| word.len() <= 4 * LONGEST).filter_map(|word| {
        let plain = plain(word);
        let rank = rank(&wanted, &plain)?;
        let is_near = (rank, plain.chars().next() != wanted.chars().next());
        Some((is_near, strsim::osa_distance(typed, word), word))
    });
    let mut close: Vec<_> = close.collect();
    close.sort_unstable();
    close.dedup();
    let nearest = close.first().map(|(it, ..)| *it);
    let nearest = close.into_iter().take_while(|(it, ..)| Some(*it) == nearest);
    nearest.take(MOST_CANDIDATES).map(|(.., word)| word).collect()
}

/// How far a word is from what was typed; `None` where it is too far.
fn rank(typed: &str, word: &str) -> Option<usize> {
    let lengths = [typed.chars().count(), word.chars().count()];
    let longer = lengths[0].max(lengths[1]);
    // Of a single letter nothing is left that could be right.
    let limit = (longer.max(3) / 3).min(lengths[0].saturating_sub(1));
    if lengths[0].abs_diff(lengths[1]) <= limit {
        let distance = strsim::osa_distance(typed, word);
        if distance <= limit {
            return Some(distance);
        }
    }
    if reordered(typed, word) {
        return Some(LONGEST + 1);
    }
    (lengths[0] >= 3 && word.starts_with(typed)).then_some(LONGEST + 2)
}

fn plain(word: &str) -> String {
    word.chars().flat_map(char::to_lowercase).map(|it| if it == '_' { '-' } else { it }).collect()
}

fn reordered(typed: &str, word: &str) -> bool {
    let words = |of: &str| {
        let mut words: Vec<String> = of.split('-').map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    typed.contains('-') && words(typed) == words(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[&str] = &[
        "image",
        "port",
        "replicas",
        "resources",
        "health",
        "public",
        "reaches",
        "offers",
        "env",
        "scratch",
        "pod-security",
        "run-as",
        "health-path",
        "answer-in",
        "up-to",
        "cpu",
        "tls",
    ];

    #[test]
    fn a_slip_finds_its_word() {
        let cases = [
            ("replcas", Some("replicas")),
            ("replicsa", Some("replicas")),
            ("erplicas", Some("replicas")),
            ("Image", Some("image")),
            ("IMAGE", Some("image")),
            ("pod_security", Some("pod-security")),
            ("podSecurity", Some("pod-security")),
            ("podsecurity", Some("pod-security")),
            ("run_AS", Some("run-as")),
            ("rech", None),
            ("reach", Some("reaches")),
            ("offer", Some("offers")),
            ("prot", Some("port")),
            ("path-health", Some("health-path")),
            ("in-answer", Some("answer-in")),
            ("healthpath", Some("health-path")),
            ("res", Some("resources")),
            ("en", Some("env")),
            ("upto", Some("up-to")),
            ("x", None),
            ("", None),
            ("volume", None),
            ("completely-different", None),
            ("imäge", Some("image")),
        ];
        for (typed, expected) in cases {
            assert_eq!(closest(typed, FIELDS.iter().copied()), expected, "{typed}");
            assert_eq!(
                closest(typed, FIELDS.iter().rev().copied()),
                expected,
                "{typed}, the other way round"
            );
        }
    }

    #[test]
    fn of_equally_close_words_the_answer_is_always_the_same() {
        assert_eq!(closest("bat", ["cat", "bar", "bad"]), Some("bad"));
        assert_eq!(closest("bat", ["bad", "cat", "bar"]), Some("bad"));
        assert_eq!(closest("tsl", ["tsls", "tls"]), Some("tls"));
    }

    #[test]
    fn equally_close_words_are_all_candidates() {
        let cases: [(&str, &[&str]); 6] = [
            ("bat", &["bad", "bar"]),
            ("cta", &["cat"]),
            ("bar", &["bar"]),
            ("barn", &["bar"]),
            ("bark", &["bar", "bard"]),
            ("x", &[]),
        ];
        for (typed, expected) in cases {
            let allowed = if typed == "bark" {
                vec!["cat", "bard", "bar", "bad"]
            } else {
                vec!["cat", "bar", "bad", "bar"]
            };
            assert_eq!(candidates(typed, allowed), expected, "{typed}");
        }
    }

    #[test]
    fn an_endless_word_is_not_compared() {
        let long = "a".repeat(5_000_000);
        assert_eq!(closest(&long, FIELDS.iter().copied()), None);
        assert_eq!(closest("image", [long.as_str()]), None);
        assert_eq!(closest(&"é".repeat(LONGEST), ["e"]), None);
    }
}
