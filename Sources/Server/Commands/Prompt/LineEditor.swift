import Glibc

/// One line at a time from a terminal, with the keys that people expect and a history of earlier lines.
///
/// The terminal is raw while a line is read, and as it was before and after: whatever ends the reading puts it back.
struct LineEditor {
    private static let historyCountMax = 1_000

    private(set) var history: [String] = []
    private let historyPath: String?

    /// Where the prompt keeps its lines; nil for nowhere.
    static var historyPath: String? { Environment["TILL_HISTORY"] ?? Environment["HOME"].map { $0 + "/.till_history" } }

    /// - Parameter historyPath: the file that lines are kept in; nil for none.
    init(historyPath: String?) {
        self.historyPath = historyPath
        if let historyPath, access(historyPath, R_OK) == 0,
            let bytes = try? FileBytes.read(historyPath, byteCountMax: 4 << 20) {
            // An unreadable history is no reason to refuse a prompt.
            history = String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(Self.historyCountMax).map(String.init)
        }
    }

    mutating func remember(_ line: String) {
        let line = line.replacing("\n", with: " ")
        guard !line.isEmpty, history.last != line else { return }
        history.append(line)
        guard let historyPath else { return }
        let descriptor = open(historyPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
    }

    enum Input: Equatable {
        case line(String)
        /// Ctrl-C: start again.
        case cancelled
        /// Ctrl-D on an empty line.
        case end
    }

    /// - Parameter complete: whole words for the last one of the text up to the cursor, when Tab is pressed.
    func read(prompt: String, complete: (String) -> [String] = { _ in [] }) -> Input {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { return .end }
        var raw = before
        cfmakeraw(&raw)
        raw.c_oflag |= tcflag_t(OPOST)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        defer { tcsetattr(STDIN_FILENO, TCSADRAIN, &before) }
        var state = EditState(prompt: prompt, history: history)
        state.draw()
        while true {
            guard let key = Key.read() else { return .end }
            if key == .complete {
                state.complete(complete)
                state.draw()
                continue
            }
            switch state.apply(key) {
            case .going: state.draw()
            case .done(let input):
                Terminal.write("\n")
                return input
            }
        }
    }
}

/// What a terminal sends for one key.
///
///     ESC [ A        up (B down, C right, D left, H home, F end; ESC O A as well)
///     ESC [ 3 ~      delete (1 home, 4 end)
///     C3 A9          é: as many bytes of UTF-8 as the first one says
private enum Key: Equatable {
    case character(Character)
    case enter, backspace, delete, left, right, up, down, home, end, killLine, killRest, killWord, cancel, endOfInput, clear, complete, other

    static func read() -> Key? {
        guard let first = byte() else { return nil }
        switch first {
        case 0x0D, 0x0A: return .enter
        case 0x7F, 0x08: return .backspace
        case 0x01: return .home
        case 0x02: return .left
        case 0x03: return .cancel
        case 0x04: return .endOfInput
        case 0x05: return .end
        case 0x06: return .right
        case 0x0B: return .killRest
        case 0x0C: return .clear
        case 0x0E: return .down
        case 0x10: return .up
        case 0x15: return .killLine
        case 0x17: return .killWord
        case 0x09: return .complete
        case 0x1B: return escape()
        case 0..<0x20: return .other
        default: return character(first)
        }
    }

    private static func byte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = Glibc.read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            return count == 1 ? byte : nil
        }
    }

    private static func character(_ first: UInt8) -> Key {
        var bytes = [first]
        let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        while bytes.count < length, let next = byte() { bytes.append(next) }
        return String(decoding: bytes, as: UTF8.self).first.map { .character($0) } ?? .other
    }

    /// What a terminal sends for a key behind ESC: `O` or `[` and a letter, with numbers between for a key that Ctrl, Alt or Shift is held with (`ESC [ 1 ; 5 C`), or numbers
    /// and `~` (ECMA-48, 5.4: parameters are 0x30 to 0x3F, intermediate bytes 0x20 to 0x2F, and the byte that ends it 0x40 to 0x7E).
    private static func escape() -> Key? {
        // The key by itself: nothing comes behind it.
        guard hasMore() else { return .other }
        guard let second = byte() else { return nil }
        guard second == UInt8(ascii: "[") || second == UInt8(ascii: "O") else { return .other }
        var parameters: [UInt8] = []
        while let next = byte() {
            // What no sequence has ends it, too: a key of the reader's is not swallowed for long.
            guard (0x20..<0x40).contains(next), parameters.count < parameterCountMax else { return key(parameters, last: next) }
            parameters.append(next)
        }
        return nil
    }

    /// No key of a terminal has as many.
    private static let parameterCountMax = 16
    /// What belongs to one key comes at once, over a slow line a little later.
    private static let sequenceMilliseconds: Int32 = 50

    private static func hasMore() -> Bool {
        var polled = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, sequenceMilliseconds) > 0
    }

    private static func key(_ parameters: [UInt8], last: UInt8) -> Key {
        switch last {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        case UInt8(ascii: "~"):
            switch parameters.prefix(while: { $0 != UInt8(ascii: ";") }) {
            case [UInt8(ascii: "1")], [UInt8(ascii: "7")]: .home
            case [UInt8(ascii: "3")]: .delete
            case [UInt8(ascii: "4")], [UInt8(ascii: "8")]: .end
            default: .other
            }
        default: .other
        }
    }
}

/// The line as it is edited.
private struct EditState {
    enum Step { case going, done(LineEditor.Input) }

    let prompt: String
    let history: [String]
    private var line: [Character] = []
    private var cursor = 0
    /// Which line of the history is shown; `history.count` is the new one.
    private var place: Int
    private var unfinished: [Character] = []

    init(prompt: String, history: [String]) {
        (self.prompt, self.history) = (prompt, history)
        place = history.count
    }

    /// Redraws the row; a line wider than the terminal shows the part around the cursor.
    /// What is shown begins at a character of the line, and `back` goes from its end to the cursor. A character counts as one place of the row.
    func draw() {
        let width = max(10, Terminal.width - prompt.count - 1)
        let start = max(0, cursor - width)
        // A name that Tab has put there, or a line of the history's file, may have what a terminal obeys.
        let shown = ResultTable.printable(String(line[start..<min(line.count, start + width)]))
        let back = min(line.count, start + width) - cursor
        Terminal.write("\r\u{1B}[K" + prompt + shown + (back > 0 ? "\u{1B}[\(back)D" : ""))
    }

    mutating func apply(_ key: Key) -> Step {
        switch key {
        case .enter: return .done(.line(String(line)))
        case .cancel: return .done(.cancelled)
        case .endOfInput:
            if line.isEmpty { return .done(.end) }
            remove(at: cursor)
        case .character(let character):
            line.insert(character, at: cursor)
            cursor += 1
        case .backspace:
            if cursor > 0 {
                cursor -= 1
                remove(at: cursor)
            }
        case .delete: remove(at: cursor)
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(line.count, cursor + 1)
        case .home: cursor = 0
        case .end: cursor = line.count
        case .killLine:
            line.removeFirst(cursor)
            cursor = 0
        case .killRest: line.removeLast(line.count - cursor)
        case .killWord: killWord()
        case .up: show(place - 1)
        case .down: show(place + 1)
        case .clear: Terminal.write("\u{1B}[H\u{1B}[2J")
        case .complete, .other: break
        }
        return .going
    }

    /// Tab: the rest of the only word, as much as several have in common, or the list of them; a blank where there is nothing to complete.
    mutating func complete(_ candidates: (String) -> [String]) {
        let before = String(line[..<cursor])
        let found = candidates(before)
        guard let first = found.first else {
            if line[..<cursor].last?.isWhitespace ?? true { _ = apply(.character(" ")) }
            return
        }
        var common = first
        for other in found.dropFirst() { while !other.lowercased().hasPrefix(common.lowercased()) { common.removeLast() } }
        // The word is the longest end of the line that a candidate begins with.
        var length = min(before.count, first.count)
        while length > 0, !first.lowercased().hasPrefix(before.suffix(length).lowercased()) { length -= 1 }
        if found.count == 1 || common.count > length {
            line.replaceSubrange((cursor - length)..<cursor, with: Array(common))
            cursor += common.count - length
            if found.count == 1, !common.hasSuffix("("), cursor == line.count { _ = apply(.character(" ")) }
        } else {
            let shown = found.prefix(60).map { ResultTable.printable($0) }.joined(separator: "  ")
            Terminal.write("\n" + shown + (found.count > 60 ? "  … \(found.count) in all" : "") + "\n")
        }
    }

    private mutating func remove(at index: Int) {
        if line.indices.contains(index) { line.remove(at: index) }
    }

    private mutating func killWord() {
        while cursor > 0, line[cursor - 1] == " " { cursor -= 1; line.remove(at: cursor) }
        while cursor > 0, line[cursor - 1] != " " { cursor -= 1; line.remove(at: cursor) }
    }

    private mutating func show(_ index: Int) {
        guard (0...history.count).contains(index) else { return }
        if place == history.count { unfinished = line }
        place = index
        line = index == history.count ? unfinished : Array(history[index])
        cursor = line.count
    }
}
