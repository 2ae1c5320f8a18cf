import Cluster
import ColumnStore
import Foundation
import Glibc
import Ingest
@testable import Server

/// What a pair's machine finds on its disk, in its places and on a connection that its checkpoint comes by, before it leads or while it comes to lead.
extension Door {
    static let foundings: [Door] = [checkpointFrame, clusterRecords, clusterSlot, foundPlaces]

    // MARK: Frames

    /// After a byte that is even: a frame as a peer sends it. After an odd one: a log's beginning, under a right sum.
    private static let checkpointFrame = Door(
        name: "checkpoint-frame",
        seeds: {
            var history = History()
            var mark = Mark.start
            for epoch in [1, 1, 4, 9] {
                let record = Record(after: mark, epoch: epoch, kind: .rows, level: 1, body: [])
                history.append(record)
                mark = record.mark
            }
            guard let beginning = Beginning(mark: mark, history: history) else { return [] }
            let frames: [CheckpointFrame] = [.wait, .refusal("no"), .head(byteCount: 1 << 40, beginning), .name("hot/2026-11-21.sqlite", byteCount: 9), .piece(.zero, [1, 2, 3]), .end]
            return frames.map { [UInt8(0)] + $0.bytes } + [[UInt8(1)] + Array(beginning.bytes.dropLast(16))]
        },
        fuzz: { bytes in
            guard let first = bytes.first else { return }
            let rest = Array(bytes.dropFirst())
            if first % 2 == 1 {
                let whole = rest + sumBytes(of: rest)
                let beginning = try Beginning(parsing: whole[...])
                precondition(beginning.bytes == whole && beginning.history.has(beginning.mark) && beginning.history.last == beginning.mark.sequence, "a beginning is written as another")
                _ = Record(after: beginning.mark, epoch: beginning.mark.epoch, kind: .noop, level: 1, body: [])
                return
            }
            let frame = try CheckpointFrame(parsing: rest[...])
            // Words are cut as they are written.
            if case .refusal = frame { return }
            precondition(frame.bytes == rest, "a frame is written as another")
            if case .name(let name, _) = frame, CheckpointFiles.isName(name) { precondition(ObjectKey.isValid(name), "a name that leads elsewhere") }
        })

    private static func sumBytes(of bytes: [UInt8]) -> [UInt8] {
        var sum = Cluster.Digest.zero
        sum.take(bytes)
        return [sum.high, sum.low].flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    }

    // MARK: A disk

    /// A file of records, of which some are whole and follow, as a crash or a disk leaves it; and what a member notes beside. It is opened or refused, and opened again the same.
    private static let clusterRecords = Door(
        name: "cluster-records", seeds: { (0..<24).map { seed in (0..<80).map { (place: Int) -> UInt8 in UInt8(truncatingIfNeeded: place &* 41 &+ seed &* 59) } } },
        fuzz: { bytes in
            var choices = Choices(bytes)
            let directory = try ScratchDirectory()
            if choices.byte() % 4 == 0 { try Data("\(choices.integer())\n".utf8).write(to: URL(fileURLWithPath: "\(directory.path)/promise")) }
            if choices.byte() % 4 == 0 { try Data(String(repeating: "0a", count: choices.flag() ? 16 : choices.below(20)).utf8).write(to: URL(fileURLWithPath: "\(directory.path)/store")) }
            var (file, last, name) = (RecordSegment.title, Mark.start, "records")
            if choices.byte() % 4 == 0 {
                // One that begins behind a checkpoint, or says so.
                let record = Record(after: .start, epoch: 1, kind: .noop, level: 1, body: [])
                var history = History()
                history.append(record)
                guard let head = Beginning(mark: record.mark, history: history)?.bytes else { return }
                file = Array("TILLPAIR2\n".utf8) + withUnsafeBytes(of: UInt32(choices.flag() ? head.count : choices.below(1 << 16)).littleEndian) { Array($0) } + head
                (last, name) = (record.mark, choices.pick(["records.2", "records.2", "records.3", "records.9223372036854775807"]))
            }
            for _ in 0..<choices.below(8) {
                let record = Record(after: last, epoch: last.epoch + choices.below(2), kind: Record.Kind(rawValue: choices.byte() % 4) ?? .noop, level: 1, body: choices.bytes(choices.below(9)))
                var entry = record.bytes
                if choices.byte() % 8 == 0 { entry[choices.below(entry.count)] ^= 1 << (choices.byte() % 8) }
                let length = choices.byte() % 16 == 0 ? UInt32(truncatingIfNeeded: choices.integer()) : UInt32(entry.count)
                file += withUnsafeBytes(of: length.littleEndian) { Array($0) } + entry
                if choices.byte() % 8 != 0 { last = record.mark }
            }
            try Data(file + choices.rest()).write(to: URL(fileURLWithPath: "\(directory.path)/\(name)"))
            let tail = try open(directory.path).tail
            let again = try open(directory.path)
            precondition(again.tail == tail && again.cut == 0, "a file of records is opened as another")
        })

    /// Opened and let go.
    private static func open(_ folder: String) throws -> (tail: Mark, cut: Int64) {
        let (file, cut) = try RecordFile.open(folder)
        let disk = file.takeDisk()
        precondition(disk.history.last == file.tail.sequence, "a disk's history is another than its records'")
        return (file.tail, cut)
    }

    // MARK: Slots

    /// Slots and what their generations begin with, such as no leader puts. Each is read as what it says that it is, or refused; and what goes is below the floor.
    private static let clusterSlot = Door(
        name: "cluster-slot", seeds: { (0..<24).map { seed in (0..<90).map { (place: Int) -> UInt8 in UInt8(truncatingIfNeeded: place &* 43 &+ seed &* 61) } } },
        fuzz: { bytes in
            var choices = Choices(bytes)
            let directory = try ScratchDirectory()
            let files = try LocalStorageFactory.files(directory.path)
            let place = SlotPlace(files, url: "file://\(directory.path)")
            for _ in 0..<choices.below(4) {
                let generation = choices.below(4)
                let numbers = ["generation", "sequence", "epoch", "high", "low"].map { word in "\(word) \(word == "generation" && choices.flag() ? Int64(generation) : choices.integer())\n" }
                if choices.flag() { try files.put("slots/\(LogNumber.text(Int64(generation)))/base", Array("till-slots 1\n\(numbers.joined())".utf8)) }
                var last = choices.flag() ? Mark.start : Mark(sequence: choices.below(4), epoch: choices.below(4), hash: .zero)
                for _ in 0..<choices.below(5) {
                    let record = Record(after: last, epoch: last.epoch, kind: .rows, level: 1, body: choices.bytes(choices.below(4)))
                    var slot = record.bytes
                    if choices.byte() % 8 == 0 { slot[choices.below(slot.count)] ^= 1 << (choices.byte() % 8) }
                    let sequence = choices.byte() % 8 == 0 ? choices.pick([0, 1, 1 << 62, 7]) : record.sequence
                    try files.put("slots/\(LogNumber.text(Int64(generation)))/\(choices.byte() % 16 == 0 ? "x" : LogNumber.text(Int64(sequence)))", slot)
                    last = record.mark
                }
            }
            _ = Result { try place.hasRecords() }
            let (lasts, highest) = (try place.lasts(), try place.lastGeneration())
            precondition(lasts.allSatisfy { $0.generation <= highest ?? -1 }, "a slot of no generation")
            for generation in 0..<4 {
                for last in [4, .max] {
                    var mark = Mark.start
                    let isWhole = Result { try place.walk(generation, after: .start, through: last) { record in
                        precondition(record.follows(mark), "a slot that does not go on from the one before")
                        mark = record.mark
                    } }
                    if case .success(true) = isWhole { precondition(mark.sequence == last, "a walk that ends early") }
                }
                let start = try? place.start(of: generation)
                if let start {
                    _ = Result { try place.begin(start) }
                    _ = History().has(start.base)
                }
                for sequence in [0, 1, 2, 3, 1 << 62] {
                    guard let record = try? place.read(generation, sequence, of: start) else { continue }
                    precondition(record.sequence == sequence && record.isWhole, "a slot is read as another")
                }
            }
            let before = Set(LittleStore.names(directory.path))
            try place.remove(below: 2)
            let after = Set(LittleStore.names(directory.path))
            let gone = before.subtracting(after)
            precondition(gone.allSatisfy { $0.hasPrefix("slots/\(LogNumber.text(0))/") || $0.hasPrefix("slots/\(LogNumber.text(1))/") }, "slots go that are needed: \(gone)")
        })

    // MARK: Founding

    /// A store that one machine had, or a member whose object is gone, is founded with, beside places that lie. An object that is there stays what it is, and so does the store where nothing comes of it.
    private static let foundPlaces = Door(
        name: "found-places", seeds: { (0..<64).map { way in [UInt8(way)] + (0..<24).map { (place: Int) -> UInt8 in UInt8(truncatingIfNeeded: place &* 47 &+ way &* 13) } } },
        fuzz: { bytes in
            var choices = Choices(bytes)
            let little = try LittleFounding.shared.get()
            let directory = try ScratchDirectory()
            let (way, data) = (choices.byte(), "\(directory.path)/DATA")
            let isMember = way & 1 != 0
            // What a founding has made; without its object, as a rule; or nothing yet.
            var places = !isMember && way & 4 == 0 ? LittleStore(files: []) : little.places
            if way & 2 == 0 { places.files.removeAll { $0.path == "ctl/object" } }
            if way & 8 != 0 { places.damage(&choices) }
            for name in ["DATA", "ctl", "log"] { try FileManager.default.createDirectory(atPath: "\(directory.path)/\(name)", withIntermediateDirectories: true) }
            try (isMember ? little.member : little.store).write(to: data)
            try places.write(to: directory.path)
            if way & 16 != 0 { _ = Result { try fill(SlotPlace(try LocalStorageFactory.files("\(directory.path)/log"), url: "file://\(directory.path)/log"), behind: little.tail, &choices) } }
            if !isMember, way & 32 != 0 {
                // What an attempt before has noted, or somebody else.
                let folder = "\(data)/founding"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                for name in ["object", "beginning"] { try Data(choices.bytes(choices.below(200))).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
            }
            let object = "\(directory.path)/ctl/object"
            let before = FileManager.default.contents(atPath: object)
            for _ in 0..<2 { _ = Result { try LittleFounding.found(directory.path, withoutSlots: isMember && way & 64 != 0) } }
            let after = FileManager.default.contents(atPath: object)
            precondition(before == nil || after == before, "an object is made in another's place")
            if let after, before == nil {
                guard let made = try? Configuration(parsingObject: Array(after)) else { preconditionFailure("an object is made that nobody can read") }
                precondition(made.leader == "a" && made.insync == ["a"] && made.epoch > 0, "an object of another is made")
            }
            let beside = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { !["DATA", "ctl", "log"].contains($0) }
            precondition(beside.isEmpty, "a founding writes elsewhere: \(beside)")
            if ReplicaStore.isMember(data) {
                precondition(isMember || after != nil, "a member without an object")
                let opened = Result { try open("\(data)/cluster") }
                guard case .success(let disk) = opened else { preconditionFailure("a member's records cannot be opened: \(opened)") }
                precondition(!isMember || disk.tail == little.tail, "a member's records are others")
            } else {
                let opened = Result { try LittleStore.receipts(at: data) }
                guard case .success(let receipts) = opened else { preconditionFailure("a store that was not founded cannot be opened: \(opened)") }
                precondition(receipts == Array(0..<LittleFounding.receiptCount), "a store that was not founded has others than it had")
            }
        })

    /// Records that go on from a disk, or from nothing.
    private static func fill(_ place: SlotPlace, behind tail: Mark, _ choices: inout Choices) throws {
        var last = choices.flag() ? tail : Mark(sequence: choices.below(5), epoch: choices.below(5), hash: .zero)
        let generation = choices.flag() ? tail.epoch : choices.pick([1, 2, 1 << 59, 1 << 60, 1 << 62])
        if choices.flag() { try place.begin(Configuration.LogStart(generation: generation, base: last)) }
        for _ in 0..<choices.below(5) {
            let record = Record(after: last, epoch: last.epoch + choices.below(2), kind: .rows, level: 1, body: choices.bytes(3))
            _ = try place.put(generation, record)
            if choices.byte() % 8 != 0 { last = record.mark }
        }
    }
}

/// A little store that one machine has alone, and what comes of it as it is founded with.
private struct LittleFounding {
    /// Below DATA.
    let store: LittleStore
    let member: LittleStore
    /// The object and the slots, beside DATA.
    let places: LittleStore
    /// Of the member's records.
    let tail: Mark

    static let receiptCount = 3
    static let shared: Result<LittleFounding, any Error> = Result { try make() }
    private static let log = Log(format: .json, level: .error, descriptor: Glibc.open("/dev/null", O_WRONLY | O_CLOEXEC))

    private static func make() throws -> LittleFounding {
        let directory = try ScratchDirectory()
        let data = "\(directory.path)/DATA"
        var alone = Server.Settings()
        alone.limits.minFree = 0
        let engine = try EngineOpening.open(directory: data, settings: alone, clientsNeedContract: false, making: .anew)
        _ = try engine.putContract(Contract(clientID: "c1", access: .readWrite, scope: .own))
        for number in 0..<receiptCount { _ = LittleStore.take(engine, LittleStore.receipt(number)) }
        try engine.close()
        let store = LittleStore(files: try LittleStore.read(data))
        try found(directory.path, withoutSlots: false)
        let (file, _) = try RecordFile.open("\(data)/cluster")
        let places = try LittleStore.read(directory.path).filter { !$0.path.hasPrefix("DATA/") }
        return LittleFounding(store: store, member: LittleStore(files: try LittleStore.read(data)), places: LittleStore(files: places), tail: file.tail)
    }

    /// The other machine is not there.
    static func found(_ folder: String, withoutSlots: Bool) throws {
        var settings = Server.Settings()
        settings.limits.minFree = 0
        settings.pair.node = "a"
        settings.pair.peer = .init(name: "b", host: "127.0.0.1", port: 9)
        (settings.pair.host, settings.pair.port) = ("127.0.0.1", 0)
        settings.pair.objectURL = "file://\(folder)/ctl"
        settings.logURL = "file://\(folder)/log"
        var founding = try Founding(settings, directory: "\(folder)/DATA", log) { _ in }
        founding.peerSeconds = 0
        try founding.run(withoutSlots: withoutSlots)
    }
}
