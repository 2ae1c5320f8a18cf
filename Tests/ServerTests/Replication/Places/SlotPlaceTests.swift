import Cluster
import ColumnStore
import Foundation
import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: a slot is filled once, and an empty one is believed only where it would have been filled. Method: a directory, and the double of a bucket that fails.
final class SlotPlaceTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")
    private let bucket = BucketDouble()

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-slots") }
    override func tearDown() {
        bucket.close()
        try? FileManager.default.removeItem(at: folder)
    }

    private func directory() throws -> SlotPlace { SlotPlace(try LocalStorageFactory.files(folder.path), url: "file://\(folder.path)") }

    private func inBucket() throws -> SlotPlace {
        var settings = Settings()
        settings.logURL = "s3://receipts/log"
        (settings.storage.own["endpoint"], settings.storage.own["region"], settings.storage.own["path_style"]) = (bucket.endpoint, "eu-central-1", "true")
        (settings.storage.own["credentials.access_key_id"], settings.storage.own["credentials.secret_access_key"]) = ("AKIADOUBLE", "double/secret+key")
        return try XCTUnwrap(ClusterObject.slots(settings))
    }

    private static let first = Record(after: .start, epoch: 3, kind: .rows, level: 1, body: Array("first".utf8))
    private static let other = Record(after: .start, epoch: 4, kind: .fence, level: 1, body: [])
    private static let start = Configuration.LogStart(generation: 3, base: .start)

    func test_slot_isFilledOnce_andAnEmptyOneIsBelievedWhereItsGenerationBegan() throws {
        for place in [try directory(), try inBucket()] {
            XCTAssertFalse(try place.hasRecords())
            XCTAssertThrowsError(try place.read(3, 1, of: Self.start), "it is not known to be empty") { XCTAssertTrue("\($0)".contains("log.url"), "\($0)") }
            XCTAssertNil(try place.read(3, 1, of: nil))
            try place.begin(Self.start)
            try place.begin(Self.start)
            XCTAssertNil(try place.read(3, 1, of: Self.start))
            XCTAssertTrue(try place.put(3, Self.first))
            XCTAssertFalse(try place.put(3, Self.other))
            XCTAssertFalse(try place.put(3, Self.first))
            XCTAssertEqual(try place.read(3, 1, of: Self.start), Self.first)
            XCTAssertTrue(try place.put(4, Self.other), "another generation's is another slot")
            XCTAssertTrue(try place.hasRecords())
            // Another cluster's, which began elsewhere.
            let stranger = Configuration.LogStart(generation: 3, base: Self.first.mark)
            XCTAssertThrowsError(try place.begin(stranger)) { XCTAssertTrue("\($0)".contains("another cluster"), "\($0)") }
            XCTAssertThrowsError(try place.read(3, 2, of: stranger))
        }
    }

    func test_slot_thatIsDamaged_isNotEmpty() throws {
        let place = try inBucket()
        try place.begin(Self.start)
        XCTAssertTrue(try place.put(3, Self.first))
        let key = "log/\(SlotPlace.key(3, 1))"
        for bytes in [[], Array(Self.first.bytes.dropLast()), Record(after: Self.first.mark, epoch: 3, kind: .rows, level: 1, body: []).bytes, [UInt8](repeating: 7, count: 400 << 10)] {
            bucket.store(key, bytes)
            XCTAssertThrowsError(try place.read(3, 1, of: Self.start), "\(bytes.count) bytes")
        }
    }

    /// Slots are filled one after the other: one that is not there before another was lost, and is no end.
    func test_slot_thatIsMissingBeforeAnother_isLost_andTheLastOneIsTheEnd() throws {
        for place in [try directory(), try inBucket()] {
            try place.begin(Self.start)
            var record = Self.first
            // More than a page of those before it.
            for _ in 0..<40 {
                XCTAssertTrue(try place.put(3, record))
                record = Record(after: record.mark, epoch: 3, kind: .rows, level: 1, body: [])
            }
            XCTAssertNil(try place.read(3, 41, of: Self.start))
            try place.objects.delete(SlotPlace.key(3, 20), .named("a test loses it"))
            for _ in 0..<2 {
                XCTAssertThrowsError(try place.read(3, 20, of: Self.start)) { error in
                    XCTAssertTrue(error is SlotPlace.Lost && "\(error)".contains(SlotPlace.key(3, 20)) && "\(error)".contains("slot 21"), "\(error)")
                }
                try place.objects.delete(SlotPlace.key(3, 1), .named("a test loses it"))
            }
            XCTAssertThrowsError(try place.read(3, 1, of: Self.start)) { XCTAssertTrue($0 is SlotPlace.Lost, "\($0)") }
            XCTAssertNil(try place.read(3, 41, of: Self.start))
        }
    }

    func test_calls_tellALostSlotFromAnEmptyOne_andSayWhich() throws {
        let place = try directory()
        try place.begin(Self.start)
        let second = Record(after: Self.first.mark, epoch: 3, kind: .rows, level: 1, body: [])
        XCTAssertTrue(try place.put(3, second))
        let answers = Monitor<[Event]>([])
        let calls = SlotCalls(place, object: ObjectFile(folder: folder.path), log: Log(format: .json, level: .error))
        calls.start { event in answers.broadcast { $0.append(event) } }
        defer { calls.stop() }
        for (sequence, isLost) in [(1, true), (3, false)] {
            calls.take(.readSlot(generation: 3, sequence: sequence, ticket: sequence), of: Self.start)
            guard case .slot(let reading, sequence)? = answers.wait(seconds: Patience.seconds, { $0.popLast() }) else { return XCTFail("no answer") }
            switch reading {
            case .lost: XCTAssertTrue(isLost)
            case .absent: XCTAssertFalse(isLost)
            default: XCTFail("\(reading)")
            }
            XCTAssertEqual(calls.fault?.contains("is not there") == true, isLost, calls.fault ?? "")
        }
    }

    func test_founder_thatCameNoFurther_leftNoRecords() throws {
        let place = try directory()
        try place.begin(.init(generation: 1, base: .start))
        XCTAssertFalse(try place.hasRecords())
        XCTAssertTrue(try place.put(1, Self.first))
        XCTAssertTrue(try place.hasRecords())
    }

    func test_generationsBelowTheFloor_go_withTheirSlots() throws {
        for place in [try directory(), try inBucket()] {
            for generation in 1...3 {
                try place.begin(.init(generation: generation, base: .start))
                XCTAssertTrue(try place.put(generation, Self.first))
            }
            try place.remove(below: 3)
            XCTAssertNil(try place.read(2, 1, of: nil))
            XCTAssertThrowsError(try place.read(1, 1, of: .init(generation: 1, base: .start)))
            XCTAssertEqual(try place.read(3, 1, of: Self.start), Self.first)
            XCTAssertNil(try place.read(3, 2, of: Self.start))
        }
    }

    /// The slots go once the object's floor says so, and not because somebody said so earlier.
    func test_removal_looksAtTheObject() throws {
        let place = try directory()
        let object = ObjectFile(folder: folder.appendingPathComponent("object").path)
        try place.begin(.init(generation: 1, base: .start))
        XCTAssertTrue(try place.put(1, Self.first))
        let removal = SlotRemoval(place, object: object, log: Log(format: .json, level: .error))
        func configuration(floor: Int) -> Configuration {
            Configuration(epoch: floor, nonce: Nonce(session: 1, count: floor), leader: "a", insync: ["a"], mode: .pair, log: nil, floor: floor, removed: [], level: 1)
        }
        XCTAssertTrue(try object.create(configuration(floor: 1).objectBytes))
        removal.remove(below: 2)
        XCTAssertEqual(try place.read(1, 1, of: nil), Self.first)
        XCTAssertTrue(try object.swap(configuration(floor: 2).objectBytes, ifStill: try XCTUnwrap(object.read()).tag))
        removal.add(below: 2, after: 0)
        XCTAssertTrue(try Patience.until { try place.read(1, 1, of: nil) == nil })
    }

    /// Each call of a node is answered, and by what is true: a put whose answer was lost has been done.
    func test_calls_throughFaults_tellWhatBecameOfThem() throws {
        let answers = Monitor<[Event]>([])
        let calls = SlotCalls(try inBucket(), object: ObjectFile(folder: folder.path), log: Log(format: .json, level: .error))
        calls.start { event in answers.broadcast { $0.append(event) } }
        defer { calls.stop() }
        func ask(_ effect: Effect) -> Event? {
            calls.take(effect, of: Self.start)
            return answers.wait(seconds: Patience.seconds) { $0.popLast() }
        }
        bucket.fail { seen in seen.method == "PUT" ? .drop : nil }
        guard case .put(.unknown, ticket: 1)? = ask(.putSlot(generation: 3, Self.first, isCreation: true, ticket: 1)) else { return XCTFail("nobody can know") }
        bucket.fail { seen in seen.method == "PUT" ? .dropAfter : nil }
        guard case .put(.done, ticket: 2)? = ask(.putSlot(generation: 3, Self.first, isCreation: true, ticket: 2)) else { return XCTFail("it was done") }
        bucket.fail(nil)
        guard case .put(.conflict, ticket: 3)? = ask(.putSlot(generation: 3, Self.other, isCreation: true, ticket: 3)) else { return XCTFail("it is filled") }
        guard case .slot(.found(Self.first), ticket: 4)? = ask(.readSlot(generation: 3, sequence: 1, ticket: 4)) else { return XCTFail("it is the first's") }
        // Its generation has no base here.
        guard case .slot(.failed, ticket: 5)? = ask(.readSlot(generation: 3, sequence: 2, ticket: 5)) else { return XCTFail("not known to be empty") }
        let none = SlotCalls(nil, object: ObjectFile(folder: folder.path), log: Log(format: .json, level: .error))
        none.start { event in answers.broadcast { $0.append(event) } }
        defer { none.stop() }
        none.take(.readSlot(generation: 3, sequence: 2, ticket: 6), of: Self.start)
        guard case .slot(.failed, ticket: 6)? = answers.wait(seconds: Patience.seconds, { $0.popLast() }) else { return XCTFail("there are none") }
    }

    /// In one generation, one after the other: many at once, and none that was empty is taken to be so later.
    func test_calls_ofOneAfterTheOther_areReadAhead_andAnEmptyOneIsAskedForAgain() throws {
        let place = try inBucket()
        try place.begin(Self.start)
        var records = [Self.first]
        for _ in 1..<40 { records.append(Record(after: records[records.count - 1].mark, epoch: 3, kind: .rows, level: 1, body: [])) }
        for record in records { XCTAssertTrue(try place.put(3, record)) }
        let answers = Monitor<[Event]>([])
        let calls = SlotCalls(place, object: ObjectFile(folder: folder.path), log: Log(format: .json, level: .error))
        calls.start { event in answers.broadcast { $0.append(event) } }
        defer { calls.stop() }
        func read(_ sequence: Int) -> Reading<Record>? {
            calls.take(.readSlot(generation: 3, sequence: sequence, ticket: sequence), of: Self.start)
            guard case .slot(let reading, sequence)? = answers.wait(seconds: Patience.seconds, { $0.popLast() }) else { return nil }
            return reading
        }
        let asked = Mutex(0)
        bucket.fail { _ in
            asked.withLock { $0 += 1 }
            return nil
        }
        var rounds = 0
        for record in records {
            let before = asked.withLock { $0 }
            guard case .found(record)? = read(record.sequence) else { return XCTFail("slot \(record.sequence)") }
            if asked.withLock({ $0 }) > before { rounds += 1 }
        }
        XCTAssertLessThan(rounds, 8, "each was asked for by itself")
        guard case .absent? = read(41) else { return XCTFail("it is empty") }
        let next = Record(after: records[39].mark, epoch: 3, kind: .rows, level: 1, body: [])
        XCTAssertTrue(try place.put(3, next))
        guard case .found(next)? = read(41) else { return XCTFail("it is filled by now") }
    }

    private static let ownStore = StoreIdentity("00112233445566778899aabbccddeeff")
    private static let otherStore = StoreIdentity("ffeeddccbbaa99887766554433221100")

    /// Slots of another store are nobody's to fill or to remove.
    func test_slots_areOfTheStoreThatClaimedThemFirst() throws {
        let (own, other) = (try XCTUnwrap(Self.ownStore), try XCTUnwrap(Self.otherStore))
        for place in [try directory(), try inBucket()] {
            try place.claim(own)
            try place.claim(own)
            XCTAssertThrowsError(try place.claim(other)) { XCTAssertTrue("\($0)".contains(own.text) && "\($0)".contains(other.text), "\($0)") }
            XCTAssertFalse(try place.hasRecords(), "a claim is no record")
        }
        let place = try directory()
        let object = ObjectFile(folder: folder.appendingPathComponent("object").path)
        try place.begin(.init(generation: 1, base: .start))
        XCTAssertTrue(try place.put(1, Self.first))
        let next = Configuration(epoch: 9, nonce: Nonce(session: 1, count: 9), leader: "a", insync: ["a"], mode: .pair, log: nil, floor: 9, removed: [], level: 1, store: other)
        XCTAssertTrue(try object.create(next.objectBytes))
        SlotRemoval(place, object: object, log: Log(format: .json, level: .error)).remove(below: 9)
        XCTAssertEqual(try place.read(1, 1, of: nil), Self.first, "slots of another store were removed")
    }

    /// Who comes to lead may not know yet whose store it is: what the object names it goes on naming, unless somebody is there who could not read it.
    func test_swap_ofOneWhoKnowsNoStore_keepsTheOneThatIsNamed() throws {
        let answers = Monitor<[Event]>([])
        let object = ObjectFile(folder: folder.appendingPathComponent("object").path)
        for (mayName, expected) in [(true, Self.ownStore), (false, nil)] {
            let first = Configuration(epoch: 1, nonce: Nonce(session: 1, count: 1), leader: "a", insync: ["a"], mode: .pair, log: nil, floor: 1, removed: [], level: 1, store: Self.ownStore)
            XCTAssertTrue(try object.read().map { try object.swap(first.objectBytes, ifStill: $0.tag) } ?? object.create(first.objectBytes))
            let calls = ObjectCalls(object, slots: nil, log: Log(format: .json, level: .error))
            calls.start(mayName: { mayName }) { event in answers.broadcast { $0.append(event) } }
            defer { calls.stop() }
            var next = first
            (next.epoch, next.nonce, next.store) = (2, Nonce(session: 1, count: 2), nil)
            calls.add(.swap(expected: first.nonce, next, ticket: 2))
            guard case .swapped(.done, _)? = answers.wait(seconds: Patience.seconds, { $0.popLast() }) else { return XCTFail("it was not swapped") }
            XCTAssertEqual(try object.read().map { try Configuration(parsingObject: $0.bytes).store }, .some(expected))
        }
    }

    /// An object names slots once whoever looks there can know that there are none.
    func test_object_namesAGeneration_onceItsBaseIsThere() throws {
        let answers = Monitor<[Event]>([])
        let place = try inBucket()
        let object = ObjectFile(folder: folder.appendingPathComponent("object").path)
        let calls = ObjectCalls(object, slots: place, log: Log(format: .json, level: .error))
        calls.start(mayName: { true }) { event in answers.broadcast { $0.append(event) } }
        defer { calls.stop() }
        func swap(_ expected: Nonce?, _ epoch: Int, log: Configuration.LogStart?) -> Writing? {
            let next = Configuration(epoch: epoch, nonce: Nonce(session: 1, count: epoch), leader: "a", insync: ["a"], mode: .log, log: log, floor: 1, removed: [], level: 1)
            calls.add(.swap(expected: expected, next, ticket: epoch))
            guard case .swapped(let writing, _)? = answers.wait(seconds: Patience.seconds, { $0.popLast() }) else { return nil }
            return writing
        }
        bucket.fail { _ in .answer(status: 403, code: "AccessDenied") }
        guard case .again? = swap(nil, 1, log: Self.start) else { return XCTFail("it has no base") }
        XCTAssertNil(try object.read())
        bucket.fail(nil)
        guard case .done? = swap(nil, 1, log: Self.start) else { return XCTFail("it has one") }
        XCTAssertNil(try place.read(3, 1, of: Self.start))
        // Who goes on with slots of another needs no base of its own, and makes none.
        bucket.fail { seen in seen.method == "PUT" ? .answer(status: 403, code: "AccessDenied") : nil }
        guard case .done? = swap(Nonce(session: 1, count: 1), 2, log: Self.start) else { return XCTFail("it has one") }
    }
}
