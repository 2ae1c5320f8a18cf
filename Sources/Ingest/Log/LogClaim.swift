import ColumnStore

/// That this process writes the log: by the mark in its head.
struct LogClaim {
    var head: LogHead
    var tag: String
    /// Whether an epoch has begun with it: there is no checkpoint that its records go on from.
    var isNew: Bool

    /// The log belongs to somebody else: another store, or a later epoch of this one.
    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    /// Takes the log over from this store's start before; begins an epoch where that cannot be gone on with.
    ///
    /// - Parameters:
    ///   - directory: of the store, which notes there what it is about to claim.
    ///   - known: the highest number that this store's own files know of.
    /// - Throws: `Refused`; `ColumnStoreError` where the place gives no answer.
    static func take(_ place: LogPlace, store: String, in directory: String, _ recovery: LogRecovery, known: Int64, now: Int64) throws -> LogClaim {
        for _ in 0..<4 {
            do {
                return try takeOnce(place, store: store, in: directory, recovery, known: known, now: now)
            } catch let error as ColumnStoreError {
                // Somebody else was as quick: who it is tells the next look.
                guard error.code == .conflict else { throw error }
            }
        }
        throw Refused(description: "\(place.url) is written by others at the same time")
    }

    /// One attempt, decided by head and note:
    ///
    /// 1. No head: it is put back where this store knows it and nobody else has the log; else the place must be empty, and an epoch begins one above what this store has noted.
    /// 2. Another store's: refused.
    /// 3. A head that this store has promised: a start before this one was cut off behind the swap; the next epoch begins.
    /// 4. A later epoch, or more records than this store's files know of: refused, these files are an earlier state.
    /// 5. The same epoch, and spools that tell all: the writer's mark changes, and the epoch goes on. Else the next one begins.
    private static func takeOnce(_ place: LogPlace, store: String, in directory: String, _ recovery: LogRecovery, known: Int64, now: Int64) throws -> LogClaim {
        // Read again: an earlier try may have left its promise.
        let state = try LogState.read(directory).flatMap { $0.store == store ? $0 : nil }
        var seen = try place.head()
        if seen == nil, let state, try !place.root.isEmpty() {
            try putBack(place, state, known: known)
            seen = try place.head()
        }
        guard let (found, tag) = seen else {
            guard try place.root.isEmpty() else { throw Refused(description: "\(place.url) is not empty, and has no log: name a place of its own for the log") }
            let mark = try promise(state, after: state?.epoch ?? 0, in: directory)
            var head = LogHead(store: store, epoch: (state?.epoch ?? 0).addingSaturating(1), mark: mark)
            (head.last, head.until) = (recovery.next - 1, now)
            try place.root.create(LogHead.key, head.bytes)
            return try taken(place, head, isNew: true)
        }
        guard found.store == store else {
            throw Refused(description: "\(place.url) has the log of the store \(found.store), this is the store \(store): name another place")
        }
        if let state, !isPromised(found, by: state) {
            guard state.epoch >= found.epoch else {
                throw Refused(
                    description: "\(place.url) is at epoch \(found.epoch), this store at epoch \(state.epoch): it was restored from its log meanwhile, and what is restored "
                        + "is the store now. Restore this directory anew, or give it a place of its own")
            }
            guard state.epoch == found.epoch, found.last >= state.last, found.last <= known else {
                throw Refused(
                    description: "\(place.url) ends with record \(found.last) of epoch \(found.epoch), this store's files with record \(known) of epoch \(state.epoch): they are a copy "
                        + "of an earlier time. Restore this directory from the log, or give it a place of its own")
            }
            // What goes on from another hash than the record has no reader would believe.
            guard found.last != state.last || found.hash == state.hash else {
                throw Refused(
                    description: "\(place.url)/\(LogHead.key) has another record \(found.last) than this store has sent: it is damaged, or the tail of the log "
                        + "was replaced. Put it back, or give the log another place")
            }
            if recovery.isWhole {
                var head = found
                head.mark = LogHead.newMark()
                try place.root.swap(LogHead.key, head.bytes, ifStill: tag)
                return try taken(place, head, isNew: false)
            }
        }
        let mark = try promise(state, after: found.epoch, in: directory)
        return try raise(place, found, tag, last: recovery.next - 1, now: now, mark: mark)
    }

    /// The head that this store has noted last, in place of one that somebody has removed.
    private static func putBack(_ place: LogPlace, _ state: LogState, known: Int64) throws {
        var head = LogHead(store: state.store, epoch: state.epoch)
        (head.last, head.hash, head.time, head.until) = (state.last, state.hash, state.time, state.time)
        // All that had been committed by then is in records up to its end.
        if let checkpoint = try place.newestCheckpoint(of: state.epoch), checkpoint.to <= state.last { head.until = max(head.until, checkpoint.at) }
        do { try place.putBack(head, known: known) } catch let error as ColumnStoreError where error.code == .notFound {
            throw Refused(description: "\(place.url) is not empty, and has no log (\(error)): name a place of its own for the log")
        }
    }

    /// Whether this store itself has begun the epoch, and was ended before it could note that, or never heard that it had come through.
    private static func isPromised(_ found: LogHead, by state: LogState) -> Bool {
        found.epoch == state.epoch.addingSaturating(1) && found.mark == state.claiming
    }

    /// Notes the mark that the next epoch's head is to have. The same one is promised until the epoch has begun: an earlier try may come through late.
    private static func promise(_ state: LogState?, after epoch: Int64, in directory: String) throws -> String {
        let mark = LogHead.newMark()
        // A store that has noted nothing is refused nothing.
        guard var state else { return mark }
        if state.epoch == epoch, let claiming = state.claiming { return claiming }
        (state.epoch, state.claiming, state.hasCheckpoint) = (epoch, mark, false)
        try state.write(directory)
        return mark
    }

    /// Begins the next epoch; what the one before had come to is kept beside it.
    static func raise(_ place: LogPlace, _ found: LogHead, _ tag: String, last: Int64, now: Int64, mark: String = LogHead.newMark()) throws -> LogClaim {
        try keep(place, found)
        var head = next(found, last: last, mark: mark)
        head.until = now
        try place.root.swap(LogHead.key, head.bytes, ifStill: tag)
        return try taken(place, head, isNew: true)
    }

    /// The head of the epoch after one.
    static func next(_ found: LogHead, last: Int64, mark: String = LogHead.newMark()) -> LogHead {
        var head = LogHead(store: found.store, epoch: found.epoch.addingSaturating(1), mark: mark)
        head.last = max(last, 0)
        return head
    }

    private static func keep(_ place: LogPlace, _ found: LogHead) throws {
        // In place of what an attempt left that did not come to its end: the epoch's writer went on meanwhile.
        try place.objects.put(LogHead.key(ofEpoch: found.epoch), found.bytes)
    }

    /// Reads the head again: a swap whose answer was lost, or was overtaken at once, shows in it.
    private static func taken(_ place: LogPlace, _ head: LogHead, isNew: Bool) throws -> LogClaim {
        guard let seen = try place.head(), seen.head == head else { throw Refused(description: "\(place.url) was taken over at the same time") }
        return LogClaim(head: head, tag: seen.tag, isNew: isNew)
    }

    /// The log goes up to there now. A head that somebody has removed is put back, where nobody else has the log.
    ///
    /// - Parameter time: of the last record.
    /// - Throws: `Refused` when another writer has it.
    mutating func advance(_ place: LogPlace, last: Int64, hash: [UInt8], time: Int64, until: Int64) throws {
        var next = head
        (next.last, next.hash, next.time, next.until) = (last, hash, time, max(until, head.until))
        for _ in 0..<4 {
            do {
                try place.root.swap(LogHead.key, next.bytes, ifStill: tag)
            } catch {
                // An answer that was lost is found to have been a success, below.
                guard error.code == .conflict || error.code == .notFound else { throw error }
            }
            guard let seen = try place.head() else {
                try place.putBack(next, known: last)
                continue
            }
            guard (seen.head.store, seen.head.epoch, seen.head.mark) == (head.store, head.epoch, head.mark) else {
                throw Refused(description: "\(place.url) was taken over by another writer: this store's log ends with record \(head.last) of epoch \(head.epoch)")
            }
            tag = seen.tag
            // Else an earlier swap of this writer, which it has not heard of.
            if seen.head == next { return head = next }
        }
        throw ColumnStoreError(.unavailable, path: place.url, "the log's head changes while it is swapped")
    }
}
