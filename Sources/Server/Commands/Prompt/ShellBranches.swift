/// `\if`, `\elif`, `\else` and `\endif`, as psql has them: whether what comes runs, and what becomes of text that does not.
///
/// Invariant: where a level is passed or awaited, none above it is taken.
struct ShellBranches {
    enum Word: String {
        case start = "\\if"
        case next = "\\elif"
        case rest = "\\else"
        case end = "\\endif"
    }

    private enum State {
        /// Its lines run.
        case taken, takenRest
        /// They do not; one further on may.
        case awaited
        /// Nor does any further one: one has run, or the whole stands where nothing runs.
        case passed, passedRest
    }

    private struct Level {
        var state: State
        /// The statement as it was where text that does not run began: what that adds goes with it. Nil where its lines run, and within text that does not: however
        /// deep levels lie, one of them keeps a statement.
        var before: StatementSplitter?
        /// Of its `\if`.
        let line: Int
    }

    private var levels: [Level] = []

    /// What comes runs.
    var isActive: Bool {
        guard let state = levels.last?.state else { return true }
        return state == .taken || state == .takenRest
    }

    /// Where the innermost `\if` stands that has no end yet; nil for none.
    var openLine: Int? { levels.last?.line }

    /// - Parameters:
    ///   - statement: the outcome of the statement that is under way.
    ///   - line: where `word` stands.
    ///   - holds: the condition behind it, which is looked at only where that decides.
    /// - Throws: where no such word may stand.
    mutating func take(_ word: Word, _ statement: inout StatementSplitter, line: Int, holds: () -> Bool) throws(CommandError) {
        if word == .start {
            let state: State = isActive ? (holds() ? .taken : .awaited) : .passed
            levels.append(Level(state: state, before: state == .awaited ? statement : nil, line: line))
            return
        }
        guard var level = levels.popLast() else { throw CommandError("\(word.rawValue) has no \\if before it") }
        let isBehindRest = level.state == .takenRest || level.state == .passedRest
        if word != .end, isBehindRest {
            levels.append(level)
            throw CommandError("\(word.rawValue) cannot stand behind \\else")
        }
        let hasRun = level.state == .taken || level.state == .takenRest
        if let before = level.before { statement = before }
        switch word {
        case .start, .end: return
        case .next: level.state = level.state == .awaited ? (holds() ? .taken : .awaited) : .passed
        case .rest: level.state = level.state == .awaited ? .takenRest : .passedRest
        }
        if hasRun { level.before = statement } else if level.state == .taken || level.state == .takenRest { level.before = nil }
        levels.append(level)
    }

    /// Leaves the innermost `\if`.
    /// - Returns: false where there is none.
    mutating func leave() -> Bool { levels.popLast() != nil }

    /// What a condition says: a beginning of true, false, yes or no, `on`, `off`, 1 or 0, in letters of any case; nil of anything else.
    static func truth(_ text: String) -> Bool? {
        let word = text.lowercased()
        switch word {
        case "": return nil
        case "1", "on": return true
        case "0", "of", "off": return false
        default:
            if "true".hasPrefix(word) || "yes".hasPrefix(word) { return true }
            return "false".hasPrefix(word) || "no".hasPrefix(word) ? false : nil
        }
    }
}
