import ColumnStore
package import Documents

/// Columns of a hot file's rows, laid down as an image, that are not as they were written. The rows' documents stand apart from them.
package struct DamagedImage: DamageReport, Sendable, Equatable, CustomStringConvertible {
    /// Of the hot file.
    package let path: String
    package let group: Int64
    package let reason: String

    package var description: String { "\(path): the columns of group \(group) are damaged: \(reason)" }

    /// For whoever's question meets it. As little as of a cold file is said of whose rows they are.
    package var fault: Fault {
        let advice = "the administrator finds the file in the log and with till verify, and puts it back from a backup; "
            + "until then a question that needs other columns or days may pass it by, and each receipt's document is there"
        return Fault(
            .internalError, "columns of recent receipts are damaged on the server's disk; \(advice)",
            errors: [.init(pointer: "", code: "file-damaged", message: "a file of recent receipts is damaged")], cause: description)
    }
}

extension HotFile {
    /// Reads something of a group's image; what shows that it is not as it was written is noted.
    ///
    /// - Throws: `DamagedImage` in place of the reader's error.
    func reading<Result>(_ group: HotGroup, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as ColumnStoreError where error.code == .corruptFile {
            let damaged = DamagedImage(path: path, group: group.id, reason: "\(error)")
            if noteDamaged(group.id) {
                StoreLog.note("found damaged columns in a hot file", path: path, reason: "group \(group.id): \(error)", level: .warning)
            }
            throw damaged
        }
    }
}
