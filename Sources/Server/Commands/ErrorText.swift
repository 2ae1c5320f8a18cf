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
        case let error as SQLiteError: error.description + (error.isDamage ? "\n" + advice(on: error.path) : "")
        default: "\(error)"
        }
    }

    /// What to do about a database of a store that is damaged.
    private static func advice(on path: String) -> String {
        let parts = path.split(separator: "/")
        let name = parts.last ?? ""
        let folder = parts.dropLast()
        let data = "/" + (folder.last == "hot" ? folder.dropLast() : folder).joined(separator: "/")
        let recovery = "till recover --data \(data)"
        if folder.last == "hot" {
            return "The hot file hot/\(name) is damaged: make it anew of what can be read of it (\(recovery)), or restore the store from a backup."
        }
        switch name {
        case "catalog.sqlite": return "The catalog is damaged: make it anew of the store's other files (\(recovery)), or restore the store from a backup."
        case "queues.sqlite", "executions.sqlite":
            return "\(name) is damaged: restore the store from a backup, or put the file elsewhere and do without what is in it (\(recovery))."
        default: return "The file is damaged: restore it from a backup."
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
        return "\(fault.code.rawValue): \(fault.detail)\(advice)" + reasons(fault.errors)
    }

    static func describe(_ problem: Problem) -> String {
        var text = problem.slug.rawValue
        if let position = problem.position { text += " at \(position)" }
        return text + ": \(problem.detail)" + reasons(problem.errors)
    }

    /// A line for each, under what is said of the whole.
    static func reasons(_ violations: [Fault.Violation]) -> String {
        violations.map { "\n  " + reason(pointer: $0.pointer, code: $0.code, message: $0.message) }.joined()
    }

    /// One of them, with its place: the empty pointer, which is the whole document (RFC 6901), says none.
    static func reason(pointer: String, code: String, message: String) -> String { (pointer.isEmpty ? "" : pointer + ": ") + "\(message) (\(code))" }
}
