import ColumnStore
package import Documents

/// The storage of a cold table gives no answer to go by: what it holds may be as it should.
package struct SilentColdTable: DamageReport, Sendable, Equatable, CustomStringConvertible {
    package let table: String
    package let reason: String

    package var description: String { "the storage of the table \(table) gives no answer: \(reason)" }

    /// Neither the place nor the days are named: they may tell of other clients' rows.
    package var fault: Fault {
        let message = "receipts of the table \(table) lie in a storage that gives no answer at present"
        return Fault(
            .storageUnavailable, "\(message), and this needs them; no part of an answer is given in place of the whole", advice: .sendAgainLater,
            errors: [.init(pointer: "", code: "storage-unavailable", message: message)], cause: description)
    }
}
