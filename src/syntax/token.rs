//! What stands between spaces: a string in any spelling, a number, a keyword.

/// What a token is worth, and how its text gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// A bare word.
    Word,
    /// A quoted string without escapes: what stands between the quotes.
    Quoted,
    /// A raw string on one line: what stands between the quotes.
    Raw,
    /// A string whose value is not a piece of the text; it was put aside while reading.
    Decoded,
    /// An integer in any radix, which may be too large for 128 bits.
    Integer,
    /// A number with a fraction or an exponent.
    Float,
    True,
    False,
    Null,
    Infinity,
    NegativeInfinity,
    NotANumber,
}

impl Kind {
    pub(super) fn is_string(self) -> bool {
        matches!(self, Self::Word | Self::Quoted | Self::Raw | Self::Decoded)
    }
}

/// A token and the bytes it covers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The values of strings that are no piece of their text, one after the other.
///
/// A string of the text is found by where it starts: tokens are read in the order of the text, so that the places ascend.
#[derive(Clone, Debug, Default)]
pub(super) struct Arena {
    values: String,
    /// Where the token starts, and where its value starts in `values`.
    places: Vec<(u32, u32)>,
}

impl Arena {
    /// Starts the value of the token at `start`; what is pushed until the next one belongs to it.
    pub(super) fn start(&mut self, start: u32) {
        let from = super::report::offset(self.values.len());
        self.places.push((start, from));
    }

    pub(super) fn push(&mut self, piece: &str) {
        self.values.push_str(piece);
    }

    pub(super) fn push_char(&mut self, character: char) {
        self.values.push(character);
    }

    /// The value of the token that starts at `start`.
    pub(super) fn find(&self, start: u32) -> Option<&str> {
        let index = self.places.binary_search_by_key(&start, |place| place.0).ok()?;
        let end = self.places.get(index + 1).map_or(self.values.len(), |next| next.1 as usize);
        Some(&self.values[self.places[index].1 as usize..end])
    }

    pub(super) fn shrink(&mut self) {
        self.values.shrink_to_fit();
        self.places.shrink_to_fit();
    }

    /// How many bytes of memory it holds.
    pub(super) fn capacity(&self) -> usize {
        self.values.capacity() + self.places.capacity() * size_of::<(u32, u32)>()
    }
}
