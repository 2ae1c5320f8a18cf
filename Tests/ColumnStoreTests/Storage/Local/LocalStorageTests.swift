import ColumnStore
import Foundation
import TestSupport
import XCTest

/// The promises of `ObjectStorage`, kept by files: whole or not at all, never replaced, durable on return.
final class LocalStorageTests: XCTestCase {
    func test_putIfAbsent_keyTaken_keepsFirstObject() throws {
        let directory = try TemporaryDirectory()
        let storage = try LocalStorage(root: directory.path)
        try storage.putIfAbsent("a/b/one.txt", Array("first".utf8))
        XCTAssertThrowsError(try storage.putIfAbsent("a/b/one.txt", Array("second".utf8))) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .conflict)
        }
        XCTAssertEqual(try storage.get("a/b/one.txt", byteCountMax: 100), Array("first".utf8))
        XCTAssertEqual(try names(in: directory.path + "/a/b"), ["one.txt"])
    }

    func test_put_keyTaken_replaces() throws {
        let directory = try TemporaryDirectory()
        let storage = try LocalStorage(root: directory.path)
        try storage.put("hint", Array("1".utf8))
        try storage.put("hint", Array("22".utf8))
        XCTAssertEqual(try storage.get("hint", byteCountMax: 100), Array("22".utf8))
        XCTAssertEqual(try names(in: directory.path), ["hint"])
    }

    /// In a container each process has the number of the one before it, which may have been killed with a file in the making.
    func test_put_besideWhatAKilledProcessOfThisNumberLeft_isWritten() throws {
        let directory = try TemporaryDirectory()
        let left = try LocalStorage(root: directory.path).create("hint")
        try left.write(Array("1".utf8))
        try LocalStorage(root: directory.path).put("hint", Array("2".utf8))
        XCTAssertEqual(try LocalStorage(root: directory.path).get("hint", byteCountMax: 100), Array("2".utf8))
        left.abandon()
    }

    func test_create_bytesOfManySizes_readBackByRange() throws {
        let directory = try TemporaryDirectory()
        let storage = try LocalStorage(root: directory.path)
        var random = SplitMix64(state: 7)
        var expected: [UInt8] = []
        let sink = try storage.create("data/big.bin")
        for size in [0, 1, 100, 262_144, 3, 262_143, 700_000, 5] {
            let piece = (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            try sink.write(piece)
            expected += piece
        }
        XCTAssertNil(try storage.byteCount(of: "data/big.bin"))
        try sink.commit()
        XCTAssertEqual(try storage.byteCount(of: "data/big.bin"), Int64(expected.count))
        XCTAssertEqual(try storage.get("data/big.bin", range: 99..<300_000), Array(expected[99..<300_000]))
        XCTAssertThrowsError(try storage.get("data/big.bin", range: 10..<Int64(expected.count + 1))) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile)
        }
        XCTAssertThrowsError(try storage.get("data/big.bin", byteCountMax: 1_000)) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget)
        }
    }

    func test_create_droppedOrAbandoned_leavesNothing() throws {
        let directory = try TemporaryDirectory()
        let storage = try LocalStorage(root: directory.path)
        do {
            let sink = try storage.create("x")
            try sink.write([1, 2, 3])
        }
        let sink = try storage.create("y")
        sink.abandon()
        XCTAssertThrowsError(try sink.commit())
        XCTAssertEqual(try names(in: directory.path), [])
    }

    func test_keys_thatCouldEscapeOrBreakReaders_areRefused() throws {
        let directory = try TemporaryDirectory()
        let storage = try LocalStorage(root: directory.path)
        for key in ["", "/a", "a/", "../a", "a/../b", "a//b", "./a", "a b", "a#b", "a?b", "a:b", "é", "a\0b"] {
            XCTAssertThrowsError(try storage.putIfAbsent(key, [1]), key) {
                XCTAssertEqual(($0 as? ColumnStoreError)?.code, .invalidRequest)
            }
        }
    }

    func test_location_ofKey_comesBackToKey() throws {
        let storage = try LocalStorage(root: "/tmp//x/../till-root/")
        XCTAssertEqual(storage.location(of: "data/a.parquet"), "file:///tmp/till-root/data/a.parquet")
        for form in ["file:///tmp/till-root/data/a", "file:/tmp/till-root/data/a", "/tmp/till-root/data/a"] {
            XCTAssertEqual(storage.key(ofLocation: form), "data/a")
        }
        XCTAssertNil(storage.key(ofLocation: "file:///tmp/till-rootless/data/a"))
        XCTAssertNil(storage.key(ofLocation: "s3://bucket/a"))
    }

    func test_list_prefix_findsOnlyWhatStartsWithIt() throws {
        let directory = try TemporaryDirectory()
        let storage = try LocalStorage(root: directory.path)
        for key in ["data/2026/a", "data/2026/b", "data/2027/c", "metadata/v1", "dat"] { try storage.putIfAbsent(key, [1]) }
        func keys(_ prefix: String) throws -> [String] {
            var keys: [String] = []
            try storage.list(prefix: prefix) { (object) throws(ColumnStoreError) in keys.append(object.key) }
            return keys.sorted()
        }
        XCTAssertEqual(try keys("data/"), ["data/2026/a", "data/2026/b", "data/2027/c"])
        XCTAssertEqual(try keys("data/2026/b"), ["data/2026/b"])
        XCTAssertEqual(try keys(""), ["dat", "data/2026/a", "data/2026/b", "data/2027/c", "metadata/v1"])
        XCTAssertEqual(try keys("nothing/"), [])
    }

    /// Anybody may give a file one. File systems of disks have no such times and take their last, of which milliseconds are not too many; one in memory keeps it.
    func test_list_ofAFileWithATimeFarAhead_listsIt() throws {
        let root = "/dev/shm/till-\(UUID().uuidString)"
        guard mkdir(root, 0o700) == 0 else { throw XCTSkip("no file system in memory: \(String(cString: strerror(errno)))") }
        defer { XCTAssertNoThrow(try FileManager.default.removeItem(atPath: root)) }
        let storage = try LocalStorage(root: root)
        try storage.putIfAbsent("far", [1])
        let times = [timespec(tv_sec: Int.max / 2, tv_nsec: 0), timespec(tv_sec: Int.max / 2, tv_nsec: 0)]
        XCTAssertEqual(utimensat(AT_FDCWD, "\(root)/far", times, 0), 0)
        var status = stat()
        XCTAssertEqual(stat("\(root)/far", &status), 0)
        try XCTSkipIf(status.st_mtim.tv_sec < Int.max / 1_000, "the file system has no such times")
        var found: [Int64] = []
        try storage.list(prefix: "") { (object) throws(ColumnStoreError) in found.append(object.modifiedMilliseconds) }
        XCTAssertEqual(found, [.max])
    }

    /// Killed after each system call, or cut from power with everything unsynced lost: the old object or the new one.
    func test_put_interruptedAtEachCall_leavesOldOrNew() throws {
        let old = [UInt8](repeating: 1, count: 400_000)
        let new = [UInt8](repeating: 2, count: 500_000)
        var outcomes: Set<UInt8> = []
        for step in 0..<30 {
            let directory = try TemporaryDirectory()
            let system = PowerCutFileSystem()
            let storage = try LocalStorage(root: directory.path + "/s", calls: system)
            try storage.put("d/hint", old)
            system.fail(after: step)
            var isDone = true
            do { try storage.put("d/hint", new) } catch { isDone = false }
            try system.writeSurvivors(of: directory.path + "/s", to: directory.path + "/after")
            for root in ["/s", "/after"] {
                let left = try LocalStorage(root: directory.path + root).get("d/hint", byteCountMax: 1_000_000)
                XCTAssert(left == old || left == new, "step \(step)\(root)")
                if isDone { XCTAssertEqual(left.first, 2, "a finished put was lost, step \(step)\(root)") }
                outcomes.insert(left.first ?? 0)
            }
            if isDone { break }
        }
        XCTAssertEqual(outcomes, [1, 2])
    }

    func test_putIfAbsent_interruptedAtEachCall_leavesNothingOrAll() throws {
        let object = [UInt8](repeating: 3, count: 300_000)
        for step in 0..<30 {
            let directory = try TemporaryDirectory()
            let system = PowerCutFileSystem()
            let storage = try LocalStorage(root: directory.path + "/s", calls: system)
            system.fail(after: step)
            var isDone = true
            do { try storage.putIfAbsent("d/e/object", object) } catch { isDone = false }
            try system.writeSurvivors(of: directory.path + "/s", to: directory.path + "/after")
            for root in ["/s", "/after"] {
                let after = try LocalStorage(root: directory.path + root)
                if try after.byteCount(of: "d/e/object") != nil {
                    XCTAssertEqual(try after.get("d/e/object", byteCountMax: 1_000_000), object)
                } else {
                    XCTAssertFalse(isDone, "a finished put was lost, step \(step)\(root)")
                }
            }
            if isDone { return }
        }
        XCTFail("never finished")
    }

    private func names(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
}
