import Glibc

/// What the prompt does with the machine that it runs on: `\!`, `\cd`, `\w`, `\s`.
enum ShellSystem {
    private static let historyByteCountMax = 4 << 20

    static func run(_ name: String, _ operand: String, _ shell: SQLShell) throws {
        switch name {
        case "\\!":
            // What it ends with is the person's business, as in psql.
            _ = system(operand.isEmpty ? Environment["SHELL"] ?? "sh" : operand)
        case "\\cd":
            guard let folder = operand.isEmpty ? Environment["HOME"] : operand else { throw CommandError("\\cd wants a folder: HOME is not set") }
            guard chdir(folder) == 0 else { throw CommandError("\(folder): \(String(cString: strerror(errno)))") }
        case "\\w", "\\write":
            guard !operand.isEmpty else { throw CommandError("\\w wants a file") }
            let output = try ShellOutput(to: operand)
            output.write((shell.isWithin ? shell.rest : shell.last).trimmed + "\n")
            try output.finish()
        default: try showHistory(operand, shell)
        }
    }

    /// - Parameter place: a file that has the lines as they were typed; empty: they are shown.
    private static func showHistory(_ place: String, _ shell: SQLShell) throws {
        guard let path = LineEditor.historyPath else { throw CommandError("no lines are kept: HOME is not set") }
        let text = String(decoding: try FileBytes.read(path, byteCountMax: historyByteCountMax), as: UTF8.self)
        let output = try place.isEmpty ? ShellOutput(paging: shell.isInteractive && shell.usesPager) : ShellOutput(to: place)
        output.write(place.isEmpty ? text.split(separator: "\n").map { ResultTable.printable(String($0)) + "\n" }.joined() : text)
        try output.finish()
    }
}
