//! `frazil man` and `frazil completions`: pages and shell scripts from the tables of flags.
//!
//! In: a command's name, or a shell's. Out: roff for `man`, or a script for the shell to read.

use crate::config;
use crate::failure::Failure;
use crate::flags::{COMMANDS, Command, Flag, Said};
use crate::output;
use std::fmt::Write;

/// `frazil man`
///
/// # Errors
/// There is no such command.
pub(crate) fn run_man(said: Vec<Said>) -> Result<(), Failure> {
    let Some(name) = operand(said) else {
        return output::print(main_page().as_bytes());
    };
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => output::print(page(command).as_bytes()),
        None => Err(Failure::Usage(format!("'{name}' is no command"))),
    }
}

/// `frazil completions`
///
/// # Errors
/// The shell is not known.
pub(crate) fn run_completions(said: Vec<Said>) -> Result<(), Failure> {
    let script = match operand(said).as_deref() {
        Some("bash") => bash(),
        Some("zsh") => zsh(),
        Some("fish") => fish(),
        _ => return Err(Failure::Usage("name a shell: bash, zsh or fish".into())),
    };
    output::print(script.as_bytes())
}

fn operand(said: Vec<Said>) -> Option<String> {
    said.into_iter().find_map(|said| match said {
        Said::Operand(word) => String::from_utf8(word).ok(),
        _ => None,
    })
}

/// Flags that are shown.
fn shown(command: &Command) -> impl Iterator<Item = &'static Flag> {
    let flags = command.flags.iter().flat_map(|(_, flags)| flags.iter());
    flags.filter(|flag| !flag.help.is_empty())
}

fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

fn main_page() -> String {
    let mut out = String::from(
        ".TH FRAZIL 1\n.SH NAME\nfrazil \\- evaluate the Nix language\n.SH SYNOPSIS\n.B frazil\n.I COMMAND\n\\&...\n.SH COMMANDS\n",
    );
    for command in COMMANDS {
        let _ = write!(out, ".TP\n.B {}\n{}\n", roff(command.name), roff(command.about));
    }
    out.push_str(".SH SETTINGS\nAs in nix.conf, NIX_CONFIG, \\-\\-option, or as flags.\n");
    for setting in config::SETTINGS {
        let _ = write!(out, ".TP\n.B {}\n{}\n", roff(setting.name), roff(setting.help));
    }
    out
}

fn page(command: &Command) -> String {
    let title = command.name.to_uppercase();
    let mut out = format!(".TH FRAZIL\\-{} 1\n.SH NAME\n", roff(&title));
    let _ = writeln!(out, "frazil\\-{} \\- {}", roff(command.name), roff(command.about));
    let _ =
        write!(out, ".SH SYNOPSIS\n.B frazil {}\n{}\n", roff(command.name), roff(command.usage));
    for (group, flags) in command.flags {
        let _ = writeln!(out, ".SH {}", group.to_uppercase());
        for flag in flags.iter().filter(|flag| !flag.help.is_empty()) {
            let short = flag.short.map(|letter| format!("\\-{}, ", char::from(letter)));
            let values: String = flag.values.iter().map(|value| format!(" {value}")).collect();
            let name = flag.long.first().copied().unwrap_or("");
            let _ = write!(
                out,
                ".TP\n.B {}\\-\\-{}{}\n{}\n",
                short.unwrap_or_default(),
                roff(name),
                roff(&values),
                roff(flag.help)
            );
        }
    }
    out.push_str(".SH EXAMPLES\n");
    for example in command.examples {
        let _ = write!(out, ".TP\n{}\n.B {}\n", roff(example.does), roff(example.call));
    }
    out
}

fn names() -> String {
    COMMANDS.iter().map(|command| command.name).collect::<Vec<_>>().join(" ")
}

fn words(command: &Command) -> String {
    let long = shown(command).flat_map(|flag| flag.long.first()).map(|name| format!("--{name}"));
    let short = shown(command)
        .filter_map(|flag| flag.short)
        .map(|letter| format!("-{}", char::from(letter)));
    long.chain(short).collect::<Vec<_>>().join(" ")
}

fn bash() -> String {
    let mut out = String::from(
        "_frazil() {\n  local word=\"${COMP_WORDS[COMP_CWORD]}\" words=\"\"\n  if [ \"$COMP_CWORD\" -eq 1 ]; then\n",
    );
    let _ = writeln!(out, "    words=\"{}\"\n  else\n    case \"${{COMP_WORDS[1]}}\" in", names());
    for command in COMMANDS {
        let _ = writeln!(out, "      {}) words=\"{}\" ;;", command.name, words(command));
    }
    out.push_str("    esac\n  fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\ncomplete -o default -F _frazil frazil\n");
    out
}

fn zsh() -> String {
    let quoted = |text: &str| text.replace('\'', "'\\''").replace(':', "\\:");
    let mut out = String::from(
        "#compdef frazil\n_frazil() {\n  local -a words\n  if (( CURRENT == 2 )); then\n    words=(\n",
    );
    for command in COMMANDS {
        let _ = writeln!(out, "      '{}:{}'", command.name, quoted(command.about));
    }
    out.push_str("    )\n    _describe command words\n    return\n  fi\n  case \"$words[2]\" in\n");
    for command in COMMANDS {
        let _ = writeln!(out, "    {}) words=(", command.name);
        for flag in shown(command) {
            let name = flag.long.first().copied().unwrap_or("");
            let _ = writeln!(out, "      '--{name}:{}'", quoted(flag.help));
        }
        out.push_str("    ) ;;\n");
    }
    out.push_str("  esac\n  _describe flag words\n  _files\n}\n_frazil \"$@\"\n");
    // The array of candidates must not hide the words of the line.
    out.replace("local -a words", "local -a found; local line=$words[2]")
        .replace("words=(", "found=(")
        .replace("_describe command words", "_describe command found")
        .replace("_describe flag words", "_describe flag found")
        .replace("case \"$words[2]\"", "case \"$line\"")
}

fn fish() -> String {
    let quoted = |text: &str| text.replace('\'', "\\'");
    let mut out = String::new();
    for command in COMMANDS {
        let _ = writeln!(
            out,
            "complete -c frazil -n __fish_use_subcommand -a {} -d '{}'",
            command.name,
            quoted(command.about)
        );
        for flag in shown(command) {
            let name = flag.long.first().copied().unwrap_or("");
            let short = flag.short.map(|letter| format!(" -s {}", char::from(letter)));
            let takes = if flag.values.is_empty() { "" } else { " -r" };
            let _ = writeln!(
                out,
                "complete -c frazil -n '__fish_seen_subcommand_from {}' -l {name}{}{takes} -d '{}'",
                command.name,
                short.unwrap_or_default(),
                quoted(flag.help)
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_and_completions() {
        for command in COMMANDS {
            assert!(page(command).contains(".SH EXAMPLES"), "{}", command.name);
            for script in [bash(), zsh(), fish()] {
                assert!(script.contains(command.name), "{}", command.name);
            }
        }
    }

    #[test]
    fn pages_start_no_line_with_a_control_character() {
        assert_eq!(roff(".a-b"), "\\&.a\\-b");
    }
}
