internal import ColumnStore
import Glibc

/// Where answers go: standard output, a pager where they are longer than the screen, a file or a program that `\o` or `\g` names.
final class ShellOutput {
    private enum Target {
        case standard
        /// Lines that came so far, until it is clear that the screen has no room for them.
        case screen([UInt8], lineCount: Int)
        case program(UnsafeMutablePointer<FILE>, name: String)
        case file(PartialFile)
    }

    private var target = Target.standard
    /// Whoever read the answer has left, or a file takes no more: there is no use in going on.
    private(set) var isLeft = false
    /// Something was written.
    private(set) var hasContent = false
    /// Why a file does not have all of it.
    private var fault: (any Error)?
    /// A person leaves it before the end, and whatever it ends with is no fault.
    private var isPager = false

    /// - Parameters:
    ///   - place: a file's path, or `|command`; nil for standard output.
    ///   - asItComes: a file has each answer once it is there, and not all of them at the end.
    init(to place: String? = nil, asItComes: Bool = false) throws {
        guard let place else { return }
        target = place.hasPrefix("|") ? try Self.program(String(place.dropFirst())) : .file(try PartialFile(place, asItComes: asItComes))
    }

    /// Standard output, through the pager where an answer is longer than the screen.
    init(paging: Bool) {
        if paging, Terminal.outputIsTerminal, Self.pager != nil { target = .screen([], lineCount: 0) }
    }

    /// A person sees what is written, on a terminal, which obeys control characters.
    var isShown: Bool {
        switch target {
        case .standard: Terminal.outputIsTerminal
        case .screen: true
        case .program: isPager
        case .file(let file): file.isTerminal
        }
    }

    func write(_ text: String) { write(Array(text.utf8)[...]) }

    func write(_ bytes: ArraySlice<UInt8>) {
        if isLeft { return }
        hasContent = hasContent || !bytes.isEmpty
        switch target {
        case .standard: Terminal.write(Array(bytes))
        case .screen(let held, let count):
            let lineCount = count + bytes.count { $0 == 0x0A }
            guard lineCount >= Terminal.height - 1, let pager = Self.pager, let program = try? Self.program(pager) else {
                target = .screen(held + bytes, lineCount: lineCount)
                return
            }
            (target, isPager) = (program, true)
            write((held + bytes)[...])
        case .program(let stream, _):
            let count = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, stream) }
            if count < bytes.count { isLeft = true }
        case .file(let file):
            do { try file.write(bytes) } catch {
                isLeft = true
                fault = error
            }
        }
    }

    /// - Throws: what keeps a file from having all that was written.
    func check() throws { if let fault { throw fault } }

    /// Of an answer that failed: what is held is shown, a program comes to its end, and a file that was there before stays, unless it has answers as they come.
    func abandon() {
        switch target {
        case .standard, .file: break
        case .screen(let held, _): Terminal.write(held)
        case .program(let stream, _): pclose(stream)
        }
        target = .standard
    }

    /// Shows what is held, waits for a program to end, and gives a file its name.
    ///
    /// - Throws: where a file does not have all of it, or a program says that it failed.
    func finish() throws {
        defer { target = .standard }
        switch target {
        case .standard: break
        case .screen(let held, _): Terminal.write(held)
        case .program(let stream, let name):
            let status = pclose(stream)
            if isPager { break }
            guard status >= 0 else { throw CommandError("\(name): how it ended is not known: \(String(cString: strerror(errno)))") }
            let signal = status & 0x7F
            if status != 0 { throw CommandError("\(name) " + (signal == 0 ? "ended with status \((status >> 8) & 0xFF)" : "was ended by signal \(signal)")) }
        case .file(let file):
            try check()
            try file.finish(sha256: nil)
        }
    }

    private static func program(_ command: String) throws -> Target {
        guard let stream = popen(command, "w") else { throw CommandError("\(command): \(String(cString: strerror(errno)))") }
        // Nothing is held back: what a program that has all it wants left unread would be a fault of its end.
        setvbuf(stream, nil, _IONBF, 0)
        return .program(stream, name: command.trimmed)
    }

    /// What TILL_PAGER or PAGER says, else less where it is; nil for none.
    private static let pager: String? = {
        // One that says nothing turns it off, as psql has it.
        if let own = Environment.text(of: "TILL_PAGER") ?? Environment.text(of: "PAGER") { return own.trimmed.isEmpty || own.trimmed == "cat" ? nil : own }
        let folders = (Environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return folders.contains { access("\($0)/less", X_OK) == 0 } ? "less -S" : nil
    }()
}
