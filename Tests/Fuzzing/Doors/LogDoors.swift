import Cluster
import ColumnStore
import Foundation
@testable import Ingest

/// The log of a single server: what lies at its place, and what waits on its machine.
extension Door {
    static let logs: [Door] = [logSegment, logObject, logFold, logFiles]

    // MARK: Objects

    /// After a byte that is even: a segment's bytes, under a right hash. After an odd one: choices that a segment is made of, whose records follow from each other or do not.
    private static let logSegment = Door(
        name: "log-segment",
        seeds: {
            var seeds: [[UInt8]] = []
            for file in try LittleLog.shared.get().files where file.path.hasPrefix("log/") { seeds.append([0] + Array(file.bytes.dropLast(SHA256.byteCount))) }
            for seed in 0..<16 { seeds.append([1] + (1..<120).map { (place: Int) -> UInt8 in UInt8(truncatingIfNeeded: place &* 37 &+ seed &* 71) }) }
            return seeds
        },
        fuzz: { bytes in
            guard let first = bytes.first else { return }
            let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
            if first % 2 == 0 {
                let body = Array(rest)
                return try check(try LogSegment(parsing: body + SHA256.hash(body), path: "x"))
            }
            var choices = Choices(rest)
            let (segment, isChain) = try LogSegment.made(&choices)
            guard !segment.records.isEmpty else { return }
            let read: LogSegment
            do { read = try LogSegment(parsing: segment.bytes, path: "x") } catch {
                precondition(!isChain, "a segment that was written cannot be read: \(error)")
                return
            }
            precondition(isChain && read.records == segment.records, "records count that do not follow from each other")
            try check(read)
        })

    private static func check(_ segment: LogSegment) throws {
        let again = try LogSegment(parsing: segment.bytes, path: "x")
        precondition(again.records == segment.records, "a segment is written as another")
        for record in segment.records where record.byteCount <= 1 << 20 {
            let bytes = try record.payload.withUnsafeBytes { frame throws(PageError) in try ZstdTextCodec().inflate(frame, byteCount: record.byteCount, dictionary: nil) }
            guard let payload = LogPayload(bytes) else { continue }
            var reader = ChangeReader(payload.changes)
            while try reader.next() != nil {}
            _ = LogCarrier.named(payload.changes)
        }
    }

    /// After a byte that says which it is: a head; a checkpoint, its two halves parted by a line `====`, its manifest under a right hash; a spool's bytes; choices that a spool is made of, whose sums are right.
    private static let logObject = Door(
        name: "log-object",
        seeds: {
            var seeds: [[UInt8]] = []
            for file in try LittleLog.shared.get().files {
                if file.path == LogHead.key { seeds.append([0] + file.bytes + Array("set-back 1795000000000000-1795000001000000 2-3\n".utf8)) }
                if LogCheckpoint.isName(file.path) { seeds.append([1] + LogCheckpoint.halves(file.bytes)) }
            }
            for seed in 0..<8 {
                let choices = (1..<90).map { (place: Int) -> UInt8 in UInt8(truncatingIfNeeded: place &* 29 &+ seed &* 91) }
                let spool = choices.withUnsafeBytes { bytes -> [UInt8] in
                    var made = Choices(bytes)
                    return LogSpool.made(&made)
                }
                seeds += [[2] + spool, [3] + choices]
            }
            return seeds
        },
        words: { ["till-log 1\n", "till-checkpoint 1\n", "sealed 1\n", "till-backup 1\n", "====\n", "epoch ", "last ", "until ", "time ", "set-back ", "from ", "to ", "at ", "hash ", "mark ", "store ", "4611686018427387904", "4611686018427387905", "-1"] },
        fuzz: { bytes in
            guard let first = bytes.first else { return }
            let rest = Array(bytes.dropFirst())
            switch first % 4 {
            case 0:
                let head = try LogHead(parsing: rest, path: "x")
                let again = try LogHead(parsing: head.bytes, path: "x")
                precondition(again == head, "a head is written as another")
                var (clock, next) = (head, LogClaim.next(head, last: head.last))
                _ = clock.note(clock: 0, committed: head.time)
                _ = next.note(clock: .min, committed: .max)
                precondition(next.epoch > head.epoch, "an epoch that does not rise")
            case 1:
                let (whole, path) = LogCheckpoint.whole(ofHalves: rest)
                let checkpoint = try LogCheckpoint(parsing: whole, path: path)
                let again = try LogCheckpoint(parsing: checkpoint.bytes, path: path)
                precondition(again.manifest == checkpoint.manifest && again.key == checkpoint.key && again.at == checkpoint.at, "a checkpoint is written as another")
            case 2: check(LogSpool.read(rest), count: rest.count)
            default:
                var choices = Choices(UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
                let spool = LogSpool.made(&choices)
                check(LogSpool.read(spool), count: spool.count)
            }
        })

    private static func check(_ entries: [LogSpool.Entry], count: Int) {
        precondition(entries.count * (LogSpool.headByteCount + 8) <= max(count, 0), "more entries than there is room for")
        for entry in entries { precondition(entry.sequence > 0 && entry.sequence + 1 > 0, "a number that nobody counts to") }
    }

    // MARK: Commits

    private static let attached = "/dev/shm/till-fuzz-attached"

    /// A commit's payload: a file's name, and what changed in it; folded into the databases of a checkpoint, and into nothing else.
    private static let logFold = Door(
        name: "log-fold",
        seeds: { try LittleArchive.shared.get().payloads() },
        words: {
            ["catalog.sqlite", "queues.sqlite", "hot/", "receipts", "CREATE TABLE ", "DROP TABLE ", "ALTER TABLE ", "PRAGMA user_version = 9;", "COMMIT;", "ATTACH '\(attached)' AS o; CREATE TABLE o.t(a);", "VACUUM INTO '\(attached)';"]
        },
        fuzz: { bytes in
            let directory = try ScratchDirectory()
            let store = "\(directory.path)/store"
            try LittleArchive.shared.get().checkpoint.write(to: store)
            let before = Set(LittleStore.names(store))
            let fold = LogFold(try LocalStorageFactory.files(store), isAgain: true)
            var builder = LogSegment.Builder(epoch: 1, last: 0, hash: LogRecord.noHash)
            try builder.append(.rows, Array(bytes), at: 1)
            guard let record = builder.finish()?.records.first else { return }
            let result = Result {
                try fold.apply(record)
                try fold.close()
            }
            let beside = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            precondition(beside == ["store"] && !FileManager.default.fileExists(atPath: attached), "a commit reaches other files: \(beside)")
            for name in LittleStore.names(store) where !before.contains(name) {
                let database = ["-wal", "-shm", "-journal"].reduce(name) { $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0 }
                precondition(CommitLog.isName(database), "a commit makes \(name)")
            }
            precondition(before.filter { !CommitLog.isName($0) }.isSubset(of: LittleStore.names(store)), "a commit removes what is no database")
            try result.get()
        })

    // MARK: A log as a whole

    /// What was done to the files of a log. What comes out of it is the very store, or nothing; and what goes as days go by keeps nobody from restoring it.
    private static let logFiles = Door(
        name: "log-files", seeds: { Damage.seeds },
        fuzz: { bytes in
            var choices = Choices(bytes)
            let directory = try ScratchDirectory()
            var files = try LittleLog.shared.get()
            let damage = files.damage(&choices)
            // A restore raises the epoch: each has a log of its own.
            for name in ["one", "other"] {
                try FileManager.default.createDirectory(atPath: "\(directory.path)/\(name)", withIntermediateDirectories: true)
                try files.write(to: "\(directory.path)/\(name)")
            }
            let restored = try restore(directory.path, "one")
            precondition(restored == nil || restored == Array(0..<LittleLog.receiptCount), "a damaged log is restored as another store: \(restored ?? [])")
            let place = try LogPlace(url: "file://\(directory.path)/other") { _ in LocalStorageFactory() }
            _ = Result { try LogRetention(place: place, now: Clock.system.now() + 10 * LogKeeper.keptMicroseconds).run() }
            if case .success(let found?) = Result(catching: { try place.head() }) { _ = Result { try LogWholeness(place: place).missing(to: found.head) } }
            let later = try restore(directory.path, "other")
            precondition(restored == nil || !damage.showsByLength || later == restored, "what was restored cannot be any more")
        })

    /// - Returns: the receipts; nil where it was refused, with nothing made.
    private static func restore(_ folder: String, _ name: String) throws -> [Int]? {
        let target = "\(folder)/store-of-\(name)"
        let result = Result {
            try LogRestore(url: "file://\(folder)/\(name)", instant: nil, directory: target, storages: LocalStorageFactory(), open: { _ in LocalStorageFactory() }).run()
        }
        guard case .success = result else {
            precondition(!FileManager.default.fileExists(atPath: target), "a restore that failed leaves something")
            return nil
        }
        return try LittleStore.receipts(at: target)
    }
}

// MARK: -

/// The log of a little store, hot and cold, as files in memory.
enum LittleLog {
    static let receiptCount = 6

    static let shared: Result<LittleStore, any Error> = Result {
        let directory = try ScratchDirectory()
        var options = LittleStore.options
        options.log = LogOptions(url: "file://\(directory.path)/place", segmentSeconds: 0.01, isAwaited: true)
        let engine = try Engine(path: "\(directory.path)/store", options: options)
        try LittleStore.furnish(engine)
        for number in 0..<receiptCount {
            _ = LittleStore.take(engine, LittleStore.receipt(number))
            LittleStore.waitUntilKept(engine)
            if number == receiptCount / 2 { _ = try engine.compact(before: nil) }
        }
        LittleStore.waitUntilKept(engine)
        try engine.close()
        let files = try LittleStore.read("\(directory.path)/place")
        guard files.contains(where: { LogCheckpoint.isName($0.path) }) else { throw FuzzError(description: "a log without a checkpoint") }
        return LittleStore(files: files)
    }
}

extension LittleArchive {
    /// What its commits have changed: a file's name and its changes each.
    fileprivate func payloads() throws -> [[UInt8]] {
        var (payloads, parts) = ([[UInt8]](), [UInt8]())
        for record in records {
            guard case .part(let part, let isLast)? = ReplicaBody(record.body) else { continue }
            parts += part
            guard isLast else { continue }
            for commit in try LogSegment(parsing: parts, path: "x").records where commit.kind == .rows || commit.kind == .catalog {
                payloads.append(try commit.payload.withUnsafeBytes { frame throws(PageError) in try ZstdTextCodec().inflate(frame, byteCount: commit.byteCount, dictionary: nil) })
            }
            parts = []
        }
        return payloads
    }
}

extension LogSegment {
    /// - Returns: with whether it is one that a writer may have made.
    fileprivate static func made(_ choices: inout Choices) throws -> (segment: LogSegment, isChain: Bool) {
        let epoch = Int64(choices.below(4))
        var (sequence, time, previous) = (choices.flag() ? Int64(1) : 1 << 61, Int64(choices.byte()), LogRecord.noHash)
        var (records, isChain) = ([LogRecord](), true)
        for _ in 0..<choices.below(6) {
            let odd = choices.byte() % 16
            let payload = LogPayload.head(choices.pick(["catalog.sqlite", "hot/2026-11-21.sqlite", "", "../x"])) + choices.bytes(choices.below(24))
            let compressed = try payload.withUnsafeBytes { bytes throws(PageError) in try ZstdTextCodec(level: 1).compress(bytes, dictionary: nil) }
            let record = LogRecord(
                epoch: odd == 1 ? epoch + 1 : epoch, sequence: odd == 2 ? sequence + 1 : sequence, time: odd == 3 ? time - 1 : time, kind: LogRecord.Kind(rawValue: 1 + choices.byte() % 4) ?? .rows,
                previous: odd == 4 ? SHA256.hash([1]) : previous, byteCount: payload.count, payload: compressed)
            // The segment's head has the first one's epoch and number; what stands before it another segment proves.
            if let first = records.first { isChain = isChain && record.epoch == first.epoch && record.sequence == first.sequence + Int64(records.count) && record.previous == previous && record.time >= records[records.count - 1].time }
            records.append(record)
            (sequence, time, previous) = (record.sequence + 1, record.time + Int64(choices.byte()), record.hash)
        }
        return (LogSegment(records: records), isChain)
    }
}

extension LogCheckpoint {
    /// What stands before its manifest, a line `====`, and the manifest without its last line.
    fileprivate static func halves(_ bytes: [UInt8]) -> [UInt8] {
        let end = bytes.indices.dropFirst().first { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A } ?? bytes.startIndex
        return Array(bytes[..<end]) + Array("====\n".utf8) + Array(bytes[end...].dropFirst().dropLast("end ".utf8.count + 2 * SHA256.byteCount + 1))
    }

    /// - Returns: with a name that says the same.
    fileprivate static func whole(ofHalves bytes: [UInt8]) -> (bytes: [UInt8], path: String) {
        let mark = Array("====\n".utf8)
        let end = bytes.indices.first { bytes[$0...].starts(with: mark) } ?? bytes.endIndex
        let manifest = Array(bytes[end...].dropFirst(mark.count))
        let fields = LogFields(Array(bytes[..<end]))
        let numbers = ["epoch", "from", "to"].map { LogNumber.text(fields.number($0) ?? 0) }
        return (Array(bytes[..<end]) + [0x0A] + manifest + Array("end \(Hexadecimal.text(SHA256.hash(manifest)))\n".utf8), "\(folder)\(numbers.joined(separator: "-"))")
    }
}

extension LogSpool {
    /// Entries under right sums, the last of them cut off now and then.
    fileprivate static func made(_ choices: inout Choices) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<choices.below(6) {
            let (sequence, time) = (choices.flag() ? Int64(choices.byte()) : choices.integer(), choices.flag() ? 5 : choices.integer())
            let kind = choices.pick([1, 2, 3, 4, withdrawn, 9] as [UInt8])
            let head = choices.flag() ? LogPayload.head("catalog.sqlite") : choices.bytes(choices.below(4))
            let changes = choices.bytes(choices.below(20))
            let parts = changes.withUnsafeBytes { frame(sequence: sequence, time: time, kind: kind, head, $0) }
            bytes += parts.head + changes + parts.tail
        }
        if choices.byte() % 4 == 0 { bytes.removeLast(min(bytes.count, choices.below(40))) }
        return bytes
    }
}
