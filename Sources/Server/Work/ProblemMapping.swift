internal import ColumnStore
internal import Documents
import Glibc
internal import Ingest
internal import Query

/// The one function that turns what the modules throw into what a client reads.
///
/// The order matters: what already speaks the API's words goes first, then what is known by a code; anything else is the server's own failure. Of those that
/// come out as `internal-error` without a `cause` the caller logs the error itself.
package enum ProblemMapping {
    package static func problem(for error: any Error) -> Problem {
        switch error {
        case let problem as Problem: problem
        case let fault as Fault: Problem(fault)
        case let old as SnapshotTooOld: problem(for: old)
        case let damaged as any DamageReport: Problem(damaged.fault)
        case let error as QueryError: problem(for: error)
        case let error as JSONSyntaxError: Problem(.badJSON, "byte \(error.offset): \(error.message)")
        case let error as ColumnStoreError where FileSystemFault.isOfRoom(error.systemError):
            Problem(.diskFull, "there is no room on the disk")
        case let error as ColumnStoreError where error.code == .unavailable:
            Problem(.storageUnavailable, "the storage of cold receipts gives no answer, and this needs it; receipts are taken meanwhile; try again", cause: "\(error)")
        case let error as ColumnStoreError where error.code == .overBudget:
            Problem(.overloaded, "the memory budget is used up")
        case let error as SQLiteError where error.isDamage || error.isUnreadPart: problem(forDamage: error)
        case let error as SQLiteError where error.kind == .full || error.kind == .io:
            Problem(.diskFull, "the disk cannot be written; try again later")
        case let error as SQLiteError where error.kind == .busy: Problem(.overloaded, "the store is busy; try again")
        // What failed inside may name files and values: that is for the log, not for the client.
        default: Problem(.internalError, "the server failed; its log has the reason")
        }
    }

    /// Of a database of the store. Which one is for the log: a day's file tells of a day, a queue's of whoever has it.
    private static func problem(forDamage error: SQLiteError) -> Problem {
        let what = error.isDamage ? "a file of the store is damaged on the server's disk" : "the server's disk does not give a part of a file of the store"
        return Problem(
            .internalError, "\(what), and this needs it; the administrator finds where it lies in the log and with till verify, and puts it back from a backup; until then a narrower question may pass it by",
            errors: [.init(pointer: "", code: "file-damaged", message: what)], cause: "\(error)")
    }

    private static func problem(for old: SnapshotTooOld) -> Problem {
        var problem = Problem(old.fault)
        problem.sqlState = QueryStates.snapshotTooOld
        return problem
    }

    private static func problem(for error: QueryError) -> Problem {
        let slug: Problem.Slug =
            switch error.slug {
            case .badSQL: .badSQL
            case .unsupportedSQL: .unsupportedSQL
            case .badParameter: .badParameter
            case .badCursor: .badCursor
            case .numericOverflow: .numericOverflow
            case .dataError: .dataError
            case .queryTimeout: .queryTimeout
            case .tooManyQueries: .tooManyQueries
            case .spillFull: .spillFull
            // Nobody reads this one: the client has gone, or the server stops.
            case .cancelled: .overloaded
            }
        var problem = Problem(slug, error.detail, position: error.position)
        problem.sqlState = QueryStates.code(error)
        return problem
    }
}
