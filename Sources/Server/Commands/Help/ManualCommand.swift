import Glibc

/// Writes the manual: `till(1)`, and a page for each command.
enum ManualCommand: Command {
    static let name = "man"
    static let summary = "Prints a page of the manual, or writes all pages into a directory."
    static let usage = ["[COMMAND]", "--out DIR"]
    static let options: [Arguments.Option] = [.init("out", "DIR", "Writes till.1 and a page for each command there, in the manual's own language (roff); none may be there yet.")]

    static func run(_ arguments: Arguments) throws -> Int32 {
        guard let directory = try arguments.one("out") else {
            guard !arguments.operands.isEmpty else {
                Terminal.write(ManualPage.overview(CommandTable.all))
                return ExitStatus.done
            }
            let name = arguments.operands.joined(separator: " ")
            guard let command = CommandTable.all.first(where: { $0.name == name }) else { throw UsageError("there is no command \(name)") }
            Terminal.write(ManualPage.page(command))
            return ExitStatus.done
        }
        try arguments.noOperands()
        for (name, text) in ManualPage.all(CommandTable.all) { try write(text, to: "\(directory)/\(name)") }
        return ExitStatus.done
    }

    private static func write(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CommandError("\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw CommandError("\(path): \(String(cString: strerror(errno)))") }
            written += count
        }
    }
}
