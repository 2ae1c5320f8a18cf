internal import Ingest

/// Tells in the log that a disk is full soon, and that it has room again. What was so at the start is news here: it is told while there is time to make room.
struct RoomWatch {
    private var isFullSoon = false

    /// - Parameter metrics: those of `DiskRoom` among others; nothing is told where they are not.
    mutating func look(_ metrics: [Metric], _ log: Log) {
        func bytes(_ name: String) -> Int64? { metrics.first { $0.name == name }.map { Int64(min($0.value, 0x1p60)) } }
        guard let free = bytes("disk_free_bytes"), let least = bytes("disk_min_free_bytes") else { return }
        let isSo = DiskRoom.isFullSoon(free: free, least: least, wasSo: isFullSoon)
        guard isSo != isFullSoon else { return }
        isFullSoon = isSo
        let mebibytes = Log.Value.number(Int(free >> 20))
        if isSo { log.warning("the disk is full soon", ["free_mib": mebibytes, "min_free_mib": .number(Int(least >> 20))]) } else { log.info("the disk has room again", ["free_mib": mebibytes]) }
    }
}
