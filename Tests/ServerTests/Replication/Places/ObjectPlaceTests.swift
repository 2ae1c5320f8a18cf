import Cluster
import ColumnStore
import Foundation
import Server
import TestSupport
import XCTest

/// Goal: of all who swap the object at once one wins, wherever it lies. Method: many threads, each from what it has read, on a file and behind a witness.
final class ObjectPlaceTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-object") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    private static func object(_ epoch: Int, by worker: Int = 0) -> [UInt8] {
        Configuration(epoch: epoch, nonce: Nonce(session: UInt64(worker), count: 0), leader: "a", insync: ["a"], mode: .pair, log: nil, floor: 0, removed: [], level: 1).objectBytes
    }

    private static func epoch(_ bytes: [UInt8]) throws -> Int { try Configuration(parsingObject: bytes).epoch }

    private func check(_ place: any ObjectPlace) throws {
        XCTAssertNil(try place.read())
        XCTAssertFalse(try place.swap(Self.object(1), ifStill: "0"))
        XCTAssertTrue(try place.create(Self.object(0)))
        XCTAssertFalse(try place.create(Self.object(9)))
        let wins = Monitor([Int](repeating: 0, count: 8))
        // On a busy machine an answer may not come in time: whether such a swap took place nobody here knows.
        let unanswered = Monitor(0)
        DispatchQueue.concurrentPerform(iterations: 8) { worker in
            for _ in 0..<20 {
                var present: (bytes: [UInt8], tag: String)?
                guard Patience.until({ present = try? place.read(); return present != nil }), let found = present, let number = try? Self.epoch(found.bytes) else {
                    return XCTFail("the object could not be read")
                }
                do { if try place.swap(Self.object(number + 1, by: worker), ifStill: found.tag) { wins.withLock { $0[worker] += 1 } } } catch { unanswered.withLock { $0 += 1 } }
            }
        }
        let all = wins.withLock { $0.reduce(0, +) }
        XCTAssertGreaterThan(all, 0)
        let last = try XCTUnwrap(try place.read().map { try Self.epoch($0.bytes) })
        XCTAssertTrue((all...all + unanswered.withLock { $0 }).contains(last), "\(last), \(all): each swap that succeeded took the one before it as its own")
    }

    func test_file_isSwappedByOneAtATime() throws { try check(ObjectFile(folder: folder.appendingPathComponent("object").path)) }

    /// A process that was stopped while it has the lock holds nobody up for good; what is there can be read meanwhile.
    func test_file_whoseLockIsNotLetGo_isGivenUp() throws {
        let path = folder.appendingPathComponent("object").path
        let object = ObjectFile(folder: path, patienceSeconds: 0.05)
        XCTAssertTrue(try object.create(Self.object(0)))
        let lock = open(path + "/lock", O_RDWR)
        defer { close(lock) }
        XCTAssertEqual(flock(lock, LOCK_EX), 0)
        let tag = try XCTUnwrap(try object.read()).tag
        XCTAssertThrowsError(try object.swap(Self.object(1), ifStill: tag)) { XCTAssertTrue("\($0)".hasPrefix("lock "), "\($0)") }
        XCTAssertEqual(flock(lock, LOCK_UN), 0)
        XCTAssertTrue(try object.swap(Self.object(1), ifStill: tag))
    }

    /// Checks of load balancers ask by either.
    func test_witness_answersHeadAsGet() throws {
        let door = try WitnessDoor(ObjectFile(folder: folder.path), log: Log(format: .json, level: .error))
        let listener = try Listener(Listener.Settings(host: "127.0.0.1", port: 0, threadCount: 2), handler: door, connections: ConnectionTable(.init()), timers: Timers())
        defer { listener.stopAccepting() }
        let client = HTTPClient(port: listener.port)
        for path in ["/healthz", "/readyz", "/metrics"] {
            let (whole, head) = (try client.get(path), try client.call("HEAD", path))
            XCTAssertEqual(head.status, whole.status, path)
            XCTAssertEqual(head.body, [], path)
        }
        XCTAssertEqual(try client.call("HEAD", "/readyz").status, 200)
    }

    func test_witness_isSwappedByOneAtATime() throws {
        let log = Log(format: .json, level: .error)
        let door = try WitnessDoor(ObjectFile(folder: folder.path), log: log)
        let listener = try Listener(Listener.Settings(host: "127.0.0.1", port: 0, threadCount: 2), handler: door, connections: ConnectionTable(.init()), timers: Timers())
        defer { listener.stopAccepting() }
        let witness = ObjectAtWitness(url: "http://127.0.0.1:\(listener.port)")
        try check(witness)
        // What no node would write is not taken, whoever brings it.
        let found = try XCTUnwrap(witness.read())
        for bytes in [Array("garbage".utf8), found.bytes, Array(found.bytes.dropLast()), Self.object(0), Self.object(.min)] {
            XCTAssertThrowsError(try witness.swap(bytes, ifStill: found.tag))
            XCTAssertEqual(try witness.read()?.bytes, found.bytes)
        }
        XCTAssertThrowsError(try ObjectAtWitness(url: "http://127.0.0.1:1").read())
        // It keeps an object that names a store, and none of another.
        XCTAssertTrue(witness.takesStores)
        func naming(_ text: String, _ epoch: Int) -> [UInt8] {
            Configuration(
                epoch: epoch, nonce: Nonce(session: 1, count: epoch), leader: "a", insync: ["a"], mode: .pair, log: nil, floor: 0, removed: [], level: 1, store: StoreIdentity(text)
            ).objectBytes
        }
        XCTAssertTrue(try witness.swap(naming("00112233445566778899aabbccddeeff", 1_000), ifStill: found.tag))
        let named = try XCTUnwrap(witness.read())
        XCTAssertThrowsError(try witness.swap(naming("ffeeddccbbaa99887766554433221100", 1_001), ifStill: named.tag))
        XCTAssertEqual(try witness.read()?.bytes, named.bytes)
        XCTAssertTrue(try witness.swap(naming("00112233445566778899aabbccddeeff", 1_002), ifStill: named.tag))
        // Whose disk has lost it is not ready, and says so to whoever looks after it.
        let client = OutgoingClient(policy: nil)
        defer { client.close() }
        func ready() throws -> (status: Int, text: String) {
            let answer = try client.answer(to: OutgoingRequest(method: .get, url: "http://127.0.0.1:\(listener.port)/readyz")).get()
            return (answer.status, String(decoding: answer.body, as: UTF8.self))
        }
        XCTAssertEqual(try ready().status, 200)
        try Data("something".utf8).write(to: folder.appendingPathComponent("object"))
        let told = try ready()
        XCTAssertEqual(told.status, 503)
        XCTAssertTrue(told.text.contains("the object cannot be read"), told.text)
        try FileManager.default.removeItem(at: folder.appendingPathComponent("object"))
        XCTAssertEqual(try ready().status, 200, "as before its first")
    }
}
