import ColumnStore

/// How much room a disk has left, by one measure for a store that takes receipts and for a machine that follows another: each has a disk of its own.
package struct DiskRoom: Sendable {
    private let path: String
    /// `limits.min_free`: below it a store takes no receipts.
    private let leastBytes: Int64

    /// Below so many times that it is full soon; docs/alerts.yml has the same.
    private static let soonFactor: Int64 = 4
    /// What goes to and fro about that bound is told of once: it has room again above so many.
    private static let againFactor: Int64 = 5

    /// - Parameter path: of a directory on it.
    package init(path: String, leastBytes: Int64) { (self.path, self.leastBytes) = (path, leastBytes) }

    /// What stays free of uploads, queues and topics: none of them stops documents that come in by themselves.
    static func leastForOthers(_ least: Int64) -> Int64 { least.multipliedSaturating(by: 2) }

    package static func isFullSoon(free: Int64, least: Int64, wasSo: Bool = false) -> Bool {
        free < least.multipliedSaturating(by: wasSo ? againFactor : soonFactor)
    }

    /// Said while receipts are taken still: whoever hears of a full disk by a refusal hears of it too late, and what waits for a bucket or a log's place stays here until that answers.
    var text: String? {
        guard let free = freeBytes, free >= leastBytes, Self.isFullSoon(free: free, least: leastBytes) else { return nil }
        return "the disk is full soon: \(free >> 20) MiB are free, and below limits.min_free, \(leastBytes >> 20) MiB, receipts are refused; make room, enlarge the disk, or lower hot_days"
    }

    /// The same of a machine that follows, which cannot refuse what the other one has taken.
    package var followersText: String? {
        guard let free = freeBytes, Self.isFullSoon(free: free, least: leastBytes) else { return nil }
        return "the disk of this node is full soon: \(free >> 20) MiB are free, and where there are none for what the other machine takes, this node ends; make room, or enlarge the disk"
    }

    /// A disk whose free bytes are unknown counts as having enough.
    private var freeBytes: Int64? { DataDirectory.freeBytes(path) }

    package var metrics: [Metric] {
        let least = Metric(name: "disk_min_free_bytes", help: "Free bytes below which no receipt is taken.", kind: .gauge, labels: [], value: Double(leastBytes))
        guard let free = freeBytes else { return [least] }
        return [least, Metric(name: "disk_free_bytes", help: "Free bytes of the disk that holds the directory.", kind: .gauge, labels: [], value: Double(free))]
    }
}
