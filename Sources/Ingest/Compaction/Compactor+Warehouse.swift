import ColumnStore

/// Where cold tables lie, and whether that answers.
extension Compactor {
    /// For the administrator: what stands still while the storage of cold tables does not answer, and how much the disk can take.
    ///
    /// Empty while all is well.
    var warehouseTexts: [String] {
        if let loss = cold.directory.claimLoss { return ["compaction has stopped: \(loss)"] }
        guard let outage = cold.directory.storages.outage else { return [] }
        let seconds = max(0, (Clock.system.now() / 1_000_000).subtractingSaturating(outage.since))
        let held = tier.boundary.snapshot().files.reduce(0) { $0 + $1.state.rowCount }
        let free = DataDirectory.freeBytes(cold.directory.path).map { ", which has \(max(0, $0) >> 20) MiB left; they hold \(held) receipts" } ?? ""
        return [
            "the bucket of cold receipts has given no answer for \(seconds) s (\(outage.reason.prefix { $0 != ":" })): receipts are taken, "
                + "questions that need it are refused, compaction waits, and day files stay on the disk" + free
        ]
    }
}
