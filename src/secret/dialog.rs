//! What is asked of whoever sits at the terminal: pass phrases, and what a plugin of age wants to know, such as the PIN of a security
//! key.
//!
//! The terminal is `/dev/tty`, so that a value can come by standard input and go by standard output meanwhile. Where there is
//! none, nothing is asked, and what would have been is kept for the message ([`Dialog::unasked`]). No window is opened and no
//! other program is asked.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};

use age::secrecy::SecretString;
use zeroize::{Zeroize as _, Zeroizing};

/// Asks at the terminal, and says things there.
#[derive(Clone, Debug, Default)]
pub struct Dialog {
    unasked: Arc<Mutex<Option<String>>>,
}

/// The longest answer.
const LONGEST: usize = 4096;

impl Dialog {
    /// What would have been asked, had there been a terminal.
    pub fn unasked(&self) -> Option<String> {
        self.unasked.lock().ok().and_then(|it| it.clone())
    }

    /// Asks for something that is not shown while it is typed, until it is right or was wrong so often; then there is `None` in
    /// what is given. There is nothing to give where there is no terminal, and where Ctrl-C was typed.
    pub fn ask_secret<T>(
        &self,
        question: &str,
        attempts: usize,
        mut right: impl FnMut(&str) -> Option<T>,
    ) -> Option<Option<T>> {
        self.at_terminal(question, |terminal| {
            // Hidden before it is asked, and until it is right: whoever sees the question may type at once, and whoever waits for
            // it to be tried may type ahead.
            let _hidden = Hidden::begin(terminal)?;
            for attempt in 1..=attempts {
                let wrong = if attempt > 1 { "that is not it; " } else { "" };
                write!(terminal, "{wrong}{}: ", plain(question))?;
                let answer = read_keys(terminal);
                writeln!(terminal)?;
                if let Some(outcome) = right(&answer?) {
                    return Ok(Some(outcome));
                }
            }
            Ok(None)
        })
    }

    fn ask_open(&self, question: &str) -> Option<String> {
        self.at_terminal(question, |terminal| {
            write!(terminal, "{}: ", plain(question))?;
            read_line(terminal)
        })
    }

    /// What comes of asking at the terminal, where there is one.
    fn at_terminal<T>(&self, question: &str, ask: impl FnOnce(&mut Terminal) -> io::Result<T>) -> Option<T> {
        match open() {
            Ok(mut terminal) => ask(&mut terminal).ok(),
            Err(_) => {
                if let Ok(mut unasked) = self.unasked.lock() {
                    unasked.get_or_insert_with(|| plain(question));
                }
                None
            }
        }
    }
}

impl age::Callbacks for Dialog {
    fn display_message(&self, message: &str) {
        let line = format!("{}\n", plain(message));
        // Nobody is there to hear that nobody hears.
        let _unheard = match open() {
            Ok(mut terminal) => terminal.write_all(line.as_bytes()),
            Err(_) => io::stderr().write_all(line.as_bytes()),
        };
    }

    fn confirm(&self, message: &str, yes_string: &str, no_string: Option<&str>) -> Option<bool> {
        let [yes, no] = [yes_string, no_string.unwrap_or("cancel")].map(plain);
        let question = format!("{message}\ntype `y` for `{yes}`, anything else for `{no}`");
        self.ask_open(&question).map(|it| it.trim().eq_ignore_ascii_case("y"))
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        self.ask_open(description)
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        // A copy of just its length, so that none is left behind when it becomes one that cannot grow.
        self.ask_secret(description, 1, |it| Some(it.to_owned().into())).flatten()
    }
}

/// A text of a program, without what would change the terminal or imitate a second message.
fn plain(text: &str) -> String {
    text.trim().chars().filter(|it| *it == '\n' || !it.is_control()).collect()
}

type Terminal = std::fs::File;

fn open() -> io::Result<Terminal> {
    std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty")
}

/// A terminal that shows nothing of what is typed and hands on each key, until this is dropped.
struct Hidden {
    #[cfg(unix)]
    before: Option<(Terminal, rustix::termios::Termios)>,
}

impl Hidden {
    #[cfg(unix)]
    fn begin(terminal: &Terminal) -> io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(terminal)?;
        let mut hidden = before.clone();
        // Keys and not lines, and no signals: so Ctrl-C is read here, and leaves the terminal as it was.
        hidden.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(terminal, OptionalActions::Drain, &hidden)?;
        Ok(Self { before: Some((terminal.try_clone()?, before)) })
    }

    #[cfg(not(unix))]
    fn begin(_: &Terminal) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(unix)]
impl Drop for Hidden {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some((terminal, before)) = self.before.take() {
            // A terminal that is gone shows nothing any more.
            let _gone = tcsetattr(terminal, OptionalActions::Drain, &before);
        }
    }
}

/// A line of keys as a terminal hands them on one by one.
fn read_keys(input: &mut impl Read) -> io::Result<Zeroizing<String>> {
    const CTRL_C: u8 = 3;
    const CTRL_D: u8 = 4;
    const BACKSPACE: u8 = 8;
    const CTRL_U: u8 = 21;
    const DELETE: u8 = 127;
    // All room at once: a buffer that grows leaves copies of what was in it.
    let mut typed = Zeroizing::new(String::with_capacity(LONGEST));
    let mut held = Zeroizing::new([0; 4]);
    let mut count = 0;
    loop {
        input.read_exact(&mut held[count..=count])?;
        match held[count] {
            b'\r' | b'\n' => return Ok(typed),
            CTRL_C | CTRL_D => return Err(io::ErrorKind::Interrupted.into()),
            BACKSPACE | DELETE => drop(typed.pop()),
            CTRL_U => {
                typed.zeroize();
                typed.reserve_exact(LONGEST);
            }
            // A character may take several keys.
            _ => match std::str::from_utf8(&held[..=count]) {
                Ok(character) if typed.len() + character.len() <= LONGEST => typed.push_str(character),
                Err(problem) if problem.error_len().is_none() => {
                    count += 1;
                    continue;
                }
                _ => return Err(io::ErrorKind::InvalidData.into()),
            },
        }
        count = 0;
    }
}

/// A line that the terminal shows while it is typed.
fn read_line(input: &mut impl Read) -> io::Result<String> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    loop {
        input.read_exact(&mut byte)?;
        match byte {
            [b'\n'] => break,
            _ if line.len() == LONGEST => return Err(io::ErrorKind::InvalidData.into()),
            [other] => line.push(other),
        }
    }
    String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_what_is_meant_when_enter_is_pressed() {
        let typed = |keys: &[u8]| read_keys(&mut &keys[..]).ok().map(|it| it.to_string());
        let too_long = [vec![b'x'; LONGEST + 1], vec![b'\n']].concat();
        for (keys, meant) in [
            ("hunter2\n".as_bytes(), Some("hunter2")),
            (b"hunter2\rmore\n", Some("hunter2")),
            (b"\n", Some("")),
            (b"hunt\x7fter\x082\n", Some("hunte2")),
            (b"\x7f\x7fa\n", Some("a")),
            (b"wrong\x15right\n", Some("right")),
            ("grüße\n".as_bytes(), Some("grüße")),
            ("grü\x7fu\n".as_bytes(), Some("gru")),
            (b"\xff\n", None),
            (b"hunter\x03", None),
            (b"\x04", None),
            (b"cut off", None),
            (&too_long, None),
        ] {
            assert_eq!(typed(keys).as_deref(), meant, "{keys:?}");
        }
    }

    #[test]
    fn what_programs_say_leaves_the_terminal_as_it_is() {
        assert_eq!(plain(" Insert \x1b]0;x\x07YubiKey\r\n#2 \n"), "Insert ]0;xYubiKey\n#2");
    }
}
