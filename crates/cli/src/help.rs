//! Help, from the tables.

use crate::flags::{COMMANDS, Command, Flag};
use std::fmt::Write;

/// As many examples as leave the overview on one screen.
const OVERVIEW_EXAMPLES: usize = 6;

/// The list of commands.
pub(crate) fn overview() -> String {
    let mut out = String::from(
        "Frazil evaluates the Nix language.\n\nUsage: frazil COMMAND …\n\nCommands:\n",
    );
    for command in COMMANDS {
        let _ = writeln!(out, "  {:<17} {}", command.name, command.about);
    }
    out.push_str("\nExamples:\n");
    let examples = COMMANDS.iter().filter_map(|command| command.examples.first());
    for example in examples.take(OVERVIEW_EXAMPLES) {
        let _ = writeln!(out, "  {}", example.call);
    }
    out.push_str(
        "\n`frazil COMMAND --help` says more. Called `nix-instantiate`, it is that command.\n",
    );
    out
}

/// One command.
pub(crate) fn of(command: &Command) -> String {
    let mut out =
        format!("{}.\n\nUsage: frazil {} {}\n", command.about, command.name, command.usage);
    for (group, flags) in command.flags {
        let _ = writeln!(out, "\n{group}:");
        for flag in flags.iter().filter(|flag| !flag.help.is_empty()) {
            let _ = writeln!(out, "  {:<29} {}", names(flag), flag.help);
        }
    }
    out.push_str("\nExamples:\n");
    for example in command.examples {
        let _ = writeln!(out, "  # {}\n  {}", example.does, example.call);
    }
    out
}

fn names(flag: &Flag) -> String {
    let mut out = match flag.short {
        Some(letter) => format!("-{}, ", char::from(letter)),
        None => "    ".to_string(),
    };
    let _ = write!(out, "--{}", flag.long.first().unwrap_or(&""));
    for value in flag.values {
        let _ = write!(out, " {}", value.to_uppercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overview_fits_a_screen() {
        assert!(overview().lines().count() <= 24, "{}", overview());
    }

    #[test]
    fn help_fits_eighty_columns() {
        for line in COMMANDS
            .iter()
            .map(of)
            .chain([overview()])
            .flat_map(|text| text.lines().map(str::to_string).collect::<Vec<_>>())
        {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
