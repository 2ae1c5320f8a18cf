internal import ColumnStore
internal import Ingest
internal import Query

/// A statement that failed, with the line of it that is to blame and a caret under the place.
struct StatementFault: Error, CustomStringConvertible {
    let description: String
    /// With all that came of it, as `\errverbose` shows it: a line for each.
    let verbose: String

    /// - Parameter query: the text that was asked, by which places count.
    init(_ error: any Error, in query: String) {
        // They may have what stands in a document; a fault of several lines keeps them.
        let words = ResultTable.printable(lines: ErrorText.describe(error))
        let place: Int? =
            switch error {
            case let error as QueryError: error.position
            case let problem as Problem: problem.position
            case let problem as RemoteProblem: problem.position
            default: nil
            }
        description = place.flatMap { Self.shown($0, in: query) }.map { "\(words)\n\($0)" } ?? words
        let code: String? =
            switch error {
            case let error as QueryError: error.slug.rawValue
            case let problem as Problem: problem.slug.rawValue
            default: nil
            }
        var more = code.map { ["code: \($0)"] } ?? []
        if let place { more.append("position: \(place)") }
        if let problem = error as? RemoteProblem { more = problem.details }
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
    /// The members of the answer that are one word or a sentence.
    let details: [String]

    init(_ answer: APIClient.Answer) {
        description = APIClient.problemText(answer)
        let body = try? JSONParser.parse(answer.body)
        position = body?["position"]?.integer
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
