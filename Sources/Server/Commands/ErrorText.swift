internal import Documents
internal import Ingest
internal import Query

/// An error in words, for a terminal.
enum ErrorText {
    static func describe(_ error: any Error) -> String {
        switch error {
        case let problem as Problem: describe(problem)
        case let error as QueryError: error.description
        default: "\(error)"
        }
    }

    static func describe(_ problem: Problem) -> String {
        var text = problem.slug.rawValue
        if let position = problem.position { text += " at \(position)" }
        text += ": \(problem.detail)"
        for violation in problem.errors { text += "\n  \(violation.pointer): \(violation.message) (\(violation.code))" }
        return text
    }
}
