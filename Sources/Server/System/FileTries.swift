/// What is known of files that are taken at the start, and again whenever one of them changes: when a try is due, and whether a fault is still to be told. Its owner calls it under a lock.
///
/// The stamps are noted before the files are read: a change in between is another stamp, and found by the next look. What could not be taken is tried again after a pause, though nothing has
/// changed: a disk or a server of files that fails once tells nothing of the files.
struct FileTries: Sendable {
    private var stamps: [FileStamp?] = []
    /// The files as they stand are in use.
    private(set) var isTaken = false
    /// On the steady clock; counts while they are not.
    private var retryAt = 0.0
    /// Of the last try, in words; nil where it went well.
    private var fault: String?
    /// The files have changed, or somebody has asked, and nothing was told of it yet.
    private var isNews = false

    /// - Parameters:
    ///   - stamps: of the files as they are now.
    ///   - isForced: somebody asks, whether they have changed or not.
    ///   - pause: between two tries of files that do not change, in seconds.
    ///   - now: on the steady clock.
    /// - Returns: whether the files are to be tried: by the caller, nobody else need for so long.
    mutating func isDue(_ stamps: [FileStamp?], isForced: Bool, pause: Double, now: Double) -> Bool {
        let isChanged = isForced || stamps != self.stamps
        guard isChanged || !isTaken && now >= retryAt else { return false }
        (self.stamps, isTaken, retryAt) = (stamps, false, now + pause)
        if isChanged { isNews = true }
        return true
    }

    /// - Parameter stamps: from before the files were read.
    mutating func taken(_ stamps: [FileStamp?]) { (self.stamps, isTaken, fault, isNews) = (stamps, true, nil, false) }

    /// - Returns: whether it is told: once for each change, and once for each other fault.
    mutating func failed(_ words: String) -> Bool {
        defer { (fault, isNews) = (words, false) }
        return isNews || fault != words
    }
}
