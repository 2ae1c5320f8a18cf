import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a member's files are held against each other only where all tell the same records, and made anew of nothing else. Method: a real engine's records are folded into another directory, whose disk takes nothing more of its day's file in the
/// middle of the commits, as where the process is killed there.
final class MemberVerificationTests: XCTestCase {
    private let directory = TemporaryDirectory()
    private func path(_ name: String) -> String { "\(directory.path)/\(name)" }

    private func isBetweenRecords(_ error: any Error) -> Bool {
        if case DataDirectory.Failure.betweenRecords? = error as? DataDirectory.Failure { return "\(error)".contains("proves nothing") }
        return false
    }

    /// Also beside its server: what it finds damaged it would put aside beneath it.
    func test_member_isNotRecoveredOfItsFiles_andNothingOfItIsChanged() throws {
        let store = try ReplicaStore(directory: path("b"))
        try store.clear()
        let before = try FileManager.default.subpathsOfDirectory(atPath: path("b")).sorted()
        XCTAssertThrowsError(try Recovery(path: path("b"))) { XCTAssertTrue("\($0)".contains("is a member of a cluster"), "\($0)") }
        XCTAssertEqual(try FileManager.default.subpathsOfDirectory(atPath: path("b")).sorted(), before)
    }

    func test_memberKilledBetweenTwoFiles_isNotAccused_andAnOlderCopyIs() throws {
        let recorder = CommitRecorder()
        let fixture = try EngineFixture(path("a")) { $0.replica = recorder }
        for number in 0..<30 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        // An engine answers before its commits are handed over: that is for the doors to wait for.
        let kept = Monitor(false)
        fixture.engine.whenKept { _ in kept.broadcast { $0 = true } }
        kept.wait { $0 ? () : nil }
        // Among the receipts, whatever is laid down of them later.
        let middle = recorder.bodies.count
        for number in 30..<60 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        _ = try fixture.engine.putContract(Contract(clientID: "c3", access: .readWrite, scope: .own))
        try fixture.engine.close()
        XCTAssertEqual(recorder.isWhole, true)
        let bodies = recorder.bodies
        func fold(_ store: ReplicaStore, through last: Int) throws {
            for number in Int(store.foldedSequence)..<last { try store.apply(.init(sequence: Int64(number + 1), epoch: 1, high: UInt64(number + 1), low: 7), bodies[number]) }
        }
        func foldHalf() throws -> Int64 {
            let store = try ReplicaStore(directory: path("b"))
            try store.clear()
            try fold(store, through: middle)
            try store.settle()
            XCTAssertNil(store.pending)
            return try XCTUnwrap(store.position).sequence
        }
        let half = try foldHalf()
        // Another one may have been made ahead, which has no rows.
        let days = try FileManager.default.contentsOfDirectory(atPath: path("b/hot")).filter { $0.hasSuffix(".sqlite") }.map { URL(filePath: path("b/hot/\($0)")) }
        let (day, older) = try XCTUnwrap(days.map { ($0, try Data(contentsOf: $0)) }.max { $0.1.count < $1.1.count })

        let disk = FullDisk("/hot/")
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        func foldUntilKilled() throws {
            let store = try ReplicaStore(directory: path("b"))
            try store.begin()
            try fold(store, through: bodies.count)
            disk.isFull = true
            XCTAssertThrowsError(try store.settle())
        }
        try foldUntilKilled()
        disk.isFull = false
        XCTAssertGreaterThan(disk.refusedCount, 0)
        XCTAssertThrowsError(try Verifier(path: path("b"))) { XCTAssertTrue(isBetweenRecords($0), "\($0)") }

        func foldOn() throws {
            let store = try ReplicaStore(directory: path("b"))
            XCTAssertEqual(store.position?.sequence, half, "what not all files tell is not told of")
            XCTAssertEqual(store.pending, Int64(bodies.count))
            try store.begin()
            // Nor before it has gone on, whatever it notes meanwhile.
            XCTAssertNil(try store.hold(), "a copy of it would be of no record")
            try fold(store, through: bodies.count - 1)
            try store.settle()
            XCTAssertEqual(store.pending, Int64(bodies.count))
            XCTAssertThrowsError(try Verifier(path: path("b"))) { XCTAssertTrue(isBetweenRecords($0), "\($0)") }
            try fold(store, through: bodies.count)
            try store.settle()
            XCTAssertNil(store.pending)
        }
        try foldOn()
        XCTAssertEqual(try Verifier(path: path("b")).run().findings.map(\.description), [])

        try older.write(to: day)
        let found = try Verifier(path: path("b")).run().findings
        XCTAssertTrue(found.contains { $0.path == day.path && $0.fault.contains("is an older copy") }, "\(found)")
    }

    /// The one database that a record changes; nil for one of several, for a part of a record, and for a file's piece.
    private static func database(of body: [UInt8]) throws -> String? {
        guard case .part(let part, isLast: true)? = ReplicaBody(body), let segment = try? LogSegment(parsing: Array(part), path: "a record") else { return nil }
        let names = try Set(segment.records.filter { $0.kind == .rows || $0.kind == .catalog }.compactMap { LogPayload(try $0.inflated())?.file })
        return names.count == 1 ? names.first : nil
    }

    /// Behind the commit of the file, and before the note of it: the note that the commit has found is put back.
    func test_memberKilledInTheCommitOfOneFile_tellsOfNoRecord_beforeItHasAllOfThemAgain() throws {
        let recorder = CommitRecorder()
        let fixture = try EngineFixture(path("a")) { $0.replica = recorder }
        // Two records, one after the other, that change the day's file alone, which is there before them. What goes on beside receipts may come between any two of them.
        func pair(in bodies: [[UInt8]]) throws -> Int? {
            let names = try bodies.map { try Self.database(of: $0) }
            return names.indices.dropLast().last { names[$0]?.hasPrefix("hot/") == true && names[$0] == names[$0 + 1] && names[..<$0].contains(names[$0]) }
        }
        var number = 0
        repeat {
            for _ in 0..<30 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")); number += 1 }
        } while try pair(in: recorder.bodies) == nil && number < 3_000
        try fixture.engine.close()
        XCTAssertEqual(recorder.isWhole, true)
        let bodies = recorder.bodies
        let half = try XCTUnwrap(pair(in: bodies))
        func fold(_ store: ReplicaStore, through last: Int) throws {
            for number in Int(store.foldedSequence)..<last { try store.apply(.init(sequence: Int64(number + 1), epoch: 1, high: UInt64(number + 1), low: 7), bodies[number]) }
        }
        func foldHalf() throws {
            let store = try ReplicaStore(directory: path("b"))
            try store.clear()
            try fold(store, through: half)
            try store.settle()
            XCTAssertNil(store.pending)
        }
        try foldHalf()
        let note = URL(filePath: path("b/cluster/fold"))

        let disk = FullDisk("/hot/")
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        func foldUntilCommit() throws -> Data {
            let store = try ReplicaStore(directory: path("b"))
            try store.begin()
            try fold(store, through: half + 2)
            disk.isFull = true
            XCTAssertThrowsError(try store.settle())
            disk.isFull = false
            return try Data(contentsOf: note)
        }
        let found = try foldUntilCommit()
        func foldWhole() throws {
            let store = try ReplicaStore(directory: path("b"))
            XCTAssertEqual(store.position?.sequence, Int64(half))
            XCTAssertEqual(store.pending, Int64(half + 2), "a founding may drop these records, and the file have them")
            try store.begin()
            try fold(store, through: half + 2)
            try store.settle()
            XCTAssertNil(store.pending)
        }
        try foldWhole()
        try found.write(to: note)
        XCTAssertThrowsError(try Verifier(path: path("b"))) { XCTAssertTrue(isBetweenRecords($0), "\($0)") }
        func foldOn() throws {
            let store = try ReplicaStore(directory: path("b"))
            try store.begin()
            try fold(store, through: half + 1)
            XCTAssertNil(try store.hold(), "its copy would have rows of the record after it")
            try fold(store, through: half + 2)
            XCTAssertEqual(try XCTUnwrap(try store.hold()).position.sequence, Int64(half + 2))
            store.release(read: [])
            try fold(store, through: bodies.count)
            try store.settle()
            XCTAssertNil(store.pending)
        }
        try foldOn()
        XCTAssertEqual(try Verifier(path: path("b")).run().findings.map(\.description), [])
    }
}
