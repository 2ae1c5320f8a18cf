import Foundation
import Glibc
import Synchronization
import XCTest

@testable import ColumnStore

/// An object in a directory that several may swap: one of those that have read the same state comes through.
final class LocalWarehouseRootTests: XCTestCase {
    private var directory = ""

    override func setUpWithError() throws {
        directory = NSTemporaryDirectory() + "till-root-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    override func tearDown() { try? FileManager.default.removeItem(atPath: directory) }

    func test_swap_ofManyThatHaveReadOneState_oneComesThrough() throws {
        let root = LocalWarehouseRoot(path: directory)
        try root.create("head", Array("0".utf8))
        for round in 1...100 {
            let tag = try XCTUnwrap(root.read("head")).tag
            let through = Mutex<[Int]>([])
            let failures = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 4) { [directory] writer in
                // Each as a process of its own would: nothing but the directory is shared.
                do {
                    try LocalWarehouseRoot(path: directory).swap("head", Array("\(round) \(writer)".utf8), ifStill: tag)
                    through.withLock { $0.append(writer) }
                } catch {
                    if (error as? ColumnStoreError)?.code != .conflict { failures.withLock { $0.append("\(error)") } }
                }
            }
            XCTAssertEqual(failures.withLock { $0 }, [])
            let winners = through.withLock { $0 }
            XCTAssertEqual(winners.count, 1, "round \(round): \(winners)")
            XCTAssertEqual(String(decoding: try XCTUnwrap(root.read("head")).bytes, as: UTF8.self), "\(round) \(winners.first ?? -1)")
        }
    }

    func test_swap_besideOneWhoStandsStillInIt_isUnavailable() throws {
        let root = LocalWarehouseRoot(path: directory, patienceSeconds: 0.05)
        try root.create("head", [1])
        let tag = try XCTUnwrap(root.read("head")).tag
        let lock = open("\(directory)/head.lock", O_RDWR | O_CREAT, 0o600)
        XCTAssertEqual(flock(lock, LOCK_EX), 0)
        XCTAssertThrowsError(try root.swap("head", [2], ifStill: tag)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .unavailable) }
        XCTAssertEqual(try root.read("head")?.bytes, [1])
        close(lock)
        try root.swap("head", [2], ifStill: tag)
        XCTAssertEqual(try root.read("head")?.bytes, [2])
    }

    func test_swap_ofWhatIsNotThere_conflictsAndLeavesNothing() throws {
        let root = LocalWarehouseRoot(path: directory + "/none")
        XCTAssertThrowsError(try root.swap("head", [2], ifStill: "x")) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .conflict) }
        XCTAssertFalse(FileManager.default.fileExists(atPath: directory + "/none"))
    }

    func test_isEmpty_overlooksWhatALockHasLeft() throws {
        let root = LocalWarehouseRoot(path: directory)
        try root.create("head", [1])
        try root.swap("head", [2], ifStill: XCTUnwrap(root.read("head")).tag)
        XCTAssertFalse(try root.isEmpty())
        try root.remove("head", .unpublished)
        XCTAssertTrue(try root.isEmpty())
    }
}
