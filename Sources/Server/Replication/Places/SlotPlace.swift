package import Cluster
package import ColumnStore
internal import Ingest

/// Where a cluster's records lie while the other machine is lost: below `log.url`, each in a slot of its own.
///
///     slots/store                        whose they are
///     slots/<generation>/base            the record before the first slot: what a generation begins with
///     slots/<generation>/<sequence>      `Record.bytes`, created and never replaced
///
/// 1. That a slot is not there says something only where its generation's base is. At another place, and in a bucket that has lost what it had, nobody knows anything.
/// 2. A base is there before the object names its generation (`ObjectCalls`).
package struct SlotPlace: Sendable {
    let objects: any ObjectStorage
    /// For people.
    package let url: String

    private static let folder = "slots"
    private static let baseName = "base"
    private static let claimKey = "\(folder)/store"
    private static let roundCountMax = 64
    private static let byteCountMax = Record.bodyByteCountMax + 256

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// A slot that is not there, though one behind it is: slots are filled one after the other.
    struct Lost: Error, CustomStringConvertible {
        let description: String
    }

    package init(_ objects: any ObjectStorage, url: String) { (self.objects, self.url) = (objects, url) }

    /// Numbers have as many digits each, so that names are listed in their order.
    private static func key(_ generation: Int, _ name: String) -> String { "\(folder)/\(LogNumber.text(Int64(generation)))/\(name)" }
    package static func key(_ generation: Int, _ sequence: Int) -> String { key(generation, LogNumber.text(Int64(sequence))) }

    // MARK: Whose they are

    /// Another cluster's slots lie there.
    struct OtherStore: Error, CustomStringConvertible {
        let url: String
        let found: String
        let own: StoreIdentity

        var description: String { "log.url, \(url), has slots of the store \(found), and this cluster keeps the store \(own.text): each cluster needs a log.url of its own" }
    }

    /// Says whose slots these are, where nobody has.
    ///
    /// - Throws: `OtherStore`; where that is not known.
    package func claim(_ store: StoreIdentity) throws {
        let bytes = Array("till-slots-store 1\n\(store.text)\n".utf8)
        guard try !create(Self.claimKey, bytes), let found = try get(Self.claimKey, byteCountMax: 256), found != bytes else { return }
        let lines = String(decoding: found, as: UTF8.self).split(separator: "\n")
        throw OtherStore(url: url, found: lines.count == 2 ? String(lines[1]) : "that \(Self.claimKey) there names", own: store)
    }

    // MARK: Generations

    private static func bytes(_ log: Configuration.LogStart) -> [UInt8] {
        let base = log.base
        return Array("till-slots 1\ngeneration \(log.generation)\nsequence \(base.sequence)\nepoch \(base.epoch)\nhigh \(base.hash.high)\nlow \(base.hash.low)\n".utf8)
    }

    /// Before an object names the generation. Doing it again is the same.
    package func begin(_ log: Configuration.LogStart) throws {
        // One that is there must be the very same: another cluster's has other bytes.
        if try !create(Self.key(log.generation, Self.baseName), Self.bytes(log)) { try check(log) }
    }

    /// - Throws: where the generation's slots are not at this place.
    private func check(_ log: Configuration.LogStart) throws {
        let key = Self.key(log.generation, Self.baseName)
        guard let found = try get(key, byteCountMax: 4_096) else {
            throw Fault(description: "\(url)/\(key) is not there: log.url is another than the one of the machine that led, or the place has lost what it had")
        }
        guard found == Self.bytes(log) else { throw Fault(description: "\(url)/\(key) is of another cluster: each needs a log.url of its own") }
    }

    /// What a generation begins with; nil where that is not there.
    ///
    /// - Throws: where it is damaged, or gives no answer.
    func start(of generation: Int) throws -> Configuration.LogStart? {
        let key = Self.key(generation, Self.baseName)
        guard let found = try get(key, byteCountMax: 4_096) else { return nil }
        // Each line's name, and behind it its value; the title is two words.
        let words = String(decoding: found, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard words.count == 12, let sequence = Int(words[5]), let epoch = Int(words[7]), let high = UInt64(words[9]), let low = UInt64(words[11]) else {
            throw Fault(description: "\(url)/\(key) is damaged")
        }
        let log = Configuration.LogStart(generation: generation, base: Mark(sequence: sequence, epoch: epoch, hash: Cluster.Digest(high: high, low: low)))
        guard Self.bytes(log) == found else { throw Fault(description: "\(url)/\(key) is damaged") }
        return log
    }

    /// - Returns: nil where there is none.
    private func get(_ key: String, byteCountMax: Int) throws(ColumnStoreError) -> [UInt8]? {
        do { return try objects.get(key, byteCountMax: byteCountMax) } catch where error.code == .notFound { return nil }
    }

    /// - Returns: false where there is one, perhaps this very one.
    private func create(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) -> Bool {
        do { try objects.putIfAbsent(key, bytes) } catch where error.code == .conflict { return false }
        return true
    }

    // MARK: Slots

    /// - Parameter log: of the object, where the slot is of its generation.
    /// - Returns: nil where the slot is empty.
    /// - Throws: `Lost`; where that is not known, or what is in it is damaged.
    package func read(_ generation: Int, _ sequence: Int, of log: Configuration.LogStart?) throws -> Record? {
        // That it is empty proves something only where the generation's base is there, and no later slot is.
        let key = Self.key(generation, sequence)
        var found = try get(key, byteCountMax: Self.byteCountMax)
        if found == nil, let log {
            try check(log)
            if let later = try firstSlot(after: sequence, of: generation) {
                // It may have come meanwhile, with the later one.
                found = try get(key, byteCountMax: Self.byteCountMax)
                if found == nil { throw Lost(description: "\(url)/\(key) is not there, and slot \(later) is: the place has lost what it had") }
            }
        }
        guard let bytes = found else { return nil }
        do throws(FrameFault) {
            let record = try Record(parsing: bytes[...])
            guard record.sequence == sequence else { throw FrameFault("it has record \(record.sequence)") }
            return record
        } catch { throw Fault(description: "\(url)/\(key) is damaged: \(error.reason)") }
    }

    /// - Returns: nil where there is none.
    private func firstSlot(after sequence: Int, of generation: Int) throws(ColumnStoreError) -> Int64? {
        // Beside slots there is the base, and what a directory has unfinished.
        try objects.keys(prefix: Self.key(generation, ""), after: Self.key(generation, sequence), countMax: 16)
            .compactMap { $0.split(separator: "/").last.flatMap(LogNumber.number) }.first
    }

    /// - Returns: false where the slot is filled, perhaps by this very record.
    package func put(_ generation: Int, _ record: Record) throws(ColumnStoreError) -> Bool { try create(Self.key(generation, record.sequence), record.bytes) }

    /// Whether records lie here: not what a founder has left that came no further.
    package func hasRecords() throws -> Bool {
        let first = Self.key(1, Self.baseName)
        return try keys().contains { $0 != first }
    }

    /// The last slot of each generation that has one, by generation.
    package func lasts() throws -> [(generation: Int, sequence: Int)] {
        var lasts: [Int: Int] = [:]
        for key in try keys() {
            guard let name = Self.name(key), !name.isBase, let sequence = key.split(separator: "/").last.flatMap(LogNumber.number) else { continue }
            lasts[Int(name.generation)] = max(lasts[Int(name.generation)] ?? 0, Int(sequence))
        }
        return lasts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Gives the records of slots in their order, as far as each goes on from the one before.
    ///
    /// - Parameters:
    ///   - before: the record before the first.
    ///   - last: the last one's number.
    /// - Returns: false where one of them is not there, is damaged, or does not go on from the one before.
    /// - Throws: where the place gives no answer.
    func walk(_ generation: Int, after before: Mark, through last: Int, _ take: (Record) -> Void) throws -> Bool {
        var sizes: [Int: Int64] = [:]
        try objects.list(prefix: Self.key(generation, "")) { object in
            guard let name = Self.name(object.key), !name.isBase, let sequence = object.key.split(separator: "/").last.flatMap(LogNumber.number) else { return }
            if sequence > before.sequence, sequence <= last, object.byteCount <= Self.byteCountMax { sizes[Int(sequence)] = object.byteCount }
        }
        // However far `last` is: there are no more than were listed.
        guard let count = last.subtractingOrNil(before.sequence), sizes.count == count else { return false }
        let wanted = sizes.sorted { $0.key < $1.key }.map { WantedObject(key: Self.key(generation, $0.key), byteCount: $0.value, byteCountMax: Self.byteCountMax) }
        var mark = before
        try objects.getEach(wanted) { _, bytes in
            guard let record = try? Record(parsing: bytes[...]), record.follows(mark) else { return false }
            mark = record.mark
            take(record)
            return true
        }
        return mark.sequence == last
    }

    /// The highest generation that has a slot or a base; nil: none has.
    package func lastGeneration() throws -> Int? { try keys().compactMap { Self.name($0).map { Int($0.generation) } }.max() }

    /// All that are slots or bases.
    private func keys() throws(ColumnStoreError) -> [String] {
        var found: [String] = []
        try objects.list(prefix: "\(Self.folder)/") { found.append($0.key) }
        return found.filter { Self.name($0) != nil }
    }

    /// - Returns: nil for what is neither a slot nor a base.
    private static func name(_ key: String) -> (generation: Int64, isBase: Bool)? {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == folder, let generation = LogNumber.number(parts[1]) else { return nil }
        let isBase = parts[2] == baseName
        return isBase || LogNumber.number(parts[2]) != nil ? (generation, isBase) : nil
    }

    /// Removes generations before `floor`, their bases last. Of a long outage there are very many.
    package func remove(below floor: Int) throws {
        // A place that lists what it has removed is not asked forever: whoever leads next asks again.
        for _ in 0..<Self.roundCountMax { if try remove(below: floor, bases: false) == 0 { break } }
        _ = try remove(below: floor, bases: true)
    }

    /// - Returns: how many there were.
    private func remove(below floor: Int, bases: Bool) throws(ColumnStoreError) -> Int {
        var count = 0
        try objects.list(prefix: "\(Self.folder)/") { (object) throws(ColumnStoreError) in
            guard let name = Self.name(object.key), name.generation < Int64(floor), name.isBase == bases else { return }
            try objects.delete(object.key, .named("both machines have had its record for a day"))
            count += 1
        }
        return count
    }
}
