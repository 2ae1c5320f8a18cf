internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// A statement that failed, with the line of it that is to blame and a caret under the place.
struct StatementFault: Error, CustomStringConvertible {
    let description: String
    /// With all that came of it, as `\errverbose` shows it: a line for each.
    let verbose: String
    /// PostgreSQL's code for the cause; empty of what no server said.
    let state: String
    /// Without what it is called here, and its place.
    let message: String

    /// - Parameters:
    ///   - query: the text of the statement, by which places count.
    ///   - start: where it began in what was asked, in Unicode scalars.
    init(_ error: any Error, in query: String, startingAt start: Int = 0) {
        let asked: Int? =
            switch error {
            case let error as QueryError: error.position
            case let problem as Problem: problem.position
            case let problem as RemoteProblem: problem.position
            default: nil
            }
        let place = asked.map { $0 > start ? $0 - start : 0 }
        // They may have what stands in a document; a fault of several lines keeps them.
        var words = ResultTable.printable(lines: ErrorText.describe(error))
        if start > 0, let asked, let place { words = words.replacing(" at \(asked): ", with: " at \(place): ", maxReplacements: 1) }
        description = place.flatMap { Self.shown($0, in: query) }.map { "\(words)\n\($0)" } ?? words
        let code: String? =
            switch error {
            case let error as QueryError: error.slug.rawValue
            case let problem as Problem: problem.slug.rawValue
            default: nil
            }
        let told: (state: String, message: String) =
            switch error {
            case let problem as RemoteProblem: (problem.state, problem.detail)
            case let problem as Problem: (FaultStates.fault(problem).state.rawValue, problem.detail)
            case let error as QueryError: (FaultStates.fault(error).state.rawValue, error.detail)
            case let fault as Fault: (FaultStates.fault(fault).state.rawValue, fault.detail)
            default: ("", ErrorText.describe(error))
            }
        (state, message) = (told.state, told.message)
        var more = code.map { ["code: \($0)"] } ?? []
        if let place { more.append("position: \(place)") }
        if let problem = error as? RemoteProblem { more = problem.details.filter { !$0.hasPrefix("position: ") } + more }
        verbose = ([description] + (more + ["statement: \(query)"]).map { ResultTable.printable(lines: $0) }).joined(separator: "\n")
    }

    private static let widthMax = 72

    /// - Parameter position: from 1, in Unicode scalars.
    static func shown(_ position: Int, in query: String) -> String? {
        let scalars = Array(query.unicodeScalars)
        guard position >= 1, position <= scalars.count + 1 else { return nil }
        var place = position - 1
        // What ends too early is shown behind its last word.
        while place > 0, place == scalars.count, scalars[place - 1].properties.isWhitespace { place -= 1 }
        let before = scalars[..<place]
        let first = before.lastIndex(of: "\n").map { $0 + 1 } ?? 0
        let last = scalars[place...].firstIndex(of: "\n") ?? scalars.count
        let number = before.count { $0 == "\n" } + 1
        let start = max(first, place - widthMax / 2)
        let end = min(last, start + widthMax)
        func text(_ part: ArraySlice<Unicode.Scalar>) -> String { ResultTable.printable(String(String.UnicodeScalarView(part.map { $0 == "\t" ? " " : $0 }))) }
        let head = "LINE \(number): " + (start > first ? "…" : "")
        let line = head + text(scalars[start..<end]) + (end < last ? "…" : "")
        return line + "\n" + String(repeating: " ", count: ResultTable.width(head) + ResultTable.width(text(scalars[start..<place]))) + "^"
    }
}

/// What a server says of a statement that it does not answer.
struct RemoteProblem: Error, CustomStringConvertible {
    let description: String
    let position: Int?
    /// What the server says is wrong, alone.
    let detail: String
    /// PostgreSQL's code for the cause. A server of another version says none: then it is that of the kind of problem.
    let state: String
    /// The members of the answer that are one word or a sentence.
    let details: [String]

    init(_ answer: APIClient.Answer) {
        description = APIClient.problemText(answer)
        let body = try? JSONParser.parse(answer.body)
        position = body?["position"]?.integer
        detail = body?["detail"]?.text ?? description
        let slug = body?["type"]?.text?.split(separator: "/").last.flatMap { Problem.Slug(rawValue: String($0)) }
        state = body?["sqlstate"]?.text ?? slug.map { FaultStates.state($0).rawValue } ?? ""
        guard case .object(let members)? = body else {
            details = ["status: \(answer.status)"]
            return
        }
        details = members.compactMap { member -> String? in
            switch member.value {
            case .array, .object, .null: nil
            default: ResultTable.plain(member.value).map { "\(member.name): \($0)" }
            }
        }
    }
}
