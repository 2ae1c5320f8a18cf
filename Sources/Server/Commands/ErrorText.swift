internal import Documents
internal import Ingest
internal import Query

/// An error in words, for a terminal.
enum ErrorText {
    static func describe(_ error: any Error) -> String {
        switch error {
        case let problem as Problem: describe(problem)
        case let fault as Fault: describe(fault)
        case let error as QueryError: error.description
        default: "\(error)"
        }
    }

    static func describe(_ fault: Fault) -> String {
        let advice =
            switch fault.advice {
            case .sendAgainLater?: "; try again later"
            case .nameType?: "; name one with --type"
            case .listTypes?: "; till type list lists them, and --type names one"
            case nil: ""
            }
        let violations = fault.errors.map { "\n  \($0.pointer): \($0.message) (\($0.code))" }.joined()
        return "\(fault.code.rawValue): \(fault.detail)\(advice)" + violations
    }

    static func describe(_ problem: Problem) -> String {
        var text = problem.slug.rawValue
        if let position = problem.position { text += " at \(position)" }
        text += ": \(problem.detail)"
        for violation in problem.errors { text += "\n  \(violation.pointer): \(violation.message) (\(violation.code))" }
        return text
    }
}
