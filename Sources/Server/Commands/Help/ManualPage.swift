/// Pages of the manual, in the macros of `man(7)`.
///
///     .TH TILL-SERVE 1 "" "till 0.1.0" Till      no date: the same version gives the same bytes
///     .SH NAME …  SYNOPSIS  OPTIONS  "EXIT STATUS"  "SEE ALSO"
enum ManualPage {
    /// File names with their texts.
    static func all(_ commands: [any Command.Type]) -> [(name: String, text: String)] {
        [("till.1", overview(commands))] + commands.map { (title($0) + ".1", page($0)) }
    }

    static func overview(_ commands: [any Command.Type]) -> String {
        var text = head("till", "stores receipts and answers questions about them")
        text += ".SH SYNOPSIS\n.B till\n.I COMMAND\n\\&...\n.SH DESCRIPTION\n"
        text += "One program is the whole system: the server, and the commands that reach one by its address or its directory.\n.SH COMMANDS\n"
        for command in commands { text += ".TP\n.B \(escaped(command.name))\n\(line(command.summary))\n" }
        text += ".SH \"EXIT STATUS\"\n0 done, 1 failed, 2 called the wrong way; standard error says why.\n"
        text += ".SH ENVIRONMENT\n.TP\n.B TILL_KEY\nThe key that commands with \\-\\-url use.\n.TP\n.B TILL_ADMIN_KEY\nThe administrator's key of a server that starts.\n"
        text += ".TP\n.B TILL_\\fINAME\\fP\nA setting, above what the configuration file says; \\fItill\\-config\\-check\\fP(1) says which are unknown.\n"
        let others = commands.map { ".BR \(escaped(title($0))) (1)" }
        return text + ".SH \"SEE ALSO\"\n" + others.joined(separator: ",\n") + "\n"
    }

    static func page(_ command: any Command.Type) -> String {
        var text = head(title(command), command.summary)
        text += ".SH SYNOPSIS\n"
        for (index, usage) in command.usage.enumerated() {
            text += (index == 0 ? "" : ".br\n") + ".B till \(escaped(command.name))\n" + (usage.isEmpty ? "" : line(usage) + "\n")
        }
        text += ".SH DESCRIPTION\n\(line(command.summary))\n"
        text += ".SH OPTIONS\n"
        for option in command.options + [Arguments.Option("help", nil, "Says this in short.")] {
            text += ".TP\n.B \\-\\-\(escaped(option.name))" + (option.value.map { " \\fI\(escaped($0))\\fP" } ?? "") + "\n\(line(option.help))\n"
        }
        text += ".SH \"EXIT STATUS\"\n"
        for (status, meaning) in command.statuses { text += ".TP\n.B \(status)\n\(line(meaning))\n" }
        return text + ".SH \"SEE ALSO\"\n.BR till (1)\n"
    }

    private static func title(_ command: any Command.Type) -> String { "till-" + command.name.replacing(" ", with: "-") }

    private static func head(_ title: String, _ summary: String) -> String {
        let short = summary.hasSuffix(".") ? String(summary.dropLast()) : summary
        return ".TH \(escaped(title.uppercased())) 1 \"\" \"till \(escaped(TillVersion.text))\" Till\n.SH NAME\n\(escaped(title)) \\- \(escaped(short))\n"
    }

    /// Text that begins a line: a dot or an apostrophe there would be a request.
    private static func line(_ text: String) -> String {
        let escaped = escaped(text)
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }

    /// Hyphens are minus signs here, so that what is copied from a page can be run; the manual's own pages write other characters by name.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "…": result += "\\&..."
            case "'": result += "\\(aq"
            case "\n": result += " "
            case let other where other.value > 0x7E: result += "\\[u" + hexadecimal(other.value) + "]"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
