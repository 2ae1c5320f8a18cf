import Glibc
import Synchronization

/// Standard output and error, and what a terminal knows of itself.
enum Terminal {
    /// Nobody reads standard output any more: what is written there goes nowhere.
    private static let isUnread = Atomic<Bool>(false)
    /// Set before a command begins that puts out for as long as there is something: it ends with its reader.
    static let endsUnread = Atomic<Bool>(false)

    /// Writes all of `text` to standard output. Where its reader went away (`| head`) a stream ends, quietly, as pipes want it; any other command goes on,
    /// and says by its status what it found.
    static func write(_ text: String) { write(Array(text.utf8)) }

    static func write(_ bytes: [UInt8]) {
        guard !isUnread.load(ordering: .relaxed), let code = SharedDescriptor.write(bytes[...], to: STDOUT_FILENO) else { return }
        if code == EPIPE {
            if endsUnread.load(ordering: .relaxed) { ProcessEnd.end(ExitStatus.unread) }
            return isUnread.store(true, ordering: .relaxed)
        }
        writeError("till: standard output: \(String(cString: strerror(code)))\n")
        ProcessEnd.end(ExitStatus.failed)
    }

    /// Words of a server, or of a document, for a person: what a terminal would obey is shown as a dot.
    static func tell(_ text: String) { write(ResultTable.printable(lines: text)) }

    /// The same on standard error.
    static func tellError(_ text: String) { writeError(ResultTable.printable(lines: text)) }

    /// Behind the lines that a log has for standard error.
    static func writeError(_ text: String) {
        LogWriter.standardError.flush()
        _ = SharedDescriptor.write(Array(text.utf8)[...], to: STDERR_FILENO)
    }

    private static let lineByteCountMax = 1 << 20

    /// A line of standard input without its end, and no byte more; nil where there is none, it is too long for one, or no UTF-8.
    static func readLine() throws -> String? {
        var line: [UInt8] = []
        var byte: [UInt8] = [0]
        while line.count < lineByteCountMax {
            let count = try SharedDescriptor.readInput(into: &byte)
            if count == 0, line.isEmpty { return nil }
            if count == 0 || byte[0] == 0x0A { return String(validating: line, as: UTF8.self) }
            line.append(byte[0])
        }
        return nil
    }

    static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }
    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Shows one line of progress in the place of the one before, cut to the terminal's width; nothing where standard error is no terminal.
    static func showProgress(_ line: some StringProtocol) {
        guard errorIsTerminal else { return }
        writeError("\r" + ResultTable.printable(String(line.prefix(max(20, width - 1)))) + eraseToEnd)
    }

    /// Takes the line of progress away.
    static func clearProgress() { if errorIsTerminal { writeError("\r" + eraseToEnd) } }

    /// What a longer line has left (ECMA-48, EL).
    private static let eraseToEnd = "\u{1B}[K"

    /// In lines; 24 where nothing is known.
    static var height: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
        return Int(size.ws_row)
    }

    /// Of standard error, in columns; 80 where nothing is known.
    static var width: Int { columnCount(of: STDERR_FILENO) }

    /// What rows on the screen are fitted to: what COLUMNS says, as in psql, else the terminal.
    static var screenWidth: Int {
        if let own = Environment["COLUMNS"].flatMap({ Int($0) }), own > 0 { return own }
        return columnCount(of: STDOUT_FILENO)
    }

    private static func columnCount(of descriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
