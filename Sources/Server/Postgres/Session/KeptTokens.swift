/// The tokens of a statement that a session reads itself: of a question, which has a lexer of its own, the first words, which say what it is; of what holds a question
/// or expressions, those around them. So a statement of any length leaves few.
struct KeptTokens {
    private enum Form {
        /// A question, or what is never done.
        case told
        /// What the session does, which is short.
        case command
        /// `COPY (…) TO …`: what stands within the brackets is left out.
        case copy
        /// `EXECUTE q(a, b, …)`: of each argument its first token.
        case execute
        /// `EXPLAIN [ANALYZE] [VERBOSE] [(…)] EXECUTE q(…)`: up to its first word that is none of EXPLAIN's.
        case explain
        /// `PREPARE q(…) AS …`, `DECLARE c … FOR …`: up to the question's first token.
        case head(until: String)
        case over
    }

    private static let commands: Set<String> = [
        "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "set", "reset", "show", "discard", "deallocate", "close", "listen", "unlisten", "fetch", "move", "lock",
    ]

    private(set) var tokens: [StatementToken] = []
    private var form = Form.told
    /// Brackets that are open.
    private var depth = 0
    /// What is left out goes on: COPY's question, or an argument of EXECUTE.
    private var isWithin = false

    /// - Returns: whether it was kept.
    mutating func take(_ token: StatementToken) -> Bool {
        let count = tokens.count
        if tokens.isEmpty { form = Self.form(token) }
        let before = depth
        if token.kind == .mark {
            if token.value == "(" || token.value == "[" { depth += 1 }
            if token.value == ")" || token.value == "]" { depth = max(0, depth - 1) }
        }
        switch form {
        case .told: if tokens.count < 2 { tokens.append(token) }
        case .command: tokens.append(token)
        case .copy: takeOfCopy(token, before)
        case .execute: takeOfExecute(token, before)
        case .explain: takeOfExplain(token, before)
        case .head(let word):
            let last = tokens.last
            tokens.append(token)
            if before == 0, let last, last.kind == .word, last.value == word { form = .over }
        case .over: break
        }
        return tokens.count > count
    }

    private static func form(_ first: StatementToken) -> Form {
        guard first.kind == .word else { return .told }
        switch first.value {
        case "copy": return .copy
        case "execute": return .execute
        case "explain": return .explain
        case "prepare": return .head(until: "as")
        case "declare": return .head(until: "for")
        default: return commands.contains(first.value) ? .command : .told
        }
    }

    private mutating func takeOfCopy(_ token: StatementToken, _ before: Int) {
        if isWithin {
            guard depth == 0 else { return }
            isWithin = false
        } else if before == 0, depth == 1 {
            isWithin = tokens.count == 1 || tokens.count == 2 && tokens[1].kind == .word && tokens[1].value == "binary"
        }
        tokens.append(token)
    }

    /// EXPLAIN has few options; what is longer is a question.
    private static let explainMax = 64

    private mutating func takeOfExplain(_ token: StatementToken, _ before: Int) {
        tokens.append(token)
        let isOption = tokens.count == 1 || depth > 0 || before > 0 || token.kind == .word && ["analyze", "verbose"].contains(token.value)
        guard !isOption || tokens.count >= Self.explainMax else { return }
        form = token.kind == .word && token.value == "execute" ? .execute : .over
    }

    private mutating func takeOfExecute(_ token: StatementToken, _ before: Int) {
        let separates = before == 0 || depth == 0 || before == 1 && token.kind == .mark && token.value == ","
        guard separates || !isWithin else { return }
        isWithin = !separates
        tokens.append(token)
    }
}
