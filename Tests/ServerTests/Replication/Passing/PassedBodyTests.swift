import Foundation
import Server
import XCTest

/// Goal: bodies that wait to be passed on take no more memory and disk than they may, whoever sends them. Method: a room of a few bytes, and a disk that is never free enough.
final class PassedBodyTests: XCTestCase {
    private var folder = ""

    override func setUpWithError() throws {
        folder = NSTemporaryDirectory() + "passed-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    override func tearDownWithError() throws { try FileManager.default.removeItem(atPath: folder) }

    private func append(_ count: Int, to body: PassedBody) throws {
        try [UInt8](repeating: 7, count: count).withUnsafeBytes { try body.append($0) }
    }

    func test_shortBodies_haveFiles_whereMemoryIsTaken_andGiveItBack() throws {
        let room = PassedBody.Room(folder: folder, byteCountMax: 1_000, memoryByteCountMax: 100, minFreeBytes: 0)
        var first: PassedBody? = PassedBody(room)
        try append(60, to: XCTUnwrap(first))
        let second = PassedBody(room)
        try append(60, to: second)
        try append(900, to: second)
        XCTAssertThrowsError(try append(100, to: second)) { XCTAssertTrue("\($0)".contains("as much as may wait"), "\($0)") }
        XCTAssertEqual(second.byteCount, 960)
        first = nil
        // What is in memory counts for no file.
        let third = PassedBody(room)
        try append(100, to: third)
        XCTAssertThrowsError(try append(1, to: third))
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder), [], "files have no names")
    }

    func test_bodies_areInMemoryOnly_whereTheDiskIsFull() throws {
        let room = PassedBody.Room(folder: folder, byteCountMax: 1 << 30, minFreeBytes: .max)
        let body = PassedBody(room)
        try append(1_000, to: body)
        for _ in 0..<2 { XCTAssertThrowsError(try append(64 << 10, to: body)) { XCTAssertTrue("\($0)".contains("limits.min_free"), "\($0)") } }
        XCTAssertEqual(body.byteCount, 1_000)
    }

    func test_bodies_giveBackWhatTheyHad() throws {
        let room = PassedBody.Room(folder: folder, byteCountMax: 200 << 10, memoryByteCountMax: 64 << 10, minFreeBytes: 0)
        for _ in 0..<20 {
            let body = PassedBody(room)
            try append(64 << 10, to: body)
            try append(100 << 10, to: body)
        }
        let last = PassedBody(room)
        try append(64 << 10, to: last)
        XCTAssertEqual(last.byteCount, 64 << 10)
    }
}
