import ColumnStore
import Synchronization

/// Hot files that cannot leave, since something of them is damaged.
extension Compactor {
    /// Why a hot file stays hot that is due.
    struct HotFault: Sendable {
        let reason: String
        /// Whose document is damaged; nil where the fault is another.
        let row: Int64?
    }

    /// Whether the file could not be moved when that was last tried, and its receipt was not made whole since.
    func isLeft(_ file: HotFile) -> Bool {
        guard let fault = leftHot.withLock({ $0[file.name] }) else { return false }
        return fault.row.map { !file.marks.repaired.contains($0) } ?? true
    }

    /// Hot files that stay hot, since something of them is damaged. For the operator.
    var hotDamageTexts: [String] {
        tier.boundary.snapshot().files.compactMap { file in
            let count = file.damage.count
            if count > 0 { return "\(count) receipt\(count == 1 ? "" : "s") of the hot file \(file.name) \(count == 1 ? "has a damaged document" : "have damaged documents"): the log names them" }
            return isLeft(file) ? "the hot file \(file.name) is damaged, and stays hot: the log and till verify name what" : nil
        }
    }

    /// A file that cannot be moved, since something of it is damaged, stays where it is: others go on.
    ///
    /// - Returns: false for an error that is about something else.
    func setAside(_ file: HotFile, _ error: any Error) -> Bool {
        let fault: HotFault
        switch error {
        case let damaged as DamagedDocument: fault = HotFault(reason: "\(damaged)", row: damaged.row)
        case let error as SQLiteError where error.kind == .corrupt: fault = HotFault(reason: "\(error)", row: nil)
        case let error as ColumnStoreError where error.code == .corruptFile: fault = HotFault(reason: "\(error)", row: nil)
        default: return false
        }
        let isNew = leftHot.withLock { $0.updateValue(fault, forKey: file.name)?.reason != fault.reason }
        if isNew { StoreLog.note("a damaged hot file stays hot", path: file.path, reason: fault.reason, level: .warning) }
        return true
    }
}
