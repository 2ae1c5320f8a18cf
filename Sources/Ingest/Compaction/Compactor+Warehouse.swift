import ColumnStore

/// Where cold tables lie, and whether that answers.
extension Compactor {
    /// For the administrator: what stands still while the storage of cold tables does not answer or lets nothing be written, and how much the disk can take.
    ///
    /// Empty while all is well.
    var warehouseTexts: [String] {
        if let loss = cold.directory.claimLoss { return ["compaction has stopped: \(loss)"] }
        let outage = cold.directory.storages.outage, refusal = cold.directory.storages.writeRefusal
        guard outage != nil || refusal != nil else { return [] }
        let held = tier.boundary.snapshot().files.reduce(0) { $0 + $1.state.rowCount }
        let free = DataDirectory.freeBytes(cold.directory.path).map { ", which has \(max(0, $0) >> 20) MiB left; they hold \(held) receipts" } ?? ""
        guard let outage else {
            return [
                "the bucket of cold receipts refuses what compaction writes or removes there (\((refusal ?? "").prefix { $0 != ":" })): receipts are taken, questions are answered, "
                    + "compaction is tried again, and while nothing may be put there day files stay on the disk" + free
            ]
        }
        let seconds = max(0, (Clock.system.now() / 1_000_000).subtractingSaturating(outage.since))
        return [
            "the bucket of cold receipts has given no answer for \(seconds) s (\(outage.reason.prefix { $0 != ":" })): receipts are taken, "
                + "questions that need it are refused, compaction waits, and day files stay on the disk" + free
        ]
    }
}
